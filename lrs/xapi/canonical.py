"""What statements say of activities, verbs and agents, and how it comes together (xAPI-Communication 2.4, 2.5, XAPI-00169).

Folding statements in feed order gives the canonical documents, however the feed is cut into batches: a definition of an
activity, the display of a verb, the latest names of an agent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lrs.xapi.activity import COMPONENT_LISTS
from lrs.xapi.actors import ifi_text
from lrs.xapi.edit import json_text
from lrs.xapi.postings import Kind

Key: TypeAlias = tuple[Kind, str]
"""A kind, and the IRI or `ifi_text` it is known by."""

Mention: TypeAlias = tuple[Kind, str, Any]
"""Something a statement names, and the definition, display or name it gives with it; None for no more than the id."""

MOST_NAMES: Final = 10
MOST_ENTRIES: Final = 500
"""Bounds of a document: names of an agent, languages or extensions of one map; what was added first goes first."""

_MISSING: Final = object()
_MAPS: Final = ("name", "description", "extensions")
_UNIT: Final = ("interactionType", "correctResponsesPattern", *COMPONENT_LISTS)


@dataclass(frozen=True, slots=True)
class Canonical:
    """What is known of one key.

    value: a definition, a language map, or names with the latest first.  owner: the sender of the interaction in a
    definition, who alone may change it.  seq: the statement that changed it last.
    """

    value: Any
    owner: int | None
    seq: int


def mentions(statement: Mapping[str, Any]) -> list[Mention]:
    """All activities and verbs of a stored statement, and those agents that it calls by a name."""
    found: list[Mention] = []
    _statement(statement, found)
    _agent(statement.get("authority"), found)
    return found


def learn(known: MutableMapping[Key, Canonical], said: Iterable[Mention], sender: int, seq: int) -> None:
    """Fold what one statement says into the documents."""
    for kind, text, value in said:
        if value:
            key = (kind, text)
            old = known.get(key)
            new = merge(kind, old, value, sender, seq)
            if new is not old:
                known[key] = new


def merge(kind: Kind, known: Canonical | None, said: Any, sender: int, seq: int) -> Canonical:
    """`known` with what a sender says added; `known` itself when that is nothing new.

    Language maps and extensions merge entry by entry, and of everything the newest wins; but what belongs to an
    interaction goes together, and only the sender who defined it first may change it (S-49).
    """
    if kind == "activity":
        return _defined(known, said, sender, seq)
    old = known.value if known else None
    value = _named(old, said) if kind == "agent" else _merged(old, said)
    return known if known and value is old else Canonical(value, None, seq)


def unsaid(kind: Kind, said: Any, later: Any, *, by_same: bool) -> Any:
    """What of `said` a later statement, by the same sender or another, left unsaid when it said `later`; else empty.

    What belongs to an interaction goes together here too, and what others say of it changes nothing.
    """
    if kind == "agent":
        return "" if later == said else said
    if kind == "verb":
        return _without(said, later)
    left = {}
    for key, value in said.items():
        if key in _UNIT:
            if "interactionType" in said and not (by_same and "interactionType" in later):
                left[key] = value
        elif key in _MAPS:
            if (rest := _without(value, later.get(key, {}))) or key not in later:
                left[key] = rest
        elif key not in later:
            left[key] = value
    return left


def merge_late(
    kind: Kind, known: Canonical | None, said: Any, sender: int, seq: int, later: Collection[str]
) -> Canonical:
    """As `merge`, of what later statements left unsaid; of an agent, `later` are the names that they gave it."""
    if kind != "agent" or known is None:
        return merge(kind, known, said, sender, seq)
    others = [name for name in known.value if name != said]
    place = sum(name in later for name in others)
    value = [*others[:place], said, *others[place:]][:MOST_NAMES]
    return known if value == known.value else Canonical(value, None, seq)


def _without(said: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if key not in later}


def _named(old: list[str] | None, name: str) -> list[str]:
    """The latest names, each once."""
    if old is None:
        return [name]
    return old if old[0] == name else [name, *(other for other in old if other != name)][:MOST_NAMES]


def _merged(old: Mapping[str, Any] | None, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A map with the entries of another; the old one itself when they are there already."""
    if old is None:
        return said
    for key, value in said.items():
        before = old.get(key, _MISSING)
        if before != value or (type(value) is not str and not _is_same(before, value)):
            break
    else:
        return old
    merged = {**old, **said}
    return dict(list(merged.items())[-MOST_ENTRIES:]) if len(merged) > MOST_ENTRIES else merged


def _defined(known: Canonical | None, said: Mapping[str, Any], sender: int, seq: int) -> Canonical:
    old: Mapping[str, Any] = known.value if known else {}
    owner = known.owner if known else None
    changes = {}
    for key, value in said.items():
        before = old.get(key)
        if key in _UNIT or (before == value and type(value) is str):
            continue
        new = _merged(before, value) if key in _MAPS else value
        if before is None or new is not before:
            changes[key] = new
    if "interactionType" in said and owner in (None, sender):
        unit = _interaction(old, said)
        if not _is_same({key: old[key] for key in _UNIT if key in old}, unit):
            old = {key: value for key, value in old.items() if key not in _UNIT}
            changes |= unit
            owner = sender
    if known and not changes:
        return known
    return Canonical({**old, **changes}, owner, seq)


def _interaction(old: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The interaction as said, its components in the languages known before as well."""
    unit = {key: said[key] for key in _UNIT if key in said}
    for key in COMPONENT_LISTS:
        if key in unit and key in old:
            before = {component["id"]: component.get("description") for component in old[key]}
            unit[key] = [_translated(component, before.get(component["id"])) for component in unit[key]]
    return unit


def _translated(component: Mapping[str, Any], before: Mapping[str, str] | None) -> Mapping[str, Any]:
    if before is None:
        return component
    return {**component, "description": _merged(before, component.get("description", {}))}


def _is_same(one: Any, other: Any) -> bool:
    """Equal, and written alike: to Python 1 equals true and 1.0."""
    if one is other or isinstance(one, str):
        return bool(one == other)
    return bool(one == other) and json_text(one) == json_text(other)


def _statement(statement: Mapping[str, Any], found: list[Mention]) -> None:
    verb, target = statement["verb"], statement["object"]
    found.append(("verb", verb["id"], verb.get("display")))
    _agent(statement["actor"], found)
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        found.append(("activity", target["id"], target.get("definition")))
    elif kind == "SubStatement":
        _statement(target, found)
    elif kind != "StatementRef":
        _agent(target, found)
    if "context" in statement:
        _context(statement["context"], found)


def _context(context: Mapping[str, Any], found: list[Mention]) -> None:
    _agent(context.get("instructor"), found)
    _agent(context.get("team"), found)
    for listed in context.get("contextActivities", {}).values():
        found.extend(("activity", activity["id"], activity.get("definition")) for activity in listed)
    for related in context.get("contextAgents", ()):
        _agent(related["agent"], found)
    for related in context.get("contextGroups", ()):
        _agent(related["group"], found)


def _agent(actor: Mapping[str, Any] | None, found: list[Mention]) -> None:
    if actor is None:
        return
    name = actor.get("name")
    if name:
        text = ifi_text(actor)
        if text is not None:
            found.append(("agent", text, name))
    for member in actor.get("member", ()):
        _agent(member, found)
