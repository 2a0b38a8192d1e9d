"""`prowess bench rules`: what judging costs on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from lrs.bench.machine import describe
from lrs.bench.measure import Figure, markdown, percentile
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.plugins import installed_plugins
from lrs.prowess import Prowess
from rules.bench import pure, store


@click.command(
    "rules",
    epilog="Example:  prowess bench rules --pairs 20000 --seconds 10",
    help="Routing, folding, deciding with and without storage, and how soon decisions are visible.",
)
@click.option("--pairs", type=click.IntRange(10), default=5_000, show_default=True, help="Persons times programs.")
@click.option("--seconds", type=click.IntRange(0), default=5, show_default=True, help="Of statements, for the lag.")
@click.option("--database", help="An empty database to measure on; an SQLite file of its own when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def bench_rules(pairs: int, seconds: int, database: str | None, as_json: bool) -> None:
    with TemporaryDirectory(prefix="prowess-bench-") as directory:
        url = database or f"sqlite:///{Path(directory) / 'bench.db'}"
        figures, lags = _measured(url, pairs, seconds)
    facts = {
        "machine": describe(),
        "database": url.partition(":")[0],
        "pairs": f"{pairs:,}",
    }
    if lags:
        middle, late = (f"p{share} {percentile(lags, share / 100):.3f} s" for share in (50, 99))
        facts["decision visible at 1,000 statements a second"] = f"{middle}, {late}"
    if as_json:
        click.echo(json.dumps({**facts, "figures": [figure.as_json() for figure in figures]}, indent=2))
    else:
        click.echo(markdown(figures, facts))


def _measured(url: str, pairs: int, seconds: int) -> tuple[list[Figure], list[float]]:
    figures = list(pure.figures())
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": url})
    with Prowess(settings, tuple(installed_plugins())) as prowess:
        migrate(prowess.database, prowess.plugins)
        figures += store.figures(prowess, pairs)
        lags = store.lag(prowess, seconds, store.people_of(pairs)) if seconds else []
    return figures, lags
