"""The account finds each criterion in the version and path that judged it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from rules.decide import Facts
from rules.decide.zones import Zones
from rules.explain.account import Account
from rules.explain.explanation import Explanation
from rules.explain.telling import explain_text, explanation_json
from tests.rules.world import ADA_PERSON, SITES, base, noon, passed, rows, rules, said, state

PATHS = base(
    require="{all: [{id: exam, passed: exam, min_score: 0.8}]}",
    renew="{window: P60D, grace: P14D, require: {all: [{id: exam, passed: a}, {id: more, completed: b}]}}",
)


def account(text: str, day: str, *statements: Any) -> tuple[Account, Explanation]:
    ruleset = rules(text)
    facts = Facts(ADA_PERSON, rows(statements), SITES)
    document = state(ruleset, day, *statements)
    zones = Zones("America/New_York", facts)
    found = Explanation(document, {row.statement: row for row in facts.evidence}, ruleset, ADA_PERSON, zones)
    return Account(found), found


def texts(told: Account) -> dict[str, list[str]]:
    return {path.name: [one.text for finding in path.findings for one in finding.parts] for path in told.paths()}


def test_an_id_means_in_each_path_what_it_says_there() -> None:
    told, _ = account(PATHS, "2027-02-20", passed(noon("2026-03-10")))
    assert texts(told) == {"initial": ["Pass Exam with at least 80 %"], "renewal": ["Pass A", "Complete B"]}
    assert [step.text for step in told.steps()] == ["Pass A", "Complete B"]
    assert [path.met_on for path in told.paths()] == ["10 March 2026", ""]


def test_a_scaled_score_was_told_without_the_scale_of_its_source() -> None:
    moodle = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"
    there = passed(noon("2026-03-10"), scaled=0.6)
    there["context"] = {"platform": "Moodle"}
    told, found = account(PATHS + moodle, "2026-03-11", there)
    (finding,) = told.paths()[0].findings[0].parts
    assert (finding.result, [one.what for one in finding.used]) == ("met", ["passed, score 80 %"])
    assert re.search(r"used \S+, 2026-03-10 \d\d:00, passed, score 80 %$", explain_text(found), re.MULTILINE)


def test_an_award_is_told_by_the_version_that_earned_it_and_its_renewal_by_the_newer_one() -> None:
    newer = base(
        version="2",
        apply="at_renewal",
        effective="2026-06-01",
        require="{all: [{id: exam, passed: c}]}",
        renew="{window: P60D, grace: P14D, require: {all: [{id: fresh, passed: c}]}}",
    )
    told, _ = account(f"{PATHS}\n---\n{newer}", "2027-02-20", passed(noon("2026-03-10")))
    assert texts(told) == {"initial": ["Pass Exam with at least 80 %"], "renewal": ["Pass C"]}


def raised(apply: str) -> str:
    first = base(require="{all: [{id: exam, passed: exam, min_score: 0.7}]}")
    changes = {"require": "{all: [{id: exam, passed: exam, min_score: 0.9}]}", "apply": apply}
    return f"{first}\n---\n{base(version='2', effective='2026-06-01', **changes)}"


def test_a_pass_below_a_mark_that_was_raised_later_looked_like_something_else() -> None:
    below = passed(noon("2026-03-10"), scaled=0.8)
    for apply, day in (("new", "2027-06-01"), ("at_renewal", "2027-02-20"), ("at_renewal", "2027-06-01")):
        told, _ = account(raised(apply), day, below)
        (step,) = told.steps()
        assert (step.text, step.reason) == ("Pass Exam with at least 90 %", "score_below_min"), (apply, day)
        (seen,) = told.paths()[-1].findings[0].parts[0].rejected
        assert (seen.what, seen.reason) == ("passed, score 80 %", "score_below_min")


def test_a_renewal_by_a_newer_version_was_told_with_the_mark_of_the_old_one() -> None:
    told, found = account(raised("at_renewal"), "2027-02-20", passed(noon("2026-03-10"), scaled=0.95))
    assert found.document["version"] == 1
    assert [path.get("version") for path in found.document["proof"]["of"]] == [None, 2]
    assert texts(told) == {"initial": ["Pass Exam with at least 70 %"], "renewal": ["Pass Exam with at least 90 %"]}
    assert [(step.text, step.reason) for step in told.steps()] == [("Pass Exam with at least 90 %", "too_early")]


def test_what_a_newer_version_asks_in_addition() -> None:
    newer = base(
        version="2",
        apply="{now: {due: P30D}}",
        effective="2026-06-01",
        require="{all: [{id: exam, passed: exam}, {id: extra, passed: c}]}",
    )
    told, found = account(f"{PATHS}\n---\n{newer}", "2026-06-10", passed(noon("2026-03-10")))
    assert texts(told)["amendment"] == ["Pass Exam", "Pass C"]
    assert [step.text for step in told.steps()] == ["Pass C"]
    assert "A newer version asks for more by 1 July 2026." in explain_text(found)


def test_a_lapsed_award_was_due_on_another_day_in_each_place() -> None:
    text = base(due="{within: P30D}", effective="2026-03-01")
    told, found = account(text, "2027-06-01", passed(noon("2026-03-10")))
    assert "Due" not in dict(told.dates())
    assert found.document["due_on"] == "2026-03-31"
    assert "2026-03-31" not in explain_text(found)
    assert "expires on      2027-03-10" in explain_text(found)
    valid, _ = account(text, "2026-06-01", passed(noon("2026-03-10")))
    assert dict(valid.dates())["Due"] == "31 March 2026"


def test_what_can_be_done_comes_before_what_has_to_wait() -> None:
    told, found = account(base(require="{in_order: [{id: one, passed: a}, {id: two, passed: b}]}"), "2026-03-02")
    assert [(step.criterion, step.is_doable) for step in told.steps()] == [("one", True), ("two", False)]
    waiting = "{all: [{id: diploma, credential: a, issuer: x}, {id: exam, passed: exam}]}"
    presented = said("a", noon("2026-03-01"), "x")
    presented["verb"]["id"] = "https://w3id.org/prowess/xapi/verbs/presented"
    presented["result"] = {"extensions": {"https://w3id.org/prowess/xapi/extensions/credential": {"issuer": "x"}}}
    told, found = account(base(require=waiting), "2026-03-02", presented)
    assert [(step.criterion, step.reason) for step in told.steps()] == [
        ("exam", "no_evidence"),
        ("diploma", "not_reviewed"),
    ]
    assert explanation_json(found)["account"]["next_steps"][1]["why"] == "It was handed in and waits for its review."


def test_what_must_not_have_happened_was_told_to_be_done_next() -> None:
    require = (
        "{all: [{not: {id: crash, passed: b}}, {id: exam, passed: exam, attempts: {max: 3, per: P90D, cooldown: P7D}}]}"
    )
    crashed = passed(noon("2026-03-01"), "b")
    told, _ = account(base(require=require), "2026-03-02", crashed)
    assert [(step.reason, step.is_doable) for step in told.steps()] == [("no_evidence", True), ("happened", False)]
    failed = said("exam", noon("2026-03-01"), "f")
    failed["verb"]["id"] = "http://adlnet.gov/expapi/verbs/failed"
    told, found = account(base(require=require), "2026-03-02", crashed, failed)
    assert found.document["progress"] == "blocked"
    assert not any(step.is_doable for step in told.steps())


def test_a_verb_that_nobody_asks_for_looked_like_nothing_reported() -> None:
    late = said("a", noon("2026-03-09"), "x")
    told, found = account(base(require="{completed: a}"), "2026-03-05", passed(noon("2026-03-01"), "a"), late)
    (step,) = told.steps()
    assert (step.reason, step.why) == ("not_asked", "Something else was reported of it than what is asked for.")
    assert "Nothing has been reported" not in explain_text(found)
    (seen,) = told.paths()[0].findings[0].rejected
    assert (seen.what.partition(",")[0], seen.day, seen.reason) == ("passed", "1 March 2026", "not_asked")
    beyond = Account(replace(found, document={**found.document, "as_of": None}))
    assert [one.reason for one in beyond.steps()] == ["not_asked"], "it was an error beyond the calendar"
    nothing, _ = account(base(require="{completed: a}"), "2026-03-05", passed(noon("2026-03-09"), "a"))
    assert [one.reason for one in nothing.steps()] == ["no_evidence"]


def test_a_verb_behind_a_hash_looked_like_nothing_reported() -> None:
    there = said("a", noon("2026-03-01"), "x")
    there["verb"]["id"] = "https://verbs.example/terms#completed"
    (step,) = account(base(require="{completed: a}"), "2026-03-05", there)[0].steps()
    assert step.reason == "not_asked"


def test_tiers_and_measures_are_told() -> None:
    text = """
