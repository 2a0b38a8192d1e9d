"""Where in a statement an index key stands: the answer to "why did this statement match?".

The counterpart of `postings` for people: slow, thorough, with JSON paths.  Nothing is indexed by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lrs.xapi.actors import ifi_text
from lrs.xapi.postings import Kind

_SILENT = frozenset({"extensions", "definition", "attachments", "display", "result", "statement"})
"""Members that no filter looks into."""
_VERBS = frozenset({"verb", "object.verb"})
_ACTIVITIES = frozenset({"object", "parent", "grouping", "category", "other"})


def places(statement: Mapping[str, Any], kind: Kind, text: str) -> list[str]:
    """The JSON paths at which this key stands, such as `context.contextActivities.parent[0]`; none when it does not."""
    return [path for found, value, path in _keys(statement, "", "") if (found, value) == (kind, text)]


def _keys(node: Any, path: str, name: str) -> Iterator[tuple[Kind, str, str]]:
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _keys(child, f"{path}[{index}]", name)
        return
    if not isinstance(node, Mapping):
        return
    yield from _own(node, path, name)
    for key, child in node.items():
        if key not in _SILENT:
            yield from _keys(child, f"{path}.{key}" if path else key, key)


def _own(node: Mapping[str, Any], path: str, name: str) -> Iterator[tuple[Kind, str, str]]:
    """What this object itself stands for; a registration counts only at the top of a statement."""
    identifier = ifi_text(node)
    if identifier is not None:
        yield "agent", identifier, path
    elif name in _ACTIVITIES and node.get("objectType", "Activity") == "Activity" and "id" in node:
        yield "activity", node["id"], path
    elif path in _VERBS:
        yield "verb", node["id"], path
    elif path == "context" and "registration" in node:
        yield "registration", str(node["registration"]).lower(), "context.registration"
