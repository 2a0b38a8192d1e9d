"""Calling a Moodle web service function over REST.

Everything is a form, an error is HTTP 200 with `exception`, and `null` is the success of a function without result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from connectors.http import Door
from connectors.moodle.refusals import refusal
from lrs.settings import Secret

MOST_ITEMS = 100
"""PHP drops form fields past `max_input_vars` (1000 by default) without a word, so calls stay far below it."""

_PATH = "/webservice/rest/server.php"


class MoodleCaller:
    """One site's functions, with one token."""

    def __init__(self, door: Door, token: Secret) -> None:
        self._door = door
        self._token = token

    def call(self, function: str, params: Mapping[str, Any] | None = None, *, key: UUID | None = None) -> Any:
        """What the function returns.  Raises RemoteError, retryable or not as the error code says."""
        form = [("wstoken", self._token.needed()), ("wsfunction", function), ("moodlewsrestformat", "json")]
        form += flattened(params or {})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key is not None:
            headers["Idempotency-Key"] = str(key)
        said = self._door.parsed(self._door.post(_PATH, urlencode(form).encode(), headers))
        if isinstance(said, dict) and "exception" in said:
            raise refusal(function, {name: self._door.redacted(str(value)) for name, value in said.items()})
        return said

    def close(self) -> None:
        self._door.close()


def flattened(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Nested parameters as PHP reads them: `users[0][id]=4`.  Raises ValueError on more items than Moodle takes."""
    return [pair for name, value in params.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _pairs(f"{name}[{key}]", child)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) > MOST_ITEMS:
            raise ValueError(f"{name}: {len(value)} items, at most {MOST_ITEMS} in one call")
        for index, child in enumerate(value):
            yield from _pairs(f"{name}[{index}]", child)
    elif isinstance(value, bool):
        yield name, "1" if value else "0"
    elif isinstance(value, Decimal):
        yield name, f"{value:f}"
    else:
        yield name, str(value)
