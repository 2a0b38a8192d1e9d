"""Which badges were issued and what became of them, told from the log of decisions.  Nothing of it is kept anywhere.

Each is known by the number of the line that gave the award.  Somebody who turned out to be somebody else keeps theirs: what
is decided of the other from then on is decided of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, select, true

from lrs.batches import batches
from lrs.people.merges import Merge, merges_of
from lrs.store import tables as t
from lrs.store.tables import DEFAULT_TENANT
from rules import tables as r
from rules.decisions.credentials import Credential, Credentials, Fate, Reason, earned
from rules.decisions.transitions import Document, evidence_used

TENANT: Final = DEFAULT_TENANT
"""Whose badges are issued: as systems to push to, their issuer is configured for this one."""
_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Issued:
    """One badge.

    number: of the line of the log that gave the award; document: that decision; at: when it was made, watermark: the feed
    number up to which it knew.  revoked: why it is true no more, since `revoked_at`.
    """

    number: int
    person_id: str
    program_id: str
    document: Document
    at: int
    watermark: int
    revoked: Reason | None = None
    revoked_at: int | None = None


class _Line(NamedTuple):
    number: int
    person_id: str
    program_id: str
    at: int
    watermark: int
    document: Document


class Ledger:
    """What was issued, as one transaction sees it."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(self, people: Iterable[str], programs: Collection[str]) -> Iterator[Issued]:
        """What these were ever given for some programs under these ids, in no order."""
        for some in batches(people, _CHUNK):
            pairs = self._lines(some, programs)
            voided = self._voided(line for lines in pairs.values() for line in lines)
            for (person_id, _), lines in pairs.items():
                yield from _told(lines, voided, person_id)

    def find(self, number: int) -> Issued | None:
        """The badge of a line, if it gave one."""
        log = r.decision_log.c
        query = select(log.person_id, log.program_id).where(log.tenant_id == TENANT, log.id == number)
        pair = self._conn.execute(query).first()
        found = self.of([pair.person_id], [pair.program_id]) if pair is not None else ()
        return next((one for one in found if one.number == number), None)

    def within(self, first: int, end: int, programs: Collection[str]) -> Iterator[Issued]:
        """Those with numbers from the first on and before the end, of these programs."""
        log = r.decision_log.c
        people = self._people(programs, (log.id >= first) & (log.id < end))
        return (one for one in self.of(people, programs) if first <= one.number < end)

    def every(self, programs: Collection[str]) -> Iterator[Issued]:
        """All of these programs."""
        return self.of(self._people(programs, true()), programs)

    def _people(self, programs: Collection[str], where: ColumnElement[bool]) -> Sequence[str]:
        log = r.decision_log.c
        mine = (log.tenant_id == TENANT) & log.program_id.in_(sorted(programs))
        return self._conn.scalars(select(log.person_id).where(mine, where).distinct().order_by(log.person_id)).all()

    def _lines(self, people: Collection[str], programs: Collection[str]) -> dict[tuple[str, str], list[_Line]]:
        """By person and program what was decided of them, then of whoever they turned out to be, since that was known."""
        found: dict[tuple[str, str], list[_Line]] = {}
        for line in self._read(people, programs):
            found.setdefault((line.person_id, line.program_id), []).append(line)
        for person_id in self._merges.keys() & people:
            for line in self._after(self._merges[person_id], programs):
                if (person_id, line.program_id) in found:
                    found[person_id, line.program_id].append(line)
        return found

    def _after(self, merge: Merge, programs: Collection[str]) -> Iterator[_Line]:
        yield from (line for line in self._read([merge.into], programs) if line.watermark >= merge.since)
        if (further := self._merges.get(merge.into)) is not None:
            yield from self._after(further, programs)

    def _read(self, people: Collection[str], programs: Collection[str]) -> Iterator[_Line]:
        log = r.decision_log.c
        query = select(log.id, log.person_id, log.program_id, log.decided_at, log.watermark, log.document).where(
            log.tenant_id == TENANT, log.person_id.in_(sorted(people)), log.program_id.in_(sorted(programs))
        )
        for row in self._conn.execute(query.order_by(log.id)):
            yield _Line(*row[:-1], json.loads(row.document))

    @cached_property
    def _merges(self) -> Mapping[str, Merge]:
        return merges_of(self._conn, TENANT)

    def _voided(self, lines: Iterable[_Line]) -> dict[str, int]:
        """Of the statements that awards were built on, those that were voided, each with the feed number since which."""
        k, s = t.statement_key.c, t.statement.c
        used = {id_ for line in lines for id_ in evidence_used({"proof": earned(line.document)})}
        found: dict[str, int] = {}
        for some in batches(sorted(used), _CHUNK):
            ids = [UUID(id_).bytes for id_ in some]
            query = (
                select(k.id, s.voided_seq)
                .join(t.statement, s.seq == k.seq)
                .where(k.tenant_id == TENANT, k.id.in_(ids), s.voided_seq.is_not(None))
            )
            found |= {str(UUID(bytes=row.id)): row.voided_seq for row in self._conn.execute(query)}
        return found


def _told(lines: Sequence[_Line], voided: Mapping[str, int], person_id: str) -> list[Issued]:
    """What was issued under an id, each with what became of it by now."""
    credentials = Credentials()
    found: list[tuple[Credential, Issued]] = []

    def end(fate: Fate, at: int) -> None:
        place = next(place for place, (one, _) in enumerate(found) if one is fate.credential)
        found[place] = (fate.credential, replace(found[place][1], revoked=fate.reason, revoked_at=at))

    for line in lines:
        for fate in credentials.follow(line.document, {id_ for id_, at in voided.items() if at <= line.watermark}):
            if fate.what == "issued":
                found.append((fate.credential, Issued(*line[:3], line.document, line.at, line.watermark)))
            else:
                end(fate, line.at)
    for fate in credentials.revoke(lines[-1].document, voided) if lines else ():
        end(fate, max(voided[id_] for id_ in fate.credential.evidence & voided.keys()))
    return [one for _, one in found if one.person_id == person_id]
