"""An answer as JSON, NDJSON and CSV.  The last two are streamed and complete, however long."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lrs.clock import to_text
from lrs.csv_lines import CSV_TYPE, csv_lines
from reports.declaration import Report
from reports.reading import Page, Row

_FLUSH = 500

MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": CSV_TYPE,
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml; charset=utf-8",
}


def envelope(page: Page, next_url: str | None) -> dict[str, Any]:
    """The JSON answer: the rows and everything needed to trust and to repeat them."""
    report, arguments = page.report, page.arguments
    return {
        "report": report.name,
        "definition": report.definition,
        "as_of": to_text(arguments.question.as_of),
        "watermark": to_text(page.freshness.watermark),
        "pending": page.freshness.pending,
        "filters": arguments.shown_filters,
        "sort": list(arguments.order),
        "columns": [column.schema() for column in report.shown],
        "rows": [visible(report, row) for row in page.rows],
        "totals": page.totals,
        "next": next_url,
    }


def visible(report: Report, row: Row) -> Row:
    """A row without the columns that only links need."""
    return {column.name: row[column.name] for column in report.shown}


def ndjson(report: Report, rows: Iterable[Row]) -> Iterator[str]:
    """One JSON object a line."""
    lines: list[str] = []
    for row in rows:
        lines.append(json.dumps(visible(report, row), ensure_ascii=False) + "\n")
        if len(lines) >= _FLUSH:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def csv_file(report: Report, rows: Iterable[Row]) -> Iterator[str]:
    """The columns that are shown, under their names."""
    names = [column.name for column in report.shown]
    return csv_lines(names, ([row[name] for name in names] for row in rows))
