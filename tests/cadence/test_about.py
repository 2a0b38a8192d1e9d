"""What a program says about itself: read strictly, with every mistake where it stands; published ones leniently."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.yaml_door import load
from rules.language import LanguageError, load_programs
from rules.language.about import SHOWN, Account, Cadence, Recognition, Review, Worth
from rules.language.period import load_period
from rules.language.recurrence import recurrence_of

BASE = """
kind: certification
id: p
title: P
version: 1
effective: 2026-01-01
timezone: UTC
require: {passed: a}
"""
ACTIVITY = '---\n{kind: activity, id: a, iris: ["https://x.example/a"]MORE}\n'


def about(text: str, *, is_published: bool = False) -> Any:
    documents = load(BASE + text + "\n" + ACTIVITY.replace("MORE", ""), "p.yaml")
    return load_programs(documents, is_published=is_published).programs["p"][-1].about


def complaints(text: str) -> list[str]:
    with pytest.raises(LanguageError) as caught:
        about(text)
    return [error.message for error in caught.value.errors]


def test_what_is_said_is_kept() -> None:
    found = about("""
cadence: {cohort: monthly, starts: first-monday, min_size: 5}
review: {every: P1Y, owner: lnd-lead, inputs: [pass-rates, a]}
report: {to: hr, every: P1M}
benefit: {learner: L, company: C}
recognised_by: [{name: X, standard: S, value: V}, {name: Y, endorsement: required}]
""")
    assert found.cadence == Cadence(recurrence_of("monthly", "first-monday"), 5)
    assert found.review == Review(load_period("P1Y"), "lnd-lead", ("pass-rates", "a"))
    assert found.report == (Account(("hr",), load_period("P1M"), SHOWN),)
    assert found.benefit == Worth("L", "C")
    assert found.recognised_by == (
        Recognition("X", "S", None, Worth("V")),
        Recognition("Y", is_required=True),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cadence: {starts: monday}", "'cadence' needs cohort"),
        ("cadence: {cohort: yearly}", "expected one of weekly, monthly, quarterly, found 'yearly'"),
        ("cadence: {cohort: weekly, starts: first-monday}", "a day of the week is needed here, such as monday"),
        (
            "cadence: {cohort: monthly, starts: monday}",
            "a day of the month is needed here, such as first-monday, last-friday or 15",
        ),
        ("cadence: {cohort: monthly, min_size: 0}", "expected a whole number from 1 on, found 0"),
        ("cadence: {cohort: monthly, size: 3}", "'cadence' has no key 'size'"),
        ("cadence: monthly", "expected keys and values here, found 'monthly'"),
        ("review: {inputs: [overdue]}", "'review' says neither how often nor by whom"),
        ("review: {every: PT24H, owner: x}", "'PT24H' counts hours; years, months, weeks or days are needed here"),
        ("review: {every: P1Y, owner: x, inputs: [pass-rate]}", "no activity is called 'pass-rate'"),
        ("report: {to: [], every: P1M}", "an empty list names nobody"),
        ("report: {to: [x], every: P1M, show: [rates]}", f"expected one of {', '.join(SHOWN)}, found 'rates'"),
        ("report: [{every: P1M}]", "'report' needs to"),
        ("benefit: {employer: x}", "'benefit' has no key 'employer'"),
        ("recognised_by: {standard: x}", "'recognised_by' needs name"),
        ("recognised_by: [{name: x, endorsement: maybe}]", "expected one of required, optional, found 'maybe'"),
        ("description: 5", "expected text, found 5"),
    ],
)
def test_a_mistake_is_named_once(text: str, message: str) -> None:
    assert complaints(text) == [message]
    assert about(text, is_published=True) is not None


def test_of_a_published_ruleset_only_what_is_wrong_is_left_out() -> None:
    found = about("cadence: {every: month}\nbenefit: {learner: L}", is_published=True)
    assert found.cadence is None
    assert found.benefit == Worth("L")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", kirkpatrick: 5", "expected a level from 1 to 4, found 5"),
        (", hours: 0", "this must be more than nothing"),
        (", design: [a]", "expected text, found a list"),
        (", methods: online", "an activity has no key 'methods'"),
    ],
)
def test_an_activity_says_how_it_is_taught(more: str, message: str) -> None:
    with pytest.raises(LanguageError) as caught:
        load_programs(load(BASE + ACTIVITY.replace("MORE", more), "p.yaml"))
    assert [error.message for error in caught.value.errors] == [message]
    fine = BASE + ACTIVITY.replace("MORE", ", method: online, design: demo, kirkpatrick: 2, hours: 1.5")
    notes = load_programs(load(fine, "p.yaml")).activities["a"].notes
    assert (notes["method"], notes["design"], notes["kirkpatrick"], str(notes["hours"])) == (
        ["online"],
        "demo",
        2,
        "1.5",
    )
