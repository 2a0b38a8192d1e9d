"""Instants as whoever looks at a page reads them: in their own zone, else the organisation's, else UTC.

Only what people read is shifted: files, APIs and what a page says to machines stay in UTC, and a day that a rule counts by is a day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from flask import g

from lrs.clock import DAY, instant_text, instant_words, local, to_datetime, to_us
from lrs.http.requests import this_prowess
from lrs.people.zones import zone_of
from lrs.web.sessions import signed_in


def reader_zone() -> ZoneInfo:
    """The zone of whoever asks for this page."""
    if "reader_zone" not in g:
        g.reader_zone = ZoneInfo(_own_zone() or this_prowess().settings.organisation.timezone or "UTC")
    return cast("ZoneInfo", g.reader_zone)


def text_here(us: int) -> str:
    """An instant to the second with the mark of its zone, for tables: 2026-11-27 15:01:09 CET."""
    return instant_text(us, reader_zone())


def words_here(us: int) -> str:
    """An instant to the minute as people say it: 27 November 2026, 15:01 CET."""
    return instant_words(us, reader_zone())


def day_here(us: int) -> date:
    """The day that an instant falls on."""
    return local(us, reader_zone()).date()


def today_here() -> date:
    """The day that it is now."""
    return day_here(this_prowess().clock.now())


def start_here(day: date) -> int:
    """The instant at which a day begins; at the ends of the calendar, in UTC."""
    at = datetime.combine(day, time(), reader_zone())
    try:
        return to_us(at.astimezone(UTC))
    except OverflowError:
        return to_us(at.replace(tzinfo=UTC))


def end_here(day: date) -> int:
    """The last microsecond of a day, which may be of 23 or 25 hours."""
    return (start_here(day + timedelta(days=1)) if day < date.max else start_here(day) + DAY) - 1


def _own_zone() -> str | None:
    who = signed_in()
    id_ = who.account.person_id if who else None
    if who is None or id_ is None:
        return None
    prowess = this_prowess()
    roster = prowess.people.roster(tenant_id=who.tenant_id, people=[id_])
    person = roster.people.get(id_)
    return zone_of(person, roster.sites, to_datetime(prowess.clock.now()).date()) if person else None
