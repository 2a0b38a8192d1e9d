"""Every case of program-language 5, through the `decide` command on files.

`CASES` names each line of that table and where it is covered, or why not yet; a test keeps it honest.
"""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from tests.rules.world import ACTIVITIES, NEW_YORK, World, base, has, noon, passed, said, voiding

COVERED = "covered"
CASES = {
    "B, pass 2026-03-10": COVERED,
    "as_of around window, expiry and grace": COVERED,
    "renewal met 2027-02-01, basis expiry / completion": COVERED,
    "renewal met 2027-03-20 (grace), expiry / completion": COVERED,
    "basis fixed, anchor 12-31, min_active P6M": COVERED,
    "pass 2024-02-29 and yearly renewals": COVERED,
    "due_on at the edge of a day in two zones": COVERED,
    "any permutation of arrival": COVERED,
    "stored later than timestamp; known_at": "covered; the notice in test_simulate and test_escalation",
    "pass voided later": "covered; the credential and the assignment in test_simulate",
    "void before its target; void of a void": COVERED,
    "min 0.80 against each kind of score": COVERED,
    "attempts and cooldown": "covered, in test_language_cases",
    "in_order strict / lenient": COVERED,
    "n_of 2 {a,b,c} with equivalents": COVERED,
    "waiver P30D": "covered, in test_language_cases",
    "kpi samples": "covered, in test_language_cases",
    "role_start, tiers, leave": COVERED,
    "suggested + required": COVERED,
    "audience flapping": "covered; the notices in test_simulate and test_escalation",
    "v5 adds a leaf": "covered: at_renewal here, now in test_language_cases, in a store in test_plan",
    "escalation over a week-end": "covered, in test_simulate, test_ladder and test_escalation",
}


def test_every_case_says_where_it_stands() -> None:
    assert len(CASES) == 22
    assert all(state.startswith(COVERED) for state in CASES.values())


def test_pass_gives_a_year_and_the_window_before_its_end(world: World) -> None:
    world.statements = [passed(noon("2026-03-10"))]
    has(
        world.decide("2026-03-10"),
        award="valid",
        progress="met",
        flags=[],
        met_on="2026-03-10",
        valid_from="2026-03-10",
        expires_on="2027-03-10",
        renewable_from="2027-01-09",
        grace_until="2027-03-24",
        next_change_at="2027-01-09T05:00:00Z",
        version=1,
        known_at=None,
    )


@pytest.mark.parametrize(
    ("as_of", "award", "flags"),
    [
        ("2027-01-08", "valid", []),
        ("2027-01-09", "valid", ["renewable"]),
        ("2027-01-09T04:59:59.999999Z", "valid", []),
        ("2027-01-09T05:00:00Z", "valid", ["renewable"]),
        ("2027-03-10T23:59:00-05:00", "valid", ["renewable"]),
        ("2027-03-11T00:00:00-05:00", "expired", ["in_grace"]),
        ("2027-03-24", "expired", ["in_grace"]),
        ("2027-03-25", "lapsed", []),
    ],
)
def test_window_expiry_and_grace(world: World, as_of: str, award: str, flags: list[str]) -> None:
    world.statements = [passed(noon("2026-03-10"))]
    has(world.decide(as_of), award=award, flags=flags, met_on="2026-03-10", expires_on="2027-03-10")


@pytest.mark.parametrize(
    ("basis", "renewed", "expires"),
    [
        ("expiry", "2027-02-01", "2028-03-10"),
        ("completion", "2027-02-01", "2028-02-01"),
        ("expiry", "2027-03-20", "2028-03-10"),
        ("completion", "2027-03-20", "2028-03-20"),
    ],
)
def test_renewal_counts_from_its_basis(world: World, basis: str, renewed: str, expires: str) -> None:
    world.programs = base(renew=f"{{window: P60D, grace: P14D, basis: {basis}, early: ignore}}") + ACTIVITIES
    world.statements = [passed(noon("2026-03-10")), passed(noon(renewed))]
    has(world.decide(renewed), award="valid", flags=[], met_on=renewed, valid_from=renewed, expires_on=expires)
    if renewed == "2027-03-20":
        for day in ("2027-03-11", "2027-03-19"):
            has(world.decide(day), award="expired", flags=["in_grace"], expires_on="2027-03-10")


