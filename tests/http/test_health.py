"""Health: 503 only where requests cannot be served; what lags behind is said, and is no reason to take a server out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import insert, text

from lrs.app import create_app
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import Unavailable
from lrs.prowess import Prowess, installed_plugins
from lrs.store import tables as t
from tests.conftest import Served
from tests.http.test_metrics import statement
from tests.servers import sqlite_at

NOON = 1_795_521_600_000_000


def ready(served: Served) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{served.url}/health/ready", timeout=20)
    return answer.status_code, answer.json()


def test_ready_tells_how_far_each_follower_has_come(serve: Callable[..., Served], database_url: str) -> None:
    clock = ManualClock(NOON)
    served = serve(database_url, tuple(installed_plugins()), clock=clock, PROWESS_RUNNER_KIND="none")
    status, said = ready(served)
    names = [follower["name"] for follower in said["followers"]]
    assert (status, said["status"], said["degraded"]) == (200, "ready", [])
    assert {"lrs.directory", "rules.evidence", "connectors.deliveries"} <= set(names)
    with served.session() as session:
        assert session.post(f"{served.xapi}/statements", json=[statement(), statement()]).ok
    clock.move(seconds=59)
    status, said = ready(served)
    assert (status, said["degraded"]) == (200, [])
    clock.move(seconds=3)
    status, said = ready(served)
    followers = {follower["name"]: follower for follower in said["followers"]}
    assert status == 200
    assert followers["rules.evidence"] == {"name": "rules.evidence", "lag_items": 2, "lag_seconds": 62.0, "parked": 0}
    assert "lag:rules.evidence" in said["degraded"]
    assert "lag:lrs.directory" not in said["degraded"]  # it is patient
    served.prowess.work.drain("main")
    assert ready(served)[1]["degraded"] == []


def test_parked_items_are_said_and_the_store_stays_ready(serve: Callable[..., Served], database_url: str) -> None:
    served = serve(database_url, tuple(installed_plugins()), PROWESS_RUNNER_KIND="none")
    row = {"consumer": "rules.evidence", "seq": 7, "error": "why", "parked_at": 1}
    served.prowess.database.write(lambda conn: conn.execute(insert(t.parked), row))
    status, said = ready(served)
    assert (status, said["degraded"]) == (200, ["parked:rules.evidence"])


def test_a_store_whose_migrations_are_missing_is_not_ready(empty_database_url: str) -> None:
    environ = {"PROWESS_DATABASE_URL": empty_database_url, "PROWESS_RUNNER_KIND": "none"}
    with Prowess(load_settings(None, environ=environ)) as prowess:
        answer = create_app(prowess).test_client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json() == {"status": "not ready", "reason": "the database is not up to date for: lrs"}


def test_tables_that_were_taken_back_under_a_running_server_are_noticed(
    serve: Callable[..., Served], database_url: str
) -> None:
    served = serve(database_url, PROWESS_RUNNER_KIND="none")
    assert ready(served)[0] == 200
    back = text("UPDATE migration_lrs SET version_num = 'lrs_0001'")
    served.prowess.database.write(lambda conn: conn.execute(back))
    assert ready(served) == (503, {"status": "not ready", "reason": "the database is not up to date for: lrs"})


def test_a_database_that_is_away_is_not_ready_and_the_process_alive(
    serve: Callable[..., Served], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_RUNNER_KIND="none")

    def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(served.prowess.database, "read", away)
    assert ready(served) == (503, {"status": "not ready", "reason": "the database does not answer"})
    assert requests.get(f"{served.url}/health/live", timeout=20).json() == {"status": "alive"}
