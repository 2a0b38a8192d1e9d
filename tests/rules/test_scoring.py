"""The score that goes with an award."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from rules.decide import Facts, decide
from rules.decide.scores import share_of
from rules.decisions.scoring import score_of
from tests.rules.world import ADA_PERSON, SITES, at, base, noon, passed, rows, rules, said

MOODLE = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"


def score(*statements: Any, day: str = "2026-04-01", program: str | None = None) -> str | None:
    ruleset = rules(program or base(require="{passed: exam}"))
    facts = Facts(ADA_PERSON, rows(statements), SITES)
    return score_of(ruleset, facts, decide(ruleset, "base", facts, as_of=at(day)).as_json())


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"scaled": 0.9}, "0.9000"),
        ({"scaled": 0.12345}, "0.1234"),
        ({"scaled": 0.12355}, "0.1236"),
        ({"raw": 24, "max": 30}, "0.8000"),
        ({"raw": 12, "min": 10, "max": 20}, "0.2000"),
        ({"raw": 24, "max": 30, "scaled": 0.5}, "0.8000"),
        ({"raw": 24, "scaled": 0.5}, "0.5000"),
        ({"max": 30, "scaled": 0.5}, "0.5000"),
        ({"raw": 5, "min": 5, "max": 5, "scaled": 0.5}, "0.5000"),
        ({"raw": 31, "max": 30}, "1.0000"),
        ({"raw": -1, "max": 30}, "0.0000"),
        ({"raw": 24}, None),
        ({}, None),
    ],
)
def test_the_score_is_a_share_of_what_could_be_reached(sent: dict[str, Any], expected: str | None) -> None:
    assert score(said("exam", noon("2026-03-10"), score=sent)) == expected


def test_without_evidence_there_is_no_score() -> None:
    assert score() is None
    assert score(said("exam", noon("2026-03-10"), "failed", score={"scaled": 0.4})) is None


def test_only_statements_that_were_used_have_a_say() -> None:
    used, retake = passed(noon("2026-03-10"), scaled=0.9), passed(noon("2026-03-11"), scaled=0.7)
    assert score(used, retake, passed(noon("2026-03-12"), "a", scaled=0.5)) == "0.9000"


def test_the_newest_of_several_scores_counts() -> None:
    both = base(require="{all: [{passed: exam}, {passed: a}]}")
    early, late = passed(noon("2026-03-10"), scaled=0.9), passed(noon("2026-03-11"), "a", scaled=0.7)
    assert score(early, late, program=both) == score(late, early, program=both) == "0.7000"
    assert score(early, said("a", noon("2026-03-11")), program=both) == "0.9000"


def test_of_two_at_one_instant_the_content_decides_and_not_arrival() -> None:
    both = base(require="{all: [{passed: exam}, {passed: a}]}")
    one, other = passed(noon("2026-03-10"), scaled=0.9), passed(noon("2026-03-10"), "a", scaled=0.7)
    assert score(one, other, program=both) == score(other, one, program=both)


def test_a_score_is_read_by_the_scale_of_its_source() -> None:
    sent = said("exam", noon("2026-03-10"), score={"scaled": 0.5})
    moodle = base(require="{passed: exam}") + MOODLE
    assert score({**sent, "context": {"platform": "Moodle"}}, program=moodle) == "0.7500"
    assert score(sent, program=moodle) == "0.5000"
    assert score({**said("exam", noon("2026-03-10")), "context": {"platform": "Moodle"}}, program=moodle) is None


@pytest.mark.parametrize(
    ("sent", "scale", "share"),
    [
        ({"scaled": 0.5}, "zero_to_one", "0.5"),
        ({"scaled": 0.5}, "minus_one_to_one", "0.75"),
        ({"scaled": 0.5}, "ignore", None),
        ({"raw": 1, "max": 4}, "ignore", "0.25"),
        ({}, "minus_one_to_one", None),
    ],
)
def test_a_scale_says_how_a_scaled_score_is_read(sent: dict[str, Any], scale: Any, share: str | None) -> None:
    (found,) = rows([said("exam", noon("2026-03-10"), score=sent)])
    assert share_of(found, scale) == (None if share is None else Decimal(share))
