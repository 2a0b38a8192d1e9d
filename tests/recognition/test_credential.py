"""What a badge says, and what it keeps to itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rules.published.composition import published_of
from rules.published.store import Source
from tests.conftest import Served
from tests.entry.desk import Office
from tests.pages.scene import said, score, send, settle
from tests.recognition.scene import (
    PROGRAMS,
    ROOT,
    badge_of,
    badges_in,
    badges_template,
    earn,
    later,
    open_badges,
)
from tests.servers import sqlite_at


def said_of(office: Office, who: str = "bob", program: str = "forklift") -> dict[str, Any]:
    return badges_in(office).credential(badge_of(office, who, program))


def publish(office: Office, text: str) -> None:
    prowess = office.served.prowess
    published_of(prowess).apply([Source("programs.yaml", text)])
    settle(prowess)


def other(office: Office, **lines: str) -> None:
    """Another program, `other`, with a badge: what `base` says, with some lines changed; an empty one is left out."""
    base = {
        "kind": "certification",
        "id": "other",
        "title": "Other",
        "version": "1",
        "effective": "2020-01-01",
        "timezone": "Europe/London",
        "for": "{job: operator}",
        "require": "{all: [{id: theory, passed: theory}]}",
        "valid": "{for: P1Y}",
        "award": "{badge: other}",
    } | {name.rstrip("_"): line for name, line in lines.items()}
    text = "\n".join(f"{name}: {line}" for name, line in base.items() if line)
    publish(office, f"{PROGRAMS}---\n{text}\n")


def test_a_badge_says_what_was_earned_when_and_until_when(office: Office) -> None:
    _, exam = earn(office)
    found = said_of(office)
    token = badge_of(office).token
    assert found["id"] == f"{ROOT}/badges/credentials/{token}"
    assert found["issuer"] == {"id": f"{ROOT}/badges/issuer", "type": ["Profile"], "name": "Example Forwarding Ltd"}
    assert (found["validFrom"], found["validUntil"]) == ("2026-06-13T23:00:00Z", "2027-06-14T23:00:00Z")
    assert found["awardedDate"] == "2026-06-14T12:00:00Z"
    achievement = found["credentialSubject"]["achievement"]
    assert {
        name: achievement[name] for name in ("id", "achievementType", "name", "humanCode", "version", "description")
    } == {
        "id": f"{ROOT}/badges/achievements/forklift/1",
        "achievementType": "License",
        "name": "Counterbalance forklift",
        "humanCode": "forklift-operator",
        "version": "1",
        "description": "Drives counterbalance trucks of up to three tonnes.",
    }
    assert achievement["criteria"] == {
        "id": f"{ROOT}/badges/achievements/forklift/1",
        "narrative": "**What it takes**\n\n- All of these:\n  - Pass Forklift theory\n"
        "  - Pass Driving exam with at least 80 %\n\n**Good for:** 1 year\n"
        "**Renewal:** Opens 60 days before the last day; stays open for 14 days after it, in which it does not count; "
        "the next period counts from the old last day",
    }
    assert achievement["alignment"] == [
        {
            "type": ["Alignment"],
            "targetName": "CASE 42",
            "targetUrl": "https://case.example/CFItem/42",
            "targetFramework": "CASE",
            "targetType": "CFItem",
        }
    ]
    assert found["evidence"] == [
        {
            "id": f"{ROOT}/statements/{exam}",
            "type": ["Evidence"],
            "name": "Pass Driving exam with at least 80 %",
            "genre": "xAPI statement",
        }
    ], "of the criteria that `evidence:` names, and of no others"


def test_a_badge_names_nobody_unless_that_is_wished(office: Office) -> None:
    earn(office)
    text = json.dumps(said_of(office))
    assert "result" not in said_of(office)["credentialSubject"]
    for secret in ("Bob", "Noyce", "bob@example.org", '"bob"', "0.92", '"92"'):
        assert secret not in text


def test_names_and_scores_are_said_where_the_settings_say_so(serve: Callable[..., Served], tmp_path: Path) -> None:
    office = open_badges(
        serve,
        sqlite_at(tmp_path / "store.db", badges_template),
        PROWESS_RULES_BADGE_NAMES="true",
        PROWESS_RULES_BADGE_SCORES="true",
        PROWESS_RULES_BADGE_ISSUER="Example Training",
        PROWESS_RULES_BADGE_URL="https://example.org",
        PROWESS_RULES_BADGE_EMAIL="training@example.org",
        PROWESS_RULES_BADGE_IMAGE="https://example.org/logo.svg",
    )
    earn(office)
    found = said_of(office)
    assert found["issuer"] == {
        "id": f"{ROOT}/badges/issuer",
        "type": ["Profile"],
        "name": "Example Training",
        "url": "https://example.org",
        "email": "training@example.org",
        "image": {"id": "https://example.org/logo.svg", "type": "Image"},
    }
    subject = found["credentialSubject"]
    named = {"type": "IdentityObject", "hashed": False, "identityHash": "Bob Noyce", "identityType": "name"}
    assert named in subject["identifier"]
    (described,) = subject["achievement"]["resultDescription"]
    assert subject["result"] == [{"type": ["Result"], "resultDescription": described["id"], "value": "92"}]


def test_the_same_award_is_the_same_badge_whoever_asks_and_when(office: Office) -> None:
    earn(office)
    first = badges_in(office).signed(badge_of(office))
    later(office, days=30)
    assert badges_in(office).signed(badge_of(office)) == first
    prowess = office.served.prowess
    for part in (part for plugin in prowess.plugins for part in plugin.derived):
        prowess.database.write(lambda conn, part=part: part.forget(prowess, conn))
    settle(prowess)
    assert badges_in(office).signed(badge_of(office)) == first, "caches that are made anew change nothing"


def test_two_people_have_two_names_and_one_person_has_one(office: Office) -> None:
    earn(office, "ada")
    earn(office, "bob")
    other(office)
    ids = {who: said_of(office, who)["credentialSubject"]["id"] for who in ("ada", "bob")}
    assert ids["ada"] != ids["bob"]
    assert said_of(office, "ada", "other")["credentialSubject"]["id"] == ids["ada"]
    salts = {said_of(office, "ada", one)["credentialSubject"]["identifier"][0]["salt"] for one in ("forklift", "other")}
    assert len(salts) == 2, "two badges of one address do not tell that it is one"


def test_a_program_without_a_badge_gives_none(office: Office) -> None:
    earn(office)
    assert badges_in(office).of("bob", "plain") == []
    assert [one.issued.program_id for one in badges_in(office).of("bob")] == ["forklift"]


@pytest.mark.parametrize(
    ("lines", "until"),
    [
        ({}, "2027-06-10T23:00:00Z"),
        ({"timezone": "America/New_York"}, "2027-06-11T04:00:00Z"),
        ({"timezone": "learner"}, "2027-06-10T23:00:00Z"),
        ({"valid": "{for: P6M}"}, "2026-12-11T00:00:00Z"),
        ({"valid": ""}, None),
        ({"renew": "{window: P60D, grace: P14D}"}, "2027-06-10T23:00:00Z"),
        ({"renew": "{window: P60D, grace: {for: P14D, counts: true}}"}, "2027-06-24T23:00:00Z"),
        ({"valid": "{for: PT600H}"}, "2026-07-05T12:00:00Z"),
    ],
    ids=["summer", "new-york", "learner", "winter", "for-ever", "grace", "grace-that-counts", "hours"],
)
def test_a_badge_ends_when_the_award_does(office: Office, lines: dict[str, str], until: str | None) -> None:
    other(office, **lines)
    earn(office)
    assert said_of(office, program="other").get("validUntil") == until


@pytest.mark.parametrize(
    ("award", "type_"),
    [
        ("{badge: x}", "Certification"),
        ("{badge: x, type: micro credential}", "MicroCredential"),
        ("{badge: x, type: Site permit}", "ext:Site-permit"),
        ("{badge: x, type: 'Führerschein (innen)'}", "ext:F-hrerschein-innen"),
    ],
)
def test_the_type_is_a_word_of_open_badges_or_an_extension(office: Office, award: str, type_: str) -> None:
    other(office, award=award)
    earn(office)
    assert said_of(office, program="other")["credentialSubject"]["achievement"]["achievementType"] == type_


def test_credits_that_were_collected_are_earned(office: Office) -> None:
    other(office, require="{all: [{credits: {type: CEU, min: 1.5}}]}")
    text = published_of(office.served.prowess).sources()[0].text
    publish(
        office,
        text.replace("title: Driving exam,", "title: Driving exam, credits: {type: CEU, amount: 2, on: passed},"),
    )
    earn(office)
    assert said_of(office, program="other")["credentialSubject"]["creditsEarned"] == 2.0


def test_a_provisional_award_has_no_badge_until_it_is_endorsed(office: Office) -> None:
    other(office, recognised_by="{name: Institute X, endorsement: required}")
    earn(office)
    assert badges_in(office).of("bob", "other") == []


def test_a_badge_keeps_the_words_of_the_version_that_gave_it(office: Office) -> None:
    earn(office)
    first = badges_in(office).signed(badge_of(office))
    newer = (
        PROGRAMS.partition("---")[0]
        .replace("version: 1", "version: 2\napply: at_renewal")
        .replace("2020-01-01", "2026-06-20")
    )
    publish(office, f"{PROGRAMS}---\n{newer.replace('Counterbalance forklift', 'Forklifts')}")
    assert badges_in(office).signed(badge_of(office)) == first
    send(office, said("ada", "passed", "theory"), said("ada", "passed", "exam", **score(0.8)))
    assert said_of(office, "ada")["credentialSubject"]["achievement"]["id"] == f"{ROOT}/badges/achievements/forklift/2"
