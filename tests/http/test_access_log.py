"""The access log says who asked: by which key, signed in as whom, and from where."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog

from lrs import logs
from lrs.logs import configure_logs
from lrs.settings import LogSettings
from lrs.web.accounts import create_account
from tests.conftest import Served
from tests.http.test_metrics import statement
from tests.servers import sqlite_at
from tests.web.browser import Browser, close_clients

PASSWORD = "a quiet morning walk"
FROM_AFAR = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Where the log goes."""
    stream = StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logs, "_write_line", None)
    configure_logs(LogSettings(level="info", format="json"))
    yield stream
    structlog.reset_defaults()


@pytest.fixture
def served(stream: StringIO, serve: Callable[..., Served], tmp_path: Path) -> Iterator[Served]:
    """A store behind a proxy on this machine."""
    yield serve(sqlite_at(tmp_path / "store.db"), PROWESS_SERVER_TRUSTED_PROXIES="[127.0.0.1]")
    close_clients()


@pytest.fixture
def logged(stream: StringIO) -> Callable[[], list[dict[str, Any]]]:
    """Every line of the access log."""
    return lambda: [line for text in stream.getvalue().splitlines() if (line := json.loads(text))["event"] == "request"]


def who(line: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return line["address"], line["key"], line["account"]


def test_a_key_s_name_and_its_client_s_address_are_in_the_log(
    served: Served, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    name = served.prowess.credentials.list()[0].name
    with served.session() as session:
        session.headers.update(FROM_AFAR)
        url = f"{served.xapi}/statements"
        for headers in (
            {},
            {},
            {"Content-Encoding": "identity"},
        ):  # the first asks the database, the second goes the short way
            assert session.post(url, json=statement(), headers=headers).ok
        assert session.get(url).ok
        assert session.get(url, auth=(served.key, "wrong")).status_code == 401
        assert requests.get(f"{served.url}/xapi/about", timeout=20).ok
    lines = logged()
    assert [who(line) for line in lines[:4]] == [("203.0.113.9", name, None)] * 4
    assert who(lines[4]) == ("203.0.113.9", None, None)
    assert who(lines[5]) == ("127.0.0.1", None, None)
    keys = {"method", "path", "status", "ms", "request_id", "level", "module", "timestamp"}
    assert all(keys <= line.keys() for line in lines)
    assert served.secret not in json.dumps(lines)


def test_a_launch_is_logged_under_the_name_of_its_key(
    served: Served, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    site, secret = served.prowess.credentials.create("site", ["launch", "statements/write"])
    asked = {"actor": {"mbox": "mailto:ada@example.org"}, "activity": "https://example.org/it"}
    lent = requests.post(f"{served.url}/api/v1/launches", json=asked, auth=(site.key, str(secret)), timeout=20).json()
    with served.session() as session:
        session.auth = (lent["key"], lent["secret"])
        assert session.post(f"{served.xapi}/statements", json=statement()).ok
    assert [line["key"] for line in logged()] == ["site", "site"]


def test_whoever_is_signed_in_is_in_the_log(served: Served, logged: Callable[[], list[dict[str, Any]]]) -> None:
    create_account(served.prowess, "gr\u00e4fin", PASSWORD, "analyst")
    browser = Browser(served.url)
    browser.session.headers.update(FROM_AFAR)
    browser.sign_in("gr\u00e4fin", PASSWORD)
    assert browser.get("/statements").status_code == 200
    lines = logged()
    assert [(line["path"], line["account"]) for line in lines] == [
        ("/sign-in", None),
        ("/sign-in", None),
        ("/statements", "gr\u00e4fin"),
    ]
    assert {line["address"] for line in lines} == {"203.0.113.9"}
    assert PASSWORD not in json.dumps(lines)
