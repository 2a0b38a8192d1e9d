"""A report as a page: filters, chart and its sentence, the table, and where every number leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import render_template, request, url_for

from lrs.clock import to_datetime
from lrs.csv_lines import Value
from lrs.days import day_words
from lrs.http.requests import this_prowess
from lrs.web.sessions import signed_in
from lrs.web.visitors import READERS
from lrs.xapi.timestamp import instant
from reports.arguments import Arguments
from reports.cells import EMPTY, brief, is_end_of_day, shown
from reports.charts import NARROW, WIDE, render
from reports.choices import choices
from reports.declaration import NONE, Column, Drill, Filter, Report
from reports.figures import figure_of
from reports.reading import Page, ReportReader, Row

__all__ = ["page_of"]

_NUMERIC: Final = frozenset({"integer", "number", "share"})
_DOWNLOADS: Final = ("csv", "json", "ndjson")
_TITLES: Final = frozenset({"program", "activity"})
"""Columns of titles, which are longer than names: they are the last to be pressed together."""
_ASIDE: Final = frozenset({"manager", "team", "person", "site", "job"})
"""Filters that wait behind 'More filters' until they are used."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its texts with the addresses they lead to, and how it is set."""

    parts: tuple[tuple[str, str | None], ...]
    kind: str
    word: str | None = None
    at: int | None = None
    """The instant that it says."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head: sorting by it, and which way it is sorted now."""

    column: Column
    kind: str
    sort_url: str | None
    sorted: str | None


@dataclass(frozen=True, slots=True)
class Field:
    """A filter of the form, with the values it has and those it could have."""

    filter: Filter
    values: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]


def page_of(reader: ReportReader, report: Report, arguments: Arguments) -> str:
    """The page."""
    page = reader.page(report, arguments)
    figure = figure_of(reader, report, arguments.question) if page.rows else None
    columns = _telling(report)
    fields = [_field(reader, one, arguments) for one in report.filters]
    return render_template(
        "reports/report.html",
        report=report,
        headings=[_heading(column, arguments) for column in columns],
        rows=[[_cell(column, row, arguments) for column in columns] for row in page.rows],
        totals=_totals(columns, page),
        count=page.totals["rows"],
        page_rows=len(page.rows),
        more=_query(cursor=page.next, as_of=None) if page.next else None,
        is_first=arguments.cursor is None,
        fields=[one for one in fields if one.filter.name not in _ASIDE],
        aside=[one for one in fields if one.filter.name in _ASIDE],
        narrowed=[(one.filter.title, _said(one)) for one in fields if one.values],
        aside_open=any(one.values for one in fields if one.filter.name in _ASIDE),
        is_filtered=any(given for name, given in request.args.items() if name != "sort"),
        as_of=arguments.said_as_of or "",
        as_of_at=arguments.question.as_of,
        as_of_day=_day_of(arguments.question.as_of),
        is_reader=(who := signed_in()) is None or who.account.role in READERS,
        behind=_behind(arguments, page),
        watermark=page.freshness.watermark,
        pending=page.freshness.pending,
        figure=figure,
        wide=render(figure, "chart", WIDE) if figure else "",
        narrow=render(figure, "chart-narrow", NARROW) if figure else "",
        downloads=[
            (name.upper(), _query(name=f"{report.name}.{name}", cursor=None, limit=None)) for name in _DOWNLOADS
        ],
    )


def _day_of(us: int) -> str | None:
    """The day by whose end an answer is meant; None of an answer for an instant."""
    return day_words(to_datetime(us).date()) if is_end_of_day(us) else None


def _behind(arguments: Arguments, page: Page) -> int | None:
    """Up to when what was stored is in the answer, where that is more than a moment before what was asked for."""
    return page.freshness.behind(min(arguments.question.as_of, this_prowess().clock.now()))


def _telling(report: Report) -> tuple[Column, ...]:
    """The columns a reader needs: ids stay in the files where a name stands beside them."""
    named = {column.name for column in report.columns}
    return tuple(
        column
        for column in report.shown
        if not column.minor and not (column.name.endswith("_id") and column.name[:-3] in named)
    )