@pytest.mark.parametrize(("met", "expires"), [("2026-02-28", "2026-12-31"), ("2026-07-30", "2027-12-31")])
def test_fixed_basis_gives_the_first_anchor_after_the_minimum(world: World, met: str, expires: str) -> None:
    world.programs = base(renew='{window: P60D, basis: fixed, anchor: "12-31", min_active: P6M}') + ACTIVITIES
    world.statements = [passed(noon(met))]
    has(world.decide(met), award="valid", expires_on=expires)


def test_leap_day_comes_back_after_four_years(world: World) -> None:
    days = ["2024-02-29", "2025-02-20", "2026-02-20", "2027-02-20"]
    world.statements = [passed(noon(day)) for day in days]
    found = [world.decide(day)["expires_on"] for day in days]
    assert found == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


@pytest.mark.parametrize(
    ("zone", "done", "flags"),
    [
        (NEW_YORK, "2026-03-01T03:30:00Z", []),
        (NEW_YORK, "2026-03-01T04:59:59.999Z", []),
        (NEW_YORK, "2026-03-01T05:00:00Z", ["late"]),
        ("UTC", "2026-03-01T03:30:00Z", ["late"]),
    ],
)
def test_due_date_ends_with_the_civil_day(world: World, zone: str, done: str, flags: list[str]) -> None:
    world.programs = base(timezone=zone, effective="2026-01-29", due="{after: assigned, within: P30D}") + ACTIVITIES
    world.statements = [passed(done)]
    has(world.decide(done), due_on="2026-02-28", award="valid", flags=flags)
    instant = "2026-03-01T05:00:00Z" if zone == NEW_YORK else "2026-03-01T00:00:00Z"
    world.statements = []
    has(world.decide(instant), flags=["overdue"], award="none")
    has(world.decide("2026-02-28"), flags=[], next_change_at=instant)


def test_no_arrival_order_and_no_stored_changes_a_byte(world: World) -> None:
    world.programs = (
        base(require="{in_order: [{passed: a}, {completed: b}, {passed: exam, min_score: 0.8}]}") + ACTIVITIES
    )
    statements = [
        said("a", noon("2026-03-01")),
        said("b", noon("2026-03-02"), "completed"),
        said("exam", noon("2026-03-03"), "failed", score={"raw": 3, "max": 10}),
        said("exam", noon("2026-03-03"), score={"raw": 8, "max": 10}),
        said("exam", noon("2026-03-03"), score={"raw": 8, "max": 10}, name="sent twice"),
    ]
    found = set()
    for order in itertools.permutations(statements):
        stored = [f"2026-04-0{place + 1}T00:00:00Z" for place in range(len(order))]
        world.statements = [{**s, "stored": at} for s, at in zip(order, stored, strict=True)]
        random.Random(0).shuffle(world.statements)
        found.add(world.decide_text("2026-03-05"))
    assert len(found) == 1
    has(json.loads(found.pop()), award="valid", met_on="2026-03-03")


def test_late_knowledge_counts_from_the_day_it_happened(world: World) -> None:
    world.statements = [passed(noon("2026-02-20"), stored="2026-03-05T08:00:00Z")]
    has(world.decide("2026-02-21"), award="valid", valid_from="2026-02-20", expires_on="2027-02-20")
    has(world.decide("2026-03-04", "2026-03-04"), award="none", valid_from=None)
    has(world.decide("2026-02-21", "2026-03-05"), award="valid", known_at="2026-03-06T04:59:59.999999Z")


