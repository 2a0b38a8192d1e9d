"""Whether a course and a graded activity that the configuration names are in a Moodle.

It looks by functions that reading progress needs anyway, and changes nothing there.
"""

from __future__ import annotations

from typing import Any, Final

from connectors.errors import RemoteError, SystemDown
from connectors.lms.inspection import MOST_NAMES, Seen
from connectors.moodle.caller import MoodleCaller
from connectors.moodle.settings import MoodleGrade, MoodleProgram

_NO_COURSE: Final = ("invalidparameter", "invalidrecord", "errorcoursecontextnotvalid")


def look(caller: MoodleCaller, target: MoodleProgram) -> Seen:
    """What there is of a program.  Raises SystemDown."""
    course, grade = target.course, target.grade
    one = {"name": "limitnumber", "value": "1"}
    try:
        enrolled = caller.call("core_enrol_get_enrolled_users", {"courseid": course, "options": [one]})
        if grade is None:
            return Seen(f"course {course} there")
        if not enrolled:
            return Seen(f"course {course} there; nobody is enrolled, so activity {grade.cmid} cannot be looked up")
        params = {"courseid": course, "userid": enrolled[0]["id"]}
        grades = caller.call("gradereport_user_get_grade_items", params)["usergrades"]
    except SystemDown:
        raise
    except RemoteError as error:
        why = " not found" if error.remote_code in _NO_COURSE else f": {error.message}"
        return Seen(f"course {course}{why}", right=False)
    seen = _activity(grade, grades)
    return Seen(f"course {course} there, {seen.told}", seen.right)


def _activity(grade: MoodleGrade, grades: list[dict[str, Any]]) -> Seen:
    items = [item for report in grades for item in report["gradeitems"] if item.get("cmid")]
    found = next((item for item in items if item["cmid"] == grade.cmid), None)
    if found is None:
        graded = ", ".join(f"{item['cmid']} ({item['itemname']})" for item in items[:MOST_NAMES]) or "none"
        return Seen(f"activity {grade.cmid} not found; graded there: {graded}", right=False)
    if f"mod_{found['itemmodule']}" != grade.component:
        return Seen(f"activity {grade.cmid} is mod_{found['itemmodule']}, not {grade.component}", right=False)
    return Seen(f"activity {grade.cmid} there")
