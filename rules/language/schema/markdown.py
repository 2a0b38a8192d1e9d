"""The schema for reading: docs/reference.md, written by `prowess schema --markdown`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rules.language.schema.leaves import LEAF
from rules.language.schema.parts import NODES, PARTS
from rules.language.schema.shapes import ANCHOR, CIVIL_PERIOD, DATE, DAY, IRI, PERIOD, SHARE, Key, Part
from rules.language.vocabulary import KINDS

_HEAD: Final = """# The language, key by key

Written by `prowess schema --markdown > docs/reference.md` from the schema that editors read (`prowess schema`, or
`/schemas/programs.json` of a server). How to use it: `programs.md`. A bold key is needed; a key that nothing follows
counts as left out.
"""
_PLAIN: Final = (
    (PERIOD, "period"),
    (CIVIL_PERIOD, "civil period"),
    (DAY, "date"),
    (ANCHOR, "day of the year"),
    (IRI, "IRI"),
    (SHARE, "number from 0 to 1"),
)
_TYPES: Final = {
    "string": "text",
    "boolean": "true or false",
    "object": "mapping",
    "null": "nothing",
    "integer": "whole number",
}


def markdown() -> str:
    """The whole language: documents first, then requirements, then what stands inside them."""
    sections = [_HEAD, "## Documents\n", *(_section(PARTS[kind]) for kind in KINDS)]
    sections += ["## Requirements\n", _node(), _section(LEAF), *(_section(PARTS[name]) for name in NODES)]
    rest = [part for part in PARTS.values() if part.name not in (*KINDS, *NODES)]
    sections += ["## Inside them\n", *map(_section, rest)]
    return "\n".join(sections)


def _node() -> str:
    links = " · ".join(f"[{_title(name)}](#{name})" for name in NODES)
    return f'<a id="node"></a>\nA requirement is one of {links}.\n'


def _section(part: Part) -> str:
    shared: Mapping[str, Key] = _part(part.like).keys if part.like else {}
    rows = "\n".join(_row(name, key) for name, key in part.keys.items() if shared.get(name) != key and name != "kind")
    said = [part.about]
    if part.like:
        said.append(f"It has the keys of [{_title(part.like)}](#{part.like}){' too' if rows else ''}.")
    if part.needs_one_of:
        said.append(f"At least one of {', '.join(f'`{name}`' for name in part.needs_one_of)}.")
    table = f"\n| key | value | says | for example |\n|---|---|---|---|\n{rows}\n" if rows else ""
    return f'### <a id="{part.name}"></a>{_title(part.name)}\n\n{" ".join(said)}\n{table}'


def _part(name: str) -> Part:
    return LEAF if name == LEAF.name else PARTS[name]


def _title(name: str) -> str:
    return name.removeprefix("leaf-").removeprefix("group-")


def _row(name: str, key: Key) -> str:
    shown = f"**`{name}`**" if key.is_needed else f"`{name}`"
    value = " or ".join(dict.fromkeys(_value(key.shape)))
    return f"| {shown} | {value} | {_cell(key.about)} | `{_cell(flow(key.example))}` |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _value(shape: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        yield f"[{'requirement' if name == 'node' else _title(name)}](#{name})"
    elif "anyOf" in shape:
        for option in shape["anyOf"]:
            yield from _value(option)
    elif "enum" in shape:
        yield ", ".join(f"`{word}`" for word in shape["enum"])
    elif "const" in shape:
        yield f"`{flow(shape['const'])}`"
    elif shape.get("type") == "array":
        yield f"list of {' or '.join(_value(shape['items']))}"
    else:
        yield _plain(shape)


def _plain(shape: Mapping[str, Any]) -> str:
    for known, name in _PLAIN:
        if shape == known:
            return name
    inner = shape.get("additionalProperties")
    if isinstance(inner, Mapping):
        return f"mapping of names to {' or '.join(_value(inner))}"
    kind = shape.get("type")
    return _TYPES.get(kind, kind) if isinstance(kind, str) else "anything"


def flow(value: Any) -> str:
    """A value as it stands in YAML on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        is_safe = not any(mark in value for mark in ":,[]{}#&*!|>'\"%@`") and value[:1].isalpha()
        return value if is_safe or re.fullmatch(DATE, value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
