"""How the database is connected to."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import make_url

from lrs.clock import SystemClock
from lrs.config import load_settings
from lrs.db import Database
from lrs.dialects.postgres import is_open
from lrs.prowess import Prowess
from tests.servers import fresh_database


def connected(url: str) -> dict[str, str]:
    """The parameters of a connection to PostgreSQL."""
    database = Database(url, SystemClock())
    try:
        with database.read() as conn:
            raw: Any = conn.connection.dbapi_connection
            parameters: dict[str, str] = raw.info.get_parameters()
            return parameters
    finally:
        database.close()


@pytest.fixture
def server(postgres_url: str) -> Any:
    with fresh_database(postgres_url) as url:
        yield url


def test_a_server_whose_machine_is_gone_is_noticed_within_a_minute(server: str) -> None:
    """Nothing told TCP to give up; a request waited a quarter of an hour."""
    found = connected(server)
    assert int(found["tcp_user_timeout"]) <= 60_000
    assert int(found["keepalives_idle"]) + int(found["keepalives_interval"]) * int(found["keepalives_count"]) <= 60


def test_the_url_says_otherwise(server: str) -> None:
    url = make_url(server).update_query_dict({"tcp_user_timeout": "5000", "application_name": "other"})
    found = connected(url.render_as_string(hide_password=False))
    assert found["tcp_user_timeout"] == "5000"
    assert found["application_name"] == "prowess", "by which whoever rebuilds knows that nobody else is there"


@pytest.mark.parametrize(
    ("address", "is_encrypted", "is_told"),
    [
        (None, False, False),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("10.0.0.7", True, False),
        ("10.0.0.7", False, True),
        ("2001:db8::7", False, True),
    ],
)
def test_a_database_on_another_machine_without_tls_is_complained_about(
    address: str | None, is_encrypted: bool, is_told: bool
) -> None:
    assert is_open(address, is_encrypted=is_encrypted) is is_told


def test_a_database_on_this_machine_needs_no_tls(database_url: str) -> None:
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": database_url})) as prowess:
        with prowess.database.read() as conn:
            assert prowess.database.dialect.is_overheard(conn) is False
        assert prowess.complaints() == []
