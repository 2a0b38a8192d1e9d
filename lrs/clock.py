"""Time comes in from outside, so that any day can be replayed and no test sleeps.

Instants are microseconds since the epoch (`int`) in the store and in the rules, aware UTC `datetime` at the edges.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from time import time_ns
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CIVIL_EPOCH = EPOCH.replace(tzinfo=None)
SECOND = 1_000_000
DAY = 86_400 * SECOND
"""In microseconds, as every instant is."""
MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> int:
        """Microseconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time_ns() // 1000


class ManualClock:
    """A clock that stands still until it is moved: for tests and replays."""

    def __init__(self, at: int | datetime) -> None:
        self._now = at if isinstance(at, int) else to_us(at)

    def now(self) -> int:
        return self._now

    def move(self, *, seconds: float = 0, days: float = 0) -> None:
        self._now += round((seconds + days * 86_400) * SECOND)


def to_us(instant: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exactly."""
    return (instant - EPOCH) // MICROSECOND


def day_of(us: int) -> int:
    """The UTC day an instant falls on, in days since 1970-01-01."""
    return us // DAY


def to_datetime(us: int) -> datetime:
    """The aware UTC datetime of a number of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=us)


def local(us: int, zone: tzinfo) -> datetime:
    """The datetime of an instant in a zone; at the ends of the calendar, where a zone may have no such day, in UTC."""
    at = to_datetime(us)
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


@lru_cache(maxsize=2048)
def is_zone(name: str) -> bool:
    """Whether this machine's IANA database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def instant_words(us: int, zone: tzinfo = UTC) -> str:
    """An instant to the minute as people say it: 27 November 2026, 14:01 UTC."""
    at = local(us, zone)
    return f"{at.day} {at:%B %Y, %H:%M} {_mark(at)}"


def instant_text(us: int, zone: tzinfo = UTC) -> str:
    """An instant to the second: 2026-11-27 14:01:09 UTC."""
    at = local(us, zone)
    return f"{at.replace(tzinfo=None).isoformat(' ', 'seconds')} {_mark(at)}"


def _mark(at: datetime) -> str:
    """How people abbreviate the zone at that time, or how far it is ahead of UTC where nobody does: CET, UTC+05:45."""
    name = at.tzname() or ""
    return name if name.isalpha() else str(at.replace(tzinfo=timezone(at.utcoffset() or timedelta())).tzname())


def to_text(us: int) -> str:
    """RFC 3339 text with six decimals and `Z`, as `stored` is written."""
    return (_CIVIL_EPOCH + timedelta(0, 0, us)).isoformat("T", "microseconds") + "Z"
