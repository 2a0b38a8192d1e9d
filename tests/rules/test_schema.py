"""The schema says what the loader reads: the same keys, the same words, and no document that only one of them takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from lrs.yaml_door import YamlDocument, load
from rules.commands.schema import schema_command
from rules.language import LanguageError, load_programs
from rules.language.entry import Entry
from rules.language.ruleset import _read, _Shelf
from rules.language.schema import ADDRESS, PARTS, json_schema
from rules.language.vocabulary import KINDS
from rules.plugin import plugin
from rules.reference import reference
from tests.conftest import Served
from tests.rules import world
from tests.rules.drawing import Drawer, everything, yaml_of
from tests.servers import sqlite_at

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Draft202012Validator(json_schema())
seeds = st.integers(0, 2**32 - 1)


def complaints(value: Any) -> list[str]:
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in SCHEMA.iter_errors(value)]


def is_accepted(document: YamlDocument) -> bool:
    """Whether the loader takes the document for itself, whatever it refers to."""
    shelf = _Shelf()
    _read(document, shelf)
    return not shelf.errors


def examples() -> Iterator[tuple[str, str]]:
    for page in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]:
        for number, text in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)):
            if re.search(r"^\{?kind: ", text, re.MULTILINE):
                yield f"{page.name}-{number}", text
    for file in sorted(
        [*(ROOT / "reports" / "demo" / "programs").glob("*.yaml"), *(ROOT / "docs" / "cookbook").glob("*.yaml")]
    ):
        yield file.name, file.read_text()
    for name in ("first-aid.yaml", "activities.yaml", "sources.yaml"):
        yield f"init-{name}", (ROOT / "lrs" / "templates" / name).read_text().replace("TODAY", "2026-01-01")
    yield "world", world.base(version="2", due="{within: P30D}") + world.ACTIVITIES


EXAMPLES = dict(examples())
CORPUS = [document.value for text in EXAMPLES.values() for document in load(text, "example.yaml")]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid(name: str) -> None:
    for document in load(EXAMPLES[name], name):
        assert complaints(document.value) == []


def test_every_example_of_a_part_is_valid_where_it_stands() -> None:
    for part in PARTS.values():
        for name, key in part.keys.items():
            shape = {"$defs": json_schema()["$defs"], **key.shape}
            assert [error.message for error in Draft202012Validator(shape).iter_errors(key.example)] == [], (
                part.name,
                name,
            )


class Reading:
    """What the loader asks for while it reads: keys by what it calls the mapping, words by the key they stand under."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keys: set[tuple[str, frozenset[str]]] = set()
        self.words: set[tuple[str, frozenset[str]]] = set()
        fields, choice = Entry.fields, Entry.choice

        def noting_fields(entry: Entry, known: Any, what: str, *more: Any, **rest: Any) -> Any:
            self.keys.add((what, frozenset(known)))
            return fields(entry, known, what, *more, **rest)

        def noting_choice(entry: Entry, options: Any) -> Any:
            key = next(step for step in reversed(entry.at) if isinstance(step, str))
            self.words.add((key, frozenset(options)))
            return choice(entry, options)

        monkeypatch.setattr(Entry, "fields", noting_fields)
        monkeypatch.setattr(Entry, "choice", noting_choice)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    found = Reading(monkeypatch)
    for document in everything():
        _read(yaml_of(document), _Shelf())
    return found


def test_every_key_the_loader_knows_is_in_the_schema_and_the_reverse(reading: Reading) -> None:
    assert reading.keys == {(part.what, frozenset(part.keys)) for part in PARTS.values() if part.what}


def test_every_word_the_loader_knows_is_in_the_schema_and_the_reverse(reading: Reading) -> None:
    stated = {
        (name, frozenset(shape["enum"]))
        for part in PARTS.values()
        for name, key in part.keys.items()
        for shape in enums(key.shape)
    }
    kinds = {("kind", frozenset(json_schema()["properties"]["kind"]["enum"]))}
    looked_up_otherwise = {"profile", "apply"}
    assert reading.words == {one for one in stated if one[0] not in looked_up_otherwise} | kinds


NAMES = {"rubric", "people", "sites", "tiers", "points"}
"""Keys under which a mapping may be one of names that somebody chooses, with `additionalProperties` in the schema."""


