"""SQLite: WAL, synchronous=FULL, one writing connection, order by BEGIN IMMEDIATE."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from time import time_ns
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func
from sqlalchemy.dialects import sqlite as sqlite_sql
from sqlalchemy.pool import QueuePool

from lrs.clock import SECOND
from lrs.dialects.contract import COMPILED_QUERIES, Among
from lrs.dialects.driver import as_sqlalchemy
from lrs.errors import ConfigError
from lrs.logs import get_logger
from lrs.private import make_private

log = get_logger(__name__)

_BUSY_MS = 10_000
_PATIENT_MS = 3_600_000
_LOG_PAGES = 16_000
"""So long the write-ahead log gets, in pages of 4 KiB, before a commit moves it into the file; it keeps that size."""
_READ: Final = "somebody reads the database; try again later"
_IN_THE_WAY: Final = {
    sqlite3.SQLITE_BUSY: "somebody writes to the database; try again later",
    sqlite3.SQLITE_LOCKED: "somebody writes to the database; try again later",
    sqlite3.SQLITE_FULL: "the disk is full: a file of the same size has to fit beside the database, and in SQLITE_TMPDIR or TMPDIR",
    sqlite3.SQLITE_READONLY: "the file may not be written; run it as the user whose it is",
}
"""By the first byte of an error code (sqlite.org/rescode.html), why a file was not cleared and what to do."""


class SqliteDialect:
    """Numbers are `max(tail, clock, floor) + 1` inside BEGIN IMMEDIATE.

    The floor is what was once answered as Consistent-Through: kept in memory, written at most once a second, and read
    back with a second to spare where another process wrote it, so that a clock stepped back across a restart, or between
    two processes, cannot contradict an answer.
    """

    name = "sqlite"
    serial_writes = True
    can_look_up = False

    def __init__(self) -> None:
        self._floor = 0
        self._floor_saved = -1
        self._promised_elsewhere = 0
        self._guard = threading.Lock()

    def engines(self, url: URL) -> tuple[Engine, Engine]:
        if not url.database or url.database == ":memory:":
            raise ConfigError("database.url: an in-memory SQLite cannot be shared", hint="name a file: sqlite:///FILE")
        parent = Path(url.database).parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"database.url: no file can be in {parent}: {error.strerror}", hint="name one where you may write"
            ) from error
        connect_args = {"check_same_thread": False, "timeout": _BUSY_MS / 1000}
        common = {"poolclass": QueuePool, "connect_args": connect_args, "query_cache_size": COMPILED_QUERIES}
        write = create_engine(url, pool_size=2, max_overflow=2, **common)
        read = create_engine(url, pool_size=8, max_overflow=24, **common)
        for engine, begin in ((read, "BEGIN"), (write, "BEGIN IMMEDIATE")):
            event.listen(engine, "do_connect", _maker_of(url.database))
            event.listen(engine, "connect", _prepare_connection)
            event.listen(engine, "begin", _beginner(begin))
        event.listen(read, "connect", _make_read_only)
        event.listen(write, "connect", _remember_more)
        return read, write

    @contextmanager
    def begun_at_once(self, engine: Engine) -> Iterator[Connection]:
        with engine.connect() as conn:
            raw: Any = conn.connection.dbapi_connection
            raw.execute("PRAGMA busy_timeout=0")
            try:
                with conn.begin():
                    yield conn
            finally:
                raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

    def insert(self, table: Table) -> Any:
        return sqlite_sql.insert(table)

    def place_in(self, column: Any, part: bytes) -> Any:
        return func.instr(column, part)

    def write_over(self, conn: Connection) -> None:
        """What is deleted becomes zeros in the same write; the log has it until it is emptied."""
        conn.exec_driver_sql("PRAGMA secure_delete=ON")

    def clear(self, engine: Engine, *, whole: bool = True) -> str | None:
        """The file is written anew from what is there, and its log is emptied, unless somebody goes on reading in it."""
        with closing(sqlite3.connect(str(engine.url.database), timeout=_BUSY_MS / 1000)) as raw:
            try:
                if whole:
                    raw.execute("VACUUM")
                (busy, _, _) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError as why:
                log.warning("not cleared", error=str(why))
                return in_the_way(why)
        return _READ if busy else None

    def append(
        self, conn: Connection, appended: Iterable[tuple[Table, Sequence[tuple[Any, ...]]]], *, anew: bool = True
    ) -> None:
        raw: Any = conn.connection.dbapi_connection
        for table, rows in appended:
            if rows:
                sql = _appending(table, anew=anew)
                with as_sqlalchemy(sql, sqlite3):
                    raw.executemany(sql, rows)

    def among(self, conn: Connection, query: Among, tenant_id: int, keys: Collection[bytes]) -> list[tuple[Any, ...]]:
        """Key by key: a look-up costs less than a list of parameters."""
        raw: Any = conn.connection.dbapi_connection
        mine = f"FROM {query.source} WHERE {query.tenant} = ?"
        sql = f"SELECT {query.columns} {mine} AND {query.key} = ? {query.rest}"
        found: list[tuple[Any, ...]] = []
        with as_sqlalchemy(sql, sqlite3):
            if query.rare and raw.execute(f"SELECT 1 {mine} LIMIT 1", (tenant_id,)).fetchone() is None:
                return found
            for key in keys:
                found += raw.execute(sql, (tenant_id, key))
        return found

    def in_order(self, conn: Connection) -> bool:  # noqa: ARG002 - it has nothing to be told
        """SQLite takes an index that gives the order whenever there is one, and nothing but looks up."""
        return True

    def along_indexes(self, conn: Connection) -> None:
        """SQLite joins no other way."""

    def lock(self, conn: Connection) -> None:
        """BEGIN IMMEDIATE already holds it."""

    def lock_key(self, conn: Connection, key: bytes) -> None:
        """BEGIN IMMEDIATE keeps everybody else from writing."""

    def next_seq(self, conn: Connection, now: int | None) -> tuple[int, int]:
        tail, saved, erased = conn.exec_driver_sql(_NEXT).one()
        with self._guard:
            self._learn(saved)
            return max(int(tail), self._floor, self._promised_elsewhere, _clock(now) - 1) + 1, int(erased)

    def advance(self, conn: Connection, last: int) -> None:  # noqa: ARG002 - the contract's shape
        """A number that is in no table yet, or never will be, is remembered as a floor."""
        with self._guard:
            self._floor = max(self._floor, last)

    def watermark(self, engine: Engine, now: int | None) -> int:
        before = _clock(now)
        with self._guard, engine.connect() as conn:
            raw: Any = conn.connection.dbapi_connection
            try:
                raw.execute("PRAGMA busy_timeout=0")
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                # Somebody stands between stamp and commit: only what is visible is certain.
                return int(raw.execute(_TAIL).fetchone()[0])
            else:
                return self._raise_floor(raw, before)
            finally:
                raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

    def _raise_floor(self, raw: Any, before: int) -> int:
        """Answer the clock (or the tail, which a burst can put ahead of it) and remember it, still inside the lock."""
        row = raw.execute(_TAIL_AND_FLOOR).fetchone()
        tail = int(row[0])
        self._learn(row[1])
        floor = max(before, tail, self._floor)
        if floor - self._floor_saved < SECOND:
            raw.execute("ROLLBACK")
        elif self._save_floor(raw, floor):
            self._floor_saved = floor
        else:
            return tail  # a promise that would be forgotten in a restart is not given
        self._floor = floor
        return floor

    def _save_floor(self, raw: Any, floor: int) -> bool:
        """False when the disk takes nothing."""
        try:
            raw.execute("UPDATE sequencer SET floor = ? WHERE id = 1", (floor,))
            raw.execute("COMMIT")
        except sqlite3.Error as error:
            log.warning("floor not saved", error=str(error))
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            return False
        return True

    def catch_up(self, conn: Connection, tables: Sequence[Table]) -> None:
        """SQLite looks at the rows."""

    def analyze(self, conn: Connection, tables: Sequence[Table]) -> None:
        """SQLite plans by the indexes alone, and well enough."""

    def exclude(self, conn: Connection, table: Table) -> None:
        """BEGIN IMMEDIATE keeps everybody else from writing."""

    def be_patient(self, conn: Connection) -> None:
        raw: Any = conn.connection.dbapi_connection
        raw.execute(f"PRAGMA busy_timeout={_PATIENT_MS}")

    def require_fit(self, conn: Connection) -> None:
        """Every file can."""

    def is_overheard(self, conn: Connection) -> bool:  # noqa: ARG002 - the contract's shape
        """A file is nobody's network."""
        return False

    def size(self, conn: Connection) -> int:
        pages, each = (conn.exec_driver_sql(f"PRAGMA {name}").scalar() or 0 for name in ("page_count", "page_size"))
        return int(pages * each)

    def is_alone(self, engine: Engine) -> bool:
        """Leaving WAL needs the file for oneself; the next connection goes back to it."""
        with closing(sqlite3.connect(str(engine.url.database), timeout=0)) as raw:
            try:
                raw.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError:
                return False
        return True

    def shed(self, conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA shrink_memory")

    def claim_suffix(self) -> dict[str, Any]:
        return {}

    def _learn(self, saved: int) -> None:
        """Take in the floor that stands in the database: who wrote it may have promised up to a second more since."""
        if saved != self._floor_saved:
            self._floor_saved = saved
            self._floor = max(self._floor, saved)
            self._promised_elsewhere = saved + SECOND if saved else 0


@lru_cache(maxsize=64)
def _appending(table: Table, *, anew: bool) -> str:
    put = sqlite_sql.insert(table)
    return str((put if anew else put.on_conflict_do_nothing()).compile(dialect=sqlite_sql.dialect()))


_TAIL = "SELECT max((SELECT coalesce(max(seq), 0) FROM statement), (SELECT coalesce(max(seq), 0) FROM event))"
_TAIL_AND_FLOOR = (
    "SELECT max((SELECT coalesce(max(seq), 0) FROM statement), (SELECT coalesce(max(seq), 0) FROM event),"
    " (SELECT coalesce(max(updated), 0) FROM document)), (SELECT coalesce(max(floor), 0) FROM sequencer)"
)
_NEXT = _TAIL_AND_FLOOR + ", (SELECT coalesce(max(seq), 0) FROM erasure)"  # noqa: S608 - both are ours


def in_the_way(why: sqlite3.OperationalError) -> str:
    """Why a file was not cleared, and what to do."""
    code = getattr(why, "sqlite_errorcode", 0) & 0xFF
    return _IN_THE_WAY.get(code, f"the database says: {why}")


def _clock(now: int | None) -> int:
    return time_ns() // 1000 if now is None else now


def _prepare_connection(raw: Any, _: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves; the driver's own guesses break DDL and reads
    cursor = raw.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-4000",
        "temp_store=MEMORY",
        f"journal_size_limit={_LOG_PAGES * 4096}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _remember_more(raw: Any, _: Any) -> None:
    """Those who write touch pages all over the indexes; those who read are many, and the system has a cache of its own.

    A page that many commits touch is moved out of the log once for all of them: the longer the log, the fewer are moved.
    """
    raw.execute("PRAGMA cache_size=-16000")
    raw.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def _make_read_only(raw: Any, _: Any) -> None:
    raw.execute("PRAGMA query_only=ON")


def _maker_of(file: str) -> Callable[..., None]:
    """What makes the file that is about to be opened, where it is a file's name; beside it SQLite makes others like it."""

    def make(*_: Any) -> None:
        if not file.startswith("file:"):
            make_private(Path(file))

    return make


def _beginner(statement: str) -> Any:
    def begin(conn: Connection) -> None:
        conn.exec_driver_sql(statement)

    return begin
