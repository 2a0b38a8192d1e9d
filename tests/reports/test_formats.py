"""Files and cells: what a spreadsheet or a parser gets."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.csv_lines import csv_text
from reports.catalogue import get_report
from reports.cells import brief, lasting, percent, plain, shown
from reports.declaration import Column
from reports.formats import csv_file, ndjson
from reports.reading import Row

TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\0=1",
        '=HYPERLINK("x";"y")',
        "'=1",
        "-",
        "",
        "\uff1d1",
    ]
)
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _row(**given: object) -> Row:
    row: Row = {column.name: None for column in get_report("overdue").columns}
    return {**row, **given}  # type: ignore[dict-item]


@given(TEXT, st.integers())
def test_no_text_of_a_csv_is_run_by_a_spreadsheet(text: str, number: int) -> None:
    lines = "".join(csv_file(get_report("overdue"), [_row(person=text, days_late=number)]))
    header, read = list(csv.reader(io.StringIO(lines, newline="")))
    row = dict(zip(header, read, strict=True))
    assert not row["person"].lstrip(" ").startswith(STARTS)
    assert row["person"] in {text, f"'{text}"}
    assert row["days_late"] == str(number)


@given(st.lists(TEXT, max_size=5))
def test_ndjson_is_one_object_a_line(names: list[str]) -> None:
    lines = "".join(ndjson(get_report("overdue"), [_row(person=name) for name in names])).split("\n")
    assert [json.loads(line)["person"] for line in lines if line] == names


def test_csv_has_its_header_even_when_empty() -> None:
    header = "".join(csv_file(get_report("expiring"), []))
    assert header == ",".join(column.name for column in get_report("expiring").shown) + "\r\n"


def test_numbers_stay_numbers() -> None:
    assert csv_text(-5) == -5
    assert csv_text(0.25) == 0.25
    assert csv_text(None) == ""
    assert csv_text(["a", "b"]) == "a b"
    assert csv_text(value=True) == "true"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100.0\N{NO-BREAK SPACE}%"),
        (0.9999, "99.9\N{NO-BREAK SPACE}%"),
        (0.0001, "0.1\N{NO-BREAK SPACE}%"),
        (0.0, "0.0\N{NO-BREAK SPACE}%"),
        (0.7999, "80.0\N{NO-BREAK SPACE}%"),
        (0.5, "50.0\N{NO-BREAK SPACE}%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, text: str) -> None:
    assert percent(share) == text


def test_cells() -> None:
    def column(kind: str) -> Column:
        return Column("x", "X", kind, "X.")  # type: ignore[arg-type]

    assert plain(column("day"), 0) == "1970-01-01"
    assert plain(column("flag"), 1) is True
    assert shown(column("integer"), 12345) == "12,345"
    assert shown(replace(column("integer"), unit="s"), 29_366_562) == "340\N{NO-BREAK SPACE}d"
    assert shown(column("word"), "not_started") == "not started"
    assert shown(column("instant"), "2026-06-30T12:00:00.000000Z") == "2026-06-30 12:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (-7_200, "-2 h"),
        (172_799, "48 h"),
        (172_800, "2 d"),
        (10**9, "11,574 d"),
    ],
)
def test_a_lag_is_told_in_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    """A course whose history was imported had a lag of 29,366,562."""
    assert lasting(seconds).replace("\N{NO-BREAK SPACE}", " ") == text


def test_lists_are_short_on_a_page() -> None:
    assert brief("0f9a1b2c-0000-4000-8000-000000000000") == "0f9a1b2c"
    assert brief("http://adlnet.gov/expapi/verbs/passed") == "passed"
    assert brief("https://verbs.example/#answered/") == "answered"
    assert brief("first-aid/theory") == "first-aid/theory"
