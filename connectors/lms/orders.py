"""What a decision asks of an LMS: an assignment with its window, or a result with its grade and the words beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from connectors.contract import Assignment, Result
from connectors.decisions import GAINS, Decision
from connectors.lms.settings import GradeTarget, ProgramTarget

_LAST_ZONE: Final = timedelta(hours=12)
"""A local day is over everywhere on earth twelve hours after it is over in UTC."""


def assignment_of(decision: Decision, target: ProgramTarget) -> Assignment:
    """The assignment that a decision asks for, open from the moment of the decision."""
    return Assignment(
        person=decision.person,
        program=decision.program,
        course=str(target.course),
        starts_at=datetime.fromisoformat(decision.timestamp),
        ends_at=_closing(decision.due_on, target.close_after_days),
        due_on=decision.due_on,
    )


def result_of(decision: Decision, target: ProgramTarget, grade: GradeTarget) -> Result:
    """The result that a decision asks for."""
    return Result(
        person=decision.person,
        program=decision.program,
        course=str(target.course),
        verdict=decision.transition,
        grade=grade.of(decision),
        score=decision.score,
        met_on=decision.met_on,
        valid_from=decision.valid_from,
        expires_on=decision.expires_on,
    )


def feedback(result: Result) -> str:
    """The words beside a grade."""
    validity = f", valid until {result.expires_on}" if result.expires_on and result.verdict in GAINS else ""
    return f"{result.verdict.capitalize()}{validity} (Prowess)"


def _closing(due_on: date | None, days: int | None) -> datetime | None:
    """When the enrolment ends: after the last day of grace, wherever the learner is."""
    if due_on is None or days is None:
        return None
    return datetime.combine(due_on + timedelta(days=days + 1), time(), UTC) + _LAST_ZONE
