"""What Open edX's refusals mean for a delivery: try later, hold everything, or give up.

It has no error codes for enrolments, only a status and a sentence; the sentences are those of
openedx/core/djangoapps/enrollments/views.py and lms/djangoapps/grades/rest_api.  What is not known here is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from connectors.errors import RemoteError, SystemDown
from connectors.http import Answer

KNOWN: Final = frozenset({400, 403, 404, 405, 406, 422})
"""Statuses that are explained here; the others mean with Open edX what they mean with everybody."""

NOT_FOUND: Final = "nothing-found"
"""Of a 404 that says nothing: there is none, or the application's user may not see it."""
NO_USER: Final = "no-user"
NO_COURSE: Final = "no-course"
NO_MODE: Final = "no-mode"
CLOSED: Final = "enrollment-closed"

_STAFF: Final = "make the application's user staff: Admin > Users > Staff status"
_WHICH_COURSE: Final = "is `course` the key of a course run, as in its address?"
_SENTENCES: Final = (
    ("No course", NO_COURSE),
    ("course mode is expired or otherwise unavailable", NO_MODE),
    ("An error occurred while creating the new course enrollment", CLOSED),
    ("does not exist in this course", "no-subsection"),
    ("CourseEnrollment matching query", "not-enrolled"),
    ("User matching query", NO_USER),
)
_THIS_CALL: Final[Mapping[str, str]] = {
    NO_COURSE: _WHICH_COURSE,
    NO_MODE: "give the course this mode (Admin > Course modes), or leave `mode` out",
    NO_USER: "does the user still exist?",
    "no-subsection": "is grade.usage_id the subsection's, as Studio shows it?",
    "not-enrolled": "enrol them: Open edX keeps no grade of anybody else",
    "user_does_not_exist": "does the user still exist?",
    "course_does_not_exist": _WHICH_COURSE,
    "invalid_course_key": _WHICH_COURSE,
    "grades_frozen": "thirty days after its end a course's grades are frozen; move its end, or choose another course",
    "no_certificate_for_user": "they have none",
    "no_certificate_configuration_for_course": "set certificates up in the course",
    "course_id_not_valid": _WHICH_COURSE,
}
"""What trying again cannot change."""
_LATER: Final[Mapping[str, str]] = {
    CLOSED: "is enrolment closed, full or by invitation only?  force_enrollment: true enrols all the same",
    "feature_not_enabled": "switch the flag grades.writable_gradebook on: Admin > Waffle_Utils or Django-Waffle > Flags",
    "user_permissions": f"{_STAFF}, or course staff",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a refusal said: a sentence, and the code that Open edX or we have for it."""

    text: str
    code: str | None


def said_by(answer: Answer) -> Said:
    """What an answer says of why it refuses, in whichever of its forms."""
    if not answer.body.strip():
        return Said("", NOT_FOUND if answer.status == 404 else None)
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Said("", None)
    rows = told if isinstance(told, list) else [told]
    texts = [text for row in rows if isinstance(row, dict) for text in _texts(row)]
    code = next((str(row["error_code"]) for row in rows if isinstance(row, dict) and "error_code" in row), None)
    text = "; ".join(texts)
    known = next((ours for sentence, ours in _SENTENCES if sentence in text), None)
    return Said(text, code or known or (NO_USER if answer.status == 406 else None))


def refusal(call: str, answer: Answer, redacted: Callable[[str], str]) -> RemoteError:
    """The error for an answer whose status is one of KNOWN.  call: method and path."""
    said = said_by(answer)
    message = redacted(f"Open edX refused {call}: {answer.status} {said.text}".rstrip())[:1000]
    told: Mapping[str, Any] = {"remote_status": answer.status, "remote_code": said.code}
    code = said.code or ""
    if code in _THIS_CALL:
        return RemoteError(message, retryable=False, hint=_THIS_CALL[code], **told)
    if code in _LATER:
        return RemoteError(message, retryable=True, hint=_LATER[code], **told)
    if answer.status == 405:
        return SystemDown(message, hint="this Open edX has no such call; is it an old one?", **told)
    if answer.status == 404:
        return SystemDown(message, hint=f"{_STAFF}; and is the address the LMS's?", **told)
    if answer.status == 403:
        return RemoteError(
            message, retryable=True, hint=f"{_STAFF}; if they are, an embargo or a plug-in forbids it", **told
        )
    return RemoteError(message, retryable=True, **told)


def _texts(row: Mapping[str, Any]) -> list[str]:
    """The sentences of one object; a row of bulk-update that was taken says none."""
    words = ("message", "developer_message", "detail", "reason", "error", "error_description")
    return [str(row[word]) for word in words if row.get(word)]
