"""Who is in a course of a Canvas: letting in and ending, so that a second time changes nothing.

Canvas makes of the same user, role and section the enrolment that is there (canvas-lms: Course#enroll_user); of another
section a second one, and each time it puts its dates in place of those that are there.  So what is there is looked at
first, and what a SIS import brought is the SIS's to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from connectors.canvas.caller import CanvasCaller
from connectors.contract import Assignment, Receipt

Enrolment = Mapping[str, Any]

_STATES: Final = ("active", "invited", "creation_pending", "inactive", "completed", "rejected")
_TASKS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "conclude": ("concluded", frozenset({"active", "invited", "creation_pending"})),
    "deactivate": ("deactivated", frozenset({"active", "invited", "creation_pending"})),
    "delete": ("deleted", frozenset({"active", "invited", "creation_pending", "inactive"})),
}
"""What each `on_unassign` is called when done, and what it does it to."""


class Enrolments:
    """Enrolments of one role (`kind`, Canvas's word for it) in the courses of one Canvas."""

    def __init__(self, caller: CanvasCaller, kind: str) -> None:
        self._caller = caller
        self._kind = kind

    def let_in(self, assignment: Assignment, key: UUID, user: str, *, section: int | None, dated: bool) -> Receipt:
        """Make somebody take a course.  dated: the enrolment's window is ours; else that of who is in stays as it is."""
        where = f"course {assignment.course}"
        known = self._of(assignment.course, user)
        active = [one for one in known if one["enrollment_state"] == "active"]
        if any(_window(one) == _wanted(assignment) if dated else not _is_over(one, assignment) for one in active):
            return Receipt(200, f"user {user} is in {where} already")
        form = [
            ("enrollment[user_id]", user),
            ("enrollment[type]", self._kind),
            ("enrollment[enrollment_state]", "active"),
            ("enrollment[notify]", "false"),
        ]
        there = next(
            iter(active or sorted(known, key=lambda one: (one["course_section_id"] != section, -one["id"]))), None
        )
        chosen = section if there is None else there["course_section_id"]
        if chosen is not None:
            form.append(("enrollment[course_section_id]", str(chosen)))
        starts_at, ends_at = _wanted(assignment)
        if dated and starts_at and ends_at:
            form += [("enrollment[start_at]", _text(starts_at)), ("enrollment[end_at]", _text(ends_at))]
        self._caller.one("POST", f"/courses/{assignment.course}/enrollments", form=form, key=key)
        return Receipt(200, f"user {user} enrolled in {where}")

    def end(self, assignment: Assignment, key: UUID, user: str, *, task: str) -> Receipt:
        """Conclude, deactivate or delete what of somebody's enrolments can be."""
        done, states = _TASKS[task]
        where = f"course {assignment.course}"
        current = [one for one in self._of(assignment.course, user) if one["enrollment_state"] in states]
        ours = [one for one in current if one.get("sis_import_id") is None]
        for one in ours:
            path = f"/courses/{assignment.course}/enrollments/{one['id']}"
            self._caller.one("DELETE", path, [("task", task)], key=key)
        if ours:
            return Receipt(200, f"user {user} {done} in {where}")
        why = "was enrolled by a SIS import, which has to end it" if current else "is not in it"
        return Receipt(200, f"nothing to end in {where}: user {user} {why}")

    def _of(self, course: str, user: str) -> Sequence[Enrolment]:
        query = [("user_id", user), ("type[]", self._kind), *(("state[]", state) for state in _STATES)]
        return list(self._caller.pages(f"/courses/{course}/enrollments", query))


def _wanted(assignment: Assignment) -> tuple[datetime | None, datetime | None]:
    """Both ends or none: Canvas heeds an enrolment's dates only where it has both."""
    if assignment.starts_at is None or assignment.ends_at is None:
        return None, None
    return _whole(assignment.starts_at), _whole(assignment.ends_at)


def _window(enrolment: Enrolment) -> tuple[datetime | None, datetime | None]:
    return _instant(enrolment.get("start_at")), _instant(enrolment.get("end_at"))


def _is_over(enrolment: Enrolment, assignment: Assignment) -> bool:
    """Whether its own dates had ended it, though Canvas calls it active, when somebody was assigned."""
    _, end = _window(enrolment)
    return end is not None and assignment.starts_at is not None and end <= _whole(assignment.starts_at)


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else _whole(datetime.fromisoformat(text))


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
