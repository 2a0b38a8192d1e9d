"""Servers that many cases share: what these tests send is small and never collides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs.clock import ManualClock
from tests.conftest import Served, start_server
from tests.servers import fresh_database, sqlite_at

NOON = 1_795_521_600_000_000


@pytest.fixture(scope="session")
def lite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bare store on SQLite that all tests of a process share, where the database does not matter."""
    served, stop = start_server(
        sqlite_at(tmp_path_factory.mktemp("lite") / "store.db"),
        PROWESS_SERVER_CORS_ORIGINS="[https://content.example]",
        PROWESS_LIMITS_BODY_BYTES="300000",
    )
    yield served
    stop()


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    """The time of `shared`; tests may move it on."""
    return ManualClock(NOON)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: ManualClock
) -> Iterator[Served]:
    """A bare store; each case brings keys of its own."""
    if request.param == "sqlite":
        served, stop = start_server(sqlite_at(tmp_path_factory.mktemp("shared") / "store.db"), clock=clock)
        yield served
        stop()
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url:
        served, stop = start_server(url, clock=clock)
        yield served
        stop()
