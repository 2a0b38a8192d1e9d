"""The leaves and keys of the language beyond completions, through `prowess decide` on files.

What program-language 5 gives an answer for stands in test_cases.py; these follow from sections 2 to 4 and docs/decisions/0106.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lrs.errors import ConfigError
from lrs.people.identity import identity_of
from rules.decide import Facts, decide, evidence_of, timeline
from rules.language import Ruleset
from rules.language.trial_words import SAID
from rules.vocabulary import (
    ACCEPTED,
    CREDENTIAL_EXTENSION,
    CREDITS_EXTENSION,
    DECLINED,
    ENDORSED,
    EXEMPTED,
    EXTENDED,
    KEY_NAME,
    MEASURED,
    OVERRIDE_EXTENSION,
    PRESENTED,
    PROCTORED_EXTENSION,
    REINSTATED,
    REVOKED_BY,
    RUBRIC_EXTENSION,
    SIGNED_OFF,
    SUSPENDED,
    WAIVED,
    program_iri,
)
from tests.rules.test_language import errors
from tests.rules.world import (
    ACTIVITIES,
    ADA,
    ADA_PERSON,
    TWO_TIERS,
    World,
    at,
    base,
    has,
    named,
    noon,
    passed,
    rows,
    rules,
    said,
    state,
    voiding,
)

EVE = {"mbox": "mailto:eve@example.org"}
PEOPLE = """
sites: {us-1: {timezone: America/New_York}}
people:
  - id: ada
    identifiers: [{mbox: "mailto:ada@example.org"}, {mbox: "mailto:ada2@example.org"}]
    timezone: America/New_York
    hired_on: 2024-01-01
    positions: [{from: 2024-01-01, job: operator, site: us-1, managers: [grace]}]
  - id: grace
    identifiers: [{mbox: "mailto:grace@example.org"}]
    positions:
      - {from: 2024-01-01, to: 2026-06-30, job: ehs-manager, site: us-1}
  - id: eve
    identifiers: [{mbox: "mailto:eve@example.org"}]
    positions: [{from: 2024-01-01, job: evaluator, site: us-1, managers: [grace]}]
  - id: joan
    identifiers: [{mbox: "mailto:joan@example.org"}]
    positions: [{from: 2024-01-01, job: trainee, site: us-1, managers: [ada]}]
