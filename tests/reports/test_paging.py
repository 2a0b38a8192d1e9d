"""Pages, order and cursors: every row once, whatever is empty and whichever way it is sorted."""

from __future__ import annotations

import base64
import json
from itertools import product

import pytest

from lrs.errors import BadRequest, NotFound
from lrs.people import tables as p
from lrs.prowess import Prowess
from reports.arguments import parse_arguments
from reports.catalogue import CATALOGUE, get_report
from reports.declaration import Scope
from reports.reading import ReportReader
from rules import tables as r
from tests.reports.asking import ask
from tests.reports.rows import Rows


@pytest.fixture
def crowd(rows: Rows, report_store: Prowess) -> Rows:
    """Forty people; every third without a unit, every fourth without a due day."""
    rows.program("lift", "Lift driver")
    for place in range(40):
        person = f"p{place:02}"
        rows.person(person, f"Name {place % 7}", unit=f"u{place % 5}" if place % 3 else None)
        rows.status(person, "lift", "2026-01-01", due=f"2026-09-{1 + place % 9:02}" if place % 4 else None)
    with report_store.database.writing.begin() as conn:
        report_store.database.dialect.analyze(conn, (p.person, p.position, p.manager, r.status))
    return rows


SORTS = ("person", "-person", "unit", "-unit", "due_on", "-due_on", "standing", None)


@pytest.mark.journey
def test_every_row_comes_once_and_in_order(crowd: Rows, report_store: Prowess) -> None:
    for sort, limit in product(SORTS, (3, 7, 40)):
        given = {"sort": sort} if sort else {}
        whole = [row["person_id"] for row in ask(report_store, "standing", limit=100, **given).rows]
        assert _paged(report_store, limit, given) == whole
        assert len(set(whole)) == 40


def _paged(prowess: Prowess, limit: int, given: dict[str, str]) -> list[object]:
    found: list[object] = []
    cursor: dict[str, str] = {}
    while True:
        page = ask(prowess, "standing", limit=limit, **given, **cursor)
        found += [row["person_id"] for row in page.rows]
        if page.next is None:
            return found
        cursor = {"cursor": page.next}


def test_empty_cells_come_last_either_way(crowd: Rows, report_store: Prowess) -> None:
    for sort in ("due_on", "-due_on"):
        dues = [row["due_on"] for row in ask(report_store, "standing", sort=sort).rows]
        assert dues[-10:] == [None] * 10
        filled = [due for due in dues if due is not None]
        assert filled == sorted(filled, reverse=sort.startswith("-"))  # type: ignore[type-var]


def test_a_stream_holds_every_row(crowd: Rows, report_store: Prowess) -> None:
    report = get_report("standing")
    arguments = parse_arguments(report, Scope(1), [], report_store.clock.now())
    streamed = [row["person_id"] for row in ReportReader(report_store).stream(report, arguments)]
    assert streamed == [row["person_id"] for row in ask(report_store, "standing").rows]


def test_a_cursor_keeps_the_instant_of_its_answer(crowd: Rows, report_store: Prowess) -> None:
    page = ask(report_store, "standing", limit=10, as_of="2026-05-05")
    following = ask(report_store, "standing", limit=10, cursor=page.next)
    assert following.arguments.question.as_of == page.arguments.question.as_of
    with pytest.raises(BadRequest, match="as_of"):
        ask(report_store, "standing", limit=10, cursor=page.next, as_of="2026-05-06")


def test_a_made_up_cursor_is_refused(crowd: Rows, report_store: Prowess) -> None:
    nested = base64.urlsafe_b64encode(json.dumps(["x", 1, [[]]]).encode()).decode()
    deep = base64.urlsafe_b64encode(b"[" * 5000).decode()  # this was a 500
    for cursor in ("x", "e30", "bnVsbA", "!!!!", "W10", nested, deep):
        with pytest.raises(BadRequest, match="cursor"):
            ask(report_store, "standing", cursor=cursor)


def test_a_cursor_of_another_question_is_refused(crowd: Rows, report_store: Prowess) -> None:
    cursor = ask(report_store, "standing", limit=3).next
    for other in ({"sort": "unit"}, {"unit": "u1"}):
        with pytest.raises(BadRequest, match="another query"):
            ask(report_store, "standing", cursor=cursor, **other)
    with pytest.raises(BadRequest, match="another query"):
        ask(report_store, "overdue", cursor=cursor)


def test_a_forged_value_in_a_cursor_is_refused(crowd: Rows, report_store: Prowess) -> None:
    cursor = ask(report_store, "standing", limit=3).next
    assert cursor
    fingerprint, as_of, values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for forged in (values[:-1], ["x"] * len(values)):
        text = base64.urlsafe_b64encode(json.dumps([fingerprint, as_of, forged]).encode()).decode().rstrip("=")
        with pytest.raises(BadRequest, match="cursor"):
            ask(report_store, "standing", cursor=text)


REFUSED = (
    ({"unti": "dock"}, "did you mean 'unit'"),
    ({"sort": "persn"}, "did you mean 'person'"),
    ({"standing": "compliamt"}, "did you mean 'compliant'"),
    ({"limit": "0"}, "limit"),
    ({"person": "a\0"}, "person"),
    ({"limit": "10001"}, "limit"),
    ({"limit": "0000000019999"}, "limit"),
    ({"limit": "00000000199999999999999999999"}, "limit"),
    ({"limit": ["5", "6"]}, "given twice"),
    ({"limit": "\u0661"}, "limit"),
    ({"as_of": "soon"}, "as_of"),
)


def test_what_is_not_understood_is_refused() -> None:
    for given, says in REFUSED:
        pairs = [
            (name, one) for name, value in given.items() for one in (value if isinstance(value, list) else [value])
        ]
        with pytest.raises(BadRequest) as refused:
            parse_arguments(get_report("standing"), Scope(1), pairs, 0)
        assert says in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("within", ["-1", "1.5", "many", "1000000", "00000000099999999999999999999"])
def test_days_are_whole_numbers(within: str) -> None:
    with pytest.raises(BadRequest, match="within"):
        parse_arguments(get_report("expiring"), Scope(1), [("within", within)], 0)


def test_an_unknown_report_names_the_nearest() -> None:
    with pytest.raises(NotFound) as refused:
        get_report("overdu")
    assert refused.value.hint == "did you mean 'overdue'?"


def test_declarations_hold_together() -> None:
    for report in CATALOGUE.values():
        names = [column.name for column in report.columns]
        assert len(set(names)) == len(names)
        assert set(report.key) <= set(names)
        assert {name.removeprefix("-") for name in report.order} <= set(names)
        assert len(report.definition) == 12
        for column in report.columns:
            assert column.about.endswith(".")
            if column.link:
                assert set(column.link.from_row.values()) <= set(names)
                target = column.link.fixed.get("name")
                if target:
                    known = {one.name for one in CATALOGUE[target].filters}
                    assert set(column.link.from_row) | set(column.link.fixed) - {"name"} <= known
        if report.chart:
            assert {report.chart.by, *report.chart.measures} <= set(names)
