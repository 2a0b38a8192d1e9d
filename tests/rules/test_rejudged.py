"""Of a new ruleset: which programs judge otherwise than before, so that nobody else is decided again."""

from __future__ import annotations

from datetime import date

import pytest

from lrs.people.roster import Person, Position
from lrs.yaml_door import load
from rules.decide import Facts, decide, evidence_of, judged_by, rejudged
from rules.language import load_programs
from rules.language.model import Ruleset
from tests.rules.world import at, noon, passed, said

PROGRAMS = """
kind: certification
id: base
title: Base
effective: 2024-01-01
for: {job: operator}
due: {within: P30D}
require: {all: [{passed: exam, min_score: 0.80}, {completed: course}]}
valid: {for: P1Y}
escalate: ladder
---
{kind: certification, id: senior, effective: 2024-01-01, require: {all: [{holds: base}, {passed: interview}]}}
---
{kind: certification, id: head, effective: 2024-01-01, require: {holds: senior}}
---
kind: certification
id: watched
effective: 2024-01-01
require: {signed_off: task, by: {holds: senior}}
---
{kind: certification, id: points, effective: 2024-01-01, require: {credits: {type: cpd, min: 2}}}
---
{kind: certification, id: apart, effective: 2024-01-01, require: {passed: quiz}}
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: course, title: Course, iris: ["https://x.example/course"]}
---
{kind: activity, id: interview, title: Interview, iris: ["https://x.example/interview"]}
---
{kind: activity, id: task, title: Task, iris: ["https://x.example/task"]}
---
{kind: activity, id: quiz, title: Quiz, iris: ["https://x.example/quiz"]}
---
{kind: activity, id: talk, iris: ["https://x.example/talk"], credits: [{type: cpd, amount: 2, on: completed}]}
---
{kind: source, id: lms, match: {credential: lms}, profile: default}
---
{kind: escalation, id: ladder, title: Ladder, steps: [{at: due, tell: [learner]}]}
"""
EVERYTHING = {"base", "senior", "head", "watched", "points", "apart"}
ON_BASE = {"base", "senior", "head", "watched"}


def rules(text: str) -> Ruleset:
    return load_programs(load(text, "programs.yaml"))


CHANGES = [
    ("title: Quiz", "title: A quiz", {"apart"}),
    ("x.example/quiz", "x.example/quiz2", {"apart"}),
    ('iris: ["https://x.example/quiz"]', 'iris: ["https://x.example/quiz"], move_on: Completed', set()),
    ("require: {passed: quiz}", "require: {completed: quiz}", {"apart"}),
    ("amount: 2, on", "amount: 1, on", {"points"}),
    ("min_score: 0.80", "min_score: 0.95", ON_BASE),
    ("title: Base", "title: The base", ON_BASE),
    ("within: P30D", "within: P60D", ON_BASE),
    ("for: {job: operator}", "for: {job: clerk}", ON_BASE),
    ("{for: P1Y}", "{for: P2Y}", ON_BASE),
    ("{passed: interview}", "{completed: interview}", {"senior", "head", "watched"}),
    ("require: {holds: senior}", "require: {holds: base}", {"head"}),
    ("by: {holds: senior}", "by: {holds: base}", {"watched"}),
    ('"https://x.example/task"]', '"https://x.example/task"], counts_for: [{id: quiz}]', {"apart", "watched"}),
    ("profile: default", "profile: default, governs: true", EVERYTHING),
    ("at: due,", "at: due+P1D,", EVERYTHING),
    ("kind: certification\nid: base", "# a note\nkind: certification\nid: base", set()),
]


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES, ids=[new for _, new, _ in CHANGES])
def test_a_change_concerns_the_programs_that_judge_otherwise(old: str, new: str, expected: set[str]) -> None:
    assert old in PROGRAMS
    before, after = rules(PROGRAMS), rules(PROGRAMS.replace(old, new))
    assert rejudged(before, after) == expected
    facts = operator()
    for program in EVERYTHING - expected:
        one, other = (decide(ruleset, program, facts, as_of=at(noon("2026-03-10"))) for ruleset in (before, after))
        assert one.text() == other.text()


def operator() -> Facts:
    """Somebody who has done something about everything."""
    statements = [
        *(passed(f"2026-03-0{n}T12:00:00Z", name) for n, name in enumerate(("exam", "interview", "quiz"), 1)),
        *(said(name, "2026-03-04T12:00:00Z", "completed") for name in ("course", "talk", "task", "quiz")),
    ]
    rows = [row for statement in statements for row in evidence_of(statement, known=1)]
    return Facts(Person("ada", positions=(Position(date(2024, 1, 5), job="operator"),)), rows)


def test_the_word_of_holders_concerns_who_they_observe_and_that_of_a_job_hangs_on_no_award() -> None:
    assert judged_by(rules(PROGRAMS)) == {"senior": {"watched"}}
    assert judged_by(rules(PROGRAMS.replace("by: {holds: senior}", "by: {job: foreman}"))) == {}


def test_the_same_again_concerns_nothing() -> None:
    assert rejudged(rules(PROGRAMS), rules(PROGRAMS)) == set()


def test_a_new_program_concerns_itself_alone_and_a_first_ruleset_everything() -> None:
    more = PROGRAMS + "---\n{kind: certification, id: new, effective: 2024-01-01, require: {holds: base}}"
    assert rejudged(rules(PROGRAMS), rules(more)) == {"new"}
    assert rejudged(load_programs([]), rules(PROGRAMS)) == EVERYTHING
