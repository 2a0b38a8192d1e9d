"""How the stand-in is told to fail, so that tests see what a bad day looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

KINDS = {
    "status": "answer `status` (with `retry_after`, if given) and do nothing",
    "delay": "wait `seconds`, then do it and answer",
    "drop": "close the connection and do nothing",
    "drop_after": "do it, then close the connection without an answer",
    "half": "do it, then send half of the answer and close",
    "trickle": "do it, then send the answer a byte at a time",
    "html": "answer an HTML page with 200",
    "huge": "answer more than anybody should read",
    "gzip": "answer compressed, asked or not",
    "echo": "answer an exception that quotes the token, as a careless plug-in might",
    "redirect": "answer 302 to `location`",
}


@dataclass(slots=True)
class Fault:
    """One kind of failure for the next `times` requests, of one function or of all (`on` None; `webhook` is one too)."""

    kind: str
    times: int = 1
    on: str | None = None
    status: int = 500
    retry_after: str | None = None
    seconds: float = 0.0
    location: str = ""


class Faults:
    """The failures that wait for a request.  Not thread-safe by itself: use it under the world's lock."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, values: Mapping[str, Any]) -> None:
        """Raises ValueError, naming what is accepted."""
        known = [field.name for field in fields(Fault)]
        extra = [name for name in values if name not in known]
        if extra or values.get("kind") not in KINDS:
            raise ValueError(f"accepted keys: {', '.join(known)}; kinds: {', '.join(KINDS)}")
        self._waiting.append(Fault(**values))

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, name: str) -> Fault | None:
        """The failure for a request, which is used up by it."""
        for fault in self._waiting:
            if fault.on in {None, name}:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None
