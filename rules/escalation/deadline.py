"""What a ladder is about: the day by which somebody still owes something, read from what was decided.

States are read by name.  Only what is required escalates; who holds an award owes its renewal by the day it expires, and
what a new version adds by the day that it names (docs/decisions/0106).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from rules.language.model import Escalation
from rules.owed import OwedKind, last_good_day


class Deadline(NamedTuple):
    """The last good day: of the path that was never met (`due`), or of an award that must be renewed (`expiry`)."""

    kind: OwedKind
    day: date


class Standing(Protocol):
    """What holds at an instant, as far as ladders read it: a `rules.decide.State`."""

    @property
    def assignment(self) -> str: ...
    @property
    def progress(self) -> str: ...
    @property
    def award(self) -> str: ...
    @property
    def flags(self) -> Sequence[str]: ...
    @property
    def due_on(self) -> date | None: ...
    @property
    def expires_on(self) -> date | None: ...
    @property
    def renewable_from(self) -> date | None: ...


class Stretch(Standing, Protocol):
    """What holds from one instant until another: a `rules.decide.Segment`, or its row."""

    @property
    def from_us(self) -> int: ...
    @property
    def until_us(self) -> int: ...


def stretch_at(stretches: Sequence[Stretch], at: int) -> Stretch | None:
    """What holds at an instant; None before anything was decided."""
    return next((one for one in stretches if one.from_us <= at < one.until_us), None)


def deadline_of(stretch: Standing, escalation: Escalation) -> Deadline | None:
    """What is owed, and by when; None when a ladder has nothing to say."""
    if stretch.assignment != "required" or ("waived" in stretch.flags and "waived" in escalation.stop_when):
        return None
    if stretch.award == "valid" and not _is_amended(stretch):
        if stretch.expires_on is None or stretch.renewable_from is None:
            return None
        return Deadline("expiry", stretch.expires_on)
    if _is_settled(stretch):
        return None
    found = last_good_day(stretch.award, stretch.due_on, stretch.expires_on)
    return None if found is None else Deadline(*found)


def _is_settled(stretch: Standing) -> bool:
    """Whether nothing is to be done by any day: it is done, or only somebody in office can mend it."""
    if stretch.award == "none":
        return stretch.progress == "met"
    return stretch.award in ("suspended", "revoked") and not _is_amended(stretch)


def _is_amended(stretch: Standing) -> bool:
    """Whether a new version asks something of who holds an award already (`apply: now`), by a date of its own."""
    if stretch.award == "suspended":
        return "overdue" in stretch.flags
    return stretch.award == "valid" and stretch.progress != "met" and "renewable" not in stretch.flags


def why_not(stretch: Standing | None, deadline: Deadline, escalation: Escalation) -> str | None:
    """Why nothing is owed by a deadline any more; None while it is."""
    if stretch is None:
        return "withdrawn"
    now = deadline_of(stretch, escalation)
    if now == deadline:
        return None
    if stretch.assignment != "required":
        return "withdrawn" if stretch.assignment == "none" else stretch.assignment
    if now is not None and now.kind == "due" and (deadline.kind == "due" or stretch.award == "lapsed"):
        return "moved"
    if "waived" in stretch.flags:
        return "waived"
    return "met" if stretch.award in ("none", "valid") or now is not None else stretch.award
