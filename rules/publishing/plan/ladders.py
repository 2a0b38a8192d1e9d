"""Which steps of ladders a plan adds and drops: what is still to come, by the old rules and by the new ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from lrs.db import by_tenant
from lrs.people.register import Register
from lrs.people.roster import Roster
from rules.decide.calendar import FOREVER, instant_text
from rules.decisions.transitions import Document
from rules.escalation.circle import circle
from rules.escalation.deadline import Deadline, deadline_of
from rules.escalation.held import Pair
from rules.escalation.ladder import DO, Key, Rung, rungs, turn
from rules.escalation.records import Record, records
from rules.escalation.tables import ladder as table
from rules.language.model import Escalation
from rules.publishing.plan.outcome import PlannedNotice


@dataclass(frozen=True, slots=True)
class Side:
    """What a pair owes under one ruleset, and the ladder it is on."""

    escalation: Escalation | None
    deadline: Deadline | None


@dataclass(slots=True)
class LadderPlan:
    """Collects the pairs whose ladder would be another one, then says which of their steps come and which do not."""

    now: int
    pairs: dict[Pair, tuple[Side, Side]] = field(default_factory=dict)

    def compare(
        self,
        pair: Pair,
        old: Document | None,
        new: Document | None,
        before: Escalation | None,
        after: Escalation | None,
    ) -> None:
        sides = Side(before, _deadline(old, before)), Side(after, _deadline(new, after))
        if sides[0] != sides[1] and any(side.deadline for side in sides):
            self.pairs[pair] = sides

    def steps(
        self, conn: Connection, register: Register, tenant_id: int
    ) -> tuple[Roster, list[PlannedNotice], list[PlannedNotice]]:
        """The people concerned, and the steps that would come and those that would not any more."""
        learners = {person for person, _ in self.pairs}
        ladders = {id(one): one for sides in self.pairs.values() for side in sides if (one := side.escalation)}
        roster = circle(conn, register, tenant_id, learners, ladders.values())
        rows, done = _rows(conn, tenant_id, learners), _records(conn, tenant_id, self.pairs)
        come: set[PlannedNotice] = set()
        gone: set[PlannedNotice] = set()
        for pair, (before, after) in self.pairs.items():
            row = rows.get(pair)
            same = row is not None and after.escalation is not None and row.escalation_id == after.escalation.id
            old = set(self._steps(pair, before, roster, done[pair], row.since if row is not None else 0))
            new = set(
                self._steps(pair, after, roster, done[pair], row.since if same and row and row.since else self.now)
            )
            come |= new - old
            gone |= old - new
        return roster, sorted(come, key=_order), sorted(gone, key=_order)

    def _steps(self, pair: Pair, side: Side, roster: Roster, record: Record, since: int) -> Iterator[PlannedNotice]:
        person = roster.people.get(pair[0])
        if person is None or side.escalation is None or side.deadline is None:
            return
        done: Collection[Key] = record.done(side.deadline)
        begun = record.begun(side.deadline)
        ladder = rungs(side.escalation, side.deadline, person, roster, now=self.now, done=done, begun=begun)
        next_ = turn(side.escalation, ladder, done, now=self.now, since=since)
        for rung in (*(notice.rung for notice in next_.send), *next_.act):
            yield _planned(pair, side.deadline, rung, None)
        for rung in ladder:
            if self.now < rung.at < FOREVER and rung.reason is None and rung.key not in done:
                yield _planned(pair, side.deadline, rung, instant_text(rung.at))


def _planned(pair: Pair, deadline: Deadline, rung: Rung, at: str | None) -> PlannedNotice:
    action = rung.step.do if rung.recipient == DO else None
    told = (DO, str(rung.step.approve or DO)) if action else (rung.recipient, rung.role)
    return PlannedNotice(
        *pair, deadline.kind, deadline.day.isoformat(), rung.step.at, *told, at, action, str(rung.zone)
    )


def _order(notice: PlannedNotice) -> tuple[str, ...]:
    return (notice.program, notice.at or "", notice.person, notice.step, notice.recipient)


def _deadline(document: Document | None, escalation: Escalation | None) -> Deadline | None:
    if document is None or escalation is None:
        return None
    return deadline_of(_Said(document), escalation)


class _Said:
    """A decision's document as ladders read what holds."""

    def __init__(self, document: Document) -> None:
        self.assignment: str = document["assignment"]
        self.progress: str = document["progress"]
        self.award: str = document["award"]
        self.flags: Sequence[str] = document["flags"]
        self.due_on = _day(document["due_on"])
        self.expires_on = _day(document["expires_on"])
        self.renewable_from = _day(document["renewable_from"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _rows(conn: Connection, tenant_id: int, people: Collection[str]) -> dict[Pair, Row[Any]]:
    c = table.c
    return {
        (row.person_id, row.program_id): row
        for _, some in by_tenant((tenant_id, person) for person in sorted(people))
        for row in conn.execute(select(table).where(c.tenant_id == tenant_id, c.person_id.in_(some)))
    }


def _records(conn: Connection, tenant_id: int, pairs: Collection[Pair]) -> Mapping[Pair, Record]:
    return {
        pair: record
        for _, some in by_tenant((tenant_id, pair) for pair in sorted(pairs))
        for pair, record in records(conn, tenant_id, some).items()
    }
