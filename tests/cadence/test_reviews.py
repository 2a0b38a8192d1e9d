"""Reviews: due from the newest version on, few reminders with something to look at, ended by a new version."""

from __future__ import annotations

from datetime import date

import pytest

from lrs.app import create_app
from lrs.server import Server
from lrs.web.accounts import create_account
from reports.reviews.rounds import is_owner
from reports.tables import mailing
from rules.language.about import Review
from rules.language.model import Program
from rules.language.period import load_period
from rules.reviews import Round, round_of
from tests.cadence.conftest import Newsroom, Open
from tests.reports.rows import us
from tests.web.browser import Browser

PROGRAM = """
kind: certification
id: lift
title: Lift driver
version: {version}
effective: {effective}
timezone: UTC
for: {{job: operator}}
due: {{after: assigned, within: P30D}}
apply: at_renewal
require: {{all: [{{passed: exam}}, {{responded: survey}}]}}
review: {{every: P1Y, owner: lnd-lead, inputs: [pass-rates, survey, waivers]}}
---
"""
ACTIVITIES = """
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: survey, title: Survey, iris: ["https://x.example/survey"]}
"""


def program(version: int = 1, effective: str = "2025-07-01") -> str:
    text = PROGRAM.format(version=version, effective=effective)
    return text if version > 1 else text.replace("apply: at_renewal\n", "")


def furnish(room: Newsroom) -> None:
    """Three operators, one of whom failed; and lee, who owns the review."""
    room.person("lee", "Lee", job="lnd-lead")
    for place, (id_, verdict) in enumerate((("ada", "passed"), ("bob", "failed"), ("cy", "passed"))):
        room.person(id_, id_.title())
        room.rows.evidence(id_, "https://x.example/exam", us("2026-01-01"), verdict, raw="7", most="10")
        room.rows.evidence(id_, "https://x.example/survey", us("2026-01-01"), "responded", raw=str(place + 3), most="5")
    room.publish(program() + ACTIVITIES)


def test_an_owner_is_reminded_modestly_and_a_new_version_ends_it(newsroom: Open) -> None:
    room = newsroom(start="2026-06-20")
    furnish(room)
    room.work()
    assert room.told() == []
    room.until("2026-07-01", hour=8)
    assert room.told() == []
    room.until("2026-07-01", hour=10)
    assert room.told() == [("Lee <lee@example.org>", "Review of Lift driver: due today")]
    for day in ("2026-07-02", "2026-07-20", "2026-08-01", "2026-08-02", "2026-09-30"):
        room.until(day)
    assert len(room.told()) == 2
    room.until("2026-10-01")
    assert len(room.told()) == 3
    room.publish(program() + program(2, "2026-10-05") + ACTIVITIES)
    room.until("2027-10-04")
    assert len(room.told()) == 3
    room.until("2027-10-05")
    assert len(room.told()) == 4


def test_the_letter_says_what_to_look_at(newsroom: Open) -> None:
    room = newsroom(start="2026-06-20")
    furnish(room)
    room.until("2026-07-01")
    part = room.post.messages[0].get_body(("plain",))
    assert part is not None
    text = part.get_content().replace("\r", "")
    assert "The review of Lift driver is due today. Version 1 holds since 1 July 2025. 66.7" in text
    assert "- Exam, 2 of 3 verdicts passed (66.7" in text
    assert "- Survey, 3 people, latest score 80.0" in text
    assert "Overdue: 1\n- Bob, 335 days late" in text
    assert "Waivers: 0\nNobody was waived." in text
    assert "http://prowess.example/programs" in text
    assert "http://prowess.example/reviews/lift" in text


def test_a_reminder_that_waited_until_a_new_version_came_is_not_sent(newsroom: Open) -> None:
    room = newsroom(start="2026-06-20")
    furnish(room)
    room.post.answers += [("DATA", "421 later")]
    room.until("2026-07-01")
    room.publish(program() + program(2, "2026-07-02") + ACTIVITIES)
    room.until("2026-07-02")
    assert room.told() == []
    with room.prowess.database.read() as conn:
        (row,) = conn.execute(mailing.select())
    assert (row.state, row.reason) == ("skipped", "new_version")


