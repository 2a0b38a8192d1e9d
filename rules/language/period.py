"""ISO 8601 periods as programs use them: civil (years to days) or exact (hours to seconds), never both.

`P1Y` is a matter of the calendar, `PT24H` a matter of the clock; a mixture would be neither, so it is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CIVIL = re.compile(r"P(?:(\d{1,5})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?", re.ASCII)
_EXACT = re.compile(r"PT(?:(\d{1,7})H)?(?:(\d{1,7})M)?(?:(\d{1,9})S)?", re.ASCII)
_SPOKEN = re.compile(
    r"(\d{1,4})\s*(years?|y|months?|mo|weeks?|w|days?|d|hours?|h|minutes?|min)", re.ASCII | re.IGNORECASE
)
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """Months and days of the civil calendar, or microseconds of the clock."""

    text: str
    months: int = 0
    days: int = 0
    us: int = 0

    @property
    def is_exact(self) -> bool:
        return self.us > 0

    @property
    def is_zero(self) -> bool:
        return not (self.months or self.days or self.us)


ZERO = Period("P0D")


def load_period(text: str) -> Period:
    """The period a text names.  ValueError says what is wrong with it."""
    if (match := _CIVIL.fullmatch(text)) and any(match.groups()):
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        return Period(text, months=12 * years + months, days=7 * weeks + days)
    if (match := _EXACT.fullmatch(text)) and any(match.groups()):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return Period(text, us=((hours * 60 + minutes) * 60 + seconds) * _SECOND)
    if text.startswith("P") and "T" in text and not text.startswith("PT"):
        raise ValueError("a period is civil (P30D) or exact (PT24H), not both")
    if meant := period_meant(text):
        raise ValueError(f"write {meant}")
    raise ValueError("not an ISO 8601 period such as P1Y, P6M, P30D or PT24H")


def period_meant(text: str) -> str | None:
    """The ISO 8601 period that plain words mean, such as `90 days`, `2 years` or `30d`; None where they mean none."""
    match = _SPOKEN.fullmatch(text.strip())
    if match is None:
        return None
    unit = match[2].lower()
    return f"{'PT' if unit[0] == 'h' or unit.startswith('min') else 'P'}{match[1]}{unit[0].upper()}"


def written_period(text: str) -> str:
    """What somebody types as a length of time, in ISO 8601: `90 days` as P90D; what is no plain words stays as it is."""
    return period_meant(text) or text
