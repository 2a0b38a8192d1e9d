"""What words mean: instants, standings and scores."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from lrs.clock import DAY, day_of
from lrs.errors import BadRequest
from reports.semantics import end_of_day, parse_as_of, parse_day
from tests.reports.conftest import NOON
from tests.reports.rows import day, us


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-30", us("2026-07-01") - 1),
        ("2026-06-30T12:00:00Z", NOON),
        ("2026-06-30T14:00:00+02:00", NOON),
        ("2026-06-30T14:00:00 02:00", NOON),  # a plus sign that a form or a shell turned into a space
        ("2026-06-30T12:00:00", NOON),
        ("-30d", us("2026-06-01") - 1),
        ("30d", us("2026-07-31") - 1),
        (" 30d", us("2026-07-31") - 1),
    ],
)
def test_as_of(text: str, instant: int) -> None:
    assert parse_as_of(text, NOON) == instant


def test_a_day_of_a_zone_ends_there() -> None:
    berlin, late = ZoneInfo("Europe/Berlin"), us("2026-06-30") + 23 * 3_600_000_000
    assert parse_as_of("2026-06-30", NOON, berlin) == us("2026-07-01") - 2 * 3_600_000_000 - 1
    assert parse_as_of("0d", late, berlin) == us("2026-07-02") - 2 * 3_600_000_000 - 1, "there it is July"
    assert parse_as_of("2026-06-30T12:00:00", NOON, berlin) == NOON
    assert parse_as_of("1970-01-01", NOON, ZoneInfo("Pacific/Kiritimati")) >= 0


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-23:59",
        "yesterday",
        "2026-02-30",
        "2026-6-1",
        "30.06.2026",
        "1969-12-31",
        "",
        "99999999d",
        "٣d",
    ],
)
def test_as_of_refuses(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_as_of(text, NOON)


def test_a_date_is_its_last_microsecond() -> None:
    assert end_of_day(day("2026-06-30")) + 1 == us("2026-07-01")
    assert day_of(end_of_day(day("2026-06-30"))) == day("2026-06-30")
    assert us("1970-01-02") == DAY


def test_a_day_is_written_as_iso() -> None:
    assert parse_day("2026-06-30", "from") == day("2026-06-30")
    with pytest.raises(BadRequest, match="from"):
        parse_day("June", "from")
