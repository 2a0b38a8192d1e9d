"""What is read when somebody asks: the feed and its followers, what was parked, the database, the process.

Every reading is bounded: a count stops at `MOST`, so that watching a store costs the same however much there is in it.
"""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, ColumnElement, Connection, and_

from lrs import __version__
from lrs.clock import SECOND
from lrs.counting import count_up_to
from lrs.errors import Unavailable
from lrs.metrics.exposition import COUNTER, GAUGE, Family, Sample, gauge, gauges
from lrs.store import tables as t

if TYPE_CHECKING:
    from lrs.prowess import Prowess

MOST: Final = 100_000
"""Rows after which nobody counts on."""
_WAITING: Final = "waiting"


def bounded(conn: Connection, where: ColumnElement[bool]) -> int:
    """How many rows fulfil a condition on one or more tables; `MOST` stands for any larger number."""
    return count_up_to(conn, where, MOST)


def by_state(conn: Connection, column: Column[Any], states: Iterable[str]) -> dict[str, float]:
    """How many rows stand in each state, each bounded; an index should begin with the column."""
    return {str(state): bounded(conn, column == state) for state in states}


def families(prowess: Prowess) -> Iterator[Family]:
    """Everything that can be told of this process and of its store; without a database, what the process knows by itself."""
    yield from prowess.counts.families()
    yield from _process()
    yield from _build(prowess)
    queued = {"statements": prowess.statements.waiting, "transactions": prowess.database.waiting}
    yield gauges("prowess_writer_queue", "Who waits to write in this process.", "queue", queued)
    try:
        stored = list(_stored(prowess))
    except Unavailable:
        stored = None
    yield gauge("prowess_database_up", "Whether the database answers.", int(stored is not None))
    yield from stored or ()


def _stored(prowess: Prowess) -> Iterator[Family]:
    yield from _feed(prowess)
    yield from _jobs(prowess)
    with prowess.database.read() as conn:
        yield gauge("prowess_database_bytes", "Size of the database.", prowess.database.dialect.size(conn))
        here = and_(t.quarantine.c.tenant_id == t.tenant.c.id, t.quarantine.c.state == _WAITING)
        yield gauge("prowess_quarantine_waiting", "Statements in quarantine that nobody settled.", bounded(conn, here))
        going = bounded(conn, t.erasing.c.tenant_id.is_not(None))
        yield gauge("prowess_erasures_under_way", "People whose erasure has begun and is not over.", going)
        for plugin in prowess.plugins:
            yield from plugin.metrics(prowess, conn)


def _feed(prowess: Prowess) -> Iterator[Family]:
    lags, now = prowess.work.lags(MOST), prowess.clock.now()
    yield gauge(
        "prowess_feed_newest_timestamp_seconds", "When the last item of the feed came.", prowess.feed.last() / SECOND
    )
    told: Mapping[str, tuple[str, dict[str, float]]] = {
        "position_timestamp_seconds": (
            "When the last item came that a follower worked through.",
            {lag.consumer: lag.cursor / SECOND for lag in lags},
        ),
        "lag_items": (f"Items a follower has before it, at most {MOST}.", {lag.consumer: lag.items for lag in lags}),
        "lag_seconds": ("Age of the oldest of them.", {lag.consumer: lag.seconds(now) for lag in lags}),
        "parked_items": ("Items a follower could not digest.", {lag.consumer: lag.parked for lag in lags}),
    }
    for name, (text, values) in told.items():
        yield gauges(f"prowess_feed_{name}", text, "consumer", values)


def _jobs(prowess: Prowess) -> Iterator[Family]:
    now = prowess.clock.now()
    overdue = {job.name: max(0, now - due) / SECOND for job in prowess.work.jobs if (due := job.next_due()) is not None}
    yield gauges("prowess_job_overdue_seconds", "How long a job that waits for a time could have run.", "job", overdue)


def _build(prowess: Prowess) -> Iterator[Family]:
    about = {
        "version": __version__,
        "python": platform.python_version(),
        "database": prowess.database.dialect.name,
        "runner": prowess.runner_kind,
    }
    yield Family("prowess_build_info", GAUGE, "What runs here; the value is 1.", [Sample(1, about)])


def _process() -> Iterator[Family]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = round(used.ru_utime + used.ru_stime, 3)
    yield Family("process_cpu_seconds_total", COUNTER, "User and system time of this process.", [Sample(spent)])
    with suppress(OSError, ValueError, IndexError):  # only Linux has it
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        yield gauge("process_resident_memory_bytes", "Memory of this process (RSS).", pages * resource.getpagesize())
    with suppress(OSError):
        yield gauge(
            "process_open_fds",
            "Files and connections this process has open.",
            sum(1 for _ in Path("/proc/self/fd").iterdir()),
        )
    if sys.platform.startswith("linux"):
        yield from _started()


def _started() -> Iterator[Family]:
    """proc(5): field 22 of stat is in clock ticks since the machine started, which stat says in seconds."""
    with suppress(OSError, ValueError, IndexError, StopIteration):
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        lines = Path("/proc/stat").read_text().splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
        at = round(booted + ticks / os.sysconf("SC_CLK_TCK"), 2)
        yield gauge("process_start_time_seconds", "When this process started.", at)
