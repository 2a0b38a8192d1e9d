"""Grades in a Canvas: the points, and beside them a comment with the validity, each written once.

Canvas keeps every comment that it is sent, so one that was sent and whose answer was lost has to be found again: it is the
last of ours on the submission.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from connectors.canvas.caller import CanvasCaller
from connectors.contract import Receipt, Result
from connectors.lms.orders import feedback

_OURS: Final = "(Prowess)"
"""What a comment of ours ends with."""


class Grades:
    """The submissions of one Canvas, as far as grading them goes."""

    def __init__(self, caller: CanvasCaller) -> None:
        self._caller = caller

    def write(self, result: Result, assignment: int, key: UUID, user: str) -> Receipt:
        """Let a submission have the grade of a result and its words as the last comment of ours."""
        path = f"/courses/{result.course}/assignments/{assignment}/submissions/{user}"
        there = self._caller.one("GET", path, [("include[]", "submission_comments")])
        said = feedback(result)
        form = []
        if not _has(there, result.grade):
            form.append(("submission[posted_grade]", f"{result.grade:f}"))
        if _last_comment(there) != said:
            form.append(("comment[text_comment]", said))
        if form:
            self._caller.one("PUT", path, form=form, key=key)
        return Receipt(200, f"user {user} graded {result.grade:f} in assignment {assignment}")


def _has(submission: Mapping[str, Any], grade: Decimal) -> bool:
    """Whether it stands there as it was entered, whatever a late policy takes off."""
    entered = submission.get("entered_score", submission.get("score"))
    return submission.get("workflow_state") == "graded" and entered is not None and Decimal(entered) == grade


def _last_comment(submission: Mapping[str, Any]) -> str | None:
    comments = [one for one in submission.get("submission_comments") or () if one["comment"].endswith(_OURS)]
    return max(comments, key=lambda one: (one["created_at"], one["id"]))["comment"] if comments else None
