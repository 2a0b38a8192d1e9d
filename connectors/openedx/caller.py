"""Calling Open edX's REST API: JSON both ways, a JWT with each call, and a new one when it is no longer believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

from connectors.errors import SystemDown
from connectors.http import Answer, Door
from connectors.openedx.refusals import KNOWN, refusal
from connectors.openedx.token import Token

_UNAUTHORIZED: Final = 401
Json = dict[str, Any]


class OpenEdxCaller:
    """One platform, as the user of one OAuth2 application."""

    def __init__(self, door: Door, token: Token) -> None:
        self._door = door
        self._token = token

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """The object that is said, empty where nothing is.  Raises RemoteError, retryable or not as the refusal means."""
        return _object(self._call("GET", f"{path}?{urlencode(query)}" if query else path))

    def rows(self, path: str, query: Mapping[str, str]) -> list[Json]:
        """The objects that are said; raises as `get`."""
        return _objects(self._call("GET", f"{path}?{urlencode(query)}"))

    def next_page(self, address: str) -> Json:
        """What stands at the address that a page named as the next one; raises as `get`."""
        return _object(self._call("GET", self._door.path_of(address)))

    def post(self, path: str, body: Any, key: UUID | None = None) -> Json:
        """The object that is said to a body of JSON; raises as `get`."""
        return _object(self._posted(path, body, key))

    def post_for_rows(self, path: str, body: Any, key: UUID | None = None) -> list[Json]:
        """The objects that are said to a body of JSON; raises as `get`."""
        return _objects(self._posted(path, body, key))

    @staticmethod
    def quoted(part: str) -> str:
        """A user name or a key as a part of a path."""
        return quote(part, safe=":+@")

    def close(self) -> None:
        self._door.close()

    def _posted(self, path: str, body: Any, key: UUID | None) -> Any:
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = str(key)
        return self._call("POST", path, headers, json.dumps(body).encode())

    def _call(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Any:
        answer = self._sent(method, path, headers or {}, body)
        if answer.status in KNOWN:
            raise refusal(f"{method} {path.partition('?')[0]}", answer, self._redacted)
        self._door.judge(answer)
        return self._door.parsed(answer) if answer.body.strip() else None

    def _sent(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """The answer, to a second try with a new token where the first was not believed."""
        refused = None
        for _ in range(2):
            token = self._token.current(refused)
            answer = self._door.send(method, path, {**headers, "Authorization": f"JWT {token}"}, body)
            if answer.status != _UNAUTHORIZED:
                return answer
            refused = token
        raise SystemDown(
            "Open edX does not believe a token that it has just given",
            hint="is the application's user active, and the clock of the LMS right?",
            remote_status=_UNAUTHORIZED,
        )

    def _redacted(self, text: str) -> str:
        return self._token.redacted(self._door.redacted(text))


def _object(said: Any) -> Json:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise _unlike()
    return said


def _objects(said: Any) -> list[Json]:
    if not isinstance(said, list) or not all(isinstance(row, dict) for row in said):
        raise _unlike()
    return said


def _unlike() -> SystemDown:
    return SystemDown("Open edX answered what it never answers to this", hint="is the address the LMS's?")
