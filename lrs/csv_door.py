"""The only door for CSV: rows with the line on which each begins, and what is wrong with the first of them.

Cells are separated by commas, or by semicolons where the first line has those only, as some spreadsheets write it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from lrs.errors import ConfigError, did_you_mean


class Amiss(NamedTuple):
    """What is wrong with a column; place: from 1, None for one that is not there."""

    column: str
    place: int | None
    detail: str
    hint: str | None = None


def rows_of(text: str, file: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line on which it begins.  Raises ConfigError with the line."""
    text = text.removeprefix("\ufeff")
    first_line = text.split("\n", 1)[0]
    separator = ";" if ";" in first_line and "," not in first_line else ","
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise ConfigError(f"not valid CSV: {error}", file=file, line=reader.line_num) from error


def amiss(columns: Sequence[str], known: Collection[str], needed: Collection[str]) -> Iterator[Amiss]:
    """Everything that is wrong with the names of the columns."""
    for place, name in enumerate(columns, start=1):
        if name not in known:
            yield Amiss(name, place, f"unknown column '{name}'", did_you_mean(name, known))
        elif name in columns[: place - 1]:
            yield Amiss(name, place, f"the column '{name}' is there twice")
    for name in needed:
        if name not in columns:
            yield Amiss(name, None, f"the first line must name the columns, '{name}' among them")


def surplus(columns: Sequence[str]) -> Amiss:
    """What to say of a row that goes on after the last column."""
    return Amiss(columns[-1], len(columns) + 1, "this row has more cells than there are columns")
