"""The proof: one instant of a store is copied, caught up and checked; in a second copy what is derived is made anew.

The clock stands still at that instant for both, so that nothing differs by time alone.  Only the main lane works in copies:
what it emits and plans stays in them, and what would send it does not run (`lrs.jobs`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection, Table, func, select

from lrs.clock import Clock, ManualClock
from lrs.erasure.under_way import all_under_way
from lrs.jobs import MAIN
from lrs.prowess import Derived, Prowess
from lrs.settings import DatabaseSettings, RedisSettings, Secret
from lrs.store import tables as t
from lrs.store.backup import copy_file, copy_store
from lrs.verify.comparison import Views, differences
from lrs.verify.finding import RESTORE, Finding, finding, gathered

FILE: Final = "lrs.file"
FEED: Final = "lrs.feed"
ERASURE: Final = "lrs.erasure"
_RETRY: Final = "mend the cause, then: prowess feed retry"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found.

    behind: how many items of the feed each consumer had still to follow, in the store itself; in the copy it has.
    compared: by part and table, how many rows were made anew.  findings: empty when the store is what its record says.
    """

    at: int
    statements: int
    behind: Mapping[str, int]
    compared: Mapping[str, Mapping[str, int]]
    findings: Sequence[Finding]


def prove(prowess: Prowess) -> Proof:
    """Compare one instant of a store with what its record says; where files are made, TMPDIR needs room for two copies."""
    with TemporaryDirectory(prefix="prowess-verify-") as directory:
        stored, anew = Path(directory) / "stored.db", Path(directory) / "anew.db"
        copy_store(prowess.database, prowess.plugins, stored, prowess.clock)
        clock = ManualClock(prowess.clock.now())
        if damage := list(_integrity(stored)):
            return Proof(clock.now(), 0, {}, {}, damage)
        with _opened(prowess, stored, clock) as one:
            statements = _count(one, t.statement)
            if halves := list(_half_erased(one)):
                return Proof(clock.now(), statements, {}, {}, halves)
            behind = {consumer.name: one.feed.behind(consumer.name) for consumer in one.work.consumers}
            one.work.drain(MAIN)
            findings = list(_halted(one))
            findings += [found for plugin in one.plugins for found in gathered(plugin.checks(one))]
            copy_file(stored, anew)
            with _opened(prowess, anew, clock) as other:
                compared = _make_anew(other)
                findings += _halted(other)
                findings += _compare(one, other)
        return Proof(clock.now(), statements, behind, compared, findings)


def parts_of(prowess: Prowess) -> dict[str, Derived]:
    """Everything that is derived, by its name, in the order in which one rests on the other."""
    return {part.name: part for plugin in prowess.plugins for part in plugin.derived}


def rebuild(prowess: Prowess, part: Derived) -> None:
    """Throw away what is derived and make it anew.  Nobody else may work with the store meanwhile."""
    prowess.database.write(lambda conn: part.forget(prowess, conn))
    prowess.work.drain(MAIN)


def _opened(prowess: Prowess, file: Path, clock: Clock) -> Prowess:
    """A copy, with nobody to wake and no way to send mail."""
    settings = replace(
        prowess.settings,
        database=DatabaseSettings(Secret(f"sqlite:///{file}")),
        redis=RedisSettings(None),
        mail=replace(prowess.settings.mail, host=None),
    )
    return Prowess(settings, prowess.plugins, clock, prowess.ids)


def _integrity(file: Path) -> Iterator[Finding]:
    """What SQLite finds wrong with the file; nothing else can be told of one that is damaged."""
    with closing(sqlite3.connect(file)) as raw:
        try:
            verdict = "; ".join(row[0] for row in raw.execute("PRAGMA integrity_check"))
        except sqlite3.DatabaseError as error:
            verdict = str(error)
    if verdict != "ok":
        yield finding(FILE, "database", {}, "integrity_check", verdict, "ok", RESTORE)


def _half_erased(prowess: Prowess) -> Iterator[Finding]:
    """People of whom some tables say the pseudonym and others do not: until that is over nothing else can be told."""
    for one in all_under_way(prowess.database):
        key, mend = {"person_id": one.who.name}, f"end the erasure: prowess people erase {one.who.name}"
        yield finding(ERASURE, t.erasing.name, key, None, one.began_at, None, mend)


def _count(prowess: Prowess, table: Table) -> int:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(table)) or 0


def _halted(prowess: Prowess) -> Iterator[Finding]:
    """Consumers that did not come to the end of the feed."""
    tail = prowess.feed.last()
    for consumer in prowess.work.consumers:
        cursor = prowess.feed.cursor(consumer.name)
        if cursor != tail:
            yield finding(FEED, t.consumer.name, {"name": consumer.name}, "cursor", cursor, tail, _RETRY)


def _make_anew(prowess: Prowess) -> dict[str, dict[str, int]]:
    parts = parts_of(prowess)
    for part in parts.values():
        prowess.database.write(lambda conn, part=part: part.forget(prowess, conn))  # type: ignore[misc]
    prowess.work.drain(MAIN)
    return {name: {table.name: _count(prowess, table) for table in part.tables} for name, part in parts.items()}


def _compare(one: Prowess, other: Prowess) -> Iterator[Finding]:
    with one.database.read(snapshot=True) as stored, other.database.read(snapshot=True) as anew:
        for name, part in parts_of(one).items():
            tables: list[tuple[Table, Views]] = [*part.tables.items(), *((table, {}) for table in part.lasting)]
            for table, views in tables:
                mend = f"prowess rebuild {name}"
                yield from gathered(differences(stored, anew, table, views, part=name, mend=mend))
        yield from _parked(stored, anew)


def _parked(stored: Connection, anew: Connection) -> Iterator[Finding]:
    """What cannot be digested now and could before, or the other way round."""
    views = {"error": None, "parked_at": None}
    yield from gathered(differences(stored, anew, t.parked, views, part=FEED, mend=_RETRY))
