"""What is stored of decided pairs, gathered for one commit and written in few statements.

A pair of which nothing changed, neither what is said nor the timeline, costs no write but that of its new grounds.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from lrs import __version__
from lrs.db import by_tenant
from lrs.people.reading import to_day
from rules import tables as r
from rules.decide import FOREVER, Segment, text_of
from rules.decide.grounds import STABLE
from rules.decisions.said import logged
from rules.decisions.transitions import Document
from rules.decisions.verdicts import Verdict
from rules.facts.pairs import KEY, PERSON, gone, named, of_pair

ENGINE = f"prowess {__version__}"
FLAGS = ("overdue", "late", "renewable", "in_grace", "pending_evidence")
_HASH_BYTES = 16
_MOVING = frozenset({"as_of", "known_at", "next_change_at"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What a pair's decision was, as it stands in the store."""

    hash: bytes
    timeline: bytes | None
    text: str

    @property
    def document(self) -> Document:
        found: Document = json.loads(self.text)
        return found


class Known:
    """What was said last of some people's pairs: by their decisions, or by the log where a decision is gone."""

    def __init__(self, conn: Connection, people: Iterable[tuple[int, str]]) -> None:
        self._conn = conn
        self._kept = _kept(conn, list(people))
        self._logged: dict[tuple[int, str], Mapping[tuple[str, str], Document]] = {}

    def decision(self, tenant_id: int, person_id: str, program_id: str) -> Kept | None:
        return self._kept.get((tenant_id, person_id, program_id))

    def said(self, tenant_id: int, person_id: str, program_id: str) -> Document | None:
        kept = self.decision(tenant_id, person_id, program_id)
        if kept is not None:
            return kept.document
        if (tenant_id, person_id) not in self._logged:
            self._logged[tenant_id, person_id] = logged(self._conn, tenant_id, [person_id])
        return self._logged[tenant_id, person_id].get((person_id, program_id))


def _kept(conn: Connection, people: Sequence[tuple[int, str]]) -> dict[tuple[int, str, str], Kept]:
    d = r.decision.c
    found: dict[tuple[int, str, str], Kept] = {}
    for tenant_id, some in by_tenant(people):
        query = select(d.person_id, d.program_id, d.hash, d.timeline, d.document).where(
            d.tenant_id == tenant_id, d.person_id.in_(some)
        )
        for row in conn.execute(query):
            found[tenant_id, row.person_id, row.program_id] = Kept(row.hash, row.timeline, row.document)
    return found


def standing_grounds(
    conn: Connection, tenant_id: int, people: Sequence[str], now: int
) -> Mapping[str, Mapping[str, bytes]]:
    """By person and program, what decisions rest on that stand as they are until something else than time changes them."""
    d = r.decision.c
    found: dict[str, dict[str, bytes]] = {}
    for _, some in by_tenant((tenant_id, person) for person in people):
        query = select(d.person_id, d.program_id, d.grounds).where(
            d.tenant_id == tenant_id,
            d.person_id.in_(some),
            d.timeline.is_not(None),
            d.grounds.is_not(None),
            d.decided_at <= now,
            or_(d.next_change_at.is_(None), d.next_change_at > now),
        )
        for person_id, program_id, grounds in conn.execute(query):
            found.setdefault(person_id, {})[program_id] = grounds
    return found


_CONFIRMED: Final = update(r.decision).where(of_pair(r.decision)).values(grounds=bindparam("grounds_"))


