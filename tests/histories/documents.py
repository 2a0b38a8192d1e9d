"""Documents kept in a dict: what each request about them has to be answered.

Written from the text of xAPI-Communication 2.2, 2.3, 2.6, 2.7 and 3.1 and IEEE 9274.1.1 4.1.4, without a look at the store.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import NamedTuple

STATE, AGENT_PROFILE, ACTIVITY_PROFILE = "activities/state", "agents/profile", "activities/profile"
JSON = "application/json"


class Shelf(NamedTuple):
    """Whose documents are meant; agent as JSON text."""

    resource: str
    activity: str | None
    agent: str | None
    registration: str | None = None


@dataclass(frozen=True)
class Content:
    """A document.  change: how many changes there were before."""

    type: str
    bytes: bytes
    change: int = 0

    @property
    def etag(self) -> str:
        return hashlib.sha1(self.bytes, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Condition:
    """A header and its tag: `*`, `current` for the tag of what is there, else one that nothing has."""

    header: str
    tag: str

    def text(self, here: Content | None) -> str:
        if self.tag == "*":
            return "*"
        return f'"{here.etag}"' if self.tag == "current" and here else f'"{hashlib.sha1(b"else").hexdigest()}"'  # noqa: S324

    def fails(self, *, exists: bool, is_tagged: bool = True) -> bool:
        """is_tagged: False for several documents, which no tag names."""
        names = exists and (self.tag == "*" or (self.tag == "current" and is_tagged))
        return names if self.header == "If-None-Match" else not names


@dataclass
class Documents:
    """All documents of a tenant, and how many changes there were."""

    kept: dict[tuple[Shelf, str], Content] = field(default_factory=dict)
    changes: int = 0

    def put(self, shelf: Shelf, name: str, sent: Content, condition: Condition | None, version: str) -> int:
        """The status of the answer; 204: it is done."""
        here = self.kept.get((shelf, name))
        if condition is not None:
            if condition.fails(exists=here is not None):
                return 412
        elif version == "2.0.0" or shelf.resource != STATE:
            if here is not None:
                return 409
            if version != "2.0.0":
                return 400
        return self._keep(shelf, name, sent)

    def post(self, shelf: Shelf, name: str, sent: Content, condition: Condition | None) -> int:
        here = self.kept.get((shelf, name))
        if sent.type == JSON and _value(sent) is None:
            return 400
        if condition is not None and condition.fails(exists=here is not None):
            return 412
        if here is None:
            return self._keep(shelf, name, sent)
        old, new = _value(here), _value(sent)
        if not isinstance(old, dict) or not isinstance(new, dict):
            return 400
        merged = json.dumps({**old, **new}, separators=(",", ":"))
        return self._keep(shelf, name, Content(JSON, _FRACTION.sub(r"\1", merged).encode()))

    def delete(self, shelf: Shelf, name: str | None, condition: Condition | None) -> int:
        """Without a name: all of the shelf, of every registration where it has none."""
        gone = [(shelf, name)] if name is not None else [key for key in self.kept if _is_of(key[0], shelf)]
        gone = [key for key in gone if key in self.kept]
        if condition is not None and condition.fails(exists=bool(gone), is_tagged=name is not None):
            return 412
        for key in gone:
            del self.kept[key]
        return 204

    def names(self, shelf: Shelf, since: int | None) -> list[str]:
        """since: only what came after so many changes."""
        found = {
            name
            for (one, name), content in self.kept.items()
            if _is_of(one, shelf) and (since is None or content.change >= since)
        }
        return sorted(found)

    def _keep(self, shelf: Shelf, name: str, content: Content) -> int:
        self.kept[shelf, name] = Content(content.type, content.bytes, self.changes)
        self.changes += 1
        return 204


def _is_of(one: Shelf, shelf: Shelf) -> bool:
    return one[:3] == shelf[:3] and shelf.registration in (None, one.registration)


_FRACTION = re.compile('"fraction:([^"]+)"')


def _value(content: Content) -> object:
    """What JSON it is, with fractions in words, for each of their digits is kept; None when it is none."""
    if content.type != JSON:
        return None
    try:
        return json.loads(content.bytes, parse_float=lambda digits: f"fraction:{digits}")
    except ValueError:
        return None
