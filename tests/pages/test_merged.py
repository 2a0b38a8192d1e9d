"""Somebody who turned out to be somebody else: what is decided of them, where their pages lead, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from connectors.people import PeopleDirectory
from lrs import yaml_door
from lrs.cli import build
from lrs.commands.merging import _foresee
from lrs.errors import NotFound
from lrs.people.roster import roster_from
from lrs.verify.proof import prove
from lrs.web.accounts import create_account, list_accounts
from rules import tables as r
from rules.explain.explanation import explain
from tests.conftest import Served
from tests.entry.desk import PASSWORD, Office, fill_in, sound
from tests.pages.scene import ACTIVITIES, open_scene, said, send, settle

PROGRAM = """kind: certification
id: forklift
title: Forklift
version: 1
effective: 2026-06-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D}
require: {all: [{id: theory, passed: theory}, {id: quiz, passed: quiz}]}
valid: {for: P1Y}
waive: {by: [team-lead], max: P30D, reason: required}
"""
AGAIN = """
sites: {hq: {timezone: Europe/London}}
people:
  - {id: a2, name: Ada King, email: ada.king@example.org, positions: [{from: 2025-01-06, job: operator, site: hq, managers: [grace]}]}
  - {id: dan, name: Dan, email: dan@example.org, positions: [{from: 2025-01-06, job: operator, site: hq, managers: [a2]}]}
