"""CSV as spreadsheets write it: what can be meant in one way only is read, what can be meant in two is refused with both."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lrs import csv_door
from lrs.days import day_meant
from lrs.errors import BadRequest, ConfigError
from lrs.people.csv_file import load_csv
from lrs.people.roster import RosterError
from rules.language.period import load_period, period_meant, written_period

TEXT = "person;value\r\nZoë;3,5\r\n"
ROWS = [(1, ["person", "value"]), (2, ["Zoë", "3,5"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_every_encoding_a_spreadsheet_calls_unicode_is_read(encoding: str) -> None:
    assert list(csv_door.rows_of(csv_door.text_of(TEXT.encode(encoding)))) == ROWS


def test_big_endian_is_read_by_its_mark() -> None:
    assert csv_door.text_of(b"\xfe\xff" + TEXT.encode("utf-16-be")) == TEXT


@pytest.mark.parametrize("data", [TEXT.encode("latin-1"), "a;b".encode("utf-16") + b"x"])
def test_an_encoding_that_can_only_be_guessed_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match="this is not UTF-") as raised:
        csv_door.text_of(data, "a.csv")
    assert "save it as 'CSV UTF-8'" in (raised.value.hint or "")


@pytest.mark.parametrize("text", [TEXT, TEXT.replace(";", "\t"), TEXT.replace("3,5", '"3,5"').replace(";", ",")])
def test_every_separator_is_found(text: str) -> None:
    assert list(csv_door.rows_of(text)) == ROWS


def test_the_line_that_names_the_separator_is_no_row_and_counts_as_a_line() -> None:
    assert list(csv_door.rows_of("sep=;\r\n" + TEXT)) == [(line + 1, cells) for line, cells in ROWS]
    with pytest.raises(ConfigError) as raised:
        list(csv_door.rows_of('sep=;\na;b\n"c'))
    assert raised.value.line == 3


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31", "2026-01-31"),
        ("31.01.2026", "2026-01-31"),
        ("1.2.2026", "2026-02-01"),
        ("1/31/2026", "2026-01-31"),
        ("31/1/2026", "2026-01-31"),
        ("2/2/2026", "2026-02-02"),
        ("2026/1/31", "2026-01-31"),
        ("31.13.2026", None),
        ("31.1.26", None),
        ("soon", None),
    ],
)
def test_a_day_that_can_be_no_other_is_read(text: str, day: str | None) -> None:
    assert day_meant(text) == (date.fromisoformat(day) if day else None)


def test_a_day_that_may_be_two_is_refused_with_both() -> None:
    with pytest.raises(BadRequest, match="'1/2/2026' may be one day or another") as raised:
        day_meant("1/2/2026")
    assert raised.value.hint == "write 2026-01-02 or 2026-02-01: year, month and day"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.5", "3.5"),
        ("3,5", "3.5"),
        ("-0,08", "-0.08"),
        ("0,500", "0.500"),
        ("12", "12"),
        ("1e3", "1e3"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1234,567", "1234.567"),
    ],
)
def test_a_number_that_can_be_no_other_is_read(text: str, number: str) -> None:
    assert csv_door.number_of(text) == Decimal(number)


def test_a_number_that_may_be_two_is_refused_with_both() -> None:
    with pytest.raises(BadRequest, match=r"'1,500' may be 1\.5 or 1500") as raised:
        csv_door.number_of("1,500")
    assert raised.value.hint == "write 1.5 or 1500"


@pytest.mark.parametrize(
    ("text", "small", "sure", "large"),
    [
        ("1.500", "1.5", "1.5", "1500"),
        ("12.345", "12.345", "12.3450", "12345"),
        ("-1.000", "-1", "-1", "-1000"),
        ("12,345", "12.345", "12.3450", "12345"),
    ],
)
def test_fifteen_hundred_of_a_german_spreadsheet_was_one_and_a_half(
    text: str, small: str, sure: str, large: str
) -> None:
    """Where cells are not separated by commas, a point may stand between thousands."""
    with pytest.raises(BadRequest) as raised:
        csv_door.number_of(text, is_point_sure=False)
    assert raised.value.message == f"'{text}' may be {small} or {large}"
    assert raised.value.hint == f"write {sure} or {large}"
    for way in (sure, large):
        assert csv_door.number_of(way, is_point_sure=False) == Decimal(small if way == sure else large)


@pytest.mark.parametrize("text", ["1.5", "0.500", "1.2345", "1234.567"])
def test_a_point_that_can_stand_between_no_thousands_is_a_decimal_point_everywhere(text: str) -> None:
    assert csv_door.number_of(text, is_point_sure=False) == csv_door.number_of(text) == Decimal(text)


@pytest.mark.parametrize(
    ("text", "mark"), [("a,b", ","), ("a", ","), ("a;b", ";"), ("a\tb", "\t"), ("sep=;\na", ";"), ("sep=,\na;b", ",")]
)  # fmt: skip
def test_what_separates_the_cells_is_seen_in_the_first_line_or_told_before_it(text: str, mark: str) -> None:
    assert csv_door.separator_of("\ufeff" + text) == mark


@pytest.mark.parametrize("text", ["", "x", "NaN", "1_000", "5 %", "1,2,3", "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="is no number"):
        csv_door.number_of(text)


PEOPLE = "id;hired_on;from;job;leave\nada;6.1.2025;1/31/2025;op;20.01.2026/02.02.2026\n"


def test_people_come_from_a_spreadsheet_of_any_country(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_bytes(PEOPLE.encode("utf-16"))
    ada = load_csv(tmp_path / "p.csv").people["ada"]
    assert (ada.hired_on, ada.positions[0].start) == (date(2025, 1, 6), date(2025, 1, 31))
    assert (ada.leave[0].start, ada.leave[0].end) == (date(2026, 1, 20), date(2026, 2, 2))


def test_a_day_of_people_that_may_be_two_is_told_with_its_cell(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PEOPLE.replace("6.1.2025", "6/1/2025"))
    with pytest.raises(RosterError) as raised:
        load_csv(tmp_path / "p.csv")
    (error,) = raised.value.errors
    assert (error.line, error.column, error.message) == (2, 2, "'6/1/2025' may be one day or another")
    assert error.hint == "write 2025-06-01 or 2025-01-06: year, month and day"


@pytest.mark.parametrize(
    ("words", "period"),
    [("90 days", "P90D"), ("2 years", "P2Y"), ("6 months", "P6M"), ("30d", "P30D"), ("4 Weeks", "P4W"), ("2 hours", "PT2H"), ("90 min", "PT90M")],
)  # fmt: skip
def test_plain_words_and_iso_8601_are_one_length_of_time(words: str, period: str) -> None:
    assert period_meant(words) == written_period(words) == written_period(period) == period
    assert load_period(period).text == period
    assert written_period("a while") == "a while"
