"""One person and one program over all time: what holds at any instant, and at which instants that may change.

`decide` asks it about one instant and `timeline` about all of them, so the two can never disagree.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import NamedTuple

from rules.decide.assignment import Assignments, Bound
from rules.decide.calendar import BEGINNING, FOREVER
from rules.decide.compiled import Compiled, compiled
from rules.decide.criteria import Criterion
from rules.decide.facts import Facts
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, met_since, value_at
from rules.decide.record import Record, fold
from rules.decide.state import AwardState, Progress, Segment, State, TierState
from rules.decide.terms import Award, Run, Term
from rules.decide.zones import Zones
from rules.language.model import Ruleset

Memo = dict[str, Steps]
"""What was found out about the programs that others hold, for one person."""


class Phase(NamedTuple):
    """Which path is open at an instant, and the term that is running, or that lapsed last."""

    term: Term | None
    award: AwardState
    version: int
    since: int
    """From when on the open path counts evidence."""
    open_run: Run | None
    """The path that is open; None while a term runs and its window is still closed."""

    @property
    def running(self) -> Term | None:
        return self.term if self.award in ("valid", "expired") else None


class History:
    """The award, the assignment and the progress of one person in one program."""

    def __init__(
        self, ruleset: Ruleset, program_id: str, facts: Facts, known_at: int, memo: Memo | None = None
    ) -> None:
        memo = {} if memo is None else memo
        self.ruleset = ruleset
        self.facts = facts
        self.known_at = known_at
        self.compiled: Compiled = compiled(ruleset, program_id)
        self.zones = _zones(self.compiled, facts)
        held = {name: award_steps(ruleset, name, facts, known_at, memo) for name in self.compiled.held}
        self.record: Record = fold(
            facts.evidence,
            known_at,
            self.compiled.tracks,
            self.compiled.routes,
            self.compiled.reading_of,
            self.zones[0],
            held,
        )
        self.award = Award(self.compiled, self.record, self.zones)

    @cached_property
    def assignments(self) -> Assignments:
        return Assignments(self.compiled, self.facts, self.zones)

    def phase_at(self, at: int) -> Phase:
        term = None
        for candidate in self.award.terms:
            if candidate.met_at > at:
                break
            term = candidate
        if term is None or at >= term.lapses_at:
            version = self.award.version_at(at)
            since = BEGINNING if term is None else term.lapses_at
            return Phase(term, "none" if term is None else "lapsed", version, since, self.initial(version, since))
        if at < term.renewable_at:
            return Phase(term, "valid", term.version, term.since, None)
        since = term.renews_from(self.compiled.versions[term.version])
        renew = self.compiled.versions[term.version].program.renew
        assert renew is not None
        is_valid = at < term.expires_at or renew.grace_counts
        renewal = self.award.run(self.award.version_at(at), since, renewal=True)
        return Phase(term, "valid" if is_valid else "expired", term.version, since, renewal)

    def initial(self, version: int, since: int) -> Run:
        run = self.award.run(version, since, renewal=False)
        assert run is not None
        return run

    def state_at(self, at: int) -> State:
        phase = self.phase_at(at)
        term, run = phase.term, phase.open_run
        in_force = self.award.version_at(at)
        kind = self.assignments.kind_at(in_force, at)
        version = self.compiled.versions[phase.version]
        progress = _progress(phase, at)
        flags = self._award_flags(phase, progress, at)
        opening = self._opening(phase.running) if phase.running is not None else None
        tiers: tuple[TierState, ...] = ()
        if version.initial.tiers:
            tiers, due, is_late = self._tiers(phase, opening, in_force, at)
        else:
            due = self._due(opening, in_force, at)
            is_late = opening is not None and due is not None and opening.met_at >= due[1]
        if kind in ("none", "withdrawn"):
            due = None
        if kind == "required":
            if is_late and term is opening:
                flags.append("late")
            if opening is None and due is not None and at >= due[1]:
                flags.append("overdue")
        flags.sort()
        if term is None:
            assert run is not None
            met_on = self._day(phase, met_since(run.steps, at))
            return State(
                kind, progress, phase.award, tuple(flags), version.program.version, due and due[0], met_on, tiers=tiers
            )
        return State(
            kind,
            progress,
            phase.award,
            tuple(flags),
            version.program.version,
            due and due[0],
            term.met_on,
            term.met_on,
            term.expires_on,
            term.renewable_on,
            term.grace_until,
            tiers,
        )

    def _award_flags(self, phase: Phase, progress: Progress, at: int) -> list[str]:
        flags = []
        term, run = phase.running, phase.open_run
        if term is not None:
            if at >= term.expires_at:
                flags.append("in_grace")
            elif at >= term.renewable_at:
                flags.append("renewable")
        if run is not None and progress != "met" and any(value_at(steps, at) == UNKNOWN for steps in run.unknown):
            flags.append("pending_evidence")
        return flags

    def _day(self, phase: Phase, at: int | None) -> date | None:
        return None if at is None else self.zones[phase.version].day_at(at)

    def _due(self, opening: Term | None, in_force: int, at: int, tier: int | None = None) -> Bound | None:
        """The due date: of a running award the one it was earned under, else the one in force."""
        stamped = self.assignments.due_at(opening.version, opening.met_at, tier) if opening is not None else None
        return stamped or self.assignments.due_at(in_force, at, tier)

    def _tiers(
        self, phase: Phase, opening: Term | None, in_force: int, at: int
    ) -> tuple[tuple[TierState, ...], Bound | None, bool]:
        """Each tier of the open path, or of the one that earned the running award; the first one unmet says the due date.

        A running award stands for all of its tiers, even for those that its renewal did not ask for.
        """
        run, judged_at = phase.open_run, at
        if opening is not None:
            run, judged_at = self.initial(opening.version, opening.since), opening.met_at
        assert run is not None
        states: list[TierState] = []
        pending: list[Bound] = []
        done: list[Bound] = []
        is_late = False
        for index, tier in enumerate(self.compiled.versions[phase.version].initial.tiers):
            is_judged = index < len(run.tiers)
            met_at = met_since(run.tiers[index], judged_at) if is_judged else None
            due = self._due(opening if is_judged else None, in_force, at, index)
            is_met = opening is not None or met_at is not None
            progress = "met" if is_met else self._tier_progress(tier.criterion, phase.since, at)
            states.append(TierState(tier.tier.id, due and due[0], self._day(phase, met_at), progress))
            if due is not None:
                (done if is_met else pending).append(due)
                is_late = is_late or (opening is not None and met_at is not None and met_at >= due[1])
        first = min(pending, default=None, key=_deadline) or max(done, default=None, key=_deadline)
        return tuple(states), first, is_late

    def _opening(self, term: Term) -> Term:
        """The term that the initial path opened, and that this one goes on with."""
        terms = self.award.terms
        index = terms.index(term)
        while terms[index].is_renewal:
            index -= 1
        return terms[index]

    def _tier_progress(self, criterion: Criterion, since: int, at: int) -> Progress:
        return "in_progress" if criterion.started(self.record, since) <= at else "not_started"

    def instants(self, after: int = BEGINNING) -> list[int]:
        """Every instant after one at which the state may change, in order."""
        award = self.award
        found = {*award.forces, *self.assignments.instants()}
        ends = [term.met_at for term in award.terms[1:]] + [FOREVER]
        if not award.terms or after < award.terms[0].met_at:
            self._add_run(found, BEGINNING, renewal=False)
        for term, end in zip(award.terms, ends, strict=False):
            found.update((term.met_at, term.renewable_at, term.expires_at, term.lapses_at))
            if end <= after:
                continue
            if term.renewable_at < FOREVER:
                self._add_run(found, term.renews_from(self.compiled.versions[term.version]), renewal=True)
            if term.lapses_at < FOREVER:
                self._add_run(found, term.lapses_at, renewal=False)
        return sorted(at for at in found if after < at < FOREVER)

    def _add_run(self, found: set[int], since: int, *, renewal: bool) -> None:
        for version, compiled_version in enumerate(self.compiled.versions):
            run = self.award.run(version, since, renewal=renewal)
            if run is None:
                continue
            found.add(run.started)
            for steps in (run.steps, *run.tiers, *run.unknown):
                found.update(at for at, _ in steps)
            if not renewal:
                for tier in compiled_version.initial.tiers:
                    found.add(tier.criterion.started(self.record, since))

    def next_change_after(self, at: int, state: State) -> int:
        for instant in self.instants(at):
            if self.state_at(instant) != state:
                return instant
        return FOREVER

    def segments(self) -> tuple[Segment, ...]:
        segments: list[Segment] = []
        start, state = BEGINNING, self.state_at(BEGINNING)
        for at in self.instants():
            new = self.state_at(at)
            if new != state:
                segments.append(Segment(start, at, *state))
                start, state = at, new
        segments.append(Segment(start, FOREVER, *state))
        return tuple(segments)


def award_steps(ruleset: Ruleset, program_id: str, facts: Facts, known_at: int, memo: Memo) -> Steps:
    """When a person's award of a program was valid, as a step function: what `holds` reads."""
    if program_id in memo:
        return memo[program_id]
    history = History(ruleset, program_id, facts, known_at, memo)
    steps: list[tuple[int, int]] = []
    for term in history.award.terms:
        renew = history.compiled.versions[term.version].program.renew
        end = term.lapses_at if renew is not None and renew.grace_counts else term.expires_at
        if steps and steps[-1][0] >= term.met_at:
            steps.pop()
        else:
            steps.append((term.met_at, MET))
        if end < FOREVER:
            steps.append((end, UNMET))
    memo[program_id] = steps
    return steps


def _progress(phase: Phase, at: int) -> Progress:
    run = phase.open_run
    if run is None:
        return "met" if phase.award == "valid" else "not_started"
    if value_at(run.steps, at) == MET:
        return "met"
    return "in_progress" if run.started <= at else "not_started"


def _zones(program: Compiled, facts: Facts) -> dict[int, Zones]:
    """The calendar of each version; one for all of them when they name the same zone."""
    by_name: dict[str, Zones] = {}
    zones = {}
    for index, version in enumerate(program.versions):
        name = version.program.timezone
        if name not in by_name:
            by_name[name] = Zones(name, facts)
        zones[index] = by_name[name]
    return zones


def _deadline(bound: Bound) -> int:
    return bound[1]
