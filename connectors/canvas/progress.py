"""Reading what Canvas knows about a course: module requirements, submissions and grades of everybody in it.

A course is completed once all requirements of its modules are met (Canvas API, Get bulk user progress); a course without
any is never.  An assignment is completed once it is graded, at the time when it was handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from connectors.canvas.caller import MOST_ITEMS, CanvasCaller, Wait
from connectors.canvas.users import remote_person
from connectors.contract import Progress, RemotePerson
from connectors.errors import RemoteError

_VERDICTS: Final = {"complete": True, "incomplete": False}
"""Grades of assignments that are graded so (`pass_fail`); the others have no pass mark in Canvas."""
_HANDED_IN: Final = ("graded", "submitted")
_NOT_GRADED: Final = "not_graded"
_FIELDS: Final = (
    *("user_id", "assignment_id", "workflow_state", "score", "grade"),
    *("excused", "missing", "submitted_at", "graded_at"),
)
"""What is read of a submission: not what learners wrote, nor their files (canvas-lms: Api::V1::Submission)."""
_WORDY: Final = 25
"""Assignments a page: each comes with its whole text."""

Submission = Mapping[str, Any]


class ProgressReader:
    """One reading of one course, a hundred rows a request."""

    def __init__(self, caller: CanvasCaller, course: str, wait: Wait) -> None:
        self._caller = caller
        self._course = course
        self._wait = wait

    def read(self) -> Iterator[Progress]:
        """For each person first the course, then the assignments that they handed in.  Raises RemoteError."""
        users = self._users()
        completed = self._completions()
        assignments = {one["id"]: one for one in self._pages("assignments", size=_WORDY)}
        submissions = self._submissions()
        for user in users:
            person = remote_person(user)
            yield self._course_of(person, user, completed.get(person.id))
            for submission in submissions.get(person.id, ()):
                if assignment := assignments.get(submission["assignment_id"]):
                    yield self._activity(person, assignment, submission)

    def _pages(self, what: str, *query: tuple[str, str], size: int = MOST_ITEMS) -> Iterator[Any]:
        return self._caller.pages(f"/courses/{self._course}/{what}", query, self._wait, size=size)

    def _users(self) -> list[Mapping[str, Any]]:
        states = [("enrollment_state[]", state) for state in ("active", "completed")]
        included = [("include[]", "email"), ("include[]", "enrollments")]
        return list(self._pages("users", ("enrollment_type[]", "student"), *states, *included))

    def _completions(self) -> Mapping[str, datetime]:
        """When whom of the course's students met all requirements; nobody, where it has none."""
        try:
            rows = list(self._pages("bulk_user_progress"))
        except RemoteError as error:
            if error.remote_status != HTTPStatus.BAD_REQUEST:
                raise
            return {}
        told = ((str(row["id"]), (row.get("progress") or {}).get("completed_at")) for row in rows)
        return {user: datetime.fromisoformat(at) for user, at in told if at}

    def _submissions(self) -> Mapping[str, list[Submission]]:
        """By user what was handed in; of each learner and assignment Canvas has a row from the first day, so those are asked for."""
        found: dict[str, dict[int, Submission]] = {}
        for state in _HANDED_IN:
            query = [("student_ids[]", "all"), ("workflow_state", state), ("exclude_response_fields[]", "preview_url")]
            fields = [("response_fields[]", name) for name in _FIELDS]
            for row in self._pages("students/submissions", *query, *fields):
                found.setdefault(str(row.get("user_id")), {})[row["assignment_id"]] = row
        return {user: [rows[number] for number in sorted(rows)] for user, rows in found.items()}

    def _course_of(self, person: RemotePerson, user: Mapping[str, Any], completed_at: datetime | None) -> Progress:
        scores = [
            score
            for one in user.get("enrollments") or ()
            if (score := (one.get("grades") or {}).get("final_score")) is not None
        ]
        raw = Decimal(scores[0]) if scores else None
        return Progress(
            person=person,
            course=self._course,
            completed_at=completed_at,
            passed=True if completed_at else None,
            raw=raw,
            minimum=None if raw is None else Decimal(0),
            maximum=None if raw is None else Decimal(100),
        )

    def _activity(self, person: RemotePerson, assignment: Mapping[str, Any], submission: Submission) -> Progress:
        points = Decimal(assignment.get("points_possible") or 0)
        graded = submission["workflow_state"] == "graded" and not submission.get("excused")
        score = submission.get("score") if graded and points else None
        return Progress(
            person=person,
            course=self._course,
            activity=str(assignment["id"]),
            title=assignment.get("name"),
            completed_at=_completed(assignment, submission),
            passed=_VERDICTS.get(submission.get("grade") or "") if graded else None,
            raw=None if score is None else Decimal(score),
            minimum=None if score is None else Decimal(0),
            maximum=None if score is None else points,
            graded_at=_instant(submission.get("graded_at")) if graded else None,
        )


def _completed(assignment: Mapping[str, Any], submission: Submission) -> datetime | None:
    """When it was handed in, or graded where it is graded without that; a nought for what never came completes nothing."""
    handed_in, graded = submission.get("submitted_at"), submission["workflow_state"] == "graded"
    if submission.get("excused") or (submission.get("missing") and not handed_in):
        return None
    if not graded:
        return _instant(handed_in) if assignment.get("grading_type") == _NOT_GRADED else None
    return _instant(handed_in or submission.get("graded_at"))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
