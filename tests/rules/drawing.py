"""Documents made from the schema: one with everything in it, and any number of random ones."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Any

from lrs.yaml_door import YamlDocument, load
from rules.language.schema.leaves import NODES
from rules.language.schema.parts import PARTS
from rules.language.schema.shapes import CIVIL_PERIOD, DAY, PERIOD, Key, Part
from rules.language.vocabulary import KINDS

LEAF = {"passed": "a"}
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 10**30, Decimal("0.5"), Decimal("-3.25"), "", " ", "x", "*", "P1D", "PT1H", "P0D", "2026-01-01",
    "2026-13-45", "02-30", [], {}, [[]], [None], ["x"], {"x": "y"}, {"mbox": "mailto:a@b.example"}, {"mbox": 3},
    {"account": 5}, {"account": {"homePage": "x"}}, "due+P1D", "09:00", "certification", "passed",
)  # fmt: skip


def everything(kinds: Collection[str] = KINDS) -> list[dict[str, Any]]:
    """Documents in which every part, every key and every alternative of the schema occurs."""
    found = [document for kind in kinds for document in _mappings(PARTS[kind], ())]
    for node in NODES:
        found += [{"kind": "certification", "id": "x", "require": value} for value in _mappings(PARTS[node], ("node",))]
    return found


def _mappings(part: Part, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """One mapping for each alternative of the key that has most; no part stands inside itself."""
    columns = {name: _alternatives(key, (*path, part.name)) for name, key in part.keys.items()}
    for row in range(max(map(len, columns.values()))):
        yield {name: column[row % len(column)] for name, column in columns.items()}


def _alternatives(key: Key, path: tuple[str, ...]) -> list[Any]:
    return list(_values(key.shape, path, key.example)) or [key.example]


def _values(shape: Mapping[str, Any], path: tuple[str, ...], example: Any = None) -> Iterator[Any]:
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        if name == "node":
            yield LEAF
        elif name not in path:
            yield from _mappings(PARTS[name], path)
    elif "anyOf" in shape:
        for option in shape["anyOf"]:
            yield from _values(option, path, example)
    elif "enum" in shape:
        yield from shape["enum"]
    elif "const" in shape:
        yield shape["const"]
    elif shape.get("type") == "array":
        for value in _values(shape["items"], path, example[0] if isinstance(example, list) and example else None):
            yield [value] * shape.get("minItems", 1)
    elif isinstance(shape.get("additionalProperties"), Mapping):
        yield from ({"x": value} for value in _values(shape["additionalProperties"], path))
    elif example is not None and not isinstance(example, list):
        yield example


class Drawer:
    """Random documents of the schema; a seed is all that has to be drawn."""

    def __init__(
        self, rng: Random, kinds: Collection[str] = KINDS, names: tuple[str, ...] = ("a", "b", "exam", "base", "eve")
    ) -> None:
        self.rng = rng
        self.kinds = tuple(kinds)
        self.names = names

    def document(self, kind: str | None = None) -> dict[str, Any]:
        return self.part(PARTS[kind or self.rng.choice(self.kinds)], 3)

    def part(self, part: Part, depth: int) -> dict[str, Any]:
        rng = self.rng
        few = rng.random()
        wanted = {name for name, key in part.keys.items() if key.is_needed or rng.random() < few}
        if part.needs_one_of and not wanted & {*part.needs_one_of}:
            wanted.add(rng.choice(part.needs_one_of))
        return {name: self.key(part.keys[name], depth) for name in part.keys if name in wanted}

    def key(self, key: Key, depth: int) -> Any:
        if not key.is_needed and self.rng.random() < 0.03:
            return None
        return key.example if self.rng.random() < 0.2 else self.value(key.shape, depth)

    def value(self, shape: Mapping[str, Any], depth: int) -> Any:
        rng = self.rng
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            if name == "node":
                return LEAF if depth <= 0 else self.part(PARTS[rng.choice(NODES)], depth - 1)
            return self.part(PARTS[name], depth - 1)
        if "anyOf" in shape:
            return self.value(rng.choice(shape["anyOf"]), depth)
        if "enum" in shape:
            return rng.choice(shape["enum"])
        if "const" in shape:
            return shape["const"]
        if shape.get("type") == "array":
            least = shape.get("minItems", 0)
            return [self.value(shape["items"], depth) for _ in range(rng.randint(least, max(least, 2)))]
        return self.plain(shape, depth)

    def plain(self, shape: Mapping[str, Any], depth: int) -> Any:
        rng = self.rng
        match shape.get("type"):
            case "boolean":
                return rng.random() < 0.5
            case "integer":
                return rng.randint(shape.get("minimum", -3), 5)
            case "number":
                return Decimal(rng.randint(int(shape.get("minimum", -2) * 100), 100)) / 100
            case "null":
                return None
            case "object":
                inner = shape.get("additionalProperties")
                named = rng.sample(self.names, rng.randint(0, 2))
                return {name: self.value(inner, depth) if isinstance(inner, Mapping) else "x" for name in named}
            case "string":
                return self.text(shape)
        return rng.choice(JUNK)

    def text(self, shape: Mapping[str, Any]) -> str:
        rng = self.rng
        if shape in (PERIOD, CIVIL_PERIOD):
            return rng.choice(("P1D", "P30D", "P1Y", "P2Y3M", "P0D", *(["PT24H"] if shape is PERIOD else [])))
        if shape == DAY:
            return rng.choice(("2026-01-01", "2024-02-29", "2026-02-29", "2030-12-31"))
        return rng.choice(
            (*self.names, "2026-03-10", "2026-03-10T12:00:00Z", "https://x.example/a", "03-31", ">=2", "due-P3D")
        )

    def mutated(self, value: Any) -> Any:
        """A value with one place of it changed into something else."""
        rng = self.rng
        if isinstance(value, dict) and value and rng.random() < 0.9:
            name = rng.choice([*value])
            if rng.random() < 0.15:
                return {key: one for key, one in value.items() if key != name}
            return {**value, name: self.mutated(value[name])}
        if isinstance(value, list) and value and rng.random() < 0.9:
            place = rng.randrange(len(value))
            return [*value[:place], self.mutated(value[place]), *value[place + 1 :]]
        return rng.choice(JUNK)


def yaml_of(value: Any) -> YamlDocument:
    """A document as the door gives it: written as JSON, which is YAML, with decimals as they are."""
    return next(iter(load(_written(value), "drawn.yaml")), YamlDocument(None, "drawn.yaml", {}, {}))


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