def test_the_page_lists_what_is_due_and_teaches_the_words(newsroom: Open) -> None:
    room = newsroom(start="2026-07-20")
    server = Server(create_app(room.prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    create_account(room.prowess, "ada", "a quiet morning walk", "analyst")
    create_account(room.prowess, "bob", "a quiet morning walk", "member")
    ada, bob = Browser(server.url), Browser(server.url)
    ada.sign_in("ada", "a quiet morning walk")
    bob.sign_in("bob", "a quiet morning walk")
    assert "No program is reviewed yet." in ada.page("/reviews").words
    furnish(room)
    room.clock.move(seconds=120)
    room.work()
    for browser in (ada, bob):
        page = browser.page("/reviews")
        assert page.faults == []
        assert "Lift driver due 1 July 2026 Lee lnd-lead 1 1 1 July 2025" in page.words
    page = ada.page("/reviews/lift")
    assert page.faults == []
    assert "2 of 3 verdicts passed" in page.words
    assert bob.get("/reviews/lift").status_code == 403
    assert ada.get("/reviews/other").status_code == 404
    assert Browser(server.url).get("/reviews").status_code == 303
    page = ada.page("/digests")
    assert page.faults == []
    assert "No digest is configured yet." in page.words
    assert "Lee review lift" in page.words, "a letter's reader has a name"
    assert bob.get("/digests").status_code == 403
    stop()


def test_an_owner_who_is_a_plain_member_reads_what_is_theirs_and_nothing_else(newsroom: Open) -> None:
    """The reminder led to a page that refused its reader, 403; so did each number in it."""
    room = newsroom(start="2026-06-20")
    furnish(room)
    other = program().replace("id: lift", "id: crane").replace("owner: lnd-lead", "owner: ada")
    room.publish(program() + other + ACTIVITIES)
    create_account(room.prowess, "lee", "a quiet morning walk", "member", person="lee")
    create_account(room.prowess, "cy", "a quiet morning walk", "member", person="cy")
    room.until("2026-07-01")
    sent = next(one for one in room.post.messages if one["To"] == "Lee <lee@example.org>")
    part = sent.get_body(("plain",))
    assert part is not None
    text = part.get_content()
    assert "http://prowess.example/reports/" not in text
    assert "http://prowess.example/reviews/lift#section-1" in text
    server = Server(create_app(room.prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    lee, cy = Browser(server.url), Browser(server.url)
    lee.sign_in("lee", "a quiet morning walk")
    cy.sign_in("cy", "a quiet morning walk")
    page = lee.page("/reviews/lift")
    assert page.faults == []
    assert "2 of 3 verdicts passed" in page.words
    assert "Administrators publish it" in page.words
    inside = [one["href"] for one in page.all("a") if str(one.get("href", "")).startswith(("/", server.url))]
    assert not [href for href in inside if lee.get(href.removeprefix(server.url)).status_code >= 400]
    assert [one["href"] for one in lee.page("/reviews").all("a") if "/reviews/" in one["href"]] == ["/reviews/lift"]
    assert lee.get("/reviews/crane").status_code == 403
    assert lee.get("/reviews/nothing").status_code == 403
    assert cy.get("/reviews/lift").status_code == 403
    stop()


def test_reviews_are_in_the_navigation_of_whoever_reviews(newsroom: Open) -> None:
    room = newsroom(start="2026-07-20")
    furnish(room)
    owns = {id_: is_owner(room.prowess, 1, id_) for id_ in ("lee", "cy", "nobody", None)}
    assert owns == {"lee": True, "cy": False, "nobody": False, None: False}


def test_digests_and_reviews_were_in_no_navigation(newsroom: Open) -> None:
    room = newsroom(start="2026-07-20")
    furnish(room)
    server = Server(create_app(room.prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    for role, digests in (("admin", 200), ("analyst", 200), ("observer", 403), ("member", 403)):
        create_account(room.prowess, role, "a quiet morning walk", role)
        browser = Browser(server.url)
        browser.sign_in(role, "a quiet morning walk")
        navigation = browser.page("/").words.partition("Sign out")[0]
        assert browser.get("/reviews").status_code == 200
        assert ("Reviews" in navigation) == (digests == 200), role
        assert browser.get("/digests").status_code == digests
        assert ("Digests" in navigation) == (digests == 200), role
        leads = any(one["href"] == "/reviews/lift" for one in browser.page("/reviews").all("a"))
        assert leads == (browser.get("/reviews/lift").status_code == 200), role
    stop()


def _round(every: str = "P1Y", effective: date = date(2024, 2, 29)) -> Round:
    from dataclasses import replace

    from rules.language.about import About

    bare = Program("certification", "p", 1, "P", effective, "UTC")
    found = round_of(replace(bare, about=About(review=Review(load_period(every), "lee"))), date(2020, 1, 1))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("today", "last", "following"),
    [
        (date(2025, 2, 27), None, date(2025, 2, 28)),
        (date(2025, 2, 28), date(2025, 2, 28), date(2025, 3, 28)),
        (date(2025, 5, 27), date(2025, 3, 28), date(2025, 5, 28)),
        (date(2026, 1, 1), date(2025, 5, 28), date(2026, 2, 28)),
        (date(2030, 1, 1), date(2029, 2, 28), date(2030, 2, 28)),
    ],
)
def test_days_of_reminders(today: date, last: date | None, following: date) -> None:
    assert _round().reminded_on(today) == last
    assert _round().next_on(today) == following


def test_a_program_without_a_day_counts_from_its_publication() -> None:
    assert _round(effective=date.min).due_on == date(2021, 1, 1)
