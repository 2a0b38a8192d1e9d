"""Days that come again: one of each week, month or quarter, as `first-monday` or the 15th.  Pure."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from typing import Any, Final, Literal, cast

Unit = Literal["weekly", "monthly", "quarterly"]

UNITS: Final = ("weekly", "monthly", "quarterly")
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PLACES: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_MONTHS: Final = {"monthly": 1, "quarterly": 3}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One day of each unit; of a quarter one of its first month.

    weekday: 0 is Monday; None when `place` is a day of the month.  place: 1 to 4, or -1 for the last.
    """

    unit: Unit
    place: int = 1
    weekday: int | None = 0

    def on_or_after(self, day: date) -> date:
        """The first of these days from a day on."""
        here = self._of(day, 0)
        return here if here >= day else self._of(day, 1)

    def on_or_before(self, day: date) -> date:
        """The last of these days up to a day."""
        here = self._of(day, 0)
        return here if here <= day else self._of(day, -1)

    @property
    def text(self) -> str:
        """As people say it."""
        if self.unit == "weekly":
            return f"every {WEEKDAYS[self.weekday or 0].capitalize()}"
        which = f"day {self.place}"
        if self.weekday is not None:
            place = next(word for word, number in PLACES.items() if number == self.place)
            which = f"the {place} {WEEKDAYS[self.weekday].capitalize()}"
        return f"{which} of each {'month' if self.unit == 'monthly' else 'quarter'}"

    def _of(self, day: date, move: int) -> date:
        """The day that belongs to the unit of a day, or to one before or after it."""
        if self.unit == "weekly":
            return day + timedelta(days=(self.weekday or 0) - day.weekday() + 7 * move)
        size = _MONTHS[self.unit]
        month = (day.year * 12 + day.month - 1) // size * size + move * size
        return self._in_month(min(month // 12, MAXYEAR), month % 12 + 1)

    def _in_month(self, year: int, month: int) -> date:
        starts_on, length = monthrange(year, month)
        if self.weekday is None:
            return date(year, month, min(self.place, length))
        first = (self.weekday - starts_on) % 7 + 1
        last = first + (length - first) // 7 * 7
        return date(year, month, last if self.place < 0 else first + 7 * (self.place - 1))


def recurrence_of(unit: str, day: Any = None) -> Recurrence:
    """What `weekly` and `monday`, or `monthly` and `first-monday` or `15`, mean.  ValueError says what is wrong."""
    if unit not in UNITS:
        raise ValueError(f"expected one of {', '.join(UNITS)}")
    known = cast("Unit", unit)
    if day is None:
        return Recurrence(known)
    if unit == "weekly":
        if day in WEEKDAYS:
            return Recurrence(known, 1, WEEKDAYS.index(day))
        raise ValueError("a day of the week is needed here, such as monday")
    if type(day) is int and 1 <= day <= 31:
        return Recurrence(known, day, None)
    place, _, weekday = day.partition("-") if isinstance(day, str) else ("", "", "")
    if place in PLACES and weekday in WEEKDAYS:
        return Recurrence(known, PLACES[place], WEEKDAYS.index(weekday))
    raise ValueError("a day of the month is needed here, such as first-monday, last-friday or 15")
