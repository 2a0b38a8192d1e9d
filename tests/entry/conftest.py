from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Served
from tests.entry.desk import Office, database_in, open_office
from tests.web.browser import close_clients


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def office(serve: Callable[..., Served], tmp_path: Path) -> Office:
    """An office on SQLite, where the database does not matter."""
    return open_office(serve, database_in(tmp_path))


@pytest.fixture
def each_office(serve: Callable[..., Served], database_url: str) -> Office:
    """An office on each database."""
    return open_office(serve, database_url)
