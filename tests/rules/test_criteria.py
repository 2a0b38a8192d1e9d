"""Criteria and step functions by themselves: when something was met, unknown or taken back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rules.decide.calendar import FOREVER
from rules.decide.criteria import HoldsCriterion
from rules.decide.leaves import completed_steps, passed_steps
from rules.decide.logic import (
    MET,
    UNKNOWN,
    UNMET,
    Steps,
    combine,
    every,
    first_met,
    met_since,
    opposite,
    some,
    value_at,
)
from rules.decide.record import RETRACTS, SHOWS, Entries, Record
from rules.language.model import Holds
from tests.rules.world import base, has, noon, passed, rules, said, state


def entries(*rows: tuple[int, int]) -> Entries:
    """Judged rows: when, and the verdict."""
    return Entries([at for at, _ in rows], [verdict for _, verdict in rows])


@pytest.mark.parametrize(
    ("rows", "since", "steps"),
    [
        ([], 0, []),
        ([(1, UNMET), (2, SHOWS)], 0, []),
        ([(1, MET), (2, UNMET), (3, MET)], 0, [(1, MET)]),
        ([(1, MET), (2, UNMET), (3, MET)], 1, [(1, MET)]),
        ([(1, MET), (2, UNMET), (3, MET)], 2, [(3, MET)]),
        ([(1, UNKNOWN), (2, UNKNOWN)], 0, [(1, UNKNOWN)]),
        ([(1, UNKNOWN), (2, UNKNOWN), (3, MET)], 0, [(1, UNKNOWN), (3, MET)]),
        ([(1, UNKNOWN), (1, MET)], 0, [(1, MET)]),
        ([(1, MET), (1, UNKNOWN)], 0, [(1, MET)]),
    ],
)
def test_once_passed_is_passed(rows: list[tuple[int, int]], since: int, steps: Steps) -> None:
    assert list(passed_steps(entries(*rows), since)) == steps


@pytest.mark.parametrize(
    ("rows", "since", "steps"),
    [
        ([(1, MET), (2, MET)], 0, [(1, MET)]),
        ([(1, RETRACTS), (2, SHOWS), (3, UNMET)], 0, []),
        ([(1, MET), (2, RETRACTS), (3, RETRACTS)], 0, [(1, MET), (2, UNMET)]),
        ([(1, MET), (2, RETRACTS), (3, MET)], 2, [(3, MET)]),
        ([(1, MET), (1, RETRACTS)], 0, [(1, MET)]),
        ([(1, RETRACTS), (1, MET)], 0, [(1, MET)]),
        ([(1, MET), (5, SHOWS), (5, RETRACTS)], 0, [(1, MET), (5, UNMET)]),
        ([(1, MET), (5, MET), (5, SHOWS), (5, RETRACTS)], 0, [(1, MET)]),
        ([(1, MET), (5, RETRACTS), (5, MET)], 0, [(1, MET)]),
        ([(1, MET), (3, RETRACTS), (5, MET), (7, RETRACTS), (7, MET)], 0, [(1, MET), (3, UNMET), (5, MET)]),
        (
            [(1, MET), (3, RETRACTS), (5, MET), (7, RETRACTS), (9, MET)],
            0,
            [(1, MET), (3, UNMET), (5, MET), (7, UNMET), (9, MET)],
        ),
    ],
)
def test_a_completion_lasts_until_it_is_taken_back(rows: list[tuple[int, int]], since: int, steps: Steps) -> None:
    assert list(completed_steps(entries(*rows), since)) == steps


HELD = [(1, MET), (3, UNMET), (4, MET), (9, UNMET)]


@pytest.mark.parametrize(
    ("since", "steps", "started"),
    [
        (0, HELD, 1),
        (1, HELD, 1),
        (2, [(2, MET), *HELD[1:]], 2),
        (3, HELD[2:], 4),
        (5, [(5, MET), (9, UNMET)], 5),
        (9, [], FOREVER),
    ],
)
def test_what_is_held_counts_from_the_instant_it_is_asked_for(since: int, steps: Steps, started: int) -> None:
    criterion = HoldsCriterion(Holds("holds:other", "other"))
    judging: Any = SimpleNamespace(record=Record(0, {"other": HELD}))
    assert list(criterion.steps(judging, since)) == steps
    assert criterion.started(judging, since) == started


def test_every_and_some_of_one_or_nothing() -> None:
    function = [(1, UNKNOWN), (2, MET)]
    assert every([function]) == some([function]) == some([[], function]) == function
    assert list(every([function, []])) == list(some([[], []])) == []


def test_steps_of_one_instant_are_one_step() -> None:
    assert combine([[(1, MET), (5, UNMET)], [(5, MET)]], max) == [(1, MET)]
    assert combine([[(1, MET)], [(1, MET)]], min) == [(1, MET)]


@pytest.mark.parametrize(
    ("steps", "since", "turned"),
    [
        ([], 3, [(3, MET)]),
        ([(1, UNKNOWN), (3, MET), (5, UNMET)], 3, [(3, UNMET), (5, MET)]),
        ([(1, UNKNOWN), (3, MET), (5, UNMET)], 2, [(2, UNKNOWN), (3, UNMET), (5, MET)]),
        ([(1, UNKNOWN), (3, MET), (5, UNMET)], 6, [(6, MET)]),
    ],
)
def test_the_opposite_begins_where_it_is_asked_for(steps: Steps, since: int, turned: Steps) -> None:
    assert list(opposite(steps, since)) == turned


@pytest.mark.parametrize(
    ("steps", "since", "until", "found"),
    [
        ([(1, MET), (5, UNMET)], 7, FOREVER, None),
        ([(1, MET), (5, UNMET)], 5, FOREVER, None),
        ([(1, MET), (5, UNMET)], 4, FOREVER, 4),
        ([(1, MET), (3, UNMET), (9, MET)], 5, FOREVER, 9),
        ([(1, MET), (3, UNMET), (9, MET)], 5, 9, None),
        ([(1, UNKNOWN), (3, MET)], 0, 4, 3),
        ([], 0, FOREVER, None),
    ],
)
def test_first_met(steps: Steps, since: int, until: int, found: int | None) -> None:
    assert first_met(steps, since, until) == found


def test_the_value_holds_from_its_step_on() -> None:
    steps = [(1, MET), (3, UNKNOWN), (5, MET)]
    assert [value_at(steps, at) for at in range(7)] == [UNMET, MET, MET, UNKNOWN, UNKNOWN, MET, MET]
    assert [met_since(steps, at) for at in range(7)] == [None, 1, 1, None, None, 5, 5]


@pytest.mark.parametrize(
    ("of", "done"),
    [
        ("[{any: [{passed: a}, {passed: b}]}, {passed: a}, {passed: c}]", ["a"]),
        ("[{holds: other}, {holds: other}, {passed: a}]", ["c"]),
    ],
    ids=["one for a part and a choice", "one award twice"],
)
def test_one_thing_serves_one_part_of_n(of: str, done: list[str]) -> None:
    other = "\n---\n{kind: certification, id: other, require: {passed: c}}"
    ruleset = rules(base(require=f"{{n_of: 2, of: {of}}}", valid="", renew="") + other)
    statements = [passed(noon("2026-03-01"), name) for name in done]
    has(state(ruleset, "2026-03-09", *statements), award="none")
    has(
        state(ruleset, "2026-03-09", *statements, passed(noon("2026-03-02"), "a"), passed(noon("2026-03-02"), "b")),
        award="valid",
    )


def test_what_a_choice_gains_after_it_was_met_counts() -> None:
    of = "[{any: [{passed: a}, {passed: b}]}, {passed: a}]"
    ruleset = rules(base(require=f"{{n_of: 2, of: {of}}}", valid="", renew=""))
    both = [passed(noon("2026-03-01"), "a"), passed(noon("2026-03-05"), "b")]
    has(
        state(ruleset, "2026-03-04", *both), award="none", progress="in_progress", next_change_at="2026-03-05T17:00:00Z"
    )
    has(state(ruleset, "2026-03-05", *both), award="valid", met_on="2026-03-05")


def test_n_of_is_met_since_it_was_met_last() -> None:
    """One option of the choice takes over from the other; only when both are taken back is it unmet."""
    suggest = "[{n_of: 2, of: [{any: [{completed: a}, {completed: b}]}, {completed: c}]}]"
    moodle = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"
    ruleset = rules(base(require="", valid="", renew="", suggest=suggest) + moodle)
    back = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
    story = [
        ("c", "completed", "in_progress", None),
        ("a", "completed", "met", "2026-03-02"),
        ("b", "completed", "met", "2026-03-02"),
        ("a", back, "met", "2026-03-02"),
        ("b", back, "in_progress", None),
        ("b", "completed", "met", "2026-03-06"),
    ]
    done: list[Any] = []
    for day, (activity, verb, progress, met_on) in enumerate(story, 1):
        done.append({**said(activity, noon(f"2026-03-0{day}"), verb), "context": {"platform": "Moodle"}})
        has(state(ruleset, f"2026-03-0{day}", *done), progress=progress, met_on=met_on)


def test_holding_a_prerequisite_is_a_beginning() -> None:
    other = "\n---\n{kind: certification, id: other, require: {passed: c}}"
    ruleset = rules(base(require="{all: [{holds: other}, {passed: a}]}", valid="", renew="") + other)
    has(state(ruleset, "2026-03-09"), progress="not_started")
    has(state(ruleset, "2026-03-09", said("c", noon("2026-03-01"))), progress="in_progress")


def test_a_tier_that_only_suggests_does_not_shift_the_order() -> None:
    text = """
kind: curriculum
id: base
effective: 2026-01-01
timezone: UTC
tiers:
  - {id: warm-up, suggest: [{passed: exam}]}
  - {id: one, require: {passed: a}}
  - {id: two, after: one, require: {passed: b}}
  - {id: three, after: two, require: {passed: c}}
"""
    done: list[Any] = [said("b", noon("2026-03-01")), said("c", noon("2026-03-02")), said("a", noon("2026-03-03"))]
    found = state(rules(text), "2026-03-04", *done)
    assert [(tier["id"], tier["met_on"]) for tier in found["tiers"]] == [
        ("one", "2026-03-03"),
        ("two", "2026-03-03"),
        ("three", "2026-03-03"),
    ]
