"""Our xAPI profile is one by the specification, says all of our vocabulary, and every statement of ours conforms to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from click.testing import CliRunner

from lrs.people.roster import Person
from lrs.store.search import Search
from lrs.store.tables import DEFAULT_TENANT
from lrs.web.statement_view import parse
from lrs.xapi.edit import json_text
from rules import vocabulary as v
from rules.commands.schema import schema_command
from rules.decisions.transitions import statement_of
from rules.entry.acts import KINDS, Terms, act
from rules.entry.evidence import External, Score, Worth, attended, measured, presented, responded, reviewed, signed_off
from rules.entry.statement import Entry, activity_object
from rules.escalation.announcements import emission_row
from rules.language.profiles import OURS
from rules.profile import ADDRESS, profile, profile_text
from rules.published.composition import published_of
from tests.conftest import Served
from tests.entry.desk import Office as Desk
from tests.entry.desk import fill_in, open_office
from tests.entry.test_credentials import hand_in, waiting
from tests.http.asking import asker
from tests.pages.scene import said as evidence
from tests.pages.scene import score, send, settle
from tests.profiling import broken_rules, faults, unfit, values
from tests.rules.office import LADDER, PROGRAM, Office, office_at
from tests.rules.world import base, noon, passed, rules, state
from tests.web.browser import close_clients

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "profile.md").read_text()
ADA = {"objectType": "Agent", "name": "Ada Byron", "mbox": "mailto:ada@example.org"}
GRACE = {"objectType": "Agent", "name": "Grace Hopper", "mbox": "mailto:grace@example.org"}
URL = "https://prowess.example"
ID = UUID(int=7)
ENTRY = Entry(ID, ADA, activity_object("https://lms.example/talk", "Toolbox talk"), 1_780_000_000_000_000, GRACE)
ABOUT_PROGRAM = Entry(ID, ADA, activity_object(f"{URL}/programs/base", "Base", v.JOB_TYPE), ENTRY.at, GRACE)
CARD = External("Pit Board", date(2025, 1, 1), date(2027, 1, 1), "PB-7")
FILE = {"usageType": v.CREDENTIAL_USAGE, "contentType": "application/pdf", "length": 1, "sha2": "0" * 64}


def entered() -> list[dict[str, Any]]:
    """One of each that people enter, with all that it can say and with the least."""
    credits_ = [Worth("CEU", Decimal("0.5"), "IACET"), Worth("PDH", Decimal(10))]
    acts = [
        act(kind, ABOUT_PROGRAM, "base", "Because.", Terms(due_on=date(2026, 12, 31)) if kind.needs else Terms())
        for kind in KINDS.values()
    ]
    waiver = act(KINDS["waive"], ABOUT_PROGRAM, "base", "Ill", Terms(("exam", "practical"), for_="P30D"))
    return [
        signed_off(ENTRY, success=True),
        signed_off(ENTRY, success=False, rubric={"stop": True}, note="Again", score=Score(Decimal(4))),
        attended(ENTRY),
        attended(ENTRY, was_there=False),
        attended(ENTRY, duration="PT2H", credits_=credits_),
        measured(ENTRY, Decimal("0.080")),
        responded(ENTRY, rating=4),
        responded(ENTRY, text="Good"),
        presented(ENTRY, External("Pit Board")),
        presented(ENTRY, CARD, attachment=FILE, credits_=credits_[:1]),
        reviewed(ENTRY, CARD.as_json(), is_accepted=True, of=ID),
        reviewed(ENTRY, {}, is_accepted=False, of=ID, reason="Unreadable"),
        *acts,
        waiver,
    ]


def decided() -> list[dict[str, Any]]:
    """One of each transition and of each thing that ladders do, about a certification and about a curriculum."""
    found = []
    (certification,) = rules(base()).programs["base"]
    (curriculum,) = rules("{kind: curriculum, id: base, title: All, require: {passed: exam}}\n").programs["base"]
    after = state(rules(base()), "2026-03-11", passed(noon("2026-03-10")))
    person = Person("ada", "Ada Byron", identifiers=('{"mbox":"mailto:ada@example.org"}',))
    ladder = {
        v.NOTIFIED: {"recipient": "grace", "role": "manager"},
        v.FLAGGED: {"action": "flag-noncompliant"},
        v.RESTRICTED: {"action": "restrict-access"},
        v.CLEARED: {"action": "restrict-access"},
    }
    for program in (certification, curriculum):
        for name in sorted(v.VERBS.keys() - ladder.keys()):
            found.append(
                statement_of(
                    name,
                    after,
                    id_=ID,
                    person=person,
                    program=program,
                    public_url=URL,
                    timestamp="2026-03-10T17:00:00Z",
                )
            )
        for name, more in ladder.items():
            told = {"step": "due+P1D", "deadline": "due", "day": "2026-02-27", **more}
            row = emission_row(
                name, told, id_=ID, tenant_id=1, person=person, program=program, public_url=URL, now=ENTRY.at
            )
            found.append(json.loads(row["body"]))
    return found


def test_the_profile_keeps_every_rule_of_the_specification() -> None:
    assert faults(profile()) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "profile"}, "type or conformsTo"),
        ({"author": {"type": "Team", "name": "x"}}, "neither an Organization"),
        ({"versions": []}, "is empty"),
        ({"versions": [{"id": OURS.rstrip("/"), "generatedAtTime": "2026-01-01T00:00:00Z"}]}, "not IRIs of their own"),
        ({"prefLabel": {"English!": "x"}}, "no language map"),
        ({"moreInfo": "x"}, "has moreInfo"),
        ({"concepts": [{**profile()["concepts"][0], "inScheme": "https://x.example/v2"}]}, "inScheme is no version"),
        ({"concepts": [profile()["concepts"][0]] * 2}, "is defined twice"),
        ({"concepts": [{**profile()["concepts"][0], "recommendedVerbs": ["x:y"]}]}, "has recommendedVerbs"),
        ({"templates": [{**profile()["templates"][0], "rules": [{"location": "$.a"}]}]}, "asks for nothing"),
        ({"templates": [{**profile()["templates"][0], "rules": [{"location": "$..a", "any": ["b"]}]}]}, "no JSONPath"),
    ],
)
def test_a_profile_that_breaks_a_rule_is_caught(change: dict[str, Any], why: str) -> None:
    assert [one for one in faults({**profile(), **change}) if why in one]


def test_every_name_of_ours_has_a_definition_and_no_other_has_one() -> None:
    names = {
        iri
        for value in vars(v).values()
        for iri in (value.values() if isinstance(value, dict) else [value])
        if isinstance(iri, str) and iri.startswith(OURS)
    }
    assert {one["id"] for one in profile()["concepts"]} == names - {v.PROFILE, OURS}


def test_the_page_has_every_name_of_ours() -> None:
    for one in profile()["concepts"]:
        name = one["id"].removeprefix(OURS)
        assert f"p:{name}" in PAGE or f"`{name.partition('/')[2]}`" in PAGE or name == "extensions/decision", name
    assert ADDRESS in PAGE


@pytest.mark.parametrize("said", [*entered(), *decided()], ids=lambda said: str(said["verb"]["id"]).rpartition("/")[2])
def test_what_we_make_conforms_to_its_template(said: dict[str, Any]) -> None:
    assert unfit(profile(), json.loads(json_text(said))) == []


def test_every_template_is_of_something_that_we_make() -> None:
    assert {one["verb"] for one in profile()["templates"]} == {one["verb"]["id"] for one in (*entered(), *decided())}


def test_what_does_not_conform_is_caught() -> None:
    said = json.loads(json_text(presented(ENTRY, CARD, attachment=FILE)))
    without = {**said, "context": {"instructor": GRACE}}
    (rule,) = broken_rules(next(one for one in profile()["templates"] if one["verb"] == v.PRESENTED), without)
    assert rule["any"] == [v.PROFILE]
    said["result"]["extensions"] = {"https://x.example/own": 1, v.RUBRIC_EXTENSION: {"stop": "yes"}}
    said["attachments"][0]["usageType"] = v.CREDENTIAL_EXTENSION
    found = "\n".join(unfit(profile(), said))
    for why in ("'issuer'", "own is in no profile", "rubric in the result", "'yes' is not", "is no usage type"):
        assert why in found
    assert unfit(profile(), {**said, "verb": {"id": v.OURS + "verbs/waved"}}) == [f"0 templates for {OURS}verbs/waved"]


def test_paths_find_names_numbers_stars_and_unions() -> None:
    tree = {"a": [{"b": 1}, {"b": 2, "c d": 3}]}
    assert values("$.a[*].b", tree) == [1, 2]
    assert values("$['a'][1]['b','c d','e']", tree) == [2, 3]
    assert values("$.a[2].b", tree) == values("$.b[*]", tree) == []


def test_it_is_printed_and_served_to_everybody(house: Desk) -> None:
    printed = CliRunner().invoke(schema_command, ["--profile"])
    assert printed.output == profile_text()
    answer = requests.get(house.served.url + ADDRESS, timeout=20)
    assert (answer.status_code, answer.json()) == (200, profile())
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = requests.get(house.served.url + ADDRESS, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20)
    assert again.status_code == 304
    assert CliRunner().invoke(schema_command, ["--profile", "--markdown"]).exit_code == 2


@pytest.fixture
def house(serve: Callable[..., Served], database_url: str) -> Any:
    yield open_office(serve, database_url)
    close_clients()


def ours(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that name the profile in their category."""
    path = "$['context']['contextActivities']['category'][*]['id']"
    return [said for said in statements if v.PROFILE in values(path, said)]


