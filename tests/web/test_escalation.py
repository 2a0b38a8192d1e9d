"""Pages of escalation: the ladder in plain words, approvals, and the log of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lrs import yaml_door
from lrs.app import create_app
from lrs.people.roster import roster_from
from lrs.server import Server
from lrs.store import audit
from lrs.web.accounts import change_account, create_account
from lrs.web.visitors import Account
from rules.escalation.consequences import in_force, may_decide
from rules.escalation.words import country_words, step_words
from rules.tables import emission
from tests.rules.office import LADDER, PROGRAM, Office, office_at
from tests.servers import sqlite_at
from tests.web.browser import Browser

PASSWORD = "a quiet morning walk"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[tuple[Office, str]]:
    with office_at(sqlite_at(tmp_path / "office.db")) as office:
        server = Server(create_app(office.prowess), host="127.0.0.1", port=0)
        stop = server.serve_in_thread()
        for name, role in (("root", "admin"), ("hr@example.org", "analyst"), ("grace", "analyst"), ("ada", "admin")):
            create_account(office.prowess, name, PASSWORD, role)
        yield office, server.url
        stop()


def signed_in(url: str, name: str) -> Browser:
    browser = Browser(url)
    browser.sign_in(name, PASSWORD)
    return browser


def actions(browser: Browser) -> list[str]:
    found = [attrs["action"] or "" for attrs in browser.page("/escalations").all("form")]
    return [one for one in found if one.startswith("/escalations/")]


def decide(browser: Browser, path: str, **data: str) -> int:
    csrf = browser.page("/escalations").hidden("csrf")
    return browser.post(path, csrf=csrf, **data).status_code


def test_the_ladder_is_published_in_plain_words(office: tuple[Office, str]) -> None:
    page = signed_in(office[1], "grace").page("/programs/forklift/escalation")
    assert page.faults == []
    for words in (
        "Forklift: who is told when",
        "2 weeks before the learner nothing more 09:00",
        "1 day after the learner and their manager",
        "1 week after their manager and the manager of their manager if nobody is there, the next one up",
        "2 weeks after hr-partner The learner is marked as not compliant",
        "30 days after nobody Connected systems are told to restrict the learner's access, once hr-partner or an administrator has approved it; what they lock is up to them",
        "On working days (United Kingdom), never from 18:00 to 08:00.",
        "It ends as soon as the training is done, is waived or is asked no more.",
        "only the highest step that was missed is sent",
    ):
        assert words in page.words


def test_countries_and_steps_were_told_in_codes() -> None:
    assert [country_words(code) for code in ("GB", "US-CA", "DE-BY", "GB-SCT", "BA")] == [
        "United Kingdom",
        "United States, California",
        "Germany, Bayern",
        "United Kingdom, Scotland",
        "Bosnia And Herzegovina",
    ]
    assert [step_words(at) for at in ("due", "due-P2W", "due+P1M10D")] == [
        "On the last good day",
        "2 weeks before",
        "1 month and 10 days after",
    ]


def test_a_program_without_a_ladder_says_so_and_an_unknown_one_is_not_found(office: tuple[Office, str]) -> None:
    house, url = office
    browser = signed_in(url, "grace")
    assert browser.get("/programs/forklif/escalation").status_code == 404
    assert "did you mean" in browser.get("/programs/forklif/escalation").text
    bare = PROGRAM.partition("---")[0].replace("id: forklift", "id: bare").replace("escalate: standard\n", "")
    house.publish(PROGRAM + bare + "---" + LADDER)
    assert "Nobody is told anything" in browser.page("/programs/bare/escalation").words


def test_a_program_leads_to_its_ladder_also_where_its_id_has_a_slash(office: tuple[Office, str]) -> None:
    house, url = office
    browser = signed_in(url, "grace")
    below = PROGRAM.partition("---")[0].replace("id: forklift", "id: site/forklift")
    house.publish(PROGRAM + below + "---" + LADDER)
    for name in ("forklift", "site/forklift"):
        links = {one["href"] or "" for one in browser.page(f"/programs/{name}").all("a")}
        (ladder,) = (link for link in links if link.endswith("/escalation"))
        assert "who is told when" in browser.page(ladder).words


def test_strangers_are_sent_to_sign_in(office: tuple[Office, str]) -> None:
    for path in ("/escalations", "/programs/forklift/escalation", "/people/ada/notices"):
        assert Browser(office[1]).get(path).status_code == 303


def test_a_restriction_waits_for_the_right_person(office: tuple[Office, str]) -> None:
    house, url = office
    house.until("2026-03-31T12:00Z")
    assert actions(signed_in(url, "grace")) == []
    assert actions(signed_in(url, "ada")) == []
    partner = signed_in(url, "hr@example.org")
    (refuse,) = actions(partner)
    approve = refuse.replace("/refuse", "/approve")
    assert re.fullmatch(r"/escalations/[0-9a-f-]{36}/approve", approve)
    assert decide(signed_in(url, "grace"), approve) == 403
    assert decide(signed_in(url, "ada"), approve) == 403
    assert partner.post(approve).status_code == 403
    assert decide(partner, refuse) == 400
    assert decide(partner, approve) == 303
    assert decide(partner, approve) == 409
    (line,) = [one for one in audit.lines(house.prowess.database, 1, limit=99) if one.action.startswith("consequence.")]
    assert (line.by.kind, line.action, line.subject) == ("account", "consequence.approve", "ada")
    assert line.details["action"] == "restrict-access"
    assert ("restrict-access", "in_force") in house.consequences()
    with house.prowess.database.read() as conn:
        assert in_force(conn, 1, "restrict-access") == {("ada", "forklift")}
    house.drain()
    assert [row.recorded for row in house.rows(emission, transition="restricted")] == [1]
    page = partner.page("/people/ada/notices")
    assert "in force Access restricted Forklift due 27 February 2026 hr@example.org" in page.words
    house.statement()
    house.drain()
    assert "lifted done Access restricted" in partner.page("/people/ada/notices").words
    assert house.rows(emission, transition="cleared") != []


def test_a_restriction_took_effect_on_one_tap(office: tuple[Office, str]) -> None:
    house, url = office
    house.until("2026-03-31T12:00Z")
    partner = signed_in(url, "hr@example.org")
    (approve,) = (one["href"] or "" for one in partner.page("/escalations").all("a") if "/approve" in str(one["href"]))
    page = partner.page(approve)
    assert page.faults == []
    assert "Connected systems are told to restrict the learner's access; what they lock is up to them." in page.words
    assert ("restrict-access", "waiting") in house.consequences()
    assert [one["action"] for one in page.all("form") if one["action"] == approve] == [approve]
    assert signed_in(url, "grace").get(approve).status_code == 403
    assert partner.post(approve, csrf=page.hidden("csrf")).status_code == 303
    assert partner.get(approve).status_code == 409


def test_somebody_named_by_id_could_approve_after_they_had_left(office: tuple[Office, str]) -> None:
    prowess = office[0].prowess
    row: Any = SimpleNamespace(person_id="ada", approve="nora")
    nora = Account(99, 1, "nora@example.org", "analyst")
    for left_on, may in (("", True), (", left_on: 2025-12-31", False)):
        people = f"people: [{{id: nora, email: nora@example.org{left_on}}}]"
        prowess.people.record(roster_from(yaml_door.load(people, "people.yaml")[0], prowess.people.roster()))
        assert may_decide(prowess, nora, row) == may


def test_a_refusal_says_why_and_is_not_asked_again(office: tuple[Office, str]) -> None:
    house, url = office
    house.until("2026-03-31T12:00Z")
    root = signed_in(url, "root")
    (refuse,) = actions(root)
    assert decide(root, refuse, note="on parental leave") == 303
    house.until("2026-04-30T12:00Z")
    root = signed_in(url, "root")
    assert actions(root) == []
    assert "root: on parental leave" in root.page("/people/ada/notices").words


def test_the_log_of_a_person_names_what_they_and_others_were_told(office: tuple[Office, str]) -> None:
    house, url = office
    house.until("2026-03-06T15:00Z")
    browser = signed_in(url, "grace")
    page = browser.page("/people/ada/notices")
    assert page.faults == []
    assert "sent Ada Byron the learner" in page.words
    assert "sent Hopper the manager of their manager" in page.words
    assert "/people/ada" in {one["href"] for one in page.all("a")}
    assert "sent Grace Hopper their manager" in browser.page("/people/grace/notices").words
    assert browser.get("/people/nobody/notices").status_code == 404


def test_the_first_page_teaches_the_next_step(office: tuple[Office, str]) -> None:
    house, url = office
    browser = signed_in(url, "grace")
    page = browser.page("/escalations")
    assert page.faults == []
    assert "Nothing waits." in page.words
    assert "Nobody was told anything yet." in page.words
    house.post.is_configured = False
    assert "No mail server is configured" in browser.page("/escalations").words
    assert "Escalation" in [entry for entry in page.text if entry == "Escalation"]


def test_members_see_what_is_theirs(office: tuple[Office, str]) -> None:
    house, url = office
    create_account(house.prowess, "bob", PASSWORD, "member")
    bob = signed_in(url, "bob")
    assert bob.get("/people/ada/notices").status_code == 403
    refused = bob.get("/people/nobody/notices")
    assert refused.status_code == 403
    assert "this page is for the person themselves, administrators and analysts" in refused.text, "no word of roles"
    assert "ask an administrator to say that bob is you" in refused.text
    page = bob.page("/escalations")
    assert "Ada" not in page.words
    assert "Forklift" in page.words
    assert bob.get("/programs/forklift/escalation").status_code == 200


def test_an_account_is_the_person_it_is_tied_to_whatever_its_name(office: tuple[Office, str]) -> None:
    house, url = office
    create_account(house.prowess, "front-desk", PASSWORD, "member", person="ada")
    assert signed_in(url, "front-desk").get("/people/ada/notices").status_code == 200
    change_account(house.prowess, "grace", role="member", person="ada")
    assert signed_in(url, "grace").get("/people/grace/notices").status_code == 403
