"""Evidence sorted once for all the programs that read it."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.yaml_door import load
from rules.decide import Evidence
from rules.decide.dossiers import Dossier, dossiers_of
from rules.language import load_programs
from tests.rules.world import at, noon, passed, state


def row(statement: str, at: int, tie: bytes = b"", activity: str = "a", **more: Any) -> Evidence:
    known = more.pop("known", 0)
    return Evidence(statement, "v", activity, None, "object", None, at, known, tie, **more)


def dossier(*rows: Evidence) -> Dossier:
    return dossiers_of(rows)["a"]


def test_rows_are_in_order_of_when_it_happened_what_was_said_and_by_which_name() -> None:
    late, other = row("1", 2, b"a"), row("2", 1, b"b")
    first, second = row("4", 1, b"a", known=9), row("5", 1, b"a")
    found = dossier(late, other, second, first)
    assert found.rows == [first, second, other, late]
    assert found.ats == [1, 1, 1, 2]


def test_each_activity_has_its_own_in_the_order_of_their_first_rows() -> None:
    found = dossiers_of([row("1", 3), row("2", 2, activity="b"), row("3", 1, activity="c"), row("4", 4, activity="b")])
    assert [(activity, [one.at for one in each.rows]) for activity, each in found.items()] == [
        ("c", [1]),
        ("b", [2, 4]),
        ("a", [3]),
    ]


def test_rows_of_one_kind_from_one_place_share_a_code() -> None:
    plain = row("1", 1)
    rows = [
        plain,
        plain._replace(at=2, success=True),
        plain._replace(at=3, credential="lms", authority="hq", platform="p", home_page="h"),
        plain._replace(at=4, activity_type="t", object_type="o"),
        plain._replace(at=5),
    ]
    found = dossier(*rows)
    assert found.codes == [0, 0, 1, 2, 0]
    assert found.kinds == [
        ((None, None, None, None), ("v", "a", None, "object", None)),
        (("lms", "hq", "p", "h"), ("v", "a", None, "object", None)),
        ((None, None, None, None), ("v", "a", "t", "object", "o")),
    ]


def test_a_dossier_is_plain_unless_something_was_voided_or_said_twice() -> None:
    assert dossier(row("1", 1), row("2", 2)).is_plain
    assert dossier(row("1", 1, b"a"), row("2", 1, b"b")).is_plain
    assert dossier(row("1", 1, known=1), row("2", 2, known=1)).is_plain
    assert not dossier(row("1", 1, b"a"), row("2", 1, b"a", known=1)).is_plain
    assert not dossier(row("1", 1), row("2", 2, voided=3)).is_plain


def test_the_newest_row_is_the_one_that_became_known_last() -> None:
    assert dossier(row("1", 1, known=7), row("2", 2, known=5)).newest == 7


TWO_WAYS = load_programs(
    load(
        """
{kind: certification, id: base, effective: 2026-01-01, require: {passed: exam, min_score: 0.8}}
---
{kind: activity, id: exam, iris: ["https://x.example/exam", "https://x.example/exam-2"]}
---
{kind: activity, id: old, iris: ["https://x.example/old"], counts_for: [{id: exam, from: 2026-03-01}]}
""",
        "p.yaml",
    )
)


def sat(activity: str, day: str, score: float, **more: Any) -> Any:
    return passed(noon(day), activity, score, **more)


def proof(*statements: Any) -> tuple[Any, list[str], list[str]]:
    """Since when it holds, what was used, and why the rest was not."""
    decision = state(TWO_WAYS, "2026-12-01", *statements)
    ((leaf,),) = ([node] for path in decision["proof"]["of"] for node in path["of"])
    names = {one["id"]: f"{one['object']['id'].rpartition('/')[2]} {one['timestamp'][5:10]}" for one in statements}
    rejected = [f"{names[one['statement']]} {one['reason']}" for one in leaf["rejected"]]
    return decision["valid_from"], [names[one] for one in leaf["used"]], rejected


@pytest.mark.parametrize("other", ["exam-2", "old"])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_done_at_one_of_two_addresses_counts_wherever_it_was_tried(other: str, *, first: bool) -> None:
    failed, done = ("exam", other) if first else (other, "exam")
    found = proof(sat(failed, "2026-04-01", 0.5), sat(done, "2026-04-02", 0.9))
    assert found == ("2026-04-02", [f"{done} 04-02"], [f"{failed} 04-01 score_below_min"])


def test_rows_of_two_addresses_are_judged_in_the_order_in_which_they_happened() -> None:
    found = proof(sat("exam", "2026-04-03", 0.9), sat("exam-2", "2026-04-02", 0.9), sat("old", "2026-02-01", 0.9))
    assert found == ("2026-04-02", ["exam-2 04-02"], [])
    among = proof(sat("exam", "2026-04-01", 0.5), sat("exam-2", "2026-04-03", 0.9), sat("exam", "2026-04-05", 0.9))
    assert among == ("2026-04-03", ["exam-2 04-03"], ["exam 04-01 score_below_min"])
    assert proof(sat("old", "2026-02-01", 0.9)) == (None, [], [])


def test_a_repeat_at_one_address_is_set_aside_where_there_is_another_one() -> None:
    first = sat("exam", "2026-04-01", 0.5)
    again = {**first, "id": "ffffffff-0000-4000-8000-000000000000"}
    found = proof(first, again, sat("exam-2", "2026-04-02", 0.9))
    assert found == ("2026-04-02", ["exam-2 04-02"], ["exam 04-01 score_below_min", "exam 04-01 duplicate"])


@pytest.mark.parametrize("others", [[], [sat("exam-2", "2026-04-01", 0.5, stored=noon("2026-04-01"))]])
@pytest.mark.parametrize(("stored", "since"), [("17:00:00.000000", "2026-04-02"), ("17:00:00.000001", None)])
def test_what_became_known_at_the_very_instant_is_known(others: list[Any], stored: str, since: str | None) -> None:
    done = sat("exam", "2026-04-02", 0.9, stored=f"2026-04-03T{stored}Z")
    decision = state(TWO_WAYS, "2026-12-01", done, *others, known_at=at("2026-04-03"))
    assert decision["valid_from"] == since