"""
EVALUATOR = """
---
{kind: certification, id: evaluator, effective: 2024-01-01, timezone: America/New_York, require: {passed: c}, valid: {for: P1Y}}
"""
CHECKLIST = """
---
kind: activity
id: checklist
iris: ["https://x.example/checklist"]
rubric: {load: Load centre, stop: Pedestrian stop, horn: Horn}
---
{kind: activity, id: kpi, title: Attrition, iris: ["https://x.example/kpi"]}
---
{kind: activity, id: course, iris: ["https://x.example/course"], credits: {type: CEU, amount: 0.5, accredited_by: IACET}}
---
{kind: activity, id: near-miss, iris: ["https://x.example/near-miss"]}
---
{kind: verb, id: reported, iris: ["https://x.example/reported"]}
---
{kind: activity, id: pit, title: PIT licence, iris: ["https://x.example/pit"]}
"""


@pytest.fixture
def world(world: World) -> World:
    world.people = PEOPLE
    return world


def programs(world: World, more: str = "", **changes: str) -> None:
    world.programs = base(**changes) + more + ACTIVITIES + CHECKLIST


def by(name: str, statement: dict[str, Any]) -> dict[str, Any]:
    """The same with somebody who answers for it."""
    statement.setdefault("context", {})["instructor"] = {"mbox": f"mailto:{name}@example.org"}
    return statement


def about(statement: dict[str, Any], part: str, **extensions: Any) -> dict[str, Any]:
    statement.setdefault(part, {}).setdefault("extensions", {}).update(extensions)
    return statement


def act(verb: str, at: str, **more: Any) -> dict[str, Any]:
    said_ = {"program": "base", "reason": "because", **more}
    return about(
        by("grace", said("https://x.example/programs/base", at, verb)), "context", **{OVERRIDE_EXTENSION: said_}
    )


def signed(name: str, at: str, rubric: dict[str, bool] | None = None, **more: Any) -> dict[str, Any]:
    statement = by(name, said("checklist", at, SIGNED_OFF, **more))
    return about(statement, "result", **{RUBRIC_EXTENSION: rubric}) if rubric is not None else statement


def leaf(decision: dict[str, Any], part: int = -1) -> dict[str, Any]:
    """The one criterion of the open path, or of the path that earned the award."""
    node = decision["proof"]["of"][part]
    while "of" in node:
        node = node["of"][0]
    return dict(node)


def reasons(decision: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in leaf(decision)["rejected"]]


# Attempts


def test_a_try_within_the_cooldown_does_not_count(world: World) -> None:
    programs(world, require="{id: exam, passed: exam, min_score: 0.8, attempts: {max: 3, per: P90D, cooldown: P7D}}")
    world.statements = [
        passed(noon("2026-03-01"), scaled=0.2),
        passed(noon("2026-03-05")),
        passed(noon("2026-03-08")),
    ]
    decision = world.decide("2026-03-06")
    has(decision, progress="blocked", blocked={"until": "2026-03-08T05:00:00Z", "why": "cooldown"}, award="none")
    assert reasons(decision) == ["score_below_min", "cooldown"]
    has(world.decide("2026-03-08"), award="valid", met_on="2026-03-08")


@pytest.mark.parametrize(
    ("days", "met_on"),
    [
        (("03-01", "03-02", "03-03"), None),
        (("03-01", "03-02", "03-31"), "2026-03-31"),
        (("03-01", "03-02", "03-30"), None),
    ],
)
def test_attempts_are_limited_in_any_stretch_of_their_period(
    world: World, days: tuple[str, ...], met_on: str | None
) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {max: 2, per: P30D}}")
    scores = [0.2] * (len(days) - 1) + [0.9]
    world.statements = [passed(noon(f"2026-{day}"), scaled=score) for day, score in zip(days, scores, strict=True)]
    decision = world.decide("2026-12-31")
    assert decision["met_on"] == met_on
    if met_on is None:
        assert reasons(decision)[-1] == "attempts_used_up"


def test_attempts_without_a_period_are_used_up_for_good(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {max: 1}}")
    world.statements = [passed(noon("2026-03-01"), scaled=0.2), passed(noon("2026-09-01"))]
    has(
        world.decide("2026-12-31"),
        progress="blocked",
        blocked={"until": None, "why": "attempts_used_up"},
        next_change_at=None,
    )


def test_two_statements_of_one_instant_are_one_try(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {max: 1}}")
    world.statements = [
        passed(noon("2026-03-01"), scaled=0.2, name="one"),
        passed(noon("2026-03-01"), scaled=0.9, name="two"),
    ]
    has(world.decide("2026-03-01"), award="valid")


def test_to_begin_is_no_try_and_whose_word_it_is_matters_to_sign_offs_only(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {max: 1}}")
    world.statements = [said("exam", noon("2026-03-01"), "launched"), by("ada", passed(noon("2026-03-02")))]
    decision = world.decide("2026-03-02")
    has(decision, award="valid")
    assert reasons(decision) == []


def test_who_has_something_else_to_do_is_not_blocked(world: World) -> None:
    programs(world, require="{all: [{passed: exam, attempts: {cooldown: P7D}}, {passed: a}]}")
    world.statements = [said("exam", noon("2026-03-01"), "failed")]
    waiting = world.decide("2026-03-02")
    has(waiting, progress="in_progress")
    assert waiting["gaps"][0]["blocked"] == {"until": "2026-03-08T05:00:00Z", "why": "cooldown"}
    assert "blocked" not in waiting["gaps"][1]
    world.statements.append(said("a", noon("2026-03-02")))
    has(world.decide("2026-03-02"), progress="blocked")
    has(world.decide("2026-03-08"), progress="in_progress")


def test_a_tier_in_which_nothing_can_be_done_is_blocked_while_another_is_open() -> None:
    text = TWO_TIERS.replace("{passed: a}", "{passed: a, attempts: {max: 1, per: P7D}}")
    failed = said("a", noon("2026-03-10"), "failed")
    for day, done, progress, first, change in (
        ("2026-03-09", [], "not_started", "not_started", None),
        ("2026-03-11", [failed], "in_progress", "blocked", "2026-03-17T00:00:00Z"),
        ("2026-03-17T00:00:00+00:00", [failed], "in_progress", "in_progress", None),
        ("2026-03-11", [failed, said("b", noon("2026-03-11"))], "blocked", "blocked", "2026-03-17T00:00:00Z"),
    ):
        found = state(rules(text), day, *done)
        has(found, progress=progress, next_change_at=change)
        assert found["tiers"][0]["progress"] == first


def test_what_waits_for_another_criterion_is_nothing_that_can_be_done(world: World) -> None:
    programs(world, require="{all: [{id: learn, passed: exam, attempts: {cooldown: P7D}}, {passed: a, after: learn}]}")
    world.statements = [said("exam", noon("2026-03-01"), "failed")]
    has(world.decide("2026-03-02"), progress="blocked", blocked={"until": "2026-03-08T05:00:00Z", "why": "cooldown"})
    has(world.decide("2026-03-08"), progress="in_progress")
    world.statements.append(passed(noon("2026-03-08")))
    has(world.decide("2026-03-08"), progress="in_progress")


# Scores


@pytest.mark.parametrize(("choice", "award"), [("best", "valid"), ("latest", "none"), ("first", "none")])
def test_which_score_counts(world: World, choice: str, award: str) -> None:
    programs(world, require=f"{{passed: exam, min_score: 0.8, score: {choice}}}", valid="", renew="")
    rows = [(0.3, "2026-03-01"), (0.9, "2026-03-02"), (0.4, "2026-03-02")]
    world.statements = [passed(noon(day), scaled=score) for score, day in rows]
    world.statements[-1]["timestamp"] = "2026-03-02T16:00:00Z"
    has(world.decide("2026-03-03"), award="valid" if choice != "first" else award)
    world.statements = [passed(noon(day), scaled=score) for score, day in [(0.9, "2026-03-01"), (0.3, "2026-03-02")]]
    assert leaf(world.decide("2026-03-03"))["result"] == "met"


@pytest.mark.parametrize(
    ("choice", "scores", "used", "rejected"),
    [
        ("best", [0.1, 0.9, 0.95], 1, {0: "score_below_min"}),
        ("latest", [0.1, 0.9, 0.95], 2, {0: "score_below_min", 1: "superseded"}),
        ("first", [0.9, 0.95, 0.1], 0, {1: "not_first", 2: "score_below_min"}),
    ],
)
def test_the_score_that_decides_is_the_one_used_and_to_begin_decides_nothing(
    world: World, choice: str, scores: list[float], used: int, rejected: dict[int, str]
) -> None:
    programs(world, require=f"{{all: [{{passed: exam, min_score: 0.8, score: {choice}}}, {{passed: b}}]}}")
    tries = [passed(noon(f"2026-03-0{day}"), scaled=score) for day, score in enumerate(scores, 1)]
    begun = [said("exam", noon(day), "launched") for day in ("2026-02-28", "2026-03-09")]
    world.statements = [*tries, *begun]
    found = leaf(world.decide("2026-03-10"), 0)
    assert found["used"] == [tries[used]["id"]]
    named_ = {one["statement"]: one["reason"] for one in found["rejected"]}
    assert named_ == {tries[place]["id"]: reason for place, reason in rejected.items()}


@pytest.mark.parametrize(("choice", "reason"), [("latest", "superseded"), ("first", "not_first")])
def test_a_score_that_does_not_decide_is_named_with_its_reason(world: World, choice: str, reason: str) -> None:
    programs(world, require=f"{{all: [{{passed: exam, min_score: 0.8, score: {choice}}}, {{passed: b}}]}}")
    good, bad = (
        passed(noon("2026-03-02")),
        passed(noon("2026-03-03" if choice == "latest" else "2026-03-01"), scaled=0.1),
    )
    world.statements = [good, bad]
    found = leaf(world.decide("2026-03-04"))
    assert (found["result"], found["used"]) == ("unmet", [])
    assert {one["statement"]: one["reason"] for one in found["rejected"]} == {
        good["id"]: reason,
        bad["id"]: "score_below_min",
    }


def test_the_latest_score_takes_a_criterion_back_until_the_path_is_met(world: World) -> None:
    programs(world, require="{all: [{passed: exam, min_score: 0.8, score: latest}, {passed: a}]}")
    world.statements = [
        passed(noon("2026-03-01")),
        passed(noon("2026-03-02"), scaled=0.1),
        said("a", noon("2026-03-03")),
    ]
    has(world.decide("2026-03-03"), award="none")
    world.statements.append(passed(noon("2026-03-04")))
    has(world.decide("2026-03-04"), award="valid", met_on="2026-03-04")


# Time


def test_old_evidence_stops_counting(world: World) -> None:
    programs(world, require="{all: [{passed: a, max_age: P30D}, {passed: b}]}")
    world.statements = [said("a", noon("2026-03-01")), said("b", noon("2026-04-01"))]
    decision = world.decide("2026-04-01")
    has(decision, award="none")
    assert decision["proof"]["of"][0]["of"][0]["of"][0]["rejected"] == [
        {"statement": world.statements[0]["id"], "reason": "too_old"}
    ]
    world.statements[1]["timestamp"] = noon("2026-03-31")
    has(world.decide("2026-03-31"), award="valid")


def test_a_criterion_that_follows_another_counts_nothing_from_before(world: World) -> None:
    programs(
        world, require="{all: [{id: learn, passed: a}, {id: behave, passed: b, after: learn, between: [P60D, P120D]}]}"
    )
    learn = said("a", noon("2026-01-01"))
    for day, reason in (("2025-12-01", "out_of_order"), ("2026-03-01", "too_early"), ("2026-05-02", "too_late")):
        world.statements = [learn, said("b", noon(day))]
        decision = world.decide("2026-06-01")
        assert decision["proof"]["of"][0]["of"][0]["of"][1]["rejected"][0]["reason"] == reason
    for day in ("2026-03-02", "2026-05-01"):
        world.statements = [learn, said("b", noon(day))]
        has(world.decide("2026-06-01"), award="valid", met_on=day)


@pytest.mark.parametrize(
    ("between", "moment", "refused"),
    [
        ("[P60D, P120D]", "2026-03-02T04:59:59.999999Z", ["too_early"]),
        ("[P60D, P120D]", "2026-03-02T05:00:00Z", []),
        ("[P60D, P120D]", "2026-05-02T03:59:59.999999Z", []),
        ("[P60D, P120D]", "2026-05-02T04:00:00Z", ["too_late"]),
        ("[PT2H, PT4H]", "2026-01-01T18:59:59Z", ["too_early"]),
        ("[PT2H, PT4H]", "2026-01-01T19:00:00Z", []),
        ("[PT2H, PT4H]", "2026-01-01T20:59:59Z", []),
        ("[PT2H, PT4H]", "2026-01-01T21:00:00Z", ["too_late"]),
        ("[PT0S, P1D]", "2026-01-01T17:00:00Z", []),
    ],
)
def test_a_window_is_open_from_its_first_instant_up_to_its_last_one(
    world: World, between: str, moment: str, refused: list[str]
) -> None:
    programs(world, require=f"{{all: [{{id: learn, passed: a}}, {{passed: b, after: learn, between: {between}}}]}}")
    world.statements = [said("a", noon("2026-01-01")), said("b", moment)]
    node = world.decide("2026-06-01")["proof"]["of"][0]["of"][0]["of"][1]
    assert [one["reason"] for one in node["rejected"]] == refused


def test_a_window_that_has_not_opened_or_has_closed_blocks(world: World) -> None:
    programs(world, require="{all: [{id: learn, passed: a}, {passed: b, after: learn, between: [P60D, P120D]}]}")
    world.statements = [said("a", noon("2026-01-01"))]
    has(world.decide("2026-03-01"), blocked={"until": "2026-03-02T05:00:00Z", "why": "window_not_open"})
    has(world.decide("2026-03-01"), next_change_at="2026-03-02T05:00:00Z")
    has(world.decide("2026-03-02"), progress="in_progress", next_change_at="2026-05-02T04:00:00Z")
    has(world.decide("2026-05-02"), progress="blocked", blocked={"until": None, "why": "window_closed"})


def test_after_finds_a_step_inside_another_order(world: World) -> None:
    programs(world, require="{all: [{in_order: [{passed: a}, {id: x, passed: b}]}, {passed: c, after: x}]}")
    world.statements = [said(*one) for one in (("b", noon("2026-01-01")), ("a", noon("2026-01-02")))]
    world.statements += [said("c", noon("2026-01-03")), said("b", noon("2026-01-04"))]
    has(world.decide("2026-01-05"), award="none")
    world.statements.append(said("c", noon("2026-01-05")))
    has(world.decide("2026-01-05"), award="valid")


def test_evidence_from_before_the_assignment_counts_unless_a_leaf_says_otherwise(world: World) -> None:
    world.statements = [said("a", noon("2025-06-01"))]
    for text, award in (("{passed: a}", "valid"), ("{passed: a, after_assignment: true}", "none")):
        programs(world, effective="2026-01-01", require=text, valid="", renew="")
        has(world.decide("2026-02-01"), award=award)
    assert reasons(world.decide("2026-02-01")) == ["before_assignment"]
    for moment, award in (("2026-01-01T04:59:59Z", "none"), ("2026-01-01T05:00:00Z", "valid")):
        world.statements = [said("a", moment)]
        has(world.decide("2026-02-01"), award=award)


MOODLE = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"


def done(day: str, verb: str = "completed") -> dict[str, Any]:
    return {**said("a", noon(day), verb), "context": {"platform": "Moodle"}}


def taken_back(day: str) -> dict[str, Any]:
    return done(day, SAID["uncompleted"][0])


@pytest.mark.parametrize(
    ("statements", "result"),
    [
        ([done("2026-03-01")], "met"),
        ([done("2026-03-01"), taken_back("2026-03-02")], "unmet"),
        ([taken_back("2026-03-01"), done("2026-03-02")], "met"),
        ([done("2026-03-01"), taken_back("2026-03-01")], "met"),
        ([done("2026-03-01"), taken_back("2026-03-02"), done("2026-03-03")], "met"),
        ([done("2026-03-01"), done("2026-03-02", "launched")], "met"),
    ],
)
def test_what_was_completed_in_time_may_be_taken_back(
    world: World, statements: list[dict[str, Any]], result: str
) -> None:
    programs(world, MOODLE, require="{all: [{completed: a, max_age: P1Y}, {passed: b}]}")
    world.statements = statements
    assert leaf(world.decide("2026-03-10"), 0)["result"] == result


def test_what_was_only_taken_back_did_not_happen(world: World) -> None:
    programs(world, MOODLE, require="{all: [{passed: b}, {not: {completed: a, max_age: P1Y}}]}")
    world.statements = [taken_back("2026-03-01"), said("b", noon("2026-03-02"))]
    has(world.decide("2026-03-02"), award="valid")


def test_to_begin_is_not_the_first_score(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, score: first}")
    world.statements = [said("exam", noon("2026-03-01"), "launched"), passed(noon("2026-03-02"))]
    has(world.decide("2026-03-02"), award="valid")


def test_a_score_nobody_can_read_stays_unknown_whatever_comes_after_it(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {max: 5}}")
    world.statements = [said("exam", noon("2026-03-01"), score={"raw": 5}), passed(noon("2026-03-02"), scaled=0.1)]
    has(world.decide("2026-03-03"), award="none", flags=["pending_evidence"])
    world.statements.append(passed(noon("2026-03-04")))
    has(world.decide("2026-03-04"), award="valid", met_on="2026-03-04")


# Proctors, sign-offs, rubrics


def test_a_test_that_has_to_be_watched_needs_a_proctor(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, proctored: true, attempts: {max: 1}}")
    world.statements = [passed(noon("2026-03-01"))]
    assert reasons(world.decide("2026-03-01")) == ["not_proctored"]
    for statement in (passed(noon("2026-03-02")), by("ada", passed(noon("2026-03-02")))):
        world.statements[1:] = [about(statement, "context", **{PROCTORED_EXTENSION: True})]
        has(world.decide("2026-03-02"), award="valid", met_on="2026-03-02")


def test_a_proctor_may_have_to_be_certified(world: World) -> None:
    programs(world, EVALUATOR, require="{passed: exam, proctored: {holds: evaluator}}")
    watched = about(by("eve", passed(noon("2026-03-02"))), "context", **{PROCTORED_EXTENSION: True})
    world.statements = [watched]
    assert reasons(world.decide("2026-03-02")) == ["proctor_not_allowed"]
    world.statements.append(said("c", noon("2026-03-01"), actor=EVE))
    has(world.decide("2026-03-02"), award="valid")


def test_an_observer_is_judged_as_of_the_sign_off(world: World) -> None:
    programs(world, EVALUATOR, require="{signed_off: checklist, by: {holds: evaluator, not: [self, direct-report]}}")
    certified = said("c", noon("2025-03-01"), actor=EVE)
    for day, award in (
        ("2025-02-28", "none"),
        ("2025-03-02", "valid"),
        ("2026-03-01", "valid"),
        ("2026-03-02", "none"),
    ):
        world.statements = [certified, signed("eve", noon(day))]
        decision = world.decide("2026-03-02")
        has(decision, award=award if award == "none" else decision["award"])
        assert (reasons(decision) == ["observer_not_certified"]) == (award == "none")
    world.statements = [certified, signed("eve", noon("2025-03-02")), voiding(certified, noon("2025-04-01"))]
    has(world.decide("2025-05-01"), award="none")
    has(world.decide("2025-05-01", known_at="2025-03-31"), award="valid")


@pytest.mark.parametrize(
    ("who", "rule", "reason"),
    [
        ("ada", "{not: [self]}", "self_observed"),
        ("ada2", "{relation: manager}", "self_observed"),
        ("joan", "{not: [self, direct-report]}", "observer_excluded"),
        ("joan", "{relation: [manager, peer]}", "wrong_relation"),
        ("eve", "{relation: manager}", "wrong_relation"),
        ("eve", "{relation: peer}", None),
        ("grace", "{relation: manager}", None),
        ("grace", "{job: ehs-*}", None),
        ("eve", "{job: ehs-manager}", "wrong_job"),
        ("nobody", "{relation: manager}", "observer_unknown"),
        ("nobody", "{not: [self]}", None),
        ("ada", "{relation: self}", None),
        ("ada2", "{relation: self, not: [peer]}", None),
        ("eve", "{relation: self}", "wrong_relation"),
    ],
)
def test_who_may_sign_off(world: World, who: str, rule: str, reason: str | None) -> None:
    programs(world, require=f"{{signed_off: checklist, by: {rule}}}")
    world.statements = [signed(who, noon("2026-03-01"))]
    decision = world.decide("2026-03-01")
    assert (reasons(decision) or [None]) == [reason]
    assert leaf(decision)["used"] == ([] if reason else [world.statements[0]["id"]])
    has(decision, award="valid" if reason is None else "none")


def test_nobody_signs_off_for_themselves_even_where_nothing_is_said(world: World) -> None:
    programs(world, require="{signed_off: checklist}")
    world.statements = [signed("ada", noon("2026-03-01"))]
    assert reasons(world.decide("2026-03-01")) == ["self_observed"]
    world.statements = [said("checklist", noon("2026-03-01"), SIGNED_OFF)]
    has(world.decide("2026-03-01"), award="valid")


def test_nobody_signs_off_for_themselves_even_where_nothing_is_known_of_observers() -> None:
    """Facts that somebody else gathered may leave them out."""
    ada = replace(ADA_PERSON, identifiers=(identity_of(ADA) or "",))
    ruleset = rules(base(require="{signed_off: checklist}") + CHECKLIST)
    decision = state(ruleset, "2026-03-01", signed("ada", noon("2026-03-01")), person=ada)
    assert reasons(decision) == ["self_observed"]


def test_a_relation_is_that_of_the_day_of_the_sign_off(world: World) -> None:
    moved = "{from: 2024-01-01, to: 2026-02-28, managers: [eve]}, {from: 2026-03-01, job: operator, managers: [grace]}"
    world.people = PEOPLE.replace("{from: 2024-01-01, job: operator, site: us-1, managers: [grace]}", moved)
    programs(world, require="{signed_off: checklist, by: {relation: manager}}")
    for day, refused in (("2026-02-28", []), ("2026-03-01", ["wrong_relation"])):
        world.statements = [signed("eve", noon(day))]
        assert reasons(world.decide("2026-03-02")) == refused


def test_the_words_of_people_nobody_knows_are_as_many_as_their_names(world: World) -> None:
    programs(world, require="{signed_off: checklist, by: {mean: 4}}")
    first, second, anew = (
        signed(name, noon(f"2026-03-0{day}"), score={"raw": score})
        for day, (name, score) in enumerate((("x", 3), ("y", 4), ("x", 5)), 1)
    )
    for statements, award in (([first, second], "none"), ([second, first], "none"), ([first, second, anew], "valid")):
        world.statements = statements
        has(world.decide("2026-03-03"), award=award)


def test_of_one_observer_a_later_word_takes_nothing_back(world: World) -> None:
    programs(world, require="{all: [{signed_off: checklist, by: {relation: manager}}, {passed: a}]}")
    first, again = (signed("grace", noon(day)) for day in ("2026-03-01", "2026-03-02"))
    world.statements = [first, again, signed("grace", noon("2026-03-03"), success=False)]
    found = leaf(world.decide("2026-03-03"), 0)
    assert (found["result"], found["used"]) == ("met", [first["id"]])


def test_several_observers_count_each_once_by_their_latest_word(world: World) -> None:
    programs(
        world, require="{signed_off: checklist, by: {relation: [manager, peer, direct-report], count: 3, mean: 3.5}}"
    )
    world.statements = [
        signed("grace", noon("2026-03-01"), score={"raw": 4}),
        signed("grace", noon("2026-03-02"), score={"raw": 5}),
        signed("eve", noon("2026-03-03"), score={"raw": 3}),
        signed("joan", noon("2026-03-04"), score={"raw": 2}),
    ]
    has(world.decide("2026-03-04"), award="none")
    world.statements.append(signed("joan", noon("2026-03-05"), score={"raw": 2.5}))
    decision = world.decide("2026-03-05")
    has(decision, award="valid", met_on="2026-03-05")
    assert leaf(decision)["used"] == [one["id"] for one in world.statements]


@pytest.mark.parametrize(("second", "award"), [("2026-04-01T03:59:59Z", "valid"), ("2026-04-01T04:00:00Z", "none")])
def test_a_word_of_several_observers_becomes_too_old_like_any_other(world: World, second: str, award: str) -> None:
    programs(world, require="{signed_off: checklist, max_age: P30D, by: {count: 2}}")
    world.statements = [signed("grace", noon("2026-03-01")), signed("eve", second)]
    decision = world.decide(second)
    has(decision, award=award)
    assert reasons(decision) == ([] if award == "valid" else ["too_old"])
    world.statements.pop()
    has(world.decide("2026-03-02"), award="none", next_change_at="2026-04-01T04:00:00Z")


@pytest.mark.parametrize(
    ("scores", "award", "flags"),
    [
        ([None], "none", []),
        ([None, {"raw": 5}], "none", ["pending_evidence"]),
        ([{"scaled": 0.8}, {"scaled": 0.9}], "none", []),
        ([{"scaled": 0.8}, {"raw": 9}], "valid", []),
    ],
)
def test_a_mean_waits_for_the_scores_of_those_who_signed(
    world: World, scores: list[dict[str, float] | None], award: str, flags: list[str]
) -> None:
    programs(world, require="{signed_off: checklist, by: {relation: [manager, peer], count: 2, mean: 4}}")
    signers = zip(("grace", "eve"), scores, strict=False)
    world.statements = [signed(name, noon("2026-03-01"), score=score) for name, score in signers]
    has(world.decide("2026-03-01"), award=award, flags=flags)


@pytest.mark.parametrize(
    ("rubric", "ticks", "reason"),
    [
        ("{items: all}", {"load": True, "stop": True, "horn": True}, None),
        ("{items: all}", {"load": True, "stop": True}, "rubric_incomplete"),
        ("{items: 2}", {"load": True, "stop": True}, None),
        ("{items: 2, critical: [horn]}", {"load": True, "stop": True}, "critical_item_failed"),
        ("{critical: [horn]}", {"horn": True}, None),
        ("{critical: [horn]}", {"horn": False, "load": True}, "critical_item_failed"),
        ("{items: 1}", None, "rubric_incomplete"),
    ],
)
def test_what_a_checklist_must_tick(
    world: World, rubric: str, ticks: dict[str, bool] | None, reason: str | None
) -> None:
    programs(world, require=f"{{signed_off: checklist, rubric: {rubric}}}")
    world.statements = [signed("eve", noon("2026-03-01"), ticks)]
    decision = world.decide("2026-03-01")
    assert (reasons(decision) or [None]) == [reason]


@pytest.mark.parametrize(
    ("ticks", "reason"),
    [({"x": True, "y": True}, None), ({"x": True, "y": False}, "rubric_incomplete"), ({}, "rubric_incomplete")],
)
def test_of_a_checklist_that_lists_nothing_all_that_was_looked_at_must_be_ticked(
    world: World, ticks: dict[str, bool], reason: str | None
) -> None:
    programs(world, require="{signed_off: a, rubric: {items: all}}")
    world.statements = [
        about(by("eve", said("a", noon("2026-03-01"), SIGNED_OFF)), "result", **{RUBRIC_EXTENSION: ticks})
    ]
    assert (reasons(world.decide("2026-03-01")) or [None]) == [reason]


def test_a_sign_off_that_failed_is_not_called_incomplete(world: World) -> None:
    programs(world, require="{signed_off: checklist, rubric: {items: all}}")
    world.statements = [signed("eve", noon("2026-03-01"), success=False)]
    assert reasons(world.decide("2026-03-01")) == ["failed"]


def test_a_sign_off_from_a_source_that_has_no_office_is_not_believed(world: World) -> None:
    source = "\n---\n{kind: source, id: lms, match: {platform: LMS}, governs: %s}"
    statement = signed("eve", noon("2026-03-01"))
    statement["context"]["platform"] = "LMS"
    statement["authority"] = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}
    world.statements = [statement]
    for governs, award in (("false", "none"), ("true", "valid")):
        programs(world, source % governs, require="{signed_off: checklist}")
        has(world.decide("2026-03-01"), award=award)
    programs(world, source % "false", require="{signed_off: checklist}")
    assert reasons(world.decide("2026-03-01")) == ["untrusted_source"]


@pytest.mark.parametrize("verb", [SIGNED_OFF, ACCEPTED, DECLINED])
def test_what_is_not_believed_is_no_sign_of_somebody_being_at_it(world: World, verb: str) -> None:
    source = "\n---\n{kind: source, id: lms, match: {platform: LMS}}"
    key = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}
    statement = {**by("eve", said("a", noon("2026-03-10"), verb)), "authority": key}
    statement["context"]["platform"] = "LMS"
    for governs, progress in ((", governs: true", "in_progress"), ("", "not_started")):
        programs(world, source.replace("}}", f"}}{governs}}}"), require="{completed: a}")
        world.statements = [statement]
        has(world.decide("2026-03-11"), progress=progress)
    world.statements = [{**statement, "result": {"completion": True}}]
    has(world.decide("2026-03-11"), progress="met")


def test_a_sign_off_that_is_not_believed_hides_no_other_that_says_the_same(world: World) -> None:
    """Whichever of the two has the lesser id."""
    for name in ("one", "two"):
        programs(world, "\n---\n{kind: source, id: lms, match: {credential: lms}}", require="{signed_off: checklist}")
        world.statements = [{**signed("eve", noon("2026-03-01")), "id": named(each)} for each in ("one", "two")]
        key = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}
        next(one for one in world.statements if one["id"] == named(name))["authority"] = key
        has(world.decide("2026-03-01"), award="valid")


# Attendance, surveys, competencies, any statement


@pytest.mark.parametrize(
    ("require", "verb"),
    [
        ("{attended: a}", "attended"),
        ("{responded: a}", "responded"),
        ("{competent: a}", "mastered"),
        ("{statement: {verb: experienced, object: a}}", "experienced"),
        ("{signed_off: a}", SIGNED_OFF),
        ("{credential: a}", ACCEPTED),
    ],
)
def test_other_deeds(world: World, require: str, verb: str) -> None:
    programs(world, require=require)
    world.statements = [said("a", noon("2026-03-01"), "completed")]
    before = world.decide("2026-03-02")
    has(before, award="none")
    assert reasons(before) == []
    world.statements.append(said("a", noon("2026-03-02"), verb))
    has(world.decide("2026-03-02"), award="valid", met_on="2026-03-02")


@pytest.mark.parametrize(
    ("score", "award", "flags"),
    [({"scaled": 0.8}, "valid", []), ({"scaled": 0.7}, "none", []), (None, "none", ["pending_evidence"])],
)
def test_any_statement_may_have_to_reach_a_score(
    world: World, score: dict[str, float] | None, award: str, flags: list[str]
) -> None:
    programs(world, require="{statement: {verb: experienced, object: a}, min_score: 0.8}")
    world.statements = [said("a", noon("2026-03-01"), "experienced", score=score)]
    has(world.decide("2026-03-01"), award=award, flags=flags)


def test_a_statement_about_a_part_is_none_about_the_whole(world: World) -> None:
    programs(world, require="{statement: {verb: experienced, object: a}}")
    part = said("a/page", noon("2026-03-01"), "experienced", completion=True)
    world.statements = [{**part, "context": {"contextActivities": {"parent": [{"id": "https://x.example/a"}]}}}]
    has(world.decide("2026-03-01"), award="none")


def test_who_was_not_there_did_not_attend(world: World) -> None:
    programs(world, require="{attended: a}")
    world.statements = [said("a", noon("2026-03-01"), "attended", success=False)]
    assert reasons(world.decide("2026-03-01")) == ["failed"]


# Indicators


def sample(value: float, day: str) -> dict[str, Any]:
    return said("kpi", noon(day), MEASURED, score={"raw": value})


@pytest.mark.parametrize(
    ("leaf_text", "values", "result"),
    [
        ("{kpi: kpi, max: 0.08, min_samples: 5}", [], "unknown"),
        ("{kpi: kpi, max: 0.08, min_samples: 5}", [0.01] * 4, "unknown"),
        ("{kpi: kpi, max: 0.08, min_samples: 5}", [0.01] * 5, "met"),
        ("{kpi: kpi, agg: mean, max: 0.08, min_samples: 3}", [0.07, 0.08, 0.09], "met"),
        ("{kpi: kpi, agg: mean, max: 0.08, min_samples: 3}", [0.07, 0.08, 0.0901], "unmet"),
        ("{kpi: kpi, agg: latest, min: 5}", [9, 4], "unmet"),
        ("{kpi: kpi, agg: max, min: 5}", [9, 4], "met"),
        ("{kpi: kpi, agg: min, min: 5}", [9, 4], "unmet"),
        ("{kpi: kpi, agg: sum, min: 13, max: 13}", [9, 4], "met"),
    ],
)
def test_indicators(world: World, leaf_text: str, values: list[float], result: str) -> None:
    programs(world, require=f"{{all: [{leaf_text}, {{passed: b}}]}}")
    world.statements = [sample(value, f"2026-03-{day:02}") for day, value in enumerate(values, 1)]
    decision = world.decide("2026-03-20")
    assert leaf(decision, 0)["result"] == result
    assert ("pending_evidence" in decision["flags"]) == (result == "unknown")
    if result == "unknown":
        assert decision["gaps"][0]["reason"] == "too_few_samples"


def test_the_opposite_of_what_is_unknown_is_unknown(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {not: {kpi: kpi, max: 1, min_samples: 5}}]}")
    world.statements = [said("a", noon("2026-03-01")), *(sample(0, f"2026-03-0{day}") for day in range(1, 5))]
    has(world.decide("2026-03-05"), award="none", flags=["pending_evidence"])
    world.statements += [sample(9, "2026-03-06")]
    has(world.decide("2026-03-06"), award="valid", met_on="2026-03-06")


def test_not_is_met_as_long_as_nothing_happens(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {not: {statement: {verb: reported, object: near-miss}}}]}")
    event = said("near-miss", noon("2026-03-01"), "https://x.example/reported")
    world.statements = [event, said("a", noon("2026-03-02"))]
    decision = world.decide("2026-03-02")
    has(decision, award="none")
    assert decision["gaps"][0]["reason"] == "happened"
    world.statements = [said("a", noon("2026-02-28")), event]
    has(world.decide("2026-03-02"), award="valid")


def test_samples_leave_the_window(world: World) -> None:
    programs(world, require="{all: [{kpi: kpi, agg: mean, max: 5, window: P6M}, {passed: a}]}")
    world.statements = [sample(9, "2026-01-01"), sample(1, "2026-05-01"), said("a", noon("2026-07-01"))]
    has(world.decide("2026-06-30"), award="none")
    has(world.decide("2026-07-02"), award="valid", met_on="2026-07-01")
    programs(world, require="{all: [{kpi: kpi, agg: mean, max: 4, window: P6M}, {passed: a}]}")
    has(world.decide("2026-07-01"), award="none")
    has(world.decide("2026-07-02"), award="valid", met_on="2026-07-02")


def test_only_what_was_measured_is_a_sample(world: World) -> None:
    programs(world, require="{kpi: kpi, min: 5}")
    world.statements = [said("kpi", noon("2026-03-01"), "completed", score={"raw": 9})]
    assert leaf(world.decide("2026-03-02"))["samples"] == 0


# Credits


def credit(amount: float, day: str, kind: str = "CEU", **more: Any) -> dict[str, Any]:
    return about(
        said("a", noon(day), "experienced"), "result", **{CREDITS_EXTENSION: {"type": kind, "amount": amount, **more}}
    )


def test_credits_add_up_exactly(world: World) -> None:
    programs(world, require="{credits: {type: CEU, min: 0.3}}")
    world.statements = [credit(0.1, "2026-03-01"), credit(0.1, "2026-03-02"), credit(5, "2026-03-02", "PDH")]
    decision = world.decide("2026-03-02")
    has(decision, award="none")
    assert leaf(decision)["total"] == "0.2"
    world.statements.append(credit(0.1, "2026-03-03"))
    has(world.decide("2026-03-03"), award="valid", met_on="2026-03-03")


def test_credits_of_a_course_count_once_and_those_of_the_right_accreditor(world: World) -> None:
    programs(world, require="{credits: {type: CEU, min: 1, accredited_by: [IACET]}}")
    world.statements = [
        said("course", noon("2026-03-01"), "completed"),
        said("course", noon("2026-03-02"), "completed"),
    ]
    world.statements += [credit(9, "2026-03-02"), credit(9, "2026-03-02", accredited_by="else")]
    assert leaf(world.decide("2026-03-02"))["total"] == "0.5"
    world.statements.append(credit(0.5, "2026-03-03", accredited_by="IACET"))
    has(world.decide("2026-03-03"), award="valid")


def test_what_earned_an_award_does_not_renew_it_and_the_rest_is_carried_over(world: World) -> None:
    for carry, total in (("", "0.5"), (", carry_over: 0.2", "0.7"), (", carry_over: 9", "1.0")):
        programs(
            world,
            require="{credits: {type: CEU, min: 1, window: P2Y}}",
            renew=f"{{window: P60D, require: {{credits: {{type: CEU, min: 1, window: P2Y{carry}}}}}}}",
        )
        world.statements = [credit(1.5, "2026-03-10"), credit(0.5, "2026-06-01")]
        decision = world.decide("2027-02-01")
        assert leaf(decision)["total"] == total
        assert decision["expires_on"] == ("2028-03-10" if total == "1.0" else "2027-03-10")


# Credentials of others, prior learning


def paper(verb: str, day: str, issuer: str = "did:web:safety.example", **more: Any) -> dict[str, Any]:
    return about(said("pit", noon(day), verb), "result", **{CREDENTIAL_EXTENSION: {"issuer": issuer, **more}})


def test_a_credential_waits_for_its_review(world: World) -> None:
    programs(world, require='{credential: pit, issuer: "did:web:safety.example"}')
    world.statements = [paper(PRESENTED, "2026-03-01")]
    decision = world.decide("2026-03-01")
    has(decision, award="none", flags=["pending_evidence"])
    assert decision["gaps"][0]["reason"] == "not_reviewed"
    world.statements.append(paper(DECLINED, "2026-03-02"))
    has(world.decide("2026-03-02"), award="none", flags=[])
    world.statements.append(paper(ACCEPTED, "2026-03-03", "somebody else"))
    has(world.decide("2026-03-03"), award="none")
    assert reasons(world.decide("2026-03-03"))[-1] == "wrong_issuer"
    world.statements.append(paper(ACCEPTED, "2026-03-04"))
    has(world.decide("2026-03-04"), award="valid", met_on="2026-03-04")


def test_a_credential_that_names_no_issuer_is_of_none(world: World) -> None:
    programs(world, require='{credential: pit, issuer: "did:web:safety.example"}')
    world.statements = [about(said("pit", noon("2026-03-01"), ACCEPTED), "result", **{CREDENTIAL_EXTENSION: "a card"})]
    assert reasons(world.decide("2026-03-01")) == ["wrong_issuer"]


def test_a_later_refusal_takes_no_credential_back(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(ACCEPTED, "2026-03-01"), paper(DECLINED, "2026-03-02")]
    assert leaf(world.decide("2026-03-03"), 0)["result"] == "met"


def test_a_credential_that_was_reviewed_and_ran_out_waits_for_no_review(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(PRESENTED, "2026-03-01"), paper(ACCEPTED, "2026-03-02", expires_on="2026-04-30")]
    has(world.decide("2026-05-01"), award="none", flags=[])


def reviewing(of: dict[str, Any], verb: str, day: str) -> dict[str, Any]:
    """A review that names what it is about."""
    review = {**paper(verb, day), "context": {"statement": {"objectType": "StatementRef", "id": of["id"].upper()}}}
    return {**review, "id": named(f"{of['id']} {verb} {day}")}


def test_of_two_credentials_handed_in_the_one_not_reviewed_still_waits(world: World) -> None:
    """Both say the same of themselves: only the review's reference tells which one it is about."""
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    first, second = paper(PRESENTED, "2026-03-01"), paper(PRESENTED, "2026-03-02")
    world.statements = [first, second, reviewing(second, DECLINED, "2026-03-03")]
    waits = world.decide("2026-03-04")
    has(waits, award="none", flags=["pending_evidence"])
    assert waits["gaps"][0]["reason"] == "not_reviewed"
    assert leaf(waits, 0)["rejected"] == [
        {"statement": first["id"], "reason": "not_reviewed"},
        {"statement": world.statements[2]["id"], "reason": "declined"},
    ]
    world.statements.append(reviewing(first, DECLINED, "2026-03-05"))
    settled = world.decide("2026-03-05")
    has(settled, award="none", flags=[])
    assert settled["gaps"][0]["reason"] == "declined"
    has(world.decide("2026-03-04"), flags=["pending_evidence"], next_change_at="2026-03-05T17:00:00Z")


