"""Digests: each manager the own team, once for each issue, the newest only after an outage, and the numbers of the reports."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.jobs import MAIN
from lrs.store import tables as t
from reports.arguments import parse_arguments
from reports.catalogue import get_report
from reports.declaration import Scope
from reports.digests.publisher import compose
from reports.mailings import outbox
from reports.mailings.outbox import TEAM, Addressee, MailingState
from reports.mailings.sender import Skip
from reports.semantics import parse_as_of
from reports.settings import ReportsSchema, settings_of
from reports.tables import mailing
from tests.cadence.conftest import Newsroom, Open

MANAGERS = "[{name: managers, title: Your team, every: monthly, day: first-monday, at: '08:00', timezone: Europe/London, to: [managers]}]"


def furnish(room: Newsroom) -> None:
    """Two managers: grace with somebody late, due and done; hopper, above her, with nobody but her."""
    room.person("hopper", "Hopper", job="head")
    room.person("grace", "Grace Hopper", manager="hopper", job="lead")
    for id_, name in (("ada", "Ada Byron"), ("bob", "Bob"), ("cy", "Cy")):
        room.person(id_, name, manager="grace")
    room.person("eve", "Eve", manager="zoe")
    room.person("zoe", "Zoe", job="lead")
    room.rows.add(t.event, seq=1, kind="ruleset", ref="seed")
    room.rows.program("forklift", "Forklift")
    room.rows.status("ada", "forklift", "2026-01-01", overdue=1, due="2026-06-01")
    room.rows.status("bob", "forklift", "2026-01-01", due="2026-07-20", progress="in_progress")
    met = {
        "progress": "met",
        "award": "valid",
        "met": "2026-06-25",
        "valid_from": "2026-06-25",
        "expires": "2027-06-25",
    }
    room.rows.status("cy", "forklift", "2026-06-25", **met)
    room.rows.status("eve", "forklift", "2026-01-01", due="2026-12-31")


def bodies(room: Newsroom, place: int = -1) -> tuple[str, str]:
    message = room.post.messages[place]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r", ""), html.get_content()


def test_each_manager_gets_the_own_team_and_nobody_a_letter_about_nothing(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    assert room.told() == []
    room.until("2026-07-06")
    assert room.told() == [
        ("Grace Hopper <grace@example.org>", "Your team: 1 overdue, 1 due, 1 completed, 1 newly proficient")
    ]
    text, html = bodies(room)
    assert "Dear Grace Hopper," in text
    assert "Your team on 6 July 2026: 1 of 3 things required are in place (33.3" in text
    assert "Overdue: 1\n- Ada Byron, Forklift, 35 days late, due 2026-06-01\n" in text
    assert "- Bob, Forklift, due 2026-07-20, in 14 days" in text
    assert "- Cy, Forklift, on 2026-06-25" in text
    assert "- Cy, Forklift, since 2026-06-25" in text
    for word in ("Ada Byron", "35 days late", "Bob", "Cy"):
        assert word in html
    assert "Eve" not in text + html
    with room.prowess.database.read() as conn:
        found = {row.recipient: (row.state, row.reason) for row in conn.execute(mailing.select())}
    assert found == {
        "grace": (MailingState.SENT, None),
        "hopper": (MailingState.SKIPPED, "nothing_to_say"),
        "zoe": (MailingState.SKIPPED, "nothing_to_say"),
    }


def test_all_days_of_a_digest_are_those_of_its_own_zone(newsroom: Open) -> None:
    """At eight in Auckland it is the evening before in UTC: what was due on the day before was "0 days late"."""
    auckland = MANAGERS.replace("Europe/London", "Pacific/Auckland")
    room = newsroom(auckland)
    furnish(room)
    room.rows.person("dee", "Dee", manager="grace")
    room.rows.status("dee", "forklift", "2026-01-01", overdue=1, due="2026-07-05")
    room.work()
    room.until("2026-07-05", hour=21)
    text, _ = bodies(room)
    assert "Your team on 6 July 2026:" in text
    assert "- Ada Byron, Forklift, 35 days late, due 2026-06-01\n" in text
    assert "- Dee, Forklift, 1 day late, due 2026-07-05\n" in text
    assert "- Bob, Forklift, due 2026-07-20, in 14 days" in text
    assert re.search(r"stored up to 2026-07-06 \d\d:\d\d \(Pacific/Auckland\)\.", text)
    assert " UTC" not in text


def test_numbers_lead_to_reports_that_say_the_same(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    room.until("2026-07-06")
    _, html = bodies(room)
    links = re.findall(r'(?:Overdue|Due in|Completed in|Newly proficient)[^<]*<a href="([^"]+)">(\d+)</a>', html)
    assert len(links) == 4
    for url, number in links:
        parts = urlsplit(url.replace("&amp;", "&"))
        report = get_report(parts.path.removeprefix("/reports/"))
        asked = parse_arguments(report, Scope(1, "grace"), parse_qsl(parts.query), room.clock.now())
        page = room.reader.page(report, asked)
        assert page.totals["rows"] == int(number)


def test_an_issue_goes_out_once_and_after_an_outage_only_the_newest(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    room.until("2026-07-06", hour=6)
    assert len(room.told()) == 0, "08:00 in London is 07:00 UTC"
    room.until("2026-07-06", hour=7)
    assert len(room.told()) == 1
    room.until("2026-07-20")
    assert len(room.told()) == 1
    room.until("2026-11-15")
    assert len(room.told()) == 2
    with room.prowess.database.read() as conn:
        periods = {row.period for row in conn.execute(mailing.select())}
    assert periods == {"2026-07-06", "2026-11-02"}
    assert len({one["Message-ID"] for one in room.post.messages}) == 2


def test_a_digest_that_is_new_waits_for_its_next_day(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.until("2026-07-31")
    assert room.told() == []
    room.until("2026-08-03")
    assert len(room.told()) == 1


@pytest.mark.journey
def test_a_server_that_is_down_is_tried_again_with_the_same_letter(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    room.post.answers += [("DATA", "421 come back later"), ("DATA", "451 not now")]
    for hour in range(8, 20):
        room.until("2026-07-06", hour=hour)
    assert len(room.told()) == 1
    with room.prowess.database.read() as conn:
        row = conn.execute(mailing.select().where(mailing.c.recipient == "grace")).one()
    assert room.post.messages[0]["Message-ID"] == f"<digest-{row.id.hex()}@example.org>"
    assert row.attempts == 3


def test_a_reader_without_an_address_is_named(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.prowess.database.write(lambda conn: conn.exec_driver_sql("UPDATE person SET email = NULL"))
    room.work()
    room.until("2026-07-06")
    with room.prowess.database.read() as conn:
        row = conn.execute(mailing.select().where(mailing.c.recipient == "grace")).one()
    assert (row.state, row.reason) == (MailingState.DEAD, "no_address")


def test_jobs_people_and_addresses_get_the_whole_and_may_stop(newsroom: Open) -> None:
    digests = "[{name: all, every: weekly, day: friday, to: [head, zoe, board@example.org], show: [overdue], filters: {unit: [dock]}}]"
    room = newsroom(digests)
    furnish(room)
    room.work()
    room.until("2026-07-03")
    assert sorted(to for to, _ in room.told()) == [
        "Hopper <hopper@example.org>",
        "Zoe <zoe@example.org>",
        "board@example.org",
    ]
    text, _ = bodies(room)
    assert "Everybody on 3 July 2026" in text
    message = room.post.messages[0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    from lrs.app import create_app

    app = create_app(room.prowess).test_client()
    path = urlsplit(message["List-Unsubscribe"].strip("<>")).path
    assert app.get(path).status_code == 200
    assert app.get(path[:-3] + "abc").status_code == 404
    room.until("2026-07-10")
    assert len(room.told()) == 6
    assert b"no more of these" in app.post(path, data={"List-Unsubscribe": "One-Click"}).data
    room.until("2026-07-17")
    assert len(room.told()) == 8
    assert app.post(path.replace("/stop/", "/resume/")).status_code == 200
    room.until("2026-07-24")
    assert len(room.told()) == 11


@pytest.mark.parametrize(("team", "count"), [("direct", 0), ("all", 3)])
def test_a_team_is_those_who_report_directly_or_everybody_below(newsroom: Open, team: str, count: int) -> None:
    room = newsroom(MANAGERS.replace("to: [managers]", f"to: [managers], team: {team}"))
    furnish(room)
    room.work()
    room.until("2026-07-06")
    mine = [place for place, (to, _) in enumerate(room.told()) if "hopper@" in to]
    assert bool(mine) == bool(count)
    if mine:
        assert "of 3 things required" in bodies(room, mine[0])[0]


def test_a_worker_that_died_holds_a_letter_up_and_nothing_else(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    room.until("2026-07-05")
    room.clock.move(days=1)
    while room.prowess.work.drain(MAIN):
        pass
    claimed = outbox.mailings.claim(room.prowess.database, room.clock.now(), 10, 60)
    assert {row.recipient for row in claimed} == {"grace", "hopper", "zoe"}
    room.work()
    assert room.told() == []
    room.clock.move(seconds=61)
    room.work()
    assert len(room.told()) == 1
    (mine,) = [row for row in claimed if row.recipient == "grace"]
    assert not outbox.mailings.settle(room.prowess.database, mine, state=MailingState.DEAD)
    room.clock.move(days=1)
    room.work()
    assert len(room.told()) == 1


@pytest.mark.journey
def test_letters_that_take_long_were_sent_by_two(newsroom: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten conversations of half a minute outlasted the time for which their letters were taken."""
    to = ", ".join(["head", *(f"{number}@x.example" for number in range(9))])
    room = newsroom(f"[{{name: all, every: weekly, day: friday, to: [{to}], rows: 1}}]")
    furnish(room)
    room.work()
    room.until("2026-07-03", hour=7)
    room.clock.move(seconds=7200)
    while room.prowess.work.drain(MAIN):
        pass
    door = room.prowess.mail
    began = room.clock.now()

    def slowly(message: Any) -> None:
        room.clock.move(seconds=25)
        type(door).send(door, message)

    monkeypatch.setattr(door, "send", slowly)
    sender = next(job for job in room.prowess.work.jobs if job.name == "reports.mailings")
    assert sender.run()
    assert len(room.told()) == 3
    with room.prowess.database.read() as conn:
        left = conn.execute(mailing.select().where(mailing.c.state == MailingState.WAITING)).all()
    assert {(row.attempts, row.not_before <= began, row.lease_until) for row in left} == {(0, True, None)}
    room.work()
    assert len(room.told()) == len({str(one["To"]) for one in room.post.messages}) == 10


