"""The cookbook: every program loads by itself and beside the others, its tests pass, and no word of the language is missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from lrs.yaml_door import load
from rules.commands.lint import lint_command
from rules.commands.trial import trial_command
from rules.language import load_draft
from rules.language.schema import PARTS, json_schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
COOKBOOK = DOCS / "cookbook"
PAGE = (DOCS / "cookbook.md").read_text()
FILES = sorted(COOKBOOK.glob("*.yaml"))
SCHEMA = json_schema()
FAMILIES = {
    "curriculum": "certification",
    "match": "audience",
    "proctors": "observers",
    "trial-colleague": "trial-person",
}
NOWHERE: dict[tuple[str, str], str] = {
    **{("agent", key): "xAPI's own" for key in ("account", "mbox_sha1sum", "name", "objectType", "openid")},
    **{("agent-account", key): "xAPI's own" for key in ("homePage", "name")},
    **{("source-people", key): "as `account`" for key in ("mbox", "mbox_sha1sum", "openid")},
}
"""Keys that no document of the docs writes, and why."""


def test_the_cookbook_is_a_book() -> None:
    assert len(FILES) >= 14


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_program_stands_alone_and_its_tests_pass(file: Path) -> None:
    done = CliRunner().invoke(trial_command, [str(file)])
    assert done.exit_code == 0, done.output
    draft = load_draft(file)
    tested = {(trial.program, trial.version) for trial in draft.trials}
    assert tested == {(one.id, one.version) for versions in draft.ruleset.programs.values() for one in versions}


def test_they_stand_beside_each_other() -> None:
    done = CliRunner().invoke(trial_command, [str(COOKBOOK)])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].endswith(" passed, 0 failed")


def test_lint_asks_about_nothing_but_what_the_page_explains() -> None:
    done = CliRunner().invoke(lint_command, [str(COOKBOOK), "--json"])
    assert done.exit_code == 0, done.output
    told = {(warning["rule"], Path(warning["file"]).name) for warning in json.loads(done.output)["warnings"]}
    assert told == {("unused-activity", "cpd.yaml"), ("unused-activity", "pilot.yaml")}
    assert "(`unused-activity`)" in PAGE


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_page_says_why_a_program_is_written_so_what_it_costs_and_where_it_bites(file: Path) -> None:
    (chapter,) = (one for one in PAGE.split("\n## ") if f"](cookbook/{file.name})" in one)
    for word in ("**Why so.**", "**What it costs.**", "**Pitfalls.**"):
        assert word in chapter


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (DOCS / target).exists(), target


def test_every_key_of_the_language_is_written_somewhere() -> None:
    every = {(family(part.name), key) for part in PARTS.values() for key in part.keys}
    written = {found for document in documents() for found in keys(document, {"$ref": f"#/$defs/{document['kind']}"})}
    assert sorted(every - written) == sorted(NOWHERE)


def family(part: str) -> str:
    """Parts whose keys are the same words with the same meaning: one example of each is enough."""
    return FAMILIES.get(part, "leaf" if part.startswith(("leaf-", "accept-")) else part)


def documents() -> Iterator[Any]:
    """Every document of programs in the docs."""
    texts = [file.read_text() for file in FILES]
    for page in sorted(DOCS.rglob("*.md")):
        texts += re.findall(r"```yaml[^\n]*\n(.*?)```", page.read_text(), re.DOTALL)
    for text in texts:
        if re.search(r"^\{?kind: ", text, re.MULTILINE):
            yield from (document.value for document in load(text, "docs"))


def keys(value: Any, shape: Any) -> Iterator[tuple[str, str]]:
    """Each key that a value writes, with the part of the language that it belongs to."""
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        if name in PARTS:
            yield from ((family(name), key) for key in value if value[key] is not None)
        yield from keys(value, SCHEMA["$defs"][name])
    for one in shape.get("anyOf", ()):
        if is_valid(value, one):
            yield from keys(value, one)
    if isinstance(value, dict):
        rest = shape.get("additionalProperties")
        for key, child in value.items():
            known = shape.get("properties", {}).get(key, rest)
            if isinstance(known, dict) and child is not None:
                yield from keys(child, known)
    for child in value if isinstance(value, list) else ():
        yield from keys(child, shape.get("items", {}))


def is_valid(value: Any, shape: Any) -> bool:
    return validator(json.dumps(shape)).is_valid(value)


@cache
def validator(shape: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(shape), "$defs": SCHEMA["$defs"]})
