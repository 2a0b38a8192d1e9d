"""Days as people write them, and what is meant: `31.01.2026`, `1/31/2026`, `2026-1-31`.  Only what can be no other day is taken.

The one way of writing them here is 2026-01-31 (ISO 8601); of saying them to people 31 January 2026.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

from lrs.errors import BadRequest

_POINTS: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_SLASHES: Final = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)
_SHORT_YEAR: Final = re.compile(r"\d{1,2}([./-])\s?\d{1,2}\1\s?\d{2}", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)


def days_meant(text: str) -> list[date]:
    """The days that a text may mean: none, one, or two where day and month may be either.

    With points the day comes first, as everywhere where points are written; with slashes or dashes nobody knows.
    """
    return list(dict.fromkeys(day for numbers in _numbers(text) if (day := _day(*numbers))))


def is_no_day(text: str) -> bool:
    """Whether a text is written as a day and the calendar has none such, as 2026-02-30 or 31.02.2026."""
    return bool(_numbers(text)) and not days_meant(text)


def day_meant(text: str) -> date | None:
    """The day that a text means, None where it means none.  Raises BadRequest, with both ways of writing it, where it may mean two."""
    found = days_meant(text)
    if len(found) > 1:
        raise BadRequest(
            f"'{text}' may be one day or another", hint=f"write {found[0]} or {found[1]}: year, month and day"
        )
    return found[0] if found else None


def day_hint(text: str) -> str | None:
    """How to write the day that a text means, or how far its month goes where the calendar ends sooner; None where it means none."""
    if _SHORT_YEAR.fullmatch(text):
        return "the year needs four digits, as in 2026-04-03"
    if found := days_meant(text):
        return f"write {' or '.join(map(str, found))}"
    lasts = dict.fromkeys(str(last) for year, month, _ in _numbers(text) if (last := _last_day(year, month)))
    return f"the last day of that month is {' or '.join(lasts)}" if lasts else None


def _numbers(text: str) -> list[tuple[int, int, int]]:
    """Year, month and day of month as they may be meant, whether or not the calendar has them; none of what is written otherwise."""
    if found := _YEAR_FIRST.fullmatch(text):
        return [(int(found[1]), int(found[3]), int(found[4]))]
    if found := _POINTS.fullmatch(text):
        return [(int(found[3]), int(found[2]), int(found[1]))]
    if found := _SLASHES.fullmatch(text):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        return [(year, first, second), (year, second, first)]
    return []


def _last_day(year: int, month: int) -> date | None:
    return date(year, month, monthrange(year, month)[1]) if year and 1 <= month <= 12 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def day_words(day: date | str | None) -> str:
    """`2027-03-01` as 1 March 2027."""
    if day is None:
        return ""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {found:%B} {found.year}"


def day_said(text: str) -> str:
    """A day that somebody wrote, in words; what is no day stays as it is."""
    try:
        return day_words(text)
    except ValueError:
        return text
