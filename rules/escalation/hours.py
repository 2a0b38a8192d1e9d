"""When people may be told: business days and quiet hours, in the recipient's own zone.  Everything pushes forward."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from lrs.clock import SECOND, to_datetime, to_us
from rules.decide.calendar import FOREVER, next_day
from rules.language.model import WorkCalendar

_LAST_YEAR = 9990
_MANY = 4000
"""More days in a row than any calendar rests."""


def is_business_day(calendar: WorkCalendar, day: date) -> bool:
    if calendar.weekdays is not None:
        return day.weekday() in calendar.weekdays
    return calendar.country is None or day in _working(calendar.country, day.year)


def business_day(calendar: WorkCalendar, day: date) -> date:
    """The day itself, or the next one on which people work."""
    for _ in range(_MANY):
        if is_business_day(calendar, day):
            return day
        day = next_day(day)
    return day


def instant_of(zone: ZoneInfo, day: date, at: time) -> int:
    """A time of day in a zone; one that the clock skips is as much later as it skips."""
    if day.year > _LAST_YEAR:
        return FOREVER
    if day.year <= 1:
        return -FOREVER
    return to_us(datetime.combine(day, at, tzinfo=zone))


def allowed(calendar: WorkCalendar, zone: ZoneInfo, at: int) -> int:
    """The first instant from `at` on at which somebody in this zone may be told something."""
    if not 0 <= at < FOREVER:
        return at
    for _ in range(_MANY):
        local = to_datetime(at).astimezone(zone)
        day, clock = local.date(), local.time()
        if not is_business_day(calendar, day):
            at = instant_of(zone, business_day(calendar, day), time())
        elif calendar.quiet is not None and _is_quiet(calendar.quiet, clock):
            start, end = calendar.quiet
            wakes = next_day(day) if clock >= start > end else day
            woken = instant_of(zone, wakes, end)
            at = woken if woken > at else at + SECOND
        else:
            break
    return at


def _is_quiet(quiet: tuple[time, time], clock: time) -> bool:
    start, end = quiet
    return start <= clock < end if start < end else clock >= start or clock < end


@lru_cache(maxsize=512)
def _working(code: str, year: int) -> frozenset[date]:
    """The days of a year on which a country, or a part of it, works."""
    country, _, part = code.partition("-")
    known = holidays.country_holidays(country, subdiv=part or None, years=year, expand=False)
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    return frozenset(day for day in days if day.year == year and known.is_working_day(day))
