"""Rows of a sheet, from a CSV file or a JSON array: every bad cell is found before anything is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

from lrs import csv_door
from lrs.errors import BadRequest, ConfigError, Forbidden, NotFound, did_you_mean
from rules.entry.lookup import Lookup
from rules.entry.statement import Json

T = TypeVar("T")


class Entered(Protocol):
    """What a row of a sheet says, once it is read."""

    @property
    def line(self) -> int: ...

    def statement(self, look: Lookup, tenant_id: int, instructor: Json | None) -> dict[str, object]: ...


R = TypeVar("R", bound=Entered)

PEOPLE = ("person", "instructor")
"""Columns that name somebody."""
TRUE, FALSE = ("yes", "true", "1", "x", "present"), ("no", "false", "0", "absent")


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a cell.

    line: of the file, or the row's number in an array; place: of the column, from 1, None where there is no such column.
    """

    line: int
    column: str
    place: int | None
    detail: str
    hint: str | None = None


@dataclass(slots=True)
class Cells:
    """One row's cells, and what is found to be wrong with them."""

    line: int
    cells: Mapping[str, str]
    columns: Sequence[str]
    flaws: list[Flaw] = field(default_factory=list)
    is_point_sure: bool = True
    """Whether a point in a number is its decimal point."""
    is_whole: bool = True
    """Whether it has as many cells as there are columns: else none of them is read."""

    def text(self, column: str) -> str | None:
        return self.cells.get(column, "").strip() or None

    def read(self, column: str, parse: Callable[[str], T], *, needed: bool | str = False) -> T | None:
        """What a cell's text means; what `parse` raises becomes a flaw.  needed: what to say of an empty cell."""
        text = self.text(column)
        if text is None:
            if needed:
                self.fail(column, needed if isinstance(needed, str) else f"this row has no {column}")
            return None
        try:
            return parse(text)
        except (BadRequest, NotFound, Forbidden) as error:
            self.fail(column, error.message, error.hint)
            return None

    def number(self, column: str, *, needed: bool = False) -> Decimal | None:
        """The decimal number that a cell means, as `read`."""
        return self.read(column, lambda text: csv_door.number_of(text, is_point_sure=self.is_point_sure), needed=needed)

    def fail(self, column: str, detail: str, hint: str | None = None) -> None:
        place = self.columns.index(column) + 1 if column in self.columns else None
        self.flaws.append(Flaw(self.line, column, place, detail, hint))


@dataclass(frozen=True, slots=True)
class Sheet(Generic[R]):
    """A kind of sheet: its columns, those that must be there, and what a row means (None when something is wrong)."""

    columns: tuple[str, ...]
    needed: tuple[str, ...]
    read: Callable[[Cells, Lookup], R | None]


class SheetInvalid(BadRequest):
    """The sheet has rows that cannot be recorded; nothing of it was."""

    code = "sheet-invalid"

    def __init__(self, flaws: Sequence[Flaw], rows: int | None = None) -> None:
        """rows: how many there are; None when they cannot be told apart yet."""
        self.flaws = tuple(flaws)
        bad = "the sheet" if rows is None else f"{len({flaw.line for flaw in flaws})} of {rows} rows"
        super().__init__(f"{bad} cannot be recorded, so nothing was", hint="mend them and send the whole sheet again")


def csv_rows(sheet: Sheet[R], text: str) -> list[Cells]:
    """The rows of a CSV file, not read yet.

    Raises BadRequest when it is no such file at all, SheetInvalid with all that is wrong with its first line.
    """
    rows = csv_door.rows_of(text)
    try:
        line, names = next(rows, (1, []))
        columns = [name.strip() for name in names]
        flaws = [Flaw(line, *one) for one in csv_door.amiss(columns, sheet.columns, sheet.needed)]
        if flaws:
            raise SheetInvalid(flaws)
        separator = csv_door.separator_of(text)
        return [_row(columns, cells, line, separator) for line, cells in rows]
    except ConfigError as error:
        raise BadRequest(f"line {error.line}: {error.message}") from error


def array_rows(sheet: Sheet[R], items: Sequence[Any]) -> list[Cells]:
    """The rows of a JSON array of objects with the sheet's names, not read yet."""
    rows = []
    for number, item in enumerate(items):
        cells = {name: _as_text(value) for name, value in item.items() if value is not None}
        row = Cells(number, cells, sheet.columns)
        for name in cells:
            if name not in sheet.columns:
                row.fail(name, f"there is no '{name}' here", did_you_mean(name[:60], sheet.columns))
        rows.append(row)
    return rows


def named_in(rows: Iterable[Cells]) -> set[str]:
    """Everybody whom rows name: whom to look up before they are read."""
    return {text for row in rows for name in PEOPLE if (text := row.text(name))}


def statements_of(
    rows: Iterable[Entered], look: Lookup, tenant_id: int, instructor: Json | None = None
) -> list[dict[str, object]]:
    """The statements of a sheet."""
    return [row.statement(look, tenant_id, instructor) for row in rows]


def read_rows(sheet: Sheet[R], rows: Sequence[Cells], look: Lookup) -> list[R]:
    """What rows mean.  Raises SheetInvalid with every bad cell of all of them, BadRequest when there is no row."""
    read = [sheet.read(row, look) for row in rows if row.is_whole]
    flaws = [flaw for row in rows for flaw in row.flaws]
    if flaws:
        raise SheetInvalid(flaws, len(rows))
    if not rows:
        raise BadRequest("there is no row in this sheet", hint=f"its columns: {', '.join(sheet.columns)}")
    return [one for one in read if one is not None]


def decoded(data: bytes) -> str:
    """The text of an uploaded file.  Raises BadRequest."""
    try:
        return csv_door.text_of(data)
    except ConfigError as error:
        raise BadRequest(error.message, hint=error.hint) from error


def as_config_error(error: BadRequest, file: str) -> ConfigError:
    """The same mistakes as the command line shows them: file:line:column."""
    if not isinstance(error, SheetInvalid):
        return ConfigError(error.message, hint=error.hint, file=file)
    told = ConfigError(error.message, hint=error.hint, file=file)
    told.errors = (
        *(
            ConfigError(f"{one.column}: {one.detail}", hint=one.hint, file=file, line=one.line, column=one.place)
            for one in error.flaws
        ),
        told,
    )
    return told


def load_flag(text: str) -> bool:
    """Yes or no.  Raises BadRequest."""
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise BadRequest(f"'{text}' is neither yes nor no", hint=f"write {TRUE[0]} or {FALSE[0]}")


def _row(columns: Sequence[str], cells: Sequence[str], line: int, separator: str) -> Cells:
    if wrong := csv_door.misfit(columns, cells, separator):
        return Cells(line, {}, columns, [Flaw(line, *wrong)], is_whole=False)
    return Cells(line, dict(zip(columns, cells, strict=False)), columns, is_point_sure=separator == ",")


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return TRUE[0] if value else FALSE[0]
    return value if isinstance(value, str) else str(value)