def test_void_takes_the_award_back_and_reopens_the_assignment(world: World) -> None:
    world.programs = base(due="{after: assigned, within: P30D}", effective="2026-03-01") + ACTIVITIES
    pass_ = passed(noon("2026-03-10"))
    world.statements = [pass_, voiding(pass_, "2026-04-01T12:00:00Z")]
    now = world.decide("2026-04-02")
    has(now, award="none", assignment="required", due_on="2026-03-31", flags=["overdue"], met_on=None)
    assert now["proof"]["of"][0]["of"][0]["of"][0]["rejected"] == [{"statement": pass_["id"], "reason": "voided"}]
    has(world.decide("2026-04-02", "2026-03-20"), award="valid", met_on="2026-03-10")


def test_void_before_its_target_and_void_of_a_void(world: World) -> None:
    pass_ = passed(noon("2026-03-10"), stored="2026-03-12T00:00:00Z")
    early = voiding(pass_, "2026-03-01T00:00:00Z")
    world.statements = [early, pass_]
    for known_at in ("2026-03-13", None):
        has(world.decide("2026-03-20", known_at), award="none")
    world.statements.append(voiding(early, "2026-03-15T00:00:00Z"))
    has(world.decide("2026-03-20"), award="none")


@pytest.mark.parametrize(
    ("score", "result", "reason"),
    [
        ({"scaled": 0.80}, "met", None),
        ({"scaled": 0.7999}, "unmet", "score_below_min"),
        ({"raw": 24, "min": 0, "max": 30}, "met", None),
        ({"raw": 24, "max": 30}, "met", None),
        ({"raw": 24}, "unknown", "unscalable"),
        ({"max": 30}, "unknown", "no_score"),
    ],
)
def test_scores_against_the_minimum(world: World, score: dict[str, Any], result: str, reason: str | None) -> None:
    statement = said("exam", noon("2026-03-10"), score=score)
    world.statements = [statement]
    decision = world.decide("2026-03-10")
    leaf = decision["proof"]["of"][0]["of"][0]["of"][0]
    assert (leaf["criterion"], leaf["result"]) == ("exam", result)
    assert leaf["used"] == ([statement["id"]] if result == "met" else [])
    assert leaf["rejected"] == ([{"statement": statement["id"], "reason": reason}] if reason else [])
    has(
        decision,
        award="valid" if result == "met" else "none",
        progress="met" if result == "met" else "in_progress",
        flags=["pending_evidence"] if result == "unknown" else [],
    )
    assert [gap["reason"] for gap in decision["gaps"]] == ([reason] if reason else [])


@pytest.mark.parametrize(("mode", "met"), [("strict", "2026-03-06"), ("lenient", "2026-03-05")])
def test_in_order(world: World, mode: str, met: str) -> None:
    world.programs = base(require=f"{{in_order: {{steps: [{{passed: a}}, {{passed: b}}], mode: {mode}}}}}") + ACTIVITIES
    first = said("b", noon("2026-03-01"))
    world.statements = [first, said("a", noon("2026-03-05")), said("b", noon("2026-03-06"))]
    decision = world.decide("2026-03-07")
    has(decision, award="valid", met_on=met)
    step = decision["proof"]["of"][0]["of"][0]["of"][1]
    assert step["rejected"] == ([{"statement": first["id"], "reason": "out_of_order"}] if mode == "strict" else [])


@pytest.mark.parametrize(
    ("done", "met"),
    [
        ([("a", "2026-03-01"), ("a", "2026-03-02")], None),
        ([("a", "2026-03-01"), ("a2", "2026-03-02")], None),
        ([("a", "2026-03-01"), ("c", "2026-03-09")], "2026-03-09"),
        ([("a2", "2026-03-01"), ("c", "2026-03-09")], "2026-03-09"),
    ],
    ids=["the same twice", "one and its equivalent", "two of them", "an equivalent and another"],
)
def test_n_of(world: World, done: list[tuple[str, str]], met: str | None) -> None:
    world.programs = base(require="{n_of: 2, of: [{passed: a}, {passed: b}, {passed: c}]}") + ACTIVITIES
    world.statements = [said(activity, noon(day)) for activity, day in done]
    has(world.decide("2026-03-20"), met_on=met, award="valid" if met else "none")


