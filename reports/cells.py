"""What leaves a report: one cell as JSON and as text for people."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from lrs.clock import day_of, instant_text, to_text
from lrs.csv_lines import Value
from lrs.xapi.naming import last_word
from reports.declaration import Column
from reports.semantics import end_of_day

_EPOCH = date(1970, 1, 1)
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

EMPTY = "\N{EN DASH}"


def plain(column: Column, value: Any) -> Value:
    """The cell as JSON has it: days as dates, instants in UTC, shares between 0 and 1 with four decimals."""
    if value is None:
        return None
    match column.type:
        case "day":
            return (_EPOCH + timedelta(days=int(value))).isoformat()
        case "instant":
            return to_text(int(value))
        case "share" | "number":
            return round(float(value), 4)
        case "integer":
            return int(value)
        case "flag":
            return bool(value)
        case "list":
            return list(value)
        case _:
            return str(value)


def shown(column: Column, value: Value) -> str:
    """The cell as people read it; an empty one is a dash."""
    if value is None or value == []:
        return EMPTY
    match column.type:
        case "share":
            return percent(float(str(value)))
        case "integer" if isinstance(value, int):
            return lasting(value) if column.unit == "s" else f"{value:,}"
        case "instant":
            return str(value)[:16].replace("T", " ")
        case "flag":
            return "yes" if value else "no"
        case "word":
            return str(value).replace("_", " ")
        case "list" if isinstance(value, list):
            return ", ".join(value)
        case _:
            return str(value)


def brief(one: str) -> str:
    """One of a list as a page shows it: the first letters of a statement's id, the last word of an IRI, else all of it."""
    if _UUID.fullmatch(one):
        return one[:8]
    return last_word(one) if ":" in one else one


def lasting(seconds: int) -> str:
    """So many seconds in the largest unit of which there are at least two: 90 s, 3 min, 47 h, 340 d."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(seconds) >= 2 * length:
            return f"{round(seconds / length):,}\N{NO-BREAK SPACE}{unit}"
    return f"{seconds:,}\N{NO-BREAK SPACE}s"


def percent(share: float) -> str:
    """A share as a percentage; never rounded up to 100 % or down to 0 %."""
    number = f"{share * 100:.1f}"
    if number == "100.0" and share < 1:
        number = "99.9"
    if number == "0.0" and share > 0:
        number = "0.1"
    return f"{number}\N{NO-BREAK SPACE}%"


def as_of_text(us: int) -> str:
    """The instant of an answer; the end of a day is simply called by its date."""
    return f"{to_text(us)[:10]}, end of day UTC" if is_end_of_day(us) else instant_text(us)


def is_end_of_day(us: int) -> bool:
    """Whether an instant is the last one of a UTC day, by which a day of an answer is meant."""
    return us == end_of_day(day_of(us))
