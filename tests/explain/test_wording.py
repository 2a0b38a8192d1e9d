"""Programs in plain words: every word of the language has one, and no id or ISO period is left."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from lrs.days import day_words
from lrs.yaml_door import load
from rules.explain.program import curriculum, terms
from rules.explain.requirement import Clause, Wording, nodes_of
from rules.explain.words import listed, period_words, share_words
from rules.language import Program, Ruleset, load_programs
from rules.language.period import load_period
from tests.rules.world import base, rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "programs.md").read_text("utf-8")
EXAMPLES = [load_programs(load(text, "p.yaml")) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
SECOND = base(id="base2", title="Base 2", require="{passed: c}")
PERIOD = re.compile(r"\bP\d|\bPT\d")


def sentences(clauses: tuple[Clause, ...]) -> list[str]:
    return [text for clause in clauses for text in (clause.text, *sentences(clause.parts))]


def of(require: str, **changes: str) -> list[str]:
    ruleset = rules(f"{base(require=require, **changes)}\n---\n{SECOND}")
    return [text for part in curriculum(ruleset, ruleset.programs["base"][-1]) for text in sentences(part.clauses)]


@pytest.mark.parametrize("ruleset", EXAMPLES)
def test_the_examples_of_the_documentation_read_as_sentences(ruleset: Ruleset) -> None:
    for versions in ruleset.programs.values():
        for program in versions:
            said = [text for _, text in terms(program)]
            said += [text for part in curriculum(ruleset, program) for text in sentences(part.clauses)]
            assert len(said) > 2
            for text in said:
                assert re.match(r"[A-Z0-9“]", text), text
                assert not PERIOD.search(text), text
                assert "None" not in text, text


def test_leaves() -> None:
    for leaf, text in (
        ("{passed: a, min_score: 0.75}", "Pass A with at least 75 %"),
        ("{completed: a}", "Complete A"),
        ("{attended: a}", "Attend A"),
        ("{responded: a}", "Answer A"),
        ("{competent: a}", "Show the competency A"),
        ("{credential: a, issuer: x}", "Hand in A; issued by x"),
        ("{statement: {verb: attended, object: a}}", "Do A (“attended”)"),
        ("{signed_off: a, by: {holds: base2, relation: [manager, peer], job: [trainer, boss]}}", "Have somebody sign off A; by a manager or a peer, who is also a trainer or a boss, who is also a holder of Base 2"),
        ("{signed_off: a, by: {job: trainer, not: [self, direct-report]}}", "Have somebody sign off A; by a trainer, but not the learner or somebody who reports to the learner"),
        ("{passed: a, proctored: true, max_age: P2Y}", "Pass A; watched by a proctor; no longer ago than 2 years"),
        ("{kpi: a, agg: mean, max: 0.08, window: P6M, min_samples: 5}", "Bring the mean of A to at most 0.08 over 6 months, judged from 5 values on"),
        ("{kpi: a, min: 3, max: 5}", "Bring A to at least 3 and at most 5"),
        ("{credits: {type: CEU, min: 1.5, window: P2Y}}", "Collect 1.5 CEU within 2 years"),
        ("{signed_off: a, by: {relation: [manager, peer], count: 3, mean: 3.5, not: [self]}}", "Have somebody sign off A; by 3 different people, each of them a manager or a peer, but not the learner, with a mean of at least 3.5"),
    ):  # fmt: skip
        assert of(f"{{all: [{leaf}, {{passed: b}}]}}")[1] == text


def test_groups() -> None:
    assert of("{n_of: 2, of: [{passed: a}, {passed: b}, {passed: c}]}")[0] == "2 of these 3"
    assert of("{in_order: [{passed: a}, {passed: b}]}")[0] == "All of these, in this order"
    assert of("{in_order: {steps: [{passed: a}, {passed: b}], mode: lenient}}")[0] == "All of these"
    assert of("{all: [{passed: a}, {not: {passed: b}}]}")[2] == "This must not have happened"


def test_windows_name_the_other_criterion_by_what_it_asks() -> None:
    texts = of("{all: [{id: x, passed: a}, {passed: b, after: x, between: [P60D, P120D]}]}")
    assert texts[2] == "Pass B; from 60 days to 120 days after “Pass A”"


def test_one_line_says_the_whole_choice() -> None:
    ruleset = rules(base(require="{any: [{all: [{passed: a}, {passed: b}]}, {n_of: 1, of: [{passed: c}]}]}"))
    program: Program = ruleset.programs["base"][-1]
    line = Wording(ruleset, program).line(nodes_of(program)["any"])
    assert line == "pass A and pass B, or 1 of: pass C"


def test_words() -> None:
    assert [period_words(load_period(text)) for text in ("P1Y2M", "P30D", "PT24H", "P2W", "P1M")] == [
        "1 year and 2 months",
        "30 days",
        "24 hours",
        "2 weeks",
        "1 month",
    ]
    assert [share_words(Decimal(text)) for text in ("0.80", "1", "0.005")] == ["80 %", "100 %", "0.5 %"]
    assert day_words("2026-03-01") == "1 March 2026"
    assert day_words(None) == ""
    assert [listed(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