@pytest.mark.journey
def test_what_is_entered_on_pages_and_over_http_conforms(house: Desk) -> None:
    settle(house.served.prowess)
    ada, olga, root, grace = (house.browser(name) for name in ("ada", "olga", "root", "grace"))
    fill_in(olga, "/sign-off?person=ada&activity=practical", rubric=["horn"], outcome="done", date="2026-06-29")
    fill_in(ada, "/surveys", activity="toolbox-talk", rating="5")
    hand_in(ada)
    fill_in(root, waiting(root), verdict="accept")
    hand_in(ada, number="PB-8")
    fill_in(root, waiting(root), verdict="decline", reason="Unreadable")
    hr = asker(house.served, ["statements/write"])
    row = {"person": "ada", "date": "2026-06-29"}
    talk = {**row, "activity": "toolbox-talk", "credit_type": "CEU", "credits": 0.2}
    assert hr.api("POST", "attendance", {"attendance": [talk]}).status_code == 200
    sample = {**row, "indicator": "near-misses", "value": 3}
    assert hr.api("POST", "kpi-samples", {"samples": [sample]}).status_code == 200
    send(house, evidence("ada", "passed", "exam", **score(0.9)))
    asked = "/acts?person=ada&program=forklift&act="
    for name, fields in (
        ("extend", {"due_on": "2027-01-31"}),
        ("endorse", {}),
        ("suspend", {}),
        ("reinstate", {}),
        ("revoke", {}),
    ):
        assert fill_in(root, asked + name, reason="Because", **fields).status_code == 303
        settle(house.served.prowess)
        house.served.prowess.clock.move(seconds=60)  # of two acts at one instant neither comes after the other
    fill_in(grace, "/acts?person=bob&program=yard&act=waive", reason="Done before", criteria=["pit"])
    fill_in(root, "/acts?person=bob&program=forklift&act=exempt", reason="Office work")
    settle(house.served.prowess)
    found = ours(house.statements(limit="500"))
    assert [(said["verb"]["id"], unfit(profile(), said)) for said in found if unfit(profile(), said)] == []
    spoken = {said["verb"]["id"] for said in found}
    assert spoken >= {
        *v.OVERRIDES, v.SIGNED_OFF, v.RESPONDED, v.PRESENTED, v.ACCEPTED, v.DECLINED, v.ATTENDED, v.MEASURED,
        v.DIRECTED, v.CERTIFIED,
    }  # fmt: skip
    decisions = {values(f"$['context']['extensions']['{v.DECISION_EXTENSION}']['transition']", said)[0]
                 for said in found if v.DECISION_EXTENSION in said["context"].get("extensions", {})}  # fmt: skip
    assert decisions >= {"assigned", "unassigned", "awarded", "suspended", "reinstated", "revoked"}


@pytest.mark.journey
def test_what_ladders_and_time_bring_conforms(database_url: str) -> None:
    curriculum = "---\n{kind: curriculum, id: fleet, title: Fleet, for: {job: operator}, timezone: site, require: {holds: forklift}}"
    with office_at(database_url, programs=PROGRAM + LADDER + curriculum) as office:
        office.until("2026-03-31T12:00Z")
        office.statement()
        office.until("2027-02-20T12:00Z")
        office.statement()
        office.until("2028-05-01T12:00Z")
        found = ours(stored(office))
    assert [(said["verb"]["id"], unfit(profile(), said)) for said in found if unfit(profile(), said)] == []
    wanted = (v.ASSIGNED, v.NOTIFIED, v.FLAGGED, v.CLEARED, v.AWARDED, v.RENEWED, v.EXPIRED, v.LAPSED)
    assert {said["verb"]["id"] for said in found} >= {*(v.VERBS[name] for name in wanted), v.QUALIFIED}


def stored(office: Office) -> list[dict[str, Any]]:
    assert published_of(office.prowess).current().ruleset.programs
    search = Search(DEFAULT_TENANT, limit=1_000)
    return [dict(parse(found)) for found in office.prowess.reader.search(search)]
