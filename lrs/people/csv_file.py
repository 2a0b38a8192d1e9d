"""People from a CSV file: one row for each position, with the names of `people.yaml`.

The rows become the same document as the YAML, so that both are read, checked and explained by one loader; errors name
line and cell.  Lists in a cell are separated by semicolons; a file whose cells are (as some spreadsheets write them) is
read too, with its lists in quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrs import csv_door
from lrs.clock import is_zone
from lrs.days import day_meant
from lrs.errors import BadRequest, ConfigError
from lrs.people.roster import NOBODY, Roster, RosterError, roster_from
from lrs.yaml_door import Location, Mark, YamlDocument

PERSON_COLUMNS = ("id", "name", "email", "timezone", "hired_on", "left_on")
POSITION_COLUMNS = ("from", "to", "job", "level", "site", "unit", "employment")
DAY_COLUMNS = ("hired_on", "left_on", "from", "to")
OTHER_COLUMNS = ("managers", "leave", "mbox", "mbox_sha1sum", "openid", "account", "site_timezone")
COLUMNS = (*PERSON_COLUMNS, *POSITION_COLUMNS, *OTHER_COLUMNS)


def load_csv(path: Path, known: Roster = NOBODY, *, whole: bool = False) -> Roster:
    """The roster a CSV file describes.

    Its columns are what it names of everybody in it; whole: see `roster_from`.  Raises ConfigError for what is no such file; RosterError lists every wrong cell, with the column counted in cells.
    """
    try:
        text = csv_door.text_of(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error}", file=str(path)) from error
    builder = _Builder(str(path))
    rows = csv_door.rows_of(text, str(path))
    line, names = next(rows, (1, []))
    columns = [name.strip() for name in names]
    for one in csv_door.amiss(columns, COLUMNS, ("id",)):
        builder.fail(one.detail, line, one.place, one.hint)
    if builder.errors:
        raise RosterError(builder.errors)
    separator = csv_door.separator_of(text)
    for line, cells in rows:
        row = _Row(line, columns, cells)
        if wrong := csv_door.misfit(columns, cells, separator):
            builder.fail(wrong.detail, line, wrong.place, wrong.hint)
            builder.note(row)
        else:
            builder.add(row)
    try:
        roster = roster_from(builder.document(), known, whole=whole)
    except RosterError as error:
        raise RosterError((*builder.errors, *error.errors)) from error
    if builder.errors:
        raise RosterError(builder.errors)
    return roster


class _Row:
    """One row's cells by column, those that say nothing left out."""

    def __init__(self, line: int, columns: Sequence[str], cells: Sequence[str]) -> None:
        self.line = line
        self.columns = columns
        pairs = zip(columns, (cell.strip() for cell in cells), strict=False)
        self.cells = {name: text for name, text in pairs if text}

    def only(self, *names: str) -> _Row:
        """The same row with these cells and no other."""
        return _Row(self.line, self.columns, [self.cells.get(one, "") if one in names else "" for one in self.columns])

    def mark(self, column: str) -> Mark:
        """Where a cell stands; of a column that is not there, the row."""
        return Mark(self.line, self.columns.index(column) + 1 if column in self.columns else 1)


