"""A store to report on: every table, a clock that stands still, and rows made by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.migrate import migrate
from lrs.prowess import Prowess
from reports.plugin import plugin as reports_plugin
from rules import tables as r
from tests.reports.rows import Rows, us

NOON = us("2026-06-30") + 12 * 3_600_000_000


@pytest.fixture
def clock() -> ManualClock:
    """Noon (UTC) of 2026-06-30."""
    return ManualClock(NOON)


@pytest.fixture
def report_store(database_url: str, clock: ManualClock) -> Iterator[Prowess]:
    """An empty store with the tables of rules, on each database."""
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": database_url})
    with Prowess(settings, (reports_plugin,), clock, SeededIds(1)) as prowess:
        migrate(prowess.database, prowess.plugins)
        r.metadata.create_all(prowess.database.writing)
        yield prowess


@pytest.fixture
def rows(report_store: Prowess) -> Rows:
    """Writes into the store's first tenant."""
    return Rows(report_store)
