"""Who is assigned, since when and by when (program-language 2 and 4, docs/decisions/0101)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from lrs.people.depths import Depth
from lrs.people.roster import Leave, Person, Position
from rules.decide import asks_for_depth
from rules.language import Ruleset
from tests.rules.world import ADA_PERSON, base, has, noon, passed, rules, said, state


def test_nobody_is_assigned_without_for() -> None:
    has(state(rules(base(for_="", due="{within: P30D}")), "2026-03-01"), assignment="none", due_on=None, flags=[])


@pytest.mark.parametrize(
    ("audience", "position", "matches"),
    [
        ("{job: [operator, clerk]}", {"job": "clerk"}, True),
        ("{job: operator}", {"job": None}, False),
        ("{job: Operator}", {"job": "operator"}, False),
        ('{site: "us-*"}', {"site": "us-1"}, True),
        ('{site: "us-*"}', {"site": "gb-1"}, False),
        (
            "{level: lead, unit: w, employment: employee}",
            {"level": "lead", "unit": "w", "employment": "employee"},
            True,
        ),
        ("{level: lead, unit: w}", {"level": "lead", "unit": "x"}, False),
        ("{job: operator, not: {employment: contractor}}", {"job": "operator", "employment": "contractor"}, False),
        ("{job: operator, not: {employment: contractor}}", {"job": "operator"}, True),
        ("{not: {job: clerk}}", {"job": "operator"}, True),
    ],
)
def test_audiences(audience: str, position: dict[str, Any], matches: bool) -> None:
    person = Person("ada", positions=(Position(date(2025, 1, 1), **position),))
    has(state(rules(base(for_=audience)), "2026-03-01", person=person), assignment="required" if matches else "none")


@pytest.mark.parametrize(
    ("comparison", "days"),
    [
        (">=2", ["2026-02-01"]),
        (">1", ["2026-02-01"]),
        ("=1", ["2026-01-01", "2026-04-01"]),
        ("2", ["2026-02-01"]),
        ("<1", ["2025-12-31"]),
        ("=0", ["2025-12-31"]),
        ("<=1", ["2025-12-31", "2026-01-01", "2026-04-01"]),
    ],
)
def test_managers_by_depth(comparison: str, days: list[str]) -> None:
    ruleset = rules(base(for_=f'{{manages: {{depth: "{comparison}"}}}}', clock="{rehire: {within: P0D}}"))
    depths = (
        Depth(date(2026, 1, 1), date(2026, 2, 1), 1),
        Depth(date(2026, 2, 1), date(2026, 4, 1), 2),
        Depth(date(2026, 4, 1), None, 1),
    )
    found = [
        day
        for day in ("2025-12-31", "2026-01-01", "2026-02-01", "2026-04-01")
        if state(ruleset, day, depths=depths)["assignment"] == "required"
    ]
    assert found == days


@pytest.mark.parametrize(
    ("audience", "asks"),
    [
        ("", False),
        ("{job: operator}", False),
        ("{job: operator, not: {job: clerk}}", False),
        ('{manages: {depth: "1"}}', True),
        ('{job: operator, not: {manages: {depth: "1"}}}', True),
        ('[{job: operator}, {manages: {depth: "1"}, assign: suggested}]', True),
    ],
)
def test_who_reports_to_whom_is_asked_for_where_one_audience_needs_it(audience: str, asks: bool) -> None:
    assert asks_for_depth(rules(base(for_=audience))) is asks


def test_hired_and_left_bound_every_position() -> None:
    person = replace(ADA_PERSON, hired_on=date(2026, 3, 1), left_on=date(2026, 3, 31))
    ruleset = rules(base(due="{within: P10D}"))
    found = [state(ruleset, day, person=person) for day in ("2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01")]
    assert [(each["assignment"], each["due_on"]) for each in found] == [
        ("none", None),
        ("required", "2026-03-11"),
        ("required", "2026-03-11"),
        ("withdrawn", None),
    ]
    gone = replace(ADA_PERSON, hired_on=date(2026, 3, 2), left_on=date(2026, 3, 1))
    has(state(ruleset, "2026-03-01", person=gone), assignment="none")


def absent(back: date) -> Person:
    first = Position(date(2026, 1, 1), date(2026, 1, 31), job="operator", site="us-1")
    return Person("ada", positions=(first, Position(back, job="operator", site="us-1")))


@pytest.mark.parametrize(
    ("clock", "back", "due"),
    [
        ("", date(2026, 3, 2), "2026-01-31"),
        ("", date(2026, 3, 3), "2026-04-02"),
        ("{rehire: {within: P90D, then: resume, else: restart}}", date(2026, 5, 1), "2026-01-31"),
        ("{rehire: {within: P90D, then: restart}}", date(2026, 2, 2), "2026-03-04"),
        ("{rehire: {within: P1D, else: resume}}", date(2026, 9, 1), "2026-01-31"),
    ],
)
def test_a_return_resumes_or_restarts(clock: str, back: date, due: str) -> None:
    ruleset = rules(base(due="{within: P30D}", clock=clock))
    has(state(ruleset, back.isoformat(), person=absent(back)), due_on=due, assignment="required")


@pytest.mark.parametrize(
    ("due", "clock", "expected"),
    [
        ("{after: assigned, within: P30D}", "", "2026-07-01"),
        ("{after: role_start, within: P30D}", "", "2024-01-31"),
        ("{within: P30D}", "{from: role_start}", "2024-01-31"),
        ("{after: assigned, within: P30D}", "{from: role_start}", "2026-07-01"),
        ("{after: role_start, within: P30D, floor: P14D}", "", "2026-06-15"),
        ("{after: assigned, within: P30D, floor: P14D}", "", "2026-07-01"),
        ("{after: assigned, within: PT24H}", "", "2026-06-01"),
        ("{after: assigned, within: P0D}", "", "2026-06-01"),
    ],
)
def test_due_dates(due: str, clock: str, expected: str) -> None:
    has(state(rules(base(effective="2026-06-01", due=due, clock=clock)), "2026-06-02"), due_on=expected)


@pytest.mark.parametrize(
    ("leave", "due"),
    [
        ([("2026-01-10", "2026-01-19")], "2026-02-10"),
        ([("2026-01-31", "2026-02-01")], "2026-02-02"),
        ([("2026-02-01", "2026-02-10")], "2026-01-31"),
        ([("2025-12-20", "2026-01-05")], "2026-02-05"),
        ([("2025-12-20", "2025-12-30")], "2026-01-31"),
        ([("2026-02-03", "2026-02-04"), ("2026-01-30", "2026-02-01")], "2026-02-05"),
    ],
    ids=["inside", "on the due date", "after it", "across the start", "before the start", "one leave reaches the next"],
)
def test_leave_puts_the_due_date_off(leave: list[tuple[str, str]], due: str) -> None:
    away = tuple(Leave(date.fromisoformat(start), date.fromisoformat(end)) for start, end in leave)
    person = Person("ada", leave=away, positions=(Position(date(2026, 1, 1), job="operator", site="us-1"),))
    has(state(rules(base(due="{within: P30D}", clock="{pause_on: leave}")), "2026-01-02", person=person), due_on=due)
    has(state(rules(base(due="{within: P30D}")), "2026-01-02", person=person), due_on="2026-01-31")


@pytest.mark.parametrize(
    ("leave", "due"),
    [(("2026-06-03", "2026-06-12"), "2026-06-25"), (("2024-01-10", "2024-01-19"), "2026-06-15")],
    ids=["after the assignment", "before it"],
)
def test_leave_puts_the_floor_off_too(leave: tuple[str, str], due: str) -> None:
    person = replace(ADA_PERSON, leave=(Leave(date.fromisoformat(leave[0]), date.fromisoformat(leave[1])),))
    late = "{after: role_start, within: P30D, floor: P14D}"
    ruleset = rules(base(effective="2026-06-01", due=late, clock="{pause_on: leave}"))
    has(state(ruleset, "2026-06-02", person=person), due_on=due)
    has(state(rules(base(effective="2026-06-01", due=late)), "2026-06-02", person=person), due_on="2026-06-15")


def test_the_due_date_of_an_audience_counts_from_what_the_clock_says() -> None:
    for due, expected in (("{within: P30D}", "2024-01-31"), ("{after: assigned, within: P30D}", "2026-07-01")):
        audience = f"{{job: operator, due: {due}}}"
        ruleset = rules(base(effective="2026-06-01", for_=audience, clock="{from: role_start}"))
        has(state(ruleset, "2026-06-02"), due_on=expected)


@pytest.mark.parametrize(
    ("first", "then", "deadline"),
    [("gb-1", "us-1", "2026-02-01T05:00:00Z"), ("us-1", "gb-1", "2026-02-01T00:00:00Z")],
    ids=["west", "east"],
)
def test_a_due_date_ends_where_somebody_works_by_then(first: str, then: str, deadline: str) -> None:
    moved = Person(
        "ada",
        positions=(
            Position(date(2026, 1, 1), date(2026, 1, 15), job="operator", site=first),
            Position(date(2026, 1, 16), job="operator", site=then),
        ),
    )
    ruleset = rules(base(effective="2026-01-01", timezone="site", due="{within: P30D}"))
    has(state(ruleset, "2026-01-20", person=moved), due_on="2026-01-31", flags=[], next_change_at=deadline)


def test_a_later_version_keeps_the_day_of_assignment() -> None:
    first = base(effective="2026-01-01", due="{within: P30D}")
    second = base(version="2", effective="2026-06-01", due="{within: P60D}")
    has(state(rules(f"{first}\n---\n{second}"), "2026-06-02"), due_on="2026-03-02", version=2, flags=["overdue"])
    narrow = base(effective="2026-01-01", for_="{job: clerk}", due="{within: P30D}")
    has(state(rules(f"{narrow}\n---\n{second}"), "2026-06-02"), due_on="2026-07-31", version=2, flags=[])


def test_a_role_that_begins_with_a_version_is_assigned_by_it() -> None:
    clerks = base(effective="2026-01-01", for_="{job: clerk}", due="{within: P30D}")
    everyone = base(version="2", effective="2026-06-01", due="{within: P30D}")
    moved = Person(
        "ada",
        positions=(
            Position(date(2026, 1, 1), date(2026, 5, 31), job="clerk"),
            Position(date(2026, 6, 1), job="operator"),
        ),
    )
    has(state(rules(f"{clerks}\n---\n{everyone}"), "2026-06-02", person=moved), due_on="2026-07-01", version=2)


def test_an_award_from_before_the_assignment_counts() -> None:
    ruleset = rules(base(effective="2026-06-01", due="{within: P30D}"))
    has(
        state(ruleset, "2026-06-02", passed(noon("2026-03-10"))),
        award="valid",
        assignment="required",
        due_on="2026-07-01",
        flags=[],
    )


def test_late_stays_with_the_award_that_was_late() -> None:
    ruleset = rules(base(effective="2026-01-01", due="{within: P30D}"))
    late = passed(noon("2026-02-10"))
    has(state(ruleset, "2026-02-10", late), flags=["late"], due_on="2026-01-31")
    has(state(ruleset, "2026-12-20", late), flags=["late", "renewable"])
    has(state(ruleset, "2026-12-21", late, passed(noon("2026-12-20"))), flags=[], due_on="2026-01-31")
    has(state(ruleset, "2027-03-01", late), award="lapsed", flags=["overdue"])


def test_who_is_withdrawn_owes_nothing() -> None:
    person = replace(ADA_PERSON, left_on=date(2026, 1, 20))
    ruleset = rules(base(effective="2026-01-01", due="{within: P30D}"))
    has(state(ruleset, "2026-06-01", person=person), assignment="withdrawn", flags=[], due_on=None)
    has(
        state(ruleset, "2026-06-01", passed(noon("2026-02-10")), person=person),
        award="valid",
        assignment="withdrawn",
        flags=[],
    )


def test_what_is_only_suggested_gives_no_award() -> None:
    ruleset = rules(base(require="", valid="", renew="", suggest="[{passed: a}, {passed: b}]", due="{within: P30D}"))
    has(state(ruleset, "2026-03-01"), assignment="suggested", award="none", progress="not_started", flags=[])
    done = state(ruleset, "2026-03-01", said("a", noon("2026-02-01")), said("b", noon("2026-02-02")))
    has(done, progress="met", met_on="2026-02-02", award="none", gaps=[], valid_from=None)


def test_what_was_suggested_when_it_was_earned_keeps_its_date_under_the_next_version() -> None:
    """Nobody was required to: the date that a later version names is none that whoever was done could have missed."""
    of_old = base(effective="2026-01-01", for_="{job: operator, assign: suggested}", due="{within: P60D}")
    of_new = base(version="2", effective="2026-06-01", due="{within: P10D}")
    ruleset = rules(f"{of_old}\n---\n{of_new}")
    done = passed(noon("2026-02-10"))
    has(state(ruleset, "2026-05-31", done), assignment="suggested", due_on="2026-03-02", flags=[])
    has(state(ruleset, "2026-06-30", done), assignment="required", due_on="2026-03-02", flags=[])


@pytest.mark.parametrize(
    ("asks", "flags"), [("require: {passed: b}", ["missing_clock"]), ("suggest: [{passed: b}]", [])]
)
def test_a_part_that_is_only_suggested_wants_no_day_of_hiring(asks: str, flags: list[str]) -> None:
    """Who was gathered without that day lacked a clock, though nothing that has to be done counts from it."""
    about = {"kind": "curriculum", "require": "", "valid": "", "renew": "", "for_": "{job: clerk}"}
    tiers = f"[{{id: one, require: {{passed: a}}}}, {{id: two, due: {{after: hired, within: P30D}}, {asks}}}]"
    ruleset = rules(base(**about, tiers=tiers))
    person = Person("ada", positions=(Position(date(2026, 1, 5), job="clerk"),))
    has(state(ruleset, "2026-01-10", person=person), due_on=None, flags=flags)


def test_of_two_audiences_alike_the_earliest_due_date_counts() -> None:
    audiences = (
        "[{job: operator, due: {within: P60D}}, {site: us-1, due: {within: P30D}}, {job: clerk, due: {within: P1D}}]"
    )
    has(state(rules(base(effective="2026-01-01", for_=audiences)), "2026-01-02"), due_on="2026-01-31")


@pytest.mark.parametrize(
    ("within", "floor", "flags"),
    [("PT30H", "PT29H", ["overdue"]), ("PT30H", "P1D", []), ("P1D", "PT30H", []), ("PT30H", "PT31H", [])],
)
def test_due_dates_of_one_day_are_told_apart_by_their_instants(within: str, floor: str, flags: list[str]) -> None:
    due = f"{{after: assigned, within: {within}, floor: {floor}}}"
    ruleset = rules(base(effective="2026-06-01", due=due))
    has(state(ruleset, "2026-06-02T10:30:00+00:00"), due_on="2026-06-02", flags=flags)


def test_what_is_only_suggested_does_not_hasten_what_is_required() -> None:
    audiences = "[{site: us-1, assign: suggested, due: {within: P10D}}, {job: operator, due: {within: P30D}}]"
    ruleset = rules(base(effective="2026-01-01", for_=audiences))
    has(state(ruleset, "2026-01-02"), assignment="required", due_on="2026-01-31")


def test_of_two_due_dates_on_one_day_the_earliest_instant_counts() -> None:
    audiences = "[{job: operator, due: {within: P1D}}, {site: us-1, due: {within: PT30H}}]"
    ruleset = rules(base(effective="2026-06-01", for_=audiences))
    has(state(ruleset, "2026-06-02T10:30:00+00:00"), due_on="2026-06-02", flags=["overdue"])


def test_a_version_lasts_until_the_next_one_begins_in_its_own_zone() -> None:
    """Tokyo's 1 June begins while the version of Tokyo is still in force for New York's 31 May."""
    tokyo = base(effective="2026-01-01", timezone="Asia/Tokyo")
    new_york = base(version="2", effective="2026-06-01")
    ruleset = rules(f"{tokyo}\n---\n{new_york}")
    for start, assignment in ((date(2026, 5, 31), "required"), (date(2026, 6, 1), "none")):
        person = Person("ada", positions=(Position(start, job="operator"),))
        has(state(ruleset, "2026-05-31T20:00:00+00:00", person=person), assignment=assignment, version=1)
        has(state(ruleset, "2026-06-01T04:00:00+00:00", person=person), assignment="required", version=2)


def test_an_assignment_begins_in_the_zone_of_the_version_that_makes_it() -> None:
    clerks = base(effective="2026-01-01", timezone="UTC", for_="{job: clerk}", require="{passed: a}")
    everyone = base(version="2", effective="2026-06-01", require="{passed: a, after_assignment: true}")
    ruleset = rules(f"{clerks.replace('passed: a', 'passed: a, after_assignment: true')}\n---\n{everyone}")
    for moment, award in (("2026-06-01T03:59:59Z", "none"), ("2026-06-01T04:00:00Z", "valid")):
        has(state(ruleset, "2026-06-02", said("a", moment)), award=award)


def contracts(*days: tuple[str, str | None]) -> Person:
    """Somebody who works here from one day to another, and again."""
    return Person(
        "ada",
        positions=tuple(
            Position(date.fromisoformat(start), date.fromisoformat(end) if end else None, job="operator")
            for start, end in days
        ),
    )


TWO_CONTRACTS = contracts(("2026-01-05", "2026-03-31"), ("2026-09-01", None))


def after_assignment(terms: str = "") -> Ruleset:
    leaf = f"{{id: induction, passed: a, after_assignment: true{terms}}}"
    return rules(base(require=f"{{all: [{leaf}, {{passed: b}}]}}", valid="", renew=""))


def test_evidence_of_an_earlier_assignment_is_none_of_a_later_one() -> None:
    early, later = said("a", noon("2026-01-10")), said("b", noon("2026-09-02"))
    decision = state(after_assignment(), "2026-09-03", early, later, person=TWO_CONTRACTS)
    has(decision, award="none")
    induction = decision["proof"]["of"][0]["of"][0]["of"][0]
    assert (induction["result"], induction["used"]) == ("unmet", [])
    assert [one["reason"] for one in induction["rejected"]] == ["before_assignment"]
    again = said("a", noon("2026-09-04"))
    has(state(after_assignment(), "2026-09-05", early, later, again, person=TWO_CONTRACTS), award="valid")


def test_who_is_away_between_two_assignments_is_withdrawn() -> None:
    for day, assignment in (("2026-01-04", "none"), ("2026-05-01", "withdrawn"), ("2026-09-01", "required")):
        has(state(rules(base()), day, person=TWO_CONTRACTS), assignment=assignment)


def test_what_was_earned_in_an_earlier_assignment_stays() -> None:
    early = said("a", noon("2026-01-10")), said("b", noon("2026-01-11"))
    for day in ("2026-01-12", "2026-04-15", "2026-09-03"):
        has(state(after_assignment(), day, *early, person=TWO_CONTRACTS), award="valid", met_on="2026-01-11")


def test_evidence_still_counts_while_nobody_is_assigned() -> None:
    statements = said("a", noon("2026-01-10")), said("b", noon("2026-08-31"))
    has(state(after_assignment(), "2026-09-03", *statements, person=TWO_CONTRACTS), award="valid", met_on="2026-08-31")


@pytest.mark.parametrize(
    "person",
    [
        contracts(("2026-01-05", "2026-03-31"), ("2026-04-20", None)),
        Person(
            "ada",
            positions=(
                Position(date(2026, 1, 5), date(2026, 6, 30), job="operator"),
                Position(date(2026, 3, 1), job="lead"),
            ),
        ),
        Person(
            "ada",
            positions=(
                Position(date(2026, 1, 5), date(2026, 3, 31), job="operator"),
                Position(date(2026, 4, 20), job="operator"),
                Position(date(2026, 4, 20), job="lead"),
            ),
        ),
    ],
    ids=["a short absence", "from one audience into another", "a short absence, and another audience since"],
)
def test_who_goes_on_needs_no_evidence_again(person: Person) -> None:
    leaf = "{passed: a, after_assignment: true}"
    ruleset = rules(base(for_="[{job: operator}, {job: lead}]", require=f"{{all: [{leaf}, {{passed: b}}]}}"))
    statements = said("a", noon("2026-01-10")), said("b", noon("2026-09-02"))
    has(state(ruleset, "2026-09-03", *statements, person=person), award="valid")
    has(state(ruleset, "2026-09-03", said("a", noon("2026-01-04")), statements[1], person=person), award="none")


def test_who_goes_into_another_audience_as_a_version_begins_needs_no_evidence_again() -> None:
    require = "{all: [{passed: a, after_assignment: true}, {passed: b}]}"
    clerks = base(effective="2026-01-01", for_="{job: clerk}", require=require)
    operators = base(version="2", effective="2026-06-01", require=require)
    clerk = Position(date(2026, 1, 5), date(2026, 5, 31), job="clerk")
    moved = Person("ada", positions=(clerk, Position(date(2026, 6, 1), job="operator")))
    statements = said("a", noon("2026-02-01")), said("b", noon("2026-06-02"))
    has(state(rules(f"{clerks}\n---\n{operators}"), "2026-06-03", *statements, person=moved), award="valid")


@pytest.mark.parametrize(
    ("terms", "scores", "award"),
    [
        (", min_score: 0.8, attempts: {max: 1}", {"2026-01-10": 0.2, "2026-09-02": 0.9}, "valid"),
        (", min_score: 0.8, attempts: {max: 1}", {"2026-09-01": 0.2, "2026-09-02": 0.9}, "none"),
        (", min_score: 0.8, attempts: {cooldown: P1Y}", {"2026-01-10": 0.2, "2026-09-02": 0.9}, "valid"),
        (", min_score: 0.8, score: first", {"2026-01-10": 0.2, "2026-09-02": 0.9}, "valid"),
        (", min_score: 0.8, score: first", {"2026-01-10": 0.9, "2026-09-02": 0.2}, "none"),
        (", min_score: 0.8, score: latest", {"2026-01-10": 0.9}, "none"),
    ],
)
def test_tries_and_scores_are_those_of_the_assignment(terms: str, scores: Mapping[str, float], award: str) -> None:
    tries = [said("a", noon(day), score={"scaled": scaled}) for day, scaled in scores.items()]
    decision = state(after_assignment(terms), "2026-09-03", *tries, said("b", noon("2026-09-02")), person=TWO_CONTRACTS)
    has(decision, award=award)


def test_what_is_done_at_the_first_instant_of_an_assignment_is_of_that_assignment() -> None:
    first = "2026-09-01T04:00:00Z"
    other = said("b", noon("2026-09-02"))
    done = said("a", first)
    decision = state(after_assignment(), "2026-09-03", done, other, person=TWO_CONTRACTS)
    has(decision, award="valid")
    assert decision["proof"]["of"][0]["of"][0]["of"][0]["used"] == [done["id"]]
    ruleset = after_assignment(", min_score: 0.8, attempts: {max: 1}")
    tries = [said("a", when, score={"scaled": score}) for when, score in ((first, 0.2), (noon("2026-09-02"), 0.9))]
    has(state(ruleset, "2026-09-03", *tries, other, person=TWO_CONTRACTS), award="none", progress="blocked")


def test_what_did_not_count_in_an_earlier_assignment_keeps_its_reason() -> None:
    ruleset = after_assignment(", min_score: 0.8, attempts: {max: 1}")
    tries = [said("a", noon(day), score={"scaled": score}) for day, score in (("2026-01-10", 0.2), ("2026-01-12", 0.9))]
    decision = state(ruleset, "2026-09-03", *tries, said("b", noon("2026-09-02")), person=TWO_CONTRACTS)
    induction = decision["proof"]["of"][0]["of"][0]["of"][0]
    assert [one["reason"] for one in induction["rejected"]] == ["before_assignment", "attempts_used_up"]


def test_a_try_is_open_again_with_the_next_assignment() -> None:
    ruleset = after_assignment(", min_score: 0.8, attempts: {max: 1}")
    failed, other = said("a", noon("2026-01-10"), score={"scaled": 0.2}), said("b", noon("2026-01-11"))
    for day, progress in (("2026-03-01", "blocked"), ("2026-08-31", "blocked"), ("2026-09-01", "in_progress")):
        decision = state(ruleset, day, failed, other, person=TWO_CONTRACTS)
        has(decision, progress=progress)
    before = state(ruleset, "2026-03-01", failed, other, person=TWO_CONTRACTS)
    assert before["blocked"] == {"until": "2026-09-01T04:00:00Z", "why": "attempts_used_up"}


def test_who_was_asked_until_the_day_before_a_version_goes_on_with_the_same_clock() -> None:
    clerks = base(effective="2026-01-01", for_="{job: clerk}", due="{within: P90D}")
    everyone = base(version="2", effective="2026-06-01", for_='{site: "us-*"}', due="{within: P90D}")
    ruleset = rules(f"{clerks}\n---\n{everyone}")
    for last, due in ((date(2026, 5, 30), "2026-08-30"), (date(2026, 5, 31), "2026-04-01")):
        clerk = Position(date(2026, 1, 1), last, job="clerk", site="us-1")
        after = Position(
            last.replace(day=last.day + 1) if last.day < 31 else date(2026, 6, 1), job="operator", site="us-1"
        )
        has(state(ruleset, "2026-06-01", person=Person("ada", positions=(clerk, after))), due_on=due, version=2)


def test_the_first_of_the_earlier_audiences_says_since_when() -> None:
    first = base(effective="2026-01-01", for_="[{job: operator}, {site: us-1}]", due="{within: P30D}")
    second = base(version="2", effective="2026-06-01", due="{within: P60D}")
    positions = (
        Position(date(2026, 1, 5), date(2026, 3, 1), job="clerk", site="us-1"),
        Position(date(2026, 3, 2), job="operator", site="us-1"),
    )
    has(
        state(rules(f"{first}\n---\n{second}"), "2026-06-02", person=Person("ada", positions=positions)),
        due_on="2026-03-06",
    )


def test_each_short_absence_is_counted_from_the_stay_before_it() -> None:
    stays = [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 2, 20), date(2026, 2, 25)), (date(2026, 3, 20), None)]
    person = Person("ada", positions=tuple(Position(start, end, job="operator") for start, end in stays))
    ruleset = rules(base(due="{within: P30D}"))
    has(state(ruleset, "2026-03-20", person=person), due_on="2026-01-31", assignment="required")
    has(state(ruleset, "2026-03-01", person=person), due_on=None, assignment="withdrawn")


def test_a_stay_after_a_long_absence_is_resumed_on_its_own() -> None:
    stays = [(date(2026, 1, 1), date(2026, 1, 31)), (date(2026, 6, 1), date(2026, 6, 30)), (date(2026, 7, 5), None)]
    person = Person("ada", positions=tuple(Position(start, end, job="operator") for start, end in stays))
    ruleset = rules(base(due="{within: P30D}"))
    for day, due in (("2026-01-15", "2026-01-31"), ("2026-06-15", "2026-07-01"), ("2026-07-05", "2026-07-01")):
        has(state(ruleset, day, person=person), due_on=due, assignment="required")


def test_a_position_of_one_day_is_one_day() -> None:
    one_day = Person("ada", positions=(Position(date(2026, 3, 1), date(2026, 3, 1), job="operator"),))
    found = [
        state(rules(base()), day, person=one_day)["assignment"] for day in ("2026-02-28", "2026-03-01", "2026-03-02")
    ]
    assert found == ["none", "required", "withdrawn"]
