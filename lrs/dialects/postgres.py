"""PostgreSQL: order by an advisory lock, tail and floor in one sequence object.

A counter row would rot under long snapshots and `max(seq)` needs a fresh snapshot after the lock; a sequence's
`last_value` is neither transactional nor subject to a snapshot, and `setval` is durable with the commit that follows.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import psycopg
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    literal,
    text,
)
from sqlalchemy.dialects import postgresql as postgres_sql
from sqlalchemy.types import TypeEngine

from lrs.dialects.contract import COMPILED_QUERIES, Among
from lrs.dialects.driver import as_sqlalchemy
from lrs.errors import ConfigError

LOCK = 0x50524F57  # "PROW"
_READ_CLOCK = text("SELECT coalesce(CAST(:now AS bigint), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)")
_NEXT = text(
    "SELECT greatest(last_value + 1, coalesce(CAST(:now AS bigint),"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)),"
    " (SELECT coalesce(max(seq), 0) FROM erasure) FROM prowess_sequence"
)
_ALONG_INDEXES = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),"
    " set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true)"
)
_IN_ORDER = "SELECT set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)"
"""Without it a table that was never analysed is read whole and sorted for a page of it."""
_IN_ORDER_AND_KNOWN = (
    f"{_IN_ORDER}, EXISTS (SELECT FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'posting')"
)
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'prowess' AND pid <> pg_backend_pid()"
)
_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "client_encoding": "utf8",
}
"""Unless the URL says otherwise.  A server whose machine is gone answers nothing, not even that: without these a request
would wait for it as long as TCP tries, a quarter of an hour."""
_ON_ITS_WAY = (
    "SELECT host(inet_client_addr()),"
    " coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)"
    " OR coalesce((SELECT encrypted FROM pg_stat_gssapi WHERE pid = pg_backend_pid()), false)"
)
"""From where the server sees us come, and whether by TLS or GSSAPI (PostgreSQL, chapter 27.2)."""
_ADVANCE = text("SELECT setval('prowess_sequence', :last)")


class PostgresDialect:
    """Numbers are given under `pg_advisory_xact_lock`, which PostgreSQL releases only after the commit is visible."""

    name = "postgresql"
    serial_writes = False
    can_look_up = True

    def __init__(self) -> None:
        self._knows = False

    def engines(self, url: URL) -> tuple[Engine, Engine]:
        engine = create_engine(
            url,
            pool_size=10,
            max_overflow=30,
            pool_pre_ping=True,
            query_cache_size=COMPILED_QUERIES,
            isolation_level="READ COMMITTED",
            connect_args={
                **{name: value for name, value in _CONNECTING.items() if name not in url.query},
                "application_name": "prowess",
            },
        )
        event.listen(engine, "connect", _prepare_connection)
        return engine, engine

    def begun_at_once(self, engine: Engine) -> AbstractContextManager[Connection]:
        """Where it waits is the sequencer's lock."""
        return engine.begin()

    def insert(self, table: Table) -> Any:
        return postgres_sql.insert(table)

    def place_in(self, column: Any, part: bytes) -> Any:
        return func.position(literal(part).op("IN")(column))

    def write_over(self, conn: Connection) -> None:
        """Rows of before stay until they are vacuumed."""

    def clear(self, engine: Engine, *, whole: bool = True) -> str | None:  # noqa: ARG002 - nobody waits for a VACUUM
        """A VACUUM takes away rows of before as soon as nobody reads them any more; one comes by itself as well."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM")
        return None

    def append(
        self, conn: Connection, appended: Iterable[tuple[Table, Sequence[tuple[Any, ...]]]], *, anew: bool = True
    ) -> None:
        """One array for each column, and all tables in one pipeline: a commit waits for one answer instead of five."""
        raw: Any = conn.connection.dbapi_connection
        with as_sqlalchemy("INSERT", psycopg), raw.pipeline(), raw.cursor() as cursor:
            for table, rows in appended:
                if rows:
                    cursor.execute(_appending(table, anew=anew), [*map(list, zip(*rows, strict=True))])

    def among(self, conn: Connection, query: Among, tenant_id: int, keys: Collection[bytes]) -> list[tuple[Any, ...]]:
        raw: Any = conn.connection.dbapi_connection
        where = f"{query.tenant} = %s AND {query.key} = ANY(%b::bytea[])"
        sql = f"SELECT {query.columns} FROM {query.source} WHERE {where} {query.rest}"  # noqa: S608 - its parts are ours
        with as_sqlalchemy(sql, psycopg), raw.cursor() as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(sql, (tenant_id, list(keys))).fetchall()
            return found

    def in_order(self, conn: Connection) -> bool:
        if self._knows:
            conn.exec_driver_sql(_IN_ORDER)
        else:
            self._knows = bool(conn.exec_driver_sql(_IN_ORDER_AND_KNOWN).one()[-1])
        return self._knows

    def along_indexes(self, conn: Connection) -> None:
        conn.execute(_ALONG_INDEXES)

    def lock(self, conn: Connection) -> None:
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})

    def lock_key(self, conn: Connection, key: bytes) -> None:
        """Two numbers, so that no key is ever the one of `lock`; two keys that share them only wait for each other."""
        high, low = struct.unpack(">ii", key[:8])
        conn.execute(text("SELECT pg_advisory_xact_lock(:high, :low)"), {"high": high, "low": low})

    def next_seq(self, conn: Connection, now: int | None) -> tuple[int, int]:
        first, erased = conn.execute(_NEXT, {"now": now}).one()
        return int(first), int(erased)

    def advance(self, conn: Connection, last: int) -> None:
        conn.execute(_ADVANCE, {"last": last})

    def watermark(self, engine: Engine, now: int | None) -> int:
        with engine.connect() as conn:
            before = int(conn.scalar(_READ_CLOCK, {"now": now}))
            if conn.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOCK}):
                last = int(conn.scalar(text("SELECT last_value FROM prowess_sequence")))
                if before > last:
                    # Losing this one write in a crash costs nothing unless the clock also steps back meanwhile.
                    conn.execute(text("SET LOCAL synchronous_commit = off"))
                    self.advance(conn, before)
                conn.commit()
                return max(before, last)
            conn.rollback()
            return int(conn.scalar(_VISIBLE_TAIL) or 0)

    def catch_up(self, conn: Connection, tables: Sequence[Table]) -> None:
        for table in tables:
            column = table.autoincrement_column
            if column is not None:
                highest = f"SELECT max({column.name}) FROM {table.name}"  # noqa: S608 - our own tables
                conn.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), ({highest}))"
                    f" WHERE pg_get_serial_sequence('{table.name}', '{column.name}') IS NOT NULL AND ({highest}) > 0"
                )
        tail = "SELECT greatest(max(floor), ({}), (SELECT max(updated) FROM document)) FROM sequencer"
        conn.exec_driver_sql(f"SELECT setval('prowess_sequence', coalesce(({tail.format(_TAIL)}), 0))")

    def analyze(self, conn: Connection, tables: Sequence[Table]) -> None:
        names = ", ".join(conn.dialect.identifier_preparer.format_table(table) for table in tables)
        conn.exec_driver_sql(f"ANALYZE {names}")

    def exclude(self, conn: Connection, table: Table) -> None:
        conn.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))

    def be_patient(self, conn: Connection) -> None:
        """Locks are waited for anyway."""

    def require_fit(self, conn: Connection) -> None:
        encoding = conn.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise ConfigError(
                f"the database is encoded in {encoding}, which cannot hold every name",
                hint="make another: createdb --encoding=UTF8 --template=template0 NAME",
            )

    def is_overheard(self, conn: Connection) -> bool:
        address, is_encrypted = conn.exec_driver_sql(_ON_ITS_WAY).one()
        return is_open(address, is_encrypted=is_encrypted)

    def size(self, conn: Connection) -> int:
        return conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0

    def is_alone(self, engine: Engine) -> bool:
        with engine.connect() as conn:
            return conn.exec_driver_sql(_OTHERS).scalar() == 0

    def shed(self, conn: Connection) -> None:
        """The server's cache is shared and bounded."""

    def claim_suffix(self) -> dict[str, Any]:
        return {"skip_locked": True}


