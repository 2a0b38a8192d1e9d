"""What the stand-in Open edX knows besides its people: course runs, who is enrolled, overrides, grades, certificates.

It stands on the same seed as the stand-in Moodle: each course is a run, each graded module a subsection of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.standin.seed import Course, Module, Seed, User


class RefusedError(Exception):
    """The stand-in does not do this.  body: what Open edX says, None where it says nothing; `why` says more."""

    def __init__(
        self, status: int, body: dict[str, Any] | None, why: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(why)
        self.status, self.body, self.why, self.headers = status, body, why, headers or {}


@dataclass(slots=True)
class Run:
    """A course run.  Times are ISO text, as Open edX says them."""

    id: str
    name: str
    subsections: dict[str, str]
    modes: tuple[str, ...] = ("audit", "verified")
    expired: tuple[str, ...] = ()
    enrollment_start: str | None = None
    enrollment_end: str | None = None
    invite_only: bool = False
    writable_gradebook: bool = True
    grades_frozen: bool = False

    def admits(self, at: datetime) -> bool:
        """Whether anybody may enrol now."""
        starts, ends = (_instant(text) for text in (self.enrollment_start, self.enrollment_end))
        return not (self.invite_only or (starts is not None and at < starts) or (ends is not None and at >= ends))

    def details(self, *, include_expired: bool = False) -> dict[str, Any]:
        modes = [*self.modes, *(self.expired if include_expired else ())]
        return {
            "course_id": self.id,
            "course_name": self.name,
            "enrollment_start": self.enrollment_start,
            "enrollment_end": self.enrollment_end,
            "course_start": None,
            "course_end": None,
            "invite_only": self.invite_only,
            "pacing_type": "Self Paced",
            "course_modes": [{"slug": mode, "name": mode.capitalize(), "min_price": 0, "sku": None} for mode in modes],
        }


@dataclass(slots=True)
class Enrollment:
    user: str
    course: str
    mode: str
    is_active: bool
    created: str


@dataclass(slots=True)
class Override:
    user_id: int
    usage_id: str
    earned: float
    possible: float
    comment: str


@dataclass(slots=True)
class Standing:
    """How somebody stands in a course; an override of the gradebook changes nothing about it here."""

    username: str
    course: str
    percent: float = 0.0
    letter_grade: str | None = None
    certified_at: str | None = None


@dataclass(slots=True)
class Campus:
    """All state that the stand-in Moodle has not got; the world's lock is held around every look and change."""

    runs: dict[str, Run]
    enrollments: dict[tuple[str, str], Enrollment] = field(default_factory=dict)
    overrides: dict[tuple[int, str], Override] = field(default_factory=dict)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)

    def active(self, course: str) -> list[Enrollment]:
        return [one for one in self.enrollments.values() if one.course == course and one.is_active]

    def enroll(self, run: Run, username: str, asked: Mapping[str, Any], now: int) -> tuple[Enrollment, bool]:
        """The enrolment as it is afterwards, and whether that is news.  Raises RefusedError.

        As EnrollmentListView.post: who is enrolled already is only changed, and keeps a mode that is not asked for.
        """
        mode, active, force = asked.get("mode"), asked.get("is_active"), bool(asked.get("force_enrollment"))
        if mode is not None and mode not in run.modes and not (force and mode in run.expired):
            text = f"The [{mode}] course mode is expired or otherwise unavailable for course run [{run.id}]."
            said = {"message": text, "course_details": run.details()}
            raise RefusedError(400, said, f"modes: {', '.join(run.modes)}")
        before = self.enrollments.get((username, run.id))
        if before is None:
            at = datetime.fromtimestamp(now, UTC)
            if not run.admits(at) and not force:
                text = "An error occurred while creating the new course enrollment for user"
                said = {"message": f"{text} '{username}' in course '{run.id}'"}
                raise RefusedError(400, said, "enrolment is closed, or by invitation only; force_enrollment: true")
            created = at.strftime("%Y-%m-%dT%H:%M:%SZ")
            new = Enrollment(username, run.id, mode or run.modes[0], active is not False, created)
            self.enrollments[(username, run.id)] = new
            return new, True
        if active is False and before.is_active and mode not in {None, before.mode}:
            text = f"Enrollment mode mismatch: active mode={before.mode}, requested mode={mode}. Won't deactivate."
            raise RefusedError(400, {"message": text}, "leave mode out when you deactivate")
        after = (mode or before.mode, before.is_active if active is None else active)
        is_new = after != (before.mode, before.is_active)
        before.mode, before.is_active = after
        return before, is_new

    def override(self, run: Run, user: User | None, row: Mapping[str, Any]) -> tuple[str | None, bool]:
        """Why a row of bulk-update is not taken, if so, and whether it is news.  Raises RefusedError."""
        wanted = {f"{word}_{scope}_override" for word in ("earned", "possible") for scope in ("all", "graded")}
        if set(row["grade"]) != {*wanted, "comment"}:
            raise RefusedError(500, None, f"grade: {', '.join(sorted(wanted))}, comment")
        usage_id, grade = row["usage_id"], row["grade"]
        if user is None:
            return "User matching query does not exist.", False
        if (user.username, run.id) not in self.enrollments:
            return "CourseEnrollment matching query does not exist.", False
        if usage_id not in run.subsections:
            return f"usage_key {usage_id} does not exist in this course.", False
        earned, possible = float(grade["earned_all_override"]), float(grade["possible_all_override"])
        after = Override(user.id, usage_id, earned, possible, grade["comment"])
        is_new = self.overrides.get((user.id, usage_id)) != after
        self.overrides[(user.id, usage_id)] = after
        return None, is_new

    def state(self) -> dict[str, Any]:
        """Everything that tests and trials look at."""
        return {
            "courses": {run.id: dict(run.subsections) for run in self.runs.values()},
            "enrollments": [asdict(one) for one in self.enrollments.values()],
            "overrides": [asdict(one) for one in self.overrides.values()],
            "standings": [asdict(one) for one in self.standings.values()],
        }


def campus_of(seed: Seed) -> Campus:
    """The course runs that the courses of a seed are."""
    return Campus({run.id: run for run in _runs(seed)})


def course_key(course: Course) -> str:
    return f"course-v1:StandIn+{course.shortname}+2026"


def usage_key(course: Course, module: Module) -> str:
    return f"block-v1:StandIn+{course.shortname}+2026+type@sequential+block@{module.cmid}"


def _runs(seed: Seed) -> Iterator[Run]:
    for course in seed.courses.values():
        graded = [module for module in course.modules if module.modname != "page"]
        yield Run(course_key(course), course.fullname, {usage_key(course, module): module.name for module in graded})


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
