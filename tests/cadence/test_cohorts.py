"""Cohorts as reports: the same people in both, by the day of their assignment."""

from __future__ import annotations

from tests.cadence.conftest import Newsroom, Open
from tests.reports.asking import ask, rows_of

PROGRAM = """
kind: curriculum
id: start
title: First days
version: 1
effective: 2024-01-01
timezone: America/New_York
cadence: {cohort: monthly, starts: first-monday, min_size: 2}
require: {completed: day-one}
---
{kind: activity, id: day-one, title: Day one, iris: ["https://x.example/day-one"]}
"""
HOUR = 3_600_000_000


def furnish(room: Newsroom) -> None:
    """Ada and bob begin on 4 May; cy, alone in June, joins dan and eve in July; fay waits for August."""
    room.publish(PROGRAM)
    room.rows.person("boss", job="head")
    begun = {"ada": "2026-04-20", "bob": "2026-05-04", "cy": "2026-05-05", "dan": "2026-06-02", "eve": "2026-07-06"}
    for id_, since in {**begun, "fay": "2026-07-07"}.items():
        room.rows.person(id_, job="clerk", unit="dock" if id_ in "ada bob" else "shop", manager="boss")
        start = _midnight_in_new_york(since)
        if id_ == "ada":
            room.rows.status(id_, "start", start, "2026-05-10", due="2026-05-20")
            room.rows.status(id_, "start", "2026-05-10", progress="met", award="valid", met="2026-05-10")
        elif id_ == "bob":
            room.rows.status(id_, "start", start, overdue=1, due="2026-06-03")
        elif id_ == "cy":
            room.rows.status(id_, "start", start, "2026-06-01")
            room.rows.status(id_, "start", "2026-06-01", "2026-06-10", assignment="withdrawn")
            room.rows.status(id_, "start", "2026-06-10", progress="in_progress", due="2026-12-01")
        else:
            room.rows.status(id_, "start", start, due="2026-12-01")


def _midnight_in_new_york(day: str) -> int:
    from tests.reports.rows import us

    return us(day) + 4 * HOUR


def test_cohorts_and_their_members(newsroom: Open) -> None:
    room = newsroom(start="2026-07-20")
    furnish(room)
    columns = ("cohort", "state", "members", "not_started", "in_progress", "on_time", "overdue", "on_time_rate")
    assert rows_of(room.prowess, "cohorts", *columns) == [
        ("2026-08-03", "gathering", 1, 1, 0, 0, 0, None),
        ("2026-07-06", "running", 3, 2, 1, 0, 0, None),
        ("2026-05-04", "running", 2, 0, 0, 1, 1, 0.5),
    ]
    members = rows_of(room.prowess, "cohort-members", "person_id", "cohort", "assigned_on", "outcome", "first_met_on")
    assert members == [
        ("fay", "2026-08-03", "2026-07-07", "not_started", None),
        ("cy", "2026-07-06", "2026-05-05", "in_progress", None),
        ("dan", "2026-07-06", "2026-06-02", "not_started", None),
        ("eve", "2026-07-06", "2026-07-06", "not_started", None),
        ("ada", "2026-05-04", "2026-04-20", "on_time", "2026-05-10"),
        ("bob", "2026-05-04", "2026-05-04", "overdue", None),
    ]
    assert [row[0] for row in rows_of(room.prowess, "cohort-members", "person_id", cohort="2026-05-04")] == [
        "ada",
        "bob",
    ]
    assert ask(room.prowess, "cohort-members", outcome="overdue").totals["rows"] == 1
    assert rows_of(room.prowess, "cohorts", "cohort", "members", unit="dock") == [("2026-05-04", 2)]


def test_another_day_has_the_cohorts_of_that_day(newsroom: Open) -> None:
    room = newsroom(start="2026-07-20")
    furnish(room)
    assert rows_of(room.prowess, "cohorts", "cohort", "state", "members", as_of="2026-05-02") == [
        ("2026-05-04", "gathering", 1)
    ]
    assert rows_of(room.prowess, "cohorts", "cohort", "members", "on_time", as_of="2026-05-11") == [
        ("2026-06-01", 1, 0),
        ("2026-05-04", 2, 1),
    ]


def test_who_comes_back_after_long_begins_again_and_the_old_cohort_stays_as_it_was(newsroom: Open) -> None:
    room = newsroom(start="2026-12-20")
    furnish(room)
    room.rows.person("gil", job="clerk")
    room.rows.status("gil", "start", _midnight_in_new_york("2026-04-21"), "2026-05-20")
    room.rows.status("gil", "start", "2026-05-20", "2026-09-10", assignment="withdrawn")
    room.rows.status("gil", "start", _midnight_in_new_york("2026-09-10"), due="2026-12-31")
    found = dict(rows_of(room.prowess, "cohort-members", "person_id", "cohort"))
    assert found["gil"] == "2026-10-05"
    assert found["ada"] == "2026-05-04"


def test_without_a_cadence_there_are_no_cohorts(newsroom: Open) -> None:
    room = newsroom()
    assert ask(room.prowess, "cohorts").rows == []
    room.publish(PROGRAM.replace("cadence: {cohort: monthly, starts: first-monday, min_size: 2}\n", ""))
    assert ask(room.prowess, "cohort-members").rows == []
