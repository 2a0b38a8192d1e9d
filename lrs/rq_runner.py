"""RQ as the wake-up: one coalesced drain job for each lane, never a job for each event.

The job carries nothing but the lane's name.  It is queued only when none waits in its queue; a short-lived flag keeps two
processes from queueing at the same moment.  The job clears the flag before it starts, so a commit during the drain queues
exactly one more.  Redis being away costs waking only: a sweep here and one in the worker ask again, and what waits in the
database is found.
"""

from __future__ import annotations

import threading
from types import FrameType
from typing import TYPE_CHECKING

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError

from lrs.config import Settings
from lrs.errors import ConfigError
from lrs.jobs import LANES, MAIN, NETWORK
from lrs.logs import get_logger

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

_FLAG_SECONDS = 5
_JOB_SECONDS = 3600
_LONGEST_RETRY = 5.0
_current: list[tuple[Prowess, LaneWorker]] = []


def connect(settings: Settings) -> Redis:
    """A client for the configured server.  Raises ConfigError when none is configured."""
    if not settings.redis.url:
        raise ConfigError("runner 'rq' needs redis.url", hint="set PROWESS_REDIS_URL, or runner.kind: embedded")
    return Redis.from_url(settings.redis.url, socket_connect_timeout=2, socket_timeout=30, health_check_interval=15)


def queue_name(lane: str) -> str:
    return f"prowess-{lane}"


def flag_name(lane: str) -> str:
    return f"prowess:queued:{lane}"


def request_drain(redis: Redis, lane: str) -> bool:
    """Queue one drain of a lane unless one is queued already.  Raises RedisError."""
    queue = Queue(queue_name(lane), connection=redis)
    if queue.count or not redis.set(flag_name(lane), 1, nx=True, ex=_FLAG_SECONDS):
        return False
    queue.enqueue_call("lrs.rq_runner.drain_lane", (lane,), timeout=_JOB_SECONDS, result_ttl=0, failure_ttl=3600)
    return True


class RqRunner:
    """The serving process's side: turns commits into at most one queued job, off the request's path."""

    def __init__(self, settings: Settings, *, sweep_seconds: float) -> None:
        self._redis = connect(settings)
        self._sweep = sweep_seconds
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prowess-waker", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def close(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._redis.close()

    def _run(self) -> None:
        lanes: tuple[str, ...] = LANES
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                for lane in lanes:
                    request_drain(self._redis, lane)
            except RedisError as error:
                log.warning("wake-up not sent; the sweep will", error=repr(error))
            lanes = (MAIN,) if self._wake.wait(self._sweep) else LANES


def drain_lane(lane: str) -> None:
    """The job: drain a lane of the Prowess this worker opened."""
    prowess, worker = _current[-1]
    redis = connect(prowess.settings)
    try:
        redis.delete(flag_name(lane))
        if prowess.work.drain(lane, worker.stopping.is_set) and lane == MAIN:
            request_drain(redis, NETWORK)
    finally:
        redis.close()


class LaneWorker(SimpleWorker):
    """A worker whose running drain hears of a stop, and which asks for a lost Redis often."""

    max_connection_wait_time = _LONGEST_RETRY

    def __init__(self, queues: list[Queue], connection: Redis, stopping: threading.Event) -> None:
        super().__init__(queues, connection=connection)
        self.stopping = stopping

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call] # rq is typed in parts


def work(prowess: Prowess, lanes: tuple[str, ...], *, burst: bool = False) -> None:
    """Be a worker for these lanes until told to stop (SIGTERM ends the running drain at its next step).

    A Redis that is away is waited for.
    """
    stopping = threading.Event()
    sweeper = Sweeper(prowess, lanes)
    try:
        while not stopping.is_set():
            try:
                _work(prowess, lanes, stopping, burst=burst)
                return
            except RedisError as error:
                log.warning("worker waits for Redis", error=repr(error))
                stopping.wait(min(prowess.settings.runner.sweep_seconds, _LONGEST_RETRY))
    finally:
        sweeper.close()


def _work(prowess: Prowess, lanes: tuple[str, ...], stopping: threading.Event, *, burst: bool) -> None:
    redis = connect(prowess.settings)
    try:
        queues = [Queue(queue_name(lane), connection=redis) for lane in lanes]
        worker = LaneWorker(queues, redis, stopping)
        _current.append((prowess, worker))
        worker.log.setLevel("WARNING")
        worker.work(burst=burst, logging_level="WARNING")
    except NoSuchJobError as error:
        log.warning("a queued job vanished", error=repr(error))
    finally:
        _current.clear()
        redis.close()


class Sweeper:
    """The worker's own clock: what is due by time, and what a lost wake-up missed, is asked for again."""

    def __init__(self, prowess: Prowess, lanes: tuple[str, ...]) -> None:
        self._prowess = prowess
        self._lanes = lanes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prowess-sweeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        redis = connect(self._prowess.settings)
        while not self._stopping.wait(self._prowess.settings.runner.sweep_seconds):
            try:
                for lane in self._lanes:
                    request_drain(redis, lane)
            except RedisError as error:
                log.warning("sweep found no Redis", error=repr(error))
        redis.close()
