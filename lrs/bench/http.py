"""The way over HTTP: a served Prowess under load, the floor under the same load, and a peer if there is one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from lrs.batches import batches
from lrs.bench import machine
from lrs.bench.load import Outcome, Requests, drive
from lrs.bench.measure import Clocked, percentile
from lrs.bench.traffic import QUESTIONS, gets, posts, statements
from lrs.bench.writer import Writer
from lrs.errors import ProwessError
from lrs.jobs import LANES
from lrs.prowess import Prowess

_ADDRESS = re.compile(r"https?://[^\s/]+")
BATCH = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A server to load: where, as whom, and the processes whose CPU is its cost."""

    url: str
    key: str
    secret: str
    path: str = "/xapi"
    pids: Callable[[], Sequence[int]] = field(default=tuple)

    def requests(self, kind: Callable[..., Iterator[bytes]], what: object) -> Requests:
        return partial(kind, self.key, self.secret, what, self.path)


@dataclass(frozen=True, slots=True)
class Row:
    """One load.  `each`: how many operations an answer stands for; `limit`: the rate it is compared with."""

    what: str
    outcome: Outcome
    cpu: float
    """CPU seconds of the server."""
    each: int = 1
    limit: float | None = None

    @property
    def rate(self) -> float:
        return self.outcome.rate * self.each

    def as_json(self) -> dict[str, Any]:
        done = len(self.outcome.latencies) * self.each
        return {
            "what": self.what,
            "per_second": round(self.rate, 1),
            "ratio": None if not self.limit else round(self.rate / self.limit, 3),
            **{
                f"p{share}_ms": round(percentile(self.outcome.latencies, share / 100) * 1000, 2)
                for share in (50, 95, 99)
            },
            "cpu_ms": round(self.cpu / done * 1000, 4) if done else None,
            "errors": self.outcome.errors,
        }


def loaded(what: str, target: Target, requests: Requests, connections: int, seconds: float, **more: Any) -> Row:
    """Load a server for a while and see what it cost."""
    drive(target.url, requests, connections=connections, seconds=min(1.0, seconds / 2))
    pids = target.pids()
    before = machine.cpu_of(pids)
    outcome = drive(target.url, requests, connections=connections, seconds=seconds)
    return Row(what, outcome, machine.cpu_of(pids) - before, **more)


def writes(
    name: str, target: Target, connections: Sequence[int], seconds: float, floor: Mapping[int, float] | None = None
) -> Iterator[Row]:
    """Single statements; floor: the rate of a server that does nothing, by connections."""
    for count in connections:
        what = f"{name}: POST 1, {count} connections"
        yield loaded(what, target, target.requests(posts, 1), count, seconds, limit=(floor or {}).get(count))


def in_batches(name: str, target: Target, seconds: float, limit: float | None) -> Row:
    what = f"{name}: POST {BATCH}, 4 connections (statements)"
    return loaded(what, target, target.requests(posts, BATCH), 4, seconds, each=BATCH, limit=limit)


def reads(name: str, target: Target, seconds: float) -> Iterator[Row]:
    for question in QUESTIONS:
        yield loaded(f"{name}: GET 50 by {question}", target, target.requests(gets, question), 1, seconds)


@contextmanager
def served(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A module of ours that serves, in processes of its own: its address, and a function that lists them."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the log, line by line
        text=True,
        env={**os.environ, **environ},
    )
    try:
        assert process.stdout is not None
        found = next((match for line in process.stdout if (match := _ADDRESS.search(line))), None)
        if found is None:
            raise ProwessError(f"{' '.join(command)} did not start", hint="run it by hand and see what it says")
        yield found[0], lambda: machine.tree_of(process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def fill(prowess: Prowess, count: int) -> float:
    """Record statements in this process, then do all the work behind them; CPU seconds of a statement's recording.

    That is what a batch costs without any HTTP: the limit that batches over HTTP are compared with.
    """
    writer = Writer(prowess, "bench")
    with Clocked() as spent:
        for texts in batches(islice(statements(7), count), BATCH):
            writer.write(f"[{','.join(texts)}]".encode())
    for lane in LANES:
        prowess.work.drain(lane)
    return spent.cpu / count


def prowess_command(directory: Path, *words: str) -> list[str]:
    """The module and arguments of a command in a store's directory."""
    return ["lrs.cli", "--config", str(directory / "config.yaml"), *words]
