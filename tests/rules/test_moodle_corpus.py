"""Real Moodle traffic: who reached the score is certified, whatever pass mark the teacher had set."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lrs.people.roster import Person
from lrs.yaml_door import load
from rules.decide import EVERYTHING, FOREVER, Evidence, Facts, decide, evidence_of
from rules.language import Ruleset, load_programs

QUIZ, ASSIGNMENT, PAGE = "mod/quiz/view.php?id=7", "mod/assign/view.php?id=8", "mod/page/view.php?id=5"

PROGRAMS = f"""
{{kind: source, id: moodle, match: {{platform: Moodle}}, profile: moodle-logstore}}
---
{{kind: activity, id: quiz, iris: ["http://127.0.0.1:8088/{QUIZ}"]}}
---
{{kind: activity, id: assignment, iris: ["http://127.0.0.1:8088/{ASSIGNMENT}"]}}
---
{{kind: activity, id: page, iris: ["http://127.0.0.1:8088/{PAGE}"]}}
---
{{kind: activity, id: course, iris: ["http://127.0.0.1:8088/course/view.php?id=2"]}}
---
{{kind: certification, id: quiz-half, require: {{passed: quiz, min_score: 0.50}}}}
---
{{kind: certification, id: assignment-seventy, require: {{passed: assignment, min_score: 0.70}}}}
---
{{kind: certification, id: course-half, require: {{passed: course, min_score: 0.50}}}}
---
{{kind: certification, id: read, require: {{completed: page}}}}
---
{{kind: certification, id: finished, require: {{completed: course}}}}
"""


@pytest.fixture(scope="module")
def statements(corpus: Path) -> list[dict[str, Any]]:
    lines = (corpus / "moodle_live" / "statements.jsonl").read_text().splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load_programs(load(PROGRAMS, "moodle.yaml"))


def by_person(statements: list[dict[str, Any]]) -> dict[str, list[Evidence]]:
    rows: dict[str, list[Evidence]] = defaultdict(list)
    for number, statement in enumerate(statements):
        if "mbox" in statement["actor"]:
            rows[statement["actor"]["mbox"]] += evidence_of({"id": f"{number:032x}", **statement})
    return rows


def certified(ruleset: Ruleset, program: str, rows: dict[str, list[Evidence]]) -> set[str]:
    decisions = {
        who: decide(ruleset, program, Facts(Person(who), found), as_of=FOREVER - 1) for who, found in rows.items()
    }
    assert not any(decision.state.flags for decision in decisions.values())
    return {who for who, decision in decisions.items() if decision.state.award == "valid"}


@pytest.mark.parametrize(
    ("program", "part", "least", "at_least"),
    [
        ("quiz-half", "mod/quiz/attempt.php", "0.50", 3),
        ("assignment-seventy", "mod/assign/view.php?id=8#submission", "0.70", 3),
    ],
)
def test_exactly_those_who_reached_the_score(
    statements: list[dict[str, Any]], ruleset: Ruleset, program: str, part: str, least: str, at_least: int
) -> None:
    reached = set()
    for statement in statements:
        score = (statement.get("result") or {}).get("score")
        if score and part in statement["object"]["id"] and Decimal(score["raw"]) >= Decimal(least) * score["max"]:
            reached.add(statement["actor"]["mbox"])
    assert len(reached) >= at_least
    assert certified(ruleset, program, by_person(statements)) == reached


def test_an_attempt_counts_for_its_quiz_only(statements: list[dict[str, Any]], ruleset: Ruleset) -> None:
    assert certified(ruleset, "course-half", by_person(statements)) == set()


@pytest.mark.parametrize(("program", "part"), [("read", PAGE), ("finished", "course/view.php?id=2")])
def test_completions_outlast_the_uncompleted_of_their_second(
    statements: list[dict[str, Any]], ruleset: Ruleset, program: str, part: str
) -> None:
    done = {
        statement["actor"]["mbox"]
        for statement in statements
        if statement["object"]["id"].endswith(part) and statement["verb"]["id"].endswith("/completed")
    }
    assert done
    assert certified(ruleset, program, by_person(statements)) == done


def test_retries_count_once(statements: list[dict[str, Any]], ruleset: Ruleset) -> None:
    rows = by_person(statements)
    twice = {
        who: [*found, *(row._replace(statement="f" + row.statement) for row in found)] for who, found in rows.items()
    }
    for who, found in rows.items():
        once, again = (
            decide(ruleset, "quiz-half", Facts(Person(who), r), as_of=FOREVER - 1, known_at=EVERYTHING)
            for r in (found, twice[who])
        )
        assert once.state == again.state
