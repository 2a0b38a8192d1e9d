"""The worker's side of RQ: it drains lanes when woken, and asks by itself for what a lost wake-up missed."""

from __future__ import annotations

import threading
from types import FrameType

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError

from lrs.jobs import MAIN, NETWORK
from lrs.logs import get_logger
from lrs.prowess import Prowess
from lrs.rq_runner import connect, flag_name, queue_name, request_drain

log = get_logger(__name__)

_LONGEST_RETRY = 5.0
_current: list[tuple[Prowess, LaneWorker]] = []


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
