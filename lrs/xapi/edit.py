"""Changes to JSON text by span: what no edit names keeps every byte, so 40-digit numbers and key order survive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, TypeAlias

from lrs.xapi.json_door import load_members

Rewrite: TypeAlias = Callable[[Any, str], str]
"""Takes a member's value and its source text, gives the new text."""


def rewrite_members(source: str, rewrites: Mapping[str, Rewrite]) -> str:
    """An object's text with some of its members' values rewritten; the object starts at the text's first character."""
    item = load_members(source, 0)
    pieces: list[str] = []
    at = 0
    for key, (_, begin, end) in (item.spans or {}).items():
        rewrite = rewrites.get(key)
        if rewrite:
            pieces += source[at:begin], rewrite(item.value[key], source[begin:end])
            at = end
    return "".join((*pieces, source[at:]))


def json_text(value: Any) -> str:
    """A parsed value as compact JSON again, each number with all its digits."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{quoted(key)}:{json_text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
