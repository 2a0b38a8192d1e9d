"""Civil dates and exact instants: periods on local dates, and the instants at which days begin in a zone.

Every date shown is the last good day; every instant is half-open, the first one at which something no longer holds.
Written by hand because `relativedelta` costs sixteen times as much a call, and a fold adds periods all the time.
"""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from lrs.clock import EPOCH, MICROSECOND, SECOND, to_datetime
from rules.language.period import Period

FOREVER: Final = 1 << 62
"""After every instant."""
BEGINNING: Final = -FOREVER
"""Before every instant."""

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LAST_ORDINAL = date.max.toordinal()
_FIRST_SECOND = (date.min - EPOCH.date()).days * 86_400
_LAST_SECOND = (date.max - EPOCH.date()).days * 86_400 + 86_399
_OFFSET_MARGIN = 86_400
_CLOCK_DAYS = range(date(1970, 1, 1).toordinal(), date(2070, 1, 1).toordinal(), 14)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def clock_of(zone: str) -> bytes:
    """Identifies what this machine knows of a zone: by how much it is ahead at the midnights of a hundred years.

    Governments change clocks, and the operating system learns of it without us.  Every other week is looked at, and
    each day between two that differ.
    """
    clock = zone_named(zone)

    def ahead(day: int) -> float:
        return (datetime.fromordinal(day).replace(tzinfo=clock).utcoffset() or timedelta()).total_seconds()

    looked = [(day, ahead(day)) for day in _CLOCK_DAYS]
    found = [looked[0]]
    for (start, one), (end, other) in pairwise(looked):
        if one != other:
            found += [(day, ahead(day)) for day in range(start + 1, end + 1)]
    return blake2b(repr(found).encode(), digest_size=16).digest()


def days_in_month(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap else _MONTH_DAYS[month - 1]


def add(day: date, period: Period, count: int = 1) -> date:
    """`day` and `count` civil periods at once, the day of the month clamped; the calendar's ends are the limit."""
    if period.months:
        year, month = divmod(day.year * 12 + day.month - 1 + count * period.months, 12)
        if year < MINYEAR:
            return date.min
        if year > MAXYEAR:
            return date.max
        day = date(year, month + 1, min(day.day, days_in_month(year, month + 1)))
    if not period.days:
        return day
    return date.fromordinal(max(1, min(_LAST_ORDINAL, day.toordinal() + count * period.days)))


def next_day(day: date) -> date:
    return date.fromordinal(min(_LAST_ORDINAL, day.toordinal() + 1))


@lru_cache(maxsize=16_384)
def midnight(zone: ZoneInfo, day: date) -> int:
    """The first instant of a civil day.  Where the clock skips midnight that is the moment it skips."""
    if day == date.min:
        return BEGINNING
    if day == date.max:
        return FOREVER
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - EPOCH) // MICROSECOND


def local_date(zone: ZoneInfo, at: int) -> date:
    """The civil day an instant falls on."""
    seconds = at // SECOND
    if seconds < _FIRST_SECOND + _OFFSET_MARGIN:
        return date.min
    if seconds > _LAST_SECOND - _OFFSET_MARGIN:
        return date.max
    return datetime.fromtimestamp(seconds, zone).date()


def deadline(zone: ZoneInfo, day: date) -> int:
    """The first instant after a civil day."""
    return midnight(zone, next_day(day))


def after(zone: ZoneInfo, day: date, at: int, period: Period, count: int = 1) -> tuple[date, int]:
    """The last good day, and the deadline, `count` periods after a moment given as its day and its instant."""
    if period.is_exact:
        end = at + count * period.us
        return local_date(zone, end - 1), end
    last = add(day, period, count)
    return last, deadline(zone, last)


def before(zone: ZoneInfo, day: date, end: int, period: Period) -> tuple[date, int]:
    """The day and instant from which on the rest until a deadline is no longer than a period."""
    if period.is_exact:
        start = end - period.us
        return local_date(zone, start), start
    first = add(day, period, -1)
    return first, midnight(zone, first)


def instant_text(at: int) -> str | None:
    """RFC 3339 in UTC without needless digits; None for an instant beyond the calendar."""
    if not _FIRST_SECOND <= at // SECOND <= _LAST_SECOND:
        return None
    moment = to_datetime(at)
    text = moment.isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if moment.microsecond else text) + "Z"
