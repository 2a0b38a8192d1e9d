"""A criterion in words says all that it is judged by: no key of a leaf changes without its sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from rules.explain.requirement import Wording, nodes_of
from rules.language.schema.json_schema import json_schema
from rules.language.schema.leaves import leaf_keys, requirement_parts
from rules.language.vocabulary import LEAF_NOTES, LEAVES
from tests.rules.world import base, rules

SILENT: Final = {"id", *LEAF_NOTES}
"""A name, and what is described and never judged."""
NEEDS: Final[Mapping[str, Mapping[str, Any]]] = {"between": {"after": "learn"}, "per": {"max": 7}}
"""What has to stand beside a key."""
ELSEWHERE: Final = {"forklift-evaluator", "people-manager"}
PARTS: Final = {part.name: part.keys for part in requirement_parts()}

Way = tuple[str, str, dict[str, Any], dict[str, Any]]
"""The leaf, the key, and the leaf without it and with it."""


def values(shape: Mapping[str, Any], example: Any) -> Iterator[Any]:
    """Values that a key may have: each of its words, else an example."""
    if "enum" in shape:
        yield from shape["enum"]
    elif shape.get("type") == "boolean":
        yield from (True, False)
    else:
        yield example


def inner(shape: Mapping[str, Any]) -> Iterator[str]:
    """The parts that a value may be."""
    if "$ref" in shape:
        yield shape["$ref"].removeprefix("#/$defs/")
    for one in shape.get("anyOf", ()):
        yield from inner(one)


def ways() -> Iterator[Way]:
    for leaf in LEAVES:
        keys = leaf_keys(leaf)
        bound = {"max": 9} if leaf == "kpi" else {}
        plain = {leaf: keys[leaf].example, **bound}
        for name, key in keys.items():
            if name in SILENT:
                continue
            beside = {**plain, **NEEDS.get(name, {})}
            parts = list(inner(key.shape))
            for part in parts:
                for inside, its in PARTS[part].items():
                    without = _beside(part, inside)
                    for value in values(its.shape, its.example):
                        whole = {**without, inside: value}
                        yield leaf, f"{name}.{inside}", {**beside, name: without}, {**beside, name: whole}
            if not parts and name != leaf:
                start = {**beside, name: 9} if name == "max" else beside
                for value in values(key.shape, key.example):
                    yield leaf, name, start, {**beside, name: value}


def _beside(part: str, inside: str) -> dict[str, Any]:
    """What stands in a mapping besides one of its keys; a key that has to be there stands there with another value."""
    keys = PARTS[part]
    needed = {name: key.example for name, key in keys.items() if key.is_needed}
    if inside in needed:
        needed[inside] = {"reported": "attended", "ehs/near-miss": "ehs/briefing", "CEU": "PDH"}.get(needed[inside], 7)
    if needed or inside in NEEDS:
        return {**needed, **NEEDS.get(inside, {})}
    return dict([next((name, key.example) for name, key in keys.items() if name != inside and name not in NEEDS)])


def words(leaf: Mapping[str, Any]) -> str:
    text = base(require=json.dumps({"all": [{**leaf, "id": "it"}, {"passed": "c", "id": "learn"}]}))
    others = [base(id=one, title=f"The {one}", require="{passed: c}") for one in sorted(ELSEWHERE)]
    names = sorted(
        {key.example for leaf in LEAVES if isinstance((key := leaf_keys(leaf)[leaf]).example, str)} - ELSEWHERE
    )
    more = [
        json.dumps({"kind": "activity", "id": one, "iris": [f"https://y.example/{one}"], "move_on": "Passed"} | RUBRIC)
        for one in (*names, "ehs/near-miss")
    ]
    more += ['{kind: verb, id: reported, iris: ["https://y.example/verbs/reported"]}']
    ruleset = rules("\n---\n".join([text, *others, *more]))
    program = ruleset.programs["base"][-1]
    return Wording(ruleset, program).clause(nodes_of(program)["it"]).text


RUBRIC: Final = {"rubric": {"load-centre": "Finds the centre", "horn": "Sounds the horn"}}
DEFAULTS: Final = (
    ("waivable", True),
    ("while_held", False),
    ("after_assignment", False),
    ("proctored", False),
    ("score", "best"),
    ("agg", "latest"),
)
"""What holds where nothing is said; a tuple, for a value may be a mapping."""


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_key_of_a_leaf_was_left_out_of_its_words(leaf: str) -> None:
    told: dict[str, dict[str, str]] = {}
    for one, key, without, value in ways():
        if one != leaf:
            continue
        given = value.get(key)
        is_default = (key, given) in DEFAULTS
        before, after = words(without), words(value)
        assert (before == after) == is_default, (key, value, after)
        told.setdefault(key, {})[json.dumps(value)] = after
    for key, sentences in told.items():
        assert len(set(sentences.values())) == len(sentences), f"two values of {key} have the same words: {sentences}"


def test_the_keys_are_those_of_the_published_schema() -> None:
    published = json_schema()["$defs"]
    for leaf in LEAVES:
        assert set(published[f"leaf-{leaf}"]["properties"]) == set(leaf_keys(leaf))
    assert {name for name in published if name.startswith("leaf-")} == {f"leaf-{leaf}" for leaf in LEAVES}
