"""The criteria of a path, compiled: when each was met, judged from an instant on.

`steps(record, since, unknown)` gives the step function of a criterion that counts evidence from `since` on, and adds
to `unknown` the functions of the leaves that were unknown for a while.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rules.decide.calendar import FOREVER
from rules.decide.logic import MET, NEVER, UNKNOWN, UNMET, Steps, combine, every, first_met, matching, some, value_at
from rules.decide.record import RETRACTS, Entries, Record
from rules.language.model import Holds, Leaf

Unknowns = list[Steps]


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


@dataclass(frozen=True, slots=True)
class LeafCriterion:
    """Evidence of one activity, in one track or, for CompletedAndPassed and CompletedOrPassed, in two."""

    leaf: Leaf
    tracks: tuple[tuple[int, str], ...]
    both: bool
    token: str

    @property
    def id(self) -> str:
        return self.leaf.id

    def steps(self, record: Record, since: int, unknown: Unknowns) -> Steps:
        if len(self.tracks) == 1:
            steps = self.track_steps(record, 0, since)
        else:
            functions = [self.track_steps(record, index, since) for index in range(len(self.tracks))]
            steps = every(functions) if self.both else some(functions)
        if any(value == UNKNOWN for _, value in steps):
            unknown.append(steps)
        return steps

    def track_steps(self, record: Record, index: int, since: int) -> Steps:
        track, what = self.tracks[index]
        entries = record.tracks[track]
        return completed_steps(entries, since) if what == "completed" else passed_steps(entries, since)

    def started(self, record: Record, since: int) -> int:
        """The first sign of the learner being at it; a completion taken back is none."""
        first = FOREVER
        for track, _ in self.tracks:
            entries = record.tracks[track]
            for index in range(bisect_left(entries.ats, since), len(entries.ats)):
                if entries.verdicts[index] != RETRACTS:
                    first = min(first, entries.ats[index])
                    break
        return first

    def tokens(self, _record: Record, _since: int, _at: int, _least: int) -> set[str]:
        return {self.token}


@dataclass(frozen=True, slots=True)
class HoldsCriterion:
    """A valid award of another program, as that program's own decision has it."""

    leaf: Holds

    @property
    def id(self) -> str:
        return self.leaf.id

    def steps(self, record: Record, since: int, _unknown: Unknowns) -> Steps:
        steps = record.held[self.leaf.program]
        later = tuple(step for step in steps if step[0] > since)
        return ((since, MET), *later) if value_at(steps, since) == MET else later

    def started(self, record: Record, since: int) -> int:
        at = first_met(self.steps(record, since, []), since)
        return FOREVER if at is None else at

    def tokens(self, _record: Record, _since: int, _at: int, _least: int) -> set[str]:
        return {f"holds:{self.leaf.program}"}


@dataclass(frozen=True, slots=True)
class GroupCriterion:
    """What all groups share."""

    id: str
    of: tuple[Criterion, ...]

    def started(self, record: Record, since: int) -> int:
        return min(part.started(record, since) for part in self.of)

    def tokens(self, _record: Record, _since: int, _at: int, _least: int) -> set[str]:
        return {f"#{self.id}"}


@dataclass(frozen=True, slots=True)
class AllCriterion(GroupCriterion):
    def steps(self, record: Record, since: int, unknown: Unknowns) -> Steps:
        return every([part.steps(record, since, unknown) for part in self.of])


@dataclass(frozen=True, slots=True)
class AnyCriterion(GroupCriterion):
    def steps(self, record: Record, since: int, unknown: Unknowns) -> Steps:
        return some([part.steps(record, since, unknown) for part in self.of])

    def tokens(self, record: Record, since: int, at: int, least: int) -> set[str]:
        """Any of its parts that is met may be the one that counts."""
        found: set[str] = set()
        for part in self.of:
            if value_at(part.steps(record, since, []), at) >= least:
                found |= part.tokens(record, since, at, least)
        return found


@dataclass(frozen=True, slots=True)
class InOrderCriterion(GroupCriterion):
    """Each step counts evidence from the instant on at which the step before it was first met."""

    def steps(self, record: Record, since: int, unknown: Unknowns) -> Steps:
        functions = [steps for _, steps in self.walk(record, since, unknown)]
        return every(functions) if len(functions) == len(self.of) else NEVER

    def walk(self, record: Record, since: int, unknown: Unknowns) -> Iterator[tuple[int, Steps]]:
        """From when each step counts evidence, and its values; ends after the first step that was never met."""
        for part in self.of:
            steps = part.steps(record, since, unknown)
            yield since, steps
            met = first_met(steps, since)
            if met is None:
                return
            since = met


@dataclass(frozen=True, slots=True)
class NOfCriterion(GroupCriterion):
    """`count` of the parts.  `simple`: no two parts can ever be served by the same activity, so counting is enough."""

    count: int
    simple: bool

    def steps(self, record: Record, since: int, unknown: Unknowns) -> Steps:
        functions = [part.steps(record, since, unknown) for part in self.of]
        if self.simple:
            return combine(functions, lambda values: sorted(values)[-self.count])
        instants = sorted({at for part in self.of for at in _turns(part, record, since)})
        steps: list[tuple[int, int]] = []
        for at in instants:
            value = self._value(functions, record, since, at)
            if value != (steps[-1][1] if steps else UNMET):
                steps.append((at, value))
        return steps

    def _value(self, functions: Sequence[Steps], record: Record, since: int, at: int) -> int:
        for least in (MET, UNKNOWN):
            served = [
                part.tokens(record, since, at, least)
                for part, steps in zip(self.of, functions, strict=True)
                if value_at(steps, at) >= least
            ]
            if matching(served) >= self.count:
                return least
        return UNMET


def _turns(criterion: Criterion, record: Record, since: int) -> Iterator[int]:
    """When it changes what may count for a part: in a choice each of its own parts does, though it was met before."""
    if isinstance(criterion, AnyCriterion):
        for part in criterion.of:
            yield from _turns(part, record, since)
    else:
        yield from (at for at, _ in criterion.steps(record, since, []))


Criterion = LeafCriterion | HoldsCriterion | AllCriterion | AnyCriterion | InOrderCriterion | NOfCriterion
