"""Real databases and a real Redis-compatible server for every test that wants one.

They are started once for each test process; see `tests.servers`.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import ClassVar
from uuid import uuid4

import hypothesis
import pytest
import requests
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from lrs.app import create_app
from lrs.clock import Clock, SystemClock
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Plugin, Prowess
from lrs.server import Server
from lrs.web import accounts
from tests.servers import Furnish, fresh_database, postgres_server, redis_server, sqlite_at

hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=2000, deadline=None)
hypothesis.settings.load_profile("steady")

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


class TemplatesCompiledOnce(BytecodeCache):
    """Every application has an environment of its own; a template they share is compiled by the first that renders it."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._compiled[bucket.key, bucket.checksum] = bucket.code


class RouteCompiledOnce(Rule):
    """Every application compiles the same hundred routes, with `ast`; what builds an address knows no application."""

    _compiled: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (self.rule, tuple(self._trace), append_unknown)
        if key not in self._compiled:
            self._compiled[key] = super()._compile_builder(append_unknown)
        return self._compiled[key]


Flask.url_rule_class = RouteCompiledOnce
Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": TemplatesCompiledOnce()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is shown once more on PostgreSQL has a target of its own, `make twice`, so that `make test` ends while one waits."""
    for item in items:
        if "postgresql" in _params_of(item).values() and not _is_apart(item):
            item.add_marker("twice")


def _params_of(item: pytest.Item) -> dict[str, object]:
    return item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}


def _is_apart(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("journey", "fault"))


def pytest_collection_finish() -> None:
    """Nine thousand tests and all modules stay until the end: the garbage collector need not go through them again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _hash_passwords_quickly() -> None:
    """Signing in costs memory-hard work each time, on purpose; tests sign in all the time."""
    accounts._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real traffic of real systems, where this checkout stands beside it."""
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    return CORPUS


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's maintenance database."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """A fresh PostgreSQL database with every table and no rows."""
    with fresh_database(postgres_url) as url:
        yield url


@contextmanager
def database_of(request: pytest.FixtureRequest, furnish: Furnish | None = None) -> Iterator[str]:
    """A store with every table, and what `furnish` puts there, for a fixture with parameter "sqlite" or "postgresql"."""
    if request.param == "sqlite":
        yield sqlite_at(request.getfixturevalue("tmp_path") / "store.db", furnish)
    else:
        with fresh_database(request.getfixturevalue("postgres_url"), furnish) as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with every table and no rows, once on SQLite and once on PostgreSQL."""
    with database_of(request) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with fresh_database(request.getfixturevalue("postgres_url"), is_empty=True) as url:
            yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a Redis-compatible server."""
    with redis_server() as url:
        yield url


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


def start_server(
    url: str, plugins: tuple[Plugin, ...] = (), *, clock: Clock | None = None, **environment: str
) -> tuple[Served, Callable[[], None]]:
    """A real server over a database, and what stops it."""
    environ = {"PROWESS_DATABASE_URL": url, **environment}
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    settings = load_settings(None, environ=environ, sections=sections)
    prowess = Prowess(settings, plugins, clock or SystemClock())
    migrate(prowess.database, prowess.plugins)
    credential, secret = prowess.credentials.create(f"all-{uuid4().hex[:8]}", ["all"])
    app = create_app(prowess)
    server = Server(app, host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    return Served(server.url, app, prowess, credential.key, str(secret)), stop


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Start servers: `serve(url, plugins=(), **environment)`; all are stopped when the test ends."""
    stops: list[Callable[[], None]] = []

    def start(url: str, plugins: tuple[Plugin, ...] = (), *, clock: Clock | None = None, **environment: str) -> Served:
        served, stop = start_server(url, plugins, clock=clock, **environment)
        stops.append(stop)
        return served

    yield start
    for stop in reversed(stops):
        stop()
