"""A learner's own due date of an assignment, as an override for them alone.

Canvas takes a learner into one override of an assignment at most.  Those of teachers stay as they are; ours bear our name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connectors.canvas.caller import CanvasCaller, Pairs

TITLE: Final = "Prowess"
_LAST_MINUTE: Final = time(23, 59, 59)
"""What Canvas itself takes for the end of a day, and shows as a day without an hour."""


class DueDates:
    """The due dates that are ours in one Canvas."""

    def __init__(self, caller: CanvasCaller) -> None:
        self._caller = caller
        self._zones: dict[str, ZoneInfo] = {}

    def put(self, course: str, assignment: int, user: str, due_on: date | None, key: UUID) -> str:
        """Let somebody have until the end of that day, in the course's time zone; None takes ours away.  Says what was done."""
        path = f"/courses/{course}/assignments/{assignment}/overrides"
        found = next((one for one in self._caller.pages(path) if user in map(str, one.get("student_ids") or ())), None)
        if found is not None and found.get("title") != TITLE:
            return f"due date left as the override '{found.get('title')}' has it"
        if due_on is None:
            if found is not None:
                self._caller.one("DELETE", f"{path}/{found['id']}", key=key)
            return "no due date"
        due_at = self._end_of(course, due_on)
        if found is None:
            form = [("assignment_override[student_ids][]", user), ("assignment_override[title]", TITLE)]
            self._caller.one("POST", path, form=[*form, _due(due_at)], key=key)
        elif _moment(found.get("due_at")) != due_at:
            self._caller.one("PUT", f"{path}/{found['id']}", form=[_due(due_at), *_kept(found)], key=key)
        return f"due {due_on}"

    def _end_of(self, course: str, day: date) -> datetime:
        if course not in self._zones:
            self._zones[course] = _zone(self._caller.one("GET", f"/courses/{course}").get("time_zone"))
        return datetime.combine(day, _LAST_MINUTE, self._zones[course]).astimezone(UTC)


def _due(at: datetime) -> tuple[str, str]:
    return "assignment_override[due_at]", f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _kept(override: Mapping[str, Any]) -> Pairs:
    """The other dates of an override, which Canvas drops where a change leaves them out."""
    return [(f"assignment_override[{name}]", override[name]) for name in ("unlock_at", "lock_at") if override.get(name)]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
