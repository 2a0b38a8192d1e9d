"""Run a local checkout of the public ADL conformance suite, both versions, against each database.

One server a database is started once, from a fresh `prowess init` and nothing but its defaults; each run gets a tenant of
its own.  With `--furnished` the runs share their tenant with people, a published program and a connected system, each in
a store of its own: the counts must stay.

    python -m tests.conformance SUITE_DIRECTORY [--database sqlite|postgresql] [--furnished]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import click

from tests.servers import fresh_database, postgres_server

VERSIONS = ("1.0.3", "2.0.0")
DATABASES = ("sqlite", "postgresql")
_PATIENCE = 300
"""Seconds for one run: some of the suite's tests wait for ever when an answer lacks a header."""

SYSTEM = """
connectors:
  systems:
    - {name: hr, kind: webhook, url: "http://127.0.0.1:9/webhook", secret: nobody-listens-here, allow_http: true, allow_private: true}
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the suite, by its own totals."""

    database: str
    version: str
    passed: int
    total: int
    seconds: float
    failures: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return 0 < self.total == self.passed


class Store:
    """A directory made by `prowess init`, and the server that serves it."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._environ = {**os.environ, **environ}

    def append(self, file: str, text: str) -> None:
        with (self._directory / file).open("a") as opened:
            opened.write(text)

    def key(self, *arguments: str) -> Mapping[str, str]:
        """A key that may do everything."""
        told = self.prowess("key", "create", "--name", "suite", "--scope", "all", "--json", *arguments)
        key: Mapping[str, str] = json.loads(told)
        return key

    def prowess(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "lrs.cli", *arguments]
        done = subprocess.run(
            command, cwd=self._directory, env=self._environ, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of the running server."""
        command = [sys.executable, "-m", "lrs.cli", "serve", "--port", "0"]
        with (self._directory / "server.log").open("wb") as log:
            server = subprocess.Popen(
                command, cwd=self._directory, env=self._environ, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.search(r"http://\S+:\d+", line)
        try:
            if found is None:
                sys.exit(f"the server did not start: {line}{(self._directory / 'server.log').read_text()}")
            yield found[0]
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def new_store(database: str) -> Iterator[Store]:
    """What `prowess init` leaves behind, on an empty database."""
    with tempfile.TemporaryDirectory(prefix="prowess-conformance-") as name, ExitStack() as stack:
        url = f"sqlite:///{name}/store.db"
        if database == "postgresql":
            url = stack.enter_context(fresh_database(stack.enter_context(postgres_server())))
        Store(Path(name), {}).prowess("init", "store")
        yield Store(Path(name) / "store", {"PROWESS_DATABASE_URL": url})


def run_suite(suite: Path, url: str, key: Mapping[str, str], database: str, version: str) -> Run:
    """Run the suite once; what it prints last are its totals."""
    started = monotonic()
    command = ["node", "bin/console_runner.js", "-x", version, "-e", f"{url}/xapi", "-a"]
    done = subprocess.run(
        [*command, "-u", key["key"], "-p", key["secret"]],
        cwd=suite,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    seconds = monotonic() - started
    totals = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"total"')]
    last = totals[-1] if totals else {"total": 0, "passed": 0}
    written = re.search(r"log written to (\S+)", done.stdout)
    failures: list[str] = []
    if written:
        file = Path(written[1])
        failures = list(_failures(json.loads(file.read_text())["log"], ()))
        file.unlink()
    return Run(database, version, last["passed"] or 0, last["total"] or 0, seconds, tuple(failures))


def _failures(node: Mapping[str, object], path: tuple[str, ...]) -> Iterator[str]:
    """The titles of failed tests with their errors, from the suite's own log."""
    here = (*path, str(node.get("title") or ""))
    tests = node.get("tests")
    children = tests if isinstance(tests, list) else []
    if node.get("status") == "failed" and not children:
        yield " > ".join(part for part in here if part) + f": {node.get('error')}"
    for child in children:
        yield from _failures(child, here)


def run_on(database: str, suite: Path, versions: tuple[str, ...]) -> Iterator[Run]:
    """Every version against one server, each in a tenant of its own."""
    with new_store(database) as store:
        store.prowess("migrate")
        with store.serving() as url:
            for version in versions:
                tenant = f"suite-{version.replace('.', '-')}"
                yield run_suite(suite, url, store.key("--tenant", tenant), database, version)


def run_furnished(database: str, suite: Path, versions: tuple[str, ...]) -> Iterator[Run]:
    """Each version against a store whose own tenant has people, a published program and a connected system."""
    for version in versions:
        with new_store(database) as store:
            store.append("config.yaml", SYSTEM)
            store.prowess("migrate")
            store.prowess("people", "import", "people.yaml")
            store.prowess("apply")
            with store.serving() as url:
                yield run_suite(suite, url, store.key(), database, version)


@click.command(help=__doc__)
@click.argument("suite", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--database", "databases", type=click.Choice(DATABASES), multiple=True, default=DATABASES)
@click.option("--version", "versions", type=click.Choice(VERSIONS), multiple=True, default=VERSIONS)
@click.option("--furnished", is_flag=True, help="With programs published and a system connected.")
def main(suite: Path, databases: tuple[str, ...], versions: tuple[str, ...], furnished: bool) -> None:
    if not (suite / "bin" / "console_runner.js").is_file():
        raise click.UsageError(f"{suite} is no checkout of the suite")
    if not (suite / "node_modules").is_dir() or shutil.which("node") is None:
        raise click.UsageError(f"the suite needs node and its packages: run npm install in {suite}")
    whole = True
    for database in databases:
        for run in (run_furnished if furnished else run_on)(database, suite.resolve(), versions):
            whole &= run.is_whole
            click.echo(f"{run.database:<11} {run.version}  {run.passed}/{run.total}  {run.seconds:.1f} s")
            for failure in run.failures:
                click.echo(f"    {failure}")
    sys.exit(0 if whole else 1)


if __name__ == "__main__":
    main()