def _heading(column: Column, arguments: Arguments) -> Heading:
    place = next((one for one in arguments.order if one.removeprefix("-") == column.name), None)
    first = place is not None and arguments.order[0] == place
    direction = ("descending" if str(place).startswith("-") else "ascending") if first else None
    sort = None
    if column.sortable:
        start = f"-{column.name}" if column.type in _NUMERIC else column.name
        other = column.name if start.startswith("-") else f"-{column.name}"
        sort = _query(sort=other if first and place == start else start, cursor=None)
    return Heading(column, _kind(column), sort, direction)


def _cell(column: Column, row: Row, arguments: Arguments) -> Cell:
    value = row[column.name]
    word = str(value) if column.type == "word" and value is not None else None
    kind = _kind(column)
    if value is None or value == []:
        return Cell(((EMPTY, None),), f"{'text' if kind == 'iri' else kind} none")
    if isinstance(value, list):
        return Cell(tuple((brief(one), _url(column.link, row, arguments, one)) for one in value), kind)
    url = _url(column.link, row, arguments) if column.link and value != 0 else None
    if column.type == "instant":
        return Cell(((str(value), url),), kind, at=instant(str(value)))
    return Cell(((_text(column, value), url),), f"{kind} zero" if value == 0 and kind == "number" else kind, word)


def _text(column: Column, value: Value) -> str:
    """A cell as people read it on a page: days in words."""
    return day_words(str(value)) if column.type == "day" else shown(column, value)


def _kind(column: Column) -> str:
    if column.type in _NUMERIC:
        return "number"
    if column.name in _TITLES:
        return "text long-title"
    return "moment" if column.type in {"day", "instant"} else column.type


def _url(link: Drill | None, row: Row, arguments: Arguments, one: str | None = None) -> str | None:
    """Where a cell leads, filters of this answer and its instant included."""
    if link is None or (arguments.question.scope.team is not None and not _is_for_teams(link)):
        return None
    values: dict[str, Any] = {
        name: one if one is not None else NONE if row[column] is None else row[column]
        for name, column in link.from_row.items()
    }
    if link.endpoint == "reports.report":
        values = {**_inherited(link, arguments), **values}
    if link.as_of and arguments.said_as_of:
        values["as_of"] = arguments.said_as_of
    values |= link.fixed
    return url_for(link.endpoint, **values)


def _is_for_teams(link: Drill) -> bool:
    """Whether a manager gets anywhere by it: statements are read by analysts."""
    return link.endpoint == "reports.report" and link.fixed.get("name") != "data-health"


def _inherited(link: Drill, arguments: Arguments) -> dict[str, Any]:
    """Filters about people that narrowed this answer narrow the rows behind its numbers too."""
    if link.fixed.get("name") in {None, "data-health"}:
        return {}
    about_people = {"unit", "manager", "team", "site", "job"}
    return {name: list(values) for name, values in arguments.question.filters.items() if name in about_people}


def _totals(columns: Sequence[Column], page: Page) -> list[Cell] | None:
    """The foot of the table: sums and ratios below their columns, when anything adds up."""
    if not any(column.total for column in columns) or page.totals["rows"] in {0, 1}:
        return None
    cells = []
    for place, column in enumerate(columns):
        value: Value = page.totals.get(column.name) if column.total else None
        text = shown(column, value) if column.total else ("All" if place == 0 else "")
        cells.append(Cell(((text, None),), _kind(column)))
    return cells


def _field(reader: ReportReader, one: Filter, arguments: Arguments) -> Field:
    return Field(one, arguments.question.values(one.name), choices(reader, one, arguments.question))


def _said(field: Field) -> str:
    """What a filter lets through, as its list of choices calls it."""
    called = dict(field.choices)
    return " or ".join(called.get(value, value) for value in field.values)


def _query(**changes: Any) -> str:
    """This page's address with some parameters changed; None takes one away."""
    values: dict[str, Any] = {name: [one for one in given if one] for name, given in request.args.lists()}
    name = changes.pop("name", None) or (request.view_args or {}).get("name")
    values.update(changes)
    return url_for("reports.report", name=name, **{key: value for key, value in values.items() if value})
