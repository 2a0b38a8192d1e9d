"""Statements as they are given back: exact, ids and canonical (xAPI-Communication 2.1.3, XAPI-00168 to 00172).

Exact puts `stored` (and a `timestamp` that was never sent) in front of the kept bytes.  The other two rewrite agents,
verbs and activities by span; results, extensions and attachments keep their bytes in every format.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from lrs.clock import to_text
from lrs.xapi.activity import COMPONENT_LISTS
from lrs.xapi.actors import IFI_KINDS, is_group
from lrs.xapi.canonical import Key
from lrs.xapi.context import RELATIONS
from lrs.xapi.edit import Rewrite, json_text, rewrite_members
from lrs.xapi.intake import ASSIGNED_TIMESTAMP
from lrs.xapi.language import LanguageRange, choose_language, parse_accept_language

FORMATS: Final = ("exact", "ids", "canonical")


def render_exact(body: bytes, stored: int, assigned: int) -> bytes:
    """A prepared body as received, with what follows from its sequence number (XAPI-00170)."""
    moment = to_text(stored).encode()
    timestamp = b'"timestamp":"' + moment + b'",' if assigned & ASSIGNED_TIMESTAMP else b""
    return b'{"stored":"' + moment + b'",' + timestamp + body[1:]


def render_ids(body: bytes, stored: int, assigned: int) -> bytes:
    """Only what identifies agents, verbs and activities (XAPI-00171)."""
    return _rewritten(render_exact(body, stored, assigned), _IDS)


def render_canonical(
    body: bytes,
    stored: int,
    assigned: int,
    *,
    accept_language: str | None,
    known: Mapping[Key, Any] = MappingProxyType({}),
) -> bytes:
    """One language in each map (XAPI-00169, XAPI-00172).

    known: the store's definitions and displays, which stand in place of the sender's; what it does not have stays.
    """
    canonical = _Canonical(parse_accept_language(accept_language), known)
    return _rewritten(render_exact(body, stored, assigned), canonical.rewrites())


def render_result(statements: Iterable[bytes], more: str = "") -> bytes:
    """A StatementResult of rendered statements; `more` is empty when there are none left (XAPI-00109, XAPI-00110)."""
    return b'{"statements":[' + b",".join(statements) + b'],"more":' + json_text(more).encode() + b"}"


def _rewritten(body: bytes, rewrites: Mapping[str, Rewrite]) -> bytes:
    return rewrite_members(body.decode(), rewrites).encode()


def _actor_id(actor: Mapping[str, Any]) -> dict[str, Any]:
    identifier = {kind: actor[kind] for kind in IFI_KINDS if kind in actor}
    if not is_group(actor):
        return {"objectType": "Agent", **identifier}
    return {"objectType": "Group", **(identifier or {"member": [_actor_id(member) for member in actor["member"]]})}


def _ids_actor(value: Any, _source: str) -> str:
    return json_text(_actor_id(value))


def _ids_only(value: Any, _source: str) -> str:
    return json_text({"id": value["id"]})


def _ids_object(value: Any, source: str) -> str:
    kind = value.get("objectType", "Activity")
    if kind == "Activity":
        return _ids_only(value, source)
    if kind == "SubStatement":
        return rewrite_members(source, _IDS)
    return source if kind == "StatementRef" else _ids_actor(value, source)


def _ids_activities(value: Any, _source: str) -> str:
    return json_text([{"id": activity["id"]} for activity in value])


def _ids_context(_value: Any, source: str) -> str:
    return rewrite_members(source, _IDS_IN_CONTEXT)


def _ids_related(member: str) -> Rewrite:
    return lambda value, _source: json_text([{**related, member: _actor_id(related[member])} for related in value])


def _in_relations(rewrite: Rewrite) -> Rewrite:
    return lambda _value, source: rewrite_members(source, dict.fromkeys(RELATIONS, rewrite))


_IDS: dict[str, Rewrite] = {
    "actor": _ids_actor,
    "verb": _ids_only,
    "object": _ids_object,
    "context": _ids_context,
    "authority": _ids_actor,
}
_IDS_IN_CONTEXT: dict[str, Rewrite] = {
    "instructor": _ids_actor,
    "team": _ids_actor,
    "contextActivities": _in_relations(_ids_activities),
    "contextAgents": _ids_related("agent"),
    "contextGroups": _ids_related("group"),
}


@dataclass(frozen=True, slots=True)
class _Canonical:
    """One reader's languages, and what the store has merged."""

    ranges: Sequence[LanguageRange]
    known: Mapping[Key, Any]

    def rewrites(self) -> dict[str, Rewrite]:
        return {"verb": self._verb, "object": self._object, "context": self._context}

    def _verb(self, value: Any, source: str) -> str:
        display = self.known.get(("verb", value["id"]), value.get("display"))
        return source if display is None else json_text({**value, "display": choose_language(display, self.ranges)})

    def _object(self, value: Any, source: str) -> str:
        kind = value.get("objectType", "Activity")
        if kind == "Activity":
            return json_text(self._activity(value))
        return rewrite_members(source, self.rewrites()) if kind == "SubStatement" else source

    def _context(self, _value: Any, source: str) -> str:
        return rewrite_members(source, {"contextActivities": _in_relations(self._activities)})

    def _activities(self, value: Any, _source: str) -> str:
        return json_text([self._activity(activity) for activity in value])

    def _activity(self, activity: Mapping[str, Any]) -> Mapping[str, Any]:
        definition = self.known.get(("activity", activity["id"]), activity.get("definition"))
        return activity if definition is None else {**activity, "definition": self._definition(definition)}

    def _definition(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        chosen = self._chosen(definition, "name", "description")
        for key in COMPONENT_LISTS:
            if key in chosen:
                chosen[key] = [self._chosen(component, "description") for component in chosen[key]]
        return chosen

    def _chosen(self, value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
        return {key: choose_language(part, self.ranges) if key in keys else part for key, part in value.items()}
