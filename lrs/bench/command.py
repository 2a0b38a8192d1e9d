"""`prowess bench`: what this machine can do, and what Prowess makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import click

from lrs.bench import machine
from lrs.bench.http import BATCH, Row, Target, fill, in_batches, prowess_command, reads, served, writes
from lrs.config import Settings, load_settings
from lrs.errors import ConfigError
from lrs.plugins import installed_plugins
from lrs.prowess import Prowess

_COLUMNS = ("what", "per_second", "ratio", "p50_ms", "p95_ms", "p99_ms", "cpu_ms", "errors")


@click.group(help="Measure what this machine does: floor and product in one run, with CPU for each operation.")
def bench() -> None:
    pass


@bench.command(
    "http",
    epilog="Example:  prowess bench http --statements 1000000 --peer http://localhost:8100/xapi --peer-key KEY:SECRET",
    help="A served store, as `prowess init` leaves it, with its programs published, under load; and the server alone.",
)
@click.option("--statements", type=click.IntRange(0), default=10_000, show_default=True, help="In the store for reads.")
@click.option("--seconds", type=click.FloatRange(0.2), default=5, show_default=True, help="Of each load.")
@click.option(
    "--connections",
    "connections",
    type=click.IntRange(1, 512),
    multiple=True,
    default=(8, 32),
    show_default=True,
    help="Of single statements; give it again for more.",
)
@click.option("--database", help="An empty database to measure on; an SQLite file of its own when left out.")
@click.option("--peer", metavar="URL", help="The xAPI endpoint of another store, to be loaded alike.")
@click.option("--peer-key", metavar="KEY:SECRET", default="peer:peer", help="Its Basic credentials.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench_http(
    statements: int,
    seconds: float,
    connections: tuple[int, ...],
    database: str | None,
    peer: str | None,
    peer_key: str,
    as_json: bool,
) -> None:
    with TemporaryDirectory(prefix="prowess-bench-") as name:
        run = _Run(Path(name), database, seconds, connections)
        rows = list(run.rows(statements))
        if peer:
            rows += run.peer(peer, peer_key)
        facts = run.facts
    if as_json:
        click.echo(json.dumps({**facts, "loads": [row.as_json() for row in rows]}, indent=2))
    else:
        click.echo(_markdown(rows, facts))


class _Run:
    """One run, in a directory that it may fill."""

    def __init__(self, directory: Path, database: str | None, seconds: float, connections: tuple[int, ...]) -> None:
        self.directory = directory
        self.home = directory / "store"
        self.environ = {"PROWESS_DATABASE_URL": database} if database else {}
        self.seconds = seconds
        self.connections = connections
        self.facts: dict[str, str] = {"machine": machine.describe()}
        self._began = perf_counter(), machine.busy()

    def rows(self, count: int) -> Iterator[Row]:
        settings = self._set_up()
        self.facts["database"] = settings.database.url.partition(":")[0]
        self.facts["a flushed page"] = f"{machine.flush(self.directory):.2f} ms (median)"
        floor = list(self._floor(settings.server.threads))
        yield from floor
        with self._opened(settings) as prowess:
            credential, secret = prowess.credentials.create("bench-http", ["all"])
            spent = fill(prowess, max(BATCH, count // 10))
        limit = 1 / spent
        self.facts["one core prepares and writes"] = f"{limit:,.0f} statements a second, in batches, without HTTP"
        with served(prowess_command(self.home, "serve", "--port", "0"), self.environ) as (url, pids):
            idle = machine.memory_of(pids())
            target = Target(url, credential.key, str(secret), pids=pids)
            rates = {count: row.rate for count, row in zip(self.connections, floor, strict=True)}
            yield from writes("Prowess", target, self.connections, self.seconds, rates)
            yield in_batches("Prowess", target, self.seconds, limit)
            loaded = machine.memory_of(pids())
            self.facts["memory"] = (
                f"{idle.rss:.0f} MiB resident when idle ({idle.pss:.0f} by share), {loaded.rss:.0f} after the writes"
            )
        if count:
            with self._opened(settings) as prowess:
                fill(prowess, count)
                self.facts["statements in the store for reads"] = f"at least {count:,}"
            with served(prowess_command(self.home, "serve", "--port", "0"), self.environ) as (url, pids):
                yield from reads("Prowess", Target(url, credential.key, str(secret), pids=pids), self.seconds / 2)
        self.facts["CPU of others"] = self._foreign()

    def peer(self, url: str, key: str) -> Iterator[Row]:
        name, _, secret = key.partition(":")
        parts = urlsplit(url)
        target = Target(f"{parts.scheme}://{parts.netloc}", name, secret, parts.path.rstrip("/"))
        yield from writes("peer", target, self.connections, self.seconds)
        yield in_batches("peer", target, self.seconds, None)
        yield from reads("peer", target, self.seconds / 2)

    def _set_up(self) -> Settings:
        self._prowess("-m", "lrs.cli", "init", str(self.home))
        self._prowess("-m", *prowess_command(self.home, "apply", str(self.home / "programs")))
        sections = {plugin.name: plugin.settings for plugin in installed_plugins() if plugin.settings}
        return load_settings(self.home / "config.yaml", environ=self.environ, sections=sections)

    def _prowess(self, *words: str) -> None:
        done = subprocess.run(  # noqa: S603 - our own interpreter and modules
            [sys.executable, *words], env={**os.environ, **self.environ}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise ConfigError(f"prowess {' '.join(words[2:])} failed: {done.stderr.strip()}")

    def _opened(self, settings: Settings) -> Prowess:
        return Prowess(settings, installed_plugins())

    def _floor(self, threads: int) -> Iterator[Row]:
        with served(["lrs.bench.floor", str(threads)], {}) as (url, pids):
            yield from writes(
                "floor, Flask that does nothing", Target(url, "x", "x", pids=pids), self.connections, self.seconds
            )

    def _foreign(self) -> str:
        """What this run did not use itself; its servers and loads have ended by now, so that the system counts them."""
        began, busy = self._began
        return f"{machine.busy() - busy - sum(os.times()[:4]):.0f} s in the {perf_counter() - began:.0f} s of this run"


def _markdown(rows: list[Row], facts: Mapping[str, str]) -> str:
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", f"| {' | '.join(_COLUMNS)} |".replace("_", " "), "|---|" + "--:|" * (len(_COLUMNS) - 1)]
    lines += ["| " + " | ".join(_shown(row.as_json()[column]) for column in _COLUMNS) + " |" for row in rows]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)
