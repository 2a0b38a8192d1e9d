"""A request before it is sent: everything of it as data, so that it can be written down and sent again elsewhere.

What differs between two servers, such as keys and cookies, stands in it as `@NAME@`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Framing = Literal["length", "chunked", "none", "raw"]
"""How the end of the body is told; `raw`: the body is the whole request, as it goes over the wire."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One request; texts are bytes read as Latin-1.  is_rude: no HTTP as it should be, so the server may hang up."""

    kind: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    framing: Framing = "length"
    is_rude: bool = False

    def wire(self, secrets: Mapping[str, str]) -> bytes:
        """The bytes of this request to a server with these secrets."""
        body = _filled(self.body, secrets).encode("latin-1")
        if self.framing == "raw":
            return body
        lines = [f"{self.method} {_filled(self.target, secrets)} HTTP/1.1", "Host: fuzz.example"]
        lines += [f"{name}: {_filled(value, secrets)}" for name, value in self.headers]
        if self.framing == "length" and (body or self.method in {"POST", "PUT", "PATCH"}):
            lines.append(f"Content-Length: {len(body)}")
        elif self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = _chunked(body)
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    def text(self) -> str:
        return json.dumps(asdict(self))


def recipe_from(text: str) -> Recipe:
    """What `Recipe.text` wrote."""
    said: dict[str, Any] = json.loads(text)
    return Recipe(**{**said, "headers": tuple((name, value) for name, value in said["headers"])})


def _filled(text: str, secrets: Mapping[str, str]) -> str:
    if "@" in text:
        for name, secret in secrets.items():
            text = text.replace(f"@{name}@", secret)
    return text


def _chunked(body: bytes) -> bytes:
    half = len(body) // 2
    parts = [part for part in (body[:half], body[half:]) if part]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
