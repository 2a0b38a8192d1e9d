"""Open edX as a connector: enrolments and overridden grades out, course grades in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, cast
from uuid import UUID

from connectors.contract import Assignment, Progress, Receipt, Result, Subject, Surroundings
from connectors.errors import RemoteError, SystemDown
from connectors.http import Door
from connectors.lms.connector import LmsConnector
from connectors.lms.inspection import look_over
from connectors.lms.matching import Matcher
from connectors.lms.orders import feedback
from connectors.lms.settings import ProgramTarget
from connectors.openedx.caller import OpenEdxCaller
from connectors.openedx.inspection import look
from connectors.openedx.progress import ProgressReader
from connectors.openedx.settings import OpenEdxGrade, OpenEdxProgram, OpenEdxSchema, OpenEdxSettings
from connectors.openedx.token import Token
from connectors.openedx.users import MOST_VALUES, WAYS, OpenEdxUsers
from lrs.clock import to_datetime

_ENROLLMENT: Final = "/api/enrollment/v1/enrollment"
_COURSE_TYPE: Final = "http://adlnet.gov/expapi/activities/course"
_MOST_CALLS: Final = len(WAYS) + 7
"""Of one delivery: two about the user found earlier, refused, looked up in every way, two again; two tokens, and a call
repeated with the second."""


class OpenEdxConnector(LmsConnector):
    """One Open edX, spoken to by its REST API.  Somebody's id there is their user name."""

    kind = "openedx"
    schema = OpenEdxSchema
    tells_within = timedelta(hours=1)
    _settings: OpenEdxSettings

    def __init__(self, settings: OpenEdxSettings, surroundings: Surroundings) -> None:
        door = Door(settings, surroundings.clock)
        token = Token(settings.client_id, settings.client_secret, door, surroundings.clock)
        self._caller = OpenEdxCaller(door, token)
        self._users = OpenEdxUsers(self._caller)
        self._clock = surroundings.clock
        self._people = surroundings.people
        matcher = Matcher("Open edX", settings, WAYS, self._users.having, surroundings.people)
        super().__init__(settings, matcher, most_calls=_MOST_CALLS)

    def close(self) -> None:
        self._caller.close()

    def address(self, target: ProgramTarget) -> str:
        if self._settings.learning_url is not None:
            return f"{self._settings.learning_url.rstrip('/')}/course/{target.course}/home"
        return f"{self._settings.url}/courses/{target.course}/course/"

    def named(self, progress: Progress) -> Subject:
        """As event-routing-backends does: only courses are read."""
        return Subject(f"{self._settings.accounts_at}/course/{progress.course}", _COURSE_TYPE)

    def test(self) -> Iterator[str]:
        username = self._caller.get("/api/user/v1/me").get("username")
        if not self._caller.get("/api/enrollment/v1/roles/").get("is_staff"):
            raise SystemDown(
                f"the application's user, {username}, is not staff, and can enrol and read nobody",
                hint="give them staff status: Admin > Users",
            )
        yield f"Open edX at {self._settings.url}, as {username}, who is staff"
        programs, now = self._settings.programs, to_datetime(self._clock.now())
        force = self._settings.force_enrollment
        yield from look_over(
            self._settings,
            lambda program: look(self._caller, programs[program], now, force=force),
            self._matcher,
            self._people.some(MOST_VALUES),
        )

    def read_progress(self, course: str) -> Iterator[Progress]:
        return ProgressReader(self._caller, course).read()

    def enrol(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        """Who is enrolled already stays so, in their mode unless another is asked for."""
        mode = self._target(assignment.program).mode
        more: dict[str, Any] = {} if mode is None else {"mode": mode}
        if self._settings.force_enrollment:
            more["force_enrollment"] = True
        told = self._write(assignment.course, user, key, is_active=True, **more)
        return Receipt(200, f"user {user} enrolled in {assignment.course} as {told.get('mode')}")

    def end(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        """Deactivate the enrolment; who has none is not given one, as Open edX would do."""
        course = self._caller.quoted(assignment.course)
        found = self._caller.get(f"{_ENROLLMENT}/{self._caller.quoted(user)},{course}")
        if not found:
            self._users.user_id(user)  # nothing is also said of those who are called otherwise by now
        if not found or not found.get("is_active"):
            return Receipt(200, f"user {user} was not enrolled in {assignment.course}")
        self._write(assignment.course, user, key, is_active=False)
        return Receipt(200, f"user {user} deactivated in {assignment.course}")

    def grade(self, result: Result, key: UUID, user: str) -> Receipt:
        grade = cast("OpenEdxGrade", self.grade_of(result.program))
        earned, possible = float(result.grade), float(grade.max)
        row = {
            "user_id": self._users.user_id(user),
            "usage_id": grade.usage_id,
            "grade": {
                "earned_all_override": earned,
                "possible_all_override": possible,
                "earned_graded_override": earned,
                "possible_graded_override": possible,
                "comment": feedback(result),
            },
        }
        self._caller.post_for_rows(
            f"/api/grades/v1/gradebook/{self._caller.quoted(result.course)}/bulk-update", [row], key
        )
        return Receipt(202, f"user {user} graded {result.grade:f} of {grade.max:f} in {grade.usage_id}")

    def _target(self, program: str) -> OpenEdxProgram:
        return self._settings.programs[program]

    def _write(self, course: str, user: str, key: UUID, *, is_active: bool, **more: Any) -> dict[str, Any]:
        """Set an enrolment.  Raises RemoteError, also when Open edX accepts and does something else."""
        body = {"user": user, "course_details": {"course_id": course}, "is_active": is_active, **more}
        told = self._caller.post(_ENROLLMENT, body, key)
        if told.get("is_active") is not is_active:
            raise RemoteError(
                f"Open edX left the enrolment of user {user} in {course} as it was",
                retryable=True,
                hint="a plug-in of the platform may forbid it; its log says more",
                remote_status=200,
            )
        return told
