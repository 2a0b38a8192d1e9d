"""PostgreSQL is killed by signal 9 under a Prowess that goes on living (reliability 2)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest
import requests

from tests.faults.crowd import Crowd
from tests.faults.kept import Kept
from tests.faults.sound import check_database, check_effects
from tests.journey.house import House, house_in
from tests.servers import PrivatePostgres, private_postgres

pytestmark = pytest.mark.fault

KILLS = 12
AWAY = 1.0
BACK_WITHIN = 10.0


@pytest.fixture
def postgres() -> Iterator[PrivatePostgres]:
    with private_postgres() as server:
        yield server


@pytest.mark.timeout(900)
def test_a_database_that_dies_is_503_and_is_used_again_when_it_is_back(
    tmp_path: Path, postgres: PrivatePostgres, tell: Callable[[str], None]
) -> None:
    people = [f"p{number}" for number in range(2 * KILLS)]
    with house_in(tmp_path, postgres.url, users=("ada", "grace", *people)) as house:
        house.furnish()
        house.hire(people)
        server = house.serve(PROWESS_LIMITS_PAGE="10000")
        crowd, kept = Crowd(house.session.auth, people), Kept(house.session)
        waits = []
        for turn in range(KILLS):
            crowd.widen(2 * turn + 2)
            draw = Random(turn)
            with crowd.sending(house.url, draw):
                crowd.answered(draw.randint(1, 60))
                sleep(draw.uniform(0, 0.02))  # so that kills fall everywhere between two answers
                postgres.kill()
                gone = monotonic()
                check_says_that_it_is_away(house)
                sleep(AWAY)
                back = monotonic()
                postgres.start()
                ready = monotonic()
                crowd.answered(20)
            during = {status for begun, status in crowd.statuses if gone < begun < back}
            assert during == {503}, "somebody was told something else while there was no database"
            again = min(begun for begun, status in crowd.statuses if begun > back and status != 503)
            waits.append(max(0.0, again - ready))
            kept.look(house.url)
            crowd.check(kept)
        assert max(waits) < BACK_WITHIN
        crowd.finish(house.url)
        announced = check_effects(house, crowd, kept)
        check_database(house.prowess)
        assert server.popen.poll() is None
        assert server.stop(seconds=90) == 0
        counts = crowd.counts
    check_pages(postgres)
    tell(
        f"PostgreSQL killed {KILLS} times; {len(crowd.acknowledged)} statements acknowledged and none lost;"
        f" {counts[503]} answers 503; service back at most {max(waits, default=0):.2f} s after it; {dict(announced)}, each once"
    )


def check_says_that_it_is_away(house: House) -> None:
    assert requests.get(f"{house.url}/health/live", timeout=20).status_code == 200
    assert requests.get(f"{house.url}/health/ready", timeout=20).status_code == 503
    answer = house.session.get(f"{house.url}/xapi/statements", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.json()["type"] == "urn:prowess:problem:unavailable"
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def check_pages(postgres: PrivatePostgres) -> None:
    """Every page of every table bears its checksum."""
    server = postgres.server
    server.stop()
    command = [server.bin_path / "pg_checksums", "--check", "-D", server.pgdata]
    told = subprocess.run(command, capture_output=True, text=True, user=server.system_user, check=True, timeout=60)
    assert "Bad checksums:  0" in told.stdout, told.stdout
