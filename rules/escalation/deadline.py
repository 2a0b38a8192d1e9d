"""What a ladder is about: the day by which somebody still owes something, read from what was decided.

States are read by name.  Only what is required escalates; who holds an award owes its renewal by the day it expires, and
what a new version adds by the day that it names (docs/decisions/0106).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple, Protocol

from rules.language.model import Escalation

DeadlineKind = Literal["due", "expiry"]


class Deadline(NamedTuple):
    """The last good day: of the path that was never met (`due`), or of an award that must be renewed (`expiry`)."""

    kind: DeadlineKind
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
    if stretch.award == "none":
        return _due(stretch) if stretch.progress != "met" else None
    if _is_amended(stretch):
        return _due(stretch)
    if stretch.expires_on is None:
        return None
    if stretch.award == "valid":
        return Deadline("expiry", stretch.expires_on) if stretch.renewable_from is not None else None
    return Deadline("expiry", stretch.expires_on) if stretch.award in ("expired", "lapsed") else None


def _due(stretch: Standing) -> Deadline | None:
    return Deadline("due", stretch.due_on) if stretch.due_on is not None else None


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
    if now is not None and now.kind == deadline.kind == "due":
        return "moved"
    if "waived" in stretch.flags:
        return "waived"
    return "met" if stretch.award in ("none", "valid") or now is not None else stretch.award
