"""The opaque cursor of a paged answer: after which row to go on, and of which question.

It is not signed: its values only ever become bound parameters of the caller's own query, within the caller's own scope.
What it is checked for is that it fits the question, so that pages of two different answers are never mixed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs import base64url
from lrs.errors import BadRequest

Values = tuple[int | float | str | None, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort and key values of the last row given, and the instant that the whole answer is about."""

    as_of: int
    values: Values


def write_cursor(cursor: Cursor, definition: str, order: Sequence[str], filters: Mapping[str, Sequence[str]]) -> str:
    """The text of a cursor."""
    body = [_fingerprint(definition, order, filters), cursor.as_of, list(cursor.values)]
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return base64url.encode(text.encode())


def read_cursor(text: str, definition: str, order: Sequence[str], filters: Mapping[str, Sequence[str]]) -> Cursor:
    """The cursor of a text.  Raises BadRequest when it is none, or one of another question."""
    try:
        body: Any = json.loads(base64url.decode(text))
        fingerprint, as_of, values = body
        fits = isinstance(as_of, int) and isinstance(values, list) and all(map(_is_plain, values))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest("'cursor' is not one that we gave", hint="repeat the query without it") from error
    if not fits or fingerprint != _fingerprint(definition, order, filters):
        raise BadRequest("'cursor' belongs to another query", hint="repeat the query without it")
    return Cursor(as_of, tuple(values))


def _is_plain(value: Any) -> bool:
    return value is None or (isinstance(value, int | float | str) and not isinstance(value, bool))


def _fingerprint(definition: str, order: Sequence[str], filters: Mapping[str, Sequence[str]]) -> str:
    text = json.dumps([definition, list(order), {name: list(filters[name]) for name in sorted(filters)}])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
