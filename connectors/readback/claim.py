"""What another system says of somebody, as far as it is final: a judgement, a completion, or both.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from connectors.contract import Progress, RemotePerson, Subject


@dataclass(frozen=True, slots=True)
class Score:
    """A score between its bounds, or a little above: learners get extra points."""

    raw: Decimal
    minimum: Decimal
    maximum: Decimal

    @property
    def share(self) -> Decimal:
        """What was reached of what could be, 1 for all of it and more."""
        return (min(self.raw, self.maximum) - self.minimum) / (self.maximum - self.minimum)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something final.  course: the one that an activity is in; None where it is the course itself.

    passed: the system's own verdict.  at: when, where the system says so.
    """

    system: str
    remote: RemotePerson
    progress: Progress
    subject: Subject
    course: Subject | None
    completed: bool
    passed: bool | None
    score: Score | None
    at: datetime | None

    @property
    def is_judged(self) -> bool:
        return self.passed is not None or self.score is not None

    def completion(self) -> Claim:
        """That it was completed, and no more."""
        return replace(self, passed=None, score=None)


def claim_of(system: str, progress: Progress, subject: Subject, course: Subject) -> Claim | None:
    """What it claims; None where nothing is final: of a course that is neither completed nor passed, the score still moves."""
    is_course = progress.activity is None
    score = _score(progress)
    completed = progress.completed_at is not None
    if not completed and progress.passed is None and (is_course or score is None):
        return None
    return Claim(
        system=system,
        remote=progress.person,
        progress=progress,
        subject=subject,
        course=None if is_course else course,
        completed=completed,
        passed=progress.passed,
        score=score,
        at=progress.completed_at or progress.graded_at,
    )


def _score(progress: Progress) -> Score | None:
    """None where there is none, or nothing could be reached."""
    raw, least, most = progress.raw, progress.minimum, progress.maximum
    if raw is None or least is None or most is None or most <= least or raw < least:
        return None
    return Score(raw, least, most)
