"""Managers read reports of those below them, and of nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from lrs.app import create_app
from lrs.server import Server
from lrs.web.accounts import create_account
from reports.catalogue import CATALOGUE
from reports.declaration import Scope
from tests.cadence.conftest import Newsroom, Open
from tests.cadence.test_digests import furnish
from tests.reports.asking import ask, rows_of
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"


@pytest.fixture
def room(newsroom: Open) -> Newsroom:
    room = newsroom()
    furnish(room)
    room.rows.activity("exam", "Exam", "https://x.example/exam")
    for id_ in ("ada", "bob", "eve"):
        room.rows.evidence(id_, "https://x.example/exam", room.clock.now() - 1, success=1)
    return room


@pytest.fixture
def url(room: Newsroom) -> Iterator[str]:
    for name, role in (("grace", "member"), ("hopper", "observer"), ("ada", "member"), ("root", "analyst")):
        create_account(room.prowess, name, PASSWORD, role, person=name if name != "root" else None)
    server = Server(create_app(room.prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    yield server.url
    stop()


def signed_in(url: str, name: str) -> Browser:
    browser = Browser(url)
    browser.sign_in(name, PASSWORD)
    return browser


@pytest.mark.parametrize("name", [name for name, report in CATALOGUE.items() if report.is_about_people])
def test_every_report_about_people_knows_teams(room: Newsroom, name: str) -> None:
    from reports.arguments import parse_arguments

    report = CATALOGUE[name]
    now = room.clock.now()
    for who, allowed in (("grace", {"ada", "bob", "cy"}), ("hopper", {"grace", "ada", "bob", "cy"}), ("ada", set())):
        page = room.reader.page(report, parse_arguments(report, Scope(1, who), [], now))
        if any(column.name == "person_id" for column in report.columns):
            assert {row["person_id"] for row in page.rows} <= allowed
        if who == "ada":
            assert page.rows == []
    everybody = room.reader.page(report, parse_arguments(report, Scope(1), [], now))
    if any(column.name == "person_id" for column in report.columns) and "eve" in str(everybody.rows):
        assert "eve" not in str(room.reader.page(report, parse_arguments(report, Scope(1, "hopper"), [], now)).rows)


def test_a_team_is_everybody_below_and_a_manager_only_the_next(room: Newsroom) -> None:
    standing = lambda **given: sorted(row[0] for row in rows_of(room.prowess, "standing", "person_id", **given))  # noqa: E731
    assert standing(team="hopper") == ["ada", "bob", "cy"]
    assert standing(manager="hopper") == []
    assert standing(team=["hopper", "zoe"]) == ["ada", "bob", "cy", "eve"]
    room.rows.position("hopper", 1, job="head", manager="grace")
    assert standing(team="hopper") == ["ada", "bob", "cy"]
    assert ask(room.prowess, "standing", team="nobody").rows == []


def test_a_manager_opens_the_links_of_the_letter(url: str) -> None:
    grace = signed_in(url, "grace")
    page = grace.page("/reports/standing?team=grace")
    assert page.faults == []
    assert "Ada Byron" in page.words
    assert "Eve" not in grace.page("/reports/standing").words
    assert "Eve" not in grace.get("/reports/standing.csv").text
    assert "Eve" not in grace.page("/reports/standing?team=zoe").words
    assert "Eve" in signed_in(url, "root").page("/reports/standing").words
    assert "Ada Byron" in signed_in(url, "hopper").page("/reports/overdue").words
    transcript = grace.page("/reports/transcript")
    assert not [one for one in transcript.all("a") if (one["href"] or "").startswith("/statements")]


def test_what_is_about_everybody_is_refused(url: str) -> None:
    grace = signed_in(url, "grace")
    assert grace.get("/reports/data-health").status_code == 403
    assert "Data health" not in grace.page("/reports").words
    assert signed_in(url, "ada").get("/reports/standing").status_code == 403
    assert signed_in(url, "ada").get("/reports").status_code == 403


def test_two_readers_never_share_an_answer(url: str) -> None:
    mine = signed_in(url, "grace").get("/reports/standing.json")
    tag = mine.headers["ETag"]
    theirs = signed_in(url, "root").get("/reports/standing.json", headers={"If-None-Match": tag})
    assert theirs.status_code == 200
    assert "Eve" in theirs.text


def test_a_manager_s_first_page_is_about_the_team(url: str) -> None:
    words = signed_in(url, "grace").page("/").words
    assert "Needs attention" in words
    assert "Ada Byron" in words
    assert "Needs attention" not in Page(signed_in(url, "ada").get("/").text).words


def test_nobody_overdue_was_an_alarm(url: str) -> None:
    """A red triangle says that something is wrong: nothing is, where the number is nought."""
    said = re.findall(
        r'class="count">([^<]+)</span><span class="words"><span class="status tone-(\w+)"',
        signed_in(url, "grace").get("/").text,
    )
    assert len(said) == 4
    assert {tone for count, tone in said if count == "0"} == {"quiet"}
    assert "quiet" not in {tone for count, tone in said if count != "0"}


def test_who_has_left_has_no_team(room: Newsroom, url: str) -> None:
    grace = signed_in(url, "grace")
    assert grace.get("/reports/standing").status_code == 200
    room.prowess.database.write(
        lambda conn: conn.exec_driver_sql("UPDATE person SET left_day = 20000 WHERE person_id = 'grace'")
    )
    assert grace.get("/reports/standing").status_code == 403
