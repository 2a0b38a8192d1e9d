"""Whether a course run, its mode and a graded subsection that the configuration names are in an Open edX.

It changes nothing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.errors import RemoteError, SystemDown
from connectors.lms.inspection import MOST_NAMES, Seen
from connectors.openedx.caller import OpenEdxCaller
from connectors.openedx.refusals import NO_COURSE
from connectors.openedx.settings import OpenEdxGrade, OpenEdxProgram


def look(caller: OpenEdxCaller, target: OpenEdxProgram, now: datetime, *, force: bool) -> Seen:
    """What there is of a program.  force: closed enrolment is no hindrance.  Raises SystemDown."""
    course = target.course
    try:
        asked = {"include_expired": "1"} if force else None  # with force_enrollment they can still be had
        found = caller.get(f"/api/enrollment/v1/course/{caller.quoted(course)}", asked)
        seen = _enrollable(found, target.mode, now, force=force)
        if not seen.right or target.grade is None:
            return Seen(f"course {course} there{seen.told}", seen.right)
        graded = _gradable(caller, course, target.grade)
    except SystemDown:
        raise
    except RemoteError as error:
        why = " not found" if error.remote_code == NO_COURSE else f": {error.message}; {error.hint or ''}".rstrip("; ")
        return Seen(f"course {course}{why}", right=False)
    return Seen(f"course {course} there{seen.told}, {graded.told}", graded.right)


def _enrollable(found: Mapping[str, Any], mode: str | None, now: datetime, *, force: bool) -> Seen:
    """Whether people can be let in: told begins with a comma where there is something to tell."""
    modes = [str(one["slug"]) for one in found.get("course_modes", ())]
    if mode is not None and mode not in modes:
        return Seen(f", mode {mode} not; modes there: {', '.join(modes) or 'none'}", right=False)
    closed = _closed(found, now)
    if closed is None:
        return Seen("")
    return Seen(f", {closed}, which force_enrollment overrides" if force else f", but {closed}", right=force)


def _closed(found: Mapping[str, Any], now: datetime) -> str | None:
    """Why nobody can enrol, if so."""
    starts, ends = found.get("enrollment_start"), found.get("enrollment_end")
    if found.get("invite_only"):
        return "enrolment is by invitation only"
    if starts and now < datetime.fromisoformat(starts):
        return f"enrolment begins on {starts[:10]}"
    return f"enrolment ended on {ends[:10]}" if ends and now >= datetime.fromisoformat(ends) else None


def _gradable(caller: OpenEdxCaller, course: str, grade: OpenEdxGrade) -> Seen:
    """Whether the subsection is there and its grade can be overridden."""
    book = f"/api/grades/v1/gradebook/{caller.quoted(course)}/"
    told = caller.get(f"{book}grading-info", {"graded_only": "false"})
    subsections = {str(one["module_id"]): str(one["display_name"]) for one in told.get("subsections", ())}
    if grade.usage_id not in subsections:
        some = ", ".join(f"{key} ({name})" for key, name in list(subsections.items())[:MOST_NAMES]) or "none"
        return Seen(f"subsection {grade.usage_id} not found; there: {some}", right=False)
    if told.get("grades_frozen"):
        return Seen("its grades are frozen, thirty days after its end", right=False)
    caller.get(book, {"page_size": "1"})
    return Seen(f"subsection {grade.usage_id} there")