TIERS = """
kind: curriculum
id: base
title: New hire
version: 1
effective: 2026-01-01
timezone: America/New_York
for: {job: operator}
clock: {from: role_start, pause_on: [leave], rehire: {within: P90D, then: resume, else: restart}}
tiers:
  - {id: first, due: {within: P30D}, require: {all: [{passed: a}]}}
  - {id: second, after: first, due: {within: P90D}, require: {all: [{passed: b}]}, suggest: [{passed: c}]}
"""


@pytest.mark.parametrize(
    ("leave", "dues"),
    [("", ["2026-02-04", "2026-04-05"]), ("{from: 2026-01-20, to: 2026-02-02}", ["2026-02-18", "2026-04-19"])],
    ids=["no leave", "two weeks of leave"],
)
def test_tiers_wait_for_leave(world: World, leave: str, dues: list[str]) -> None:
    world.programs = TIERS + ACTIVITIES
    world.people = world.people.replace("2024-01-01", "2026-01-05") + f"    leave: [{leave}]\n"
    assert [tier["due_on"] for tier in world.decide("2026-01-10")["tiers"]] == dues
    has(world.decide("2026-01-10"), due_on=dues[0], flags=[], assignment="required")


def test_suggested_and_required_gives_the_required_due_date(world: World) -> None:
    audiences = """
  - {job: operator, assign: suggested, due: {within: P60D}}
  - {site: "us-*", assign: required, due: {within: P30D}}"""
    world.programs = base(for_=audiences, effective="2026-03-01") + ACTIVITIES
    has(world.decide("2026-03-02"), assignment="required", due_on="2026-03-31")
    world.programs = world.programs.replace('"us-*"', '"gb-*"')
    has(world.decide("2026-03-02"), assignment="suggested", due_on="2026-04-30")


def test_a_short_absence_changes_nothing(world: World) -> None:
    world.programs = base(due="{after: assigned, within: P60D}", effective="2026-02-01") + ACTIVITIES
    world.people = world.people.replace(
        "[{from: 2024-01-01, job: operator, site: us-1}]",
        "[{from: 2024-01-01, to: 2026-02-28, job: operator, site: us-1}, {from: 2026-03-03, job: operator, site: us-1}]",
    )
    states = [world.decide(day) for day in ("2026-02-27", "2026-03-01", "2026-03-03")]
    assert [state["assignment"] for state in states] == ["required", "withdrawn", "required"]
    assert [state["due_on"] for state in states] == ["2026-04-02", None, "2026-04-02"]
    said_before, _, said_after = (
        {k: v for k, v in state.items() if k not in ("as_of", "next_change_at")} for state in states
    )
    assert said_before == said_after


def test_a_new_version_meets_living_awards_at_their_renewal(world: World) -> None:
    second = base(
        version="2",
        effective="2026-06-01",
        apply="at_renewal",
        require="{all: [{id: exam, passed: exam, min_score: 0.80}, {id: extra, passed: a}]}",
    )
    world.programs = f"{base()}\n---\n{second}{ACTIVITIES}"
    world.statements = [passed(noon("2026-03-10")), passed(noon("2027-02-01"))]
    has(world.decide("2026-12-01"), award="valid", flags=[], version=1, expires_on="2027-03-10", gaps=[])
    renewing = world.decide("2027-02-02")
    has(renewing, award="valid", flags=["renewable"], version=1)
    assert [gap["criterion"] for gap in renewing["gaps"]] == ["extra"]
    world.statements.append(said("a", noon("2027-02-05")))
    has(world.decide("2027-02-05"), award="valid", flags=[], version=2, met_on="2027-02-05", expires_on="2028-03-10")
