"""A bare store on each database, at an instant that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess


@pytest.fixture
def prowess(database_url: str) -> Iterator[Prowess]:
    clock = ManualClock(1_800_000_000_000_000)
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": database_url}), clock=clock) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield prowess
