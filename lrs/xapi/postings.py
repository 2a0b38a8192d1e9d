"""Under which keys a statement is found: agents, verb, activities, registration (xAPI-Communication 2.1.3).

A direct key answers the plain filters, a related one only `related_agents` and `related_activities`; the verb of a
SubStatement answers neither, it leads the directory to what is said of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from lrs.xapi.actors import ifi_text

Kind: TypeAlias = Literal["agent", "verb", "activity", "registration"]
KEY_BYTES = 16
_MAX_CACHED = 256


class Posting(NamedTuple):
    """One key of a statement, and the text it stands for."""

    kind: Kind
    text: str
    direct: bool
    key: bytes


def postings(statement: Mapping[str, Any]) -> set[Posting]:
    """All keys of a valid statement; one that is direct is not repeated as related (XAPI-00176 to 00181)."""
    target = statement["object"]
    object_kind = target.get("objectType", "Activity")
    direct: set[tuple[Kind, str]] = {("verb", statement["verb"]["id"])}
    direct.update(("agent", text) for text in _agents(statement["actor"]))
    related: set[tuple[Kind, str]] = set(_context_keys(statement.get("context")))
    related.update(("agent", text) for text in _agents(statement.get("authority")))
    if object_kind == "Activity":
        direct.add(("activity", target["id"]))
    elif object_kind == "SubStatement":
        related.update(_sub_statement_keys(target))
    elif object_kind != "StatementRef":
        direct.update(("agent", text) for text in _agents(target))
    registration = statement.get("context", {}).get("registration")
    if registration is not None:
        direct.add(("registration", registration.lower()))
    found = {Posting(kind, text, True, posting_key(kind, text)) for kind, text in direct}
    found.update(Posting(kind, text, False, posting_key(kind, text)) for kind, text in related - direct)
    return found


def posting_key(kind: Kind, text: str) -> bytes:
    """The short key of an index: the first half of a SHA-256, so that an IRI of any length fits."""
    return _cached_key(kind, text) if len(text) <= _MAX_CACHED else _key(kind, text)


def _key(kind: Kind, text: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{text}".encode()).digest()[:KEY_BYTES]


_cached_key = lru_cache(maxsize=8192)(_key)


def _agents(actor: Mapping[str, Any] | None) -> Iterator[str]:
    """The identifiers of an Agent or Group and of its members."""
    if actor is None:
        return
    own = ifi_text(actor)
    if own is not None:
        yield own
    for member in actor.get("member", ()):
        yield from _agents(member)


def _context_keys(context: Mapping[str, Any] | None) -> Iterator[tuple[Kind, str]]:
    if context is None:
        return
    for actor in _context_actors(context):
        for text in _agents(actor):
            yield "agent", text
    for listed in context.get("contextActivities", {}).values():
        for activity in listed if isinstance(listed, list) else (listed,):
            yield "activity", activity["id"]


def _context_actors(context: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from (context[key] for key in ("instructor", "team") if key in context)
    yield from (related["agent"] for related in context.get("contextAgents", ()))
    yield from (related["group"] for related in context.get("contextGroups", ()))


def _sub_statement_keys(sub: Mapping[str, Any]) -> Iterator[tuple[Kind, str]]:
    target = sub["object"]
    kind = target.get("objectType", "Activity")
    yield "verb", sub["verb"]["id"]
    if kind == "Activity":
        yield "activity", target["id"]
    for actor in (sub["actor"], target if kind in ("Agent", "Group") else None):
        for text in _agents(actor):
            yield "agent", text
    yield from _context_keys(sub.get("context"))
