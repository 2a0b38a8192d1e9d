from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Served, database_of
from tests.entry.desk import Office, office_template, open_furnished
from tests.servers import sqlite_at
from tests.web.browser import close_clients


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def office(serve: Callable[..., Served], tmp_path: Path) -> Office:
    """An office on SQLite, where the database does not matter."""
    return open_furnished(serve, sqlite_at(tmp_path / "store.db", office_template))


@pytest.fixture(params=["sqlite", "postgresql"])
def each_office(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Iterator[Office]:
    """An office on each database."""
    with database_of(request, office_template) as url:
        yield open_furnished(serve, url)
