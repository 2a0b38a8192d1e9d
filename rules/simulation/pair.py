"""One person in one program through time: what was said last, and what another decision changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from lrs.clock import to_text
from lrs.prowess import Push
from rules import vocabulary as v
from rules.decide import FOREVER, Facts, decide, decide_with_timeline
from rules.decide.calendar import BEGINNING
from rules.decide.state import Segment
from rules.decisions.credentials import Credentials
from rules.decisions.scoring import score_of
from rules.decisions.transitions import AGAIN, ASSIGNMENTS, Document, emission_id, statement_of, transitions
from rules.escalation.climber import ladder_of
from rules.escalation.look import GONE
from rules.language import Ruleset
from rules.published.in_force import program_of
from rules.simulation.climb import URL, Climb
from rules.simulation.event import Event

Tell = Callable[[Mapping[str, Any]], Iterable[Push]]
"""Which systems would be told of a statement of ours."""

_TENANT: Final = 1
_STATUSES: Final = ("overdue", "renewable", "in_grace", "pending_evidence", "provisional")
_TOLD: Final = {v.ASSIGNED: ("assign", ("due_on",)), v.UNASSIGNED: ("unassign", ())}
_RESULT: Final = ("write_result", ("met_on", "valid_from", "expires_on"))
_DATES: Final = ("due_on", "valid_from", "expires_on")


@dataclass(slots=True)
class Pair:
    """What is known of a pair between two decisions."""

    ruleset: Ruleset
    program_id: str
    facts: Facts
    climb: Climb
    tell: Tell | None = None
    document: Document | None = None
    segments: tuple[Segment, ...] = ()
    changes_at: int = BEGINNING
    credentials: Credentials = field(default_factory=Credentials)
    emitted: dict[UUID, str] = field(default_factory=dict)

    @property
    def next_at(self) -> int:
        ladder = self.climb.next_at
        return min(self.changes_at, FOREVER if ladder is None else ladder)

    def wake(self, at: int, known_at: int, *, is_dirty: bool) -> Iterator[Event]:
        """Everything that happens at an instant, because something became known or because it is time."""
        decides = is_dirty or self.changes_at <= at
        if decides:
            yield from self._decide(at, known_at)
        ladder = self.climb.next_at
        if decides or (ladder is not None and ladder <= at):
            yield from self._climb(at)

    def _decide(self, at: int, known_at: int) -> Iterator[Event]:
        what = (self.ruleset, self.program_id, self.facts)
        if any("escalate" in version.notes for version in self.ruleset.programs[self.program_id]):
            decision, self.segments = decide_with_timeline(*what, as_of=at, known_at=known_at)
        else:
            decision = decide(*what, as_of=at, known_at=known_at)
        before, after = self.document, decision.as_json()
        self.document, self.changes_at = after, decision.next_change_at
        for name in transitions(before, after):
            yield from self._say(name, after, at)
        yield from self._statuses(before, after, at)
        for fate in self.credentials.follow(after, self._voided(known_at)):
            one = fate.credential
            facts = {"valid_from": one.valid_from, "expires_on": one.expires_on, "version": one.version}
            yield self._event(at, "credential", fate.what, facts | ({"reason": fate.reason} if fate.reason else {}))

    def _say(self, name: str, after: Document, at: int) -> Iterator[Event]:
        """A transition, and what a connector would be told of it; what was told is not told again."""
        is_assignment = name in ASSIGNMENTS
        revision = sum(AGAIN.get(said) == is_assignment for said in self.emitted.values())
        key = emission_id(_TENANT, name, after, revision)
        dates = {date: after[date] for date in _DATES if after[date] is not None}
        state = {"assignment": after["assignment"], "award": after["award"], "version": after["version"]}
        yield self._event(at, "transition", name, {**state, **dates})
        if key in self.emitted:
            return
        self.emitted[key] = name
        action, names = _TOLD.get(name, _RESULT)
        told: dict[str, Any] = {"about": name, **{date: after[date] for date in names if after[date] is not None}}
        if action == "write_result" and (score := score_of(self.ruleset, self.facts, after)) is not None:
            told["score"] = score
        told["key"] = str(key)
        if self.tell is None:
            yield self._event(at, "delivery", action, told)
            return
        for push in self.tell(self._statement(name, after, key, at)) if at >= 0 else ():
            yield self._event(at, "delivery", push.action, {"system": push.system, **told})

    def _statement(self, name: str, after: Document, key: UUID, at: int) -> Mapping[str, Any]:
        program, person = self.ruleset.programs[self.program_id][-1], self.facts.person
        return statement_of(name, after, id_=key, person=person, program=program, public_url=URL, timestamp=to_text(at))

    def _statuses(self, before: Document | None, after: Document, at: int) -> Iterator[Event]:
        had = (before or {}).get("flags", ())
        for flag in after["flags"]:
            if flag in _STATUSES and flag not in had:
                yield self._event(at, "status", flag, {"due_on": after["due_on"]} if flag == "overdue" else {})
        if before is None or before["assignment"] != after["assignment"] or before["due_on"] == after["due_on"]:
            return
        yield self._event(at, "status", "due_date_moved", {"from": before["due_on"], "to": after["due_on"]})

    def _voided(self, known_at: int) -> Collection[str]:
        return {row.statement for row in self.facts.evidence if row.voided is not None and row.voided <= known_at}

    def _climb(self, at: int) -> Iterator[Event]:
        if not 0 <= at < FOREVER:
            return
        program, escalation = (
            program_of(self.ruleset, self.program_id, at),
            ladder_of(self.ruleset, self.program_id, at),
        )
        if program is not None and (escalation is not None or self.climb.record.notices):
            yield from self.climb.look(program, escalation or GONE, self.segments, at)

    def _event(self, at: int, kind: Any, what: str, facts: dict[str, Any]) -> Event:
        return Event(at, self.facts.person.id, self.program_id, kind, what, facts)