def planted(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """A value with an unknown key in each of its mappings in turn, and where."""
    if isinstance(value, dict):
        if at[-1:] == () or at[-1] not in NAMES:
            yield at, {**value, "zzzz": "x"}
        for name, inner in value.items():
            yield from ((place, {**value, name: one}) for place, one in planted(inner, (*at, name)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            ways = planted(inner, (*at, number))
            yield from ((place, [*value[:number], one, *value[number + 1 :]]) for place, one in ways)


@pytest.mark.journey
def test_a_key_that_nobody_knows_is_refused_in_every_mapping_by_the_schema_and_by_the_loader() -> None:
    event = {"statement": {"verb": "attended", "object": "a"}, "on": "2026-03-10"}
    case = {"name": "x", "as_of": "2026-03-11", "given": {"statements": [event]}, "expect": {"award": "none"}}
    tried = [{"kind": kind, "id": "x", "require": {"passed": "a"}, "tests": [case]} for kind in KINDS[:2]]
    refused: dict[tuple[str, ...], bool] = {}
    for document in [*everything(), *tried, *(value for value in CORPUS if isinstance(value, dict))]:
        before: list[str] = []
        for at, value in planted(document):
            path = (document["kind"], *(step for step in at if isinstance(step, str)))
            if not refused.get(path):
                before = before or complaints(document)
                shelf = _Shelf()
                _read(yaml_of(value), shelf)
                refused[path] = any("'zzzz'" in one.message for one in shelf.errors)
                assert [one for one in complaints(value) if one not in before], path
    assert [path for path, is_refused in refused.items() if not is_refused] == []
    steps = {name for path in refused for name in path}
    assert steps >= {"award", "leaderboard", "align", "authority", "account", "leave", "sites"}


def test_what_was_published_with_a_key_that_nobody_knew_is_still_read() -> None:
    text = world.base(award="{bagde: x, points: {never: 1}}") + world.ACTIVITIES
    assert load_programs(load(text, "p.yaml"), is_published=True).programs["base"]
    with pytest.raises(LanguageError) as raised:
        load_programs(load(text, "p.yaml"))
    assert [f"{one.line}:{one.column}: {one.message} | {one.hint}" for one in raised.value.errors] == [
        "11:9: 'award' has no key 'bagde' | did you mean 'badge'?",
        "11:28: there are no points for 'never' | known here: all, exam, on_time",
    ]


def enums(shape: Any) -> Iterator[Any]:
    if isinstance(shape, dict):
        if "enum" in shape:
            yield shape
        for inner in shape.values():
            yield from enums(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from enums(inner)


@settings(deadline=None, max_examples=300)
@given(seeds)
def test_no_document_makes_the_loader_stumble(seed: int) -> None:
    drawer = Drawer(Random(seed))
    values = [drawer.document(), drawer.mutated(drawer.document()), drawer.mutated(drawer.rng.choice(CORPUS))]
    documents = [yaml_of(value) for value in values]
    with suppress(LanguageError):
        load_programs([*documents, *load(world.ACTIVITIES, "activities.yaml")])


@settings(deadline=None, max_examples=400)
@given(seeds)
def test_what_the_loader_takes_the_schema_allows(seed: int) -> None:
    drawer = Drawer(Random(seed))
    value = drawer.document()
    if drawer.rng.random() < 0.7:
        value = drawer.mutated(value)
    document = yaml_of(value)
    if is_accepted(document):
        assert complaints(document.value) == []


@settings(deadline=None, max_examples=400)
@given(seeds)
def test_a_changed_example_that_the_loader_takes_the_schema_allows(seed: int) -> None:
    drawer = Drawer(Random(seed))
    document = yaml_of(drawer.mutated(drawer.rng.choice(CORPUS)))
    if is_accepted(document):
        assert complaints(document.value) == []


def test_the_reference_is_what_the_schema_says() -> None:
    page = ROOT / "docs" / "reference.md"
    assert page.read_text() == reference(), "run: prowess schema --markdown > docs/reference.md"


def test_the_command_prints_what_the_server_publishes(serve: Callable[..., Served], tmp_path: Path) -> None:
    printed = CliRunner().invoke(schema_command).stdout
    assert json.loads(printed) == json_schema()
    served = serve(sqlite_at(tmp_path / "schema.db"), (plugin,))
    answer = requests.get(f"{served.url}{ADDRESS}", timeout=10)
    assert answer.json() == json_schema()
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    again = requests.get(f"{served.url}{ADDRESS}", headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
    assert again.status_code == 304
