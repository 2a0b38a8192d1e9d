"""The way over HTTP: a served Prowess under load, the floor under the same load, and a peer if there is one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from lrs.batches import batches
from lrs.bench import machine
from lrs.bench.findings import Findings, Setting, each_size
from lrs.bench.load import Loader, Outcome, Requests
from lrs.bench.measure import Clocked, percentile
from lrs.bench.traffic import QUESTIONS, gets, posts, statements
from lrs.bench.writer import Writer
from lrs.config import load_settings
from lrs.errors import ConfigError, ProwessError
from lrs.jobs import LANES
from lrs.prowess import Prowess, installed_plugins
from lrs.settings import Settings
from lrs.store import tables as t

_ADDRESS = re.compile(r"https?://[^\s/]+")
_WORKING = re.compile("working")
BATCH = 100


@dataclass(frozen=True, slots=True)
class Target:
    """A server to load: from where, where, as whom, and the processes whose CPU is its cost."""

    loader: Loader
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

    def told(self) -> dict[str, Any]:
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
    drive = target.loader.drive
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
def running(
    command: Sequence[str], environ: Mapping[str, str], says: re.Pattern[str] = _ADDRESS
) -> Iterator[tuple[str, Callable[[], list[int]]]]:
    """A module of ours in processes of its own: what it says when it is ready, and a function that lists them."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        [sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # the log, line by line
        text=True,
        env={**os.environ, **environ},
    )
    try:
        assert process.stdout is not None
        found = next((match for line in process.stdout if (match := says.search(line))), None)
        if found is None:
            raise ProwessError(f"{' '.join(command)} did not start", hint="run it by hand and see what it says")
        yield found[0], lambda: machine.tree_of(process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()


def fill(prowess: Prowess, count: int, *, seed: int | None = None) -> float:
    """Record statements in this process, then do all the work behind them; CPU seconds of a statement's recording.

    That is what a batch costs without any HTTP: the limit that batches over HTTP are compared with.
    """
    writer = Writer(prowess, "bench")
    with Clocked() as spent:
        for texts in batches(islice(statements(seed), count), BATCH):
            writer.write(f"[{','.join(texts)}]".encode())
    for lane in LANES:
        prowess.work.drain(lane)
    return spent.cpu / max(1, count)


def prowess_command(directory: Path, *words: str) -> list[str]:
    """The module and arguments of a command in a store's directory."""
    return ["lrs.cli", "--config", str(directory / "config.yaml"), *words]


def measure(setting: Setting) -> Findings:
    """A served store, as `prowess init` leaves it, with its programs published, under load; and the server alone."""
    began, busy = perf_counter(), machine.busy()
    with Loader() as loader:
        run = Run(setting, loader)
        run.found.rows += [row.told() for row in run.rows()]
    # Servers and loads have ended by now, so that the system counts them as ours.
    foreign = machine.busy() - busy - sum(os.times()[:4])
    run.found.facts["CPU of others"] = f"{foreign:.0f} s in the {perf_counter() - began:.0f} s of this run"
    return run.found


class Run:
    """One run, in a directory that it may fill."""

    def __init__(self, setting: Setting, loader: Loader) -> None:
        self._setting = setting
        self._loader = loader
        self._seconds = setting.seconds
        self.found = setting.findings()

    def rows(self) -> Iterator[Row]:
        settings = set_up(self._setting)
        facts = self.found.facts
        facts["a flushed page"] = f"{machine.flush(self._setting.directory):.2f} ms (median)"
        floor = list(self._floor(settings.server.threads))
        yield from floor
        sizes = each_size(self._setting.statements)
        small = max([20 * BATCH, *sizes[:1]])
        with Prowess(settings, installed_plugins()) as prowess:
            credential, secret = prowess.credentials.create("bench-http", ["all"])
            limit = 1 / fill(prowess, small)
        facts["work behind the requests"] = f"by {self._setting.work}"
        facts["one core prepares and writes"] = f"{limit:,.0f} statements a second, in batches, without HTTP"
        with self._target(credential.key, str(secret)) as target:
            idle = machine.memory_of(target.pids())
            if sizes:  # before the writes, which make it a larger one
                yield from reads(f"Prowess, {small:,} statements", target, self._seconds / 2)
            connections = self._setting.connections
            rates = {count: row.rate for count, row in zip(connections, floor, strict=True)}
            yield from writes("Prowess", target, connections, self._seconds, rates)
            yield in_batches("Prowess", target, self._seconds, limit)
            facts["not worked through when the writes ended"] = _behind(settings)
            loaded = machine.memory_of(target.pids())
            facts["memory"] = (
                f"{idle.rss:.0f} MiB resident when idle ({idle.pss:.0f} by share), {loaded.rss:.0f} after the writes"
            )
        for size in sizes:
            with Prowess(settings, installed_plugins()) as prowess:
                held = count_of(prowess)
                if size <= small or (size <= held and size < sizes[-1]):
                    continue
                fill(prowess, max(0, size - held))
                held = count_of(prowess)
            with self._target(credential.key, str(secret)) as target:
                yield from reads(f"Prowess, {held:,} statements", target, self._seconds / 2)
        if self._setting.peer:
            yield from self._peer(*self._setting.peer)

    @contextmanager
    def _target(self, key: str, secret: str) -> Iterator[Target]:
        home, environ = self._setting.home, self._setting.environ
        with ExitStack() as stack:
            url, pids = stack.enter_context(running(prowess_command(home, "serve", "--port", "0"), environ))
            behind: Callable[[], list[int]] = list
            if self._setting.work == "worker":
                _, behind = stack.enter_context(running(prowess_command(home, "work"), environ, _WORKING))
            yield Target(self._loader, url, key, secret, pids=lambda: [*pids(), *behind()])

    def _peer(self, url: str, key: str, secret: str) -> Iterator[Row]:
        parts = urlsplit(url)
        target = Target(self._loader, f"{parts.scheme}://{parts.netloc}", key, secret, parts.path.rstrip("/"))
        yield from writes("peer", target, self._setting.connections, self._seconds)
        yield in_batches("peer", target, self._seconds, None)
        yield from reads("peer", target, self._seconds / 2)

    def _floor(self, threads: int) -> Iterator[Row]:
        with running(["lrs.bench.floor", str(threads)], {}) as (url, pids):
            target = Target(self._loader, url, "x", "x", pids=pids)
            yield from writes("floor, Flask that does nothing", target, self._setting.connections, self._seconds)


def set_up(setting: Setting) -> Settings:
    """A store as `prowess init` leaves it, with its programs published."""
    home, environ = setting.home, setting.environ
    _prowess(environ, "-m", "lrs.cli", "init", str(home))
    _prowess(environ, "-m", *prowess_command(home, "apply", str(home / "programs")))
    sections = {plugin.name: plugin.settings for plugin in installed_plugins() if plugin.settings}
    return load_settings(home / "config.yaml", environ=environ, sections=sections)


def _prowess(environ: Mapping[str, str], *words: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and modules
        [sys.executable, *words], env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ConfigError(f"prowess {' '.join(words[2:])} failed: {done.stderr.strip()}")


def _behind(settings: Settings) -> str:
    """How many items of the feed each consumer has before it."""
    with Prowess(settings, installed_plugins()) as prowess:
        return ", ".join(f"{one.name} {prowess.feed.behind(one.name):,}" for one in prowess.work.consumers)


def count_of(prowess: Prowess) -> int:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.statement)) or 0
