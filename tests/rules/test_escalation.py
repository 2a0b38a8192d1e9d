"""Escalation as a whole: deciding, ladders, letters, consequences, on both databases and under a moved clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lrs.clock import to_datetime
from lrs.errors import NotFound
from lrs.mail import MailDoor, MailDown, MailError
from lrs.settings import MailSettings
from lrs.web.accounts import create_account
from lrs.web.visitors import Account
from rules.escalation import notices
from rules.escalation.climber import Climber
from rules.escalation.consequences import decide
from rules.escalation.look import Look
from rules.escalation.tables import consequence, ladder, notice
from rules.published.composition import published_of
from rules.tables import emission
from rules.vocabulary import DECISION_EXTENSION, EXEMPTED, EXTENDED, OVERRIDE_EXTENSION
from tests.rules.office import LADDER, PEOPLE, PROGRAM, Office, office_at
from tests.servers import sqlite_at
from tests.smtp import smtp_server


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with office_at(database_url) as office:
        yield office


@pytest.fixture
def light(tmp_path: Path) -> Iterator[Office]:
    with office_at(sqlite_at(tmp_path / "office.db")) as office:
        yield office


def test_the_ladder_is_climbed_step_by_step(office: Office) -> None:
    office.until("2026-03-31T12:00Z")
    assert office.sent_at() == [
        "ada Fri 02-13 09:00",
        "ada Mon 03-02 09:00",
        "grace Mon 03-02 09:00",
        "grace Fri 03-06 09:00",
        "hopper Fri 03-06 14:00",
        "hr Fri 03-13 09:00",
    ]
    assert office.consequences() == [("flag-noncompliant", "in_force"), ("restrict-access", "waiting")]
    assert office.post.told()[:3] == [
        ("ada", "Forklift: due 27 February 2026"),
        ("ada", "Forklift: was due 27 February 2026"),
        ("grace", "Forklift: Ada Byron, was due 27 February 2026"),
    ]


def test_looking_again_and_again_tells_nobody_twice(office: Office) -> None:
    office.until("2026-03-10T12:00Z")
    before = office.post.told()
    office.people(
        "people: [{id: ada, name: Ada B., email: ada@example.org, positions: [{from: 2026-01-28, job: operator, site: hq, managers: [grace]}]}]"
    )
    office.drain()
    assert office.post.told() == before
    assert len({letter.key for letter in office.post.letters}) == len(before)


def test_after_an_outage_only_the_highest_step_is_sent(office: Office) -> None:
    """program-language 5: engine down over +1D and +7D."""
    office.until("2026-02-20T12:00Z")
    office.post.letters.clear()
    office.sleep_until("2026-03-09T12:00Z")
    assert office.post.told() == [
        ("grace", "Forklift: Ada Byron, was due 27 February 2026"),
        ("hopper", "Forklift: Ada Byron, was due 27 February 2026"),
    ]
    assert ("due+P1D", "ada", "skipped", "superseded") in office.notices()


def test_passing_stops_the_ladder_and_lifts_what_was_raised(office: Office) -> None:
    office.until("2026-03-30T12:00Z")
    office.statement()
    office.until("2026-06-30T12:00Z")
    assert office.consequences() == [("flag-noncompliant", "lifted"), ("restrict-access", "cancelled")]
    assert len(office.post.letters) == 6


def test_what_waits_for_the_morning_is_called_off_when_it_is_met_at_night(office: Office) -> None:
    office.until("2026-02-20T12:00Z")
    office.sleep_until("2026-03-02T22:00Z")
    assert ("due+P1D", "ada", "waiting", None) in office.notices()
    office.statement()
    office.until("2026-03-03T12:00Z")
    assert ("due+P1D", "ada", "cancelled", "met") in office.notices()
    assert office.post.told() == [("ada", "Forklift: due 27 February 2026")]


def test_a_notice_whose_reason_was_taken_away_later_stays_in_the_log_as_corrected(office: Office) -> None:
    """program-language 5: timestamp 2026-02-20, stored 2026-03-05."""
    office.until("2026-03-05T12:00Z")
    assert ("due+P1D", "ada", "sent", None) in office.notices()
    late = office.statement(at="2026-02-20T12:00:00Z")
    office.drain()
    assert ("due+P1D", "ada", "corrected", "met") in office.notices()
    assert ("due-P14D", "ada", "sent", None) in office.notices()
    office.void(late)
    office.drain()
    assert ("due+P1D", "ada", "sent", None) in office.notices()


def test_a_renewal_escalates_by_the_day_it_expires(office: Office) -> None:
    office.statement()
    office.until("2027-02-16T12:00Z")
    assert office.sent_at() == [
        "ada Thu 01-14 09:00",
        "ada Fri 01-29 09:00",
        "grace Fri 01-29 09:00",
        "grace Thu 02-04 09:00",
        "hopper Thu 02-04 14:00",
        "hr Thu 02-11 09:00",
    ]
    assert office.post.told()[0] == ("ada", "Forklift: expires 28 January 2027")


def test_suggested_things_never_escalate(light: Office) -> None:
    """The program becomes a suggestion: what was asked is asked no more, by no ladder."""
    light.until("2026-02-20T12:00Z")
    suggested = PROGRAM.replace("{job: operator}", "{job: operator, assign: suggested}")
    light.publish(
        PROGRAM
        + suggested.partition("---")[0]
        .replace("version: 1", "version: 2\napply: at_renewal")
        .replace("2024-01", "2026-02")
        + "---"
        + LADDER
    )
    light.until("2026-06-01T12:00Z")
    assert [step for step, *_ in light.notices()] == ["due-P14D"]


def test_a_ladder_published_over_old_debts_tells_once_and_raises_nothing(tmp_path: Path) -> None:
    bare = PROGRAM.replace("escalate: standard\n", "")
    second = (
        PROGRAM.partition("---")[0]
        .replace("version: 1", "version: 2\napply: at_renewal")
        .replace("2024-01-01", "2026-03-16")
    )
    with office_at(sqlite_at(tmp_path / "office.db"), programs=bare) as office:
        office.until("2026-03-16T12:00Z")
        assert office.rows(ladder) == []
        office.publish(f"{bare}{second}---{LADDER}")
        office.until("2026-03-17T12:00Z")
        assert [who for who, _ in office.post.told()] == ["hr"]
        assert office.consequences() == [("flag-noncompliant", "skipped")]
        office.until("2026-03-31T12:00Z")
        assert office.consequences()[-1] == ("restrict-access", "waiting")


def test_a_moved_due_date_moves_the_ladder(office: Office) -> None:
    office.until("2026-02-26T12:00Z")
    office.publish(
        PROGRAM
        + PROGRAM.partition("---")[0]
        .replace("version: 1", "version: 2\napply: at_renewal")
        .replace("2024-01-01", "2026-02-26")
        .replace("P30D", "P44D")
        + "---"
        + LADDER
    )
    office.until("2026-03-19T12:00Z")
    assert office.sent_at() == [
        "ada Fri 02-13 09:00",
        "ada Fri 02-27 09:00",
        "ada Mon 03-16 09:00",
        "grace Mon 03-16 09:00",
    ]
    assert {(row.deadline_day, row.step) for row in office.rows(notice, recipient_id="ada")} == {
        (20511, "due-P14D"),
        (20525, "due-P14D"),
        (20525, "due+P1D"),
    }


def test_a_short_absence_repeats_no_notice(office: Office) -> None:
    """program-language 5: audience out 03-01, back 03-03."""
    office.until("2026-02-27T12:00Z")
    before = office.post.told()
    away = PEOPLE.replace(
        "[{from: 2026-01-28, job: operator, site: hq, managers: [grace]}]",
        "[{from: 2026-01-28, to: 2026-03-03, job: operator, site: hq, managers: [grace]},"
        " {from: 2026-03-06, job: operator, site: hq, managers: [grace]}]",
    )
    office.people(away)
    office.until("2026-03-09T08:30Z")
    assert before == [("ada", "Forklift: due 27 February 2026")]
    assert [step for step, who, *_ in office.notices() if who == "ada"] == ["due-P14D", "due+P1D"]


def test_a_program_that_is_taken_away_ends_everything(office: Office) -> None:
    office.until("2026-03-30T12:00Z")
    office.publish(PROGRAM.replace("id: forklift", "id: other").replace("job: operator", "job: nobody") + LADDER)
    office.until("2026-04-30T12:00Z")
    assert office.consequences() == [("flag-noncompliant", "lifted"), ("restrict-access", "cancelled")]
    assert len(office.post.letters) == 6


def test_a_ladder_that_is_taken_away_ends_everything(office: Office) -> None:
    office.until("2026-03-14T12:00Z")
    two = (
        PROGRAM.partition("---")[0]
        .replace("version: 1", "version: 2\napply: at_renewal")
        .replace("2024-01-01", "2026-03-14")
    )
    office.publish(PROGRAM + two.replace("escalate: standard\n", "") + "---" + LADDER)
    office.until("2026-04-30T12:00Z")
    assert office.consequences() == [("flag-noncompliant", "lifted")]


def test_a_debt_that_comes_back_is_raised_again(office: Office) -> None:
    office.until("2026-03-14T12:00Z")
    passed = office.statement(at="2026-03-14T11:00:00Z")
    office.drain()
    assert office.consequences() == [("flag-noncompliant", "lifted")]
    office.void(passed)
    office.drain()
    assert office.consequences() == [("flag-noncompliant", "in_force")]
    said = [row.transition for row in office.rows(emission, person_id="ada") if row.transition != "notified"]
    assert sorted(said) == ["assigned", "awarded", "cleared", "flagged", "flagged", "revoked"]


def test_a_mail_server_that_is_down_delays_and_loses_nothing(office: Office) -> None:
    office.post.refusals = [MailDown("gone"), MailDown("gone")]
    office.until("2026-02-13T13:00Z")
    assert office.sent_at() != []
    assert office.notices() == [("due-P14D", "ada", "sent", None)]
    assert len(office.post.letters) == 1


def test_a_refused_address_is_given_up_and_tried_again_on_demand(office: Office) -> None:
    office.post.refusals = [MailError("no such user", retryable=False)]
    office.until("2026-02-13T13:00Z")
    assert office.notices() == [("due-P14D", "ada", "dead", "gave_up")]
    assert notices.outbox.retry(office.prowess.database, office.clock.now(), None) == 1
    office.drain()
    assert office.notices() == [("due-P14D", "ada", "sent", None)]
    with pytest.raises(NotFound):
        notices.outbox.retry(office.prowess.database, office.clock.now(), UUID(int=1))


def test_retries_keep_out_of_quiet_hours(light: Office) -> None:
    light.post.refusals = [MailDown("gone")] * 60
    light.until("2026-02-16T12:00Z")
    sent = [row.sent_at for row in light.rows(notice, state="sent")]
    assert all(8 <= to_datetime(at).hour < 18 for at in sent)
    assert sent or light.notices() == [("due-P14D", "ada", "dead", "gave_up")]


def test_without_a_mail_server_notices_do_not_pile_up(light: Office) -> None:
    light.post.is_configured = False
    light.until("2026-02-13T13:00Z")
    assert light.notices() == [("due-P14D", "ada", "waiting", None)]
    light.sleep_until("2026-02-17T13:00Z")
    assert light.notices() == [("due-P14D", "ada", "dead", "gave_up")]


def test_who_has_no_address_is_named_in_the_log(light: Office) -> None:
    light.people(PEOPLE.replace(", email: ada@example.org", ""))
    light.until("2026-02-13T13:00Z")
    assert light.notices() == [("due-P14D", "ada", "dead", "no_address")]


def test_a_missing_manager_is_stepped_over_or_said_to_be_missing(light: Office) -> None:
    light.people(PEOPLE.replace("{id: grace,", "{id: grace, left_on: 2026-02-01,"))
    light.until("2026-03-07T12:00Z")
    assert ("due+P1D", "?manager", "skipped", "nobody_above") in light.notices()
    assert [who for step, who, *_ in light.notices() if step == "due+P7D"] == ["hopper"]


def test_each_notice_and_consequence_is_a_statement_of_ours(office: Office) -> None:
    office.until("2026-03-14T12:00Z")
    told = [
        json.loads(row.body)["context"]["extensions"][DECISION_EXTENSION]
        for row in sorted(office.rows(emission, person_id="ada"), key=lambda row: row.created_at)
    ]
    assert [one["transition"] for one in told] == ["assigned", *["notified"] * 5, "flagged", "notified"]
    assert told[1]["escalation"] == {
        "step": "due-P14D",
        "deadline": "due",
        "day": "2026-02-27",
        "recipient": "ada",
        "role": "learner",
    }
    assert {row.recorded for row in office.rows(emission)} == {1}


def test_real_mail_carries_the_key_as_its_id(light: Office) -> None:
    with smtp_server() as post:
        sender = {"host": "127.0.0.1", "port": post.port, "security": "none", "sender": "Prowess <p@prowess.example>"}
        settings = MailSettings(user=None, password=None, ca_file=None, timeout=5.0, **sender)
        light.prowess.mail = MailDoor(settings, light.clock)
        light.until("2026-03-02T12:00Z")
    first, *_, last = post.messages
    assert first["Subject"] == "Forklift: due 27 February 2026"
    assert first["Message-ID"].strip().startswith("<notice-")
    assert len({mail["Message-ID"] for mail in post.messages}) == 3
    body = last.get_body(("plain",)).get_content()
    assert "Ada Byron has not completed Forklift. The last good day was 27 February 2026, 3 days ago." in body
    assert "http://prowess.example/programs/forklift/escalation" in body


BENEFIT = "benefit: {learner: You may drive <every> truck., company: Fewer near misses.}\nescalate: standard"


def letters_of(office: Office, day: str) -> dict[str, str]:
    """The last letter of each recipient by then."""
    office.until(day)
    return {letter.to.partition("@")[0]: letter.text for letter in office.post.letters}


def test_a_letter_said_neither_where_to_go_nor_what_to_do_nor_what_for(tmp_path: Path) -> None:
    programs = PROGRAM.replace("escalate: standard", BENEFIT) + LADDER
    programs = programs.replace(
        "{all: [{id: exam, passed: exam, min_score: 0.80}]}",
        "{all: [{id: exam, passed: exam, min_score: 0.80}, {id: seen, signed_off: yard, by: {relation: [manager]}, after: exam}]}",
    )
    programs = programs.replace(
        "kind: escalation", 'kind: activity\nid: yard\ntitle: Yard\niris: ["urn:x:y"]\n---\nkind: escalation'
    )
    with office_at(sqlite_at(tmp_path / "office.db"), programs=programs) as office:
        office.until("2026-02-20T12:00Z")
        office.statement(verb="failed", result={"score": {"scaled": 0.4}})
        told = letters_of(office, "2026-03-30T12:00Z")
        html = next(one.html for one in office.post.letters if one.to.startswith("ada")) or ""
    page = "http://prowess.example/people/ada/programs/forklift"
    assert told["ada"].split("\n\n")[1:] == [
        "You have not completed Forklift. The last good day was 27 February 2026, 3 days ago.",
        "To do next:\n- Pass Exam with at least 80 %. The score is below what is asked for. Try again, and reach the score.",
        "Not yet:\n- Have somebody sign off Yard; by your manager; after “Pass Exam”. It counts only once this is done: pass Exam with at least 80 %.",
        "What it is good for: You may drive <every> truck.",
        f"Your page, where each step can be opened:\n{page}",
        "You get this because the program asks it of you. Who is told when:\nhttp://prowess.example/programs/forklift/escalation\n",
    ]
    assert "&lt;every&gt;" in html
    assert f'<a href="{page}">' in html
    assert "What it is good for: Fewer near misses." in told["grace"]
    assert f"The page of Ada Byron about it:\n{page}" in told["grace"]
    assert f"The page of Ada Byron about it:\n{page}" in told["hopper"]
    assert page not in told["hr"], "a holder of a job may not open it"
    assert "The score is below" in told["grace"]


def test_a_letter_told_the_holder_of_a_job_how_a_learner_fared(tmp_path: Path) -> None:
    with office_at(sqlite_at(tmp_path / "office.db")) as office:
        office.until("2026-02-20T12:00Z")
        office.statement(verb="failed", result={"score": {"scaled": 0.4}})
        told = letters_of(office, "2026-03-30T12:00Z")
    assert "Still missing:\n- Pass Exam with at least 80 %\n" in told["hr"], "what they may not see on the page"
    assert "The score is below what is asked for." in told["grace"]


def test_a_letter_linked_a_manager_of_before_to_a_page_that_is_closed_to_them(tmp_path: Path) -> None:
    with office_at(sqlite_at(tmp_path / "office.db")) as office:
        office.until("2026-02-20T12:00Z")
        office.statement(verb="failed", result={"score": {"scaled": 0.4}})
        office.post.refusals = [MailDown("the server is down") for _ in range(2)]
        office.until("2026-03-02T09:00Z")
        office.people(PEOPLE.replace("managers: [grace]", "managers: [hopper]"))
        told = letters_of(office, "2026-03-03T12:00Z")
    assert "/people/ada/" not in told["grace"]
    assert "The score is below" not in told["grace"]


def test_a_benefit_for_the_company_alone_was_good_for_none_to_the_learner(tmp_path: Path) -> None:
    benefit = "benefit: {learner: , company: Fewer near misses.}\nescalate: standard"
    programs = PROGRAM.replace("escalate: standard", benefit) + LADDER
    with office_at(sqlite_at(tmp_path / "office.db"), programs=programs) as office:
        told = letters_of(office, "2026-03-03T12:00Z")
    assert "What it is good for" not in told["ada"]
    assert "What it is good for: Fewer near misses." in told["grace"]


def test_a_letter_links_to_the_page_of_whoever_reads_everybodys(light: Office) -> None:
    create_account(light.prowess, "harry", "a quiet morning walk", "analyst", person="hr")
    assert "http://prowess.example/people/ada/programs/forklift\n" in letters_of(light, "2026-03-30T12:00Z")["hr"]


def test_without_a_public_address_a_letter_links_to_no_page(tmp_path: Path) -> None:
    with office_at(sqlite_at(tmp_path / "office.db"), public_url="") as office:
        told = letters_of(office, "2026-02-20T12:00Z")["ada"]
    assert "/people/" not in told
    assert "To do next:\n- Pass Exam with at least 80 %\n" in told


def test_a_crash_between_sent_and_recorded_sends_the_same_letter_again(light: Office, monkeypatch: Any) -> None:
    """At least once, and both under one Message-ID."""
    light.until("2026-02-13T08:00Z")

    def crash(point: str) -> None:
        if point == "rules.notice-sent-not-recorded":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lrs.letters.reach", crash)
        with pytest.raises(KeyboardInterrupt):
            light.until("2026-02-13T12:00Z")
    assert light.notices() == [("due-P14D", "ada", "waiting", None)]
    light.until("2026-02-13T12:00Z")
    assert light.notices() == [("due-P14D", "ada", "sent", None)]
    assert len(light.post.letters) == 2
    assert len({letter.key for letter in light.post.letters}) == 1


def test_what_is_being_sent_when_it_is_met_is_called_off_unless_it_went_out(light: Office, monkeypatch: Any) -> None:
    """The sender dies with the notice in its hands; meanwhile the training is done."""
    light.until("2026-02-13T08:00Z")

    def dies(message: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(light.post, "send", dies)
        with pytest.raises(KeyboardInterrupt):
            light.until("2026-02-13T12:00Z")
    light.statement()
    light.prowess.work.drain("main")
    assert light.notices() == [("due-P14D", "ada", "waiting", None)]
    light.clock.move(seconds=600)
    light.drain()
    assert light.notices() == [("due-P14D", "ada", "cancelled", "met")]
    assert light.post.letters == []


def test_of_two_that_look_at_a_ladder_at_once_one_writes(office: Office, monkeypatch: Any) -> None:
    """While one has read and not yet written, another does all of it."""
    office.until("2026-02-13T08:00Z")
    published = published_of(office.prowess)
    slow, quick = Climber(office.prowess, published), Climber(office.prowess, published)
    office.clock.move(seconds=3600)
    looked = []

    def meanwhile(point: str) -> None:
        if point == "rules.before-escalation" and not looked:
            looked.append(point)
            quick.run()

    monkeypatch.setattr("rules.escalation.climber.reach", meanwhile)
    slow.run()
    assert looked
    office.drain()
    assert office.notices() == [("due-P14D", "ada", "sent", None)]
    assert len(office.post.letters) == 1
    assert len(office.rows(emission, transition="notified")) == 1


def test_whoever_is_decided_while_being_looked_at_is_looked_at_again(office: Office, monkeypatch: Any) -> None:
    office.until("2026-02-13T08:00Z")
    office.clock.move(seconds=3600)
    passed = []

    def meanwhile(point: str) -> None:
        if point == "rules.before-escalation" and not passed:
            passed.append(office.statement(at="2026-02-13T08:30:00Z"))
            office.prowess.work.drain("main")

    monkeypatch.setattr("rules.escalation.climber.reach", meanwhile)
    office.drain()
    assert passed
    assert office.post.letters == []
    assert office.notices() == []


def test_a_consequence_approved_while_it_was_called_off_held_for_ever_in_what_was_told(
    office: Office, monkeypatch: Any
) -> None:
    """The statement that it holds went out, and none that it ended."""
    office.until("2026-03-31T08:00Z")
    office.statement()
    (row,) = office.rows(consequence, action="restrict-access")
    admin, approved = Account(1, 1, "grace", "admin"), []

    def meanwhile(point: str) -> None:
        if point == "rules.before-escalation" and not approved:
            approved.append(point)
            decide(office.prowess, published_of(office.prowess), admin, UUID(bytes=row.id), approve=True)

    monkeypatch.setattr("rules.escalation.climber.reach", meanwhile)
    office.drain()
    assert approved
    assert office.consequences() == [("flag-noncompliant", "lifted"), ("restrict-access", "lifted")]
    assert len(office.rows(emission, transition="cleared")) == 2


def test_a_ladder_that_cannot_be_looked_at_holds_up_no_other(light: Office, monkeypatch: Any) -> None:
    light.people(PEOPLE.replace("id: ada, name: Ada Byron, email: ada@", "id: bob, name: Bob, email: bob@"))
    light.until("2026-02-13T08:00Z")
    sound = Look.changes

    def broken(look: Look) -> Any:
        if look.person.id == "ada":
            raise ValueError("a fault")
        return sound(look)

    with monkeypatch.context() as patch:
        patch.setattr(Look, "changes", broken)
        light.clock.move(seconds=3600)
        light.drain()
        assert [who for who, _ in light.post.told()] == ["bob"]
    light.until("2026-02-13T10:00Z")
    assert [who for who, _ in light.post.told()] == ["bob", "ada"]


def act(office: Office, verb: str, **said: Any) -> None:
    """An act of office about ada."""
    office.statement(
        "ada",
        verb,
        object={"id": "http://prowess.example/programs/forklift"},
        context={
            "instructor": {"mbox": "mailto:top@example.org"},
            "extensions": {OVERRIDE_EXTENSION: {"program": "forklift", "reason": "parental leave", **said}},
        },
    )
    office.drain()


def test_an_extension_moves_the_ladder(light: Office) -> None:
    """Nine o'clock in London is eight in UTC from the end of March on."""
    light.until("2026-02-26T12:00Z")
    act(light, EXTENDED, due_on="2026-03-27")
    light.until("2026-03-12T12:00Z")
    assert light.sent_at() == ["ada Fri 02-13 09:00"]
    light.until("2026-03-31T12:00Z")
    assert light.sent_at() == [
        "ada Fri 02-13 09:00",
        "ada Fri 03-13 09:00",
        "ada Mon 03-30 08:00",
        "grace Mon 03-30 08:00",
    ]


