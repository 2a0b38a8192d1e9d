"""Three-valued logic over time (Kleene): what is unmet, unknown or met, from which instant on.

A step function is a sequence of (instant, value), strictly rising in time and unmet before its first step.  Unknown
never awards and never revokes, because only met opens a period and only the calendar or a void closes one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rules.decide.calendar import BEGINNING, FOREVER

UNMET: Final = 0
UNKNOWN: Final = 1
MET: Final = 2
WORDS: Final = ("unmet", "unknown", "met")

Steps = Sequence[tuple[int, int]]
NEVER: Final[Steps] = ()


def every(functions: Sequence[Steps]) -> Steps:
    """Met when all are, unmet as soon as one is: the least of the values."""
    if len(functions) == 1:
        return functions[0]
    if not all(functions):
        return NEVER
    return combine(functions, min)


def some(functions: Sequence[Steps]) -> Steps:
    """Met when one is: the greatest of the values."""
    present = [function for function in functions if function]
    return present[0] if len(present) == 1 else combine(present, max)


def opposite(steps: Steps, since: int) -> Steps:
    """From an instant on: met while the other is unmet, unknown while it is unknown."""
    return [(since, MET - value_at(steps, since)), *((at, MET - value) for at, value in steps if at > since)]


def combine(functions: Sequence[Steps], value_of: Callable[[list[int]], int]) -> Steps:
    """The step function of a value that depends on the values of several."""
    events = sorted((at, index, value) for index, steps in enumerate(functions) for at, value in steps)
    values = [UNMET] * len(functions)
    combined: list[tuple[int, int]] = []
    current = UNMET
    last = len(events) - 1
    for number, (at, index, value) in enumerate(events):
        values[index] = value
        if number < last and events[number + 1][0] == at:
            continue
        new = value_of(values)
        if new != current:
            combined.append((at, new))
            current = new
    return combined


def followed(instants: Iterable[int], value_of: Callable[[int], int]) -> Steps:
    """The step function of a value that changes at some of these instants only."""
    steps: list[tuple[int, int]] = []
    current = UNMET
    for at in sorted(set(instants)):
        value = value_of(at)
        if value != current:
            steps.append((at, value))
            current = value
    return steps


def value_at(steps: Steps, at: int) -> int:
    value = UNMET
    for start, new in steps:
        if start > at:
            break
        value = new
    return value


def last_of(instants: Sequence[int], at: int) -> int:
    """The last of rising instants up to another; BEGINNING when there is none."""
    place = bisect_right(instants, at)
    return instants[place - 1] if place else BEGINNING


def first_met(steps: Steps, since: int, until: int = FOREVER) -> int | None:
    """The first instant in [since, until) at which the value is met."""
    for index, (at, value) in enumerate(steps):
        if value == MET:
            end = steps[index + 1][0] if index + 1 < len(steps) else FOREVER
            start = max(at, since)
            if start < min(end, until):
                return start
    return None


def met_since(steps: Steps, at: int) -> int | None:
    """When the stretch of being met that contains an instant began; None when it is not met then."""
    began = None
    for start, value in steps:
        if start > at:
            break
        began = start if value == MET else None
    return began


def matching(candidates: Iterable[Iterable[str]]) -> int:
    """How many of the candidates can each have a token of their own (maximum bipartite matching)."""
    owner: dict[str, int] = {}
    choices = [sorted(tokens) for tokens in candidates]

    def place(index: int, tried: set[str]) -> bool:
        for token in choices[index]:
            if token not in tried:
                tried.add(token)
                if token not in owner or place(owner[token], tried):
                    owner[token] = index
                    return True
        return False

    return sum(place(index, set()) for index in range(len(choices)))
