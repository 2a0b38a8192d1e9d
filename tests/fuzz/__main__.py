"""`make fuzz`: half of the time for the readers of what others send, half for a real server.

Failures are written below `.fuzz`; `python -m tests.fuzz --replay FILE` plays one again.  With PROWESS_FUZZ_REQUESTS the
server is asked so many times, however long that takes.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from tests.fuzz import campaign, corpus, documented
from tests.fuzz.installation import Installation, installation
from tests.fuzz.mutating import Broken
from tests.fuzz.mutating import run as mutate
from tests.fuzz.targets import TARGETS, Target
from tests.servers import fresh_database, postgres_server, sqlite_at

FOUND: Final = Path(".fuzz")
_DOCUMENTED: Final = 0.15
"""Of a server's time, the share of the requests that follow from the OpenAPI document."""


@click.command()
@click.option("--minutes", default=5.0, show_default=True)
@click.option("--seed", type=int, help="Play the same inputs again; default: others each time.")
@click.option("--part", "parts", multiple=True, type=click.Choice(["http", *TARGETS]), help="Only this; default: all.")
@click.option("--database", default="sqlite", type=click.Choice(["sqlite", "postgresql"]))
@click.option("--processes", default=2, show_default=True, help="That send requests.")
@click.option("--replay", type=click.Path(exists=True, path_type=Path), help="A failure that was written down.")
def main(
    minutes: float, seed: int | None, parts: Sequence[str], database: str, processes: int, replay: Path | None
) -> None:
    if replay is not None:
        sys.exit(_replay(replay, database))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and stop the server that was started
    seed = int.from_bytes(os.urandom(3)) if seed is None else seed
    click.echo(f"seed {seed}; seeds: {corpus.told()}")
    chosen = [target for name, target in TARGETS.items() if not parts or name in parts]
    asks = not parts or "http" in parts
    seconds = 60 * minutes * (0.5 if chosen and asks else 1)
    broken = [target.name for target in chosen if not _try(target, seed, seconds / len(chosen))]
    if asks and not _ask(seed, seconds, database, processes):
        broken.append("http")
    click.echo(f"broken: {', '.join(broken)}" if broken else "nothing was broken")
    sys.exit(1 if broken else 0)


def _try(target: Target, seed: int, seconds: float) -> bool:
    """Fuzz one target; whether it held."""
    directory = FOUND / target.name
    directory.mkdir(parents=True, exist_ok=True)
    before = set(directory.iterdir())
    more = corpus.statements() if target.name in corpus.OF_STATEMENTS else ()
    try:
        count = mutate(target, seed, seconds=0.3 * seconds, more=more)
    except Broken as why:
        (directory / f"broken-{seed}").write_bytes(why.data)
        click.echo(f"{target.name}: {why}")
    else:
        told = _guided(target, seed, 0.7 * seconds, directory, more)
        click.echo(f"{target.name:<11} {count:,} changed at random; {told}")
    found = sorted(set(directory.iterdir()) - before)
    for path in found:
        click.echo(f"  play it again: python -m tests.fuzz --replay {path}")
    return not found


def _guided(target: Target, seed: int, seconds: float, directory: Path, more: Sequence[bytes]) -> str:
    """By coverage, in another process: libFuzzer ends the one it runs in."""
    if importlib.util.find_spec("atheris") is None:
        mutate(target, seed + 1, seconds=seconds, more=more)
        return "atheris is not here, so no coverage guided more of them"
    with tempfile.TemporaryDirectory() as seeds:
        for number, one in enumerate(more):
            (Path(seeds) / str(number)).write_bytes(one)
        options = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed + 1}", f"-artifact_prefix={directory}/"]
        command = [sys.executable, "-m", "tests.fuzz.guided", target.name, *options, seeds]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        click.echo(done.stderr[-3_000:])
        return "guided by coverage until one broke it"
    count = next((line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line), "0")
    return f"{int(count):,} guided by coverage"


def _ask(seed: int, seconds: float, database: str, processes: int) -> bool:
    """Ask a server; whether it answered as it should."""
    count = int(os.environ.get("PROWESS_FUZZ_REQUESTS", "0")) or None
    failures = FOUND / "http"
    with _served(database) as made:
        told = documented.run(made, seed, _DOCUMENTED * seconds, failures)
        result = campaign.run(
            made, seed, processes=processes, seconds=1e9 if count else (1 - _DOCUMENTED) * seconds, count=count,
            failures=failures, say=click.echo,
        )  # fmt: skip
    for one in (told, result):
        click.echo(one.told())
        for path in one.failures:
            click.echo(f"  play it again: python -m tests.fuzz --replay {path}")
    return not (told.complaints or result.complaints)


@contextmanager
def _served(database: str) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="prowess-fuzz-") as name:
        directory = Path(name)
        if database == "sqlite":
            with installation(directory, sqlite_at(directory / "store.db")) as made:
                yield made
            return
        with postgres_server() as server, fresh_database(server) as url, installation(directory, url) as made:
            yield made


def _replay(path: Path, database: str) -> int:
    if path.suffix == ".json":
        with _served(database) as made:
            lines = list(campaign.replayed(made, path))
        click.echo("\n".join(lines))
        return int(lines[-1] != campaign.FINE)
    try:
        TARGETS[path.parent.name].check(path.read_bytes())
    except Exception:  # noqa: BLE001 - that is what is looked for
        click.echo(traceback.format_exc())
        return 1
    click.echo("nothing is wrong with it")
    return 0


if __name__ == "__main__":
    main()
