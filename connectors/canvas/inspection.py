"""Whether a course and the assignments that the configuration names are in a Canvas, and whether we may do there what we do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from connectors.canvas.caller import CanvasCaller
from connectors.canvas.settings import CanvasGrade, CanvasProgram
from connectors.errors import RemoteError, SystemDown
from connectors.lms.inspection import MOST_NAMES, Seen

_READ: Final = ("read_roster", "view_all_grades")
_WRITE: Final = "manage_grades"
_POINTS: Final = ("points", "percent", "letter_grade", "gpa_scale")
"""How an assignment may be graded for any number of points to be written to it."""


def look(caller: CanvasCaller, target: CanvasProgram) -> Seen:
    """What there is of a program; it changes nothing there.  Raises SystemDown."""
    told = f"course {target.course}"
    try:
        course = caller.one("GET", f"/courses/{target.course}")
        denied = _denied(caller, target)
        seen = [_course(course), *_assignments(caller, target)]
    except SystemDown:
        raise
    except RemoteError as error:
        why = " not found" if error.remote_status == HTTPStatus.NOT_FOUND else f": {error.message}"
        return Seen(told + why, right=False)
    if denied:
        seen.append(Seen(f"the token's user lacks {', '.join(denied)} in it", right=False))
    return Seen(", ".join([f"{told} there", *(one.told for one in seen if one.told)]), all(one.right for one in seen))


def _course(course: Mapping[str, Any]) -> Seen:
    state = course.get("workflow_state")
    if state == "completed":
        return Seen("concluded, so that Canvas enrols nobody in it", right=False)
    return Seen("not published yet" if state == "unpublished" else "")


def _denied(caller: CanvasCaller, target: CanvasProgram) -> list[str]:
    needed = [*_READ, *([_WRITE] if target.grade else [])]
    rights = caller.call("GET", f"/courses/{target.course}/permissions", [("permissions[]", name) for name in needed])
    return [name for name in needed if rights.get(name) is False]


def _assignments(caller: CanvasCaller, target: CanvasProgram) -> list[Seen]:
    grade, due = target.grade, target.due_assignment
    seen = [_assignment(caller, target.course, grade.assignment, grade)] if grade else []
    if due is not None and (grade is None or due != grade.assignment):
        seen.append(_assignment(caller, target.course, due, None))
    return seen


def _assignment(caller: CanvasCaller, course: int, number: int, grade: CanvasGrade | None) -> Seen:
    path = f"/courses/{course}/assignments"
    try:
        assignment = caller.one("GET", f"{path}/{number}")
    except RemoteError as error:
        if error.remote_status != HTTPStatus.NOT_FOUND or error.retryable:
            raise
        some = caller.call("GET", path, [("per_page", str(MOST_NAMES))])
        there = ", ".join(f"{one['id']} ({one['name']})" for one in some) or "none"
        return Seen(f"assignment {number} not found; there: {there}", right=False)
    problem = grade and _unfit(assignment, grade)
    if problem:
        return Seen(f"assignment {number} {problem}", right=False)
    hidden = "" if assignment.get("published", True) else " but not published"
    return Seen(f"assignment {number} there{hidden}")


def _unfit(assignment: Mapping[str, Any], grade: CanvasGrade) -> str | None:
    """Why our grades would not show on it as they are meant."""
    kind = assignment.get("grading_type", _POINTS[0])
    if kind not in _POINTS:
        return f"is graded as '{kind}', where points are needed"
    points = Decimal(assignment.get("points_possible") or 0)
    most = grade.max.normalize()
    return f"is out of {points.normalize():f} points, and max is {most:f}" if points < most else None
