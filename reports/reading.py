"""Answering: a checked question becomes rows, a page or a stream of them, and totals over all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Subquery, func, select

from lrs.csv_lines import Value
from reports.arguments import DEFAULT_LIMIT, Arguments
from reports.cells import plain
from reports.cursor import Cursor, write_cursor
from reports.declaration import Chart, Question, Report
from reports.keyset import page, terms
from reports.watermark import Freshness, freshness
from rules import tables as r

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_CHUNK = 1_000

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer.  Rows hold hidden columns too; `totals` are over the whole answer."""

    report: Report
    arguments: Arguments
    freshness: Freshness
    rows: list[Row]
    totals: Row
    next: str | None


class ReportReader:
    """Reads reports from the primary database."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection for reading, for what is asked beside the rows."""
        return self._prowess.database.read()

    def freshness(self, report: Report, question: Question) -> Freshness:
        return freshness(self._prowess, report, question.scope.tenant_id)

    def moment(self, question: Question) -> tuple[int, int]:
        """What the passing of time alone changes: the day, and when any state last began before the question's instant."""
        tenant_id, c = question.scope.tenant_id, r.status.c
        with self._prowess.database.read() as conn:
            began = conn.scalar(
                select(func.max(c.from_us)).where(c.tenant_id == tenant_id, c.from_us <= question.as_of)
            )
            ended = conn.scalar(
                select(func.max(c.until_us)).where(c.tenant_id == tenant_id, c.until_us <= question.as_of)
            )
        return question.day, max(began or 0, ended or 0)

    def page(self, report: Report, arguments: Arguments) -> Page:
        """One page of rows with totals over all of them."""
        fresh = self.freshness(report, arguments.question)
        question = self._prepared(report, arguments.question)
        answer = report.select(question).subquery("answer")
        by = terms(report, answer, arguments.order)
        limit = arguments.limit or DEFAULT_LIMIT
        after = arguments.cursor.values if arguments.cursor else None
        with self._prowess.database.read(snapshot=True) as conn:
            found = [dict(row) for row in conn.execute(page(answer, by, after, limit + 1)).mappings()]
            more, found = len(found) > limit, found[:limit]
            rows = _finished(conn, report, question, found)
            is_whole = not more and arguments.cursor is None
            totals = _added_up(report, rows) if is_whole else _totals(conn, report, answer)
        following = None
        if more:
            marks = tuple(found[-1][f"mark_{place}"] for place in range(len(by)))
            last = Cursor(arguments.question.as_of, tuple(_bare(mark) for mark in marks))
            following = write_cursor(last, report.definition, arguments.order, arguments.question.filters)
        return Page(report, arguments, fresh, rows, totals, following)

    def stream(self, report: Report, arguments: Arguments) -> Iterator[Row]:
        """Every row of the answer (or as many as the limit says), in one snapshot, some at a time."""
        question = self._prepared(report, arguments.question)
        answer = report.select(question).subquery("answer")
        by = terms(report, answer, arguments.order)
        after = arguments.cursor.values if arguments.cursor else None
        with self._prowess.database.read(snapshot=True) as conn:
            result = conn.execute(
                page(answer, by, after, arguments.limit), execution_options={"yield_per": _CHUNK}
            ).mappings()
            for chunk in result.partitions():
                if report.attach is None:
                    yield from _finished(conn, report, question, [dict(row) for row in chunk])
                else:
                    with self._prowess.database.read() as beside:
                        yield from _finished(beside, report, question, [dict(row) for row in chunk])

    def grouped(self, report: Report, question: Question, chart: Chart) -> list[tuple[Any, ...]]:
        """The whole answer, grouped as a chart wants it: label, then one number for each measure."""
        answer = self.answer(report, question)
        by = answer.c[chart.by]
        measures: list[Any] = [func.sum(answer.c[name]) for name in chart.measures] or [func.count()]
        query = select(by, *measures).group_by(by).order_by(by).limit(chart.most)
        with self._prowess.database.read() as conn:
            return [(label, *(int(value or 0) for value in values)) for label, *values in conn.execute(query)]

    def answer(self, report: Report, question: Question) -> Subquery:
        """The whole answer, as SQL."""
        return report.select(self._prepared(report, question)).subquery("answer")

    def _prepared(self, report: Report, question: Question) -> Question:
        """The question with all that its SQL has to know."""
        return question if report.prepare is None else report.prepare(self._prowess, question)


def _finished(conn: Connection, report: Report, question: Question, found: Sequence[dict[str, Any]]) -> list[Row]:
    """Rows with their attached columns, every cell as JSON has it."""
    if report.attach is not None and found:
        report.attach(conn, question, found)
    return [{column.name: plain(column, row[column.name]) for column in report.columns} for row in found]


def _added_up(report: Report, rows: Sequence[Row]) -> Row:
    """The totals of an answer that is all on one page."""
    sums: dict[str, int] = {}
    for column in report.columns:
        if column.total == "sum":
            values = [row[column.name] for row in rows]
            sums[column.name] = sum(value for value in values if isinstance(value, int))
    return _with_ratios(report, {"rows": len(rows), **sums})


def _totals(conn: Connection, report: Report, answer: Subquery) -> Row:
    """The number of rows, sums of what adds up, and ratios of those sums."""
    sums = [column for column in report.columns if column.total == "sum"]
    query = select(func.count(), *(func.sum(answer.c[column.name]) for column in sums)).select_from(answer)
    count, *values = conn.execute(query).one()
    added = {column.name: int(value or 0) for column, value in zip(sums, values, strict=True)}
    return _with_ratios(report, {"rows": count, **added})


def _with_ratios(report: Report, sums: Mapping[str, int]) -> Row:
    totals: Row = {**sums}
    for column in report.columns:
        if isinstance(column.total, tuple):
            part, whole = (sums[name] for name in column.total)
            totals[column.name] = round(part / whole, 4) if whole else None
    return totals


def _bare(value: Any) -> int | float | str | None:
    """A database's value as a cursor carries it: PostgreSQL's sums come as Decimal."""
    if value is None or isinstance(value, int | float | str):
        return value
    return int(value) if value == int(value) else float(value)
