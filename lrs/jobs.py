"""Getting work done behind the requests: who follows the feed, what is due, and what wakes them.

The work itself lives in the database (cursors, due times, outboxes).  A runner is only a wake-up, so losing one loses
nothing.  Work runs in lanes: a slow LMS in the `network` lane cannot hold up decisions in the `main` lane.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Protocol

from lrs.clock import SECOND, Clock
from lrs.errors import Unavailable
from lrs.feed.consumer import Consumer, HaltedConsumer, is_patient
from lrs.feed.feed import Feed
from lrs.feed.lag import Lag
from lrs.logs import get_logger
from lrs.metrics.counts import Tally

log = get_logger(__name__)

MAIN, NETWORK = "main", "network"
LANES = (MAIN, NETWORK)
_LONGEST_WAIT = 60.0
_OVERDUE_WAIT = 1.0
_BREATH, _LONGEST_BREATH = 0.05, 0.3
"""Seconds between two rounds of the embedded lanes while statements come in: at least as long as the round took."""
_PATIENT_STEPS = 2
"""Batches of a patient consumer in a round."""
_LOOK = 0.1
"""Seconds between two looks of a worker that nobody wakes."""
_STALLED = 60 * SECOND
"""So old (microseconds) may what was not worked through be before somebody is told."""


class Job(Protocol):
    """Something to do besides following the feed."""

    name: str
    lane: str

    def run(self) -> bool:
        """Do one bounded piece; True when something was done and there may be more."""
        ...

    def next_due(self) -> int | None:
        """When there will be something to do again by time alone (microseconds), as far as that is known."""
        ...


class Runner(Protocol):
    """Whoever makes work happen."""

    def wake(self) -> None:
        """Something was committed.  Returns at once and never fails."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Work:
    """All consumers and jobs of this process's plug-ins."""

    feed: Feed
    clock: Clock
    consumers: Sequence[Consumer]
    jobs: Sequence[Job]
    runs: Tally = field(default_factory=Tally)
    """Of jobs, by how they ended: `done`, `idle` (there was nothing to do) or `failed`."""

    def drain(
        self, lane: str, stop: Callable[[], bool] = lambda: False, breathe: Callable[[], object] = lambda: None
    ) -> bool:
        """Run a lane until nothing is left to do; True when anything was done.

        breathe: called between two rounds, so that under load each finds a handful to do instead of a single item.
        """
        halted: set[str] = set()
        worked = False
        while not stop():
            progress = False
            if lane == MAIN:
                progress |= self._follow(halted, stop)
            for job in self.jobs:
                if job.lane == lane and not stop():
                    progress |= self._run(job)
            if lane == MAIN:
                for consumer in self.consumers:
                    if is_patient(consumer):
                        progress |= sum(self._step(consumer, halted, stop) for _ in range(_PATIENT_STEPS)) > 0
            worked |= progress
            if not progress:
                break
            breathe()
        return worked

    def lags(self, most: int) -> list[Lag]:
        """How far each consumer has come; at most `most` items are counted for each."""
        return self.feed.lags([consumer.name for consumer in self.consumers], most)

    def behind(self, lags: Sequence[Lag]) -> list[str]:
        """The consumers that have not worked through for a minute what came; patient ones do not count."""
        now, patient = self.clock.now(), {consumer.name for consumer in self.consumers if is_patient(consumer)}
        return [lag.consumer for lag in lags if lag.consumer not in patient and lag.is_older_than(now - _STALLED)]

    def stalled_since(self) -> int | None:
        """When the oldest item came that a consumer has not worked through for a minute; None when all keep up.

        Patient ones do not count: they fall behind while much comes in, and no verdict waits for them.
        """
        oldest = self.feed.oldest_before([consumer.name for consumer in self.consumers if not is_patient(consumer)])
        return oldest if oldest is not None and oldest < self.clock.now() - _STALLED else None

    def next_due(self, lane: str) -> int | None:
        """The earliest instant at which time alone brings work to a lane."""
        due = [at for job in self.jobs if job.lane == lane and (at := job.next_due()) is not None]
        return min(due, default=None)

    def _follow(self, halted: set[str], stop: Callable[[], bool]) -> bool:
        """Catch up, side by side, so that a batch is read once for all; what comes meanwhile is left for the next round."""
        worked = False
        behind = [consumer for consumer in self.consumers if not is_patient(consumer)]
        while behind:
            done = [(consumer, self._step(consumer, halted, stop)) for consumer in behind]
            worked |= any(count for _, count in done)
            behind = [consumer for consumer, count in done if count and count >= self.feed.most(consumer)]
        return worked

    def _step(self, consumer: Consumer, halted: set[str], stop: Callable[[], bool]) -> int:
        """One batch; returns its size: 0 when there is none, or the consumer has halted."""
        if consumer.name in halted or stop():
            return 0
        try:
            return self.feed.step(consumer)
        except HaltedConsumer as error:
            halted.add(consumer.name)
            log.warning("consumer halted", consumer=consumer.name, error=error.message)
            return 0

    def _run(self, job: Job) -> bool:
        try:
            has_done = job.run()
        except Unavailable:
            raise
        except Exception as error:
            log.exception("job failed", job=job.name, error=repr(error))
            self.runs.add(job.name, "failed")
            return False
        self.runs.add(job.name, "done" if has_done else "idle")
        return has_done