@pytest.mark.parametrize(
    ("declined", "flags"),
    [
        ({"number": "1"}, ["pending_evidence"]),
        ({"number": "2"}, ["pending_evidence"]),
        ({"number": "3"}, ["pending_evidence"]),
        ({}, []),
        ({"expires_on": "2027-01-01"}, []),
    ],
)
def test_a_review_that_names_nothing_is_of_what_it_says_nothing_else_of(
    world: World, declined: dict[str, str], flags: list[str]
) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(PRESENTED, f"2026-03-0{number}", number=f"{number}") for number in (1, 2)]
    world.statements.append(paper(DECLINED, "2026-03-03", **declined))
    has(world.decide("2026-03-04"), flags=flags)
    world.statements.append(paper(PRESENTED, "2026-03-05", number="1"))
    has(world.decide("2026-03-05"), flags=["pending_evidence"])


@pytest.mark.parametrize(
    ("handed_in", "declined"),
    [
        ({"issuer": "x"}, None),
        ({"issuer": "x"}, "a card"),
        (None, {"issuer": "x"}),
        ("a card", {"issuer": "x"}),
        (None, None),
    ],
)
def test_a_review_settles_what_cannot_be_compared_with_it(world: World, handed_in: Any, declined: Any) -> None:
    """A card that says nothing of itself, or a review that does not, left the card waiting for ever."""
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    for verb, day, card in ((PRESENTED, "2026-03-01", handed_in), (DECLINED, "2026-03-02", declined)):
        world.statements.append(about(said("pit", noon(day), verb), "result", **{CREDENTIAL_EXTENSION: card}))
    has(world.decide("2026-03-01"), flags=["pending_evidence"])
    has(world.decide("2026-03-03"), flags=[])


