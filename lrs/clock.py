"""Time comes in from outside, so that any day can be replayed and no test sleeps.

Instants are microseconds since the epoch (`int`) in the store and in the rules, aware UTC `datetime` at the edges.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import time_ns
from typing import Protocol

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


def instant_words(us: int) -> str:
    """An instant to the minute as people say it, in UTC: 27 November 2026, 14:01 UTC."""
    at = to_datetime(us)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def to_text(us: int) -> str:
    """RFC 3339 text with six decimals and `Z`, as `stored` is written."""
    return (_CIVIL_EPOCH + timedelta(0, 0, us)).isoformat("T", "microseconds") + "Z"