class EmbeddedRunner:
    """Threads of one process, one for each lane: of the serving one by default, needing no other service."""

    def __init__(self, work: Work, *, sweep_seconds: float, lanes: Sequence[str] = LANES) -> None:
        self._work = work
        self._sweep = sweep_seconds
        self._stopping = threading.Event()
        self._breathed = dict.fromkeys(lanes, 0.0)
        self._wakes = {lane: threading.Event() for lane in lanes}
        self._threads = [
            threading.Thread(target=self._run, args=(lane,), name=f"prowess-{lane}", daemon=True) for lane in lanes
        ]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        self._wake(MAIN)

    def close(self) -> None:
        self._stopping.set()
        for wake in self._wakes.values():
            wake.set()
        for thread in self._threads:
            thread.join()

    def _run(self, lane: str) -> None:
        wake = self._wakes[lane]
        while not self._stopping.is_set():
            wake.clear()
            try:
                self._breathed[lane] = monotonic()
                if self._work.drain(lane, self._stopping.is_set, partial(self._breathe, lane)) and lane == MAIN:
                    self._wake(NETWORK)
                wait = self._patience(lane)
            except Unavailable as error:
                log.warning("work waits for the database", lane=lane, error=error.why or error.message)
                wait = self._sweep
            except Exception as error:
                log.exception("lane failed", lane=lane, error=repr(error))
                wait = self._sweep
            if not self._stopping.is_set():  # breathing may have taken the stop's wake for one of a request
                wake.wait(wait)

    def _wake(self, lane: str) -> None:
        if lane in self._wakes:
            self._wakes[lane].set()

    def _breathe(self, lane: str) -> None:
        """Leave the interpreter to those who ask, when there are any: they are answered from this process too."""
        if self._wakes[lane].is_set():
            self._wakes[lane].clear()
            took = monotonic() - self._breathed[lane]
            self._stopping.wait(min(max(_BREATH, took), _LONGEST_BREATH))
        self._breathed[lane] = monotonic()

    def _patience(self, lane: str) -> float:
        """Seconds to sleep when nobody wakes us: until something is due, at most one sweep.

        What is overdue although we have just worked could not be done; trying it again at once would only heat the room.
        """
        due = self._work.next_due(lane)
        until_due = _LONGEST_WAIT if due is None else (due - self._work.clock.now()) / SECOND
        return min(self._sweep, until_due if until_due > 0 else _OVERDUE_WAIT)


def work_unwoken(work: Work, lanes: Sequence[str], stopping: threading.Event, *, sweep_seconds: float) -> None:
    """Work these lanes in this process until told to stop; the database is asked ten times a second for news."""
    runner, seen = EmbeddedRunner(work, sweep_seconds=sweep_seconds, lanes=lanes), 0
    try:
        while not stopping.wait(_LOOK):
            with suppress(Unavailable):
                newest = work.feed.last()
                if newest != seen:
                    runner.wake()
                seen = newest
    finally:
        runner.close()


class NoRunner:
    """Commands and tests that drain by hand, and servers whose work is done by `prowess work`."""

    def wake(self) -> None:
        """Nobody is there to be woken."""

    def close(self) -> None:
        """Nothing runs."""
