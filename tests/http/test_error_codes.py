"""Section 23 of the requirements: which answer a refusal gets, on real requests."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Blueprint, Response
from sqlalchemy import MetaData

from lrs.http.access import open_to_all
from lrs.prowess import Plugin
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.servers import sqlite_at
from tests.store.sending import VERSION, statement

JSON = {"Content-Type": "application/json"}
CANARY = "canary-5e1f"


def broken() -> Plugin:
    """A view that fails in a way nobody thought of."""
    views = Blueprint("broken", __name__, url_prefix="/xapi/broken")

    @views.get("")
    @open_to_all
    def fail() -> Response:
        raise RuntimeError(CANARY)

    return Plugin(name="broken", metadata=MetaData(), blueprints=lambda _prowess: [views])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A store with small limits, and a view that fails."""
    from tests.conftest import start_server

    served, stop = start_server(
        sqlite_at(tmp_path_factory.mktemp("small") / "store.db"),
        (broken(),),
        PROWESS_LIMITS_BODY_BYTES="4096",
        PROWESS_LIMITS_BATCH="10",
    )
    yield served
    stop()


@pytest.fixture
def one(small: Served) -> Asker:
    return asker(small)


def long_statement(size: int) -> dict[str, Any]:
    return statement(result={"response": "x" * size})


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", "/xapi/statements", {"data": b"{", "headers": JSON}),
        (
            "POST",
            "/xapi/statements",
            {"data": b"x=1", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        ),
        ("POST", "/xapi/statements", {"data": b"{}", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}),
        ("POST", "/xapi/statements", {"data": b"{}"}),
        ("POST", "/xapi/statements", {"data": b"", "headers": JSON}),
        ("POST", "/xapi/statements", {"data": b"{}", "headers": {**JSON, "Content-Encoding": "br"}}),
        ("POST", "/xapi/statements", {"data": b"{}", "headers": {**JSON, "Content-Encoding": "gzip"}}),
        ("PUT", "/xapi/statements", {"json": statement()}),
        ("GET", "/xapi/statements", {"params": {"nonsense": "1"}}),
        ("GET", "/xapi/more/nothing", {}),
    ],
)
def test_00323_what_cannot_be_understood_is_400_never_406_411_415(
    one: Asker, method: str, path: str, options: dict[str, Any]
) -> None:
    answer = one.ask(method, path, **options)
    assert answer.status_code == 400, answer.text
    assert answer.headers[VERSION] == "1.0.3"


def test_00323_an_answer_that_nobody_wants_is_given_all_the_same(one: Asker) -> None:
    assert one.ask("GET", "/xapi/statements", headers={"Accept": "image/png"}).status_code == 200


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_00323_405_says_what_is_allowed(one: Asker, method: str) -> None:
    answer = one.ask(method, "/xapi/statements")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST", "PUT"} <= set(answer.headers["Allow"].split(", "))


def test_00323_a_body_without_length_is_read_not_411(small: Served) -> None:
    body = json.dumps(statement()).encode()
    parts = urlsplit(small.url)
    head = requests.Request("POST", small.url, auth=(small.key, small.secret)).prepare().headers["Authorization"]
    lines = (
        "POST /xapi/statements HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: {head}",
        f"{VERSION}: 1.0.3",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Connection: close",
    )
    message = "\r\n".join(lines).encode() + f"\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
        connection.sendall(message)
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_00327_good_credentials_without_the_right_are_403(small: Served) -> None:
    answer = asker(small, ["statements/read"]).post(statement())
    assert answer.status_code == 403
    assert "statements/write" in answer.json()["detail"]


@pytest.mark.parametrize("encoding", ["identity", "gzip", "chunked"])
def test_00328_a_body_beyond_the_configured_limit_is_413_and_stores_nothing(one: Asker, encoding: str) -> None:
    sent = long_statement(5_000)
    body = json.dumps(sent).encode()
    if encoding == "gzip":
        headers = {**JSON, "Content-Encoding": "gzip"}
        answer = one.ask("POST", "/xapi/statements", data=gzip.compress(body), headers=headers)
    elif encoding == "chunked":
        answer = one.ask("POST", "/xapi/statements", data=iter([body]), headers=JSON)
    else:
        answer = one.post(sent)
    assert answer.status_code == 413
    assert answer.json()["rule"] == "XAPI-00328"
    assert "limits.body_bytes" in answer.json()["hint"]
    assert answer.headers[VERSION] == "1.0.3"
    assert one.get(statementId=sent["id"]).status_code == 404


def test_00328_a_bomb_of_gzip_costs_what_the_limit_allows(one: Asker) -> None:
    bomb = gzip.compress(b"[" + b" " * 20_000_000)
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert one.ask("POST", "/xapi/statements", data=bomb[:4_000], headers=headers).status_code in {400, 413}
    assert one.ask("POST", "/xapi/statements", data=bomb, headers=headers).status_code == 413


def test_00328_a_batch_beyond_the_limit_is_413(one: Asker) -> None:
    tiny = {"actor": {"mbox": "mailto:a@x.y"}, "verb": {"id": "a:v"}, "object": {"id": "a:o"}}
    assert one.post([tiny] * 10).status_code == 200
    assert one.post([tiny] * 11).status_code == 413


def test_00328_the_limit_can_be_raised(serve: Callable[..., Served], tmp_path: Path) -> None:
    one = asker(serve(sqlite_at(tmp_path / "store.db"), PROWESS_LIMITS_BODY_BYTES="8192"))
    assert one.post(long_statement(5_000)).status_code == 200
    assert one.post(long_statement(9_000)).status_code == 413


def test_00329_an_unexpected_fault_is_500_and_shows_nothing_of_us(one: Asker) -> None:
    answer = one.ask("GET", "/xapi/broken")
    assert answer.status_code == 500
    assert answer.headers[VERSION] == "1.0.3"
    for inside in (CANARY, "Traceback", "RuntimeError", ".py"):
        assert inside not in answer.text
    assert answer.json()["instance"].endswith(answer.headers["X-Request-ID"])


def test_503_is_for_a_store_that_is_away(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"))
    one = asker(served)
    served.prowess.credentials.verify(one.key, str(one.session.auth[1]))  # type: ignore[index]
    served.prowess.statements.close()
    answer = one.post(statement())
    assert answer.status_code == 503
    assert answer.headers[VERSION] == "1.0.3"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/problem+json"),
        ("*/*", "application/problem+json"),
        ("application/json", "application/problem+json"),
        ("text/plain", "text/plain"),
        ("text/html", "text/html"),
        ("text/html, */*;q=0.1", "application/problem+json"),
        ("image/png", "application/problem+json"),
    ],
)
def test_s_60_a_message_explains_the_cause_in_the_form_asked_for(
    one: Asker, accept: str | None, media_type: str
) -> None:
    answer = one.ask("GET", "/xapi/statements", params={"limit": "<b>many</b>"}, headers={"Accept": accept})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert "is not a whole number" in answer.text
    assert "<b>" not in answer.text or media_type != "text/html"


def test_s_61_a_bad_version_and_bad_credentials_are_400_or_401(small: Served) -> None:
    answer = requests.get(
        f"{small.xapi}/statements", headers={VERSION: "0.9", "Authorization": "Basic eDp5"}, timeout=30
    )
    assert answer.status_code in {400, 401}
    assert answer.headers[VERSION] == "1.0.3"
