"""Which version of a program holds at an instant, for those who speak of a program and of nobody in it."""

from __future__ import annotations

from lrs.clock import to_datetime
from rules.language import Program, Ruleset


def program_of(ruleset: Ruleset, program_id: str, now: int) -> Program | None:
    """The version in force at an instant, by the day of UTC."""
    return ruleset.in_force(program_id, to_datetime(now).date())
