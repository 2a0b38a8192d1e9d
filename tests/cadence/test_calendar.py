"""Days that come again, and who begins with whom."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.cohorts import Cohort, cohorts, next_beginning
from rules.language.about import Cadence
from rules.language.recurrence import UNITS, WEEKDAYS, recurrence_of

MONTHLY = recurrence_of("monthly", "first-monday")


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("unit", "on", "asked", "after", "before"),
    [
        ("monthly", "first-monday", "2026-06-01", "2026-06-01", "2026-06-01"),
        ("monthly", "first-monday", "2026-06-02", "2026-07-06", "2026-06-01"),
        ("monthly", "last-friday", "2026-06-30", "2026-07-31", "2026-06-26"),
        ("monthly", "third-wednesday", "2026-06-01", "2026-06-17", "2026-05-20"),
        ("monthly", 31, "2026-02-01", "2026-02-28", "2026-01-31"),
        ("monthly", 15, "2026-12-16", "2027-01-15", "2026-12-15"),
        ("weekly", "monday", "2026-06-02", "2026-06-08", "2026-06-01"),
        ("weekly", "sunday", "2026-01-01", "2026-01-04", "2025-12-28"),
        ("quarterly", "first-monday", "2026-05-01", "2026-07-06", "2026-04-06"),
        ("quarterly", None, "2026-11-30", "2027-01-04", "2026-10-05"),
        ("quarterly", 1, "2026-01-01", "2026-01-01", "2026-01-01"),
    ],
)
def test_a_day_that_comes_again(unit: str, on: object, asked: str, after: str, before: str) -> None:
    days = recurrence_of(unit, on)
    assert days.on_or_after(day(asked)) == day(after)
    assert days.on_or_before(day(asked)) == day(before)


@pytest.mark.parametrize(
    ("unit", "on"),
    [
        ("weekly", "first-monday"),
        ("weekly", 3),
        ("monthly", "monday"),
        ("monthly", 0),
        ("monthly", 32),
        ("monthly", True),
        ("yearly", None),
        ("monthly", "fifth-monday"),
        ("monthly", "first-mon"),
    ],
)
def test_what_is_no_such_day_is_refused(unit: str, on: object) -> None:
    with pytest.raises(ValueError, match=r"needed here|expected one of"):
        recurrence_of(unit, on)


recurrences = st.one_of(
    st.builds(lambda on: recurrence_of("weekly", on), st.sampled_from(WEEKDAYS)),
    st.builds(
        lambda unit, place, on: recurrence_of(unit, f"{place}-{on}"),
        st.sampled_from(UNITS[1:]),
        st.sampled_from(["first", "second", "third", "fourth", "last"]),
        st.sampled_from(WEEKDAYS),
    ),
    st.builds(recurrence_of, st.sampled_from(UNITS[1:]), st.integers(1, 31)),
)
dates = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(recurrences, dates)
def test_before_and_after_meet_with_nothing_between(days: object, on: date) -> None:
    after, before = days.on_or_after(on), days.on_or_before(on)
    assert before <= on <= after
    assert days.on_or_after(after) == after
    assert days.on_or_before(before) == before
    if before != after:
        assert days.on_or_after(before + timedelta(days=1)) == after


def test_a_small_cohort_joins_the_next() -> None:
    assigned = {day("2026-01-10"): 2, day("2026-02-20"): 4, day("2026-03-05"): 1}
    assert cohorts(Cadence(MONTHLY, 5), assigned, day("2026-03-20")) == [
        Cohort(day("2026-03-02"), day("2026-01-10"), day("2026-03-02"), 6, (day("2026-02-02"),)),
        Cohort(day("2026-04-06"), day("2026-03-03"), day("2026-04-06"), 1),
    ]


def test_whoever_is_assigned_on_the_day_begins_that_day() -> None:
    (first, _) = cohorts(Cadence(MONTHLY), {day("2026-06-01"): 3}, day("2026-06-15"))
    assert (first.begins, first.members) == (day("2026-06-01"), 3)
    assert next_beginning(Cadence(MONTHLY), day("2026-06-02")) == day("2026-07-06")


def test_nobody_assigned_no_cohort() -> None:
    assert cohorts(Cadence(MONTHLY), {}, day("2026-06-15")) == []


@given(
    recurrences,
    st.integers(1, 6),
    st.dictionaries(st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.integers(1, 4), max_size=12),
    st.dictionaries(st.dates(date(2026, 1, 2), date(2026, 6, 30)), st.integers(1, 4), max_size=6),
)
def test_everybody_is_in_one_cohort_and_what_comes_later_changes_none_that_has_begun(
    days: object, size: int, assigned: dict[date, int], later: dict[date, int]
) -> None:
    today = date(2026, 1, 1)
    cadence = Cadence(days, size)
    found = cohorts(cadence, assigned, today)
    begun = [one for one in found if one.begins < today]
    assert sum(one.members for one in found) == sum(assigned.values())
    assert all(one.members >= size for one in begun)
    for one, following in pairwise(found):
        assert following.first == one.last + timedelta(days=1)
    again = cohorts(cadence, {**assigned, **later}, date(2026, 7, 1))
    assert again[: len(begun)] == begun
