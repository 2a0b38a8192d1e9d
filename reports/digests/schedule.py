"""When a digest goes out: a day that comes again, at a time of day, in a zone.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from lrs.clock import to_datetime
from reports.settings import DigestSettings
from rules.decide.calendar import local_date
from rules.escalation.hours import instant_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a digest: its day, and the instant from which on it goes out."""

    day: date
    at: int


def latest(digest: DigestSettings, now: int) -> Edition:
    """The newest issue that is out."""
    day = digest.days.on_or_before(local_date(ZoneInfo(digest.timezone), now))
    found = _edition(digest, day)
    return found if found.at <= now else _edition(digest, digest.days.on_or_before(day - _DAY))


def following(digest: DigestSettings, now: int) -> Edition:
    """The next issue."""
    day = digest.days.on_or_after(local_date(ZoneInfo(digest.timezone), now))
    found = _edition(digest, day)
    return found if found.at > now else _edition(digest, digest.days.on_or_after(day + _DAY))


def said(digest: DigestSettings) -> str:
    """When it goes out, in words."""
    return f"{digest.days.text} at {digest.at:%H:%M} ({digest.timezone})"


def local_text(digest: DigestSettings, at: int) -> str:
    """An instant on the digest's calendar, to the minute, with its zone."""
    return f"{to_datetime(at).astimezone(ZoneInfo(digest.timezone)):%Y-%m-%d %H:%M} ({digest.timezone})"


def _edition(digest: DigestSettings, day: date) -> Edition:
    return Edition(day, instant_of(ZoneInfo(digest.timezone), day, digest.at))
