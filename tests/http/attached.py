"""Requests with attachments as a client builds them, and answers with them as a client reads them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import requests
from sqlalchemy import create_engine, make_url, text

from lrs.app import create_app
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.server import Server
from tests.conftest import Served

BOUNDARY = "-------314159265358979323846"
JSON_HEAD = {"Content-Type": "application/json"}
Part = tuple[Mapping[str, str], bytes]


def sha2(content: bytes, bits: int = 256) -> str:
    return hashlib.new(f"sha{bits}", content).hexdigest()


def attachment(content: bytes, bits: int = 256, **changes: Any) -> dict[str, Any]:
    """The attachment object of some data; a change to None leaves a member out."""
    made: dict[str, Any] = {
        "usageType": "https://x.example/usage/photo",
        "display": {"en": "A photo"},
        "contentType": "text/plain",
        "length": len(content),
        "sha2": sha2(content, bits),
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def data(content: bytes, said: str | None = None, **headers: str | None) -> Part:
    """The part of some data; a header of None is left out."""
    made = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": said or sha2(content),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return {name: value for name, value in made.items() if value is not None}, content


def body_of(parts: Sequence[Part], boundary: str = BOUNDARY, *, closing: str = "--\r\n") -> bytes:
    pieces = [_part(boundary, head, content) for head, content in parts]
    return b"".join(pieces) + f"--{boundary}{closing}".encode()


def _part(boundary: str, head: Mapping[str, str], content: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"--{boundary}\r\n{lines}\r\n".encode() + content + b"\r\n"


def parts_of(answer: requests.Response) -> list[tuple[dict[str, str], bytes]]:
    """The parts of an answer, read as RFC 2046 says; fails when it is not well-formed."""
    found = re.fullmatch(r"multipart/mixed; boundary=([A-Za-z0-9-]{1,70})", answer.headers["Content-Type"])
    assert found, answer.headers["Content-Type"]
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    first, *rest = (b"\r\n" + answer.content).split(f"\r\n--{found[1]}".encode())
    assert first == b""
    assert rest.pop() == b"--\r\n"
    parts = []
    for one in rest:
        head, blank, content = one.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        assert blank
        pairs = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        parts.append(({name.lower(): value for name, value in pairs}, content))
    return parts


@contextmanager
def served(url: str, **environment: str) -> Iterator[Served]:
    """A server as the fixture `serve` starts it, for as long as the caller likes."""
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": url, **environment})
    prowess = Prowess(settings)
    migrate(prowess.database, prowess.plugins)
    credential, secret = prowess.credentials.create(f"all-{uuid4().hex[:8]}", ["all"])
    app = create_app(prowess)
    server = Server(app, host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    try:
        yield Served(server.url, app, prowess, credential.key, str(secret))
    finally:
        stop()


@contextmanager
def database(postgres_url: str) -> Iterator[str]:
    """An empty PostgreSQL database, for as long as the caller likes."""
    name = f"t_{uuid4().hex}"
    base = make_url(postgres_url).set(drivername="postgresql+psycopg")
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"CREATE DATABASE {name}"))
    yield base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with admin.connect() as conn:
        conn.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
