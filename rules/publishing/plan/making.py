"""Makes a plan: everybody decided by the new ruleset, compared with what was last said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from lrs.clock import SECOND, to_text
from lrs.people.roster import Person, Roster
from lrs.store.tables import DEFAULT_TENANT
from rules import vocabulary as v
from rules.decide import Facts, decide, decide_withdrawn
from rules.decide.calendar import midnight
from rules.decisions.said import Said, logged, standing
from rules.decisions.transitions import ASSIGNMENTS, Document, statement_of, transitions
from rules.escalation.announcements import RAISED, emission_row
from rules.escalation.climber import ladder_of
from rules.facts.reader import FactsReader
from rules.language import Program, Ruleset
from rules.published.in_force import program_of
from rules.published.store import Published
from rules.publishing.plan import announced
from rules.publishing.plan.change import Change, change_of, is_news
from rules.publishing.plan.ladders import LadderPlan
from rules.publishing.plan.outcome import Later, Plan, PlannedNotice, PlannedPush, TakenBack

if TYPE_CHECKING:
    from lrs.prowess import Prowess


_UTC = ZoneInfo("UTC")
_EVERYWHERE = 14 * 3600 * SECOND
"""So long after the midnight of a day in UTC that day has begun in every zone."""


def plan(
    prowess: Prowess,
    published: Published,
    ruleset: Ruleset,
    *,
    tenant_id: int = DEFAULT_TENANT,
    announce_history: bool = False,
) -> Plan:
    """Compare a ruleset that is not published with what holds."""
    return _Planning(prowess, published.current(tenant_id).ruleset, ruleset, tenant_id, announce_history).plan()


@dataclass(slots=True)
class _Planning:
    """One comparison while it is made."""

    prowess: Prowess
    current: Ruleset
    ruleset: Ruleset
    tenant_id: int
    announce_history: bool
    now: int = 0
    people: dict[str, Person] = field(default_factory=dict)
    changes: list[tuple[Change, Document]] = field(default_factory=list)
    later: list[Later] = field(default_factory=list)

    def plan(self) -> Plan:
        self.now = self.prowess.clock.now()
        climbing = LadderPlan(self.now)
        count = self._compare(climbing)
        changes, pushes = self._announce()
        come, gone, told = self._climb(climbing)
        before, after = self.current.programs, self.ruleset.programs
        return Plan(
            tuple(sorted(after.keys() - before.keys())),
            tuple(sorted(before.keys() - after.keys())),
            tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
            tuple(changes),
            count,
            Counter(name for change in changes for name in change.transitions),
            tuple(sorted(_changed_ladders(self.current, self.ruleset))),
            tuple(come),
            tuple(gone),
            tuple(sorted([*pushes, *told], key=lambda push: (push.program, push.person, push.system))),
            tuple(self.later),
            tuple(self._taken_back()),
            self.ruleset.hash,
            self.current.hash,
        )

    def _compare(self, climbing: LadderPlan) -> int:
        reader = FactsReader(self.prowess.database, self.prowess.people)
        facts = reader.read(self.tenant_id, self.ruleset)
        with self.prowess.database.read() as conn:
            said = {**logged(conn, self.tenant_id), **standing(conn, self.tenant_id)}
        for pair, new in self._decided(facts):
            self._pair(pair, said.get(pair), new, facts[pair[0]].person, climbing)
        removed = self.current.programs.keys() - self.ruleset.programs.keys()
        days = self._days()
        known = reader.read(self.tenant_id, self.current) if removed or days else {}
        self.later = [Later(day.isoformat(), tuple(self._on(day, facts, known, ids))) for day, ids in days.items()]
        if removed:
            for pair, new in self._ended(known, said, removed):
                self._pair(pair, said[pair], new, known[pair[0]].person, climbing)
        self.changes.sort(key=lambda one: (one[0].person, one[0].program))
        return len(facts)

    def _days(self) -> dict[date, list[str]]:
        """The days to come on which what is new takes effect, or what is taken back would have, each with its programs.

        Of a program that is withdrawn while it is in force, the plan says at once what ends.
        """
        found: dict[date, set[str]] = {}
        for one in self._to_come(self.ruleset, self.current):
            found.setdefault(one.effective, set()).add(one.id)
        for one in self._to_come(self.current, self.ruleset):
            if one.id in self.ruleset.programs or one == self.current.programs[one.id][0]:
                found.setdefault(one.effective, set()).add(one.id)
        return {day: sorted(found[day]) for day in sorted(found)}

    def _to_come(self, these: Ruleset, those: Ruleset) -> Iterator[Program]:
        """The versions of a day to come that one ruleset has and the other has not, or not so."""
        for program, versions in sorted(these.programs.items()):
            for version in versions:
                is_to_come = midnight(_UTC, version.effective) > self.now
                if is_to_come and version not in those.programs.get(program, ()):
                    yield version

    def _taken_back(self) -> Iterator[TakenBack]:
        """What replaces a version under its own number is a change of it, and not told here."""
        for one in self._to_come(self.current, self.ruleset):
            if one.version not in {version.version for version in self.ruleset.programs.get(one.id, ())}:
                yield TakenBack(one.id, one.version, one.effective.isoformat())

    def _on(
        self, day: date, facts: Mapping[str, Facts], known: Mapping[str, Facts], programs: Sequence[str]
    ) -> Iterator[Change]:
        """Both rulesets on a day to come, by what is known now."""
        at = midnight(_UTC, day) + _EVERYWHERE
        for person in sorted(facts):
            for program in programs:
                is_known, stays = program in self.current.programs, program in self.ruleset.programs
                old = decide(self.current, program, known[person], as_of=at).as_json() if is_known else None
                if stays:
                    new = decide(self.ruleset, program, facts[person], as_of=at).as_json()
                else:
                    new = decide_withdrawn(self.current, program, known[person], at=self.now)[0].as_json()
                if is_news(old, new):
                    yield change_of(person, program, old, new, tuple(transitions(old, new)))

    def _decided(self, facts: Mapping[str, Facts]) -> Iterator[tuple[tuple[str, str], Document]]:
        for person, one in facts.items():
            for level in self.ruleset.strata:
                for program in level:
                    yield (person, program), decide(self.ruleset, program, one, as_of=self.now).as_json()

    def _ended(
        self, known: Mapping[str, Facts], said: Said, removed: Any
    ) -> Iterator[tuple[tuple[str, str], Document]]:
        for person, program in said:
            if program in removed and person in known:
                ending = decide_withdrawn(self.current, program, known[person], at=self.now)[0]
                yield (person, program), ending.as_json()

    def _pair(
        self, pair: tuple[str, str], old: Document | None, new: Document, person: Person, climbing: LadderPlan
    ) -> None:
        ladders = ladder_of(self.current, pair[1], self.now), ladder_of(self.ruleset, pair[1], self.now)
        climbing.compare(pair, old, new, *ladders)
        if not is_news(old, new):
            return
        names = transitions(old, new)
        if old is None and not self.announce_history:
            names = [name for name in names if name in ASSIGNMENTS]
        self.changes.append((change_of(*pair, old, new, tuple(names)), new))
        self.people[person.id] = person

    def _announce(self) -> tuple[list[Change], list[PlannedPush]]:
        """The changes with what would really be said of them, and whom outside it would reach."""
        speaking = {change.person for change, _ in self.changes if change.transitions}
        with self.prowess.database.read() as conn:
            known = announced.read(conn, self.tenant_id, speaking)
        changes: list[Change] = []
        pushes: list[PlannedPush] = []
        for change, document in self.changes:
            ids = {name: known.id_of(name, document) for name in change.transitions}
            fresh = {name: id_ for name, id_ in ids.items() if id_ is not None}
            changes.append(replace(change, transitions=tuple(fresh)))
            for name, id_ in fresh.items():
                statement = self._statement(name, id_, document, self.people[change.person])
                pushes += self._pushes(statement, change.person, change.program, name)
        return changes, pushes

    def _statement(self, name: str, id_: UUID, document: Document, person: Person) -> Mapping[str, Any]:
        return statement_of(
            name,
            document,
            id_=id_,
            person=person,
            program=self._program(document["program"]),
            public_url=self.prowess.settings.public_url,
            timestamp=to_text(self.now),
        )

    def _program(self, program_id: str) -> Program:
        return (self.ruleset.programs.get(program_id) or self.current.programs[program_id])[-1]

    def _climb(self, climbing: LadderPlan) -> tuple[list[PlannedNotice], list[PlannedNotice], list[PlannedPush]]:
        if not climbing.pairs:
            return [], [], []
        with self.prowess.database.read(snapshot=True) as conn:
            roster, come, gone = climbing.steps(conn, self.prowess.people, self.tenant_id)
        told = [push for notice in come if notice.at is None for push in self._told(notice, roster)]
        return come, gone, told

    def _told(self, notice: PlannedNotice, roster: Roster) -> Iterator[PlannedPush]:
        """Webhooks hear of notices and consequences too."""
        transition = RAISED[notice.action] if notice.action else v.NOTIFIED
        program = program_of(self.ruleset, notice.program, self.now)
        if program is None or (notice.action and notice.role != notice.recipient):
            return  # it waits for approval
        told = {"step": notice.step, "deadline": notice.deadline, "day": notice.day}
        told |= {"action": notice.action} if notice.action else {"recipient": notice.recipient, "role": notice.role}
        row = emission_row(
            transition,
            told,
            id_=UUID(int=0),
            tenant_id=self.tenant_id,
            person=roster.people[notice.person],
            program=program,
            public_url=self.prowess.settings.public_url,
            now=self.now,
        )
        yield from self._pushes(_loaded(row), notice.person, notice.program, transition)

    def _pushes(self, statement: Mapping[str, Any], person: str, program: str, about: str) -> Iterator[PlannedPush]:
        if self.tenant_id != DEFAULT_TENANT:
            return
        for plugin in self.prowess.plugins:
            for push in plugin.pushes(self.prowess, statement):
                yield PlannedPush(person, program, push.system, push.action, about)


def _loaded(row: Mapping[str, Any]) -> Mapping[str, Any]:
    statement: Mapping[str, Any] = json.loads(row["body"])
    return statement


def _changed_ladders(current: Ruleset, ruleset: Ruleset) -> Iterator[str]:
    for name in current.escalations.keys() | ruleset.escalations.keys():
        if current.escalations.get(name) != ruleset.escalations.get(name):
            yield name
