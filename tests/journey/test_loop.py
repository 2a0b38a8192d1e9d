"""The whole loop as operators run it: people, programs, statements, decisions, statements of ours, an LMS that is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from rules import tables as r
from tests.journey.house import LATECOMERS, House, check_rebuild, counts, house_in, passed, until, voiding

pytestmark = pytest.mark.journey

BOB = {"account": {"homePage": "https://lms.example", "name": "17"}}


@pytest.fixture(params=["embedded", "rq"])
def house(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[House]:
    """An installation that serves, on each database and with each runner."""
    with running(request, tmp_path, database_url) as house:
        yield house


@contextmanager
def running(request: pytest.FixtureRequest, tmp_path: Path, database_url: str) -> Iterator[House]:
    redis = None
    if request.param == "rq":
        from redis import Redis

        redis = f"{request.getfixturevalue('redis_url').rpartition('/')[0]}/7"
        with Redis.from_url(redis) as connection:
            connection.flushdb()
    with house_in(tmp_path, database_url, redis) as house:
        house.serve()
        if redis:
            house.work()
        yield house


def evidence_before_and_after() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    early = [passed("", actor=BOB), *(passed(f"{name}@example.org") for name in LATECOMERS[1:])]
    return early, passed("ada@example.org", score=0.85)


def test_from_a_statement_to_the_lms_and_back_again(house: House) -> None:
    early, late = evidence_before_and_after()
    house.create_key()
    assert "2 added" in house.cli("people", "import", "people.yaml").stdout
    assert "published: forklift v1" in house.cli("apply", "programs").stdout
    house.post(early)
    house.post(late)
    until(lambda: house.award("ada") == "valid", "ada's award")
    assert "6 added" in house.cli("people", "import", "people.csv").stdout
    house.settle()
    check_everybody_certified(house)
    take_the_evidence_back(house, late["id"])
    send_everything_again(house, [*early, late])


def check_everybody_certified(house: House) -> None:
    people = ("ada", *LATECOMERS)
    announced = house.announced()
    assert sorted(announced) == sorted([(what, who) for who in people for what in ("assigned", "awarded")])
    told = house.told()
    assert sorted(told) == sorted(announced)
    for who in people:
        assert house.award(who) == "valid"
        assert [what for what, person in announced if person == who] == ["assigned", "awarded"]
        assert [what for what, person in told if person == who] == ["assigned", "awarded"]
        assert house.grade(who) == (85 if who == "ada" else 90)
    assert house.award("grace") in {None, "none"}
    assert set(house.seen()["effects"].values()) == {1}


def take_the_evidence_back(house: House, evidence: str) -> None:
    house.post(voiding(evidence))
    house.settle()
    assert house.announced()[-1] == ("revoked", "ada")
    assert house.announced().count(("revoked", "ada")) == 1
    assert house.told().count(("revoked", "ada")) == 1
    assert house.award("ada") in {"revoked", "none"}
    assert house.grade("ada") == 0
    assert house.award("bob") == "valid"


def send_everything_again(house: House, statements: list[dict[str, Any]]) -> None:
    before = counts(house)
    for one in [*statements, *statements[::-1]]:
        house.post(one)
    house.post(statements)
    assert "0 added, 0 changed" in house.cli("people", "import", "people.csv").stdout
    assert "0 added, 0 changed" in house.cli("people", "import", "people.yaml").stdout
    assert "nothing new" in house.cli("apply", "programs").stdout
    house.settle()
    assert counts(house) == before


# What follows needs no processes but the stand-in: the same work, done by hand.


@pytest.fixture
def quiet(tmp_path: Path, database_url: str) -> Iterator[House]:
    """An installation whose work is done when the test says so."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.furnish()
        house.serve_here()
        yield house


def test_a_rebuild_comes_out_equal_and_announces_nothing(quiet: House) -> None:
    house = quiet
    late = passed("ada@example.org")
    house.post([passed("", actor=BOB), late])
    house.import_people("people.csv")
    house.drain()
    check_rebuild(house)
    house.post(voiding(late["id"]))
    house.drain()
    check_rebuild(house)
    house.post(passed("ada@example.org"))
    house.drain()
    assert house.announced()[-1][1] == "ada"
    check_rebuild(house)


def test_a_rebuild_after_a_renewal_does_not_award_again(quiet: House) -> None:
    """The period that holds today was announced as `renewed`; a rebuild must not call it `awarded`."""
    house = quiet
    house.post(passed("ada@example.org", timestamp="2026-01-10T12:00:00Z"))
    house.drain()
    assert house.announced() == [("assigned", "ada"), ("awarded", "ada")]
    house.post(passed("ada@example.org", timestamp="2026-11-22T12:00:00Z"))
    house.drain()
    assert house.announced()[-1] == ("renewed", "ada")
    check_rebuild(house)


def test_a_rebuild_says_nothing_of_history_that_was_silent(tmp_path: Path, database_url: str) -> None:
    """Awards that older statements earned are kept and not announced, at first as after a rebuild (decision 0008)."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.open_key()
        house.serve_here()
        house.post(passed("ada@example.org"))
        house.import_people("people.yaml")
        house.apply()
        house.drain()
        assert house.award("ada") == "valid"
        assert house.announced() == [("assigned", "ada")]
        check_rebuild(house)


def test_one_bad_emission_does_not_hold_up_the_others(quiet: House) -> None:
    house = quiet
    row = {"tenant_id": 1, "id": uuid4().bytes, "person_id": "x", "program_id": "x", "transition": "awarded"}
    bad = {**row, "body": b'{"actor": {}}', "created_at": 0, "recorded": 0}
    house.prowess.database.write(lambda conn: conn.execute(r.emission.insert(), bad))
    house.post(passed("ada@example.org"))
    house.drain()
    assert house.announced() == [("assigned", "ada"), ("awarded", "ada")]
    assert not house.rows(r.emission, recorded=0)


def test_an_agent_of_two_people_counts_for_whoever_has_it_now(quiet: House) -> None:
    """A merge: the identifier moves to another person in one import; evidence follows without being rewritten."""
    house = quiet
    house.post(passed("", actor=BOB))
    house.import_people("people.csv")
    house.drain()
    assert house.award("bob") == "valid"
    moved = """
people:
  - {id: bob, name: Bob Noyce, email: bob@example.org, positions: [{from: 2024-01-05, job: operator, site: hq}]}
  - id: ada
    name: Ada Byron
    email: ada@example.org
    identifiers: [{account: {homePage: "https://lms.example", name: "17"}}]
    positions: [{from: 2024-01-05, job: operator, site: hq}]
sites: {hq: {timezone: Europe/London}}
"""
    evidence = house.rows(r.evidence)
    house.write("moved.yaml", moved)
    house.import_people("moved.yaml")
    house.drain()
    assert (house.award("ada"), house.announced()[-2:].count(("awarded", "ada"))) == ("valid", 1)
    assert house.award("bob") in {"revoked", "none"}
    assert house.rows(r.evidence) == evidence
    check_rebuild(house)
