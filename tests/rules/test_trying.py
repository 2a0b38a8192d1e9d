"""What a learner may try, and when: limits on tries, what is blocked until when, what a choice then still asks for.

With them what stands beside the trying: clocks that nobody can read, which credits count, and names of what is accepted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.decide import Facts, timeline
from rules.vocabulary import ACCEPTED
from tests.rules.world import ADA_PERSON, SITES, at, base, has, noon, passed, rows, rules, said, state

COURSES = """
---
{kind: activity, id: first-aid, iris: ["https://x.example/first-aid"], credits: {type: CEU, amount: 1, accredited_by: IACET}}
---
{kind: activity, id: talk, iris: ["https://x.example/talk"], credits: {type: CEU, amount: 2, accredited_by: club}}
---
{kind: activity, id: site-visit, iris: ["https://x.example/site-visit"], credits: {type: PDH, amount: 4, accredited_by: IACET}}
"""


def now(require: str, when: str, *statements: Any, more: str = "", **changes: str) -> dict[str, Any]:
    return dict(state(rules(base(require=require, **changes) + more), when, *statements))


def failed(activity: str, day: str) -> dict[str, Any]:
    return said(activity, noon(day), "failed")


def nearest(require: str, day: str, *statements: Any) -> list[str]:
    """What the cheapest way through the one choice still asks for."""
    (choice,) = (gap for gap in now(require, day, *statements)["gaps"] if "cheapest" in gap)
    return [one["criterion"] for one in choice["cheapest"]]


# Tries and their limits


def limited(attempts: str) -> str:
    return f"{{passed: exam, attempts: {attempts}}}"


def test_a_failed_try_blocks_from_its_own_instant_on() -> None:
    has(
        now(limited("{max: 1, per: P7D}"), "2026-03-01", failed("exam", "2026-03-01")),
        progress="blocked",
        blocked={"until": "2026-03-08T05:00:00Z", "why": "attempts_used_up"},
    )


def test_of_two_limits_the_one_that_ends_last_says_until_when_and_why() -> None:
    for attempts, until, why in (
        ("{max: 1, per: P7D, cooldown: P30D}", "2026-03-31T04:00:00Z", "cooldown"),
        ("{max: 1, per: P30D, cooldown: P7D}", "2026-03-31T04:00:00Z", "attempts_used_up"),
    ):
        has(
            now(limited(attempts), "2026-03-02", failed("exam", "2026-03-01")),
            blocked={"until": until, "why": why},
        )


def test_of_two_limits_that_end_together_the_cooldown_is_named() -> None:
    has(
        now(limited("{max: 1, per: P7D, cooldown: P7D}"), "2026-03-02", failed("exam", "2026-03-01")),
        blocked={"until": "2026-03-08T05:00:00Z", "why": "cooldown"},
    )


@pytest.mark.parametrize("attempts", ["{cooldown: P7D}", "{max: 1, per: P7D}"])
def test_the_day_on_which_a_try_counts_again_is_a_change_of_its_own(attempts: str) -> None:
    ruleset, try_ = rules(base(require=limited(attempts))), failed("exam", "2026-03-01")
    has(state(ruleset, "2026-03-02", try_), progress="blocked", next_change_at="2026-03-08T05:00:00Z")
    segments = timeline(ruleset, "base", Facts(ADA_PERSON, rows([try_]), SITES))
    assert [(one.from_us, one.progress) for one in segments][-2:] == [
        (at("2026-03-01"), "blocked"),
        (at("2026-03-08T05:00:00Z"), "in_progress"),
    ]


def test_a_step_that_opens_this_instant_may_be_blocked_and_one_that_is_not_open_is_not() -> None:
    steps = "{in_order: [{passed: a}, {passed: exam, after: learn, between: [P1D, P2D], attempts: {cooldown: P7D}}]}"
    require = f"{{all: [{{id: learn, passed: c}}, {steps}]}}"
    learn, a, exam = passed(noon("2026-03-01"), "c"), passed(noon("2026-03-03"), "a"), failed("exam", "2026-03-03")
    for day, blocked in (("2026-03-02", None), ("2026-03-03", {"until": "2026-03-10T04:00:00Z", "why": "cooldown"})):
        gap = now(require, day, learn, a, exam)["gaps"][-1]
        assert (gap["criterion"], gap.get("blocked")) == ("passed:exam", blocked)
    (*_, gap) = now(require, "2026-03-09", learn)["gaps"]
    assert (gap["reason"], gap.get("blocked")) == ("waits_for_step_before", None)


# What is blocked, until when


def test_who_waits_for_two_things_waits_for_the_first_of_them_to_open() -> None:
    require = "{all: [{passed: a, attempts: {cooldown: P14D}}, {passed: b, attempts: {cooldown: P7D}}]}"
    has(
        now(require, "2026-03-02", failed("a", "2026-03-01"), failed("b", "2026-03-01")),
        progress="blocked",
        blocked={"until": "2026-03-08T05:00:00Z", "why": "cooldown"},
    )


def test_that_something_must_not_have_happened_is_nothing_to_go_on_with() -> None:
    """Not even while it is unknown: a score that cannot be read leaves only the exam, and that has to wait."""
    require = "{all: [{passed: exam, attempts: {cooldown: P7D}}, {not: {passed: a, min_score: 0.5}}]}"
    decision = now(require, "2026-03-02", failed("exam", "2026-03-01"), said("a", noon("2026-03-01")))
    has(decision, progress="blocked", flags=["pending_evidence"])


def test_a_step_that_was_met_and_is_not_now_holds_back_the_steps_behind_it() -> None:
    require = (
        "{in_order: [{id: exam, passed: exam, min_score: 0.8, score: latest, attempts: {cooldown: P7D}}, {passed: a}]}"
    )
    good, bad = passed(noon("2026-03-01")), passed(noon("2026-03-10"), scaled=0.2)
    has(now(require, "2026-03-02", good, bad), progress="in_progress")
    has(
        now(require, "2026-03-11", good, bad),
        progress="blocked",
        blocked={"until": "2026-03-17T04:00:00Z", "why": "cooldown"},
    )


@pytest.mark.parametrize(
    ("when", "blocked"),
    [
        ("2026-01-01T17:00:00Z", {"until": "2026-03-02T05:00:00Z", "why": "window_not_open"}),
        ("2026-03-02T04:59:59Z", {"until": "2026-03-02T05:00:00Z", "why": "window_not_open"}),
        ("2026-03-02T05:00:00Z", None),
        ("2026-05-02T03:59:59Z", None),
        ("2026-05-02T04:00:00Z", {"until": None, "why": "window_closed"}),
    ],
)
def test_a_window_blocks_from_the_step_before_it_to_its_first_instant_and_from_its_end(
    when: str, blocked: dict[str, Any] | None
) -> None:
    require = "{in_order: [{id: learn, passed: a}, {passed: b, after: learn, between: [P60D, P120D]}]}"
    decision = now(require, when, said("a", noon("2026-01-01")))
    assert decision.get("blocked") == blocked
    assert decision["progress"] == ("in_progress" if blocked is None else "blocked")


# The cheapest way through a choice


def test_what_is_begun_this_instant_is_begun() -> None:
    require = "{any: [{id: a, passed: a}, {id: b, passed: b}]}"
    assert nearest(require, "2026-03-01", said("b", noon("2026-03-01"), "launched")) == ["b"]


def test_what_must_not_happen_and_did_not_is_one_of_the_number_already() -> None:
    require = "{n_of: 2, of: [{not: {passed: c}}, {id: a, passed: a}, {id: b, passed: b}]}"
    assert nearest(require, "2026-03-01") == ["a"]


def test_parts_that_need_not_be_distinct_may_be_of_one_activity() -> None:
    require = "{n_of: 2, distinct: %s, of: [{id: a, passed: a}, {id: again, passed: a2}, {id: b, passed: b}]}"
    assert nearest(require % "false", "2026-03-01") == ["a", "again"]
    assert nearest(require % "true", "2026-03-01") == ["a", "b"]


def test_no_more_parts_are_asked_for_than_the_number_even_where_some_may_be_of_one_activity() -> None:
    require = "{n_of: 2, of: [{id: a, passed: a}, {id: again, passed: a2}, {id: b, passed: b}, {id: c, passed: c}]}"
    assert nearest(require, "2026-03-01") == ["a", "b"]
    assert nearest(require, "2026-03-02", said("a2", noon("2026-03-01"))) == ["b"]


def test_a_part_that_is_met_counts_by_what_met_it_and_not_by_what_else_could_have() -> None:
    require = "{n_of: 2, of: [{any: [{passed: a}, {passed: b}]}, {id: again, passed: a2}, {id: c, passed: c}]}"
    assert nearest(require, "2026-03-02", said("a", noon("2026-03-01"))) == ["c"]


OR_TWO_OTHERS = "{any: [%s, {all: [{id: b, passed: b}, {id: c, passed: c}]}]}"


def test_what_must_not_have_happened_and_did_comes_last() -> None:
    require = f"{{all: [{OR_TWO_OTHERS % '{not: {passed: a}}'}, {{id: exam, passed: exam}}]}}"
    assert nearest(require, "2026-03-01", said("a", noon("2026-03-01"))) == ["b", "c"]


def test_one_thing_closed_for_good_closes_all_that_needs_it() -> None:
    require = OR_TWO_OTHERS % "{all: [{id: once, passed: a, attempts: {max: 1}}, {id: exam, passed: exam}]}"
    assert nearest(require, "2026-03-02") == ["once", "exam"]
    assert nearest(require, "2026-03-02", failed("a", "2026-03-01")) == ["b", "c"]


def test_what_only_has_to_wait_is_not_closed() -> None:
    require = OR_TWO_OTHERS % "{id: later, passed: a, attempts: {cooldown: P7D}}"
    assert nearest(require, "2026-03-02", failed("a", "2026-03-01")) == ["later"]


def test_a_choice_in_a_choice_is_as_near_as_its_own_nearest_part() -> None:
    require = "{any: [{id: inner, all: [{any: [{id: a, passed: a}, {id: b, passed: b}]}]}, {id: c, passed: c}]}"
    assert nearest(require, "2026-03-01") == ["any#2"]


# Clocks that nobody can read

HIRED = "{after: hired, within: P30D}"


@pytest.mark.parametrize(
    ("audiences", "hired", "flags"),
    [
        (f"{{job: operator, due: {HIRED}}}", None, ["missing_clock"]),
        (f"[{{job: operator}}, {{site: us-1, due: {HIRED}}}]", None, ["missing_clock"]),
        (f"[{{job: operator}}, {{site: us-1, assign: suggested, due: {HIRED}}}]", "2024-01-01", []),
        (f"[{{job: operator}}, {{site: us-1, assign: suggested, due: {HIRED}}}]", None, []),
        ("[{job: operator}, {site: us-1, assign: suggested, due: {after: role_start, within: P30D}}]", None, []),
    ],
)
def test_a_clock_is_missing_where_an_audience_that_sets_the_date_counts_from_a_hiring_that_nobody_knows(
    audiences: str, hired: str | None, flags: list[str]
) -> None:
    person = replace(ADA_PERSON, hired_on=date.fromisoformat(hired) if hired else None)
    decision = state(rules(base(for_=audiences)), "2024-01-10", person=person)
    has(decision, assignment="required", due_on=None, flags=flags)


def test_no_clock_is_missing_where_another_audience_sets_the_date() -> None:
    audiences = f"[{{job: operator, due: {HIRED}}}, {{site: us-1, due: {{after: role_start, within: P30D}}}}]"
    has(state(rules(base(for_=audiences)), "2024-01-10", person=ADA_PERSON), due_on="2024-01-31", flags=[])


# Credits


@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ("{type: CEU, min: 9}", "3"),
        ("{type: PDH, min: 9}", "4"),
        ("{type: CEU, min: 9, accredited_by: [IACET]}", "1"),
        ("{type: CEU, min: 9, accredited_by: [club, IACET]}", "3"),
        ("{type: PDH, min: 9, accredited_by: [club]}", "0"),
    ],
)
def test_a_course_gives_credits_of_its_own_type_from_those_who_accredit_it(asked: str, total: str) -> None:
    done = [said(course, noon("2026-03-01"), "completed") for course in ("first-aid", "talk", "site-visit")]
    decision = now(f"{{credits: {asked}}}", "2026-03-02", *done, more=COURSES)
    assert decision["proof"]["of"][0]["of"][0]["total"] == total


# What is accepted instead


def test_what_is_accepted_is_named_by_its_place_in_the_list_from_one_on() -> None:
    papers = [said(paper, noon("2026-03-01"), ACCEPTED) for paper in ("b", "c")]
    decision = now(
        "{all: [{id: theory, passed: a}, {passed: exam}]}",
        "2026-03-02",
        *papers,
        accept="[{credential: b, for: theory}, {credential: c, for: theory}]",
    )
    theory = decision["proof"]["of"][0]["of"][0]["of"][0]
    assert [one["criterion"] for one in theory["accepted"]] == ["accept#1:credential:b", "accept#2:credential:c"]


@pytest.mark.parametrize(
    "late", ["{id: b, passed: b, after: learn, between: [P1D, P10D]}", None], ids=["alone", "in a group"]
)
def test_a_way_whose_window_is_over_is_not_the_cheapest_although_its_turn_has_not_come(late: str | None) -> None:
    late = late or "{all: [{id: b, passed: b, after: learn, between: [P1D, P10D]}]}"
    other = "{all: [{id: a, passed: a}, {id: a2, passed: a2}]}"
    require = (
        f"{{all: [{{id: learn, passed: c}}, {{in_order: [{{id: exam, passed: exam}}, {{any: [{late}, {other}]}}]}}]}}"
    )
    assert nearest(require, "2026-06-01", passed(noon("2026-01-01"), "c")) == ["a", "a2"]


@pytest.mark.parametrize(
    ("first", "closed"),
    [
        ("{all: [{id: n, not: {passed: a}}, {id: b, passed: b}]}", True),
        ("{all: [{id: n, not: {passed: c}}, {id: b, passed: b}]}", False),
        (
            "{all: [{id: b, passed: b}, {any: [{id: late, passed: a2, after: learn, between: [P1D, P9D]}, {passed: c}]}]}",
            False,
        ),
        ("{n_of: 2, of: [{id: b, passed: b}, {id: late, passed: a2, after: learn, between: [P1D, P9D]}]}", True),
        (
            "{n_of: 2, of: [{id: b, passed: b}, {passed: c}, {id: late, passed: a2, after: learn, between: [P1D, P9D]}]}",
            False,
        ),
    ],
)
def test_a_way_that_can_be_met_no_more_is_closed_and_one_that_still_can_is_not(first: str, closed: bool) -> None:
    other = "{all: [{id: x, passed: exam}, {id: y, completed: c}, {id: z, completed: exam}]}"
    require = f"{{all: [{{id: learn, passed: a}}, {{any: [{first}, {other}]}}]}}"
    found = nearest(require, "2026-03-01", passed(noon("2026-01-01"), "a"))
    assert (found == ["x", "y", "z"]) is closed
