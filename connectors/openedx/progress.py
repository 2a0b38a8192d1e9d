"""Reading what Open edX knows about a course: grades of everybody enrolled, and when those who passed got a certificate.

lms/djangoapps/grades/rest_api/v1/views.py, CourseGradesView; lms/djangoapps/certificates/apis/v0/views.py.  When somebody
passed is said nowhere but on their certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from connectors.contract import Progress
from connectors.errors import RemoteError, SystemDown
from connectors.openedx.caller import OpenEdxCaller
from connectors.openedx.refusals import NOT_FOUND
from connectors.openedx.users import remote_person

_PAGE: Final = "100"
_NONE: Final = frozenset({"no_certificate_for_user", "no_certificate_configuration_for_course", NOT_FOUND})


class ProgressReader:
    """One reading of one course: a call for each hundred people, one more for each who passed."""

    def __init__(self, caller: OpenEdxCaller, course: str) -> None:
        self._caller = caller
        self._course = course

    def read(self) -> Iterator[Progress]:
        """One for each person who is actively enrolled.  Raises RemoteError."""
        page = self._caller.get(f"/api/grades/v1/courses/{self._caller.quoted(self._course)}/", {"page_size": _PAGE})
        seen: set[str] = set()
        while True:
            yield from map(self._progress, page.get("results", ()))
            address = page.get("next")
            if not address:
                return
            if address in seen:
                raise SystemDown("Open edX names the same page of grades twice as the next one")
            seen.add(address)
            page = self._caller.next_page(address)

    def _progress(self, row: Mapping[str, Any]) -> Progress:
        passed = row.get("passed") is True
        return Progress(
            person=remote_person(row),
            course=self._course,
            completed_at=self._certified_at(row["username"]) if passed else None,
            passed=passed or None,  # whoever has not passed may still be at it
            raw=Decimal(row.get("percent", 0)),
            minimum=Decimal(0),
            maximum=Decimal(1),
        )

    def _certified_at(self, username: str) -> datetime | None:
        user, course = self._caller.quoted(username), self._caller.quoted(self._course)
        try:
            found = self._caller.get(f"/api/certificates/v0/certificates/{user}/courses/{course}/")
        except RemoteError as error:
            if error.remote_code in _NONE:
                return None
            raise
        created = found.get("created_date")
        return datetime.fromisoformat(created) if created and found.get("is_passing", True) else None
