"""Processes that migrate a database and are killed on the way, forked from one so that hundreds of them take seconds.

python -m tests.migrating URL STRIDE: migrates until it is done, and is killed (signal 9) in front of the first, then of
the next but STRIDE statement or commit, and so on, until one gets through; prints what was told before each death.
python -m tests.migrating URL twice: two processes at the same time; prints their exit codes.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from sqlalchemy import Engine, create_engine, event, inspect, make_url

from lrs.config import load_settings
from lrs.dialects.choice import dialect_of
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins


def open_store(url: str) -> Prowess:
    return Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), installed_plugins())


_CATALOGUE = {
    "sqlite": ["SELECT type, name, sql FROM sqlite_master"],
    "postgresql": [
        (
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        ),
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        (
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace"
        ),
        "SELECT sequencename, last_value FROM pg_sequences",
    ],
}


def snapshot(url: str) -> dict[str, list[str]]:
    """Everything in a database: what the catalogue says, and each table's rows."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    engine = create_engine(parsed if backend == "sqlite" else parsed.set(drivername="postgresql+psycopg"))
    with engine.connect() as conn:
        said = [row for query in _CATALOGUE[backend] for row in conn.exec_driver_sql(query)]
        found = {"": sorted(repr(tuple(row)) for row in said)}
        for name in inspect(conn).get_table_names():
            found[name] = sorted(repr(tuple(row)) for row in conn.exec_driver_sql(f'SELECT * FROM "{name}"'))
    engine.dispose()
    return found


def die_at(place: int) -> None:
    """Be killed in front of the place-th thing that is asked of a database."""
    asked = 0

    def count(*_: object) -> None:
        nonlocal asked
        asked += 1
        if asked == place:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)


def forked(url: str, place: int | None) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if place is not None:
            die_at(place)
        with open_store(url) as prowess:
            migrate(prowess.database, prowess.plugins)
        code = 0
    finally:
        os._exit(code)


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_on_the_way(url: str, stride: int) -> list[list[str]]:
    """Kill again and again; each death must leave what there was, or another plug-in whole."""
    deaths: list[list[str]] = []
    before, place = snapshot(url), 1
    while (code := ended(forked(url, place))) != 0:
        assert code == -signal.SIGKILL, code
        after = snapshot(url)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        whole = [name for name in changed if name.startswith("migration_")]
        assert bool(whole) == bool(changed), f"half a migration: {changed}"
        deaths.append(whole)
        before, place = after, 1 if whole else place + stride
    return deaths


if __name__ == "__main__":
    url, how = sys.argv[1:]
    installed_plugins()  # what all of them import is imported once
    dialect_of(url)
    if how == "twice":
        told: object = [ended(pid) for pid in [forked(url, None) for _ in range(2)]]
    else:
        told = kill_on_the_way(url, int(how))
    sys.stdout.write(json.dumps(told))
