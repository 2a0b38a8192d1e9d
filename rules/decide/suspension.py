"""When an award that runs does not count: suspended by an event or an office, or built on what is no longer there.

An award keeps its dates through all of it (program-language 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rules.decide.calendar import after
from rules.decide.case import Case
from rules.decide.criteria import Criterion
from rules.decide.judging import Judging
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

    def end_of(self, term: Term) -> int:
        """Up to when a term is the one that runs."""
        later = (other.met_at for other in self.award.terms if other.met_at > term.met_at)
        return min([term.lapses_at, *later])

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
        end = self.end_of(term)
        for version in range(term.version + 1, len(self.award.forces)):
            start = max(self.award.forces[version], term.met_at)
            if self.award.compiled.versions[version].program.apply.how == "now" and start < end:
                yield self._amendment(version, term, start)

    def _amendment(self, version: int, term: Term, start: int) -> Amendment:
        program = self.award.compiled.versions[version].program
        run = self.award.initial(version, self.opening(term).since)
        zone = self.award.zones[version].on(program.effective)
        assert program.apply.due is not None
        due_on, due_at = after(zone, program.effective, self.award.forces[version], program.apply.due)
        return Amendment(version, run, start, due_on, due_at, first_met(run.steps, start))

    def _all(self, term: Term) -> Iterator[Suspension]:
        end = self.end_of(term)
        yield from self._by_office(term, end)
        for suspend in self.award.compiled.versions[term.version].suspends:
            yield from self._by_event(suspend, term, end)
        yield from self._by_loss(term, end)
        for amendment in self.amendments(term):
            until = end if amendment.met_at is None else min(end, amendment.met_at)
            if amendment.due_at < until:
                yield Suspension(amendment.due_at, until, f"version {self._number(amendment)}")

    def _number(self, amendment: Amendment) -> int:
        return self.award.compiled.versions[amendment.version].program.version

    def _by_office(self, term: Term, end: int) -> Iterator[Suspension]:
        for start, until in self.case.office(term.version).suspensions:
            if max(start, term.met_at) < min(until, end):
                yield Suspension(max(start, term.met_at), min(until, end), "act")

    def _by_event(self, suspend: CompiledSuspend, term: Term, end: int) -> Iterator[Suspension]:
        """From an event while the award ran until its remedy, which may lie in a later term of the same award."""
        opening = self.opening(term)
        entries = self.case.record.tracks[suspend.when.tracks[0][0]]
        restored = [
            act.at for act in self.case.office(term.version).acts if act.what == "reinstated" and not act.refused
        ]
        for at in entries.ats:
            if not opening.met_at <= at < end:
                continue
            judging = None if suspend.until is None else Judging(self.case, suspend.until, term.version, at, at)
            met = None if judging is None else first_met(judging.whole()[0], at)
            until = min([end, *([] if met is None else [met]), *(one for one in restored if one > at)])
            if max(at, term.met_at) < until:
                root = None if judging is None else judging.path.criterion
                remedy = None if judging is None or root is None else (judging, root, at)
                yield Suspension(max(at, term.met_at), until, suspend.when.id, remedy)

    def _by_loss(self, term: Term, end: int) -> Iterator[Suspension]:
        """While what the award rests on is gone: a waiver that ran out, a prerequisite that has to be held on."""
        judging = term.run.judging
        waived = self.case.has_acts
        if not waived and not judging.path.is_watched:
            return
        for criterion in judging.path.criteria.values():
            if not waived and not is_watched(criterion):
                continue
            start = judging.start_of(criterion.id)
            if start > term.met_at or not self._rests_on(criterion, judging, start, term):
                continue
            for lost, back in _unmet(judging.steps(criterion, start), term.met_at, end):
                for start_of_loss, end_of_loss in _unmet(term.run.steps, lost, back):
                    yield Suspension(start_of_loss, end_of_loss, criterion.id, (judging, criterion, start))

    def _rests_on(self, criterion: Criterion, judging: Judging, start: int, term: Term) -> bool:
        if is_watched(criterion):
            return value_at(judging.steps(criterion, start), term.met_at) == MET
        if not criterion.is_leaf or value_at(judging.own_steps(criterion, start), term.met_at) == MET:
            return False
        return value_at(judging.steps(criterion, start), term.met_at) == MET

    def instants(self) -> set[int]:
        found: set[int] = set()
        for term in self.award.terms:
            found |= {edge for one in self.of(term) for edge in (one.start, one.end)}
            for amendment in self.amendments(term):
                found |= {amendment.starts_at, amendment.due_at}
                found |= amendment.run.instants()
        return found


def _unmet(steps: Steps, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of [start, end) in which a step function is anything but met."""
    edges = [start, *(at for at, _ in steps if start < at < end), end]
    for begin, finish in pairwise(edges):
        if value_at(steps, begin) != MET and begin < finish:
            yield begin, finish
