"""What holds at an instant: the three axes, the flags and the dates (program-language 2)."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from rules.decide.assignment import Kind

Progress = Literal["not_started", "in_progress", "blocked", "met"]
AwardState = Literal["none", "valid", "suspended", "expired", "lapsed", "revoked"]


class TierState(NamedTuple):
    id: str
    due_on: date | None
    met_on: date | None
    progress: Progress


class Blocked(NamedTuple):
    """Nothing that is open can be done before an instant (FOREVER: not by waiting), and why not."""

    until: int
    why: str


class State(NamedTuple):
    """The three axes, the flags and the dates at one instant (program-language 2)."""

    assignment: Kind
    progress: Progress
    award: AwardState
    flags: tuple[str, ...]
    version: int
    due_on: date | None = None
    met_on: date | None = None
    valid_from: date | None = None
    expires_on: date | None = None
    renewable_from: date | None = None
    grace_until: date | None = None
    tiers: tuple[TierState, ...] = ()
    blocked: Blocked | None = None


class Segment(NamedTuple):
    """The state over the stretch [from_us, until_us), flat as a row; BEGINNING and FOREVER bound all time."""

    from_us: int
    until_us: int
    assignment: Kind
    progress: Progress
    award: AwardState
    flags: tuple[str, ...]
    version: int
    due_on: date | None
    met_on: date | None
    valid_from: date | None
    expires_on: date | None
    renewable_from: date | None
    grace_until: date | None
    tiers: tuple[TierState, ...]
    blocked: Blocked | None

    @property
    def state(self) -> State:
        return State(*self[2:])
