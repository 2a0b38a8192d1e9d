"""Where programs and ladders name somebody: the keys that the schema says names of people stand under."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lrs.yaml_door import Location, YamlDocument
from rules.language.schema.parts import NODES, PARTS
from rules.language.schema.shapes import Part, Shape


class Named(NamedTuple):
    """A name, where it stands, and of what it may be (`Key.names`)."""

    text: str
    at: Location
    of: tuple[str, ...]


def names_in(document: YamlDocument) -> Iterator[Named]:
    """Every name of somebody in a document that the loader took, in the order in which they were written."""
    yield from _in_part(PARTS[document.value["kind"]], document.value, ())


def _in_part(part: Part, value: Mapping[str, Any], at: Location) -> Iterator[Named]:
    for name, found in value.items():
        key = part.keys.get(name)
        if key is not None and key.names:
            yield from _texts(found, (*at, name), key.names)
        elif key is not None:
            yield from _in_shape(key.shape, found, (*at, name))


def _in_shape(shape: Shape, value: Any, at: Location) -> Iterator[Named]:
    options = list(_options(shape))
    if isinstance(value, list):
        for item in (option["items"] for option in options if "items" in option):
            for number, one in enumerate(value):
                yield from _in_shape(item, one, (*at, number))
    elif isinstance(value, dict):
        parts = [part for option in options for part in _parts(option)]
        fitting = next((part for part in parts if value.keys() <= part.keys.keys()), None)
        if fitting is not None:
            yield from _in_part(fitting, value, at)


def _options(shape: Shape) -> Iterator[Shape]:
    for option in shape.get("anyOf", [shape]):
        yield from [option] if option is shape else _options(option)


def _parts(shape: Shape) -> Iterator[Part]:
    """The mappings that a shape refers to."""
    if (name := shape.get("$ref", "").rpartition("/")[2]) == "node":
        yield from (PARTS[one] for one in NODES)
    elif name:
        yield PARTS[name]


def _texts(value: Any, at: Location, of: tuple[str, ...]) -> Iterator[Named]:
    if isinstance(value, str):
        yield Named(value, at, of)
    elif isinstance(value, list):
        yield from (Named(one, (*at, number), of) for number, one in enumerate(value) if isinstance(one, str))
