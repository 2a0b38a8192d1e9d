"""What somebody without a key and without a session may send: little, and nothing of it waits on the disk."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

import lrs.arrivals
from lrs.web.accounts import create_account
from tests.conftest import Served
from tests.web.browser import Browser

LARGE = b"[" + b" " * 2_000_000 + b"]"
JSON = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all pieces of large bodies that were taken in."""
    sizes: list[int] = []

    class Watched(SpooledTemporaryFile):  # type: ignore[type-arg]
        def write(self, content: Any) -> int:
            sizes.append(len(content))
            return super().write(content)

    monkeypatch.setattr(lrs.arrivals, "SpooledTemporaryFile", Watched)
    return sizes


def pieces() -> Iterator[bytes]:
    for start in range(0, len(LARGE), 65_536):
        yield LARGE[start : start + 65_536]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/no/such/page", 404),
        ("POST", "/xapi/statements", 401),
        ("PUT", "/xapi/activities/state", 401),
        ("POST", "/api/v1/keys", 401),
        ("POST", "/health/live", 405),
        ("POST", "/sign-out", 303),
        ("POST", "/sign-in", 413),
    ],
)
def test_strangers_filled_the_disk(lite_store: Served, taken: list[int], method: str, path: str, status: int) -> None:
    """Every body was taken in before anybody looked at the path, the method or the key."""
    kind = FORM if path.startswith("/sign") else "application/json"
    for body in (LARGE, pieces()):
        answer = requests.request(
            method,
            lite_store.url + path,
            data=body,
            headers={**JSON, "Content-Type": kind},
            timeout=20,
            allow_redirects=False,
        )
        assert answer.status_code == status, answer.text
        if status == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Basic")
            assert answer.json()["type"] == "urn:prowess:problem:unauthorized"
    assert taken == []


def test_a_wrong_key_is_refused_before_its_body_is_there(lite_store: Served, taken: list[int]) -> None:
    with socket.create_connection(("127.0.0.1", int(lite_store.url.rpartition(":")[2])), 20) as connection:
        connection.sendall(
            b"POST /xapi/statements HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\nContent-Length: 300000\r\n\r\nhalf"
        )
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
    assert taken == []


def test_whoever_still_sends_hears_the_refusal(lite_store: Served) -> None:
    """An answer that comes while a body is being sent is lost with the connection, unless the rest is let pass."""
    connection = HTTPConnection(lite_store.url.removeprefix("http://"), timeout=20)
    connection.request("POST", "/xapi/statements", b" " * 30_000_000, JSON)
    assert connection.getresponse().status == 401
    connection.close()


def test_a_key_or_a_session_is_enough_for_a_large_body(lite_store: Served, taken: list[int]) -> None:
    body = b"[" + b" " * 290_000 + b"]"
    with lite_store.session() as session:
        for sent in (body, (body[start : start + 65_536] for start in range(0, len(body), 65_536))):
            answer = session.post(f"{lite_store.xapi}/statements", data=sent, headers=JSON, timeout=20)
            assert answer.status_code == 200, answer.text
            assert sum(taken) == len(body)
            taken.clear()
    create_account(lite_store.prowess, "grace", "a quiet morning walk", "admin")
    browser = Browser(lite_store.url)
    browser.sign_in("grace", "a quiet morning walk")
    token = browser.page("/").hidden("csrf")
    assert browser.post("/sign-out", csrf=token, padding="x" * 270_000).status_code == 303
    assert sum(taken) > 270_000
    assert browser.get("/").status_code == 303, "the form was read and obeyed"


def test_a_large_form_of_the_alternate_syntax_needs_its_key_in_the_header(lite_store: Served, taken: list[int]) -> None:
    fields = {"content": "[" + " " * 270_000 + "]", "X-Experience-API-Version": "1.0.3"}
    url = f"{lite_store.xapi}/statements?method=POST"
    with lite_store.session(None) as session:
        assert session.post(url, data=fields, timeout=20).status_code == 200
    basic = requests.Request("GET", url, auth=(lite_store.key, lite_store.secret)).prepare().headers["Authorization"]
    taken.clear()
    answer = requests.post(
        url, data=urlencode({**fields, "Authorization": basic}), headers={"Content-Type": FORM}, timeout=20
    )
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:prowess:problem:too-large")
    assert "Authorization" in answer.json()["hint"]
    assert taken == []