"""


@pytest.fixture
def scene(serve: Callable[..., Served], database_url: str) -> Office:
    """Ada is two people, each of whom has done half."""
    scene = open_scene(serve, database_url, PROGRAM + ACTIVITIES)
    (document,) = yaml_door.load(AGAIN, "people.yaml")
    people = scene.served.prowess.people
    people.record(roster_from(document, people.said()))
    create_account(scene.served.prowess, "a2", PASSWORD, "member", person="a2")
    send(scene, said("ada", "passed", "theory"), said("ada.king", "passed", "quiz"))
    return scene


def merge(scene: Office) -> None:
    scene.served.prowess.people.merge("a2", "ada")
    settle(scene.served.prowess)


def unmerge(scene: Office) -> None:
    scene.served.prowess.people.unmerge("a2")
    settle(scene.served.prowess)


def decided(scene: Office) -> dict[str, Any]:
    """What is decided, without when."""
    when = {"decided_at", "watermark", "document"}
    with scene.served.prowess.database.read() as conn:
        decisions = conn.execute(select(r.decision).order_by(*r.decision.primary_key)).mappings().all()
        statuses = conn.execute(select(r.status).order_by(*r.status.primary_key)).all()
    documents = [json.loads(row["document"]) for row in decisions]
    return {
        "decisions": [{name: value for name, value in row.items() if name not in when} for row in decisions],
        "documents": [
            {name: one for name, one in row.items() if name not in {"as_of", "known_at"}} for row in documents
        ],
        "statuses": list(map(tuple, statuses)),
    }


def announced(scene: Office) -> list[tuple[str, str]]:
    with scene.served.prowess.database.read() as conn:
        query = select(r.emission.c.transition, r.emission.c.person_id).order_by(r.emission.c.created_at)
        return [(row.transition, row.person_id) for row in conn.execute(query)]


def awards(scene: Office) -> dict[str, str]:
    return {row["person"]: row["award"] for row in decided(scene)["documents"]}


def test_two_halves_make_a_whole_and_nothing_is_decided_of_the_other_any_more(scene: Office) -> None:
    assert (awards(scene)["ada"], awards(scene)["a2"]) == ("none", "none")
    before = announced(scene)
    merge(scene)
    assert awards(scene)["ada"] == "valid"
    assert "a2" not in awards(scene)
    assert not [row for row in decided(scene)["statuses"] if "a2" in row]
    assert announced(scene)[len(before) :] == [("awarded", "ada")]
    assert [str(one) for one in prove(scene.served.prowess).findings] == []


def test_decisions_are_the_very_same_after_a_merge_and_its_end(scene: Office) -> None:
    before, told = decided(scene), announced(scene)
    merge(scene)
    assert decided(scene) != before
    unmerge(scene)
    assert decided(scene) == before
    assert announced(scene)[len(told) :] == [("awarded", "ada"), ("revoked", "ada")]
    assert [str(one) for one in prove(scene.served.prowess).findings] == []
    merge(scene)
    assert announced(scene)[len(told) + 2 :] == [("awarded", "ada")]


def test_what_was_known_before_a_merge_is_explained_as_it_was(scene: Office) -> None:
    prowess = scene.served.prowess
    prowess.clock.move(seconds=60)  # type: ignore[attr-defined]
    then = "2026-06-30T15:00:30Z"
    known = {one: explain(prowess, one, "forklift", as_of=then, known_at=then).document for one in ("ada", "a2")}
    assert {one["award"] for one in known.values()} == {"none"}
    merge(scene)
    for one, document in known.items():
        assert explain(prowess, one, "forklift", as_of=then, known_at=then).document == document
    with pytest.raises(NotFound, match="'a2' was merged into 'ada'") as refused:
        explain(prowess, "a2", "forklift")
    assert refused.value.hint == "ask for 'ada'"
    with pytest.raises(NotFound, match="'a2' was merged into 'ada'"):
        explain(prowess, "a2", "forklift", known_at="2027-01-01")


def test_the_command_explains_the_past_of_a_merged_id_and_today_of_whom_they_are(
    scene: Office, database_url: str
) -> None:
    scene.served.prowess.clock.move(seconds=60)  # type: ignore[attr-defined]
    merge(scene)
    environment = {"PROWESS_DATABASE_URL": database_url}

    def told(*more: str) -> Any:
        asked = ("explain", "a2", "forklift", "--json", *more)
        done = CliRunner().invoke(build(), asked, env=environment)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)["person"]

    then = "2026-06-30T15:00:30Z"
    assert (told("--as-of", then, "--known-at", then), told()) == ("a2", "ada")


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/people/a2", "/people/ada"),
        ("/people/a2/programs/forklift", "/people/ada/programs/forklift"),
        ("/people/a2/programs/forklift?as_of=2026-07-01", "/people/ada/programs/forklift?as_of=2026-07-01"),
        ("/people/a2/certificates/forklift", "/people/ada/certificates/forklift"),
        ("/people/a2/notices", "/people/ada/notices"),
    ],
)
def test_the_pages_of_a_merged_id_lead_to_the_other(scene: Office, path: str, to: str) -> None:
    merge(scene)
    browser = scene.browser("mary")
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, to)
    assert browser.get(to).status_code == 200
    assert scene.browser("olga").get(path).status_code == 403


def test_the_page_of_a_merged_id_shows_what_was_known_then(scene: Office) -> None:
    scene.served.prowess.clock.move(seconds=60)  # type: ignore[attr-defined]
    merge(scene)
    page = "/people/a2/programs/forklift?known_at=2026-06-30T15:00:30Z"
    assert "Ada King" in sound(scene.browser("mary").get(page).text).words


def test_the_page_of_whom_they_are_names_them(scene: Office) -> None:
    merge(scene)
    words = sound(scene.browser("mary").get("/people/ada").text).words
    assert "Merged a2, on 30 June 2026" in words
    assert "Known as mailto:ada.king@example.org" in words
    assert "reports to Ada Byron" in sound(scene.browser("mary").get("/people/dan").text).words


def test_whoever_signs_in_as_the_other_is_who_they_are(scene: Office) -> None:
    merge(scene)
    browser = scene.browser("a2")
    assert "This is your page" in sound(browser.get("/people/ada").text).words
    assert browser.get("/people/dan").status_code == 200, "dan reports to ada now"
    assert {one.username: one.person_id for one in list_accounts(scene.served.prowess)}["a2"] == "ada"
    unmerge(scene)
    assert scene.browser("a2").get("/people/a2").status_code == 200
    assert browser.get("/people/ada").status_code == 403


def test_what_is_entered_about_the_other_id_is_about_whom_they_are(scene: Office) -> None:
    merge(scene)
    grace = scene.browser("grace")
    fill_in(grace, "/acts?person=a2&program=forklift&act=waive", person="a2", reason="Broken leg", until="2026-07-15")
    settle(scene.served.prowess)
    assert "waived: Broken leg" in sound(grace.get("/people/ada").text).words
    create_account(scene.served.prowess, "boss", PASSWORD, "admin", person="ada")
    boss = scene.browser("boss")
    answer = fill_in(
        boss, "/acts?person=dan&program=forklift&act=waive", person="a2", reason="Mine", until="2026-07-15"
    )
    assert (answer.status_code, "nobody does that for themselves" in answer.text) == (403, True)


def test_over_http_a_merged_id_is_told_with_whom_to_ask_for(scene: Office) -> None:
    merge(scene)
    with scene.served.session() as session:
        answer = session.get(f"{scene.served.url}/api/v1/people/a2/programs/forklift/decide", timeout=20)
        assert (answer.status_code, answer.json()["hint"]) == (404, "ask for 'ada'")
        answer = session.get(f"{scene.served.url}/api/v1/people/ada/programs/forklift/decide", timeout=20)
        assert answer.json()["award"] == "valid"


def test_what_waits_for_another_system_goes_to_whom_they_are(scene: Office) -> None:
    people = PeopleDirectory(scene.served.prowess.database, scene.served.prowess.clock)
    merge(scene)
    assert people.keys("a2").email == people.keys("ada").email == "ada@example.org"


def test_what_a_merge_comes_to_is_foreseen_as_it_then_is(scene: Office) -> None:
    prowess = scene.served.prowess
    before = decided(scene)
    found = _foresee(prowess, "a2", "ada")
    told = {
        (person, program): (was and (was["award"], was["used"]), is_ and (is_["award"], is_["used"]))
        for person, program, was, is_ in found.programs()
    }
    assert told == {("ada", "forklift"): (("none", 1), ("valid", 2)), ("a2", "forklift"): (("none", 1), None)}
    assert [one.evidence for one in found.standing("ada")] == [1, 2]
    assert found.decided_again == ["a2", "ada", "dan", "grace", "mary"]
    assert (found.sign_ins, found.others) == (["a2"], ["dan"])
    settle(prowess)
    assert decided(scene) == before
    merge(scene)
    back = _foresee(prowess, "a2", None)
    assert sorted(back.change.after) == ["a2", "ada", "dan"]
    assert [one.evidence for one in back.standing("a2")] == [0, 1]
