"""The only way out for CSV: RFC 4180 with a header line, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

CSV_TYPE: Final = "text/csv; charset=utf-8; header=present"
_FLUSH: Final = 500
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a spreadsheet read text as a formula, full-width forms included (ASVS 1.2.10)."""

Value = str | int | float | bool | list[str] | None


def csv_lines(columns: Sequence[str], rows: Iterable[Iterable[Value]]) -> Iterator[str]:
    """The text of a file, some hundred rows at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        writer.writerow([csv_text(value) for value in row])
        if count % _FLUSH == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def csv_text(value: Value) -> str | int | float:
    """The cell as CSV has it: text that a spreadsheet would run as a formula gets a leading quote, numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = " ".join(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(_DANGEROUS):
        return f"'{value}"
    return value


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
