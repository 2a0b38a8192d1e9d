"""When something ends or begins, as administrators write it: a day, an instant, or, for an end, a period from now."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from lrs.clock import to_datetime, to_us
from lrs.days import day_hint
from lrs.errors import BadRequest

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_PERIOD = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
_START_HINT = "write 2026-11-01 (from its beginning on, UTC) or 2026-11-01T12:00:00Z"
_HINT = "write 2027-01-31 (the last day, UTC), 2027-01-31T12:00:00Z, or a period from now such as P90D"


def load_expiry(text: str, now: int) -> int:
    """The microsecond from which on something no longer works; a day counts to its end in UTC.

    Raises BadRequest when it cannot be read or is not later than `now`.
    """
    try:
        ends = _instant(text, now)
    except (ValueError, OverflowError) as error:
        raise BadRequest(
            f"'{text[:40]}' is no end: {error}", hint=_HINT if _DAY.fullmatch(text) else day_hint(text) or _HINT
        ) from error
    if ends <= now:
        raise BadRequest(f"'{text[:40]}' is over already", hint=_HINT)
    return ends


def load_start(text: str) -> int:
    """The microsecond from which on something counts; a day counts from its beginning in UTC.

    Raises BadRequest when it cannot be read.
    """
    try:
        if _DAY.fullmatch(text):
            return to_us(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC))
        if _INSTANT.fullmatch(text):
            return to_us(datetime.fromisoformat(text).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"'{text[:40]}' is no beginning: {error}", hint=_START_HINT) from error
    raise BadRequest(f"'{text[:40]}' is neither a day nor an instant", hint=day_hint(text) or _START_HINT)


def _instant(text: str, now: int) -> int:
    if period := _PERIOD.fullmatch(text):
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in period.groups())
        moved = _later(to_datetime(now), 12 * years + months)
        return to_us(moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds))
    if _DAY.fullmatch(text):
        midnight = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return to_us(midnight + timedelta(days=1))
    if _INSTANT.fullmatch(text):
        return to_us(datetime.fromisoformat(text).astimezone(UTC))  # beyond the year 9999 in UTC is no instant
    raise ValueError("neither a day, an instant nor a period")


def _later(start: datetime, months: int) -> datetime:
    """So many calendar months on, at the end of a shorter month where the day is missing."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))