def test_an_exemption_ends_the_ladder(light: Office) -> None:
    light.until("2026-03-14T12:00Z")
    assert light.consequences() == [("flag-noncompliant", "in_force")]
    act(light, EXEMPTED)
    light.until("2026-05-14T12:00Z")
    assert light.consequences() == [("flag-noncompliant", "lifted")]
    assert {row.reason for row in light.rows(consequence)} == {"exempt"}


def test_what_was_raised_about_somebody_ends_when_they_turn_out_to_be_another(office: Office) -> None:
    """And is not raised a second time about them when that was a mistake, though the ladder holds again."""
    office.until("2026-03-30T12:00Z")
    since = office.rows(ladder)[0].since
    sent = office.post.told()
    assert office.consequences() == [("flag-noncompliant", "in_force"), ("restrict-access", "waiting")]
    office.people("people: [{id: king, name: Ada King, email: king@example.org}]")
    office.prowess.people.merge("ada", "king")
    office.drain()
    ended = {(row.state, row.reason) for row in office.rows(consequence, person_id="ada")}
    assert ended == {("lifted", "merged"), ("cancelled", "merged")}
    assert {row.state for row in office.rows(consequence, person_id="king")} == {"in_force", "waiting"}
    told = [row for row in office.rows(emission, transition="cleared") if row.person_id == "ada"]
    assert json.loads(told[0].body)["actor"]["mbox"] == "mailto:ada@example.org"
    office.until("2026-03-31T12:00Z")
    assert not [row for row in office.rows(ladder, person_id="ada") if row.next_at is not None]
    office.prowess.people.unmerge("ada")
    office.drain()
    (again,) = office.rows(ladder, person_id="ada")
    assert again.since == since
    assert [one for one in office.post.told() if "Ada King" not in one[1]] == sent
    assert {row.state for row in office.rows(consequence, person_id="ada")} == {"in_force", "waiting"}


def test_a_letter_to_somebody_who_turned_out_to_be_another_reaches_them(office: Office) -> None:
    office.until("2026-02-20T12:00Z")
    office.sleep_until("2026-03-02T22:00Z")
    assert ("due+P1D", "grace", "waiting", None) in office.notices()
    office.people("people: [{id: murray, name: Grace Murray, email: murray@example.org}]")
    office.prowess.people.merge("grace", "murray")
    office.until("2026-03-03T12:00Z")
    assert "murray" in {name for name, _ in office.post.told()}
    assert {row.reason for row in office.rows(notice)} == {None}
