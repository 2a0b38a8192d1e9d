"""Sets of days as ordered, disjoint half-open ranges of day numbers (`date.toordinal`); of instants, `union` serves too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

ENDLESS: Final = date.max.toordinal() + 1

Span = tuple[int, int]
Spans = Sequence[Span]


def union(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def intersection(one: Spans, other: Spans) -> list[Span]:
    return union((max(a, c), min(b, d)) for a, b in one for c, d in other)


def difference(one: Spans, other: Spans) -> list[Span]:
    left = list(one)
    for start, end in other:
        left = [piece for a, b in left for piece in ((a, min(b, start)), (max(a, end), b)) if piece[0] < piece[1]]
    return left


def contains(spans: Spans, day: int) -> bool:
    return any(start <= day < end for start, end in spans)
