"""Statements to send, and what a client does with a store: write, page, ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import requests

from tests.conftest import Served

ADL = "http://adlnet.gov/expapi/verbs/"
VOIDED = f"{ADL}voided"
THROUGH = "X-Experience-API-Consistent-Through"
VERSION = "X-Experience-API-Version"


def statement(id_: str | None = None, **changes: Any) -> dict[str, Any]:
    """A small statement; a change to None leaves a member out."""
    made: dict[str, Any] = {
        "id": id_ or str(uuid4()),
        "actor": {"mbox": "mailto:ada@example.org"},
        "verb": {"id": f"{ADL}experienced"},
        "object": {"id": "https://x.example/course"},
        "timestamp": "2026-03-01T12:00:00.000Z",
    }
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def reference(target: str, id_: str | None = None, verb: str = f"{ADL}commented", **changes: Any) -> dict[str, Any]:
    """A statement about another one, by somebody else."""
    changes = {"actor": {"mbox": "mailto:grace@example.org"}, **changes}
    return statement(id_, verb={"id": verb}, object={"objectType": "StatementRef", "id": target}, **changes)


def void(target: str, id_: str | None = None) -> dict[str, Any]:
    return reference(target, id_, VOIDED)


class Client:
    """One user of a store."""

    def __init__(self, served: Served, version: str | None = "1.0.3") -> None:
        self.served = served
        self.session = served.session(version)
        self.url = f"{served.xapi}/statements"

    def post(self, body: Any, **options: Any) -> requests.Response:
        return self.session.post(self.url, json=body, timeout=30, **options)

    def put(self, body: Mapping[str, Any], id_: str | None = None) -> requests.Response:
        return self.session.put(self.url, params={"statementId": id_ or body["id"]}, json=body, timeout=30)

    def get(self, **parameters: Any) -> requests.Response:
        return self.session.get(self.url, params=parameters, timeout=30)

    def status(self, id_: str) -> tuple[int, int]:
        """What GET answers to an id as a statement and as a voided one."""
        return self.get(statementId=id_).status_code, self.get(voidedStatementId=id_).status_code

    def pages(self, **parameters: Any) -> Iterator[tuple[requests.Response, list[dict[str, Any]]]]:
        """Every page of an answer, following `more`."""
        answer = self.get(**parameters)
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield answer, page["statements"]
            if not page["more"]:
                return
            answer = self.session.get(self.served.url + page["more"], timeout=30)

    def found(self, **parameters: Any) -> list[str]:
        """Ids of everything that fits, in the order given."""
        return [one["id"] for _, page in self.pages(**parameters) for one in page]


def ids(statements: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in statements]
