"""What Moodle's error codes mean for a delivery: try later, hold everything, or give up.

A code that is not listed here is tried again: repeating is harmless, and giving up comes after 72 hours anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.errors import RemoteError, SystemDown

_SERVICE: Final[Mapping[str, str]] = {
    "invalidtoken": "make a new token: Site administration > Server > Web services > Manage tokens",
    "invalidtimedtoken": "the token has expired; make a new one under Manage tokens",
    "invalidiptoken": "the token is bound to another IP address; change it under Manage tokens",
    "accessexception": "add the function to the external service, and the token's user to its authorised users",
    "servicenotavailable": "enable the external service and the REST protocol",
    "sitemaintenance": "the site is in maintenance mode",
    "upgraderunning": "the site is being upgraded",
    "dbconnectionfailed": "the site cannot reach its database",
    "dmlconnectionexception": "the site cannot reach its database",
    "dmlreadexception": "the site's database failed",
    "dmlwriteexception": "the site's database failed",
    "locktimeout": "the site is busy",
}
NO_CRITERIA: Final = "nocriteriaset"

_THIS_CALL: Final[Mapping[str, str]] = {
    "invalidparameter": "does the course exist?  With debugging on, Moodle says which parameter it means",
    "invalidrecord": "does the course or the user still exist?",
    "codingerror": "does the user still exist?",
    "invaliduser": "does the user still exist?",
    "invalidcoursemodule": "is grade.cmid the id in the activity's address (…/view.php?id=N)?",
    "errorcoursecontextnotvalid": "does the course exist, and may the token's user see it?",
    "wsnoinstance": "add the enrolment method 'Manual enrolments' to the course",
    "wsusercannotassign": "let the role of the token's user assign the role (Allow role assignments)",
    "wscannotenrol": "the course's manual enrolment method does not accept enrolments",
    "wscannotunenrol": "the course's manual enrolment method does not allow unenrolment",
    NO_CRITERIA: "set completion criteria in the course",
}
_PERMISSION: Final[Mapping[str, str]] = {
    "nopermissions": "give the token's user the capability in this course; see docs/connectors.md",
    "nopermissiontoviewgrades": "give the token's user moodle/grade:edit and moodle/grade:viewall in this course",
    "requireloginerror": "give the token's user moodle/course:view",
}


def refusal(function: str, said: Mapping[str, str]) -> RemoteError:
    """The error for an `exception` answer, already free of secrets."""
    code = said.get("errorcode", "")
    detail = " ".join(part for part in (said.get("message"), said.get("debuginfo")) if part)
    message = f"Moodle refused {function}: {code}: {detail}"[:1000]
    if "external_functions" in detail:
        hint = "this Moodle has no such function; is it 4.1 or later?"
        return SystemDown(message, hint=hint, remote_status=200, remote_code=code)
    if code in _SERVICE:
        return SystemDown(message, hint=_SERVICE[code], remote_status=200, remote_code=code)
    hints = {**_PERMISSION, **_THIS_CALL}
    return RemoteError(
        message, retryable=code not in _THIS_CALL, hint=hints.get(code), remote_status=200, remote_code=code
    )


GRADE_OK: Final = 0
_GRADE_ANSWERS: Final[Mapping[int, tuple[str, str]]] = {
    1: ("failed", "is grade.component the module of grade.cmid, and is it graded?"),
    2: ("several grade items fit", "set grade.itemnumber"),
    3: ("the grade item was deleted", "choose another activity"),
    4: ("the grade item is locked", "unlock it in the gradebook, then: prowess connect deliveries --retry-dead"),
}


def grade_refusal(code: object) -> RemoteError:
    """The error for an answer of core_grades_update_grades other than 0 (lib/grade/constants.php)."""
    meaning, hint = (
        _GRADE_ANSWERS.get(code, ("unknown answer", "")) if isinstance(code, int) else ("unknown answer", "")
    )
    return RemoteError(
        f"Moodle did not take the grade: {code} ({meaning})", retryable=False, hint=hint or None, remote_status=200
    )
