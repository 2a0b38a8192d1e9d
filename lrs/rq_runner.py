"""RQ as the wake-up: one coalesced drain job for each lane, never a job for each event.

The job carries nothing but the lane's name.  It is queued only when none waits in its queue; a short-lived flag keeps two
processes from queueing at the same moment.  The job clears the flag before it starts, so a commit during the drain queues
exactly one more.  Redis being away costs waking only: a sweep here and one in the worker ask again, and what waits in the
database is found.
"""

from __future__ import annotations

import threading

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from lrs.errors import ConfigError
from lrs.jobs import LANES, MAIN
from lrs.logs import get_logger
from lrs.settings import Settings

log = get_logger(__name__)

_FLAG_SECONDS = 5
_JOB_SECONDS = 3600


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
    queue.enqueue_call("lrs.rq_worker.drain_lane", (lane,), timeout=_JOB_SECONDS, result_ttl=0, failure_ttl=3600)
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
