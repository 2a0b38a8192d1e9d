"""What a person's page says that happened, and that time alone will bring."""

from __future__ import annotations

from typing import Any

import pytest

from rules.explain.timeline import events


def stretch(at: int, assignment: str, award: str) -> dict[str, Any]:
    return {
        "from_us": at,
        "assignment": assignment,
        "award": award,
        "overdue": 0,
        "renewable": 0,
        "expires_day": None,
        "due_day": None,
    }


@pytest.mark.parametrize(
    ("assignment", "text"), [("required", "Ended: the whole program has to be done again"), ("withdrawn", "Ends")]
)
def test_of_nobody_who_is_not_asked_any_more_something_is_foretold_to_be_done(assignment: str, text: str) -> None:
    found = events([stretch(1, "required", "valid"), stretch(2, assignment, "valid"), stretch(3, assignment, "lapsed")])
    assert [(event.at, event.text) for event in found if event.word == "lapsed"] == [(3, text)]
