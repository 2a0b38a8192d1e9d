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

from lrs.bench import machine
from lrs.bench.load import Outcome, Requests, drive
from lrs.bench.measure import Clocked
from lrs.bench.traffic import QUESTIONS, gets, posts, statements
from lrs.errors import ProwessError
from lrs.jobs import LANES
from lrs.prowess import Prowess
from lrs.store.credentials import Credential
from lrs.store.statements import Intake
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version

_ADDRESS = re.compile(r"https?://[^\s/]+")
_FILL = 500
BATCH = 100
NO_FLOOR: Mapping[int, float] = {}


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
            **{f"p{share}_ms": round(self.outcome.percentile(share / 100) * 1000, 2) for share in (50, 95, 99)},
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
    name: str, target: Target, connections: Sequence[int], seconds: float, floor: Mapping[int, float] = NO_FLOOR
) -> Iterator[Row]:
    """Single statements; floor: the rate of a server that does nothing, by connections."""
    for count in connections:
        what = f"{name}: POST 1, {count} connections"
        yield loaded(what, target, target.requests(posts, 1), count, seconds, limit=floor.get(count))


def batches(name: str, target: Target, seconds: float, limit: float | None) -> Row:
    what = f"{name}: POST {BATCH}, 4 connections (statements)"
    return loaded(what, target, target.requests(posts, BATCH), 4, seconds, each=BATCH, limit=limit)


def reads(name: str, target: Target, seconds: float) -> Iterator[Row]:
    for question in QUESTIONS:
        yield loaded(f"{name}: GET 50 by {question}", target, target.requests(gets, question), 1, seconds)


@contextmanager
def served(command: Sequence[str], environ: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A server in processes of its own: its address, and a function that lists them."""
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
    key: Credential = prowess.credentials.own("bench")
    source = statements(7)
    with Clocked() as spent:
        for start in range(0, count, _FILL):
            texts = islice(source, min(_FILL, count - start))
            for body in (f"[{','.join(some)}]" for some in _chunks(texts, BATCH)):
                batch = prepare(body.encode(), version=Version.V1_0_3, authority=key.authority, new_id=prowess.ids.uuid)
                prowess.statements.record(Intake(DEFAULT_TENANT, key.id, batch.statements, Version.V1_0_3))
    for lane in LANES:
        prowess.work.drain(lane)
    return spent.cpu / count


def _chunks(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    while some := list(islice(texts, size)):
        yield some


def prowess_command(directory: Path, *words: str) -> list[str]:
    return ["lrs.cli", "--config", str(directory / "config.yaml"), *words]