def test_a_review_of_the_same_instant_is_of_what_was_handed_in_then(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(PRESENTED, "2026-03-01"), paper(DECLINED, "2026-03-01")]
    has(world.decide("2026-03-01"), flags=[])


def test_a_second_review_reopens_nothing(world: World) -> None:
    """A card is settled by its first review, however many there will be."""
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(PRESENTED, "2026-03-01"), paper(DECLINED, "2026-03-02"), paper(DECLINED, "2026-03-09")]
    has(world.decide("2026-03-03"), flags=[])


def test_a_review_dated_before_what_it_names_settles_it_from_the_beginning(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    late = paper(PRESENTED, "2026-03-05")
    world.statements = [late, reviewing(late, DECLINED, "2026-03-01")]
    has(world.decide("2026-03-06"), flags=[], progress="in_progress")


def test_a_review_of_either_of_two_repeats_settles_the_one_that_counts(world: World) -> None:
    """Ids that the store made decide nothing."""
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    once = paper(PRESENTED, "2026-03-01")
    again = {**once, "id": named("again")}
    for of in (once, again):
        world.statements = [once, again, reviewing(of, DECLINED, "2026-03-02")]
        has(world.decide("2026-03-02"), flags=[])


def test_a_review_of_a_repeat_settles_no_other_credential(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    first, once = paper(PRESENTED, "2026-03-01"), paper(PRESENTED, "2026-03-02")
    again = {**once, "id": named("again")}
    for of in (once, again):
        world.statements = [first, once, again, reviewing(of, DECLINED, "2026-03-03")]
        has(world.decide("2026-03-03"), flags=["pending_evidence"])


@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-02"])
def test_a_review_of_what_was_voided_settles_nothing_else(world: World, day: str) -> None:
    """Handed in again after a void, it says the same at the same instant, or at another."""
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    card = paper(PRESENTED, "2026-03-01")
    void = {**paper(PRESENTED, day), "id": named("void")}
    world.statements = [void, card, voiding(void, noon("2026-03-02")), reviewing(void, DECLINED, "2026-03-03")]
    has(world.decide("2026-03-03"), flags=["pending_evidence"])
    world.statements.append(reviewing(card, DECLINED, "2026-03-04"))
    has(world.decide("2026-03-04"), flags=[])


@pytest.mark.parametrize("group", ["all", "in_order"])
def test_a_credential_is_told_as_waiting_up_to_its_review_though_its_step_is_not_open(world: World, group: str) -> None:
    programs(world, require=f"{{{group}: [{{passed: a}}, {{credential: pit}}]}}")
    card = paper(PRESENTED, "2026-03-01")
    review = reviewing(card, DECLINED, "2026-03-05")
    world.statements = [card, review]
    for moment, one, reason in (
        ("2026-03-05T16:59:59Z", card, "not_reviewed"),
        (noon("2026-03-05"), review, "declined"),
    ):
        node = world.decide(moment)["proof"]["of"][0]["of"][0]["of"][1]
        assert node["rejected"] == [{"statement": one["id"], "reason": reason}]


def test_a_review_that_comes_too_late_to_count_leaves_nothing_waiting(world: World) -> None:
    leaf_ = "{id: card, credential: pit, after: first, between: [P0D, P10D]}"
    programs(world, require=f"{{all: [{{id: first, passed: a}}, {leaf_}]}}")
    card = paper(PRESENTED, "2026-03-05")
    world.statements = [said("a", noon("2026-03-01")), card]
    has(world.decide("2026-03-12"), flags=["pending_evidence"])
    world.statements.append(reviewing(card, ACCEPTED, "2026-03-12"))
    found = world.decide("2026-03-12")
    has(found, award="none", flags=[])
    assert found["gaps"][0]["reason"] == "too_late"


def test_anybody_may_hand_a_credential_in_and_only_an_office_reviews_it(world: World) -> None:
    programs(world, "\n---\n{kind: source, id: lms, match: {platform: LMS}}", require="{credential: pit}")
    key = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}
    for verb, flags, refused in ((PRESENTED, ["pending_evidence"], "not_reviewed"), (ACCEPTED, [], "untrusted_source")):
        world.statements = [{**paper(verb, "2026-03-01"), "context": {"platform": "LMS"}, "authority": key}]
        decision = world.decide("2026-03-01")
        has(decision, award="none", flags=flags)
        assert reasons(decision) == [refused]


def test_a_credential_is_good_to_its_own_last_day(world: World) -> None:
    programs(world, require="{all: [{credential: pit}, {passed: a}]}")
    world.statements = [paper(ACCEPTED, "2026-03-01", expires_on="2026-04-30"), said("a", "2026-05-01T04:00:00Z")]
    over = world.decide("2026-05-01T04:00:00Z")
    has(over, award="none")
    assert (leaf(over, 0)["used"], reasons(over)) == ([], ["too_old"])
    world.statements[1]["timestamp"] = noon("2026-04-30")
    has(world.decide("2026-04-30"), award="valid")


def test_a_credential_is_good_from_its_own_first_day(world: World) -> None:
    programs(world, require="{credential: pit}")
    world.statements = [paper(ACCEPTED, "2026-03-01", issued_on="2026-04-01")]
    before = world.decide("2026-03-02")
    has(before, award="none", progress="in_progress", next_change_at="2026-04-01T04:00:00Z")
    assert reasons(before) == ["not_begun"]
    begun = world.decide("2026-04-01T04:00:00Z")
    has(begun, award="valid", met_on="2026-04-01")
    assert (leaf(begun)["used"], reasons(begun)) == ([world.statements[0]["id"]], [])


def test_a_credential_is_as_old_as_it_says_whenever_it_was_accepted(world: World) -> None:
    programs(world, require="{passed: a}", accept="[{credential: pit, max_age: P5Y}]")
    for issued_on, award in (("2021-03-01", "valid"), ("2021-02-28", "none"), (None, "valid")):
        world.statements = [paper(ACCEPTED, "2026-03-01", issued_on=issued_on)]
        has(world.decide("2026-03-01"), award=award)


def test_prior_learning_stands_in_for_the_criteria_it_is_accepted_for(world: World) -> None:
    programs(
        world,
        require="{in_order: [{id: theory, passed: a}, {id: exam, passed: b}, {id: practical, passed: c}]}",
        accept='[{credential: pit, issuer: "did:web:safety.example", for: [theory, exam], max_age: P2Y}]',
    )
    world.statements = [paper(ACCEPTED, "2025-01-01"), said("c", noon("2026-03-01"))]
    decision = world.decide("2026-03-01")
    has(decision, award="valid", met_on="2026-03-01")
    theory = decision["proof"]["of"][0]["of"][0]["of"][0]
    assert theory["accepted"][0]["used"] == [world.statements[0]["id"]]
    world.statements[1]["timestamp"] = noon("2027-01-02")
    has(world.decide("2027-01-02"), award="none")


def test_prior_learning_renews_too() -> None:
    ruleset = rules(base(accept="[{credential: pit, for: exam}]") + CHECKLIST)
    done = [passed(noon("2026-03-10")), paper(ACCEPTED, "2027-02-01")]
    has(state(ruleset, "2027-02-01", *done), award="valid", met_on="2027-02-01", expires_on="2028-03-10")


@pytest.mark.parametrize(("waivable", "then", "later"), [("true", "valid", "suspended"), ("false", "none", "none")])
def test_what_is_accepted_instead_of_a_criterion_is_not_waived_in_its_place(
    waivable: str, then: str, later: str
) -> None:
    require = f"{{passed: a, waivable: {waivable}}}"
    ruleset = rules(base(require=require, accept="[{credential: pit}]", waive="{max: P30D}") + CHECKLIST)
    waived = act(WAIVED, noon("2026-03-01"))
    has(state(ruleset, "2026-03-31", waived), award=then)
    has(state(ruleset, "2026-04-01", waived), award=later)


def test_a_criterion_that_one_certificate_meets_waits_for_no_other() -> None:
    ruleset = rules(
        base(
            require="{all: [{id: exam, passed: a}, {passed: b}]}",
            accept="[{credential: pit, for: exam}, {credential: c, for: exam}]",
        )
        + CHECKLIST
    )
    other = about(said("c", noon("2026-03-01"), PRESENTED), "result", **{CREDENTIAL_EXTENSION: {"issuer": "x"}})
    has(state(ruleset, "2026-03-02", other), flags=["pending_evidence"])
    has(state(ruleset, "2026-03-02", other, paper(ACCEPTED, "2026-03-02")), flags=[])


def test_what_stands_in_for_a_criterion_is_progress_too(world: World) -> None:
    programs(
        world,
        require="{all: [{id: theory, passed: a}, {id: exam, passed: b}, {id: practical, passed: c}]}",
        accept="[{credential: pit, for: theory}]",
        waive="{by: [ehs-manager]}",
    )
    world.statements = [act(WAIVED, noon("2026-03-02"), criteria=["exam"])]
    has(world.decide("2026-03-01"), progress="not_started", next_change_at="2026-03-02T17:00:00Z")
    has(world.decide("2026-03-03"), progress="in_progress")
    world.statements = [paper(ACCEPTED, "2025-01-01")]
    decision = world.decide("2026-03-01")
    has(decision, award="none", progress="in_progress")
    assert [gap["criterion"] for gap in decision["gaps"]] == ["exam", "practical"]


# Acts of office


def test_a_waiver_awards_and_when_it_runs_out_the_award_is_suspended(world: World) -> None:
    programs(
        world, require="{all: [{id: exam, passed: exam}, {id: a, passed: a}]}", waive="{by: [ehs-manager], max: P30D}"
    )
    waiver = act(WAIVED, noon("2026-03-01"), criteria=["exam"], **{"for": "P30D"})
    world.statements = [waiver, said("a", noon("2026-03-05"))]
    decision = world.decide("2026-03-31")
    has(decision, award="valid", met_on="2026-03-05", expires_on="2027-03-05", next_change_at="2026-04-01T04:00:00Z")
    assert decision["proof"]["of"][0]["of"][0]["of"][0]["result"] == "waived"
    over = world.decide("2026-04-01")
    has(over, award="suspended", expires_on="2027-03-05")
    assert [gap["criterion"] for gap in over["gaps"]] == ["exam"]
    world.statements.append(passed(noon("2026-04-10")))
    has(world.decide("2026-04-10"), award="valid", expires_on="2027-03-05", met_on="2026-03-05")


@pytest.mark.parametrize(
    ("waive", "more", "refused"),
    [
        ("", {}, "not_waivable"),
        ("{by: [ehs-*]}", {}, None),
        ("{by: [boss]}", {}, "not_authorized"),
        ("{max: P10D}", {"for": "P11D"}, "waiver_too_long"),
        ("{max: P10D}", {"for": "P10D"}, None),
        ("{max: P10D}", {"until": "2026-03-11"}, None),
        ("{max: P10D}", {"until": "2026-03-12"}, "waiver_too_long"),
        ("{max: P10D}", {}, None),
        ("{max: P10D}", {"until": "soon"}, "unreadable"),
    ],
)
def test_which_waivers_count(world: World, waive: str, more: dict[str, Any], refused: str | None) -> None:
    programs(world, waive=waive)
    world.statements = [act(WAIVED, noon("2026-03-01"), **more)]
    decision = world.decide("2026-03-02")
    has(decision, award="none" if refused else "valid")
    (shown,) = decision["proof"]["acts"]
    assert shown.get("rejected") == refused


def test_a_waiver_without_a_reason_is_a_mistake_with_a_line(world: World) -> None:
    world.statements = [passed(noon("2026-03-01")), act(WAIVED, noon("2026-03-01"), reason=" ")]
    with pytest.raises(ConfigError, match=r"s\.jsonl:2.*needs a reason"):
        world.decide("2026-03-02")


@pytest.mark.parametrize(
    ("said_", "refused"),
    [
        (act(REVOKED_BY, noon("2026-04-01"), reason=" "), "no_reason"),
        (act(REVOKED_BY, noon("2026-04-01"), reason=None), "no_reason"),
        (act(EXTENDED, noon("2026-04-01")), "unreadable"),
        (act(REVOKED_BY, noon("2026-04-01")), None),
    ],
)
def test_an_act_that_lacks_what_it_needs_counts_for_nothing(said_: dict[str, Any], refused: str | None) -> None:
    """Files and requests refuse it; what some other store took in is set aside."""
    decision = state(rules(base()), "2026-04-02", passed(noon("2026-03-10")), said_)
    assert [one.get("rejected") for one in decision["proof"]["acts"]] == [refused]
    has(decision, award="valid" if refused else "revoked")


@pytest.mark.parametrize(
    ("who", "day", "refused"),
    [
        ("grace", "2026-06-30", None),
        ("grace", "2026-07-01", "not_authorized"),
        ("eve", "2026-06-30", "not_authorized"),
        ("nobody", "2026-06-30", "not_authorized"),
    ],
)
def test_only_who_has_the_job_on_the_day_may_waive(world: World, who: str, day: str, refused: str | None) -> None:
    world.people = world.people.replace(
        "[{from: 2024-01-01, job: evaluator", "[{from: 2024-01-01}, {from: 2024-01-01, job: evaluator"
    )
    programs(world, waive="{by: [ehs-*]}")
    world.statements = [by(who, act(WAIVED, noon(day)))]
    (shown,) = world.decide("2026-07-02")["proof"]["acts"]
    assert shown.get("rejected") == refused


def test_what_may_not_be_waived_is_not(world: World) -> None:
    programs(world, require="{all: [{passed: a, waivable: false}, {passed: b}]}", waive="{by: [ehs-manager]}")
    world.statements = [act(WAIVED, noon("2026-03-01"))]
    decision = world.decide("2026-03-02")
    has(decision, award="none")
    assert [gap["criterion"] for gap in decision["gaps"]] == ["passed:a"]


NOTHING_BAD = "{all: [{passed: a}, {not: {any: [{passed: b}, {passed: exam}]}}]}"


def test_a_waiver_of_everything_is_not_as_if_what_must_not_happen_had_happened(world: World) -> None:
    programs(world, require=NOTHING_BAD, waive="{by: [ehs-manager]}")
    world.statements = [act(WAIVED, noon("2026-03-01"))]
    has(world.decide("2026-03-02"), award="valid")
    world.statements = [said("b", noon("2026-02-01")), *world.statements]
    has(world.decide("2026-03-02"), award="none")


def test_what_is_accepted_for_everything_is_not_as_if_what_must_not_happen_had_happened(world: World) -> None:
    programs(world, require=NOTHING_BAD, accept="[{credential: pit}]")
    world.statements = [paper(ACCEPTED, "2026-03-01")]
    has(world.decide("2026-03-02"), award="valid")
    world.statements = [said("b", noon("2026-02-01")), *world.statements]
    has(world.decide("2026-03-02"), award="none")


def test_what_is_accepted_under_the_name_of_a_group_counts_for_nothing_and_is_no_progress() -> None:
    require, accept = "{all: [{id: both, all: [{passed: a}, {passed: b}]}]}", "[{credential: pit, for: %s}]"
    for name, progress in (("both", "not_started"), ("passed:a", "in_progress")):
        ruleset = rules(base(require=require, accept=accept % name) + CHECKLIST)
        has(state(ruleset, "2026-03-02", paper(ACCEPTED, "2026-03-01")), award="none", progress=progress)


@pytest.mark.parametrize(
    ("opened", "award"),
    [("2026-02-16T04:59:59Z", "suspended"), ("2026-02-16T05:00:00Z", "none"), (noon("2026-03-01"), "none")],
)
def test_a_waiver_that_ran_out_before_a_step_was_open_does_not_meet_it(world: World, opened: str, award: str) -> None:
    programs(
        world,
        require="{in_order: [{passed: a, waivable: false}, {id: exam, passed: exam}]}",
        waive="{by: [ehs-manager]}",
    )
    waiver = act(WAIVED, noon("2026-01-01"), criteria=["exam"], until="2026-02-15")
    world.statements = [waiver, said("a", opened)]
    has(world.decide("2026-03-02"), award=award)


@pytest.mark.parametrize(
    ("moment", "expires"), [("2027-01-09T04:59:59Z", "2027-03-10"), ("2027-01-09T05:00:00Z", "2028-03-10")]
)
def test_a_waiver_renews_from_the_first_instant_of_the_window_on(world: World, moment: str, expires: str) -> None:
    programs(world, waive="{max: P10D}")
    world.statements = [passed(noon("2026-03-10")), act(WAIVED, moment)]
    has(world.decide("2027-01-10"), award="valid", expires_on=expires)


def test_a_waiver_that_covers_nothing_starts_nothing(world: World) -> None:
    programs(world, require="{all: [{passed: a, waivable: false}]}", waive="{by: [ehs-manager]}")
    world.statements = [act(WAIVED, noon("2026-03-01"))]
    has(world.decide("2026-03-02"), progress="not_started")


def test_who_is_exempt_owes_nothing_until_the_last_day(world: World) -> None:
    programs(world, effective="2026-01-01", due="{within: P30D}")
    world.statements = [act(EXEMPTED, noon("2026-01-10"), until="2026-02-28")]
    has(world.decide("2026-01-09"), assignment="required", due_on="2026-01-31")
    for moment, assignment in (("2026-01-10T17:00:00Z", "exempt"), ("2026-03-01T05:00:00Z", "required")):
        has(world.decide(moment), assignment=assignment)
    exempt = world.decide("2026-02-28")
    has(exempt, assignment="exempt", due_on=None, flags=[], next_change_at="2026-03-01T05:00:00Z")
    has(world.decide("2026-03-01"), assignment="required", due_on="2026-01-31", flags=["overdue"])


def test_who_is_exempt_from_what_nobody_asks_of_them_is_not_assigned(world: World) -> None:
    programs(world, for_="{job: clerk}")
    world.statements = [act(EXEMPTED, noon("2026-01-10"))]
    has(world.decide("2026-02-28"), assignment="none")


def test_an_extension_moves_the_due_date_from_when_it_is_given(world: World) -> None:
    programs(world, effective="2026-01-01", due="{within: P30D}")
    world.statements = [act(EXTENDED, noon("2026-02-05"), due_on="2026-02-28")]
    has(world.decide("2026-02-04"), due_on="2026-01-31", flags=["overdue"])
    has(world.decide("2026-02-05T17:00:00Z"), due_on="2026-02-28", flags=[])
    has(world.decide("2026-02-28"), due_on="2026-02-28", flags=[], next_change_at="2026-03-01T05:00:00Z")
    has(world.decide("2026-03-01"), due_on="2026-02-28", flags=["overdue"])
    world.statements.append(act(EXTENDED, noon("2026-02-06"), due_on="2026-01-15"))
    has(world.decide("2026-02-28"), due_on="2026-01-31")


def test_an_extension_given_after_a_late_award_does_not_make_it_punctual(world: World) -> None:
    """One that is dated when it was promised does, whenever it is entered."""
    programs(world, effective="2026-01-01", due="{within: P30D}")
    world.statements = [passed(noon("2026-02-10"))]
    has(world.decide("2026-02-11"), due_on="2026-01-31", flags=["late"])
    world.statements.append(act(EXTENDED, noon("2026-02-12"), due_on="2026-02-28"))
    has(world.decide("2026-02-13"), due_on="2026-01-31", flags=["late"])
    world.statements.append(act(EXTENDED, noon("2026-01-20"), due_on="2026-02-20"))
    has(world.decide("2026-02-13"), due_on="2026-02-20", flags=[])


def test_an_extension_given_after_a_tier_was_met_does_not_make_the_tier_punctual() -> None:
    tiers = TWO_TIERS.replace("id: one,", "id: one, due: {after: assigned, within: P30D},") + "for: {job: operator}\n"
    done = [said("a", noon("2026-02-10")), said("b", noon("2026-03-10"))]
    for day, due, flags in (("2026-02-09", "2026-02-28", []), ("2026-02-11", "2026-01-31", ["late"])):
        given = act(EXTENDED, noon(day), due_on="2026-02-28")
        for at_, expected in (("2026-02-12", []), ("2026-03-11", flags)):
            found = state(rules(tiers), at_, *done, given)
            has(found, flags=expected)
            assert found["tiers"][0]["due_on"] == due


def test_an_extension_of_no_date_gives_none_and_one_to_the_same_day_gives_no_hours(world: World) -> None:
    world.statements = [act(EXTENDED, noon("2026-01-01"), due_on="2026-01-02")]
    programs(world, effective="2026-01-01")
    has(world.decide("2026-01-03"), due_on=None, flags=[])
    programs(world, effective="2026-01-01", due="{within: PT30H}", clock="{from: assigned}")
    has(world.decide("2026-01-02T11:00:00Z"), due_on="2026-01-02", flags=["overdue"])


def test_suspended_by_office_until_reinstated_with_the_same_expiry(world: World) -> None:
    programs(world)
    world.statements = [passed(noon("2026-03-10")), act(SUSPENDED, noon("2026-04-01"))]
    has(world.decide("2026-04-02"), award="suspended", expires_on="2027-03-10")
    world.statements.append(act(REINSTATED, noon("2026-04-10")))
    has(world.decide("2026-04-09"), award="suspended")
    has(world.decide("2026-04-10T17:00:00Z"), award="valid")
    has(world.decide("2026-04-11"), award="valid", expires_on="2027-03-10", valid_from="2026-03-10")


@pytest.mark.parametrize(
    ("day", "award"), [("2026-03-31", "suspended"), ("2026-04-01", "suspended"), ("2026-04-02", "valid")]
)
def test_only_a_later_reinstatement_lifts_what_an_office_suspended(world: World, day: str, award: str) -> None:
    programs(world)
    world.statements = [passed(noon("2026-03-10")), act(SUSPENDED, noon("2026-04-01")), act(REINSTATED, noon(day))]
    has(world.decide("2026-04-03"), award=award)


@pytest.mark.parametrize(
    ("earned", "award"),
    [
        (["2026-04-01"], "suspended"),
        (["2026-04-02"], "valid"),
        (["2025-03-10"], "valid"),
        (["2025-04-10"], "suspended"),
    ],
    ids=["at that instant", "earned later", "lapsed before and earned again", "renewed since"],
)
def test_an_office_suspends_the_award_that_runs_and_no_later_one(world: World, earned: list[str], award: str) -> None:
    programs(world)
    done = [passed(noon(day)) for day in (*earned, "2026-04-03")]
    world.statements = [*done, act(SUSPENDED, noon("2026-04-01"))]
    has(world.decide("2026-04-04"), award=award)
    world.statements = [passed(noon(day)) for day in ("2026-03-10", "2027-06-01")] + [
        act(SUSPENDED, noon("2026-04-01"))
    ]
    has(world.decide("2027-06-02"), award="valid")


def test_revoked_until_reinstated_whatever_is_done_meanwhile(world: World) -> None:
    programs(world)
    world.statements = [passed(noon("2026-03-10")), act(REVOKED_BY, noon("2026-04-01")), passed(noon("2027-02-01"))]
    has(world.decide("2026-04-02"), award="revoked")
    has(world.decide("2027-02-02"), award="revoked")
    world.statements.append(act(REINSTATED, noon("2027-02-03")))
    has(world.decide("2027-02-03"), award="valid", expires_on="2028-03-10")
    has(world.decide("2027-02-03T17:00:00Z"), award="valid")


def test_a_revocation_outlasts_its_award_and_takes_nothing_from_who_has_none(world: World) -> None:
    programs(world)
    world.statements = [act(REVOKED_BY, noon("2026-04-01"))]
    has(world.decide("2026-04-02"), award="none")
    world.statements.append(passed(noon("2026-03-10")))
    has(world.decide("2027-06-01"), award="revoked")


def test_a_revocation_of_before_the_first_award_holds_until_it_is_lifted_or_over(world: World) -> None:
    programs(world)
    world.statements = [act(REVOKED_BY, noon("2026-03-01")), passed(noon("2026-03-10"))]
    has(world.decide("2026-03-09"), award="none", progress="not_started")
    has(world.decide("2026-03-11"), award="revoked", valid_from="2026-03-10")
    world.statements.append(act(REINSTATED, noon("2026-03-12")))
    has(world.decide("2026-03-13"), award="valid", valid_from="2026-03-10")
    world.statements = [act(REVOKED_BY, noon("2026-03-01"), until="2026-03-20"), passed(noon("2026-03-10"))]
    has(world.decide("2026-03-20"), award="revoked")
    has(world.decide("2026-03-21"), award="valid")


def test_whoever_had_the_award_revoked_is_not_overdue_for_it(world: World) -> None:
    """Neither while it would still run nor after it would have lapsed; the reinstatement finds what is owed then."""
    programs(world, effective="2026-01-01", due="{within: P30D}")
    world.statements = [passed(noon("2026-01-10")), act(REVOKED_BY, noon("2026-02-10"))]
    for day in ("2026-02-11", "2027-01-20", "2027-06-01"):
        has(world.decide(day), assignment="required", award="revoked", flags=[])
    world.statements.append(act(REINSTATED, noon("2027-06-02")))
    has(world.decide("2027-06-03"), award="lapsed", flags=["overdue"])


def test_whoever_had_the_award_revoked_is_not_overdue_for_what_a_new_version_adds() -> None:
    first = base(effective="2026-01-01")
    second = base(
        version="2", effective="2026-03-01", apply="{now: {due: P30D}}", require="{all: [{passed: exam}, {passed: a}]}"
    )
    done = [passed(noon("2026-01-10")), act(REVOKED_BY, noon("2026-03-10"))]
    ruleset = rules(f"{first}\n---\n{second}")
    has(state(ruleset, "2026-04-10", *done), award="revoked", flags=[])
    has(state(ruleset, "2026-04-10", done[0]), award="suspended", flags=["overdue"])


def test_an_act_is_believed_from_a_source_that_governs_and_what_else_names_the_program_is_none(world: World) -> None:
    source = "\n---\n{kind: source, id: lms, match: {platform: LMS}, governs: %s}"
    about_it = said(program_iri("base"), noon("2026-03-20"), "experienced")
    key = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}
    revoked = {**act(REVOKED_BY, noon("2026-04-01")), "authority": key}
    revoked["context"]["platform"] = "LMS"
    world.statements = [passed(noon("2026-03-10")), about_it, revoked]
    for governs, award in (("false", "valid"), ("true", "revoked")):
        programs(world, source % governs)
        has(world.decide("2026-04-02"), award=award)


