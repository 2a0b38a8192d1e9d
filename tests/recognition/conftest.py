from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Served, database_of
from tests.entry.desk import Office
from tests.recognition.scene import badges_template, open_badges
from tests.servers import sqlite_at
from tests.web.browser import close_clients


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def office(serve: Callable[..., Served], tmp_path: Path) -> Office:
    """An organisation that issues badges, on SQLite, where the database does not matter."""
    return open_badges(serve, sqlite_at(tmp_path / "store.db", badges_template))


@pytest.fixture(params=["sqlite", "postgresql"])
def each_office(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Iterator[Office]:
    """The same on each database."""
    with database_of(request, badges_template) as url:
        yield open_badges(serve, url)
