"""Which requirements a test names: `test_s_28_...`, `..._id_00180_...`, or a case whose id holds `00325` between hyphens.

Says nothing about which requirements there are; that is `tests.test_requirements`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ID = r"\d{5}|[STD]-\d\d"
_IN_FUNCTION = re.compile(r"_(\d{5}|[std]_\d\d)(?=_|$)")
_IN_CASE = re.compile(rf"(?<![^-])(?:{ID})(?![^-])")


def in_function(name: str) -> set[str]:
    """The ids in the name of a test function."""
    return {found.upper().replace("_", "-") for found in _IN_FUNCTION.findall(name)}


def in_case(name: str) -> set[str]:
    """The ids in the name of a case of a parametrised test."""
    return set(_IN_CASE.findall(name))


def in_item(name: str) -> set[str]:
    """The ids in the name of a test as pytest has it, such as `test_case[00325-verb-in-other-case]`."""
    function, _, case = name.partition("[")
    return in_function(function) | in_case(case.removesuffix("]"))


def modules() -> Iterator[Path]:
    """The modules that hold tests."""
    yield from sorted(HERE.rglob("test_*.py"))


def files_that_may_name(rule: str) -> set[Path]:
    """Where tests that name an id can stand, and perhaps some more files: case names may be built from a table."""
    spelled = (rule, "_" + rule.lower().replace("-", "_"))
    return {path for path in modules() if any(one in path.read_text(encoding="utf-8") for one in spelled)}
