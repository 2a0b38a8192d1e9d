"""What judging costs: the pure core, everybody once and again with storage, and how soon a decision can be seen."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from time import perf_counter, sleep
from typing import Any

from sqlalchemy import Connection, func, select, update

from lrs import memory
from lrs.batches import batches
from lrs.bench.findings import Findings, Setting
from lrs.bench.measure import Clocked, Figure, percentile
from lrs.bench.writer import Writer
from lrs.config import load_settings
from lrs.errors import ProwessError
from lrs.jobs import MAIN, EmbeddedRunner
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.store.tables import DEFAULT_TENANT
from rules import tables as r
from rules.bench import pure
from rules.bench.organisation import programs, roster, statement, statements
from rules.facts import dirty
from rules.published.composition import published_of
from rules.published.store import Source
from rules.vocabulary import KEY_NAME

_BATCH = 500
_PROGRAMS = 10
_GOAL_US = 120.0


def measure(setting: Setting) -> Findings:
    """Figures of this process: CPU microseconds of an operation."""
    people = people_of(setting.statements)
    found = setting.findings()
    figures = list(pure.figures())
    with opened(setting) as prowess:
        memory.settle()
        figures += judged(prowess, people)
        found.facts["pairs of a person and a program"] = f"{decided(prowess):,}"
        lags = lag(prowess, int(setting.seconds), people)
    if lags:
        middle, late = (f"p{share} {percentile(lags, share / 100):.3f} s" for share in (50, 99))
        found.facts["decision visible at 1,000 statements a second"] = f"{middle}, {late}"
    found.rows += [figure.told() for figure in figures]
    return found


@contextmanager
def opened(setting: Setting) -> Iterator[Prowess]:
    """A store of ours in an empty database."""
    with Prowess(load_settings(None, environ=setting.environ), installed_plugins()) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield prowess


def people_of(statements: int) -> int:
    """How many people do so much: three statements for each of ten programs."""
    return max(1, statements // (3 * _PROGRAMS))


def judged(prowess: Prowess, people: int) -> Iterator[Figure]:
    """Everybody in all programs, from statements to decisions."""
    with Clocked() as intake:
        count = organise(prowess, people)
    yield Figure("record a statement", intake.cpu / count * 1e6, None, None, f"batches of {_BATCH}, with the programs")
    with Clocked() as first:
        prowess.work.drain(MAIN)
    done = decided(prowess)
    floor = first.cpu / done * 1e6
    yield Figure("decide a pair for the first time", floor, None, None, "with evidence, announcements and storage")
    for anew, name, goal in (
        (True, "decide a pair again", _GOAL_US),
        (False, "pass over a pair on equal grounds", None),
    ):
        _mark_everybody(prowess, people, anew=anew)
        with Clocked() as again:
            prowess.work.drain(MAIN)
        note = f"{done / again.wall:,.0f} pairs a second of wall time; floor: the first time"
        yield Figure(name, again.cpu / done * 1e6, floor, goal, note)


def organise(prowess: Prowess, people: int) -> int:
    """People, their programs and what they did, not judged yet; the count of statements."""
    prowess.people.record(roster(people))
    published_of(prowess).apply([Source("bench.yaml", programs(_PROGRAMS))])
    prowess.work.drain(MAIN)
    writer = Writer(prowess, KEY_NAME)
    return sum(writer.write(_body(some)) for some in batches(statements(range(people), _PROGRAMS), _BATCH))


def lag(prowess: Prowess, seconds: int, people: int, rate: int = 1_000) -> list[float]:
    """Seconds from a statement being acknowledged to its decision being visible, at a rate of statements a second."""
    runner = EmbeddedRunner(prowess.work, sweep_seconds=5)
    prowess.runner = runner
    writer, random, found = Writer(prowess, KEY_NAME), Random(7), list[float]()
    waiting: dict[str, float] = {}
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(prowess, waiting, found, stop))
    watcher.start()
    size = 50
    began = perf_counter()
    for turn in range(seconds * rate // size):
        batch = [
            statement(random, random.randrange(1_000_000), "https://x.example/none", prowess.clock.now())
            for _ in range(size - 1)
        ]
        somebody = turn % people
        batch.append(statement(random, somebody, "https://x.example/e0", prowess.clock.now()))
        writer.write(_body(batch))
        waiting.setdefault(f"u{somebody}", perf_counter())
        runner.wake()
        sleep(max(0.0, began + (turn + 1) * size / rate - perf_counter()))
    for _ in range(200):
        if not waiting:
            break
        sleep(0.05)
    stop.set()
    watcher.join()
    runner.close()
    if waiting:
        raise ProwessError(f"{len(waiting)} decisions were never seen", hint="the machine is too slow for this rate")
    return sorted(found)


def _watch(prowess: Prowess, waiting: dict[str, float], found: list[float], stop: threading.Event) -> None:
    d = r.decision.c
    seen = prowess.clock.now()
    while not stop.is_set():
        query = select(d.person_id, d.decided_at).where(d.decided_at >= seen, d.program_id == "p0")
        with prowess.database.read() as conn:
            rows = conn.execute(query).all()
        now = perf_counter()
        for row in rows:
            since = waiting.pop(row.person_id, None)
            if since is not None:
                found.append(now - since)
        stop.wait(0.01)


def decided(prowess: Prowess) -> int:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(r.decision)) or 1


def _mark_everybody(prowess: Prowess, people: int, *, anew: bool) -> None:
    """Everybody is to be decided in all programs; `anew`: whatever the decisions that stand rest on."""
    marks = {(f"u{n}", dirty.EVERY_PROGRAM): 1 for n in range(people)}
    gen = prowess.ids.token()

    def commit(conn: Connection) -> None:
        if anew:
            conn.execute(update(r.decision).values(grounds=None))
        dirty.mark(conn, prowess.database.dialect, DEFAULT_TENANT, marks, gen)

    prowess.database.write(commit)


def _body(batch: list[dict[str, Any]]) -> bytes:
    return json.dumps(batch).encode()
