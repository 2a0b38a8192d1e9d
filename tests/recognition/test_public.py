"""`/badges/…` as strangers see it: nothing without a badge's own address, and nothing about anybody else with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.conftest import Served
from tests.entry.desk import Office, fill_in, sound
from tests.recognition.scene import badge_of, badges_in, badges_template, earn, later, open_badges, void
from tests.servers import sqlite_at

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def ask(office: Office, path: str, accept: str = "*/*") -> requests.Response:
    return requests.get(f"{office.served.url}/badges/{path}", headers={"Accept": accept}, timeout=20)


def page(office: Office, path: str) -> str:
    answer = requests.get(f"{office.served.url}/badges/{path}", headers=PAGE, timeout=20)
    assert answer.status_code == 200, answer.text
    found = sound(answer.text)
    assert {"name": "robots", "content": "noindex, nofollow"} in found.all("meta")
    return found.words


def test_a_badge_s_page_tells_who_what_and_until_when(each_office: Office) -> None:
    earn(each_office)
    words = page(each_office, f"credentials/{badge_of(each_office).token}")
    for needed in (
        "Example Forwarding Ltd says: this badge is valid today.",
        "Given to somebody whose name is not in it",
        "Valid from 14 June 2026 Valid until 14 June 2027",
        "Pass Driving exam with at least 80 %",
        "Corresponds to CASE 42",
        "Recognised by Institute X , ISO/IEC 17024",
        "Signed file (.jwt)",
    ):
        assert needed in words, words
    assert "Bob" not in words
    assert "bob@" not in words


def test_a_badge_that_was_taken_back_says_so_at_once(office: Office) -> None:
    _, exam = earn(office)
    path = f"credentials/{badge_of(office).token}"
    void(office, exam)
    words = page(office, path)
    assert "This badge was taken back on 30 June 2026 . It is not valid." in words.replace("2026.", "2026 .")
    assert "Something that it was built on was taken back." in words


def test_a_badge_that_ran_out_says_so(office: Office) -> None:
    earn(office)
    path = f"credentials/{badge_of(office).token}"
    later(office, days=400)
    assert "This badge was valid until 14 June 2027. It is not any more." in page(office, path)


def test_an_employer_compares_the_address_of_whoever_shows_it(office: Office) -> None:
    earn(office)
    url = f"{office.served.url}/badges/credentials/{badge_of(office).token}"
    for address, needed in (
        ("Bob@Example.org", "yes It was given to Bob@Example.org."),
        ("ada@example.org", "no It was not given to ada@example.org"),
        ("<b>", "no It was not given to <b>"),
    ):
        answer = requests.post(url, data={"email": address}, timeout=20)
        assert needed in sound(answer.text).words


def test_verifiers_get_what_they_ask_for(office: Office) -> None:
    earn(office)
    path = f"credentials/{badge_of(office).token}"
    signed = badges_in(office).signed(badge_of(office))
    for accept, kind in (
        ("*/*", "text/plain"),
        ("text/plain", "text/plain"),
        ("application/vc+jwt", "application/vc+jwt"),
    ):
        answer = ask(office, path, accept)
        assert (answer.text, answer.headers["Content-Type"].partition(";")[0]) == (signed, kind)
    assert ask(office, path, "application/json").json() == badges_in(office).credential(badge_of(office))
    file = ask(office, f"{path}.jwt")
    assert file.text == signed
    assert file.headers["Content-Disposition"] == "attachment; filename=forklift.jwt"
    for path, members in (
        ("issuer", {"@context", "id", "type", "name"}),
        ("achievements/forklift/1", {"@context", "id", "name", "criteria"}),
        ("keys", {"keys"}),
    ):
        answer = ask(office, path)
        assert members <= answer.json().keys()
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "BitstringStatusListCredential" in ask(office, "status/0", "application/json").json()["type"]


def test_search_engines_and_caches_keep_out(office: Office) -> None:
    earn(office)
    token = badge_of(office).token
    for path in ("issuer", "keys", "status/0", f"credentials/{token}", f"credentials/{token}.svg", "credentials/none"):
        for headers in ({}, PAGE):
            answer = requests.get(f"{office.served.url}/badges/{path}", headers=headers, timeout=20)
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Accept" in answer.headers["Vary"], "a page is not what a verifier gets at the same address"
            if token in path:
                assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_is_listed_and_nothing_can_be_guessed(office: Office) -> None:
    earn(office)
    token = badge_of(office).token
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    tried = [f"credentials/{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in (0, 20, 41)]
    tried += [
        "",
        "credentials",
        "credentials/",
        "credentials/1",
        "credentials/bob",
        f"credentials/{token}=",
        "people/bob",
    ]
    tried += [
        "achievements",
        "achievements/plain/1",
        "achievements/forklift/2",
        "achievements/nothing/1",
        "status/1",
        "status",
    ]
    for path in tried:
        assert ask(office, path).status_code == 404, path
    for path in ("issuer", "keys", "achievements/forklift/1", "status/0"):
        for accept in ("*/*", PAGE["Accept"]):
            text = ask(office, path, accept).text
            assert token not in text
            assert not re.search(r"\b[Bb]ob\b|Noyce", text), path


def test_where_none_are_issued_nothing_is_there(serve: Callable[..., Served], tmp_path: Path) -> None:
    office = open_badges(serve, sqlite_at(tmp_path / "store.db", badges_template), PROWESS_RULES_BADGES="false")
    earn(office)
    token = badge_of(office).token
    for path in (
        "issuer",
        "keys",
        "status/0",
        "achievements/forklift/1",
        f"credentials/{token}",
        f"credentials/{token}.svg",
    ):
        answer = ask(office, path)
        assert (answer.status_code, answer.json()["detail"]) == (404, "no badges are issued here")
    assert "Badges" not in office.browser("mary").page("/people/bob").words


def test_a_program_s_achievement_is_public_in_words(office: Office) -> None:
    words = page(office, "achievements/forklift/1")
    for needed in ("Drives counterbalance trucks of up to three tonnes.", "Pass Forklift theory", "Good for 1 year"):
        assert needed in words
    assert "Known to verifiers as http://prowess.example/badges/issuer" in page(office, "issuer")
    drawn = ask(office, "achievements/forklift/1.svg")
    assert "Counterbalance" in drawn.text
    assert "openbadges:credential" not in drawn.text


def test_learners_use_their_badges_and_managers_see_that_there_are_some(office: Office) -> None:
    earn(office, "ada")
    token = badge_of(office, "ada").token
    mine = sound(office.browser("ada").get("/people/ada").text)
    links = {one.get("href") for one in mine.all("a")}
    assert {f"/badges/credentials/{token}{form}" for form in ("", ".jwt", ".svg")} <= links
    assert "Whoever you give its address or file to sees it" in mine.words
    to_them = "/people/ada#badges"
    why = sound(office.browser("ada").get("/people/ada/programs/forklift").text)
    assert to_them in {one.get("href") for one in why.all("a")}
    assert to_them not in office.browser("ada").get("/people/ada/programs/plain").text
    for other in ("grace", "mary"):
        seen = office.browser(other).get("/people/ada").text
        assert "Counterbalance forklift valid 14 June 2026 14 June 2027" in sound(seen).words
        assert token not in seen
    void(office, badge_of(office, "ada").issued.document["proof"]["of"][0]["of"][0]["of"][1]["used"][0])
    mine = sound(office.browser("ada").get("/people/ada").text)
    assert "taken back" in mine.words
    assert f"/badges/credentials/{token}.jwt" not in {one.get("href") for one in mine.all("a")}


def test_the_api_tells_addresses_to_keys_and_to_themselves(office: Office) -> None:
    earn(office, "ada")
    address = f"http://prowess.example/badges/credentials/{badge_of(office, 'ada').token}"
    path = "/api/v1/people/ada/badges"
    with office.served.session() as session:
        (told,) = session.get(office.served.url + path, timeout=20).json()["badges"]
        assert told["id"] == address
        assert {name: told[name] for name in ("person", "program", "version", "state", "valid_from", "expires_on")} == {
            "person": "ada",
            "program": "forklift",
            "version": 1,
            "state": "valid",
            "valid_from": "2026-06-14",
            "expires_on": "2027-06-14",
        }
        assert session.get(f"{office.served.url}/api/v1/people/nobody/badges", timeout=20).status_code == 404
    assert office.browser("ada").get(path).json()["badges"][0]["id"] == address
    assert office.browser("grace").get(path).json()["badges"][0]["id"] is None
    assert office.browser("olga").get(path).status_code == 403
    assert requests.get(office.served.url + path, timeout=20).status_code == 401


@pytest.mark.parametrize("act", ["suspend", "revoke"])
def test_acts_of_office_reach_the_badge(office: Office, act: str) -> None:
    earn(office)
    first = badge_of(office)
    root = office.browser("root")
    fill_in(root, f"/acts?person=bob&program=forklift&act={act}", reason="Near miss")
    later(office, days=0.05)
    assert badge_of(office).issued.revoked == ("suspended" if act == "suspend" else "revoked")
    fill_in(root, "/acts?person=bob&program=forklift&act=reinstate", reason="Cleared up")
    later(office, days=0.05)
    again = badge_of(office)
    assert again.issued.revoked is None
    assert again.token != first.token, "what was taken back never comes back"
    words = page(office, f"credentials/{first.token}")
    assert "It is not valid." in words


def test_the_sheet_that_learners_print_bears_an_address_that_is_open_to_anybody(office: Office) -> None:
    earn(office, "ada")
    address = f"http://prowess.example/badges/credentials/{badge_of(office, 'ada').token}"
    sheet = "/people/ada/certificates/forklift"
    assert (
        f"Whether it still holds is told to anybody at {address}" in sound(office.browser("ada").get(sheet).text).words
    )
    for other in ("grace", "mary"):
        assert address not in office.browser(other).get(sheet).text