@pytest.mark.parametrize(
    ("key", "platform", "award"),
    [
        (None, "LMS", "revoked"),
        (KEY_NAME, "LMS", "revoked"),
        (KEY_NAME, "other", "revoked"),
        ("lms", "LMS", "valid"),
        ("lms", "other", "valid"),
    ],
)
def test_what_is_entered_under_our_own_key_is_believed_wherever_it_comes_from(
    key: str | None, platform: str, award: str
) -> None:
    ruleset = rules(base() + "\n---\n{kind: source, id: lms, match: {platform: LMS}}")
    revoked = act(REVOKED_BY, noon("2026-04-01"))
    revoked["context"]["platform"] = platform
    has(state_by_key(ruleset, "2026-04-02", key, passed(noon("2026-03-10")), revoked), award=award)


def state_by_key(ruleset: Ruleset, moment: str, key: str | None, *statements: Any) -> Any:
    """The state when everything was sent under one key."""
    evidence = [row for statement in statements for row in evidence_of(statement, credential=key)]
    return decide(ruleset, "base", Facts(ADA_PERSON, evidence), as_of=at(moment)).as_json()


JUST_BEFORE_NOON, NOON = "2026-04-01T16:59:59.999999+00:00", "2026-04-01T17:00:00+00:00"


def test_the_proof_shows_an_act_from_its_instant_on_and_until_when_it_holds() -> None:
    exempt = act(EXEMPTED, noon("2026-04-01"), until="2026-04-30")
    assert "acts" not in state(rules(base()), JUST_BEFORE_NOON, exempt)["proof"]
    assert state(rules(base()), NOON, exempt)["proof"]["acts"] == [
        {"act": "exempted", "statement": exempt["id"], "until": "2026-05-01T04:00:00Z"}
    ]


