"""The true traffic of a Moodle and an Open edX, and a cmi5-like course, against an empty store."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import Served

pytestmark = pytest.mark.journey

Serve = Callable[..., Served]


def rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def without(statement: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key not in keys}


def raw_request(served: Served, row: dict[str, Any]) -> tuple[int, bytes]:
    """Send a captured request with its target exactly as it was, absolute form included."""
    import base64

    parts = urlsplit(served.url)
    target = row["path"].replace("http://127.0.0.1:8099", served.url)
    body = b"" if row["body"] is None else json.dumps(row["body"]).encode()
    headers = {name: value for name, value in row["headers"].items() if name.lower() not in {"host", "content-length"}}
    headers |= {"Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
    token = base64.b64encode(f"{served.key}:{served.secret}".encode()).decode()
    headers["Authorization"] = f"Basic {token}"
    head = f"{row['method']} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
        connection.sendall(head.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    status, _, rest = answer.partition(b"\r\n")
    return int(status.split()[1]), rest.partition(b"\r\n\r\n")[2]


def test_every_statement_request_of_a_moodle_is_answered(serve: Serve, database_url: str, corpus: Path) -> None:
    served = serve(database_url)
    wanted = {"POST": 200, "PUT": 204, "GET": 200}
    sent = 0
    for row in rows(corpus / "moodle_live" / "requests.jsonl"):
        if urlsplit(row["path"]).path != "/xapi/statements":
            continue
        status, answer = raw_request(served, row)
        assert status == wanted[row["method"]], (row["path"], answer[:500])
        if row["method"] == "POST":
            assert len(json.loads(answer)) == len(row["body"])
            check_given_back(served, json.loads(answer), row["body"])
        sent += 1
    assert sent == 136


def check_given_back(served: Served, ids: Iterable[str], statements: Iterable[dict[str, Any]]) -> None:
    with served.session() as session:
        for id_, sent in zip(ids, statements, strict=True):
            got = session.get(f"{served.xapi}/statements", params={"statementId": id_}).json()
            assert got["id"] == id_
            assert without(got, "id", "stored", "authority", "version", "timestamp") == without(
                normal(sent), "id", "stored", "authority", "version", "timestamp"
            )
            if "timestamp" in sent:
                assert got["timestamp"] == sent["timestamp"]


def normal(statement: dict[str, Any]) -> dict[str, Any]:
    """What the specification lets a store change: contextActivities become arrays (XAPI-00096)."""
    statement = json.loads(json.dumps(statement))
    activities = statement.get("context", {}).get("contextActivities", {})
    for relation, value in activities.items():
        activities[relation] = value if isinstance(value, list) else [value]
    return statement


@pytest.mark.parametrize("source", ["openedx_live/statements.jsonl", "yet_tccc/tccc_dev.jsonl"])
def test_a_file_of_real_statements_goes_in_twice_and_is_stored_once(
    serve: Serve, database_url: str, corpus: Path, source: str
) -> None:
    served = serve(database_url)
    statements = rows(corpus / source)
    with served.session() as session:
        for _ in range(2):
            for start in range(0, len(statements), 50):
                batch = statements[start : start + 50]
                answer = session.post(f"{served.xapi}/statements?", json=batch)
                assert answer.status_code == 200, answer.text
                assert answer.json() == [one["id"] for one in batch]
        total = 0
        url = "/xapi/statements?limit=100"
        while url:
            page = session.get(served.url + url).json()
            total += len(page["statements"])
            url = page["more"]
    assert total == len(statements)
    check_given_back(served, [one["id"] for one in statements[::9]], statements[::9])
