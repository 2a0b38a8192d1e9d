"""docs/moodle.md: each statement that it shows does what it says of it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.rules.source_page import source_page

PAGE = source_page("moodle.md", "moodle")
STATEMENTS, ROWS, decided = PAGE.statements, PAGE.rows, PAGE.decided
QUIZ, GRADE, MODULE, COURSE = STATEMENTS


@pytest.mark.parametrize(("asked", "statement"), list(zip(ROWS, STATEMENTS, strict=True)))
def test_what_moodle_says_is_taken_for_what_the_table_says(asked: str, statement: dict[str, Any]) -> None:
    assert decided(asked, statement).state.award == "valid"
    assert [other for other in ROWS if decided(other, statement).state.award == "valid"] == [asked]


def test_the_score_of_an_attempt_is_not_the_scaled_one() -> None:
    asked = "{passed: theory, min_score: %s}"
    assert decided(asked % "0.85", QUIZ).state.award == "valid"
    assert decided(asked % "0.86", QUIZ).state.award == "none"


@pytest.mark.parametrize("place", ["parent", "object", "both"])
def test_an_attempt_at_a_quiz_without_its_type_counted_for_nothing_and_nobody_said_why(place: str) -> None:
    statement = deepcopy(QUIZ)
    if place != "object":
        del statement["context"]["contextActivities"]["parent"][0]["definition"]
    if place != "parent":
        del statement["object"]["definition"]
    for asked in ("{passed: theory, min_score: 0.80}", "{passed: theory}"):
        decision = decided(asked, statement)
        assert decision.state.award == "none"
        assert '"untyped_parent"' in json.dumps(decision.proof, default=str)
    assert "untyped_parent" not in json.dumps(decided("{completed: course}", statement).proof, default=str)
    assert "untyped_parent" not in json.dumps(decided("{passed: course}", QUIZ).proof, default=str)


def test_what_was_completed_is_taken_back() -> None:
    reset = {**MODULE, "timestamp": "2026-03-04T12:00:00.000Z"}
    reset["verb"] = {"id": "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"}
    asked = "{all: [{completed: handbook}, {completed: course}]}"
    assert decided(asked, MODULE, COURSE).state.award == "valid"
    assert decided(asked, MODULE, reset, COURSE).state.award == "none"
