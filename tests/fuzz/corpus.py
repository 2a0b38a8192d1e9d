"""Real statements of real systems as further seeds, where a checkout of them stands beside this one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

CORPUS: Final = Path(__file__).resolve().parents[3] / "shared" / "corpus"
FILES: Final = (
    "moodle_live/statements.jsonl", "openedx_live/statements.jsonl", "spec_examples/xapi_spec.jsonl",
    "adl_conformance_templates/v1_0_3.jsonl", "adl_conformance_templates/v2_0.jsonl",
)  # fmt: skip
OF_STATEMENTS: Final = frozenset({"json", "statements"})
"""Targets that read them."""
_MOST: Final = 60
"""Lines of each file: more tell nothing new."""
_LONGEST: Final = 4_096


def statements() -> list[bytes]:
    """Some of each file, each as JSON; none where there is no corpus."""
    return [line for name in FILES if (CORPUS / name).is_file() for line in _lines(CORPUS / name)]


def _lines(path: Path) -> Iterator[bytes]:
    lines = [line for line in path.read_bytes().splitlines() if len(line) <= _LONGEST]
    yield from lines[:: max(1, len(lines) // _MOST)]


def told() -> str:
    """For the log of a run: what is there, or why nothing is."""
    found = statements()
    return (
        f"{len(found)} statements of a corpus beside this checkout"
        if found
        else f"no corpus at {CORPUS}: own seeds only"
    )
