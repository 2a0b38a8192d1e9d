"""What the store holds about one person, as their page shows it: where they stand, and what happened when."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, and_, select

from lrs.people import tables as p
from lrs.people.roster import Person
from rules import tables as r
from rules.decide import Evidence, Facts
from rules.decide.office import details
from rules.decide.sources import source_finder
from rules.decide.zones import Zones
from rules.explain.account import deed, tier_words
from rules.explain.reasons import in_words
from rules.explain.timeline import events
from rules.facts.reader import NO_KEY, ROWS, keys_of, to_evidence
from rules.language.model import Source
from rules.language.vocabulary import ASKED
from rules.owed import last_good_day

MOST: Final = 200
"""Statements on one page; the newest ones."""
_ABOUT_PROGRAMS: Final = r.RELATIONS.index("override")
_UTC: Final = Zones("UTC", Facts(Person("")))


class Standing(NamedTuple):
    """Where a person stands in a program now."""

    program_id: str
    title: str
    state: Mapping[str, Any]
    tiers: Sequence[tuple[str, str]] = ()
    """The parts of the program that have a due date of their own, each with its days in words."""

    @property
    def is_open(self) -> bool:
        """Whether something is asked for that is not done, or can be renewed."""
        is_done = self.state["progress"] == "met" and not self.state["renewable"]
        return self.state["assignment"] in ASKED and not is_done

    @property
    def owed_day(self) -> int | None:
        """The last good day of what is not done, as a day number."""
        owed = last_good_day(self.state["award"], self.state["due_day"], self.state["expires_day"])
        return None if owed is None else owed[1]


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline: an event of a program, or a statement."""

    at: int
    day: date
    title: str
    text: str
    word: str = ""
    program_id: str = ""
    statement: UUID | None = None
    is_voided: bool = False
    refused: str = ""
    """Of an act of office: why it does not count, in a sentence; empty where it does."""


class History:
    """Reads one person."""

    def __init__(
        self,
        conn: Connection,
        tenant_id: int,
        person_id: str,
        now: int,
        zones_of: Callable[[str], Zones] = lambda _: _UTC,
        sources: Iterable[Source] = (),
    ) -> None:
        """zones_of: the calendar in which a program's days begin and end; of no program, the person's own.

        sources: whose scores are told on a scale of their own.
        """
        self._conn = conn
        self._tenant_id = tenant_id
        self._person_id = person_id
        self._now = now
        self._zones_of = zones_of
        self._source_of = source_finder(sources)
        self._titles = titles_of(conn, tenant_id)
        self._stretches = list(self._read_stretches())

    def standings(self) -> list[Standing]:
        """Every program that asks something of them or whose award they have had, the most urgent first."""
        now = [one for one in self._stretches if one["from_us"] <= self._now < one["until_us"]]
        tiers = self._tiers()
        found = [
            Standing(one["program_id"], self._title(one["program_id"]), one, tiers.get(one["program_id"], ()))
            for one in now
            if one["assignment"] != "none" or one["award"] != "none" or one["progress"] != "not_started"
        ]
        return sorted(found, key=lambda one: (not one.state["overdue"], one.owed_day or 1 << 30, one.title))

    def _tiers(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By program, what was decided last of its tiers; of an award the days are in the explanation."""
        return {
            program_id: [(tier["id"], tier_words(tier)) for tier in document["tiers"] if tier["due_on"]]
            for program_id, document in self._documents.items()
            if document["progress"] != "met"
        }

    @cached_property
    def _documents(self) -> Mapping[str, Mapping[str, Any]]:
        """What was decided last, by program."""
        d = r.decision.c
        query = select(d.program_id, d.document).where(d.tenant_id == self._tenant_id, d.person_id == self._person_id)
        return {row.program_id: json.loads(row.document) for row in self._conn.execute(query)}

    @cached_property
    def _refused(self) -> Mapping[str, str]:
        """Of acts of office that do not count, by statement, the codes of why not."""
        acts = (act for document in self._documents.values() for act in document["proof"].get("acts", ()))
        return {act["statement"]: act["rejected"] for act in acts if "rejected" in act}

    def moments(self) -> tuple[list[Moment], list[Moment]]:
        """What happened, the latest first, and what time alone will bring, the next first."""
        changes = list(self._changes())
        past = [one for one in changes if one.at <= self._now]
        past += self._statements()
        coming = [one for one in changes if one.at > self._now]
        return sorted(past, key=lambda one: -one.at), sorted(coming, key=lambda one: one.at)

    def _title(self, program_id: str) -> str:
        return self._titles.get(program_id) or program_id

    def _read_stretches(self) -> Iterator[Mapping[str, Any]]:
        s = r.status.c
        query = select(r.status).where(s.tenant_id == self._tenant_id, s.person_id == self._person_id)
        for row in self._conn.execute(query.order_by(s.program_id, s.from_us)):
            yield row._asdict()

    def _changes(self) -> Iterator[Moment]:
        for program_id, mine in groupby(self._stretches, key=lambda one: one["program_id"]):
            for event in events(list(mine)):
                day = self._zones_of(program_id).day_at(event.at)
                yield Moment(event.at, day, self._title(program_id), event.text, event.word, program_id)

    def _statements(self) -> Iterator[Moment]:
        """Evidence about activities that programs name, and acts of office."""
        e, link, a = r.evidence.c, p.identity_link.c, r.activity.c
        mine = and_(link.tenant_id == self._tenant_id, link.person_id == self._person_id, link.known_to.is_(None))
        agents = select(link.agent).where(mine)
        keys = keys_of(self._conn, self._tenant_id)
        query: Any = (
            ROWS.add_columns(a.title)
            .outerjoin(r.activity, and_(a.tenant_id == e.tenant_id, a.key == e.activity))
            .where(e.tenant_id == self._tenant_id, e.agent.in_(agents), e.timestamp <= self._now)
            .where(a.title.is_not(None) | (e.relation == _ABOUT_PROGRAMS))
            .order_by(e.timestamp.desc())
            .limit(MOST)
        )
        seen: set[str] = set()
        for _, _, credential_id, *columns, title in self._conn.execute(query):
            row = to_evidence("", keys.get(credential_id, NO_KEY), columns)
            if row.statement not in seen:
                seen.add(row.statement)
                yield self._moment(row, title)

    def _moment(self, row: Evidence, title: str) -> Moment:
        text = deed(row, self._source_of)
        if row.relation == "override":
            act = details(row)
            title = self._title(str(act.get("program") or ""))
            text = ": ".join(part for part in (text, str(act.get("reason") or "")) if part)
        day, is_voided = self._zones_of("").day_at(row.at), row.voided is not None
        code = "" if is_voided else self._refused.get(row.statement, "")
        why = in_words(code) if code else ""
        return Moment(row.at, day, title, text, statement=UUID(row.statement), is_voided=is_voided, refused=why)


def titles_of(conn: Connection, tenant_id: int) -> dict[str, str]:
    """Programs by their newest titles, withdrawn ones too."""
    c = r.program.c
    query = select(c.program_id, c.title).where(c.tenant_id == tenant_id).order_by(c.version)
    return {row.program_id: row.title for row in conn.execute(query)}


def names_of(conn: Connection, tenant_id: int, people: Sequence[str]) -> dict[str, str]:
    """People's names by id."""
    c = p.person.c
    query = select(c.person_id, c.name).where(c.tenant_id == tenant_id, c.person_id.in_(people), c.known_to.is_(None))
    return {row.person_id: row.name or row.person_id for row in conn.execute(query)}
