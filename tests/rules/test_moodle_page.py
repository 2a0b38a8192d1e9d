"""docs/moodle.md: each statement that it shows does what it says of it."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lrs.people.roster import Person
from lrs.yaml_door import load
from rules.decide import FOREVER, Decision, Facts, decide, evidence_of
from rules.language import load_programs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "moodle.md").read_text("utf-8")
DOCUMENTS = "\n---\n".join(re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL))
STATEMENTS = [
    json.loads(text, parse_float=Decimal) for text in re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
]
ROWS = re.findall(r"^\| [^|]+ \| `(\{(?:passed|completed): .*?\})` \|", PAGE, re.MULTILINE)
QUIZ, GRADE, MODULE, COURSE = STATEMENTS


def decided(asked: str, *statements: dict[str, Any]) -> Decision:
    program = f"{{kind: certification, id: p, title: P, version: 1, effective: 2026-01-01, require: {asked}}}"
    ruleset = load_programs(load(f"{DOCUMENTS}\n---\n{program}", "moodle.md"))
    rows = [
        row
        for number, statement in enumerate(statements)
        for row in evidence_of({"id": f"{number:032x}", **statement}, credential="moodle")
    ]
    return decide(ruleset, "p", Facts(Person("ada"), rows), as_of=FOREVER - 1)


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
