"""Reads the single values of a test: when, which score, which credits."""

from __future__ import annotations

from datetime import date
from typing import Any

from lrs.people.roster import load_day
from lrs.xapi.timestamp import instant
from rules.language.entry import Entry

_YEARS = range(1900, 3000)
"""A date of another year is a slip of the keys, and its noon need not be an instant."""


def load_moment(entry: Entry) -> str | None:
    """A date or an instant, as text; which instant a date means depends on the learner's zone."""
    return entry.parsed(_readable, "a date such as 2026-03-31, or an instant such as 2026-03-31T12:00:00Z")


def _readable(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    if (day := load_day(value)) is not None:
        return value if day.year in _YEARS else None
    try:
        instant(value)
    except ValueError:
        return None
    return value


def load_date(entry: Entry) -> str | None:
    day: date | None = entry.day()
    return None if day is None else day.isoformat()


def load_score(entry: Entry) -> dict[str, Any] | None:
    """A share is so many points of one, which every source understands; a mapping is what the sender says."""
    if not isinstance(entry.value, dict):
        share = entry.share()
        return None if share is None else {"raw": share, "min": 0, "max": 1}
    fields = entry.fields(("raw", "min", "max", "scaled"), "a score")
    if not fields.keys() & {"raw", "scaled"}:
        entry.fail("a score says raw or scaled", hint="for example {raw: 24, max: 30}")
    return {key: number for key, one in fields.items() if (number := one.number()) is not None}


def load_given_credits(entry: Entry) -> dict[str, Any] | None:
    fields = entry.fields(("type", "amount", "accredited_by"), "credits of a test")
    if not {"type", "amount"} <= fields.keys():
        entry.fail("credits have a type and an amount", hint="for example {type: CEU, amount: 0.5}")
        return None
    found: dict[str, Any] = {"type": fields["type"].text(), "amount": fields["amount"].number()}
    if "accredited_by" in fields:
        found["accredited_by"] = fields["accredited_by"].text()
    return found
