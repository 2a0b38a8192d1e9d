"""Whether a learner can do anything at all about an open path just now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.decide.calendar import FOREVER
from rules.decide.criteria import GroupCriterion, InOrderCriterion, NotCriterion
from rules.decide.judging import Criterion, Judging
from rules.decide.leaves import LeafCriterion, counter_of, time_bounds
from rules.decide.logic import MET, value_at
from rules.decide.state import Blocked


def blocked_at(judging: Judging, roots: Iterable[Criterion], at: int) -> Blocked | None:
    """Until when nothing that is unmet in these parts of a path can be done, and why; None when something can, or nothing is."""
    if not judging.path.may_block:
        return None
    found: list[Blocked] = []
    for root in roots:
        for criterion, since in open_leaves(judging, root, judging.since, at):
            if _waits(judging, criterion, at):
                continue
            block = leaf_block(judging, criterion, since, at)
            if block is None:
                return None
            found.append(block)
    return min(found, default=None)


def _waits(judging: Judging, criterion: Criterion, at: int) -> bool:
    """Whether a leaf comes after a criterion that is not met yet."""
    return isinstance(criterion, LeafCriterion) and time_bounds(judging, criterion.leaf.terms).after > at


def open_leaves(judging: Judging, criterion: Criterion, since: int, at: int) -> Iterator[tuple[Criterion, int]]:
    """The leaves that are unmet and have their turn, each with the instant from which it counts evidence."""
    if value_at(judging.steps(criterion, since), at) == MET or isinstance(criterion, NotCriterion):
        return
    if not isinstance(criterion, GroupCriterion):
        yield criterion, since
        return
    for part, start in zip(criterion.of, criterion.starts(judging, since), strict=True):
        yield from open_leaves(judging, part, start, at)
        if isinstance(criterion, InOrderCriterion) and value_at(judging.steps(part, start), at) != MET:
            return


def leaf_block(judging: Judging, criterion: Criterion, since: int, at: int) -> Blocked | None:
    """Why a leaf cannot be done just now, and until when."""
    if not isinstance(criterion, LeafCriterion):
        return None
    bounds = time_bounds(judging, criterion.leaf.terms)
    if bounds.after <= at < bounds.low:
        return Blocked(bounds.low, "window_not_open")
    if at >= bounds.high:
        return Blocked(FOREVER, "window_closed")
    for number in range(len(criterion.tracks)):
        counter = counter_of(judging, criterion, number, since)
        if counter is not None:
            until, why = counter.reopens_after(at)
            if why is not None:
                return Blocked(until, why)
    return None
