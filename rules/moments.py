"""Days and instants as people give them."""

from __future__ import annotations

from lrs.days import day_hint
from lrs.errors import BadRequest
from lrs.people.roster import load_day
from lrs.xapi.timestamp import instant
from rules.decide.calendar import deadline
from rules.decide.zones import Zones


def moment(text: str, zones: Zones) -> int:
    """The instant a text means; a date alone is its last instant in the program's zone (design 7).  BadRequest."""
    day = load_day(text)
    if day is not None:
        return deadline(zones.on(day), day) - 1
    try:
        return instant(text)
    except ValueError as error:
        meant = day_hint(text)
        why = "" if meant else f": {error}"
        raise BadRequest(
            f"'{text}' is neither a date nor an instant{why}",
            hint=meant or "write 2026-01-31 or 2026-01-31T12:00:00Z",
        ) from error
