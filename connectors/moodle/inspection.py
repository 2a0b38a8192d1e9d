"""Whether what the configuration names is in a Moodle: courses, activities, and a sample of our people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from connectors.contract import People
from connectors.errors import RemoteError, SystemDown
from connectors.moodle.caller import MOST_ITEMS, MoodleCaller
from connectors.moodle.matching import Matcher
from connectors.moodle.settings import GradeTarget, MoodleSettings

_NO_COURSE: Final = ("invalidparameter", "invalidrecord", "errorcoursecontextnotvalid")
_MOST_NAMES: Final = 5


class Inspection:
    """One look, by functions that reading progress and finding people need anyway; it changes nothing there."""

    def __init__(self, settings: MoodleSettings, caller: MoodleCaller, matcher: Matcher, people: People) -> None:
        self._settings = settings
        self._caller = caller
        self._matcher = matcher
        self._people = people
        self._wrong = 0

    def look(self) -> Iterator[str]:
        """A line for each program and one for the people.  Raises RemoteError at last when a course or an activity is not there."""
        for program, target in self._settings.programs.items():
            yield f"{program}: {self._course(str(target.course), target.grade)}"
        if told := self._sample():
            yield told
        if self._wrong:
            some = "a course or an activity is" if self._wrong == 1 else f"{self._wrong} courses or activities are"
            raise RemoteError(
                f"{some} not as configured",
                retryable=False,
                hint=f"mend course and grade under programs: of '{self._settings.name}'",
            )

    def _course(self, course: str, grade: GradeTarget | None) -> str:
        one = {"name": "limitnumber", "value": "1"}
        try:
            enrolled = self._caller.call("core_enrol_get_enrolled_users", {"courseid": course, "options": [one]})
            if grade is None:
                return f"course {course} there"
            if not enrolled:
                return f"course {course} there; nobody is enrolled, so activity {grade.cmid} cannot be looked up"
            params = {"courseid": course, "userid": enrolled[0]["id"]}
            grades = self._caller.call("gradereport_user_get_grade_items", params)["usergrades"]
        except SystemDown:
            raise
        except RemoteError as error:
            self._wrong += 1
            return (
                f"course {course} not found" if error.remote_code in _NO_COURSE else f"course {course}: {error.message}"
            )
        return f"course {course} there, {self._activity(grade, grades)}"

    def _activity(self, grade: GradeTarget, grades: list[dict[str, Any]]) -> str:
        items = [item for report in grades for item in report["gradeitems"] if item.get("cmid")]
        found = next((item for item in items if item["cmid"] == grade.cmid), None)
        if found is not None and f"mod_{found['itemmodule']}" == grade.component:
            return f"activity {grade.cmid} there"
        self._wrong += 1
        if found is not None:
            return f"activity {grade.cmid} is mod_{found['itemmodule']}, not {grade.component}"
        graded = ", ".join(f"{item['cmid']} ({item['itemname']})" for item in items[:_MOST_NAMES]) or "none"
        return f"activity {grade.cmid} not found; graded there: {graded}"

    def _sample(self) -> str | None:
        """Of as many of our people as one call takes, how many it knows; None where we know nobody."""
        asked = self._people.some(MOST_ITEMS)
        if not asked:
            return None
        found = self._matcher.find(asked)
        missing = [person.id for person in asked if person.id not in found]
        if not missing:
            return f"{len(asked)} of {len(asked)} people matched"
        more = f" and {len(missing) - _MOST_NAMES} more" if len(missing) > _MOST_NAMES else ""
        ways = ", ".join(self._settings.match)
        return (
            f"{len(missing)} of {len(asked)} people not matched (by {ways}): {', '.join(missing[:_MOST_NAMES])}{more}"
        )
