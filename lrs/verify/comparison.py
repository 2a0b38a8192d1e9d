"""Two stores' rows of one table beside each other, in the order of their keys and never all in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from lrs.verify.finding import Finding, finding

View = Callable[[Any], object]
Views = Mapping[str, View | None]
"""How columns are read before they are compared; None leaves one out that is never the same twice."""

_ROWS = 2_000
_Row = tuple[Any, ...]


def differences(
    stored: Connection, anew: Connection, table: Table, views: Views, *, part: str, mend: str
) -> Iterator[Finding]:
    """Every row, or column of one, in which two SQLite stores differ."""
    key = [column.name for column in table.primary_key]
    compared = [column.name for column in table.columns if column.name not in key and views.get(column.name, _whole)]
    read = [views.get(name) or _whole for name in compared]
    for ours, theirs in _pairs(
        _rows(stored, table, [*key, *compared]), _rows(anew, table, [*key, *compared]), len(key)
    ):
        if ours == theirs:
            continue
        named = dict(zip(key, ours or theirs or (), strict=False))
        if ours is None or theirs is None:
            yield finding(part, table.name, named, None, ours, theirs, mend)
            continue
        for name, view, one, other in zip(compared, read, ours[len(key) :], theirs[len(key) :], strict=True):
            if one != other and view(one) != view(other):
                yield finding(part, table.name, named, name, view(one), view(other), mend)


def _whole(value: Any) -> object:
    return value


def _rows(conn: Connection, table: Table, names: list[str]) -> Iterator[_Row]:
    query = select(*(table.c[name] for name in names)).order_by(*table.primary_key)
    yield from map(tuple, conn.execution_options(yield_per=_ROWS).execute(query))


def _pairs(one: Iterator[_Row], other: Iterator[_Row], length: int) -> Iterator[tuple[_Row | None, _Row | None]]:
    """Rows of the same key together; None beside a row whose key the other side lacks."""
    ours, theirs = next(one, None), next(other, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and ours[:length] < theirs[:length]):
            yield ours, None
            ours = next(one, None)
        elif ours is None or theirs[:length] < ours[:length]:
            yield None, theirs
            theirs = next(other, None)
        else:
            yield ours, theirs
            ours, theirs = next(one, None), next(other, None)
