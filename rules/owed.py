"""The day by which somebody owed what they have not done: asked here by explanations, pages, reports and ladders alike.

`due_on` is the last good day of the first time, `expires_on` that of an award (program-language 2).  A renewal is owed by
the day on which the award expires, so that is the day of whoever let it expire, and it stays that day when the grace has
passed and the award has lapsed: grace leaves the short way open and puts nothing off (docs/decisions/0101, 2).  Only a
due date that is later than the award's end, such as that of somebody who came back, takes its place after the lapse.
"""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeVar

OwedKind = Literal["due", "expiry"]
"""Of what was asked for at first, or of an award that had to be renewed."""
Day = TypeVar("Day", date, int, str)
"""A date, its day number, or its ISO text: what sorts as days do."""


def owed_kind(award: str, *, is_due_later: bool) -> OwedKind:
    """Which of the two days counts for whoever has not done it; is_due_later: the due day comes after the award's last."""
    if award == "lapsed":
        return "due" if is_due_later else "expiry"
    return "expiry" if award == "expired" else "due"


def last_good_day(award: str, due: Day | None, expires: Day | None) -> tuple[OwedKind, Day] | None:
    """The last good day of what is not done, and of which kind it is; None where no day was set."""
    is_due_later = due is not None and (expires is None or due > expires)
    kind = owed_kind(award, is_due_later=is_due_later)
    day = expires if kind == "expiry" else due
    return None if day is None else (kind, day)
