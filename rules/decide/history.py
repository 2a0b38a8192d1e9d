"""One person and one program over all time: what holds at any instant, and at which instants that may change.

`decide` asks it about one instant and `timeline` about all of them, so the two can never disagree.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from rules.decide.assignment import Bound
from rules.decide.blocking import blocked_at
from rules.decide.calendar import BEGINNING, FOREVER, deadline
from rules.decide.case import Case, Holding
from rules.decide.compiled import Compiled, compiled
from rules.decide.facts import Facts
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, followed, met_since, value_at
from rules.decide.office import Office
from rules.decide.record import Record, fold
from rules.decide.state import AwardState, Blocked, Progress, Segment, State, TierState
from rules.decide.suspension import Amendment, Suspensions
from rules.decide.terms import Award, Run, Term
from rules.decide.zones import Zones
from rules.language.model import Ruleset

Memo = dict[tuple[str, str], Steps]
"""When awards were valid, by person and program: what was found out about prerequisites and observers."""


class Phase(NamedTuple):
    """Which path is open at an instant, and the term that is running, or that lapsed last."""

    term: Term | None
    award: AwardState
    version: int
    since: int
    """From when on the open path counts evidence."""
    open_run: Run | None
    """The path that is open; None while a term runs and its window is still closed."""
    amendment: Amendment | None = None
    """What a new version still asks of the term that runs: then that path is open, whatever the window."""

    @property
    def running(self) -> Term | None:
        return self.term if self.award in ("valid", "suspended", "expired") else None


class History:
    """The award, the assignment and the progress of one person in one program."""

    def __init__(
        self, ruleset: Ruleset, program_id: str, facts: Facts, known_at: int, memo: Memo | None = None
    ) -> None:
        self.ruleset = ruleset
        self.facts = facts
        self.known_at = known_at
        self.compiled: Compiled = compiled(ruleset, program_id)
        self.zones = _zones(self.compiled, facts)
        holding = _holding(ruleset, known_at, {} if memo is None else memo)
        held = {name: holding(facts, name) for name in self.compiled.held}
        self.record: Record = fold(
            facts.dossiers,
            known_at,
            len(self.compiled.tracks),
            self.compiled.routes,
            self.compiled.judges_of,
            self.zones[0],
            held,
        )
        acts = self.record.tracks[self.compiled.overrides]
        self.case = Case(ruleset.programs[program_id], facts, self.record, acts, self.zones, holding)
        self.award = Award(self.compiled, self.case)
        self.suspensions = Suspensions(self.award)

    def office(self, at: int) -> Office:
        """The acts of office, as the version in force lets them count."""
        return self.in_force(at)[1]

    def in_force(self, at: int) -> tuple[int, Office]:
        """The version in force, and the acts of office as it lets them count."""
        version = self.award.version_at(at)
        return version, self.case.office(version)

    def term_at(self, at: int) -> Term | None:
        """The term that runs at an instant, or that ended last."""
        term = None
        for candidate in self.award.terms:
            if candidate.met_at > at:
                break
            term = candidate
        return term

    def phase_at(self, at: int) -> Phase:
        return self._phase(at, *self.in_force(at))

    def _phase(self, at: int, version: int, office: Office) -> Phase:
        """version, office: what is in force then."""
        term = self.term_at(at)
        if term is None or at >= term.lapses_at:
            since = BEGINNING if term is None else term.lapses_at
            award: AwardState = "none" if term is None else "lapsed"
            if term is not None and office.is_revoked(at):
                award = "revoked"
            return Phase(term, award, version, since, self.award.initial(version, since))
        award = self._running_award(term, at, office)
        amendment = self.amendment_at(term, at)
        if amendment is not None:
            run: Run | None = amendment.run
            return Phase(term, award, term.version, amendment.run.judging.since, run, amendment)
        if at < term.renewable_at:
            return Phase(term, award, term.version, term.since, None)
        renewal = self.award.renewal(self.award.version_for(term, at), term)
        return Phase(term, award, term.version, self.award.renews_from(term), renewal)

    def is_valid(self, at: int) -> bool:
        """Whether the award counts at an instant."""
        term = self.term_at(at)
        return term is not None and at < term.lapses_at and self._running_award(term, at, self.office(at)) == "valid"

    def amendment_at(self, term: Term, at: int) -> Amendment | None:
        return next((one for one in self.suspensions.amendments(term) if one.is_open(at)), None)

    def _running_award(self, term: Term, at: int, office: Office) -> AwardState:
        if office.is_revoked(at):
            return "revoked"
        renew = self.compiled.versions[term.version].program.renew
        if at >= term.expires_at and not (renew is not None and renew.grace_counts):
            return "expired"
        return "suspended" if self.suspensions.at(term, at) else "valid"

    def state_at(self, at: int) -> State:
        in_force, office = self.in_force(at)
        phase = self._phase(at, in_force, office)
        term, run = phase.term, phase.open_run
        kind = self.case.assignments.kind_at(in_force, at)
        if kind in ("required", "suggested") and office.is_exempt(at):
            kind = "exempt"
        version = self.compiled.versions[phase.version]
        blocked = blocked_at(run.judging, run.judging.roots(), at) if run is not None else None
        progress = _progress(phase, blocked, at)
        flags = self._award_flags(phase, progress, at, office)
        opening = self.suspensions.opening(phase.running) if phase.running is not None else None
        tiers: tuple[TierState, ...] = ()
        if version.initial.tiers:
            tiers, due, is_late = self._tiers(phase, opening, in_force, at)
        else:
            due = self._due(opening, in_force, at)
            is_late = opening is not None and due is not None and opening.met_at >= due[1]
        if phase.amendment is not None:
            due, opening = (phase.amendment.due_on, phase.amendment.due_at), None
        if kind in ("none", "withdrawn", "exempt"):
            due, tiers = None, tuple(tier._replace(due_on=None) for tier in tiers)
        if kind == "required":
            if is_late and term is opening:
                flags.append("late")
            if opening is None and phase.award != "revoked" and due is not None and at >= due[1]:
                flags.append("overdue")
            if due is None and self.case.assignments.lacks_clock(in_force, at):
                flags.append("missing_clock")
        flags.sort()
        if term is None:
            assert run is not None
            met_on = self._day(phase, met_since(run.steps, at))
            number = version.program.version
            return State(
                kind, progress, phase.award, tuple(flags), number, due and due[0], met_on, tiers=tiers, blocked=blocked
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
            blocked,
        )

    def _award_flags(self, phase: Phase, progress: Progress, at: int, office: Office) -> list[str]:
        flags = []
        term, run = phase.running, phase.open_run
        if term is not None:
            if at >= term.expires_at:
                flags.append("in_grace")
            elif at >= term.renewable_at:
                flags.append("renewable")
            program = self.compiled.versions[term.version].program
            if program.needs_endorsement and not office.is_endorsed(term.met_at, at):
                flags.append("provisional")
        if run is not None and progress != "met" and any(value_at(steps, at) == UNKNOWN for steps in run.unknown):
            flags.append("pending_evidence")
        return flags

    def _day(self, phase: Phase, at: int | None) -> date | None:
        return None if at is None else self.zones[phase.version].day_at(at)

    def _due(
        self, opening: Term | None, in_force: int, at: int, tier: str | None = None, met_at: int | None = None
    ) -> Bound | None:
        """The due date: of a running award the one it was earned under, else the one in force.

        An extension moves it, but none that was given after it was met (at `met_at`, else when the award was earned).
        """
        version, asked_at = in_force, at
        if opening is not None:
            met_at = opening.met_at if met_at is None else met_at
            if self._is_stamped(opening, tier):
                version, asked_at = opening.version, opening.met_at
        due = self.case.assignments.due_at(version, asked_at, tier)
        extended = self.case.office(in_force).extension(at if met_at is None else met_at)
        if due is None or extended is None or extended <= due[0]:
            return due
        return extended, deadline(self.zones[version].on(extended), extended)

    def _is_stamped(self, opening: Term, tier: str | None) -> bool:
        """Whether an award keeps the date it was earned under, or the want of one; what nobody asked for then has neither."""
        version, at, assignments = opening.version, opening.met_at, self.case.assignments
        return assignments.kind_at(version, at) == "required" or assignments.due_at(version, at, tier) is not None

    def _tiers(
        self, phase: Phase, opening: Term | None, in_force: int, at: int
    ) -> tuple[tuple[TierState, ...], Bound | None, bool]:
        """Each tier of the open path, or of the one that earned the running award; the first one unmet says the due date.

        An award stands for all of its tiers, even for those that its renewal did not ask for, until it has lapsed.
        """
        run, judged_at, earned = phase.open_run, at, None
        if phase.term is not None and at < phase.term.lapses_at:
            earned = self.suspensions.opening(phase.term)
            run, judged_at = earned.run, earned.met_at
        assert run is not None
        states: list[TierState] = []
        pending: list[Bound] = []
        done: list[Bound] = []
        is_late = is_open = False
        places = self.compiled.versions[run.judging.version].initial.tier_places
        for tier in self.compiled.versions[phase.version].initial.tiers:
            place = places.get(tier.tier.id)
            met_at = met_since(run.tiers[place], judged_at) if place is not None else None
            due = self._due(opening if place is not None else None, in_force, at, tier.tier.id, met_at)
            is_met = earned is not None or met_at is not None
            is_open = is_open or not is_met
            progress: Progress = "met"
            if not is_met:
                is_begun = run.judging.started(tier.criterion, phase.since) <= at
                is_blocked = blocked_at(run.judging, [tier.criterion], at) is not None
                progress = "blocked" if is_blocked else "in_progress" if is_begun else "not_started"
            states.append(TierState(tier.tier.id, due and due[0], self._day(phase, met_at), progress))
            if due is not None:
                (done if is_met else pending).append(due)
                is_late = is_late or (opening is not None and met_at is not None and met_at >= due[1])
        first = min(pending, default=None, key=_deadline) if is_open else max(done, default=None, key=_deadline)
        return tuple(states), first, is_late

    def instants(self) -> list[int]:
        """Every instant at which the state may change, in order."""
        award = self.award
        found = {*award.forces, *self.case.assignments.instants()}
        self._add_initial(found, BEGINNING)
        for term in award.terms:
            found.update((term.met_at, term.renewable_at, term.expires_at, term.lapses_at))
            if term.renewable_at < FOREVER:
                for version in range(len(self.compiled.versions)):
                    renewal = award.renewal(version, term)
                    found |= renewal.instants() if renewal is not None else set()
            if term.lapses_at < FOREVER:
                self._add_initial(found, term.lapses_at)
        found |= self.turns_beside_the_path()
        return sorted(at for at in found if BEGINNING < at < FOREVER)

    def turns_beside_the_path(self) -> set[int]:
        """When suspensions begin and end, and acts of office."""
        found = self.suspensions.instants()
        for version, zones in self.zones.items():
            found |= self.case.office(version).instants(zones)
        return found

    def _add_initial(self, found: set[int], since: int) -> None:
        for version, compiled_version in enumerate(self.compiled.versions):
            run = self.award.initial(version, since)
            found |= run.instants()
            for tier in compiled_version.initial.tiers:
                found.add(run.judging.started(tier.criterion, since))

    def next_change_after(self, at: int, state: State) -> int:
        for instant in self.instants():
            if instant > at and self.state_at(instant) != state:
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


def _holding(ruleset: Ruleset, known_at: int, memo: Memo) -> Holding:
    """Looks into other programs; knows nothing of the history that asks, or neither would be freed with its last use."""

    def holding(facts: Facts, program_id: str) -> Steps:
        return award_steps(ruleset, program_id, facts, known_at, memo)

    return holding


def award_steps(ruleset: Ruleset, program_id: str, facts: Facts, known_at: int, memo: Memo) -> Steps:
    """When a person's award of a program was valid, as a step function: what `holds` reads."""
    key = (facts.person.id, program_id)
    if key not in memo:
        history = History(ruleset, program_id, facts, known_at, memo)
        memo[key] = _valid_steps(history)
    return memo[key]


def _valid_steps(history: History) -> Steps:
    """Each term from when it was met until it expires, less the stretches in which it is suspended or revoked."""
    instants: set[int] = set()
    for term in history.award.terms:
        renew = history.compiled.versions[term.version].program.renew
        end = term.lapses_at if renew is not None and renew.grace_counts else term.expires_at
        instants |= {term.met_at, end}
    instants |= history.turns_beside_the_path()
    return followed((at for at in instants if at < FOREVER), lambda at: MET if history.is_valid(at) else UNMET)


def _progress(phase: Phase, blocked: Blocked | None, at: int) -> Progress:
    run = phase.open_run
    if run is None:
        return "met" if phase.award in ("valid", "suspended", "revoked") else "not_started"
    if value_at(run.steps, at) == MET:
        return "met"
    if blocked is not None:
        return "blocked"
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
