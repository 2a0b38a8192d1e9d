"""How each source of the demo speaks xAPI: LMSs 1.0.3 through the tincan client, content 2.0 by plain requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import requests
from tincan import RemoteLRS
from tincan import Statement as TinCanStatement

from lrs.errors import DeliveryError

Statement = dict[str, Any]


class Sender(Protocol):
    """Sends batches and counts what was accepted."""

    sent: int

    def send(self, statements: Sequence[Statement]) -> None: ...


class TinCanSender:
    """xAPI 1.0.3 as Open edX sends it."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._lrs = RemoteLRS(version="1.0.3", endpoint=f"{url}/xapi/", username=key, password=secret)
        self.sent = 0

    def send(self, statements: Sequence[Statement]) -> None:
        answer = self._lrs.save_statements([TinCanStatement(statement) for statement in statements])
        if not answer.success:
            raise DeliveryError(f"the store refused a batch: {answer.data!r}", retryable=False)
        self.sent += len(statements)


class RequestsSender:
    """xAPI 2.0, one POST for each batch on a kept connection."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._url = f"{url}/xapi/statements"
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (key, secret)
        self._session.headers["X-Experience-API-Version"] = "2.0.0"
        self.sent = 0

    def send(self, statements: Sequence[Statement]) -> None:
        answer = self._session.post(self._url, json=statements, timeout=30)
        if answer.status_code != requests.codes.ok:
            raise DeliveryError(f"the store refused a batch: {answer.text[:500]}", retryable=False)
        self.sent += len(statements)


def sender_of(name: str, url: str, key: str, secret: str) -> Sender:
    """The client a source uses."""
    return RequestsSender(url, key, secret) if name == "content" else TinCanSender(url, key, secret)
