"""Moodle as a connector: enrolments and grades out, completions and grades in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import cast
from uuid import UUID

from connectors.contract import Assignment, Progress, Receipt, Result, Subject, Surroundings
from connectors.errors import SystemDown
from connectors.http import Door
from connectors.lms.connector import LmsConnector
from connectors.lms.inspection import look_over
from connectors.lms.matching import Matcher
from connectors.lms.orders import feedback
from connectors.lms.settings import ProgramTarget
from connectors.moodle.caller import MOST_ITEMS, MoodleCaller
from connectors.moodle.inspection import look
from connectors.moodle.naming import subject_of
from connectors.moodle.progress import ProgressReader
from connectors.moodle.refusals import GRADE_OK, grade_refusal
from connectors.moodle.settings import MoodleGrade, MoodleSchema, MoodleSettings
from connectors.moodle.users import WAYS, MoodleUsers

FUNCTIONS: Mapping[str, str] = {
    "core_webservice_get_site_info": "prowess connect test",
    "core_user_get_users_by_field": "finding people",
    "enrol_manual_enrol_users": "assigning, and suspending on unassignment",
    "enrol_manual_unenrol_users": "on_unassign: unenrol",
    "core_grades_update_grades": "writing results",
    "core_enrol_get_enrolled_users": "reading progress",
    "core_completion_get_activities_completion_status": "reading progress",
    "core_completion_get_course_completion_status": "reading progress",
    "gradereport_user_get_grade_items": "reading progress",
}
"""Every function the external service must contain, and what for."""

_MOST_CALLS = len(WAYS) + 2
"""Of one delivery: the user found earlier, refused, looked up in every way, tried again."""


class MoodleConnector(LmsConnector):
    """One Moodle site, spoken to by its REST web services."""

    kind = "moodle"
    schema = MoodleSchema
    tells_within = timedelta(hours=1)
    shows_keys = True
    _settings: MoodleSettings

    def __init__(self, settings: MoodleSettings, surroundings: Surroundings) -> None:
        self._caller = MoodleCaller(Door(settings, surroundings.clock), settings.token)
        self._people = surroundings.people
        matcher = Matcher("Moodle", settings, WAYS, MoodleUsers(self._caller).having, surroundings.people)
        super().__init__(settings, matcher, most_calls=_MOST_CALLS)

    def close(self) -> None:
        self._caller.close()

    def address(self, target: ProgramTarget) -> str:
        return f"{self._settings.url}/course/view.php?id={target.course}"

    def named(self, progress: Progress) -> Subject:
        return subject_of(self._settings.accounts_at, progress)

    def test(self) -> Iterator[str]:
        site = self._caller.call("core_webservice_get_site_info")
        offered = {function["name"] for function in site.get("functions", ())}
        missing = [f"{name} ({purpose})" for name, purpose in FUNCTIONS.items() if name not in offered]
        if missing:
            raise SystemDown(
                f"the service lacks {', '.join(missing)}",
                hint="add them: Site administration > Server > Web services > External services > Functions",
            )
        yield f"{site.get('sitename')} at {site.get('siteurl')}, as {site.get('fullname')}, all functions there"
        programs = self._settings.programs
        yield from look_over(
            self._settings,
            lambda program: look(self._caller, programs[program]),
            self._matcher,
            self._people.some(MOST_ITEMS),
        )

    def read_progress(self, course: str) -> Iterator[Progress]:
        return ProgressReader(self._caller, course).read()

    def enrol(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        return self._write_enrolment(assignment, key, user, suspend=False)

    def end(self, assignment: Assignment, key: UUID, user: str) -> Receipt:
        if self._settings.on_unassign == "suspend":
            return self._write_enrolment(assignment, key, user, suspend=True)
        row = {"userid": user, "courseid": assignment.course}
        self._caller.call("enrol_manual_unenrol_users", {"enrolments": [row]}, key=key)
        return Receipt(200, f"user {user} unenrolled from course {assignment.course}")

    def grade(self, result: Result, key: UUID, user: str) -> Receipt:
        grade = cast("MoodleGrade", self.grade_of(result.program))
        params = {
            "source": "prowess",
            "courseid": result.course,
            "component": grade.component,
            "activityid": grade.cmid,
            "itemnumber": grade.itemnumber,
            "grades": [{"studentid": user, "grade": result.grade, "str_feedback": feedback(result)}],
        }
        said = self._caller.call("core_grades_update_grades", params, key=key)
        if said != GRADE_OK:
            raise grade_refusal(said)
        return Receipt(200, f"user {user} graded {result.grade:f} in activity {grade.cmid}")

    def _write_enrolment(self, assignment: Assignment, key: UUID, user: str, *, suspend: bool) -> Receipt:
        row = {"roleid": self._settings.role, "userid": user, "courseid": assignment.course}
        if assignment.starts_at is not None:
            row["timestart"] = int(assignment.starts_at.timestamp())
        if assignment.ends_at is not None:
            row["timeend"] = int(assignment.ends_at.timestamp())
        if suspend:
            row["suspend"] = 1
        self._caller.call("enrol_manual_enrol_users", {"enrolments": [row]}, key=key)
        return Receipt(200, f"user {user} {'suspended' if suspend else 'enrolled'} in course {assignment.course}")