@dataclass(slots=True)
class Keeping:
    """The rows of one commit."""

    now: int
    watermark: int
    _stale_decisions: list[dict[str, Any]] = field(default_factory=list)
    _stale_statuses: list[dict[str, Any]] = field(default_factory=list)
    _decisions: list[dict[str, Any]] = field(default_factory=list)
    _statuses: list[dict[str, Any]] = field(default_factory=list)
    _log: list[dict[str, Any]] = field(default_factory=list)
    _confirmed: list[dict[str, Any]] = field(default_factory=list)
    _forgotten: list[dict[str, Any]] = field(default_factory=list)

    def confirm(self, tenant_id: int, person_id: str, program_id: str, grounds: bytes | None) -> None:
        """The same decision rests on other grounds now."""
        self._confirmed.append({**named(tenant_id, person_id, program_id), "grounds_": grounds})

    def forget(self, tenant_id: int, person_id: str) -> None:
        """Nobody is known by this id any more: nothing is decided of them.  What was said stays in the log."""
        self._forgotten.append({"tenant_id_": tenant_id, "person_id_": person_id})

    def keep(
        self, tenant_id: int, verdict: Verdict, kept: Kept | None, before: Document | None, grounds: bytes | None
    ) -> bool:
        """Replace what is kept of a pair; returns whether its timeline is another one now, with an award in it or before.

        A withdrawn program has no decisions; its status and the log keep what was.
        """
        key = (tenant_id, verdict.document["person"], verdict.program.id)
        pair = dict(zip(KEY, key, strict=True))
        rows = [_segment_row(segment) for segment in verdict.segments]
        timeline = timeline_hash(rows)
        if before is None or _state(before) != _state(verdict.document):
            self._log.append({**pair, **self._said(verdict), "engine": ENGINE})
        if kept is not None:
            self._stale_decisions.append(named(*key))
        if not verdict.is_last:
            change = verdict.decision.next_change_at
            dated = {
                "version": verdict.document["version"],
                "next_change_at": None if change == FOREVER else change,
                "timeline": timeline,
                "grounds": grounds,
            }
            self._decisions.append({**pair, **self._said(verdict), **dated})
        if kept is not None and kept.timeline == timeline:
            return False
        self._stale_statuses.append(named(*key))
        self._statuses += [{**pair, **row} for row in rows]
        return kept is not None or any(segment.award != "none" for segment in verdict.segments)

    def _said(self, verdict: Verdict) -> dict[str, Any]:
        text = text_of(verdict.document)
        hash_ = bytes.fromhex(verdict.hash)
        return {"hash": hash_, "document": text, "decided_at": self.now, "watermark": self.watermark}

    def write(self, conn: Connection) -> None:
        for statement, rows in (
            (_CONFIRMED, self._confirmed),
            (gone(r.decision, PERSON), self._forgotten),
            (gone(r.status, PERSON), self._forgotten),
            (gone(r.decision), self._stale_decisions),
            (insert(r.decision), self._decisions),
            (insert(r.decision_log), self._log),
            (gone(r.status), self._stale_statuses),
            (insert(r.status), self._statuses),
        ):
            if rows:
                conn.execute(statement, rows)


def is_unchanged(verdict: Verdict, kept: Kept | None) -> bool:
    """Whether a pair's decision and timeline are what is stored already."""
    if kept is None or kept.timeline is None or verdict.is_last or kept.hash.hex() != verdict.hash:
        return False
    return kept.timeline == timeline_hash([_segment_row(segment) for segment in verdict.segments])


def timeline_hash(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Identifies a timeline by its rows."""
    return blake2b(marshal.dumps([tuple(row.values()) for row in rows], STABLE), digest_size=_HASH_BYTES).digest()


def _state(document: Document) -> Document:
    """What of a decision is news when it differs."""
    return {key: value for key, value in document.items() if key not in _MOVING}


def _segment_row(segment: Segment) -> dict[str, Any]:
    flags = segment.flags
    return {
        "from_us": segment.from_us,
        "until_us": segment.until_us,
        "version": segment.version,
        "assignment": segment.assignment,
        "progress": segment.progress,
        "award": segment.award,
        **{name: int(name in flags) for name in FLAGS},
        "due_day": to_day(segment.due_on),
        "met_day": to_day(segment.met_on),
        "valid_from_day": to_day(segment.valid_from),
        "expires_day": to_day(segment.expires_on),
        "renewable_day": to_day(segment.renewable_from),
        "grace_day": to_day(segment.grace_until),
    }
