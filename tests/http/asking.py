"""Somebody with a key: asks `/xapi` and `/api/v1` of a running server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import requests

from lrs.store import tables as t
from tests.conftest import Served
from tests.store.sending import VERSION


class Asker:
    """One key and its connection."""

    def __init__(self, served: Served, key: str, secret: str, version: str = "1.0.3") -> None:
        self.served = served
        self.key = key
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (key, secret)
        self.session.headers[VERSION] = version
        self.session.headers["Connection"] = "close"  # a server takes a hundred; nobody closes these

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.served.url + path, timeout=30, **options)

    def post(self, body: Any, **options: Any) -> requests.Response:
        return self.ask("POST", "/xapi/statements", json=body, **options)

    def get(self, **parameters: Any) -> requests.Response:
        return self.ask("GET", "/xapi/statements", params=parameters)

    def api(self, method: str, path: str, body: Any = None, **parameters: Any) -> requests.Response:
        return self.ask(method, f"/api/v1/{path}", json=body, params=parameters)

    def found(self, **parameters: Any) -> list[str]:
        """Ids of everything that fits, page after page."""
        page = self.get(**parameters).json()
        ids = [one["id"] for one in page["statements"]]
        while page["more"]:
            page = self.ask("GET", page["more"]).json()
            ids += [one["id"] for one in page["statements"]]
        return ids

    def with_secret(self, secret: str) -> Asker:
        return Asker(self.served, self.key, secret)


def asker(
    served: Served, scopes: Sequence[str] = ("all",), *, tenant_id: int = t.DEFAULT_TENANT, **options: Any
) -> Asker:
    """Somebody with a new key of these scopes."""
    credential, secret = served.prowess.credentials.create(uuid4().hex, scopes, tenant_id=tenant_id, **options)
    return Asker(served, credential.key, str(secret))
