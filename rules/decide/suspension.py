"""When an award that runs does not count: suspended by an event or an office, or built on what is no longer there.

An award keeps its dates through all of it (program-language 2).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules.decide.calendar import FOREVER
from rules.decide.case import Case
from rules.decide.judging import Criterion, Judging
from rules.decide.logic import MET, Steps, first_met, value_at
from rules.decide.paths import CompiledSuspend, is_watched
from rules.decide.terms import Award, Run, Term


@dataclass(frozen=True, slots=True)
class Suspension:
    """A stretch in which an award does not count, and why: the criterion, event or act."""

    start: int
    end: int
    why: str
    remedy: tuple[Judging, Criterion, int] | None = None
    """What ends it: a criterion, the judging it belongs to, and from when on it counts evidence."""


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a new version asks of a living award, and by when."""

    version: int
    run: Run
    starts_at: int
    due_on: date
    due_at: int
    met_at: int | None

    def is_open(self, at: int) -> bool:
        return self.starts_at <= at and (self.met_at is None or at < self.met_at)


class Suspensions:
    """Of one award, term by term."""

    def __init__(self, award: Award) -> None:
        self.award = award
        self.case: Case = award.case
        self._found: dict[int, list[Suspension]] = {}
        self._amendments: dict[int, list[Amendment]] = {}

    def of(self, term: Term) -> list[Suspension]:
        found = self._found.get(term.met_at)
        if found is None:
            found = self._found[term.met_at] = sorted(self._all(term), key=lambda one: (one.start, one.why))
        return found

    def at(self, term: Term, at: int) -> Suspension | None:
        return next((one for one in self.of(term) if one.start <= at < one.end), None)

    def opening(self, term: Term) -> Term:
        """The term that the initial path opened, and that this one goes on with."""
        if not term.is_renewal:
            return term
        before = [one for one in self.award.terms if one.met_at < term.met_at and not one.is_renewal]
        return before[-1]

    def amendments(self, term: Term) -> list[Amendment]:
        """What versions with `apply: now` ask of a term that they found running."""
        found = self._amendments.get(term.met_at)
        if found is None:
            found = self._amendments[term.met_at] = list(self._asked_now(term))
        return found

    def _asked_now(self, term: Term) -> Iterator[Amendment]:
        for version in range(term.version + 1, len(self.award.forces)):
            if self.award.compiled.versions[version].program.apply.how == "now":
                yield self._amendment(version, term, max(self.award.forces[version], term.met_at))

    def _amendment(self, version: int, term: Term, start: int) -> Amendment:
        program = self.award.compiled.versions[version].program
        run = self.award.initial(version, self.opening(term).since)
        assert program.apply.due is not None
        due_on, due_at = self.award.zones[version].after(program.effective, program.apply.due)
        return Amendment(version, run, start, due_on, due_at, first_met(run.steps, start))

    def _all(self, term: Term) -> Iterator[Suspension]:
        """Some may begin before the term does, though none before the award, and some are over before they begin."""
        office = self.case.office(term.version)
        earned_at = self.opening(term).met_at
        for start, end in office.suspensions:
            if start >= earned_at:
                yield Suspension(start, end, "act")
        for suspend in self.award.compiled.versions[term.version].suspends:
            yield from self._by_event(suspend, term, office.reinstated)
        yield from self._by_loss(term)
        for amendment in self.amendments(term):
            end = FOREVER if amendment.met_at is None else amendment.met_at
            yield Suspension(amendment.due_at, end, f"version {self._number(amendment)}")

    def _number(self, amendment: Amendment) -> int:
        return self.award.compiled.versions[amendment.version].program.version

    def _by_event(self, suspend: CompiledSuspend, term: Term, reinstated: Sequence[int]) -> Iterator[Suspension]:
        """From an event while the award ran until its remedy, which may lie in a later term of the same award."""
        earned_at = self.opening(term).met_at
        for at in self.case.record.tracks[suspend.when.tracks[0][0]].ats:
            if at < earned_at:
                continue
            ends, remedy = [one for one in reinstated if one > at], None
            if suspend.until is not None:
                judging = Judging(self.case, suspend.until, term.version, at, at)
                assert suspend.until.criterion is not None
                remedy = (judging, suspend.until.criterion, at)
                met = first_met(judging.whole()[0], at)
                ends += [] if met is None else [met]
            yield Suspension(at, min(ends, default=FOREVER), suspend.when.id, remedy)

    def _by_loss(self, term: Term) -> Iterator[Suspension]:
        """While what the award rests on is gone: a waiver that ran out, a prerequisite that has to be held on."""
        judging = term.run.judging
        if not self.case.has_acts and not judging.path.is_watched:
            return
        for criterion in judging.path.criteria.values():
            start = judging.start_of(criterion.id)
            if not _rests_on(criterion, judging, start, term.met_at):
                continue
            for lost, back in _unmet(judging.steps(criterion, start), term.met_at, term.lapses_at):
                for start_of_loss, end_of_loss in _unmet(term.run.steps, lost, back):
                    yield Suspension(start_of_loss, end_of_loss, criterion.id, (judging, criterion, start))

    def instants(self) -> set[int]:
        found: set[int] = set()
        for term in self.award.terms:
            found |= {edge for one in self.of(term) for edge in (one.start, one.end)}
        return found


def _rests_on(criterion: Criterion, judging: Judging, start: int, at: int) -> bool:
    """Whether an award that was earned at an instant needs a criterion on: it is watched, or was met by a waiver alone."""
    if value_at(judging.steps(criterion, start), at) != MET:
        return False
    return is_watched(criterion) or value_at(judging.own_steps(criterion, start), at) != MET


def _unmet(steps: Steps, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of [start, end) in which a step function is anything but met."""
    edges = {min(max(start, at), end) for at in (start, end, *(at for at, _ in steps))}
    for begin, finish in pairwise(sorted(edges)):
        if value_at(steps, begin) != MET:
            yield begin, finish
