"""Whether evidence tells already what another system claims, whoever sent it.  Pure.

A judgement may be told by several statements: Moodle tells a quiz's score by the attempt and its completion by the module,
Open edX that a course was passed and with what grade.  What was told and is void was told too: somebody took it back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

from connectors.readback.claim import Claim, Score
from lrs.clock import MICROSECOND, to_us
from rules.decide import Evidence
from rules.language.profiles import ADL

_ROUNDING: Final = Decimal("0.0005")
"""Shares that differ by no more are the same score, written with fewer digits."""
_MINUTES: Final = timedelta(minutes=5) // MICROSECOND
_TASKS: Final = timedelta(days=2) // MICROSECOND
"""So long after the last condition was met a system may say that a course is completed (Moodle's scheduled task)."""
_AGAIN: Final = timedelta(days=30) // MICROSECOND
"""Of a judgement told longer before, the same may have been reached again."""
_PASSED, _FAILED, _COMPLETED = f"{ADL}passed", f"{ADL}failed", f"{ADL}completed"

Told = Callable[[Evidence], bool]


def untold(claim: Claim, rows: Sequence[Evidence]) -> Claim | None:
    """What of a claim no row of evidence about that person and activity tells; None where all of it is told.

    What was judged is told with its completion; of what is judged already, the completion alone.
    """
    recent = [row for row in rows if claim.at is None or row.at >= to_us(claim.at) - _AGAIN]
    if not all(any(map(part, recent)) for part in _judgement(claim)):
        return claim
    about = recent if claim.is_judged else _near(claim, rows)
    if not claim.completed or any(_completes(row) or _passes_course(claim, row) for row in about):
        return None
    return claim.completion()


def _judgement(claim: Claim) -> list[Told]:
    parts: list[Told] = []
    if claim.passed is not None:
        parts.append(lambda row: _verdict(claim, row) is claim.passed)
    if claim.score is not None:
        score = claim.score
        parts.append(lambda row: _is_same(score, row))
    return parts


def _verdict(claim: Claim, row: Evidence) -> bool | None:
    """A course that is completed is passed: Moodle says only that."""
    if row.success is not None:
        return row.success
    if claim.course is None and _completes(row):
        return True
    return {_PASSED: True, _FAILED: False}.get(row.verb)


def _is_same(score: Score, row: Evidence) -> bool:
    least = row.min or Decimal(0)
    if row.raw is None or row.max is None or row.max <= least:
        return False
    return abs((row.raw - least) / (row.max - least) - score.share) <= _ROUNDING


def _completes(row: Evidence) -> bool:
    if row.relation != "object":
        return False
    return row.completion is True or (row.completion is None and row.verb == _COMPLETED)


def _passes_course(claim: Claim, row: Evidence) -> bool:
    """A course that is passed is completed: Open edX says only that."""
    return claim.course is None and row.relation == "object" and _verdict(claim, row) is True


def _near(claim: Claim, rows: Sequence[Evidence]) -> Sequence[Evidence]:
    """The rows of about the time when something was completed."""
    if claim.at is None:
        return rows
    at = to_us(claim.at)
    after = _TASKS if claim.course is None else _MINUTES
    return [row for row in rows if at - _MINUTES <= row.at <= at + after]
