"""A program's own results: to whom it names, each period counted from its version."""

from __future__ import annotations

import re

from reports.tables import mailing
from tests.cadence.conftest import Newsroom, Open
from tests.reports.rows import us

PROGRAM = """
kind: certification
id: lift
title: Lift driver
version: 1
effective: 2026-01-15
timezone: UTC
for: {job: operator}
due: {after: assigned, within: P30D}
require: {all: [{passed: exam, kirkpatrick: 2}, {responded: survey}]}
report: {to: [analyst, board@example.org], every: P1M}
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: survey, title: Survey, iris: ["https://x.example/survey"], kirkpatrick: 1}
"""


def furnish(room: Newsroom, text: str = PROGRAM) -> None:
    """Two met it, after 5 and after 40 days, and one has not."""
    room.person("ann", "Ann", job="analyst")
    for id_, done in (("ada", "2026-01-20"), ("bob", "2026-02-24"), ("cy", None)):
        room.person(id_, id_.title())
        if done:
            room.rows.evidence(id_, "https://x.example/exam", us(done), raw="8", most="10")
            room.rows.evidence(id_, "https://x.example/survey", us(done), "responded", raw="4", most="5")
    room.publish(text)


def text_of(room: Newsroom, place: int = 0) -> str:
    part = room.post.messages[place].get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\r", "").replace("\N{NO-BREAK SPACE}", " ")


def test_results_go_out_each_period_to_whom_the_program_names(newsroom: Open) -> None:
    room = newsroom(start="2026-03-10")
    furnish(room)
    room.work()
    assert room.told() == []
    room.until("2026-03-15", hour=8)
    assert room.told() == []
    room.until("2026-03-15", hour=10)
    assert sorted(room.told()) == [
        ("Ann <ann@example.org>", "Results of Lift driver"),
        ("board@example.org", "Results of Lift driver"),
    ]
    text = text_of(room)
    for said in (
        "2 of 3 people in scope are proficient (66.7 %).",
        "1 of 3 met it by its due date (33.3 %).",
        "Half of those who met it did so within 22 days of being assigned.",
        "- 1 reaction, Survey, 2 people, latest score 80.0 % on average",
        "- 2 learning, Exam, 2 people, latest score 80.0 % on average",
        "Newly proficient in the last 30 days: 1\n- Bob, since 2026-02-24",
        "You get this every month: the program names analyst and board@example.org.",
    ):
        assert said in text, said
    room.until("2026-06-20")
    assert len(room.told()) == 4
    with room.prowess.database.read() as conn:
        assert {row.period for row in conn.execute(mailing.select())} == {"2026-03-15", "2026-06-15"}


def test_only_what_is_asked_for_is_shown_and_stopping_holds(newsroom: Open) -> None:
    room = newsroom(start="2026-03-10")
    furnish(room, PROGRAM.replace("every: P1M", "every: P1M, show: [proficiency_rate]"))
    room.work()
    room.until("2026-03-15")
    text = text_of(room)
    assert "proficient (66.7 %)" in text
    assert "Kirkpatrick" not in text
    path = re.search(r"http://prowess.example(/digests/stop/\S+)", text)
    assert path is not None
    from lrs.app import create_app

    assert create_app(room.prowess).test_client().post(path[1]).status_code == 200
    room.until("2026-04-15")
    assert len(room.told()) == 3