def test_the_proof_shows_from_its_instant_on_an_act_of_nobody_in_office_and_nothing_else_that_was_set_aside() -> None:
    revoked, twice = act(REVOKED_BY, noon("2026-04-01")), passed(noon("2026-03-10"))
    statements = [twice, {**twice, "id": named("sent twice")}, revoked]
    assert "acts" not in state_by_key(rules(base()), JUST_BEFORE_NOON, "lms", *statements)["proof"]
    assert state_by_key(rules(base()), NOON, "lms", *statements)["proof"]["acts"] == [
        {"act": "revoked", "statement": revoked["id"], "rejected": "untrusted_source"}
    ]


def test_an_award_that_ran_out_is_no_longer_suspended_by_anything() -> None:
    done = [passed(noon("2026-03-10")), act(SUSPENDED, noon("2027-03-01"))]
    for day, award, why in (("2027-03-10", "suspended", "act"), ("2027-03-11", "expired", None)):
        found = state(rules(base()), day, *done)
        assert (found["award"], found["proof"].get("suspended_by")) == (award, why)


def test_an_award_of_tiers_that_is_revoked_keeps_them() -> None:
    text = TWO_TIERS + "valid: {for: P1Y}\nrenew: {window: P60D, require: {passed: c}}"
    done = [said("a", noon("2026-03-01")), said("b", noon("2026-03-02")), act(REVOKED_BY, noon("2026-04-01"))]
    for day in ("2026-04-02", "2027-02-01"):
        found = state(rules(text), day, *done)
        has(found, award="revoked")
        assert [(tier["met_on"], tier["progress"]) for tier in found["tiers"]] == [
            ("2026-03-01", "met"),
            ("2026-03-02", "met"),
        ]
    lapsed = state(rules(text), "2027-03-03T00:00:00+00:00", *done)
    assert [(tier["met_on"], tier["progress"]) for tier in lapsed["tiers"]] == [(None, "not_started")] * 2


def test_a_tier_that_was_waived_is_as_good_as_one_that_is_met() -> None:
    text = TWO_TIERS + "waive: {max: P90D}"
    waived = act(WAIVED, noon("2026-03-01"), criteria=["passed:a"])
    for done, result in (([], "unmet"), ([said("b", noon("2026-03-01"))], "waived")):
        (path,) = state(rules(text), "2026-03-01", waived, *done)["proof"]["of"]
        assert (path["result"], path["of"][0]["result"]) == (result, "waived")


