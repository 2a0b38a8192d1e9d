"""`make histories`: plays PROWESS_HISTORIES histories from the seed PROWESS_HISTORY_SEED on.

With a seed alone exactly that history is played; without one the clock says where to begin.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from time import monotonic, time

import click

from tests.histories.history import place_of
from tests.histories.shortest import told
from tests.histories.stores import POSTGRESQL
from tests.servers import postgres_server

MANY = 1_000
AT_ONCE = 20
PROCESSES = 2
ENOUGH = 5
"""Failures after which nothing more is to be learnt."""


def main() -> int:
    given = os.environ.get("PROWESS_HISTORY_SEED")
    first = int(given or time())
    count = int(os.environ.get("PROWESS_HISTORIES") or (1 if given else MANY))
    seeds = range(first, first + count)
    places = Counter(map(place_of, seeds))
    click.echo(f"{count} histories, seeds {seeds[0]} to {seeds[-1]}: {_counted(places)}")
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server()) if places[POSTGRESQL] else ""
        pool = stack.enter_context(ProcessPoolExecutor(min(PROCESSES, count), get_context("spawn")))
        started, played, failed = monotonic(), 0, 0
        chunks = [seeds[at : at + AT_ONCE] for at in range(0, count, AT_ONCE)]
        for chunk, failures in zip(chunks, pool.map(told, chunks, [url] * len(chunks)), strict=True):
            played += len(chunk)
            failed += len(failures)
            for failure in failures:
                click.echo(f"\n{failure}\n")
            if failed >= ENOUGH:
                pool.shutdown(cancel_futures=True)
                break
            if played % (AT_ONCE * 10) == 0:
                click.echo(f"{played} played, up to seed {chunk[-1]}, {played / (monotonic() - started):.1f} a second")
        rate = played / (monotonic() - started)
    click.echo(f"{played} histories played, {rate:.1f} a second; {failed} failed")
    return int(failed > 0)


def _counted(places: Counter[str]) -> str:
    return ", ".join(f"{count} on {place}" for place, count in places.most_common())


if __name__ == "__main__":
    sys.exit(main())
