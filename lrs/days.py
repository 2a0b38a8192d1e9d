"""Days as people write them, and what is meant: `31.01.2026`, `1/31/2026`, `2026-1-31`.  Only what can be no other day is taken.

The one way of writing them here is 2026-01-31 (ISO 8601).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from lrs.errors import BadRequest

_POINTS: Final = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", re.ASCII)
_SLASHES: Final = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)


def days_meant(text: str) -> list[date]:
    """The days that a text may mean: none, one, or two where day and month may be either.

    With points the day comes first, as everywhere where points are written; with slashes or dashes nobody knows.
    """
    if found := _YEAR_FIRST.fullmatch(text):
        pairs = [(int(found[3]), int(found[4]))]
        year = int(found[1])
    elif found := _POINTS.fullmatch(text):
        pairs, year = [(int(found[2]), int(found[1]))], int(found[3])
    elif found := _SLASHES.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        pairs, year = [(first, second), (second, first)], int(found[4])
    else:
        return []
    return list(dict.fromkeys(day for month, of_month in pairs if (day := _day(year, month, of_month))))


def day_meant(text: str) -> date | None:
    """The day that a text means, None where it means none.  Raises BadRequest, with both ways of writing it, where it may mean two."""
    found = days_meant(text)
    if len(found) > 1:
        raise BadRequest(
            f"'{text}' may be one day or another", hint=f"write {found[0]} or {found[1]}: year, month and day"
        )
    return found[0] if found else None


def day_hint(text: str) -> str | None:
    """How to write the day that a text means; None where it means none."""
    found = [str(day) for day in days_meant(text)]
    return f"write {' or '.join(found)}" if found else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
