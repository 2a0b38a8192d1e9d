"""Where in a long list a page begins, as its address says it."""

from __future__ import annotations

from flask import request

from lrs.errors import BadRequest

_LONGEST = 17


def place_of(name: str) -> int | None:
    """The number of the row that a page begins beside; None at the start of the list.  Raises BadRequest."""
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise BadRequest(f"'{name}' is not a place in this list", hint="start again without it")
    return int(text) if text else None
