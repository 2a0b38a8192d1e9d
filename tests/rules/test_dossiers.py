"""Evidence sorted once for all the programs that read it."""

from __future__ import annotations

from typing import Any

from rules.decide import Evidence
from rules.decide.dossiers import Dossier, dossiers_of


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