class _Builder:
    """Collects rows into the shape of `people.yaml`, with the cell each part came from, and what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.people: list[dict[str, Any]] = []
        self.places: dict[str, int] = {}
        self.sites: dict[str, dict[str, str]] = {}
        self.marks: dict[Location, Mark] = {(): Mark(1, 1)}
        self.errors: list[ConfigError] = []

    def document(self) -> YamlDocument:
        return YamlDocument({"sites": self.sites, "people": self.people}, self.file, self.marks, {})

    def fail(self, message: str, line: int, column: int | None, hint: str | None = None) -> None:
        self.errors.append(ConfigError(message, hint=hint, file=self.file, line=line, column=column))

    def add(self, row: _Row) -> None:
        self._days(row)
        self._site(row)
        if "id" not in row.cells:
            self._refuse(row, "id", "this row has no id", "repeat the id in every row of the same person")
            return
        self._position(row, self._person(row))

    def note(self, row: _Row) -> None:
        """Whom and which site a row with too few or too many cells tells of, so that no other row is blamed for naming them."""
        if "id" in row.cells and row.cells["id"] not in self.places:
            self._person(_Row(row.line, ["id"], [row.cells["id"]]))
        if is_zone(row.cells.get("site_timezone", "")):
            self._site(row.only("site", "site_timezone"))

    def _days(self, row: _Row) -> None:
        """Days as spreadsheets write them become those of people.yaml; one that may be two days is a mistake."""
        for name in DAY_COLUMNS:
            if day := self._day(row, name, row.cells.get(name, "")):
                row.cells[name] = day

    def _day(self, row: _Row, column: str, text: str) -> str | None:
        try:
            day = day_meant(text)
        except BadRequest as error:
            self._refuse(row, column, error.message, error.hint)
            row.cells.pop(column, None)
            return None
        return str(day) if day else None

    def _refuse(self, row: _Row, column: str, message: str, hint: str | None = None) -> None:
        mark = row.mark(column)
        self.fail(message, mark.line, mark.column, hint)

    def _person(self, row: _Row) -> int:
        id_ = row.cells["id"]
        place = self.places.get(id_)
        if place is None:
            place = self.places[id_] = len(self.people)
            self.marks["people", place] = row.mark("id")
            self.people.append({})
        person = self.people[place]
        for name in PERSON_COLUMNS:
            if name in row.columns and person.get(name) is None:
                person[name] = row.cells.get(name)
                self.marks["people", place, name] = row.mark(name)
            elif name in row.cells and row.cells[name] != person[name]:
                self._refuse(row, name, f"'{name}' of '{id_}' differs from an earlier row")
        if "leave" in row.columns:
            person.setdefault("leave", [])
        for kind in ("mbox", "mbox_sha1sum", "openid"):
            for text in _parts(row.cells.get(kind)):
                self._add_new(place, "identifiers", {kind: text}, row.mark(kind))
        for text in _parts(row.cells.get("account")):
            if account := self._account(text, row):
                self._add_new(place, "identifiers", {"account": account}, row.mark("account"))
        for text in _parts(row.cells.get("leave")):
            if leave := self._leave(text, row):
                self._add_new(place, "leave", leave, row.mark("leave"))
        return place

    def _add_new(self, place: int, name: str, said: Any, mark: Mark) -> None:
        known = self.people[place].setdefault(name, [])
        if said not in known:
            self.marks["people", place, name, len(known)] = mark
            known.append(said)

    def _position(self, row: _Row, place: int) -> None:
        given = [name for name in (*POSITION_COLUMNS, "managers") if name in row.cells]
        if not given:
            return
        positions = self.people[place].setdefault("positions", [])
        at = ("people", place, "positions", len(positions))
        self.marks[at] = row.mark("from" if "from" in row.columns else given[0])
        self.marks |= {(*at, name): row.mark(name) for name in given}
        positions.append({name: row.cells.get(name) for name in POSITION_COLUMNS if name in row.columns})
        if "managers" in row.columns:
            positions[-1]["managers"] = _parts(row.cells.get("managers"))

    def _site(self, row: _Row) -> None:
        cells = row.cells
        if "site" in cells and "site_timezone" in cells:
            self.marks.setdefault(("sites", cells["site"]), row.mark("site"))
            self.marks.setdefault(("sites", cells["site"], "timezone"), row.mark("site_timezone"))
            site = self.sites.setdefault(cells["site"], {"timezone": cells["site_timezone"]})
            if site["timezone"] != cells["site_timezone"]:
                self._refuse(row, "site_timezone", f"'site_timezone' of '{cells['site']}' differs from an earlier row")

    def _account(self, text: str, row: _Row) -> dict[str, str] | None:
        home_page, _, name = text.rpartition("|")
        if not home_page.strip() or not name.strip():
            self._refuse(row, "account", f"account '{text}' is not HOMEPAGE|NAME", "such as https://lms.example.org|17")
            return None
        return {"homePage": home_page, "name": name}

    def _leave(self, text: str, row: _Row) -> dict[str, str] | None:
        first, slash, last = text.partition("/")
        if not slash:
            self._refuse(row, "leave", f"leave '{text}' is not FROM/TO", "such as 2026-01-20/2026-02-02")
            return None
        days = [self._day(row, "leave", day.strip()) or day.strip() for day in (first, last)]
        return {"from": days[0], "to": days[1]}


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]
