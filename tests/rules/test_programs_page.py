"""The examples of docs/programs.md are programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrs.yaml_door import load
from rules.language import load_draft, load_programs
from rules.language.profiles import PROFILES
from rules.language.vocabulary import GROUPS, LEAVES
from rules.trials import run

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "programs.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=[re.findall("id: ([a-z-]+)", text)[0] for text in EXAMPLES])
def test_examples_load(text: str) -> None:
    assert load_programs(load(text, "programs.md")).programs


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("text", EXAMPLES, ids=range(len(EXAMPLES)))
def test_their_tests_pass(text: str) -> None:
    draft = load_draft(load(text, "programs.md"))
    assert {
        trial.name: run(draft.ruleset, trial).differences
        for trial in draft.trials
        if run(draft.ruleset, trial).differences
    } == {}


@pytest.mark.parametrize("word", [*LEAVES, *GROUPS, *PROFILES])
def test_every_word_is_on_the_page(word: str) -> None:
    assert word in PAGE
