"""Ordering and paging by key: every page starts where the last one ended, however large the answer.

Empty cells come last whichever way a column is sorted; each nullable term is therefore two: empty or not, then the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select

from lrs.errors import BadRequest
from reports.cursor import Values
from reports.declaration import Report

_NUMERIC = frozenset({"integer", "number", "share", "day", "instant", "flag"})


@dataclass(frozen=True, slots=True)
class Term:
    """One level of an order, never null."""

    column: ColumnElement[Any]
    descending: bool
    numeric: bool

    @property
    def ordered(self) -> ColumnElement[Any]:
        return self.column.desc() if self.descending else self.column.asc()

    def beyond(self, value: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = self.column < value if self.descending else self.column > value
        return beyond


def terms(report: Report, answer: Subquery, order: Sequence[str]) -> list[Term]:
    """The whole order of an answer: what was asked for, then the key, so that no two rows tie."""
    levels = [*order, *(name for name in report.key if name not in {one.removeprefix("-") for one in order})]
    found: list[Term] = []
    for level in levels:
        name = level.removeprefix("-")
        numeric = report.column(name).type in _NUMERIC
        column = answer.c[name]
        found.append(Term(case((column.is_(None), 1), else_=0), descending=False, numeric=True))
        found.append(Term(func.coalesce(column, 0 if numeric else ""), level.startswith("-"), numeric))
    return found


def page(answer: Subquery, by: Sequence[Term], after: Values | None, limit: int | None) -> Select[Any]:
    """The rows of an answer in order, strictly after the values of an earlier row."""
    marks = [term.column.label(f"mark_{place}") for place, term in enumerate(by)]
    query = select(answer, *marks).order_by(*(term.ordered for term in by))
    if after is not None:
        query = query.where(_after(by, after))
    return query if limit is None else query.limit(limit)


def _after(by: Sequence[Term], values: Values) -> ColumnElement[bool]:
    """Lexicographically later: equal up to some level and beyond at it.  Raises BadRequest on values that do not fit."""
    if len(values) != len(by) or any(
        isinstance(value, str) == term.numeric for term, value in zip(by, values, strict=True)
    ):
        raise BadRequest("'cursor' is not one that we gave", hint="repeat the query without it")
    return or_(
        *(
            and_(
                *(before.column == value for before, value in zip(by[:level], values[:level], strict=True)),
                term.beyond(values[level]),
            )
            for level, term in enumerate(by)
        )
    )
