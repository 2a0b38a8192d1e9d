"""Backups: a whole store in one SQLite file, taken while the server runs, from either database and back into either.

A backup is a store: the same tables, which `prowess serve` could open as they are.  So there is one format for both
databases, an old backup is brought up to date by the ordinary migrations, and going from SQLite to PostgreSQL is a backup and
a restore.

A backup bears a seal: the digest of its statements, and up to which number it goes.  Statements never change, so it holds
as well where the file was served and went on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import Connection, Table, func, select, text

from lrs.batches import batches
from lrs.clock import Clock
from lrs.db import Database
from lrs.errors import Conflict, ProwessError
from lrs.migrate import ahead, migrate, version_tables
from lrs.private import make_private
from lrs.prowess import Plugin
from lrs.store import tables as t

_ROWS = 2_000
_BODIES = 100
"""Fetched at once; each may have megabytes."""
_SEAL: Final = "CREATE TABLE backup_seal (format INTEGER, last INTEGER, digest TEXT)"
_FORMAT: Final = 1
"""Of the digest in a seal: what of a statement goes into it, and how."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a store.  digest: SHA-256 over every statement's number, id and bytes, in the order of the feed."""

    statements: int
    rows: int
    digest: str


def back_up(database: Database, plugins: Sequence[Plugin], path: Path, clock: Clock) -> Contents:
    """Copy one instant of a store into a new file; it appears when it is whole.  Raises Conflict when the file is there."""
    if path.exists():
        raise Conflict(f"{path} exists already", hint="name a new file; backups are never overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as directory:
        copy = Path(directory) / path.name
        make_private(copy)
        copy_store(database, plugins, copy, clock)
        found = _contents_of(copy, plugins, clock)
        with copy.open("rb") as file:
            os.fsync(file.fileno())
        copy.rename(path)
    _flush_directory(path.parent)
    return found


def copy_store(database: Database, plugins: Sequence[Plugin], copy: Path, clock: Clock) -> None:
    """Copy one instant of a store into a new file that is nobody's yet."""
    if database.dialect.name == "sqlite":
        copy_file(Path(str(database.url.database)), copy)
    else:
        _copy_rows(database, plugins, copy, clock)


def restore(database: Database, plugins: Sequence[Plugin], path: Path, clock: Clock) -> Contents:
    """Fill an empty store from a backup, which may be of an earlier version; all of it or nothing.

    Raises Conflict when the store is not empty, ProwessError when the file is no backup, when its statements are not those
    that were backed up, or came out otherwise.  A backup of before there were seals is taken as it is.
    """
    with TemporaryDirectory(prefix="prowess-restore-") as directory:
        copy = Path(directory) / "backup.db"
        _check(path)
        shutil.copyfile(path, copy)
        with closing(Database(f"sqlite:///{copy}", clock)) as source:
            migrate(source, tuple(plugins))
            if later := ahead(source, tuple(plugins)):
                names = ", ".join(later)
                hint = "restore it with that version: this one would lose what it does not know"
                raise ProwessError(f"the backup is of a later version, for: {names}", hint=hint)
            migrate(database, tuple(plugins))
            expected = contents(source, plugins)
            _check_seal(path, source, expected)
            tables = _tables(plugins)
            with source.read() as rows:
                database.write(lambda conn: _fill(database, conn, rows, tables))
    found = contents(database, plugins)
    if found != expected:
        raise ProwessError(
            f"restored {found}, but the backup holds {expected}", hint="empty the database and try again"
        )
    return found


def contents(database: Database, plugins: Sequence[Plugin]) -> Contents:
    """Count and digest one instant of a store."""
    with database.read(snapshot=True) as conn:
        count, digest = _digest(conn)
        rows = sum(conn.scalar(select(func.count()).select_from(table)) or 0 for table in _tables(plugins))
    return Contents(count, rows, digest)


def _digest(conn: Connection, last: int | None = None) -> tuple[int, str]:
    """How many statements there are, up to a number or all, and what `Contents.digest` is of them."""
    digest, count = hashlib.sha256(), 0
    s, b = t.statement.c, t.body.c
    query = select(s.tenant_id, s.seq, s.id, b.codec, b.bytes).outerjoin_from(t.statement, t.body, b.seq == s.seq)
    if last is not None:
        query = query.where(s.seq <= last)
    for row in conn.execution_options(yield_per=_BODIES).execute(query.order_by(s.seq)):
        codec, body = (-1, b"") if row.bytes is None else (row.codec, row.bytes)
        digest.update(b"%d %d %d %d " % (row.tenant_id, row.seq, codec, len(body)) + row.id)
        digest.update(body)
        count += 1
    return count, digest.hexdigest()


def _seal(raw: sqlite3.Connection, found: Contents) -> None:
    raw.execute("DROP TABLE IF EXISTS backup_seal")  # of the backup that the store once was
    raw.execute(_SEAL)
    (last,) = raw.execute("SELECT coalesce(max(seq), 0) FROM statement").fetchone()
    raw.execute("INSERT INTO backup_seal VALUES (?, ?, ?)", (_FORMAT, last, found.digest))
    raw.commit()


def _check_seal(path: Path, source: Database, found: Contents) -> None:
    """Raises ProwessError when the statements of a backup are not those that it was made of."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as raw:
        if raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'backup_seal'").fetchone() is None:
            return
        sealed = raw.execute("SELECT format, last, digest FROM backup_seal").fetchone()
    if sealed is None or sealed[0] != _FORMAT:
        raise ProwessError("the seal of the backup is of another version", hint="restore it with that version")
    _, last, digest = sealed
    if found.digest == digest:
        return
    with source.read(snapshot=True) as conn:
        if _digest(conn, last)[1] != digest:
            raise ProwessError(
                f"the statements in {path} are not those that were backed up",
                hint="somebody changed it: use another backup",
            )


def _tables(plugins: Sequence[Plugin]) -> list[Table]:
    return [table for plugin in plugins if plugin.metadata is not None for table in plugin.metadata.sorted_tables]


def _contents_of(file: Path, plugins: Sequence[Plugin], clock: Clock) -> Contents:
    with closing(Database(f"sqlite:///{file}", clock)) as copied:
        found = contents(copied, plugins)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")  # one file, not three
        _seal(raw, found)
    return found


def copy_file(source: Path, copy: Path) -> None:
    """In one step, so that no writer makes it begin anew; in WAL mode writers go on meanwhile."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other, pages=-1)


def _copy_rows(database: Database, plugins: Sequence[Plugin], copy: Path, clock: Clock) -> None:
    with closing(Database(f"sqlite:///{copy}", clock)) as empty:
        migrate(empty, tuple(plugins))
    with database.read(snapshot=True) as conn, closing(sqlite3.connect(copy)) as raw:
        _require_same_versions(conn, raw, plugins)
        raw.execute("PRAGMA synchronous=OFF")
        raw.execute("BEGIN")
        for table in _tables(plugins):
            raw.execute(f"DELETE FROM {table.name}")  # noqa: S608 - migrations leave a first row in some
            rows = conn.execution_options(yield_per=_ROWS).execute(select(table))
            raw.executemany(_insertion(table), map(tuple, rows))
        floor = conn.scalar(text("SELECT last_value FROM prowess_sequence"))
        raw.execute("UPDATE sequencer SET floor = max(floor, ?)", (floor,))
        raw.execute("COMMIT")


def _require_same_versions(conn: Connection, raw: sqlite3.Connection, plugins: Sequence[Plugin]) -> None:
    for name in version_tables(plugins):
        here = conn.scalar(text(f"SELECT version_num FROM {name}"))  # noqa: S608 - our own tables
        (there,) = raw.execute(f"SELECT version_num FROM {name}").fetchone()  # noqa: S608
        if here != there:
            raise ProwessError("the database is of a later version than this program", hint="back it up with that one")


def _insertion(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608 - our own


def _check(path: Path) -> None:
    """Raises ProwessError when a file is no whole backup."""
    if not path.is_file():
        raise ProwessError(f"there is no backup at {path}")
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as raw:
            (verdict,) = raw.execute("PRAGMA quick_check").fetchone()
            raw.execute("SELECT 1 FROM statement_key LIMIT 1")
    except sqlite3.DatabaseError as error:
        raise ProwessError(
            f"{path} is no backup of a store: {error}", hint="make one with: prowess backup FILE"
        ) from error
    if verdict != "ok":
        raise ProwessError(f"{path} is damaged: {verdict}", hint="use another backup")


def _fill(database: Database, conn: Connection, source: Connection, tables: Sequence[Table]) -> None:
    database.dialect.lock(conn)
    for table in (t.statement, t.event, t.document, t.credential):
        if conn.execute(select(table).limit(1)).first() is not None:
            raise Conflict("the store is not empty", hint="restore into a new database: set database.url to one")
    for table in tables:
        conn.execute(table.delete())
        rows = source.execution_options(yield_per=_ROWS).execute(select(table))
        for some in batches(map(tuple, rows), _ROWS):
            database.dialect.append(conn, [(table, some)])
    database.dialect.catch_up(conn, tables)


def _flush_directory(directory: Path) -> None:
    """So that the name of the new file survives a loss of power as well."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
