"""The language at hand, beside the text that is written in it: documents key by key, and what a requirement may be."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from rules.language.schema import PARTS, flow
from rules.language.schema.parts import NODES
from rules.language.schema.shapes import Part
from rules.language.vocabulary import KINDS


class Word(NamedTuple):
    """A key as it is written, and what it says."""

    example: str
    about: str
    is_needed: bool = False


class Chapter(NamedTuple):
    """What can be written in one place."""

    title: str
    about: str
    words: tuple[Word, ...]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Each kind of document, then requirements, all from the schema that editors read."""
    documents = [Chapter(f"kind: {kind}", PARTS[kind].about, _keys(PARTS[kind])) for kind in KINDS]
    asked = tuple(Word(_example(PARTS[name]), PARTS[name].about) for name in NODES)
    return (*documents, Chapter("Requirements", "What stands below require: and in all:, any: and the like.", asked))


def _keys(part: Part) -> tuple[Word, ...]:
    return tuple(Word(flow({name: key.example})[1:-1], key.about, key.is_needed) for name, key in part.keys.items())


def _example(part: Part) -> str:
    example = part.example or {name: key.example for name, key in part.keys.items() if key.is_needed}
    return flow(example)[1:-1]
