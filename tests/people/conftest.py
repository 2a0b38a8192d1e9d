"""A bare store on each database, at an instant that stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from tests.conftest import Served, database_of
from tests.people.erased import NOW, furnish, seed
from tests.web.browser import close_clients


@pytest.fixture
def prowess(database_url: str) -> Iterator[Prowess]:
    clock = ManualClock(1_800_000_000_000_000)
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": database_url}), clock=clock) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield prowess


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Iterator[Served]:
    """A server with somebody who has left, and who may be erased."""
    with database_of(request) as url:
        served = serve(url, installed_plugins(), clock=ManualClock(NOW), PROWESS_RUNNER_KIND="none")
        furnish(served)
        yield served
        close_clients()


@pytest.fixture
def seeded(served: Served) -> Served:
    """The same; they stand in every table in which anybody can stand."""
    seed(served)
    return served
