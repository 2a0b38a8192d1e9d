"""Leaves: what the rows of an activity come to, under the terms on which a program counts them.

Most leaves are plain and read straight from the record; the others look at each row first (`judged_rows`): was it in
time, watched, one try too many, signed by somebody who may.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from lrs.people.roster import load_day
from rules.decide.attempts import AttemptCounter
from rules.decide.calendar import FOREVER, add, after, deadline, midnight
from rules.decide.evidence import Evidence
from rules.decide.judging import Judged, Judging
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, every, followed, some, value_at
from rules.decide.observers import observer_of, refusal
from rules.decide.office import details
from rules.decide.record import RETRACTS, SHOWS, Entries
from rules.decide.single import Single
from rules.language.model import PLAIN, Leaf, Observers, Rubric, Terms
from rules.language.period import Period
from rules.vocabulary import PRESENTED


@dataclass(frozen=True, slots=True)
class LeafCriterion(Single):
    """Evidence of one activity, in one track or, for CompletedAndPassed and CompletedOrPassed, in two."""

    leaf: Leaf
    tracks: tuple[tuple[int, str], ...]
    both: bool
    token: str
    rubric: tuple[str, ...] = ()
    """The items of the activity's checklist."""

    def steps(self, judging: Judging, since: int) -> Steps:
        if len(self.tracks) == 1:
            return self.track_steps(judging, 0, since)
        functions = [self.track_steps(judging, index, since) for index in range(len(self.tracks))]
        return every(functions) if self.both else some(functions)

    def track_steps(self, judging: Judging, index: int, since: int) -> Steps:
        track, what = self.tracks[index]
        if self.leaf.terms is not PLAIN or what in ("signed_off", "credential"):
            return counted_steps(judging, self, index, since)
        entries = judging.record.tracks[track]
        return completed_steps(entries, since) if what == "completed" else passed_steps(entries, since)

    def started(self, judging: Judging, since: int) -> int:
        """The first sign of the learner being at it; a completion taken back is none."""
        first = FOREVER
        for track, _ in self.tracks:
            entries = judging.record.tracks[track]
            for index in range(bisect_left(entries.ats, since), len(entries.ats)):
                if entries.verdicts[index] != RETRACTS:
                    first = min(first, entries.ats[index])
                    break
        return first

    def tokens(self, _judging: Judging, _since: int, _at: int, _least: int) -> set[str]:
        return {self.token}


def passed_steps(entries: Entries, since: int) -> Steps:
    """Once passed, passed: a later failure takes nothing back."""
    unknown: int | None = None
    verdicts = entries.verdicts
    for index in range(bisect_left(entries.ats, since), len(verdicts)):
        verdict = verdicts[index]
        if verdict == MET:
            at = entries.ats[index]
            return ((unknown, UNKNOWN), (at, MET)) if unknown is not None and unknown < at else ((at, MET),)
        if verdict == UNKNOWN and unknown is None:
            unknown = entries.ats[index]
    return () if unknown is None else ((unknown, UNKNOWN),)


def completed_steps(entries: Entries, since: int) -> Steps:
    """Completed until it is taken back; of both at one instant the completion counts (docs/decisions/0102)."""
    steps: list[tuple[int, int]] = []
    current = UNMET
    for index in range(bisect_left(entries.ats, since), len(entries.verdicts)):
        verdict, at = entries.verdicts[index], entries.ats[index]
        if verdict == MET and current == UNMET:
            if steps and steps[-1][0] == at:
                steps.pop()
            else:
                steps.append((at, MET))
            current = MET
        elif verdict == RETRACTS and current == MET and not _completed_at(entries, index, at):
            steps.append((at, UNMET))
            current = UNMET
    return steps


def _completed_at(entries: Entries, index: int, at: int) -> bool:
    """Whether a completion of the same instant stands before this row; some completion does, so the walk back ends."""
    while entries.ats[index - 1] == at:
        index -= 1
        if entries.verdicts[index] == MET:
            return True
    return False


def judged_rows(judging: Judging, criterion: LeafCriterion, number: int, since: int) -> list[Judged]:
    """Every row of a track from an instant on, looked at under the leaf's terms."""
    key = (criterion.id, number, since)
    found = judging.judged.get(key)
    if found is None:
        found = judging.judged[key] = list(_looked_at(judging, criterion, number, since))
    return found


def counter_of(judging: Judging, criterion: LeafCriterion, number: int, since: int) -> AttemptCounter | None:
    """The tries that counted, from an instant on, once the steps are known; None when nothing limits them."""
    return judging.counters.get((criterion.id, number, since))


_TRIES = frozenset({MET, UNMET, UNKNOWN})


def _looked_at(judging: Judging, criterion: LeafCriterion, number: int, since: int) -> Iterator[Judged]:
    terms = criterion.leaf.terms
    entries = judging.record.tracks[criterion.tracks[number][0]]
    bounds, starts = time_bounds(judging, terms), assignments(judging, terms)
    counter = AttemptCounter(terms.attempts, judging.zones, starts) if terms.attempts else None
    for index in range(bisect_left(entries.ats, since), len(entries.ats)):
        row, verdict = entries.rows[index], entries.verdicts[index]
        refused = bounds.refusal(row.at)
        if refused is None and verdict in _TRIES:
            refused = _refusal(judging, criterion, row, verdict, counter)
        yield Judged(row.at, verdict, row, refused)
    if counter is not None:
        judging.counters[criterion.id, number, since] = counter
        judging.changes.update(counter.instants())
    judging.changes.update(bounds.instants(), starts)


