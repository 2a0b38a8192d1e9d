"""What the stand-in Canvas knows: enrolments with a life of their own, submissions, overrides, and how much was asked of it.

People and courses are those of the seed; its modules are assignments here, with their `cmid` as number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from connectors.standin.seed import Course, Module, Seed, User

HIGH_WATER, BRIM, LEAK, UP_FRONT = 600.0, 800.0, 10.0, 50.0
"""The bucket of requests as Canvas sets it up: full at 600, at most 800 in it, 10 a second leak (RequestThrottle)."""


@dataclass(slots=True)
class Enrolment:
    id: int
    user: int
    course: int
    section: int
    kind: str
    state: str
    start_at: str | None = None
    end_at: str | None = None
    sis_import_id: int | None = None


@dataclass(slots=True)
class Submission:
    """Of one user for one assignment; `state` is Canvas's workflow_state."""

    user: int
    assignment: int
    state: str = "unsubmitted"
    score: float | None = None
    grade: str | None = None
    submitted_at: str | None = None
    graded_at: str | None = None
    excused: bool = False
    missing: bool = False
    comments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Override:
    id: int
    assignment: int
    title: str
    students: list[int]
    due_at: str | None = None
    unlock_at: str | None = None
    lock_at: str | None = None


@dataclass(slots=True)
class CanvasSite:
    """All state of the Canvas; the lock of the world guards it.

    requirements: when somebody met all requirements of a course's modules.  rights: what the token's user may not do.
    """

    seed: Seed
    enrolments: dict[int, Enrolment] = field(default_factory=dict)
    submissions: dict[tuple[int, int], Submission] = field(default_factory=dict)
    overrides: dict[int, Override] = field(default_factory=dict)
    requirements: dict[tuple[int, int], str] = field(default_factory=dict)
    grading_types: dict[int, str] = field(default_factory=dict)
    concluded: set[int] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    time_zone: str = "America/Denver"
    cost: float = 0.0
    used: float = 0.0
    touched: float = 0.0
    last_id: int = 0

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def spend(self, now: float) -> float | None:
        """What is left after another request at `now` (seconds); None when it is not let in."""
        self.used = max(0.0, self.used - LEAK * (now - self.touched))
        self.touched = now
        if self.used + UP_FRONT > HIGH_WATER:
            return None
        self.used = min(BRIM, self.used + self.cost)
        return HIGH_WATER - self.used

    def user(self, number: int) -> User | None:
        return self.seed.users.get(number)

    def assignment(self, course: Course, number: int) -> Module | None:
        return next((one for one in course.modules if one.cmid == number), None)

    def enrolled(self, course: int, *states: str) -> Iterator[Enrolment]:
        return (one for one in self.enrolments.values() if one.course == course and (not states or one.state in states))

    def submission(self, user: int, assignment: int) -> Submission:
        """Canvas has one for each learner and assignment from the first day."""
        return self.submissions.setdefault((user, assignment), Submission(user, assignment))

    def learn(self, values: Mapping[str, Any]) -> None:
        """What a learner did: `{user, course, completed_at}` met all requirements, `{user, assignment, …}` changed a submission.

        Raises TypeError and ValueError.
        """
        told = dict(values)
        user = told.pop("user")
        if "course" in told:
            self.requirements[user, told["course"]] = told["completed_at"]
            return
        before = self.submission(user, told.pop("assignment"))
        self.submissions[user, before.assignment] = replace(before, **told)

    def state(self) -> dict[str, Any]:
        """Everything that tests look at."""
        return {
            "enrolments": [asdict(one) for one in self.enrolments.values()],
            "submissions": [asdict(one) for one in self.submissions.values()],
            "overrides": [asdict(one) for one in self.overrides.values()],
            "requirements": [{"user": u, "course": c, "at": at} for (u, c), at in self.requirements.items()],
        }
