"""docs/openedx.md: each statement that it shows does what it says of it."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lrs.errors import ProwessError
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.rules.source_page import source_page

PAGE = source_page("openedx.md", "open-edx", until="\n## Push to it")
STATEMENTS, ROWS, decided = PAGE.statements, PAGE.rows, PAGE.decided
PASSED, COURSE, SUBSECTION, PROBLEM, PART = STATEMENTS


def award(asked: str, *statements: dict[str, Any]) -> str:
    return str(decided(asked, *statements).state.award)


@pytest.mark.parametrize(("asked", "statement"), list(zip(ROWS, STATEMENTS, strict=True)))
def test_what_open_edx_says_is_taken_for_what_the_table_says(asked: str, statement: dict[str, Any]) -> None:
    assert award(asked, statement) == "valid"
    assert [other for other in ROWS if award(other, statement) == "valid"] == [asked]


def test_a_subsection_below_full_marks_was_failed_whatever_score_was_asked_for() -> None:
    """Open edX calls everything but full marks no success; the score decides where one is asked for."""
    assert award("{passed: exam, min_score: 0.85}", SUBSECTION) == "valid"
    assert award("{passed: exam, min_score: 0.86}", SUBSECTION) == "none"
    assert award("{passed: exam}", SUBSECTION) == "none"


def later(statement: dict[str, Any], **result: Any) -> dict[str, Any]:
    told = {**deepcopy(statement), "timestamp": "2026-03-04T09:00:00.000Z"}
    return {**told, "result": {**told["result"], **result}} if result else told


def test_what_is_passed_no_more_is_taken_back_where_the_latest_is_asked_for_and_something_else_is_missing() -> None:
    failed = {**later(PASSED), "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    done = {**PART, "timestamp": "2026-03-05T09:00:00.000Z"}
    asked = "{all: [{passed: course%s}, {completed: film}]}"
    assert award(asked % "", PASSED, failed, done) == "valid"
    assert award(asked % ", score: latest", PASSED, failed, done) == "none"
    assert award("{passed: course, score: latest}", PASSED, failed) == "valid"


def test_that_a_course_was_failed_by_its_own_pass_mark_says_nothing_of_a_score() -> None:
    failed = {**later(PASSED), "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
    done = {**PART, "timestamp": "2026-03-05T09:00:00.000Z"}
    asked = "{all: [{passed: course, min_score: 0.80, score: latest}, {completed: film}]}"
    assert award(asked, COURSE, failed, done) == "valid"


def test_a_grade_that_rises_counts_when_it_has_risen() -> None:
    first = later(SUBSECTION, score={"scaled": Decimal("0.5"), "raw": 10, "min": 0, "max": 20})
    assert award("{passed: exam, min_score: 0.80}", first) == "none"
    assert award("{passed: exam, min_score: 0.80}", first, SUBSECTION) == "valid"


def test_a_part_that_was_begun_is_not_done() -> None:
    begun = later(PART, completion=False)
    decision = decided("{completed: film}", begun)
    assert (decision.state.award, decision.state.progress) == ("none", "in_progress")


BROKEN = {
    "a score from 0 to 0": later(SUBSECTION, score={"scaled": 0, "raw": 0, "min": 0, "max": 0}),
    "id is no IRI": {
        **deepcopy(PART),
        "context": {"contextActivities": {"grouping": [{"id": "438AD672-DE2C-4F0B-8876-35444E7DD746"}]}},
    },
    "`objectType: GroupActivity`": {
        **deepcopy(PROBLEM),
        "object": {**PROBLEM["object"], "objectType": "GroupActivity"},
    },
}


@pytest.mark.parametrize("named", BROKEN)
def test_what_is_not_xapi_is_set_aside_alone_by_the_key_of_the_page(named: str) -> None:
    assert named in PAGE.text
    body = json.dumps([PASSED, BROKEN[named], PART], default=float).encode()

    def read(**more: Any) -> Any:
        authority = {"account": {"homePage": "https://prowess.example", "name": "open-edx"}}
        return prepare(body, version=Version.V1_0_3, authority=authority, new_id=lambda: next(ids), **more)

    ids = iter(UUID(int=number) for number in range(1, 9))
    with pytest.raises(ProwessError):
        read()
    batch = read(set_aside_id=lambda *_: UUID(int=99))
    assert (len(batch.statements), len(batch.set_aside)) == (2, 1)


def test_what_comes_really_is_what_the_page_shows(corpus: Path) -> None:
    """Each statement of a real transformer is read, and each kind that the page shows is among them in the same shape."""
    file = corpus / "openedx_live" / "statements.jsonl"
    if not file.exists():
        pytest.skip(f"no recordings in {file.parent}")
    real = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for shown in STATEMENTS:
        alike = [one for one in real if _kind(one) == _kind(shown)]
        assert alike or shown is PART, _kind(shown)
        for one in alike[:1]:
            assert sorted(shown.get("result", ())) == sorted(one.get("result", ()))
            assert sorted(shown.get("result", {}).get("score", ())) == sorted(one.get("result", {}).get("score", ()))


def _kind(statement: dict[str, Any]) -> tuple[str, str]:
    return statement["verb"]["id"], statement["object"]["definition"]["type"]
