"""What stands in published files about one program, as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lrs import yaml_door
from rules.published.store import Source

_KINDS: Final = ("certification", "curriculum")
_BORDER: Final = re.compile(r"(?:---|\.\.\.)(?=\s|$)")
"""What ends a document, at the beginning of a line."""


def about(sources: Sequence[Source], program_id: str, version: int | None = None) -> list[Source]:
    """The files that say something of a program, or of one version of it, each with those documents only."""
    return [
        Source(source.file, "---\n".join(texts))
        for source in sources
        if (texts := list(_documents(source, program_id, version)))
    ]


def _documents(source: Source, program_id: str, version: int | None) -> Iterator[str]:
    lines = source.text.removeprefix("\ufeff").splitlines(keepends=True)
    for document in yaml_door.load(source.text, source.file):
        said = document.value
        if not isinstance(said, dict) or said.get("kind") not in _KINDS or said.get("id") != program_id:
            continue
        if version in (None, said.get("version") or 1):
            yield _text(lines, document.mark(()).line - 1)


def _text(lines: Sequence[str], at: int) -> str:
    """The document that the line is in, with the comments above it; a text that begins beside its border too."""
    borders = [number for number, line in enumerate(lines) if _BORDER.match(line)]
    start = max((number for number in borders if number <= at), default=None)
    end = min((number for number in borders if number > at), default=len(lines))
    if start is None:
        return _whole(lines[:end])
    beside = lines[start][3:].strip(" ").removeprefix("\n")
    return _whole([beside, *lines[start + 1 : end]])


def _whole(lines: Sequence[str]) -> str:
    return "".join(lines).strip("\n") + "\n"