kind: curriculum
id: base
timezone: UTC
effective: 2026-01-01
tiers: [{id: one, require: {passed: a}}, {id: two, require: {all: [{kpi: b, min: 3, min_samples: 2}, {credits: {type: CEU, min: 2}}]}}]
"""
    told, found = account(text, "2026-03-02")
    (path,) = told.paths()
    assert [one.text for one in path.findings] == ["Part 1: one", "Part 2: two"]
    assert told.parts() == [("Part 1: one", "no due date, not done yet"), ("Part 2: two", "no due date, not done yet")]
    assert "0 collected" in explain_text(found)
    assert "unknown  Bring B to at least 3, judged from 2 values on (0 values)" in explain_text(found)


def test_a_figure_of_which_nothing_is_asked_was_listed_among_what_to_do_next_and_its_code_and_words_disagreed() -> None:
    text = """
kind: curriculum
id: base
timezone: UTC
effective: 2026-01-01
require: {all: [{kpi: b, min: 3}, {passed: a}]}
"""
    _, found = account(text, "2026-03-02")
    (before, after) = explain_text(found).partition("\nnext:\n")[::2]
    assert "(no_samples)" in before
    assert "too_few_samples" not in before
    (done_next, waits) = after.partition("\nproof:")[0].split("\nwaits:\n")
    assert "Pass A." in done_next
    assert "Bring B to at least 3" not in done_next
    assert "Bring B to at least 3. The figure has not arrived yet." in waits


def test_the_due_dates_of_tiers_were_in_the_json_alone() -> None:
    text = """
kind: curriculum
id: base
timezone: UTC
effective: 2026-01-01
for: {job: operator}
tiers:
  - {id: one, due: {after: assigned, within: P30D}, require: {passed: a}}
  - {id: two, due: {after: assigned, within: P90D}, require: {passed: b}}
"""
    told, found = account(text, "2026-03-02", passed(noon("2026-01-20"), "a"))
    days = [
        ("Part 1: one", "due 31 January 2026, done 20 January 2026"),
        ("Part 2: two", "due 1 April 2026, not done yet"),
    ]
    assert told.parts() == days
    for name, words in days:
        assert f"  {name}: {words}" in explain_text(found).splitlines()