def test_a_letter_that_cannot_be_written_holds_up_no_other(newsroom: Open) -> None:
    room = newsroom(MANAGERS)
    furnish(room)
    room.work()
    room.until("2026-07-05")
    room.clock.move(days=1)
    now = room.clock.now()

    def put(conn: Any) -> int:
        to = [Addressee("grace")]
        return outbox.put(conn, room.prowess.database, to, tenant_id=1, kind="odd", name="odd", period="1", now=now)

    assert room.prowess.database.write(put) == 1
    room.work()
    with room.prowess.database.read() as conn:
        found = {
            row.kind: (row.state, row.reason) for row in conn.execute(mailing.select()) if row.recipient == "grace"
        }
    assert found == {"digest": (MailingState.SENT, None), "odd": (MailingState.DEAD, "gave_up")}


@pytest.mark.parametrize(
    ("filters", "place"),
    [
        ("{unitt: [dock]}", "5:15: 'reports.digests.0.filters.unitt': Must be one of: unit"),
        ("{unit: dock}", "5:21: 'reports.digests.0.filters.unit': Not a valid list."),
        ("{unit: [dock, 1]}", "5:28: 'reports.digests.0.filters.unit.1': Not a valid string."),
        ("{unit: {a: b}}", "5:21: 'reports.digests.0.filters.unit': Not a valid list."),
        ("[dock]", "5:14: 'reports.digests.0.filters': Not a valid mapping type."),
    ],
)
def test_a_mistake_in_filters_was_named_with_words_of_a_library(tmp_path: Path, filters: str, place: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"reports:\n  digests:\n  - name: all\n    to: [head]\n    filters: {filters}\n")
    with pytest.raises(ConfigError) as refused:
        load_settings(file, environ={}, sections={"reports": ReportsSchema})
    assert place in str(refused.value)


def test_a_digest_as_of_a_day_was_dated_and_counted_on_the_day_after(newsroom: Open) -> None:
    """In summer the end of a day in UTC is one o'clock of the next in London."""
    room = newsroom(MANAGERS)
    furnish(room)
    (one,) = settings_of(room.prowess).digests
    at = parse_as_of("2026-06-30", room.clock.now(), ZoneInfo(one.timezone))
    composed = compose(room.prowess, one, Addressee("grace", TEAM), at)
    assert not isinstance(composed, Skip)
    assert "Your team on 30 June 2026:" in composed[0].text
    asked = parse_arguments(get_report("overdue"), Scope(1), [("as_of", "2026-06-30"), ("person", "ada")], at)
    (row,) = room.reader.page(get_report("overdue"), asked).rows
    assert f"{row['days_late']} days late" in composed[0].text
