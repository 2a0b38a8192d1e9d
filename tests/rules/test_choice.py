"""Which way through a choice is the cheapest: the fewest outstanding things, then the one already begun."""

from __future__ import annotations

from typing import Any

from tests.rules.world import base, noon, passed, rules, said, state


def gaps(require: str, day: str, *statements: Any) -> list[dict[str, Any]]:
    return list(state(rules(base(require=require)), day, *statements)["gaps"])


def steps(require: str, day: str, *statements: Any) -> list[str]:
    (gap,) = gaps(require, day, *statements)
    return [one["criterion"] for one in gap["cheapest"]]


TWO_OR_ONE = "{any: [{all: [{id: a, passed: a}, {id: b, passed: b}]}, {id: c, passed: c}]}"


def test_the_alternative_with_the_fewest_outstanding_things() -> None:
    assert steps(TWO_OR_ONE, "2026-03-01") == ["c"]


def test_of_equals_the_one_already_begun_and_else_the_one_written_first() -> None:
    assert steps(TWO_OR_ONE, "2026-03-02", said("a", noon("2026-03-01"))) == ["b"]
    assert steps("{any: [{id: a, passed: a}, {id: b, passed: b}]}", "2026-03-02") == ["a"]
    begun = said("b", noon("2026-03-01"), "launched")
    assert steps("{any: [{id: a, passed: a}, {id: b, passed: b}]}", "2026-03-02", begun) == ["b"]


def test_fewer_things_win_over_being_begun() -> None:
    begun = said("a", noon("2026-03-01"), "launched")
    assert steps(TWO_OR_ONE, "2026-03-02", begun) == ["c"]


def test_as_many_as_are_still_needed() -> None:
    require = "{n_of: 2, of: [{id: a, passed: a}, {id: b, passed: b}, {id: c, passed: c}]}"
    assert steps(require, "2026-03-02") == ["a", "b"]
    assert steps(require, "2026-03-02", said("b", noon("2026-03-01"))) == ["a"]
    begun = said("c", noon("2026-03-01"), "launched")
    assert steps(require, "2026-03-02", begun) == ["c", "a"]


def test_two_parts_of_one_activity_count_once() -> None:
    require = "{n_of: 2, of: [{id: a, passed: a}, {id: again, passed: a2}, {id: b, passed: b}]}"
    assert steps(require, "2026-03-02") == ["a", "b"]
    assert steps(require, "2026-03-02", said("a2", noon("2026-03-01"))) == ["b"]


def test_a_choice_in_a_choice_counts_as_much_as_its_own_cheapest() -> None:
    require = f"{{any: [{{all: [{TWO_OR_ONE}, {{id: exam, passed: exam}}]}}, {{all: [{{id: x, passed: a2}}]}}]}}"
    assert steps(require, "2026-03-01") == ["x"]
    (gap,) = gaps(f"{{any: [{TWO_OR_ONE}]}}", "2026-03-01")
    assert gap["cheapest"][0]["cheapest"] == [{"criterion": "c", "reason": "no_evidence", "text": "pass C"}]


def test_what_is_closed_for_good_comes_last() -> None:
    require = "{any: [{id: once, passed: a, attempts: {max: 1}}, {all: [{id: b, passed: b}, {id: c, passed: c}]}]}"
    assert steps(require, "2026-03-02") == ["once"]
    failed = said("a", noon("2026-03-01"), "failed")
    assert steps(require, "2026-03-02", failed) == ["b", "c"]


def test_only_choices_have_a_cheapest_way() -> None:
    (gap,) = gaps("{all: [{id: exam, passed: exam, min_score: 0.80}]}", "2026-03-02")
    assert "cheapest" not in gap
    assert state(rules(base(require=TWO_OR_ONE)), "2026-03-02", passed(noon("2026-03-01"), "c"))["gaps"] == []
