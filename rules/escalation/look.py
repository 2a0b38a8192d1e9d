"""One look at a pair's ladder: what holds, what was done, and therefore what changes now.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.clock import SECOND
from lrs.people.reading import to_day
from lrs.people.roster import Person, Roster
from lrs.retries import GIVE_UP_AFTER
from rules import vocabulary as v
from rules.escalation.announcements import RAISED, emission_row
from rules.escalation.deadline import Deadline, Stretch, deadline_of, stretch_at, why_not
from rules.escalation.keys import event_id, rung_id
from rules.escalation.ladder import Rung, rungs, turn
from rules.escalation.records import Changes, Record, about
from rules.escalation.states import ConsequenceState, NoticeState
from rules.escalation.tables import consequence, notice
from rules.language import Program
from rules.language.model import Escalation

GONE = Escalation("", "", ())
"""The ladder of a program that has none any more: everything that was raised ends."""


@dataclass(slots=True)
class Look:
    """A pair at an instant.  `since` is when its ladder was published; `stretches` its whole timeline."""

    tenant_id: int
    program: Program
    escalation: Escalation
    person: Person
    roster: Roster
    stretches: Sequence[Stretch]
    record: Record
    now: int
    since: int
    public_url: str
    over: str = "no_ladder"
    """Why nothing is owed where there are no steps."""

    def changes(self) -> tuple[Changes, int | None]:
        """What to write, and when to look again."""
        changes = Changes()
        self._correct(changes)
        self._end(changes)
        held = min(self._leases(), default=None)
        deadline = self.deadline
        if deadline is None:
            return changes, held
        done = self.record.done(deadline)
        begun = self.record.begun(deadline)
        ladder = rungs(self.escalation, deadline, self.person, self.roster, now=self.now, done=done, begun=begun)
        now = turn(self.escalation, ladder, done, now=self.now, since=self.since)
        for one in now.send:
            self._tell(changes, deadline, one.rung, state=NoticeState.WAITING, not_before=one.not_before)
        for skip in now.skip:
            if skip.rung.recipient == "do":
                self._raise(changes, deadline, skip.rung, ConsequenceState.SKIPPED, skip.reason)
            else:
                self._tell(changes, deadline, skip.rung, state=NoticeState.SKIPPED, reason=skip.reason)
        for rung in now.act:
            state = ConsequenceState.WAITING if rung.step.approve else ConsequenceState.IN_FORCE
            self._raise(changes, deadline, rung, state, None)
        return changes, min((at for at in (now.next_at, held) if at is not None), default=None)

    @property
    def deadline(self) -> Deadline | None:
        """What is owed now."""
        stretch = stretch_at(self.stretches, self.now)
        return deadline_of(stretch, self.escalation) if stretch is not None and self.escalation.steps else None

    def _why_not(self, deadline: Deadline, at: int) -> str | None:
        if not self.escalation.steps:
            return self.over
        return why_not(stretch_at(self.stretches, at), deadline, self.escalation)

    def _correct(self, changes: Changes) -> None:
        """What was sent for a reason that later knowledge took away stays in the log and says so; and the other way round."""
        for row in self.record.notices:
            if row.state not in (NoticeState.SENT, NoticeState.CORRECTED) or not self.escalation.steps:
                continue
            reason = self._why_not(about(row), row.sent_at)
            state = NoticeState.SENT if reason is None else NoticeState.CORRECTED
            if (row.state, row.reason) != (state, reason):
                changes.again.append((notice, row.id, {"state": state, "reason": reason}))

    def _end(self, changes: Changes) -> None:
        """Nothing is owed by a deadline any more: what waits is called off, what holds is lifted."""
        for row in self.record.notices:
            if row.state == NoticeState.WAITING and (reason := self._why_not(about(row), self.now)):
                changes.again.append((notice, row.id, {"state": NoticeState.CANCELLED, "reason": reason}))
        for row in self.record.consequences:
            reason = self._why_not(about(row), self.now)
            if reason is None:
                continue
            if row.state == ConsequenceState.WAITING:
                ended = {"state": ConsequenceState.CANCELLED, "reason": reason, "ended_at": self.now}
                changes.again.append((consequence, row.id, ended))
            elif row.state == ConsequenceState.IN_FORCE:
                ended = {"state": ConsequenceState.LIFTED, "reason": reason, "ended_at": self.now}
                changes.again.append((consequence, row.id, ended))
                changes.emissions.append(self._emission(v.CLEARED, row.id, row.round, row.step, about(row), row.action))

    def _leases(self) -> Iterator[int]:
        """When notices that somebody is sending, though nothing is owed any more, come free to be called off."""
        for row in self.record.notices:
            is_held = row.state == NoticeState.WAITING and row.lease_until is not None and row.lease_until >= self.now
            if is_held and self._why_not(about(row), self.now):
                yield row.lease_until + 1

    def _tell(
        self,
        changes: Changes,
        deadline: Deadline,
        rung: Rung,
        *,
        state: NoticeState,
        not_before: int = 0,
        reason: str | None = None,
    ) -> None:
        row = {
            **self._base(deadline, rung),
            "recipient_id": rung.recipient,
            "role": rung.role,
            "zone": str(rung.zone),
            "planned_at": rung.at,
            "created_at": self.now,
            "state": state,
            "reason": reason,
            "announced": int(state != NoticeState.WAITING),
            "not_before": not_before,
            "give_up_at": not_before + GIVE_UP_AFTER * SECOND,
            "lease_until": None,
            "attempts": 0,
            "sent_at": None,
            "last_error": None,
        }
        self._put(changes, changes.notices, notice, row)

    def _raise(
        self, changes: Changes, deadline: Deadline, rung: Rung, state: ConsequenceState, reason: str | None
    ) -> None:
        row = {
            **self._base(deadline, rung),
            "action": rung.step.do,
            "approve": rung.step.approve,
            "state": state,
            "reason": reason,
            "round": 1,
            "raised_at": self.now,
            "decided_at": None,
            "decided_by": None,
            "note": None,
            "ended_at": None,
        }
        before = self.record.find(row["id"])
        if before is not None:
            row["round"] = before.round + 1
        self._put(changes, changes.consequences, consequence, row)
        if state is ConsequenceState.IN_FORCE:
            action = str(rung.step.do)
            told = self._emission(RAISED[action], row["id"], row["round"], rung.step.at, deadline, action)
            changes.emissions.append(told)

    def _put(self, changes: Changes, fresh: list[dict[str, Any]], table: Any, row: dict[str, Any]) -> None:
        if self.record.find(row["id"]) is None:
            fresh.append(row)
        else:
            changes.again.append((table, row["id"], row))

    def _base(self, deadline: Deadline, rung: Rung) -> dict[str, Any]:
        id_ = rung_id(self.tenant_id, self.person.id, self.program.id, deadline, rung.step.at, rung.recipient)
        return {
            "tenant_id": self.tenant_id,
            "id": id_.bytes,
            "person_id": self.person.id,
            "program_id": self.program.id,
            "escalation_id": self.escalation.id,
            "deadline": deadline.kind,
            "deadline_day": to_day(deadline.day),
            "step": rung.step.at,
        }

    def _emission(
        self, transition: str, id_: bytes, count: int, step: str, deadline: Deadline, action: str
    ) -> dict[str, Any]:
        told = {"step": step, "deadline": deadline.kind, "day": deadline.day.isoformat(), "action": action}
        return emission_row(
            transition,
            told,
            id_=event_id(id_, transition, count),
            tenant_id=self.tenant_id,
            person=self.person,
            program=self.program,
            public_url=self.public_url,
            now=self.now,
        )
