"""What is said of YAML that cannot be read: where, what is probably meant, and how to mend it."""

from __future__ import annotations

import pytest

from lrs.errors import ConfigError
from lrs.people.roster import RosterError, roster_from
from lrs.yaml_door import load
from rules.language import LanguageError, load_programs

CASES = {
    "colon, before a key": ("due 30 days\nid: x\n", "1:1", "a colon is missing after 'due'", "write due: 30 days"),
    "colon, between": ("id: x\ndue 30 days\nv: y\n", "2:1", "a colon is missing after 'due'", "write due: 30 days"),
    "colon, at the end": ("id: x\ndue 30 days # soon\n", "2:1", "a colon is missing after 'due'", "write due: 30 days"),
    "colon, below a key": (
        "valid:\n  for P1Y\n\n  grace: P3D\n",
        "2:3",
        "a colon is missing after 'for'",
        "write for: P1Y",
    ),
    "colon, before keys": ("valid\n  for: P1Y\n", "1:1", "a colon is missing after 'valid'", "write valid:"),
    "colon, before a list": ("id: x\nall\n  - a\n", "2:1", "a colon is missing after 'all'", "write all:"),
    "colon, before braces": ("r:\n  all\n    - {p: a}\n", "2:3", "a colon is missing after 'all'", "write all:"),
    "colon, in an item": ("- id lift\n  p: x\n", "1:3", "a colon is missing after 'id'", "write id: lift"),
    "space": ("id:lift\nv: y\n", "1:1", "a space is missing after the colon of 'id'", "write id: lift"),
    "space, between": ("v: y\nid:lift\nw: 1\n", "2:1", "a space is missing after the colon of 'id'", "write id: lift"),
    "space, below a key": (
        "v:\n  for:P1Y\n  g: P\n",
        "2:3",
        "a space is missing after the colon of 'for'",
        "write for: P1Y",
    ),
    "space after a dash": ("- p: a\n-p: b\n", "2:1", "a space is missing after the dash", "write - p: b"),
    "tab": ("valid:\n\tfor: P1Y\n", "2:1", "a tab in the indentation", "indent with spaces: a tab is not accepted"),
    "tab after spaces": ("v:\n  g: 1\n  \tf: 2\n", "3:3", "a tab in the indentation", "indent with spaces: a tab"),
    "tab in an item": ("- id: a\n\t  p: x\n", "2:1", "a tab in the indentation", "indent with spaces: a tab"),
    "text with a colon": ("t: Lift: the course\n", "1:8", "a second colon in one line", "stands in quotes"),
    "indentation": (
        "id: x\n  title: y\n",
        "2:3",
        "'title' is indented further than the line above",
        "stand in one column",
    ),
    "quote": ('t: "abc\nid: x\n', "1:4", "a quote that opens here is not closed", "close it"),
    "at sign": ("t: @x\n", "1:4", "text cannot begin with '@'", "put it in quotes"),
    "star": ("t: *x*\n", "1:4", "text cannot begin with '*'", "put it in quotes"),
    "bracket": (
        "a: [b\nc: d\n",
        "1:4",
        "a bracket that opens here is not closed",
        "close it, with a comma between its parts",
    ),
}


@pytest.mark.parametrize(("text", "place", "message", "hint"), CASES.values(), ids=CASES)
def test_a_slip_of_the_pen_was_told_in_the_words_of_the_parser(text: str, place: str, message: str, hint: str) -> None:
    """Of a forgotten colon it spoke of simple keys, and mostly of the line after it."""
    with pytest.raises(ConfigError) as caught:
        load(text, "f.yaml")
    assert caught.value.place == f"f.yaml:{place}"
    assert caught.value.message.startswith(f"not valid YAML: {message}")
    assert hint in (caught.value.hint or "")


def test_what_is_yaml_and_hardly_meant_is_told_like_what_is_none() -> None:
    """`{job operator}` is a key without a value, `for P1Y` below a key is text: the nearest known name was suggested."""
    text = """
kind: certification
id: x
title: X
version: 1
for: {job operator}
due: {after:assigned, within: P30D}
valid:
  for P1Y
require:
  all:
    - passed:exam
    - {completed exam}
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
"""
    with pytest.raises(LanguageError) as caught:
        load_programs(load(text, "p.yaml"))
    assert {one.line: one.hint for one in caught.value.errors if one.line is not None and one.line > 2} == {
        6: "a colon is missing after 'job'; write job: operator",
        7: "a space is missing after the colon of 'after'; write after: assigned",
        9: "a colon is missing after 'for'; write for: P1Y",
        12: "a space is missing after the colon of 'passed'; write passed: exam",
        13: "a colon is missing after 'completed'; write completed: exam",
    }


def test_people_are_told_too() -> None:
    (document,) = load("people:\n  - id:ada\n  - {id: bo, name Bo}\n", "people.yaml")
    with pytest.raises(RosterError) as caught:
        roster_from(document)
    assert [(one.line, one.hint) for one in caught.value.errors if one.hint] == [
        (2, "a space is missing after the colon of 'id'; write id: ada"),
        (3, "a colon is missing after 'name'; write name: Bo"),
    ]