def is_open(address: str | None, *, is_encrypted: bool) -> bool:
    """Whether a connection from an address, None for a socket of the machine's own, can be read on its way."""
    return address is not None and not is_encrypted and not ip_address(address).is_loopback


@lru_cache(maxsize=64)
def _appending(table: Table, *, anew: bool) -> str:
    dialect = postgres_sql.dialect()  # type: ignore[no-untyped-call]
    names = ", ".join(dialect.identifier_preparer.format_column(column) for column in table.columns)
    arrays = ", ".join(f"%b::{_whole(column).compile(dialect=dialect)}[]" for column in table.columns)
    stay = "" if anew else " ON CONFLICT DO NOTHING"
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){stay}"  # noqa: S608 - our own tables


def _whole(column: Column[Any]) -> TypeEngine[Any]:
    """The type to cast a column's values to; a cast to VARCHAR(n) would cut them where an INSERT refuses."""
    return Text() if isinstance(column.type, String) else column.type


def _prepare_connection(raw: Any, _: Any) -> None:
    """No just-in-time compilation: our queries are short, and compiling a report costs more than running it."""
    raw.execute("SET jit = off")
    raw.commit()


_TAIL = "SELECT greatest((SELECT coalesce(max(seq), 0) FROM statement), (SELECT coalesce(max(seq), 0) FROM event))"
_VISIBLE_TAIL = text(_TAIL)
