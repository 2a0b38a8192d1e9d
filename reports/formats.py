"""An answer as JSON, NDJSON and CSV.  The last two are streamed and complete, however long."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from lrs.clock import to_text
from reports.cells import csv_text
from reports.declaration import Report
from reports.reading import Page, Row

_FLUSH = 500

MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8; header=present",
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


def csv_lines(report: Report, rows: Iterable[Row]) -> Iterator[str]:
    """RFC 4180 with a header line of column names; text that a spreadsheet would run is quoted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([column.name for column in report.shown])
    for count, row in enumerate(rows, start=1):
        writer.writerow([csv_text(row[column.name]) for column in report.shown])
        if count % _FLUSH == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