def test_a_void_undoes_an_act(world: World) -> None:
    programs(world)
    revoked = act(REVOKED_BY, noon("2026-04-01"))
    world.statements = [passed(noon("2026-03-10")), revoked, voiding(revoked, noon("2026-04-05"))]
    has(world.decide("2026-04-06"), award="valid")
    has(world.decide("2026-04-06", known_at="2026-04-04"), award="revoked")


def test_an_event_suspends_until_its_remedy(world: World) -> None:
    programs(world, suspend="[{when: {verb: reported, object: near-miss}, until: {passed: a}}]")
    event = said("near-miss", noon("2026-05-01"), "https://x.example/reported")
    before = said("near-miss", noon("2026-01-01"), "https://x.example/reported")
    world.statements = [before, said("a", noon("2026-04-01")), passed(noon("2026-03-10")), event]
    has(world.decide("2026-04-30"), award="valid")
    decision = world.decide("2026-05-02")
    has(decision, award="suspended", expires_on="2027-03-10", progress="met")
    assert decision["proof"]["suspended_by"] == "suspend#1"
    assert [(gap["criterion"], gap["text"]) for gap in decision["gaps"]] == [("passed:a", "pass A")]
    world.statements.append(said("a", noon("2026-05-10")))
    has(world.decide("2026-05-10"), award="valid", expires_on="2027-03-10")


def reported(at: str) -> dict[str, Any]:
    return said("near-miss", at, "https://x.example/reported")


def test_when_an_event_suspends_and_its_remedy_lifts_the_state_changes(world: World) -> None:
    programs(world, suspend="[{when: {verb: reported, object: near-miss}, until: {passed: a}}]")
    world.statements = [passed(noon("2026-03-10")), reported(noon("2026-05-01")), said("a", noon("2026-05-10"))]
    has(world.decide("2026-04-30"), award="valid", next_change_at="2026-05-01T17:00:00Z")
    has(world.decide("2026-05-02"), award="suspended", next_change_at="2026-05-10T17:00:00Z")


def test_the_timeline_knows_when_an_event_suspended(world: World) -> None:
    programs(world, suspend="[{when: {verb: reported, object: near-miss}, until: {passed: a}}]")
    world.statements = [passed(noon("2026-03-10")), reported(noon("2026-05-01")), said("a", noon("2026-05-10"))]
    segments = timeline(world.ruleset, "base", world.facts())
    (suspended,) = [(one.from_us, one.until_us) for one in segments if one.award == "suspended"]
    assert suspended == (at(noon("2026-05-01")), at(noon("2026-05-10")))


def test_what_an_event_suspended_is_lifted_by_whichever_comes_first(world: World) -> None:
    programs(world, suspend="[{when: {verb: reported, object: near-miss}, until: {passed: a}}]")
    for remedy, reinstated in (("2026-05-05", "2026-05-10"), ("2026-05-10", "2026-05-05")):
        lifting = [said("a", noon(remedy)), act(REINSTATED, noon(reinstated))]
        world.statements = [passed(noon("2026-03-10")), reported(noon("2026-05-01")), *lifting]
        has(world.decide("2026-05-06"), award="valid")


@pytest.mark.parametrize(
    ("lifting", "award"),
    [
        (act(REINSTATED, noon("2026-04-30")), "suspended"),
        (act(REINSTATED, noon("2026-05-01")), "suspended"),
        (act(REINSTATED, noon("2026-05-02")), "valid"),
        (act(REINSTATED, noon("2026-05-02"), until="soon"), "suspended"),
        (act(ENDORSED, noon("2026-05-02")), "suspended"),
    ],
)
def test_only_a_later_reinstatement_lifts_what_an_event_suspended(
    world: World, lifting: dict[str, Any], award: str
) -> None:
    """The event is of the very instant at which the award was earned."""
    programs(world, suspend="[{when: {verb: reported, object: near-miss}}]")
    world.statements = [passed(noon("2026-05-01")), reported(noon("2026-05-01")), lifting]
    has(world.decide("2026-05-03"), award=award)


def test_an_award_is_suspended_only_by_the_loss_of_what_it_was_built_on(world: World) -> None:
    """Not by what was never there, nor by a later score of what nobody watches, whatever an office said besides."""
    exam = "{passed: exam, min_score: 0.8, score: latest}"
    programs(world, require=f"{{all: [{{any: [{{credential: pit, while_held: true}}, {{passed: a}}]}}, {exam}]}}")
    world.statements = [
        said("a", noon("2026-03-01")),
        passed(noon("2026-03-02")),
        passed(noon("2026-04-01"), scaled=0.1),
    ]
    has(world.decide("2026-04-02"), award="valid")
    world.statements.append(act(ENDORSED, noon("2026-03-15")))
    has(world.decide("2026-04-02"), award="valid")


def test_an_event_suspends_the_award_that_ran_then_through_its_renewals_and_no_later_one(world: World) -> None:
    programs(world, suspend="[{when: {verb: reported, object: near-miss}}]")
    earned = ("2026-03-10", "2027-02-01", "2028-02-01", "2029-06-01", "2030-05-01")
    world.statements = [reported(noon("2026-05-01")), *(passed(noon(day)) for day in earned)]
    for day, award in (("2028-03-01", "suspended"), ("2029-07-01", "valid"), ("2030-05-02", "valid")):
        has(world.decide(day), award=award)


def test_a_suspended_award_is_not_held(world: World) -> None:
    other = "\n---\n{kind: certification, id: top, effective: 2024-01-01, timezone: America/New_York, require: {all: [{holds: base%s}, {passed: a}]}}"
    for while_held, award in (("", "valid"), (", while_held: true", "suspended")):
        programs(world, other % while_held)
        world.statements = [passed(noon("2026-03-10")), said("a", noon("2026-03-11"))]
        world.statements += [act(SUSPENDED, noon("2026-03-01"), until="2026-03-02")]
        world.statements += [act(SUSPENDED, noon("2026-04-01"))]
        has(world.decide("2026-03-31", program="top"), award="valid")
        has(world.decide("2026-04-02", program="top"), award=award)
    has(world.decide("2027-03-11", program="top"), award="suspended")
    world.statements[1]["timestamp"] = noon("2026-04-03")
    has(world.decide("2026-04-03", program="top"), award="none")


def test_a_revoked_award_is_not_held(world: World) -> None:
    top = "\n---\n{kind: certification, id: top, effective: 2024-01-01, require: {all: [{holds: base}, {passed: a}]}}"
    programs(world, top)
    for day, award in (("2026-03-31", "valid"), ("2026-04-01", "none")):
        world.statements = [passed(noon("2026-03-10")), act(REVOKED_BY, noon("2026-04-01")), said("a", noon(day))]
        has(world.decide("2026-04-02", program="top"), award=award)


def test_a_credential_that_ends_suspends_the_award_it_is_watched_for(world: World) -> None:
    for watched, award in (("", "valid"), (", while_held: true", "suspended")):
        programs(world, require=f"{{all: [{{credential: pit{watched}}}, {{passed: a}}]}}")
        world.statements = [paper(ACCEPTED, "2026-03-01", expires_on="2026-04-30"), said("a", noon("2026-03-05"))]
        has(world.decide("2026-04-30"), award="valid", expires_on="2027-03-05")
        has(world.decide("2026-05-01"), award=award, expires_on="2027-03-05")
    world.statements.append(paper(ACCEPTED, "2026-06-01", expires_on="2027-04-30"))
    has(world.decide("2026-05-31"), award="suspended")
    has(world.decide("2026-06-01"), award="valid", expires_on="2027-03-05")


def test_recency_three_in_any_ninety_days(world: World) -> None:
    text = "{credits: {type: landing, min: 3, window: P90D}, while_held: true}"
    programs(world, require=text, valid="", renew="")
    world.statements = [credit(1, day, "landing") for day in ("2026-01-01", "2026-01-10", "2026-02-01")]
    has(world.decide("2026-01-31"), award="none")
    has(world.decide("2026-04-01"), award="valid", met_on="2026-02-01", expires_on=None)
    has(world.decide("2026-04-02"), award="suspended")
    world.statements.append(credit(1, "2026-04-05", "landing"))
    has(world.decide("2026-04-05"), award="valid", met_on="2026-02-01")
    has(world.decide("2026-04-11"), award="suspended")


def test_an_award_is_provisional_until_a_third_party_endorses_it(world: World) -> None:
    programs(world, recognised_by="{name: Institute, endorsement: required}")
    world.statements = [passed(noon("2026-03-10"))]
    has(world.decide("2026-03-11"), award="valid", flags=["provisional"])
    for day in ("2026-03-10", "2026-03-15"):
        world.statements[1:] = [act(ENDORSED, noon(day))]
        has(world.decide(f"{day}T17:00:00Z"), award="valid", flags=[])
    world.statements[1:] = [act(ENDORSED, noon("2026-03-09"))]
    has(world.decide("2026-03-16"), award="valid", flags=["provisional"])


# Versions


def two(world: World, apply: str) -> None:
    first = base(version="4", require="{all: [{id: exam, passed: exam}]}")
    second = base(
        version="5",
        effective="2026-06-01",
        apply=apply,
        require="{all: [{id: exam, passed: exam}, {id: extra, passed: a}]}",
    )
    world.programs = first + "\n---\n" + second + ACTIVITIES + CHECKLIST


def test_a_version_may_leave_living_awards_alone_even_at_their_renewal(world: World) -> None:
    world.statements = [passed(noon("2026-03-10")), passed(noon("2027-02-01"))]
    for apply, expires in (("new", "2028-03-10"), ("at_renewal", "2027-03-10")):
        two(world, apply)
        has(world.decide("2027-02-02"), award="valid", expires_on=expires, version=4)
    two(world, "new")
    world.statements = [passed(noon("2026-06-02"))]
    has(world.decide("2026-06-03"), award="none", version=5)


def test_what_was_earned_under_a_version_for_new_awards_is_renewed_by_it(world: World) -> None:
    first = base(version="4", require="{passed: exam}")
    renew = "{window: P60D, require: {passed: a}}"
    second = base(version="5", effective="2026-06-01", apply="new", require="{passed: exam}", renew=renew)
    world.programs = first + "\n---\n" + second + ACTIVITIES
    for renewal, expires in (("exam", "2027-06-10"), ("a", "2028-06-10")):
        world.statements = [passed(noon("2026-06-10")), passed(noon("2027-06-01"), renewal)]
        has(world.decide("2027-06-02"), award="valid", expires_on=expires)


def test_a_version_that_comes_into_force_while_an_award_may_be_renewed_judges_from_then_on() -> None:
    later = base(version="2", effective="2027-02-01", require="{all: [{passed: a}]}")
    ruleset = rules(base() + "\n---\n" + later)
    done = [passed(noon("2026-03-10")), said("a", noon("2027-01-20"))]
    for day, met_on in (("2027-01-31", "2026-03-10"), ("2027-02-01", "2027-02-01")):
        has(state(ruleset, day, *done), award="valid", met_on=met_on)


def test_a_version_that_only_suggests_renews_nothing() -> None:
    later = base(version="2", effective="2027-02-01", require="", suggest="[{passed: exam}]")
    done = [passed(noon("2026-03-10")), passed(noon("2027-02-10"))]
    has(state(rules(base() + "\n---\n" + later), "2027-02-11", *done), award="valid", met_on="2026-03-10")


def test_a_version_that_applies_now_gives_time_and_never_flips_on_the_day(world: World) -> None:
    two(world, "{now: {due: P30D}}")
    world.statements = [passed(noon("2026-03-10"))]
    has(world.decide("2026-05-31"), award="valid", due_on=None, gaps=[])
    decision = world.decide("2026-06-01")
    has(decision, award="valid", due_on="2026-07-01", flags=[], progress="in_progress")
    assert [gap["criterion"] for gap in decision["gaps"]] == ["extra"]
    has(world.decide("2026-07-01"), award="valid", flags=[])
    has(world.decide("2026-07-02"), award="suspended", flags=["overdue"])
    world.statements.append(said("a", noon("2026-07-10")))
    has(world.decide("2026-07-10"), award="valid", expires_on="2027-03-10", gaps=[], flags=[])
    has(world.decide("2026-06-01T04:00:00Z"), due_on="2026-07-01", progress="in_progress")
    has(world.decide("2026-07-10T16:59:59Z"), due_on="2026-07-01", progress="in_progress")
    has(world.decide("2026-07-10T17:00:00Z"), due_on=None, progress="met")


