"""Which alternatives of a choice are nearest to being met: those that somebody should go on with."""

from __future__ import annotations

from collections.abc import Callable

from rules.decide.blocking import leaf_block
from rules.decide.calendar import FOREVER
from rules.decide.criteria import AnyCriterion, GroupCriterion, NOfCriterion, NotCriterion
from rules.decide.judging import Criterion, Judging
from rules.decide.logic import MET, UNMET, matching, value_at


def cheapest(
    judging: Judging, choice: AnyCriterion | NOfCriterion, since: int, at: int, count: Callable[[Criterion], int]
) -> list[Criterion]:
    """As many unmet parts as the choice still needs: fewest outstanding things first, then those already begun.

    One that is closed for good comes last, whatever it counts; of equals the one written first.
    count: how many things a part still needs.
    """

    def rank(part: Criterion) -> tuple[bool, int, bool]:
        return _is_closed(judging, part, since, at), count(part), judging.started(part, since) > at

    met = [part for part in choice.of if value_at(judging.steps(part, since), at) == MET]
    rest = sorted((part for part in choice.of if part not in met), key=rank)
    if isinstance(choice, AnyCriterion):
        return rest[:1]
    return _enough(judging, choice, since, at, met, rest)


def _enough(
    judging: Judging, choice: NOfCriterion, since: int, at: int, met: list[Criterion], rest: list[Criterion]
) -> list[Criterion]:
    """The first parts that together with the met ones make the number; two of one activity count once."""
    if choice.simple:
        return rest[: choice.count - len(met)]
    served = [part.tokens(judging, since, at, MET) for part in met]
    chosen: list[Criterion] = []
    for part in rest:
        more = [*served, part.tokens(judging, since, at, UNMET)]
        if matching(served) < choice.count and matching(more) > matching(served):
            served = more
            chosen.append(part)
    return chosen


def _is_closed(judging: Judging, part: Criterion, since: int, at: int) -> bool:
    """Whether a part can be met no more, by waiting or by trying: a window has passed, tries are used up, it happened."""
    if value_at(judging.steps(part, since), at) == MET:
        return False
    if isinstance(part, NotCriterion):
        return True
    if not isinstance(part, GroupCriterion):
        block = leaf_block(judging, part, since, at)
        return block is not None and block.until == FOREVER
    starts = part.starts(judging, since)
    closed = [_is_closed(judging, one, start, at) for one, start in zip(part.of, starts, strict=True)]
    if isinstance(part, AnyCriterion):
        return all(closed)
    if isinstance(part, NOfCriterion):
        return closed.count(False) < part.count
    return any(closed)