def _refusal(
    judging: Judging, criterion: LeafCriterion, row: Evidence, verdict: int, counter: AttemptCounter | None
) -> str | None:
    """Why a row does not count; an unwatched test is no try, a failed checklist is one."""
    terms = criterion.leaf.terms
    if terms.issuer is not None and _issuer(row) != terms.issuer:
        return "wrong_issuer"
    if terms.proctored is not None and (why := _not_proctored(judging, row, terms.proctored)):
        return why
    if counter is not None and (why := counter.refusal(row)):
        return why
    if criterion.leaf.kind == "signed_off":
        if why := refusal(judging, row, terms.by or ANYBODY_ELSE):
            return why
        if verdict == MET and terms.rubric is not None:
            return rubric_problem(row, terms.rubric, criterion.rubric)
    return None


ANYBODY_ELSE = Observers(exclude=("self",))
"""Who may sign off where a program does not say: nobody for themselves."""


def _issuer(row: Evidence) -> str | None:
    credential = details(row).get("credential")
    return str(credential.get("issuer")) if isinstance(credential, dict) else None


def _not_proctored(judging: Judging, row: Evidence, proctors: Observers) -> str | None:
    if not details(row).get("proctored"):
        return "not_proctored"
    if proctors == Observers():
        return None
    return "proctor_not_allowed" if refusal(judging, row, proctors) else None


def rubric_problem(row: Evidence, rubric: Rubric, items: Sequence[str]) -> str | None:
    """What is missing on a checklist: a critical item first, then the number of items."""
    ticked = details(row).get("rubric")
    marks = ticked if isinstance(ticked, dict) else {}
    if any(marks.get(item) is not True for item in rubric.critical):
        return "critical_item_failed"
    if rubric.items == "all":
        wanted = items or list(marks)
        return None if wanted and all(marks.get(item) is True for item in wanted) else "rubric_incomplete"
    done = sum(mark is True for mark in marks.values())
    return "rubric_incomplete" if rubric.items is not None and done < rubric.items else None


class Bounds(NamedTuple):
    """The time in which evidence of a leaf counts: from what it comes after, in its window, since the assignment."""

    after: int = -FOREVER
    low: int = -FOREVER
    high: int = FOREVER
    assigned: int = -FOREVER

    def refusal(self, at: int) -> str | None:
        if at < self.after:
            return "out_of_order"
        if at < self.low:
            return "too_early"
        if at >= self.high:
            return "too_late"
        return "before_assignment" if at < self.assigned else None

    def instants(self) -> set[int]:
        return set(self)


def time_bounds(judging: Judging, terms: Terms) -> Bounds:
    """From what a leaf comes after, the window it names, and the assignment it waits for."""
    bounds = Bounds()
    if terms.after is not None:
        met = judging.met_at(terms.after)
        bounds = Bounds(FOREVER if met is None else met)
        if met is not None and terms.between is not None:
            bounds = Bounds(met, *_window(judging, met, *terms.between))
    if terms.after_assignment:
        bounds = bounds._replace(assigned=next(iter(judging.case.assigned_at), FOREVER))
    return bounds


def assignments(judging: Judging, terms: Terms) -> Sequence[int]:
    """When those assignments began of which each wants evidence of its own; none where it may be from before."""
    return judging.case.assigned_at if terms.after_assignment else ()


def _window(judging: Judging, met: int, first: Period, last: Period) -> tuple[int, int]:
    zone, day = judging.zones.at(met), judging.zones.day_at(met)
    low = met + first.us if first.is_exact else midnight(zone, add(day, first))
    high = met + last.us if last.is_exact else deadline(zone, add(day, last))
    return low, high


def counted_steps(judging: Judging, criterion: LeafCriterion, number: int, since: int) -> Steps:
    """When a track is met by the rows that count, under the leaf's terms; those of an earlier assignment count until the next."""
    judged = judged_rows(judging, criterion, number, since)
    rows = [one for one in judged if one.refused is None]
    starts = assignments(judging, criterion.leaf.terms)[1:]
    if not starts:
        return _steps_of(judging, criterion, number, rows, judged)
    pieces = [
        _steps_of(judging, criterion, number, [one for one in rows if one.at >= start], judged)
        for start in (-FOREVER, *starts)
    ]
    turns = {at for steps in pieces for at, _ in steps}.union(starts)
    return followed(turns, lambda at: value_at(pieces[bisect_right(starts, at)], at))


