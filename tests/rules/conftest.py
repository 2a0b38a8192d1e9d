from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lrs.yaml_door import YamlDocument
from rules.language import ruleset
from rules.language.schema import json_schema
from tests.rules.world import World

SCHEMA = Draft202012Validator(json_schema())
VALID: set[str] = set()


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Base B of program-language 5 with one operator, and no statements yet."""
    return World(tmp_path)


@pytest.fixture(autouse=True)
def _whatever_is_loaded_is_in_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document that any test of rules loads without a mistake is one of the published schema."""
    read = ruleset._read

    def watched(document: YamlDocument, shelf: ruleset._Shelf) -> None:
        before = len(shelf.errors)
        read(document, shelf)
        text = repr(document.value)
        if len(shelf.errors) == before and not shelf.is_published and text not in VALID:
            assert [error.message for error in SCHEMA.iter_errors(document.value)] == []
            VALID.add(text)

    monkeypatch.setattr(ruleset, "_read", watched)
