"""HTTP to the stand-in Canvas: who is let in, what is asked for, page by page.

A parameter that Canvas would pass over without a word is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from connectors.standin import forms
from connectors.standin.canvas.asked import Asked, CanvasRefusalError, Told, invalid_token, missing
from connectors.standin.canvas.resources import ROUTES, Resource
from connectors.standin.canvas.site import CanvasSite
from connectors.standin.world import World
from lrs.clock import SECOND, Clock

ROOT = "/api/v1"
_MOST = 100
_LIMITED = {"Content-Type": "text/plain; charset=utf-8", "X-Rate-Limit-Remaining": "0.0"}


class Canvas:
    """The Canvas of a stand-in: its state, and its side of HTTP."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.site = CanvasSite(world.seed)
        self._world = world
        self._clock = clock

    def operation(self, method: str, target: str) -> str | None:
        """What the journal and the faults call a request; None where it is none of Canvas's."""
        path = unquote(urlsplit(target).path)
        if not path.startswith(f"{ROOT}/"):
            return None
        found = _find(method, path)
        return found[0] if found else f"{method} {path}"

    def reply(
        self, method: str, target: str, headers: Message, body: bytes, token: str, url: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers, as long as the limit lets the request in.  token: the one it must bear; url: the site's."""
        name, key = self.operation(method, target) or "", headers.get("Idempotency-Key", "")
        query = forms.parse(urlsplit(target).query.encode())
        with self._world.lock:
            left = self.site.spend(self._clock.now() / SECOND)
            if left is None:
                self._world.refused(name, key, "403", "the bucket of requests is full")
                return 403, b"403 Forbidden (Rate Limit Exceeded)\n", _LIMITED
            try:
                if headers.get("Authorization") != f"Bearer {token}":
                    raise invalid_token()
                told = self._carry_out(method, target, body, key)
                outcome = "done"
            except CanvasRefusalError as refusal:
                told, outcome = refusal.told, refusal.code
                self._world.refused(name, key, refusal.code, refusal.why)
            self._world.noted(name, key, {**query, **forms.parse(body)}, outcome)
        own = {"X-Request-Cost": f"{self.site.cost}", "X-Rate-Limit-Remaining": f"{left}", **told.headers}
        return told.status, json.dumps(told.body).encode(), {k: v.replace("{url}", url) for k, v in own.items()}

    def _carry_out(self, method: str, target: str, body: bytes, key: str) -> Told:
        """Raises CanvasRefusalError."""
        parts = urlsplit(target)
        found = _find(method, unquote(parts.path))
        if found is None:
            raise missing(f"{method} {parts.path}; there are: {', '.join(ROUTES)}")
        name, at, resource, allowed = found
        params = {**forms.parse(parts.query.encode()), **forms.parse(body)}
        extra = sorted(_names(params) - {*allowed, "per_page", "page"})
        if extra:
            why = f"{', '.join(extra)}: Canvas would pass over it; it takes {', '.join(sorted(allowed)) or 'nothing'}"
            raise CanvasRefusalError(400, {"errors": [{"message": f"{extra[0]} is not a parameter"}]}, why)
        try:
            said = resource(Asked(self.site, at, params, key, self._clock.now() // SECOND, self._world.changed))
        except ValueError as error:
            raise missing(f"{method} {parts.path}: {error}; numbers are wanted") from error
        listed = name.startswith("GET") and isinstance(said, list)
        return _page(said, parts.path, parts.query) if listed else Told(said)


def _find(method: str, path: str) -> tuple[str, Mapping[str, str], Resource, Collection[str]] | None:
    for name, (resource, allowed) in ROUTES.items():
        verb, _, template = name.partition(" ")
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", ROOT + template)
        match = re.fullmatch(pattern, path)
        if verb == method and match:
            return name, match.groupdict(), resource, allowed
    return None


def _page(items: list[Any], path: str, query: str) -> Told:
    """A page and where the next one is: the address is opaque, as Canvas's bookmarks are."""
    pairs = dict(parse_qsl(query))
    size = min(int(pairs.get("per_page", "10")), _MOST)
    start = int(pairs.get("page", "bookmark:0").removeprefix("bookmark:"))
    rest = [(name, value) for name, value in parse_qsl(query) if name not in {"page", "per_page"}]
    links = [("current", start), *([("next", start + size)] if start + size < len(items) else []), ("first", 0)]
    told = [
        f'<{{url}}{path}?{urlencode([*rest, ("page", f"bookmark:{at}"), ("per_page", str(size))])}>; rel="{rel}"'
        for rel, at in links
    ]
    return Told(items[start : start + size], 200, {"Link": ",".join(told)})


def _names(params: Any, before: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in params.items():
        inner = f"{before}[{name}]" if before else name
        found |= _names(value, inner) if isinstance(value, Mapping) and value else {inner}
    return found