def test_what_is_new_is_done_before_its_date_changes_the_state(world: World) -> None:
    two(world, "{now: {due: P30D}}")
    world.statements = [passed(noon("2026-03-10")), said("a", noon("2026-06-10"))]
    has(world.decide("2026-06-02"), due_on="2026-07-01", next_change_at="2026-06-10T17:00:00Z")
    has(world.decide("2026-06-10T17:00:00Z"), award="valid", due_on=None)


def test_a_try_at_what_is_new_changes_the_state(world: World) -> None:
    two(world, "{now: {due: P30D}}")
    world.programs = world.programs.replace("passed: a}", "passed: a, attempts: {cooldown: P7D}}")
    world.statements = [passed(noon("2026-03-10")), said("a", noon("2026-06-10"), "failed")]
    has(world.decide("2026-06-02"), progress="in_progress", next_change_at="2026-06-10T17:00:00Z")
    has(world.decide("2026-06-11"), progress="blocked", next_change_at="2026-06-17T04:00:00Z")


def test_a_version_asks_nothing_new_of_the_awards_earned_under_it(world: World) -> None:
    renew = "{window: P60D, require: {passed: c}}"
    first = base(version="4", require="{passed: exam}", renew=renew)
    second = base(
        version="5",
        effective="2026-06-01",
        apply="{now: {due: P30D}}",
        require="{all: [{passed: a, max_age: P30D}]}",
        renew=renew,
    )
    world.programs = first + "\n---\n" + second + ACTIVITIES
    world.statements = [said("a", noon("2026-07-01")), said("c", noon("2027-06-01"))]
    has(world.decide("2027-06-02"), award="valid", due_on=None, flags=[], expires_on="2028-07-01")


# Clocks


def test_a_due_date_that_counts_from_an_unknown_day_is_visible(world: World) -> None:
    programs(world, due="{after: hired, within: P30D}")
    has(world.decide("2024-01-10"), due_on="2024-01-31", flags=[])
    world.people = PEOPLE.replace("    hired_on: 2024-01-01\n", "")
    has(world.decide("2024-01-10"), due_on=None, flags=["missing_clock"])


# Mistakes that newcomers made


def test_a_critical_item_that_is_not_on_the_checklist_is_a_mistake() -> None:
    text = base(require="{signed_off: list, rubric: {items: all, critical: [hand-washin]}}")
    checklist = (
        '\n---\n{kind: activity, id: list, iris: ["https://x.example/list"], rubric: {hand-washing: Washes hands}}'
    )
    assert errors(text + checklist + ACTIVITIES) == [
        "8:61: the checklist 'list' has no item 'hand-washin' | did you mean 'hand-washing'?"
    ]


def test_a_sign_off_says_who_may_give_it(world: World) -> None:
    programs(
        world,
        EVALUATOR,
        require="{any: [{signed_off: checklist, by: {relation: manager}}, {signed_off: checklist, by: {holds: evaluator}}]}",
    )
    (gap,) = world.decide("2026-03-01")["gaps"]
    assert (
        gap["text"]
        == "one of: have signed off: checklist by a manager; have signed off: checklist by a holder of evaluator"
    )


PANEL = "{relation: [manager, direct-report], job: [evaluator, boss], holds: evaluator, count: 2}"
THE_PANEL = "2 of them: a manager or a direct report, who is also evaluator or boss, who is also a holder of evaluator"


@pytest.mark.parametrize(
    ("require", "reason", "text"),
    [
        (
            "{kpi: kpi, agg: mean, min: 3, max: 5, window: P6M}",
            "too_few_samples",
            "bring Attrition (mean) to at least 3 and at most 5 within P6M",
        ),
        ("{kpi: kpi, max: 0.5}", "too_few_samples", "bring Attrition (latest) to at most 0.5"),
        ("{kpi: kpi, min: 12}", "out_of_bounds", "bring Attrition (latest) to at least 12"),
        ("{credits: {type: CEU, min: 1.5}}", "needs_more", "collect 1.5 CEU"),
        ("{credits: {type: CEU, min: 1, window: P2Y}}", "needs_more", "collect 1 CEU within P2Y"),
        ("{all: [{passed: b}, {holds: evaluator}]}", "not_held", "hold a valid evaluator"),
        ("{passed: exam, min_score: 0.8}", "no_evidence", "pass Exam with at least 0.8"),
        ("{attended: a}", "no_evidence", "attend A"),
        (
            "{n_of: 2, of: [{passed: a}, {all: [{passed: b}, {passed: c}]}, {in_order: [{completed: a}, {passed: c}]}]}",
            "needs_more",
            "2 of: pass A; pass B and pass C; complete A, then pass C",
        ),
        ("{all: [{passed: b}, {any: [{passed: a}, {not: {passed: b}}]}]}", "needs_more", "one of: pass A; not: pass B"),
        ("{signed_off: checklist, by: {not: [self]}}", "no_evidence", "have signed off: checklist"),
        (
            f"{{signed_off: checklist, by: {PANEL}}}",
            "no_evidence",
            f"have signed off: checklist by {THE_PANEL}",
        ),
        (
            "{signed_off: checklist, by: {relation: [self, peer], not: [self, manager], count: 3, mean: 3.5}}",
            "no_evidence",
            "have signed off: checklist by 3 of them: the learner or a peer, but not a manager, with a mean of at least 3.5",
        ),
        (
            "{signed_off: checklist, by: {not: [direct-report]}}",
            "no_evidence",
            "have signed off: checklist by somebody else, but not a direct report",
        ),
        (
            "{signed_off: checklist, by: {count: 2}}",
            "no_evidence",
            "have signed off: checklist by 2 of them: somebody else",
        ),
        (
            "{signed_off: checklist, by: {mean: 3.5}}",
            "no_evidence",
            "have signed off: checklist by somebody else, with a mean of at least 3.5",
        ),
    ],
)
def test_what_is_missing_and_what_to_do_about_it(world: World, require: str, reason: str, text: str) -> None:
    programs(world, EVALUATOR, require=require)
    world.statements = [said("b", noon("2026-02-01"))]
    if reason == "out_of_bounds":
        world.statements.append(sample(9, "2026-02-01"))
    (gap,) = world.decide("2026-03-01")["gaps"]
    assert (gap["reason"], gap["text"]) == (reason, text)


@pytest.mark.parametrize(
    ("agg", "values", "shown"),
    [
        ("mean", [], {"samples": 0}),
        ("mean", [1, 2], {"samples": 2, "value": "1.5"}),
        ("mean", [1, 1, 2], {"samples": 3, "value": "1.333333"}),
        ("mean", [20, 40], {"samples": 2, "value": "30"}),
        ("sum", [1, 2], {"samples": 2, "value": "3"}),
    ],
)
def test_what_an_indicator_came_to_is_shown_with_as_many_digits_as_can_be_read(
    world: World, agg: str, values: list[float], shown: dict[str, Any]
) -> None:
    programs(world, require=f"{{kpi: kpi, agg: {agg}, min: 99, window: P30D}}")
    old = sample(70, "2026-01-01")
    world.statements = [old, *(sample(value, f"2026-03-0{day}") for day, value in enumerate(values, 1))]
    found = leaf(world.decide("2026-03-20"))
    assert {key: found[key] for key in ("samples", "value") if key in found} == shown
    assert found["used"] == [one["id"] for one in world.statements[1:]]


@pytest.mark.parametrize(
    ("moment", "samples"),
    [
        ("2026-03-01T16:59:59Z", 0),
        ("2026-03-01T17:00:00Z", 1),
        ("2026-04-01T03:59:59Z", 1),
        ("2026-04-01T04:00:00Z", 0),
    ],
)
def test_a_sample_counts_from_its_own_instant_to_the_end_of_its_window(world: World, moment: str, samples: int) -> None:
    programs(world, require="{kpi: kpi, min: 99, window: P30D}")
    world.statements = [sample(1, "2026-03-01")]
    found = leaf(world.decide(moment))
    assert (found["samples"], len(found["used"])) == (samples, samples)


TRY = "passed: exam, min_score: 0.8, attempts: {cooldown: P7D}"


def test_a_decision_is_made_anew_when_a_blocked_try_is_open_again(world: World) -> None:
    """What was stored said for ever that a try is blocked until a day long past, where something else could be done."""
    programs(world, require=f"{{all: [{{{TRY}}}, {{passed: a}}]}}")
    world.statements = [passed(noon("2026-03-01"), scaled=0.5)]
    blocked = world.decide("2026-03-02")
    assert blocked["gaps"][0]["blocked"]["until"] == blocked["next_change_at"] == "2026-03-08T05:00:00Z"
    assert "blocked" not in world.decide("2026-03-08")["gaps"][0]


STRANGER = {"name": "lms", "account": {"homePage": "https://x.example", "name": "key:1"}}


@pytest.mark.parametrize(
    ("statement", "change"),
    [
        (passed(noon("2026-03-12"), scaled=0.5), "2026-03-12T17:00:00Z"),
        ({**act(REVOKED_BY, noon("2026-03-12")), "authority": STRANGER}, "2026-03-12T17:00:00Z"),
        (act(WAIVED, noon("2026-03-05"), criteria=["passed:a"], **{"for": "P7D"}), "2026-03-13T04:00:00Z"),
        (said("exam", noon("2026-03-12"), "launched"), "2026-03-20T17:00:00Z"),
    ],
    ids=["a row more", "an act that is set aside", "a waiver that ends", "a row that changes nothing"],
)
def test_the_next_change_is_when_the_same_state_is_told_in_other_words(
    world: World, statement: dict[str, Any], change: str
) -> None:
    programs(
        world,
        "\n---\n{kind: source, id: lms, match: {credential: lms}}",
        require="{all: [{passed: exam, min_score: 0.8}, {passed: a}, {passed: b}]}",
        waive="{max: P30D}",
    )
    world.statements = [passed(noon("2026-03-01"), scaled=0.4), statement, passed(noon("2026-03-20"), scaled=0.5)]
    assert world.decide("2026-03-10")["next_change_at"] == change


@pytest.mark.parametrize(
    ("measure", "statements"),
    [
        ("{credits: {type: CEU, min: 5, window: P30D}}", [credit(1, "2026-03-01")]),
        ("{kpi: kpi, min: 5, window: P30D}", [sample(1, "2026-03-01"), sample(1, "2026-03-05")]),
        ("{passed: a, max_age: P30D}", [said("a", noon("2026-03-01")), said("a", noon("2026-03-05"))]),
    ],
)
def test_the_next_change_is_when_something_becomes_too_old_though_others_stay(
    world: World, measure: str, statements: list[dict[str, Any]]
) -> None:
    programs(world, require=f"{{all: [{{passed: exam}}, {measure}]}}")
    world.statements = statements
    assert world.decide("2026-03-10")["next_change_at"] == "2026-04-01T04:00:00Z"


def test_the_next_change_of_a_suspended_award_is_when_its_remedy_is_told_in_other_words(world: World) -> None:
    programs(
        world, suspend=f"[{{when: {{verb: reported, object: near-miss}}, until: {{all: [{{{TRY}}}, {{passed: a}}]}}}}]"
    )
    world.statements = [
        passed(noon("2026-03-10")),
        reported(noon("2026-05-01")),
        passed(noon("2026-05-02"), scaled=0.5),
    ]
    suspended = world.decide("2026-05-03")
    assert suspended["gaps"][0]["blocked"]["until"] == suspended["next_change_at"] == "2026-05-09T04:00:00Z"


def test_the_timeline_knows_when_a_path_was_begun_again(world: World) -> None:
    both = "{all: [{passed: exam}, {passed: a}]}"
    programs(world, renew=f"{{window: P60D, grace: P14D, basis: expiry, early: ignore, require: {both}}}")
    world.statements = [
        passed(noon("2026-03-10")),
        said("a", noon("2027-01-20")),
        said("exam", noon("2027-05-01"), "launched"),
    ]
    segments = timeline(world.ruleset, "base", world.facts())
    begun = {one.award: one.from_us for one in segments if one.progress == "in_progress"}
    assert begun["valid"] == at(noon("2027-01-20"))
    assert begun["lapsed"] == at(noon("2027-05-01"))


def test_the_timeline_knows_when_each_tier_was_begun() -> None:
    launched = [said(name, noon(day), "launched") for name, day in (("a", "2026-03-01"), ("b", "2026-04-01"))]
    segments = timeline(rules(TWO_TIERS), "base", Facts(ADA_PERSON, rows(launched)))
    (begun,) = (one for one in segments if [tier.progress for tier in one.tiers] == ["in_progress", "in_progress"])
    assert begun.from_us == at(noon("2026-04-01"))
