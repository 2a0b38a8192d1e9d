"""The facts of people from files: an organisation, and statements as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lrs.errors import ConfigError, ProwessError
from lrs.people.depths import lines_of, reporting_depths
from lrs.people.identity import identity_of
from lrs.people.roster import Roster
from lrs.xapi import json_door
from lrs.xapi.vocabulary import VOIDED
from rules.decide import Evidence, Facts, asks_for_depth, complaint_of, evidence_of, voids_of
from rules.decide.evidence import tie_of
from rules.language import Ruleset


class FileFacts:
    """Facts by person, each worked out when it is asked for; raises ConfigError with the line of a bad statement."""

    def __init__(self, ruleset: Ruleset, roster: Roster, statements: Path) -> None:
        self._ruleset = ruleset
        self._roster = roster
        self._rows = _rows(statements)
        self._observers = _Observers(self)
        self.owners = {identifier: person.id for person in roster.people.values() for identifier in person.identifiers}
        self._known: dict[str, Facts] = {}

    @property
    def roster(self) -> Roster:
        return self._roster

    def of(self, person: str) -> Facts:
        """Raises KeyError when the organisation has nobody of that id."""
        if person not in self._known:
            found = self._roster.people[person]
            rows = [row for identifier in sorted(set(found.identifiers)) for row in self._rows.get(identifier, ())]
            depths = self._depths.get(person, ())
            self._known[person] = Facts(found, tuple(rows), self._roster.sites, depths, self._observers)
        return self._known[person]

    @cached_property
    def _depths(self) -> Mapping[str, Any]:
        return reporting_depths(lines_of(self._roster)) if asks_for_depth(self._ruleset) else {}


class _Observers(Mapping[str, Facts]):
    """The facts of whoever an identifier belongs to."""

    def __init__(self, files: FileFacts) -> None:
        self._files = files

    def __getitem__(self, identifier: str) -> Facts:
        owner = self._files.owners.get(identifier)
        if owner is None:
            raise KeyError(identifier)
        return self._files.of(owner)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files.owners)

    def __len__(self) -> int:
        return len(self._files.owners)


def _rows(path: Path) -> dict[str, list[Evidence]]:
    """Everybody's rows by identifier, with what voids them; the first line of an id counts."""
    lines = list(_lines(path))
    voids = voids_of(line.statement for line in lines)
    rows: dict[str, dict[tuple[str, str, str], Evidence]] = {}
    for line in lines:
        statement = line.statement
        identifier = identity_of(statement["actor"])
        if statement["verb"]["id"] == VOIDED or identifier is None:
            continue
        voided = voids.get(str(statement["id"]).lower())
        mine = rows.setdefault(identifier, {})
        for row in evidence_of(statement, voided=voided, credential=_credential(statement)):
            mine.setdefault((row.statement, row.activity, row.relation), row)
    return {identifier: list(mine.values()) for identifier, mine in rows.items()}


def _credential(statement: Mapping[str, Any]) -> str | None:
    """The key that an exported statement came with: the store writes it into the authority."""
    match statement.get("authority"):
        case {"name": str(name), "account": {"name": str(key)}} if key.startswith("key:"):
            return name
    return None


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    statement: dict[str, Any]


def _lines(path: Path) -> Iterator[_Line]:
    for number, raw in enumerate(path.read_bytes().splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            statement = json_door.load(raw)
            _check_statement(statement)
        except ProwessError as error:
            raise _unusable(path, number, error.message) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _unusable(path, number, _why(error)) from error
        yield _Line(number, statement)


def _unusable(path: Path, number: int, why: str) -> ConfigError:
    return ConfigError(
        f"this line is no usable statement: {why}",
        hint="each line is one xAPI statement as JSON",
        file=str(path),
        line=number,
    )


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing"
    return "a part of it is no object" if isinstance(error, AttributeError) else str(error)


def _check_statement(statement: Any) -> None:
    """Only what deciding needs; an id that the LMS left to the record store is made from the content."""
    if not isinstance(statement, dict):
        raise TypeError("it is not a JSON object")
    for part in ("actor", "verb", "object"):
        if not isinstance(statement[part], dict):
            raise TypeError(f"'{part}' is not an object")
    if not isinstance(statement["verb"]["id"], str) or not isinstance(statement["object"].get("id", ""), str):
        raise TypeError("an id is not text")
    if not statement.get("timestamp") and not statement.get("stored"):
        raise ValueError("it has neither timestamp nor stored")
    if complaint := complaint_of(statement):
        raise ValueError(complaint)
    if "id" not in statement:
        when = statement.get("timestamp") or statement["stored"]
        statement["id"] = str(uuid5(NAMESPACE_URL, f"{when} {tie_of(statement).hex()}"))
    identity_of(statement["actor"])
    voids_of([statement])
    evidence_of(statement)
