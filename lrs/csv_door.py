"""The only door for CSV, as spreadsheets write it: its encoding, its separator, its days and numbers.

Cells are separated by commas, or by semicolons or tabs where the first line has only those; `sep=;` before it says so too.
What can be meant in one way only is taken, whatever the country of the spreadsheet; what can be meant in two is refused, with
both ways of writing it.
"""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from lrs.errors import BadRequest, ConfigError, did_you_mean

_SEPARATOR_LINE: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?", re.ASCII)
_COMMA: Final = re.compile(r"([+-]?)(\d{1,3}(?:\.\d{3})+|\d{1,100}),(\d{1,100})", re.ASCII)
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{1,100})?", re.ASCII)
_POINTS: Final = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)

_MARKS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_BETWEEN: Final = {mark: re.compile(rf"(?<=\S)[{''.join(_MARKS.keys() - {mark})}](?=\S)") for mark in _MARKS}


class Amiss(NamedTuple):
    """What is wrong with a column; place: from 1, None for one that is not there."""

    column: str
    place: int | None
    detail: str
    hint: str | None = None


def text_of(data: bytes, file: str | None = None) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte order mark.  Raises ConfigError for others.

    The older encodings of one country each cannot be told from each other, so none of them is guessed.
    """
    encoding = "utf-8-sig"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data[:4:2].find(0) < 0 <= data[1:4:2].find(0):
        encoding = "utf-16-le"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        hint = "save it as 'CSV UTF-8'; that is one of the formats a spreadsheet offers"
        what = "UTF-8 text" if encoding == "utf-8-sig" else "UTF-16 text"
        raise ConfigError(f"this is not {what}, from byte {error.start} on", file=file, hint=hint) from error


def rows_of(text: str, file: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Every row that is not blank, with the line on which it begins.  Raises ConfigError with the line."""
    told, text = _told(text)
    skipped = 1 if told else 0
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=told or _separator(text))
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1 + skipped, cells
            before = reader.line_num
    except csv.Error as error:
        raise ConfigError(f"not valid CSV: {error}", file=file, line=reader.line_num + skipped) from error


def separator_of(text: str) -> str:
    """What separates the cells of a file: a comma, a semicolon or a tab."""
    told, text = _told(text)
    return told or _separator(text)


def _told(text: str) -> tuple[str | None, str]:
    """The separator that a line before the rows names, and the text without it."""
    text = text.removeprefix("\ufeff")
    told = _SEPARATOR_LINE.match(text)
    return (told[1], text[told.end() :]) if told else (None, text)


def _separator(text: str) -> str:
    first_line = text.split("\n", 1)[0]
    return next((mark for mark in ";\t" if mark in first_line and "," not in first_line), ",")


def number_of(text: str, *, is_point_sure: bool = True) -> Decimal:
    """The number that a cell means: `3.5`, `3,5`, `1,234.5` or `1.234,5`.  Raises BadRequest; of `1,500` with both readings.

    is_point_sure: whether a point is a decimal point, as for all who separate cells by commas; others may mean thousands by it, and
    `1.500` is refused with both readings too.
    """
    if not is_point_sure and _POINTS.fullmatch(text):
        raise _two(text, Decimal(text), Decimal(text.replace(".", "")))
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    comma, thousands = _COMMA.fullmatch(text), _THOUSANDS.fullmatch(text)
    as_comma = Decimal(f"{comma[1]}{comma[2].replace('.', '')}.{comma[3]}") if comma else None
    as_thousands = Decimal(text.replace(",", "")) if thousands else None
    if as_thousands is not None and text.lstrip("+-").startswith("0"):
        as_thousands = None
    if as_comma is not None and as_thousands is not None:
        raise _two(text, as_comma, as_thousands)
    found = as_comma if as_comma is not None else as_thousands
    if found is None:
        raise BadRequest(f"'{text}' is no number", hint="write 0.08 or 12, without a unit")
    return found


def _two(text: str, small: Decimal, large: Decimal) -> BadRequest:
    """A number that may be two, with ways of writing each that are taken wherever it stands."""
    shown = f"{small.normalize():f}"
    sure = f"{shown}0" if _POINTS.fullmatch(shown) else shown
    return BadRequest(f"'{text}' may be {shown} or {large}", hint=f"write {sure} or {large}")


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


def misfit(columns: Sequence[str], cells: Sequence[str], separator: str) -> Amiss | None:
    """What to say of a row of whose cells nobody knows whether they stand where they should.

    It has more than there are columns, or fewer while another mark than the separator stands between two words of it.  Cells
    that are merely missing at the end are empty: some spreadsheets leave them out, sixteen rows at a time.
    """
    missing = len(columns) - len(cells)
    if missing == 0 or sum(len(_BETWEEN[separator].findall(cell)) for cell in cells) < missing:
        return None
    name, place = columns[min(len(cells), len(columns) - 1)], min(len(cells), len(columns)) + 1
    mark = _MARKS[separator]
    said = f"this row has {len(cells)} {'cell' if len(cells) == 1 else 'cells'}, but there are {len(columns)} columns"
    if len(cells) > len(columns):
        listed = ", and so does a list" if separator == ";" else ""
        return Amiss(name, place, said, f"a cell with a {mark} in it stands in quotes{listed}")
    return Amiss(name, place, said, f"separate the cells by {mark}s")
