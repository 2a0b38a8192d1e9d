"""Reading what Moodle knows about a course: completions and grades of everybody enrolled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.contract import Progress, RemotePerson
from connectors.errors import RemoteError
from connectors.moodle.caller import MoodleCaller
from connectors.moodle.refusals import NO_CRITERIA
from connectors.moodle.users import remote_person

_INCOMPLETE, _PASSED, _FAILED = 0, 2, 3
"""States of an activity (COMPLETION_* in Moodle's completionlib)."""

Grades = Mapping[str, Mapping[str | None, Mapping[str, Any]]]


class ProgressReader:
    """One reading of one course: two calls for all, two more for each person."""

    def __init__(self, caller: MoodleCaller, course: str) -> None:
        self._caller = caller
        self._course = course
        self._has_criteria = True

    def read(self) -> Iterator[Progress]:
        """For each person first the course, then its activities.  Raises RemoteError."""
        enrolled = self._call("core_enrol_get_enrolled_users")
        grades = self._grades()
        for user in enrolled:
            person = remote_person(user)
            completed, completed_at = self._course_completion(person.id)
            yield self._progress(person, None, grades, completed_at, True if completed else None)
            statuses = self._call("core_completion_get_activities_completion_status", person.id)["statuses"]
            tracked = [status for status in statuses if status.get("hascompletion", True)]
            for status in tracked:
                yield self._activity(person, status, grades)
            yield from self._graded(person, grades, {str(status["cmid"]) for status in tracked})

    def _call(self, function: str, user: str | None = None) -> Any:
        params = {"courseid": self._course} if user is None else {"courseid": self._course, "userid": user}
        return self._caller.call(function, params)

    def _grades(self) -> Grades:
        """Grade items by person and course module; the course's own total has no module."""
        reports = self._call("gradereport_user_get_grade_items")["usergrades"]
        return {
            str(report["userid"]): {
                _module(item): item
                for item in report["gradeitems"]
                if item.get("itemtype") == "course" or item.get("cmid")
            }
            for report in reports
        }

    def _course_completion(self, user: str) -> tuple[bool, datetime | None]:
        """Whether and when the course was completed; a course without criteria never is."""
        if not self._has_criteria:
            return False, None
        try:
            said = self._call("core_completion_get_course_completion_status", user)["completionstatus"]
        except RemoteError as error:
            if error.remote_code != NO_CRITERIA:
                raise
            self._has_criteria = False
            return False, None
        times = [criterion["timecompleted"] for criterion in said["completions"] if criterion.get("timecompleted")]
        return said["completed"], _instant(max(times, default=None)) if said["completed"] else None

    def _activity(self, person: RemotePerson, status: Mapping[str, Any], grades: Grades) -> Progress:
        state = status.get("state", _INCOMPLETE)
        done = _instant(status.get("timecompleted")) if state != _INCOMPLETE else None
        passed = {_PASSED: True, _FAILED: False}.get(state)
        return self._progress(person, str(status["cmid"]), grades, done, passed, status.get("modname"))

    def _graded(self, person: RemotePerson, grades: Grades, tracked: Collection[str]) -> Iterator[Progress]:
        """What was graded in activities whose completion Moodle does not track."""
        for activity, item in grades.get(person.id, {}).items():
            if activity not in {None, *tracked} and item.get("graderaw") is not None:
                yield self._progress(person, activity, grades, None, None)

    def _progress(
        self,
        person: RemotePerson,
        activity: str | None,
        grades: Grades,
        completed_at: datetime | None,
        passed: bool | None,
        sort: str | None = None,
    ) -> Progress:
        item = grades.get(person.id, {}).get(activity, {})
        graded = item.get("graderaw") is not None
        return Progress(
            person=person,
            course=self._course,
            activity=activity,
            title=item.get("itemname"),
            completed_at=completed_at,
            passed=passed,
            raw=_number(item.get("graderaw")),
            minimum=_number(item.get("grademin")) if graded else None,
            maximum=_number(item.get("grademax")) if graded else None,
            sort=sort or item.get("itemmodule"),
            graded_at=_instant(item.get("gradedategraded")) if graded else None,
        )


def _module(item: Mapping[str, Any]) -> str | None:
    return None if item.get("itemtype") == "course" else str(item["cmid"])


def _instant(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(int(seconds), UTC) if seconds else None


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
