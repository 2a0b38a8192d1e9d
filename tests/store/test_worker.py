"""`prowess work` without Redis: a process beside the server that looks for itself, and is told nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.jobs import MAIN
from tests.journey.house import House, house_in, passed, until

pytestmark = pytest.mark.journey
NOBODY = {"PROWESS_RUNNER_KIND": "none"}


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house_in(tmp_path, database_url) as house:
        house.furnish()
        yield house


def test_what_the_server_takes_in_a_worker_beside_it_decides_and_delivers(house: House) -> None:
    house.serve(**NOBODY)
    worker = house.work(**NOBODY)
    house.post(passed("ada@example.org"))
    until(lambda: house.award("ada") == "valid", "the award of a worker", 10)
    assert os.getpriority(os.PRIO_PROCESS, worker.popen.pid) > 0, "whoever answers requests goes first"
    house.settle()
    assert ("awarded", "ada") in house.told()
    worker.popen.send_signal(signal.SIGTERM)
    assert worker.wait() == 0, worker.log.read_text()


@pytest.mark.parametrize("lanes", [(), ("--lane", MAIN)])
def test_there_is_no_work_where_the_server_works_itself(house: House, lanes: tuple[str, ...]) -> None:
    done = house.cli("work", *lanes, check=False)
    assert done.returncode == 1
    assert done.stderr.count("redis.url") == 1, "said once, not once for each lane"
    assert "runner.kind: none" in done.stderr


def test_burst_does_what_there_is_and_ends(house: House) -> None:
    house.serve(**NOBODY)
    house.post(passed("ada@example.org"))
    assert house.award("ada") is None
    assert house.work("--burst", **NOBODY).wait() == 0
    assert house.award("ada") == "valid"
    house.settle()
