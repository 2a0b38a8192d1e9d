"""The people of a test, read by the reader of people.yaml, with every mistake where it stands in the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lrs.people.roster import Roster, RosterError, roster_from
from lrs.yaml_door import Location, Mark, YamlDocument
from rules.language.entry import Entry

HOME_PAGE: Final = "urn:prowess:test"
LEARNER: Final = "learner"
"""Id of the person a test is about."""

_LONG_AGO: Final = "2000-01-01"
_PERSON: Final = ("name", "timezone", "hired_on", "left_on", "leave")
_POSITION: Final = ("from", "to", "job", "level", "site", "unit", "employment", "managers")


def load_people(test: Entry, given: Mapping[str, Entry]) -> Roster | None:
    """The learner and whoever else is named; None when something is wrong with them."""
    before = len(test.errors)
    graft = _Graft(test)
    graft.person(LEARNER, given.get("person"), given.get("position"))
    for name, entry in (given["people"].members() if "people" in given else {}).items():
        if name == LEARNER:
            entry.fail("this is the person the test is about", hint="call somebody else otherwise", key=True)
            continue
        fields = entry.fields((*_PERSON, "position"), "somebody of a test") if entry.value is not None else {}
        own = {key: one for key, one in fields.items() if key != "position"}
        graft.person(name, None, fields.get("position"), own, entry.at)
    if "sites" in given:
        graft.sites(given["sites"])
    if len(test.errors) > before:
        return None
    try:
        return roster_from(graft.document())
    except RosterError as error:
        test.errors.extend(error.errors)
        return None


class _Graft:
    """A people.yaml made of parts of a test: each value keeps the place where it was written."""

    def __init__(self, test: Entry) -> None:
        self._test = test
        self._people: list[dict[str, Any]] = []
        self._sites: Any = {}
        self._origins: list[tuple[Location, Location]] = []

    def person(
        self,
        name: str,
        person: Entry | None,
        position: Entry | None,
        own: Mapping[str, Entry] | None = None,
        at: Location | None = None,
    ) -> None:
        place: Location = ("people", len(self._people))
        fields = person.fields(_PERSON, "a person of a test") if person is not None else (own or {})
        origin = at or (person.at if person is not None else self._test.at)
        self._origins.append((place, origin))
        positions = [*position.one_or_more()] if position is not None else []
        for number, one in enumerate(positions):
            one.fields(_POSITION, "a position of a test")
            self._origins.append(((*place, "positions", number), one.at))
        self._people.append(
            {
                "id": name,
                "identifiers": [{"account": {"homePage": HOME_PAGE, "name": name}}],
                **{key: entry.value for key, entry in fields.items()},
                "positions": [_since_long_ago(one.value) for one in positions],
            }
        )

    def sites(self, entry: Entry) -> None:
        self._sites = entry.value
        self._origins.append((("sites",), entry.at))

    def document(self) -> YamlDocument:
        document = self._test.document
        marks: dict[Location, Mark] = {(): document.mark(self._test.at)}
        keys: dict[Location, Mark] = {}
        for place, origin in self._origins:
            marks |= {
                (*place, *at[len(origin) :]): mark for at, mark in document.marks.items() if at[: len(origin)] == origin
            }
            keys |= {
                (*place, *at[len(origin) :]): mark
                for at, mark in document.key_marks.items()
                if at[: len(origin)] == origin
            }
        return YamlDocument({"sites": self._sites, "people": self._people}, document.file, marks, keys)


def _since_long_ago(position: Any) -> Any:
    if isinstance(position, dict) and position.get("from") is None:
        return {**position, "from": _LONG_AGO}
    return position
