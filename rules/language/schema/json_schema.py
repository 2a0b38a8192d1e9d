"""The schema as JSON Schema 2020-12, for editors and for whoever writes programs by program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from rules.language.schema.parts import NODES, PARTS
from rules.language.schema.shapes import Key, Part
from rules.language.vocabulary import KINDS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ADDRESS: Final = "/schemas/programs.json"
"""Where a server publishes it."""

_NOTHING: Final = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """The schema of one document of a program file.

    A key that nothing follows counts as left out, so every key that is not needed may also be null.
    """
    return {
        "$schema": DIALECT,
        "$id": "https://w3id.org/prowess/schemas/programs.json",
        "title": "Prowess programs",
        "description": "One document of a program file; a file may hold several, separated by ---.",
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"description": "What this document is.", "enum": list(KINDS)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{kind}"},
            }
            for kind in KINDS
        ],
        "$defs": {
            "node": {
                "description": "A requirement: one leaf, or a group of requirements.",
                "anyOf": [{"$ref": f"#/$defs/{name}"} for name in NODES],
            },
            **{part.name: _mapping(part) for part in PARTS.values()},
        },
    }


def json_schema_text() -> str:
    """The same, as it is printed and published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False)


def _mapping(part: Part) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": part.about,
        "type": "object",
        "properties": {name: _value(key) for name, key in part.keys.items()},
        "additionalProperties": part.is_open,
    }
    if part.needed:
        found["required"] = part.needed
    if part.needs_one_of:
        found["anyOf"] = [{"required": [name]} for name in part.needs_one_of]
    return found


def _value(key: Key) -> dict[str, Any]:
    shape = key.shape if key.is_needed else _or_nothing(key.shape)
    return {"description": key.about, **shape, "examples": [key.example]}


def _or_nothing(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    if not shape or _NOTHING in shape.get("anyOf", ()):
        return shape
    if "anyOf" in shape:
        return {**shape, "anyOf": [*shape["anyOf"], _NOTHING]}
    if isinstance(shape.get("type"), str) and "enum" not in shape:
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, _NOTHING]}
