"""The ladder of one pair in memory: looks at it as `rules.escalation.climber` does, and posts what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from lrs.clock import SECOND
from lrs.people.roster import Person, Roster
from rules.decide import Segment
from rules.decide.calendar import BEGINNING, instant_text
from rules.escalation.deadline import stretch_at, why_not
from rules.escalation.hours import allowed
from rules.escalation.look import Look
from rules.escalation.records import Changes, Record, about
from rules.escalation.states import ConsequenceState, NoticeState
from rules.language import Program
from rules.language.model import Escalation
from rules.simulation.event import Event

_TENANT = 1
_AGAIN = {NoticeState.SENT: "stands_again"}
"""A notice that had been corrected, and whose reason came back."""
URL = "https://prowess.example"


@dataclass(slots=True)
class Climb:
    """What the ladder of a pair has left so far, and when to look again."""

    person: Person
    roster: Roster
    record: Record = field(default_factory=Record)
    looks_at: int | None = None

    @property
    def next_at(self) -> int | None:
        posts = [row.not_before for row in self.record.notices if row.state == NoticeState.WAITING]
        return min([*posts, *([] if self.looks_at is None else [self.looks_at])], default=None)

    def look(self, program: Program, escalation: Escalation, stretches: Sequence[Segment], now: int) -> Iterator[Event]:
        """What follows from what holds now."""
        look = Look(_TENANT, program, escalation, self.person, self.roster, stretches, self.record, now, BEGINNING, URL)
        changes, self.looks_at = look.changes()
        yield from self._keep(changes, program, now)
        yield from self._post(program, escalation, stretches, now)

    def _keep(self, changes: Changes, program: Program, now: int) -> Iterator[Event]:
        for table, id_, values in changes.again:
            row: Any = self.record.find(id_)
            row.__dict__.update(values)
            if row.state != NoticeState.WAITING or table.name != "notice":
                yield _event(row, program, now, _AGAIN.get(row.state, str(row.state)), table.name)
        for values in changes.notices:
            row = SimpleNamespace(**values)
            self.record.notices.append(row)
            if row.state == NoticeState.SKIPPED:
                yield _event(row, program, now, "skipped", "notice")
        for values in changes.consequences:
            row = SimpleNamespace(**values)
            self.record.consequences.append(row)
            yield _event(row, program, now, str(row.state), "consequence")

    def _post(
        self, program: Program, escalation: Escalation, stretches: Sequence[Segment], now: int
    ) -> Iterator[Event]:
        due: list[Any] = [
            row for row in self.record.notices if row.state == NoticeState.WAITING and row.not_before <= now
        ]
        for row in sorted(due, key=lambda row: (row.not_before, row.step, row.recipient_id)):
            reason = why_not(stretch_at(stretches, now), about(row), escalation)
            may_at = allowed(escalation.calendar, ZoneInfo(row.zone), now)
            if reason is not None:
                row.state, row.reason = NoticeState.CANCELLED, reason
            elif may_at > now:
                row.not_before = may_at
                continue
            elif not self.roster.people[row.recipient_id].email:
                row.state, row.reason = NoticeState.DEAD, "no_address"
            else:
                row.state, row.sent_at = NoticeState.SENT, now
            yield _event(row, program, now, str(row.state), "notice")


def _event(row: Any, program: Program, now: int, what: str, table: str) -> Event:
    deadline = about(row)
    facts: dict[str, Any] = {"step": row.step, "deadline": deadline.kind, "day": deadline.day.isoformat()}
    if table == "notice":
        facts |= {"recipient": row.recipient_id.removeprefix("?"), "role": row.role}
        facts |= {"local": _local(now, row.zone)}
        if row.sent_at is not None and row.sent_at < now:
            facts["sent_at"] = instant_text(row.sent_at)
    else:
        waits = row.state == ConsequenceState.WAITING
        facts |= {"action": row.action, **({"approve": row.approve} if waits else {})}
    if row.reason is not None:
        facts["reason"] = row.reason
    return Event(now, row.person_id, program.id, "notice" if table == "notice" else "consequence", what, facts)


def _local(at: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, ZoneInfo(zone)):%a %Y-%m-%d %H:%M} {zone}"
