"""Something that is not as it should be: where it stands, what stands there, what should, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import Any, Final

RESTORE: Final = "it is the record itself: take it from a backup (prowess restore FILE, into a new database)"
_MOST_SHOWN: Final = 80
_BEFORE: Final = 24


@dataclass(frozen=True, slots=True)
class Finding:
    """The first of `count` things that are wrong in one way.

    part: whose it is, in the words of `prowess rebuild` where that mends it.  key: the columns of the row's key, as text.
    column: None where a whole row is missing (`stored` is None) or too much (`right` is None).
    """

    part: str
    table: str
    key: str
    column: str | None
    stored: str | None
    right: str | None
    mend: str
    count: int = 1

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        if self.column is None:
            said = "is missing" if self.stored is None else "should not be there"
        else:
            said = f"{self.column} is {self.stored}, should be {self.right}"
        return f"{self.table}{f' [{self.key}]' if self.key else ''} {said}"


def finding(
    part: str, table: str, key: Mapping[str, Any], column: str | None, stored: object, right: object, mend: str
) -> Finding:
    """A finding with its values as text, cut to where they differ; of a row that is not there `column` is None."""
    named = " ".join(f"{name}={_text(value)}" for name, value in key.items())
    if column is None:
        there = [None if one is None else "there" for one in (stored, right)]
        return Finding(part, table, named, None, there[0], there[1], mend)
    return Finding(part, table, named, column, *_cut(_text(stored), _text(right)), mend)


def gathered(found: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for all that are wrong in the same way: the first, with how many there are."""
    first: dict[tuple[object, ...], Finding] = {}
    for one in found:
        way = (one.part, one.table, one.column, one.column is None and one.stored is None)
        before = first.get(way)
        first[way] = one if before is None else replace(before, count=before.count + one.count)
    yield from first.values()


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else repr(value)


def _cut(one: str, other: str) -> tuple[str, str]:
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    start = max(sum(1 for _ in same) - _BEFORE, 0)
    return _piece(one, start), _piece(other, start)


def _piece(text: str, start: int) -> str:
    piece = text[start : start + _MOST_SHOWN]
    return ("…" if start else "") + piece + ("…" if start + _MOST_SHOWN < len(text) else "")
