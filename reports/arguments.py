"""A report's parameters, checked against its declaration; anything it does not know is an error, never ignored.

A filter dropped in silence would answer another question than the one asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lrs.errors import BadRequest, did_you_mean
from reports.cursor import Cursor, read_cursor
from reports.declaration import Filter, Question, Report, Scope
from reports.semantics import parse_as_of, parse_day

DEFAULT_LIMIT = 100
MOST = 10_000
_LARGEST = 100_000
_DIGITS = 9
"""However many zeros stand in front."""
PAGING = ("as_of", "limit", "cursor", "sort")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What one request asks of a report.

    said_as_of: the `as_of` as written, None when it is simply now.  limit: None when none was given.
    """

    question: Question
    order: tuple[str, ...]
    limit: int | None
    cursor: Cursor | None
    said_as_of: str | None

    @property
    def shown_filters(self) -> dict[str, list[str]]:
        return {name: list(values) for name, values in self.question.filters.items()}


def parse_arguments(report: Report, scope: Scope, given: Iterable[tuple[str, str]], now: int) -> Arguments:
    """The arguments of a query string.  Blank values are blank form fields and say nothing.  Raises BadRequest."""
    values: dict[str, list[str]] = {}
    known = (*(one.name for one in report.filters), *PAGING)
    for name, value in given:
        if name not in known:
            hint = f"write it after the name: {report.name}.csv" if name == "format" else did_you_mean(name, known)
            raise BadRequest(f"'{report.name}' has no parameter '{name}'", hint=hint, parameter=name)
        if "\0" in value:
            raise BadRequest(f"{name}: a value has no character 0", parameter=name)
        if value.strip():
            values.setdefault(name, []).append(value.strip())
    for name in PAGING:
        _single(values, name)
    said = values.get("as_of", [None])[0]
    order = _order(report, values.get("sort", [None])[0])
    filters = _filters(report, values)
    cursor = _cursor(report, values.get("cursor", [None])[0], order, filters)
    as_of = parse_as_of(said, now) if said else now
    if cursor is not None:
        if said and as_of != cursor.as_of:
            raise BadRequest("'cursor' continues an answer with another 'as_of'", hint="leave one of the two out")
        as_of = cursor.as_of
    return Arguments(Question(scope, as_of, filters), order, _limit(values.get("limit", [None])[0]), cursor, said)


def _single(values: Mapping[str, list[str]], name: str) -> None:
    if len(set(values.get(name, ()))) > 1:
        raise BadRequest(f"'{name}' is given twice", hint="give it once", parameter=name)


def _filters(report: Report, values: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    filters = {}
    for one in report.filters:
        given = tuple(dict.fromkeys(values.get(one.name, ())))
        if one.single:
            _single(values, one.name)
        for value in given:
            _check(one, value)
        if not given and one.default is not None:
            given = (one.default,)
        if given:
            filters[one.name] = given
    return filters


def _check(one: Filter, value: str) -> None:
    if one.type == "integer" and not _is_whole(value, 0, _LARGEST):
        raise BadRequest(f"{one.name}: '{value}' is not a number of days", hint="write a whole number such as 60")
    if one.type == "day":
        parse_day(value, one.name)
    if one.type == "choice" and value not in one.choices:
        raise BadRequest(f"{one.name}: '{value}' is not one of them", hint=did_you_mean(value, one.choices))


def _limit(text: str | None) -> int | None:
    if text is None:
        return None
    if not _is_whole(text, 1, MOST):
        raise BadRequest(f"limit: '{text}' is not a number from 1 to {MOST:,}", parameter="limit")
    return int(text)


def _is_whole(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS and least <= int(text) <= most


def _order(report: Report, text: str | None) -> tuple[str, ...]:
    if text is None:
        return report.order
    sortable = [column.name for column in report.shown if column.sortable]
    if text.removeprefix("-") not in sortable:
        raise BadRequest(
            f"sort: '{text}' is not a sortable column",
            hint=did_you_mean(text.removeprefix("-"), sortable),
            parameter="sort",
        )
    return (text,)


def _cursor(
    report: Report, text: str | None, order: tuple[str, ...], filters: Mapping[str, tuple[str, ...]]
) -> Cursor | None:
    return None if text is None else read_cursor(text, report.definition, order, filters)
