"""ISO 8601 timestamps: what is one, which instant it names, and how it is written in UTC.

Instants are microseconds since the epoch; more digits are kept in the text and cut off in the instant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

OFFSET_REQUIRED: Final = False  # D-02: xAPI only recommends a zone; a timestamp without one is read as UTC

_EXTENDED = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_BASIC = re.compile(
    r"([0-9]{4})([0-9]{2})([0-9]{2})[Tt]([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z")
_MAX_CACHED = 40
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_FIRST = -62_135_596_800  # 0001-01-01T00:00:00Z
_BEYOND = 253_402_300_800  # 10000-01-01T00:00:00Z


def instant(text: str) -> int:
    """Microseconds since the epoch (xAPI-Data 4.5, XAPI-00022, XAPI-00123); ValueError says what is wrong."""
    return _cached(text) if len(text) <= _MAX_CACHED else _instant(text)


def _instant(text: str) -> int:
    seconds, fraction = _read(text)
    return seconds * 1_000_000 + int(fraction[:6].ljust(6, "0"))


_cached = lru_cache(maxsize=1024)(_instant)  # validation and intake both ask, and batches repeat themselves


def utc_text(text: str) -> str:
    """The same instant with `Z`, every digit of its fraction kept (xAPI 2.0, T-08)."""
    if _UTC.fullmatch(text) and ":60" not in text:
        return text
    seconds, fraction = _read(text)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime(f"{moment.year:04}-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "Z"


def _read(text: str) -> tuple[int, str]:
    """Whole seconds since the epoch, and the digits of the fraction."""
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if not match:
        raise ValueError("not a date and time of ISO 8601")
    year, month, day, hour, minute, second, fraction, zulu, sign, offset_hour, offset_minute = match.groups()
    days = date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    clock = _clock(int(hour), int(minute), int(second or 0))
    seconds = days * 86_400 + clock
    if sign:
        seconds -= _offset(sign, int(offset_hour), int(offset_minute or 0))
    elif OFFSET_REQUIRED and not zulu:
        raise ValueError("a zone is missing: end it with Z or an offset")
    if second == "60" and seconds % 86_400:
        raise ValueError("a leap second can only be 23:59:60 UTC")
    if not _FIRST <= seconds < _BEYOND:
        raise ValueError("a year outside 1 to 9999")
    return seconds, fraction or ""


def _clock(hour: int, minute: int, second: int) -> int:
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError("a time of day that does not exist")
    return hour * 3600 + minute * 60 + second


def _offset(sign: str, hours: int, minutes: int) -> int:
    if hours > 23 or minutes > 59:
        raise ValueError("an offset that does not exist")
    if sign == "-" and not hours and not minutes:
        raise ValueError("an offset of minus zero: write Z or +00:00")
    offset = hours * 3600 + minutes * 60
    return -offset if sign == "-" else offset
