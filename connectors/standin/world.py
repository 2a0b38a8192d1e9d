"""What the stand-in knows: people, courses, who is enrolled, the grade book, and everything that was asked of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from connectors.standin.seed import Course, Module, Seed, User

_JOURNAL = 10_000


@dataclass(slots=True)
class Enrolment:
    user: int
    course: int
    role: int
    timestart: int = 0
    timeend: int = 0
    suspended: bool = False


@dataclass(slots=True)
class Grade:
    user: int
    cmid: int
    grade: float
    feedback: str
    graded_at: int


@dataclass(slots=True)
class Completion:
    user: int
    cmid: int
    state: int
    completed_at: int


class RefusalError(Exception):
    """The stand-in does not do this.  `why` says what was wrong and what would have been accepted."""

    def __init__(self, exception: str, errorcode: str, message: str, why: str) -> None:
        super().__init__(why)
        self.exception, self.errorcode, self.message, self.why = exception, errorcode, message, why

    def body(self) -> dict[str, str]:
        """As Moodle says it with debugging on."""
        return {
            "exception": self.exception,
            "errorcode": self.errorcode,
            "message": self.message,
            "debuginfo": self.why,
        }


@dataclass(slots=True)
class World:
    """All state; hold `lock` around every look and change."""

    seed: Seed
    lock: threading.RLock = field(default_factory=threading.RLock)
    enrolments: dict[tuple[int, int], Enrolment] = field(default_factory=dict)
    grades: dict[tuple[int, int], Grade] = field(default_factory=dict)
    completions: dict[tuple[int, int], Completion] = field(default_factory=dict)
    events: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    effects: Counter[str] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)

    def user(self, user_id: int) -> User | None:
        return self.seed.users.get(user_id)

    def course(self, course_id: int) -> Course | None:
        return self.seed.courses.get(course_id)

    def module(self, cmid: int) -> tuple[Course, Module] | None:
        for course in self.seed.courses.values():
            for module in course.modules:
                if module.cmid == cmid:
                    return course, module
        return None

    def enrolled(self, course_id: int) -> list[Enrolment]:
        found = [enrolment for enrolment in self.enrolments.values() if enrolment.course == course_id]
        return sorted(found, key=lambda enrolment: enrolment.user)

    def changed(self, key: str) -> None:
        """Something is different now because of a request with this idempotency key."""
        self.effects[key] += 1

    def asked(self, name: str, key: str) -> None:
        """A request arrived, whatever becomes of it."""
        self.calls[name] += 1
        self.tries[key] += 1

    def noted(self, name: str, key: str, params: Any, outcome: str) -> None:
        """A request was carried out or refused."""
        if len(self.journal) < _JOURNAL:
            self.journal.append({"call": name, "key": key, "params": params, "outcome": outcome})

    def refused(self, name: str, key: str, code: str, why: str) -> None:
        self.refusals.append({"call": name, "key": key, "code": code, "why": why})

    def state(self) -> dict[str, Any]:
        """Everything that tests and the demo look at.  `""` stands for requests without an idempotency key."""
        with self.lock:
            active = [enrolment for enrolment in self.enrolments.values() if not enrolment.suspended]
            return {
                "counts": {
                    "users": len(self.seed.users),
                    "courses": len(self.seed.courses),
                    "enrolments": len(active),
                    "suspended": len(self.enrolments) - len(active),
                    "grades": len(self.grades),
                    "events": len(self.events),
                    "requests": sum(self.calls.values()),
                    "refusals": len(self.refusals),
                },
                "calls": dict(self.calls),
                "enrolments": [asdict(enrolment) for enrolment in self.enrolments.values()],
                "grades": [asdict(grade) for grade in self.grades.values()],
                "events": dict(self.events),
                "effects": dict(self.effects),
                "tries": dict(self.tries),
                "refusals": list(self.refusals),
            }
