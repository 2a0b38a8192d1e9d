from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Served
from tests.entry.desk import Office, database_in
from tests.pages.scene import open_scene
from tests.web.browser import close_clients


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def scene(serve: Callable[..., Served], tmp_path: Path) -> Office:
    """An organisation on SQLite, where the database does not matter."""
    return open_scene(serve, database_in(tmp_path))


@pytest.fixture
def each_scene(serve: Callable[..., Served], database_url: str) -> Office:
    """An organisation on each database."""
    return open_scene(serve, database_url)
