"""When a program is due to be looked at again, and on which days its owner is reminded.  Pure.

The days count from the newest version; a new one ends what was due.  Reminders are few: on the day, one and three months
after it, and then as often as reviews come round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rules.decide.calendar import add
from rules.language.model import Program
from rules.language.period import Period

_REPEATS = (Period("P1M", months=1), Period("P3M", months=3))
_MANY = 1000
"""More reminders than anybody gets."""


@dataclass(frozen=True, slots=True)
class Round:
    """One review of the newest version."""

    program: Program
    every: Period
    owner: str
    inputs: tuple[str, ...]
    since: date
    due_on: date

    def is_due(self, today: date) -> bool:
        return self.due_on <= today

    def reminded_on(self, today: date) -> date | None:
        """The newest day of a reminder that has come; None before the first."""
        return max((day for day in self._days() if day <= today), default=None)

    def next_on(self, today: date) -> date:
        """The next day of a reminder."""
        return min(day for day in self._days() if day > today)

    def _days(self) -> Iterator[date]:
        yield self.due_on
        for period in _REPEATS:
            yield add(self.due_on, period)
        for count in range(1, _MANY):
            yield add(self.due_on, self.every, count)


def round_of(program: Program, published_on: date) -> Round | None:
    """The review that the newest version of a program waits for; without a day of its own it counts from its publication."""
    review = program.about.review
    if review is None or review.every is None or review.owner is None:
        return None
    since = published_on if program.effective == date.min else program.effective
    return Round(program, review.every, review.owner, review.inputs, since, add(since, review.every))
