"""Civil days, periods, zones and sets of days, up to the ends of the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo

import pytest

from lrs.clock import SECOND
from lrs.people.roster import Person, Position
from rules.decide import Facts
from rules.decide.calendar import (
    BEGINNING,
    FOREVER,
    add,
    after,
    before,
    clock_of,
    days_in_month,
    deadline,
    instant_text,
    local_date,
    midnight,
    next_day,
    zone_named,
)
from rules.decide.spans import ENDLESS, contains, difference, intersection, union
from rules.decide.zones import Zones
from rules.language.period import load_period
from tests.rules.world import SITES, at, base, has, noon, passed, rules, state


def test_the_zone_is_that_of_the_site_on_the_day() -> None:
    person = Person(
        "ada",
        timezone="Asia/Tokyo",
        positions=(
            Position(date(2026, 1, 1), date(2026, 1, 31), site="us-1"),
            Position(date(2026, 2, 1), date(2026, 2, 28), site="gb-1"),
            Position(date(2026, 3, 1), site="us-1"),
            Position(date(2026, 4, 1), site="nowhere"),
        ),
    )
    zones = Zones("site", Facts(person, sites=SITES))
    new_york, london = zone_named("America/New_York"), zone_named("Europe/London")
    assert [zones.on(date(*day)) for day in ((2025, 1, 1), (2026, 1, 31), (2026, 2, 1), (2026, 3, 1))] == [
        new_york,
        new_york,
        london,
        new_york,
    ]
    assert zones.at(at("2026-01-31T23:59:59+00:00")) is new_york
    assert zones.at(at("2026-02-01T00:00:00+00:00")) is london
    assert zones.at(at("2026-03-01T04:59:59+00:00")) is london
    assert zones.day_at(at("2026-03-01T04:59:59+00:00")) == date(2026, 2, 28)
    assert zones.day_at(at("2026-03-01T05:00:00+00:00")) == date(2026, 3, 1)
    assert zones.day_at(at("2026-02-10T00:00:00+00:00")) == date(2026, 2, 10)
    assert Zones("learner", Facts(person, sites=SITES)).on(date(2026, 1, 1)) is zone_named("Asia/Tokyo")
    assert Zones("learner", Facts(replace(person, timezone=None), sites=SITES)).on(date(2026, 2, 2)) is london
    assert Zones("site", Facts(person)).on(date(2026, 1, 1)) is zone_named("Asia/Tokyo")
    assert Zones("site", Facts(Person("x"))).on(date(2026, 1, 1)) is zone_named("UTC")
    assert Zones("Europe/London", Facts(person)).at(0) is london


@pytest.mark.parametrize(
    ("zone", "day", "first"),
    [
        ("America/New_York", date(2026, 3, 8), "2026-03-08T05:00:00Z"),
        ("America/New_York", date(2026, 3, 9), "2026-03-09T04:00:00Z"),
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z"),
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00:00Z"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00:00Z"),
    ],
    ids=["the short day", "after it", "no midnight", "two midnights", "a day that never was", "the day after it"],
)
def test_days_begin_where_the_clock_says(zone: str, day: date, first: str) -> None:
    assert instant_text(midnight(zone_named(zone), day)) == first


def test_the_ends_of_the_calendar() -> None:
    utc = zone_named("UTC")
    assert midnight(utc, date.min) == BEGINNING
    assert deadline(utc, date.max) == FOREVER
    assert local_date(utc, BEGINNING) == date.min
    assert local_date(utc, FOREVER) == date.max
    assert add(date(9999, 1, 1), load_period("P1Y")) == date.max
    assert add(date(1, 1, 1), load_period("P1Y"), -1) == date.min
    assert add(date(9999, 12, 1), load_period("P40D")) == date.max
    assert add(date(1, 1, 2), load_period("P40D"), -1) == date.min
    assert add(date(1, 2, 1), load_period("P1M"), -1) == date(1, 1, 1)
    assert add(date(9999, 11, 30), load_period("P1M")) == date(9999, 12, 30)
    assert instant_text(FOREVER) is None
    assert instant_text(midnight(utc, date(1, 1, 2)) - 86_400_000_000) == "0001-01-01T00:00:00Z"
    assert instant_text(midnight(utc, date(9999, 12, 30)) + 172_799_999_999) == "9999-12-31T23:59:59.999999Z"
    assert instant_text(midnight(utc, date(9999, 12, 30)) + 172_800_000_000) is None
    assert instant_text(1) == "1970-01-01T00:00:00.000001Z"
    assert instant_text(1_500_000) == "1970-01-01T00:00:01.5Z"
    forever = rules(base(valid="{for: P9000Y}"))
    has(
        state(forever, "2026-03-10", passed(noon("2026-03-10"))),
        award="valid",
        expires_on="9999-12-31",
        next_change_at="9999-11-01T04:00:00Z",
    )


def test_the_ends_of_months() -> None:
    month = load_period("P1M")
    ends = [add(date(2026, 12, 31), month, count) for count in range(1, 13)]
    assert [day.day for day in ends] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    leap = [add(date(year, 1, 31), month).day for year in (1900, 2000, 2024, 2026, 2100)]
    assert leap == [28, 29, 29, 28, 28]


def test_periods_from_a_moment() -> None:
    zone = zone_named("America/New_York")
    noon_ = at("2026-03-07T17:00:00+00:00")
    day = date(2026, 3, 7)
    assert after(zone, day, noon_, load_period("P1D")) == (date(2026, 3, 8), at("2026-03-09T04:00:00+00:00"))
    assert after(zone, day, noon_, load_period("PT24H")) == (date(2026, 3, 8), at("2026-03-08T17:00:00+00:00"))
    assert before(zone, day, noon_, load_period("P1D")) == (date(2026, 3, 6), at("2026-03-06T05:00:00+00:00"))
    assert before(zone, day, noon_, load_period("PT13H")) == (date(2026, 3, 6), at("2026-03-07T04:00:00+00:00"))


def test_spans() -> None:
    assert union([(5, 7), (1, 3), (3, 4), (6, 9), (2, 2)]) == [(1, 4), (5, 9)]
    assert union([(4, 4), (9, 7)]) == []
    assert union([(1, 2), (4, 9), (5, 6)]) == [(1, 2), (4, 9)]
    assert intersection([(1, 3), (5, 7)], [(3, 5)]) == []
    assert difference([(1, 5)], [(1, 3)]) == [(3, 5)]
    assert intersection([(1, 5), (7, 9)], [(4, 8)]) == [(4, 5), (7, 8)]
    assert difference([(1, 9)], [(0, 2), (4, 5), (8, 12)]) == [(2, 4), (5, 8)]


def test_every_month_has_its_days() -> None:
    assert [days_in_month(2026, month) for month in range(1, 13)] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert [days_in_month(year, 2) for year in (1900, 2000, 2024, 2025)] == [28, 29, 29, 28]


def test_months_up_to_the_first_and_the_last_year() -> None:
    month = load_period("P1M")
    assert add(date(1, 3, 15), month, -1) == date(1, 2, 15)
    assert add(date(1, 1, 15), month, -1) == date.min
    assert add(date(9999, 11, 15), month) == date(9999, 12, 15)
    assert add(date(9999, 12, 15), month) == date.max
    assert next_day(date(9999, 12, 30)) == next_day(date.max) == date.max


def test_all_time_fits_a_column_of_64_bits() -> None:
    assert -(1 << 63) <= BEGINNING < midnight(zone_named("UTC"), date(1, 1, 2))
    assert midnight(zone_named("UTC"), date(9999, 12, 30)) < FOREVER < 1 << 63


def test_beyond_the_first_and_last_second_there_is_no_text() -> None:
    first, last = at("0001-01-01T00:00:00+00:00"), at("9999-12-31T23:59:59.999999+00:00")
    assert (instant_text(first - 1), instant_text(first)) == (None, "0001-01-01T00:00:00Z")
    assert (instant_text(last), instant_text(last + 1)) == ("9999-12-31T23:59:59.999999Z", None)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_the_first_and_the_last_day_are_those_of_utc_in_every_zone(zone: str) -> None:
    """One day of margin, for no offset is larger: beyond it a local time might be outside the calendar."""
    first, last = at("0001-01-02T00:00:00+00:00"), at("9999-12-30T23:59:59.999999+00:00")
    assert local_date(zone_named(zone), first - 1) == date.min
    assert local_date(zone_named(zone), last + 1) == date.max
    assert abs(local_date(zone_named(zone), first).toordinal() - 2) <= 1
    assert abs(local_date(zone_named(zone), last).toordinal() - date(9999, 12, 30).toordinal()) <= 1


def test_the_last_day_of_the_calendar_is_a_day_in_the_zone_of_a_rule() -> None:
    assert Zones("UTC", Facts(Person("ada"))).day_at(at("9999-12-31T12:00:00+00:00")) == date.max


def test_one_day_of_margin_is_not_two() -> None:
    utc = zone_named("UTC")
    assert local_date(utc, at("0001-01-02T00:00:00+00:00")) == date(1, 1, 2)
    assert local_date(utc, at("9999-12-30T23:59:59+00:00")) == date(9999, 12, 30)


def test_an_exact_period_ends_on_the_day_of_its_last_instant() -> None:
    new_york = zone_named("America/New_York")
    midnight_ = at("2026-03-11T04:00:00+00:00")
    day = load_period("PT24H")
    assert after(new_york, date(2026, 3, 10), midnight_ - 24 * 3600 * SECOND, day) == (date(2026, 3, 10), midnight_)
    second = after(new_york, date(2026, 3, 10), midnight_ - 24 * 3600 * SECOND + 1, day)
    assert second == (date(2026, 3, 11), midnight_ + 1)


def test_the_last_day_of_the_calendar_is_in_what_never_ends() -> None:
    assert contains([(1, ENDLESS)], date.max.toordinal())
    assert not contains([(1, ENDLESS)], date.max.toordinal() + 1)


def test_clocks_are_told_apart_by_the_day_on_which_they_change() -> None:
    assert clock_of("America/New_York") == clock_of("US/Eastern")
    assert clock_of("Europe/Paris") != clock_of("Europe/Berlin"), "of a year long ago"
    assert clock_of("America/New_York") != clock_of("America/Chicago")
    assert clock_of("UTC") == clock_of("Etc/GMT")
    assert clock_of("Africa/Casablanca") != clock_of("Africa/Algiers"), "a change of a month"


class Changing(tzinfo):
    """A clock that is an hour ahead from a day on; before 1970 and after 2069 its days say nothing."""

    def __init__(self, day: date | None) -> None:
        self.day = day

    def utcoffset(self, when: datetime | None) -> timedelta:
        assert when is not None
        assert date(1970, 1, 1) <= when.date() < date(2070, 1, 1)
        return timedelta(hours=1 if self.day is not None and when.date() >= self.day else 0)


def test_a_change_of_a_clock_that_moved_by_thirteen_days_was_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(day: date | None) -> bytes:
        monkeypatch.setattr("rules.decide.calendar.zone_named", lambda _: Changing(day))
        return clock_of.__wrapped__("a zone")

    first = date(1970, 1, 1)
    days = [
        None,
        first,
        date(2069, 12, 19),
        *(start + timedelta(i) for start in (first, date(2026, 3, 20)) for i in (1, 2, 13, 14, 15, 26, 27, 28)),
    ]
    assert len({seen(day) for day in days}) == len(days)
    assert seen(None) == seen(date(2100, 1, 1))
