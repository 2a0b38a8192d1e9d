"""The criteria of a path, compiled: when each was met, judged from an instant on.

`steps(judging, since)` gives the step function of a criterion that counts evidence from `since` on.  Criteria ask for each
other's steps through the judging, which keeps what was found and lets waivers and prior learning stand in for leaves.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rules.decide.calendar import FOREVER
from rules.decide.judging import Criterion, Judging
from rules.decide.logic import (
    MET,
    NEVER,
    UNKNOWN,
    UNMET,
    Steps,
    combine,
    every,
    first_met,
    followed,
    matching,
    opposite,
    some,
    value_at,
)
from rules.decide.single import Single
from rules.language.model import Holds


@dataclass(frozen=True, slots=True)
class HoldsCriterion(Single):
    """A valid award of another program, as that program's own decision has it."""

    leaf: Holds

    def steps(self, judging: Judging, since: int) -> Steps:
        steps = judging.record.held[self.leaf.program]
        later = tuple(step for step in steps if step[0] > since)
        return ((since, MET), *later) if value_at(steps, since) == MET else later

    def started(self, judging: Judging, since: int) -> int:
        at = first_met(self.steps(judging, since), since)
        return FOREVER if at is None else at

    def tokens(self, _judging: Judging, _since: int, _at: int, _least: int) -> set[str]:
        return {f"holds:{self.leaf.program}"}


@dataclass(frozen=True, slots=True)
class GroupCriterion:
    """What all groups share."""

    is_leaf: ClassVar = False
    is_waivable: ClassVar = False

    id: str
    of: tuple[Criterion, ...]

    @abstractmethod
    def steps(self, judging: Judging, since: int) -> Steps:
        """What the parts come to together."""

    def started(self, judging: Judging, since: int) -> int:
        return min(judging.started(part, since) for part in self.of)

    def tokens(self, _judging: Judging, _since: int, _at: int, _least: int) -> set[str]:
        return {f"#{self.id}"}

    def starts(self, _judging: Judging, since: int) -> Iterable[int]:
        """From when on each part counts evidence, when the group does from `since` on; as far as it is asked for."""
        return [since] * len(self.of)


@dataclass(frozen=True, slots=True)
class AllCriterion(GroupCriterion):
    def steps(self, judging: Judging, since: int) -> Steps:
        return every([judging.steps(part, since) for part in self.of])


@dataclass(frozen=True, slots=True)
class NotCriterion(GroupCriterion):
    """The opposite of its one part."""

    def steps(self, judging: Judging, since: int) -> Steps:
        return opposite(judging.steps(self.of[0], since), since)

    def started(self, _judging: Judging, _since: int) -> int:
        """That something did not happen shows nobody at work."""
        return FOREVER


@dataclass(frozen=True, slots=True)
class AnyCriterion(GroupCriterion):
    def steps(self, judging: Judging, since: int) -> Steps:
        return some([judging.steps(part, since) for part in self.of])

    def tokens(self, judging: Judging, since: int, at: int, least: int) -> set[str]:
        """Any of its parts that is met may be the one that counts."""
        found: set[str] = set()
        for part in self.of:
            if value_at(judging.steps(part, since), at) >= least:
                found |= part.tokens(judging, since, at, least)
        return found


@dataclass(frozen=True, slots=True)
class InOrderCriterion(GroupCriterion):
    """Each step counts evidence from the instant on at which the step before it was first met."""

    def steps(self, judging: Judging, since: int) -> Steps:
        functions = [
            judging.steps(part, start)
            for part, start in zip(self.of, self.starts(judging, since), strict=True)
            if start < FOREVER
        ]
        return every(functions) if len(functions) == len(self.of) else NEVER

    def starts(self, judging: Judging, since: int) -> Iterator[int]:
        """A part is looked at when the start of the next one is asked for; FOREVER: the step before was never met."""
        for part in self.of[:-1]:
            yield since
            met = first_met(judging.steps(part, since), since) if since < FOREVER else None
            since = FOREVER if met is None else met
        yield since


@dataclass(frozen=True, slots=True)
class NOfCriterion(GroupCriterion):
    """`count` of the parts.  `simple`: no two parts can ever be served by the same activity, so counting is enough."""

    count: int
    simple: bool

    def steps(self, judging: Judging, since: int) -> Steps:
        functions = [judging.steps(part, since) for part in self.of]
        if self.simple:
            return combine(functions, lambda values: sorted(values)[-self.count])
        instants = (at for part in self.of for at in _turns(part, judging, since))
        return followed(instants, lambda at: self._value(functions, judging, since, at))

    def _value(self, functions: Sequence[Steps], judging: Judging, since: int, at: int) -> int:
        for least in (MET, UNKNOWN):
            served = [
                part.tokens(judging, since, at, least)
                for part, steps in zip(self.of, functions, strict=True)
                if value_at(steps, at) >= least
            ]
            if matching(served) >= self.count:
                return least
        return UNMET


def _turns(criterion: Criterion, judging: Judging, since: int) -> Iterator[int]:
    """When it changes what may count for a part: in a choice each of its own parts does, though it was met before."""
    if isinstance(criterion, AnyCriterion):
        for part in criterion.of:
            yield from _turns(part, judging, since)
    else:
        yield from (at for at, _ in judging.steps(criterion, since))
