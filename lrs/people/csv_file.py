"""People from a CSV file: one row for each position, with the names of `people.yaml`.

The rows become the same document as the YAML, so that both are read, checked and explained by one loader; a row's errors
name its line.  Lists in a cell are separated by semicolons; a file whose cells are (as some spreadsheets write them) is
read too, with its lists in quotes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lrs.errors import ConfigError, did_you_mean
from lrs.people.roster import NOBODY, Roster, roster_from
from lrs.yaml_door import Location, Mark, YamlDocument

PERSON_COLUMNS = ("id", "name", "email", "timezone", "hired_on", "left_on")
POSITION_COLUMNS = ("from", "to", "job", "level", "site", "unit", "employment")
OTHER_COLUMNS = ("managers", "leave", "mbox", "mbox_sha1sum", "openid", "account", "site_timezone")
COLUMNS = (*PERSON_COLUMNS, *POSITION_COLUMNS, *OTHER_COLUMNS)


def load_csv(path: Path, known: Roster = NOBODY) -> Roster:
    """The roster a CSV file describes.  Raises ConfigError with file and line."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save it as 'CSV UTF-8'; that is one of the formats a spreadsheet offers"
        raise ConfigError(f"this is not UTF-8 text, from byte {error.start} on", file=str(path), hint=hint) from error
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error}", file=str(path)) from error
    return roster_from(_document(text, str(path)), known)


def _document(text: str, file: str) -> YamlDocument:
    first_line = text.split("\n", 1)[0]
    separator = ";" if ";" in first_line and "," not in first_line else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    builder = _Builder(file)
    try:
        for name in reader.fieldnames or ():
            if name not in COLUMNS:
                raise ConfigError(f"unknown column '{name}'", hint=did_you_mean(name, COLUMNS), file=file, line=1)
        if "id" not in (reader.fieldnames or ()):
            raise ConfigError("the first line must name the columns, 'id' among them", file=file, line=1)
        for row in reader:
            builder.add(row, reader.line_num)
    except csv.Error as error:
        raise ConfigError(f"not valid CSV: {error}", file=file, line=reader.line_num) from error
    return builder.document()


class _Builder:
    """Collects rows into the shape of `people.yaml`, with the line each part came from."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.people: list[dict[str, Any]] = []
        self.places: dict[str, int] = {}
        self.sites: dict[str, dict[str, str]] = {}
        self.marks: dict[Location, Mark] = {(): Mark(1, 1)}

    def document(self) -> YamlDocument:
        return YamlDocument({"sites": self.sites, "people": self.people}, self.file, self.marks, {})

    def add(self, row: Mapping[str, str | None], line: int) -> None:
        if None in row:
            raise ConfigError("this row has more cells than there are columns", file=self.file, line=line)
        cells = {name: value.strip() for name, value in row.items() if value and value.strip()}
        if not cells:
            return
        if "id" not in cells:
            raise ConfigError("this row has no id", file=self.file, line=line)
        self._site(cells, line)
        self._position(cells, line, self._person(cells, line))

    def _person(self, cells: Mapping[str, str], line: int) -> int:
        place = self.places.get(cells["id"])
        if place is None:
            place = self.places[cells["id"]] = len(self.people)
            self.marks["people", place] = Mark(line, 1)
            self.people.append({"identifiers": [], "leave": [], "positions": []})
        person = self.people[place]
        for name in PERSON_COLUMNS:
            if name in cells and cells[name] != person.setdefault(name, cells[name]):
                raise ConfigError(f"'{name}' of '{cells['id']}' differs from an earlier row", file=self.file, line=line)
        _add_new(person["identifiers"], _identifiers(cells))
        _add_new(person["leave"], (self._leave(part, line) for part in _parts(cells.get("leave"))))
        return place

    def _position(self, cells: Mapping[str, str], line: int, place: int) -> None:
        position: dict[str, Any] = {name: cells[name] for name in POSITION_COLUMNS if name in cells}
        if "managers" in cells:
            position["managers"] = _parts(cells["managers"])
        if position:
            positions = self.people[place]["positions"]
            self.marks["people", place, "positions", len(positions)] = Mark(line, 1)
            positions.append(position)

    def _site(self, cells: Mapping[str, str], line: int) -> None:
        if "site" in cells and "site_timezone" in cells:
            self.marks.setdefault(("sites", cells["site"]), Mark(line, 1))
            site = self.sites.setdefault(cells["site"], {"timezone": cells["site_timezone"]})
            if site["timezone"] != cells["site_timezone"]:
                what = f"'site_timezone' of '{cells['site']}'"
                raise ConfigError(f"{what} differs from an earlier row", file=self.file, line=line)

    def _leave(self, text: str, line: int) -> dict[str, str]:
        first, slash, last = text.partition("/")
        if not slash:
            raise ConfigError(
                f"leave '{text}' is not FROM/TO", hint="such as 2026-01-20/2026-02-02", file=self.file, line=line
            )
        return {"from": first.strip(), "to": last.strip()}


def _add_new(known: list[Any], said: Iterable[Any]) -> None:
    known += [one for one in said if one not in known]


def _identifiers(cells: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for kind in ("mbox", "mbox_sha1sum", "openid"):
        for value in _parts(cells.get(kind)):
            yield {kind: value}
    for value in _parts(cells.get("account")):
        home_page, _, name = value.rpartition("|")
        yield {"account": {"homePage": home_page, "name": name}}


def _parts(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]
