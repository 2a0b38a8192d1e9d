"""The process dies between two steps; after a restart everything has happened, once (reliability rows 1, 6 and 7)."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from sqlalchemy import update

from connectors.tables import delivery
from lrs.failpoints import EXIT_CODE
from rules import tables as r
from tests.journey.house import House, house_in, passed
from tests.servers import sqlite_at

pytestmark = pytest.mark.journey

ALL_POINTS = ["rules.before-decision", "rules.after-decision", "connectors.sent-not-recorded"]


def send_and_die(house: House, point: str) -> str:
    """Serve until the failpoint stops the process; the statement is sent again after a lost answer, as clients do."""
    statement = passed("ada@example.org", score=0.9)
    server = house.serve(PROWESS_FAILPOINTS=point)
    with suppress(requests.ConnectionError):
        house.post(statement)
    assert server.wait() == EXIT_CODE, server.log.read_text()
    return str(statement["id"])


def let_leases_run_out(house: House) -> None:
    """Whoever died held a delivery for half a minute more; here that time is over."""
    house.prowess.database.write(lambda conn: conn.execute(update(delivery).values(not_before=0)))


def check_award_once(house: House, evidence: str) -> None:
    assert house.announced() == [("assigned", "ada"), ("awarded", "ada")]
    assert house.award("ada") == "valid"
    assert len(house.rows(r.decision, person_id="ada")) == 1
    assert len(house.rows(r.emission)) == 2
    (awarded,) = [one for one in house.statements() if one["verb"].get("display") == {"en": "awarded"}]
    assert evidence in str(awarded["context"])

    seen = house.seen()
    assert house.grade("ada") == 90
    assert house.told() == [("assigned", "ada"), ("awarded", "ada")]
    assert set(seen["effects"].values()) == {1}, "one effect under each idempotency key"
    keys = {str(row.id.hex()) for row in house.rows(delivery)}
    assert {key.replace("-", "") for key in seen["effects"] if key} <= keys
    assert {row.state for row in house.rows(delivery)} == {"sent"}
    assert Counter(row.connector for row in house.rows(delivery)) == {"moodle-hq": 2, "hr": 2}


@pytest.mark.parametrize("point", ALL_POINTS)
def test_a_process_that_dies_there_certifies_and_delivers_once(tmp_path: Path, point: str) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db")) as house:
        die_and_come_back(house, point)


def test_the_same_on_postgresql(tmp_path: Path, postgres_database: str) -> None:
    with house_in(tmp_path, postgres_database) as house:
        die_and_come_back(house, "connectors.sent-not-recorded")


def die_and_come_back(house: House, point: str) -> None:
    house.furnish()
    house.drain()
    evidence = send_and_die(house, point)
    let_leases_run_out(house)
    server = house.serve()
    house.settle()
    check_award_once(house, evidence)
    if point == "connectors.sent-not-recorded":
        assert 2 in house.seen()["tries"].values(), "the delivery was not repeated: the test proves nothing"
    assert server.stop() == 0


def test_dying_again_and_again_still_gives_one_award(tmp_path: Path) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db")) as house:
        house.furnish()
        house.drain()
        evidence = send_and_die(house, "rules.before-decision")
        for point in ("rules.before-decision", "rules.after-decision", "connectors.sent-not-recorded"):
            server = house.serve(PROWESS_FAILPOINTS=point)
            assert server.wait() == EXIT_CODE, server.log.read_text()
            let_leases_run_out(house)
        house.serve()
        house.settle()
        check_award_once(house, evidence)


def test_killed_outright_after_the_answer_loses_nothing(tmp_path: Path, database_url: str) -> None:
    """Killed by signal 9 right after 200, several times over; the client's journal is what must be found."""
    with house_in(tmp_path, database_url) as house:
        house.furnish()
        journal: list[str] = []
        for _ in range(3):
            server = house.serve()
            for _ in range(5):
                journal += house.post([passed("ada@example.org"), passed("bob@example.org", score=0.1)])
            assert server.stop(9) == -9
        house.serve()
        let_leases_run_out(house)
        house.settle()
        stored = {one["id"] for one in house.statements()}
        assert set(journal) <= stored
        assert [one for one in house.announced() if one[0] == "awarded"] == [("awarded", "ada")]
        assert house.told().count(("awarded", "ada")) == 1
