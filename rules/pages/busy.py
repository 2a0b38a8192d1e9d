"""A busy day takes one line of somebody's history: what systems reported one after the other waits behind its number.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from rules.pages.history import Moment

MANY: Final = 4
"""So many statements in a row are shown each; more are one line."""


@dataclass(frozen=True, slots=True)
class Day:
    """One line: a moment, or several statements of one day."""

    day: date
    moments: Sequence[Moment]

    @property
    def titles(self) -> int:
        """How many activities it is about."""
        return len({one.title for one in self.moments})

    @property
    def title(self) -> str:
        """The activity that all of it is about; empty where it is about several."""
        return self.moments[0].title if self.titles == 1 else ""


def days_of(moments: Iterable[Moment], day_of: Callable[[int], date]) -> Iterator[Day]:
    """Moments as lines, in their order.  What follows from a statement, and one that does not count, is told by itself.

    day_of: the day on which the reader says that an instant is.
    """
    for (is_plain, day), found in groupby(moments, key=lambda one: (_is_plain(one), day_of(one.at))):
        several = list(found)
        if is_plain and len(several) > MANY:
            yield Day(day, several)
        else:
            yield from (Day(day, (one,)) for one in several)


def _is_plain(one: Moment) -> bool:
    return one.statement is not None and not one.is_voided and not one.refused
