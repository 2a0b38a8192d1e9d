"""What is probably meant where YAML cannot be read, or reads as something else, for those who are no programmers.

The parser notices a forgotten colon on the next line and speaks of simple keys; this looks at the lines as they were typed.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

import yaml

from lrs.errors import did_you_mean

_KEY = r"[A-Za-z_][A-Za-z0-9_.-]*"
_UNSPACED = re.compile(rf"(?P<key>{_KEY}):(?P<value>[^\s:/].*)")
_BARE = re.compile(rf"(?P<key>{_KEY})(?: +(?P<value>.*))?")
_FIRST_KEY = re.compile(rf"[ -]*[\[{{ ]*[\"']?{_KEY}[\"']? *")
_TAB = re.compile(r"[ -]*\t")
_DASHES = re.compile(r" *(?:- +)*")
_COMMENT = re.compile(r"(?:^| )#.*")
_SPECIAL = "@`%"


class Slip(NamedTuple):
    """What is wrong and how to mend it; line and column count from 1, None where the parser knows no place."""

    message: str
    hint: str | None
    line: int | None = None
    column: int | None = None


def quotes_hint(value: object) -> str | None:
    """How to write a number that is meant as text, such as a person's id; None where it is no number."""
    return f'write "{value}" in quotes' if type(value) is int or isinstance(value, Decimal) else None


def slip_of(error: yaml.MarkedYAMLError, text: str) -> Slip:
    """What was probably meant, and where; else what the parser says."""
    lines = text.splitlines()
    found = _slip(error, lines)
    if found is not None:
        return found
    mark = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.context, error.problem) if part)
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    return Slip(said, _general(error), line, column)


def _slip(error: yaml.MarkedYAMLError, lines: list[str]) -> Slip | None:
    mark, begun, problem = error.problem_mark, error.context_mark, error.problem or ""
    if mark is None:
        return None
    line = _line(lines, mark.line)
    if tab := _TAB.match(line):
        return Slip("a tab in the indentation", "indent with spaces: a tab is not accepted", mark.line + 1, tab.end())
    if problem.startswith("could not find expected ':'") and begun is not None:
        if _line(lines, begun.line).startswith(("{", "kind:")):
            hint = "documents are separated by a line of ---"
            return Slip("a new document begins here", hint, begun.line + 1, begun.column + 1)
        return _unfinished(lines, begun.line, begun.column)
    if problem.startswith("mapping values are not allowed"):
        return _second_colon(lines, mark.line, mark.column)
    if problem.endswith("'-' indicator") and (dash := re.match(r"( *)-(?=[^ -])(.*)", line)):
        return Slip("a space is missing after the dash", f"write - {dash[2]}", mark.line + 1, len(dash[1]) + 1)
    if (
        "quoted scalar" in (error.context or "")
        and ("end of stream" in problem or "document indicator" in problem)
        and begun
    ):
        return Slip("a quote that opens here is not closed", "close it", begun.line + 1, begun.column + 1)
    if (error.context or "").startswith("while parsing a flow") and begun is not None and begun.line < mark.line:
        return Slip(
            "a bracket that opens here is not closed",
            "close it, with a comma between its parts",
            begun.line + 1,
            begun.column + 1,
        )
    first = line[mark.column : mark.column + 1]
    if problem.startswith("found character that cannot start") and first and first in _SPECIAL:
        return Slip(f"text cannot begin with '{first}'", "put it in quotes", mark.line + 1, mark.column + 1)
    if "an alias" in (error.context or "") and begun is not None:
        return Slip("text cannot begin with '*'", "put it in quotes", begun.line + 1, begun.column + 1)
    return None


def _general(error: yaml.MarkedYAMLError) -> str | None:
    problem = error.problem or ""
    if problem.startswith(("expected <block end>", "did not find expected key")):
        return "look at the indentation here and above: keys that belong together stand in one column"
    if problem.startswith("could not find expected ':'"):
        return "a key ends with a colon and a space, such as timezone: site; an item of a list begins with a dash"
    if (error.context or "").startswith("while parsing a flow"):
        return "a comma, a colon or a closing bracket is missing here or before"
    return None


def _line(lines: list[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _unfinished(lines: list[str], number: int, column: int) -> Slip | None:
    """Text where a key should be, in the column in which it begins."""
    meant = _meant(_COMMENT.sub("", _line(lines, number)[column:]).strip())
    return None if meant is None else Slip(*meant, number + 1, column + 1)


def _second_colon(lines: list[str], number: int, column: int) -> Slip:
    """A colon that the parser did not expect: of the line before, which is no key, or a second one in its own line."""
    line = _line(lines, number)
    if not _FIRST_KEY.fullmatch(line[:column]):
        hint = "text with a colon in it stands in quotes; several keys on one line stand in { }"
        return Slip("a second colon in one line", hint, number + 1, column + 1)
    above = next((one for one in range(number - 1, -1, -1) if _COMMENT.sub("", lines[one]).strip()), None)
    if above is not None:
        begun = _DASHES.match(lines[above])
        at = begun.end() if begun else 0
        if found := _unfinished(lines, above, at):
            return found
    key = line[:column].strip(" -{[\"'")
    return Slip(
        f"'{key}' is indented further than the line above, which has its value already",
        "look at the indentation here and above: keys that belong together stand in one column",
        number + 1,
        column - len(line[:column].lstrip()) + 1,
    )


def _meant(text: str) -> tuple[str, str] | None:
    """What is missing in a text that should be a key with its value, and how to write it."""
    if found := _UNSPACED.fullmatch(text):
        return f"a space is missing after the colon of '{found['key']}'", f"write {found['key']}: {found['value']}"
    if found := _BARE.fullmatch(text):
        return f"a colon is missing after '{found['key']}'", f"write {found['key']}: {found['value'] or ''}".rstrip()
    return None


def lacking(text: str, known: Collection[str]) -> str | None:
    """What is missing in a text that begins like a known key, and how to write it."""
    found = _UNSPACED.fullmatch(text) or _BARE.fullmatch(text)
    meant = _meant(text) if found and found["value"] and found["key"] in known else None
    return None if meant is None else "; ".join(meant)


def key_meant(text: str, known: Collection[str]) -> str:
    """A hint for a key that nobody knows: what is missing in it, else the nearest known name."""
    return lacking(text, known) or did_you_mean(text, known)
