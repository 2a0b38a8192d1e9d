"""How many levels of people report to somebody, over time: in memory, and of a few people in the store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lrs.people.chain import lines_below, managers_above
from lrs.people.depths import Depth, ReportingLine, lines_of, reporting_depths
from lrs.people.roster import Roster, roster_from
from lrs.prowess import Prowess
from lrs.yaml_door import load

FIRST = date(2026, 1, 1)
PEOPLE = "abcdef"


def depths(text: str) -> dict[str, list[tuple[str, str | None, int]]]:
    found = reporting_depths(lines_of(roster_from(load(text, "p")[0])))
    return {
        person: [(d.start.isoformat(), d.until.isoformat() if d.until else None, d.levels) for d in all_]
        for person, all_ in found.items()
    }


def test_depth_counts_levels_over_time() -> None:
    text = """
people:
  - {id: top}
  - {id: mid, positions: [{from: 2026-01-01, managers: [top]}]}
  - {id: low, left_on: 2026-03-31, positions: [{from: 2026-02-01, to: 2026-12-31, managers: [mid]}]}
"""
    assert depths(text) == {
        "top": [("2026-01-01", "2026-02-01", 1), ("2026-02-01", "2026-04-01", 2), ("2026-04-01", None, 1)],
        "mid": [("2026-02-01", "2026-04-01", 1)],
    }


def test_equal_neighbours_are_one_stretch() -> None:
    text = """
people:
  - {id: top}
  - {id: one, positions: [{from: 2026-01-01, to: 2026-01-31, managers: [top]}, {from: 2026-02-01, managers: [top]}]}
  - {id: two, positions: [{from: 2026-02-10, to: 2026-02-20, managers: [top]}]}
"""
    assert depths(text) == {"top": [("2026-01-01", None, 1)]}


def test_circles_end_and_count_as_one_level() -> None:
    text = """
people:
  - {id: boss}
  - {id: a, positions: [{from: 2026-01-01, managers: [b, boss, a]}]}
  - {id: b, positions: [{from: 2026-01-01, managers: [a]}]}
  - {id: c, positions: [{from: 2026-01-01, managers: [b]}]}
"""
    assert depths(text) == {
        "a": [("2026-01-01", None, 1)],
        "b": [("2026-01-01", None, 1)],
        "boss": [("2026-01-01", None, 2)],
    }


def test_a_long_circle_is_one_level_too() -> None:
    people = "".join(
        f"  - {{id: p{n}, positions: [{{from: 2026-01-01, managers: [p{(n + 1) % 4}]}}]}}\n" for n in range(4)
    )
    below = "  - {id: low, positions: [{from: 2026-01-01, managers: [p2]}]}\n"
    lower = "  - {id: lower, positions: [{from: 2026-01-01, managers: [low]}]}\n"
    found = depths(f"people:\n{people}{below}{lower}")
    assert found == {**{f"p{n}": [("2026-01-01", None, 2)] for n in range(4)}, "low": [("2026-01-01", None, 1)]}


def test_reporting_to_oneself_is_no_depth() -> None:
    assert depths("people: [{id: a, positions: [{from: 2026-01-01, managers: [a]}]}]") == {}


def test_a_deep_organisation_does_not_exhaust_the_stack() -> None:
    people = "\n".join(
        f"  - {{id: p{n}, positions: [{{from: 2026-01-01, managers: [p{n + 1}]}}]}}" for n in range(3_000)
    )
    roster = roster_from(load(f"people:\n{people}\n  - {{id: p3000}}", "p")[0])
    assert reporting_depths(lines_of(roster))["p3000"] == (Depth(date(2026, 1, 1), None, 3_000),)


def naive(lines: list[ReportingLine], day: date) -> dict[str, int]:
    """Levels on one day: by who can be reached from whom, as the words have it."""
    below: dict[str, set[str]] = {person: set() for person in PEOPLE}
    for report, manager, start, until in lines:
        if report != manager and start <= day and (until is None or day < until):
            below[manager].add(report)
    reached = {person: set(below[person]) for person in PEOPLE}
    for middle in PEOPLE:
        for person in PEOPLE:
            if middle in reached[person]:
                reached[person] |= reached[middle]
    circles = {
        person: frozenset({person} | {other for other in reached[person] if person in reached[other]})
        for person in PEOPLE
    }

    def levels(circle: frozenset[str]) -> int:
        outside = {circles[report] for person in circle for report in below[person] if report not in circle}
        return 1 + max(map(levels, outside), default=0) if outside or len(circle) > 1 else 0

    return {person: depth for person in PEOPLE if (depth := levels(circles[person]))}


DAYS = st.integers(0, 9).map(lambda n: FIRST + timedelta(days=n))
LINES = st.lists(
    st.builds(
        ReportingLine, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), DAYS, st.none() | DAYS
    ),
    max_size=14,
)  # fmt: skip


@given(LINES)
def test_each_day_has_the_depth_it_would_have_alone(lines: list[ReportingLine]) -> None:
    found = reporting_depths(lines)
    for stretches in found.values():
        for one, next_ in pairwise(stretches):
            assert one.until is not None
            assert one.until < next_.start or (one.until == next_.start and one.levels != next_.levels)
    for day in (FIRST + timedelta(days=n) for n in range(11)):
        assert {
            person: depth.levels
            for person, stretches in found.items()
            for depth in stretches
            if depth.start <= day and (depth.until is None or day < depth.until)
        } == naive(lines, day)


ORGANISATION = """
people:
  - {id: top}
  - {id: mid, positions: [{from: 2026-01-01, managers: [top]}]}
  - {id: low, left_on: 2026-03-31, positions: [{from: 2026-02-01, to: 2026-12-31, managers: [mid, around]}]}
  - {id: around, positions: [{from: 2026-01-01, managers: [low, mid]}]}
  - {id: aside, positions: [{from: 2026-01-01, managers: [apart]}]}
  - {id: apart}
"""


def of(roster: Roster, person: str) -> tuple[Depth, ...]:
    return reporting_depths(lines_of(roster)).get(person, ())


def stored(prowess: Prowess, person: str, known_at: int | None = None) -> Mapping[str, tuple[Depth, ...]]:
    with prowess.database.read() as conn:
        return reporting_depths(lines_below(conn, 1, [person], known_at))


def test_of_one_person_the_store_tells_what_the_whole_organisation_would(prowess: Prowess) -> None:
    roster = roster_from(load(ORGANISATION, "p")[0])
    prowess.people.record(roster)
    for person in roster.people:
        assert stored(prowess, person).get(person, ()) == of(roster, person), person
    assert "apart" not in stored(prowess, "top")
    with prowess.database.read() as conn:
        assert managers_above(conn, 1, ["low"]) == {"mid", "around", "top", "low"}


def test_depths_are_those_that_were_known(prowess: Prowess) -> None:
    before = roster_from(load(ORGANISATION, "p")[0])
    prowess.people.record(before)
    known = prowess.feed.read(0, 100)[-1].seq
    after = roster_from(load("people: [{id: mid, positions: [{from: 2026-01-01, managers: [apart]}]}]", "p")[0], before)
    prowess.people.record(after)
    assert stored(prowess, "top") == {}
    assert stored(prowess, "top", known)["top"] == of(before, "top")
    assert stored(prowess, "apart")["apart"][-1].levels == of(before, "top")[-1].levels