def _steps_of(
    judging: Judging, criterion: LeafCriterion, number: int, rows: list[Judged], judged: Sequence[Judged]
) -> Steps:
    """When a track is met by rows that may count, of all that were looked at."""
    terms = criterion.leaf.terms
    if terms.by is not None and terms.by.is_panel:
        return _many_observers(judging, rows, terms, terms.by)
    rows = [one for one in rows if one.verdict != SHOWS]
    if terms.score == "first":
        rows = rows[:1]
    spans = list(_spans(judging, rows, terms, judged, completed=criterion.tracks[number][1] == "completed"))
    judging.changes.update(edge for start, end, _ in spans for edge in (start, end))
    return spans_steps(spans)


def _spans(
    judging: Judging, rows: Sequence[Judged], terms: Terms, judged: Sequence[Judged], *, completed: bool
) -> Iterator[tuple[int, int, int]]:
    """Each row as (from, until, value); a review that comes too late to count settles what it is about all the same."""
    for index, one in enumerate(rows):
        if one.verdict not in (MET, UNKNOWN):
            continue
        start, end = counts_from(judging, one), too_old_at(judging, one, terms)
        later = rows[index + 1 :]
        if terms.score == "latest":
            end = min([end, *(other.at for other in later)])
        elif completed:
            met_at = {other.at for other in rows if other.verdict == MET}
            taken = (other.at for other in later if other.at not in met_at)
            end = min([end, *taken])
        elif one.verdict == UNKNOWN:
            start, end = one.at, min(end, reviewed_at(judging, one, judged))
        yield start, end, one.verdict


def reviewed_at(judging: Judging, one: Judged, judged: Sequence[Judged]) -> int:
    """When one of these rows settled what was left open: a credential handed in, by its review, whatever that found."""
    if one.row.verb != PRESENTED:
        return FOREVER
    repeats = (
        row for _, row, why in judging.record.aside if why == "duplicate" and (row.at, row.tie) == (one.at, one.row.tie)
    )
    names = {one.row.statement, *(row.statement for row in repeats)}
    return min((max(one.at, other.at) for other in judged if _reviews(other, one, names)), default=FOREVER)


def _reviews(other: Judged, one: Judged, names: Collection[str]) -> bool:
    """A review is of the credential it names; one that names none, of all before it of which it says nothing else."""
    if other.verdict == UNKNOWN:
        return False
    told = details(other.row)
    if "reviews" in told:
        return told["reviews"] in names
    return other.at >= one.at and _agrees(told.get("credential"), details(one.row).get("credential"))


def _agrees(review: Any, credential: Any) -> bool:
    if not isinstance(review, dict) or not isinstance(credential, dict):
        return True
    return all(review[name] == credential[name] for name in review.keys() & credential.keys())


def counts_from(judging: Judging, one: Judged) -> int:
    """The first instant at which a row counts: a credential of somebody else not before its own first day."""
    issued = _day_of(one.row, "issued_on")
    return one.at if issued is None else max(one.at, midnight(judging.zones.on(issued), issued))


def too_old_at(judging: Judging, one: Judged, terms: Terms) -> int:
    """The first instant at which a row has become too old to count, or a credential of somebody else has ended."""
    end, last = FOREVER, _day_of(one.row, "expires_on")
    if terms.max_age is not None:
        end = _ages_from(judging, one, terms.max_age)
    return end if last is None else min(end, deadline(judging.zones.on(last), last))


def _ages_from(judging: Judging, one: Judged, age: Period) -> int:
    """A credential is as old as it says, whenever it was accepted; other evidence as old as the statement."""
    day = _day_of(one.row, "issued_on")
    if day is None:
        return after(judging.zones.at(one.at), judging.zones.day_at(one.at), one.at, age)[1]
    zone = judging.zones.on(day)
    return after(zone, day, midnight(zone, day), age)[1]


def _day_of(row: Evidence, name: str) -> date | None:
    credential = details(row).get("credential")
    return load_day(credential.get(name)) if isinstance(credential, dict) else None


def spans_steps(spans: Sequence[tuple[int, int, int]]) -> Steps:
    """The greatest value of overlapping spans, as a step function."""
    edges = {edge for start, end, _ in spans for edge in (start, end) if edge < FOREVER}
    return followed(edges, lambda at: max((value for start, end, value in spans if start <= at < end), default=UNMET))


def _many_observers(judging: Judging, rows: Sequence[Judged], terms: Terms, by: Observers) -> Steps:
    """Enough different observers, each by their latest word that is not too old; with a mean, their scores decide."""
    words = [(one, too_old_at(judging, one, terms)) for one in rows]
    ends = {end for _, end in words if end < FOREVER}
    judging.changes.update(ends)

    def value(at: int) -> int:
        return _agreed({observer_of(judging, one.row): one for one, end in words if one.at <= at < end}.values(), by)

    return followed({*(one.at for one in rows), *ends}, value)


def _agreed(words: Collection[Judged], by: Observers) -> int:
    if by.mean is None:
        return MET if sum(one.verdict == MET for one in words) >= by.count else UNMET
    scores = [
        score for one in words if (score := one.row.raw if one.row.raw is not None else one.row.scaled) is not None
    ]
    if len(scores) < by.count:
        return UNKNOWN if len(words) >= by.count else UNMET
    return MET if sum(scores, Decimal(0)) >= by.mean * len(scores) else UNMET
