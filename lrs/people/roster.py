"""The organisation as rules see it: people, their positions, leave and sites, with the days on which each held.

Pure values and the loader of `people.yaml` (design 7).  Days are civil dates and ranges are inclusive, as people write
them; nothing here knows the database, the clock or any rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from lrs import yaml_door
from lrs.clock import is_zone
from lrs.days import day_hint, is_no_day
from lrs.errors import BadRequest, ConfigError, NotFound, did_you_mean
from lrs.people.identity import identity_of, identity_words, mailbox_of
from lrs.people.named import person_among
from lrs.yaml_door import Location, YamlDocument
from lrs.yaml_slips import key_meant, lacking, quotes_hint

T = TypeVar("T")

IFI_KINDS = ("mbox", "mbox_sha1sum", "openid", "account")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FILE_KEYS = ("sites", "people")
_SITE_KEYS = ("timezone",)
_LEAVE_KEYS = ("from", "to")
_ACCOUNT_KEYS = ("homePage", "name")
_ENDED = "correct one of the two days; they may be the same one"
_EACH_BY_ITSELF = "if these are several, name each by itself; in a CSV file semicolons stand between them"
_POSITION_TEXTS = ("job", "level", "site", "unit", "employment")
_POSITION_KEYS = ("from", "to", *_POSITION_TEXTS, "managers")
_POSITION_FIELDS = {"from": "start", "to": "end"}
_ADDED_TO = ("identifiers", "positions")
_PERSON_KEYS = (
    "id",
    "name",
    "email",
    "identifiers",
    "timezone",
    "hired_on",
    "left_on",
    "leave",
    "positions",
)


@dataclass(frozen=True, slots=True)
class Site:
    """A place of work; its civil calendar is the one of the people there."""

    id: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Days away, first and last included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Position:
    """One job for a range of days, first and last included; an open end is None."""

    start: date
    end: date | None = None
    job: str | None = None
    level: str | None = None
    site: str | None = None
    unit: str | None = None
    employment: str | None = None
    managers: tuple[str, ...] = ()

    def holds_on(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose proficiency is judged."""

    id: str
    name: str = ""
    email: str | None = None
    identifiers: tuple[str, ...] = ()
    timezone: str | None = None
    hired_on: date | None = None
    left_on: date | None = None
    leave: tuple[Leave, ...] = ()
    positions: tuple[Position, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names of somebody; the rest stays as it is known (`lrs.people.said`)."""

    fields: AbstractSet[str]
    """Those of Person that it says.  Identifiers and positions only where it says that there are none: others are added."""
    positions: tuple[AbstractSet[str], ...]
    """Of each position, in their order, those of Position."""


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody, by id, and the sites they work at."""

    people: Mapping[str, Person]
    sites: Mapping[str, Site]
    named: Mapping[str, Named] = field(default_factory=dict)
    """By id, what is named of those of whom not everything is said."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Identifiers by which people may be named though another may be given them, and whose they are."""
    erased: Container[str] = ()
    """Names of people who were erased, who may still be named as managers."""


class RosterError(ConfigError):
    """The people file is wrong; `errors` has every place."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        found = tuple(sorted(errors, key=lambda error: (error.line or 0, error.column or 0)))
        first = found[0]
        super().__init__(first.message, hint=first.hint, file=first.file, line=first.line, column=first.column)
        self.errors = found


NOBODY = Roster({}, {})


def load_roster(path: Path, known: Roster = NOBODY, *, whole: bool = False) -> Roster:
    """Reads `people.yaml`.  Raises ConfigError; RosterError lists every wrong place."""
    documents = yaml_door.load_file(path)
    if len(documents) != 1:
        raise ConfigError("expected one document with 'sites' and 'people'", file=str(path))
    return roster_from(documents[0], known, whole=whole)


def roster_from(document: YamlDocument, known: Roster = NOBODY, *, whole: bool = False) -> Roster:
    """The roster a document describes; it may name sites and managers that are known already.

    whole: it says everything of its people, and what it does not name is not so.  Raises RosterError.
    """
    reader = _Reader(document, known, whole=whole)
    roster = reader.roster()
    if reader.errors:
        raise RosterError(reader.errors)
    return roster


class _Reader:
    """Turns one document into a roster and collects every located error on the way."""

    def __init__(self, document: YamlDocument, known: Roster, *, whole: bool) -> None:
        self.document = document
        self.known = known
        self.whole = whole
        self.named: dict[str, Named] = {}
        self.errors: list[ConfigError] = []
        self.manager_places: list[tuple[str, Location]] = []
        self.identifier_places: dict[tuple[Location, str], Location] = {}

    def roster(self) -> Roster:
        fields = self.mapping(self.document.value, (), _FILE_KEYS, "the people file")
        told = self.sites(fields.get("sites"), ("sites",))
        sites = {**self.known.sites, **told}
        people: dict[str, Person] = {}
        owners: dict[str, str] = {}
        places: list[tuple[str, Location]] = []
        for index, raw in enumerate(self.sequence(fields.get("people"), ("people",))):
            at: Location = ("people", index)
            person = self.person(raw, at, sites)
            if person.id in people:
                hint = "give one of them another id; several positions of one person stand in one list"
                self.fail((*at, "id"), f"there are two people with the id '{person.id}'", hint=hint)
            people[person.id] = person
            for identifier in person.identifiers:
                place = self.identifier_places.get(((*at, "identifiers"), identifier), (*at, "email"))
                if identifier in owners:
                    self.refuse_owned(identifier, place, owners[identifier])
                owners[identifier] = person.id
                places.append((identifier, place))
        self.refuse_taken(people, places)
        managers = self.managers(people, owners)
        return Roster({id_: _reporting(one, managers) for id_, one in people.items()}, told, self.named)

    def managers(self, people: Mapping[str, Person], given: Mapping[str, str]) -> Mapping[str, str]:
        """The ids of whom managers are named by; people, given: those of the file, and whose the identifiers in it are."""
        everybody = {**self.known.people, **people}
        owners = {**self.known.aliases, **self.kept(people), **given}
        meant: dict[str, str] = {}
        for text, at in self.manager_places:
            if text in self.known.erased:
                meant[text] = text
            elif text not in meant:
                try:
                    meant[text] = person_among(everybody, owners, text)
                except (NotFound, BadRequest) as error:
                    self.fail(at, error.message, hint=_EACH_BY_ITSELF if "," in text else error.hint)
        return meant

    def kept(self, people: Mapping[str, Person]) -> dict[str, str]:
        """Whose identifiers are that the file leaves as they are."""
        said = {id_ for id_ in people if id_ not in self.named or "identifiers" in self.named[id_].fields}
        return {
            identifier: id_
            for id_, one in self.known.people.items()
            if id_ not in said
            for identifier in one.identifiers
        }

    def refuse_taken(self, people: Mapping[str, Person], places: Iterable[tuple[str, Location]]) -> None:
        """What belongs to somebody who is not in the file cannot be given to somebody else."""
        others = (one for id_, one in self.known.people.items() if id_ not in people)
        owners = {identifier: one.id for one in others for identifier in one.identifiers}
        hint = "correct the file, or list the other person in it too, who then loses it"
        for identifier, at in places:
            if identifier in owners:
                self.refuse_owned(identifier, at, owners[identifier], hint)

    def refuse_owned(self, identifier: str, at: Location, owner: str, hint: str | None = None) -> None:
        """An identifier that is somebody's; where the address of a mailbox gave it, that is what is named."""
        said = identity_words(identifier)
        if at[-1] == "email":
            said = said.replace("mbox 'mailto:", "email '", 1)
        self.fail(at, f"{said} belongs to '{owner}' already", hint=hint)

    def sites(self, raw: Any, at: Location) -> dict[str, Site]:
        sites = {}
        for name, value in (self.mapping(raw, at, None, "sites") if raw is not None else {}).items():
            fields = self.mapping(value, (*at, name), _SITE_KEYS, "a site")
            zone = self.zone(fields.get("timezone"), (*at, name, "timezone"))
            if zone is None and "timezone" not in fields:
                self.fail((*at, name), f"site '{name}' needs a timezone", hint="for example timezone: Europe/London")
            sites[name] = Site(name, zone or "UTC")
        return sites

    def person(self, raw: Any, at: Location, sites: Mapping[str, Site]) -> Person:
        fields = self.mapping(raw, at, _PERSON_KEYS, "a person")
        identity = self.text(fields.get("id"), (*at, "id"))
        if isinstance(raw, dict) and not identity and fields.get("id") is None:
            self.fail(at, "a person needs an id", hint="such as id: ada, by which managers and reports name them")
        hired_on, left_on = self.day(fields, "hired_on", at), self.day(fields, "left_on", at)
        self.check_range(hired_on, left_on, (*at, "left_on"), "left_on is before hired_on", _ENDED)
        email = self.text(fields.get("email"), (*at, "email"))
        positions = list(self.positions(fields.get("positions"), (*at, "positions"), sites))
        if identity and not self.whole:
            fields_said = {key for key in fields if key != "id" and not (key in _ADDED_TO and fields[key])}
            self.named[identity] = Named(frozenset(fields_said), tuple(said for _, said in positions))
        return Person(
            id=identity or "",
            name=self.name(fields, identity, at),
            email=email,
            identifiers=tuple(
                dict.fromkeys((*self.identifiers(fields.get("identifiers"), (*at, "identifiers")), *mailbox_of(email)))
            ),
            timezone=self.zone(fields.get("timezone"), (*at, "timezone")),
            hired_on=hired_on,
            left_on=left_on,
            leave=tuple(self.leave(fields.get("leave"), (*at, "leave"))),
            positions=tuple(one for one, _ in positions),
        )

    def name(self, fields: Mapping[str, Any], id_: str | None, at: Location) -> str:
        """A name that is known may become another one, and nothing else."""
        name = self.text(fields.get("name"), (*at, "name")) or ""
        known = self.known.people[id_].name if id_ and id_ in self.known.people else ""
        if known and fields.get("name") is None and (self.whole or "name" in fields):
            hint = f"write '{known}', or another name" + ("" if self.whole else ", or leave 'name' out of the file")
            self.fail((*at, "name") if "name" in fields else at, f"the name of '{id_}' cannot be cleared", hint=hint)
        return name

    def identifiers(self, raw: Any, at: Location) -> Iterator[str]:
        for index, item in enumerate(self.sequence(raw, at)):
            here = (*at, index)
            fields = self.mapping(item, here, IFI_KINDS, "an identifier")
            if len(fields) != 1:
                self.fail(here, "an identifier is exactly one of mbox, mbox_sha1sum, openid or account")
                continue
            kind, value = next(iter(fields.items()))
            if kind == "account":
                account = self.mapping(value, (*here, kind), _ACCOUNT_KEYS, "an account")
                value = {key: self.text(account.get(key), (*here, kind, key)) for key in _ACCOUNT_KEYS}
                if not all(value.values()):
                    self.fail((*here, kind), "an account needs homePage and name")
                    continue
            elif not self.text(value, (*here, kind)):
                continue
            elif kind == "mbox" and not value.startswith("mailto:"):
                self.fail((*here, kind), "an mbox starts with 'mailto:'", hint=f"write mailto:{value}")
                continue
            text = str(identity_of({kind: value}))
            self.identifier_places.setdefault((at, text), here)
            yield text

    def leave(self, raw: Any, at: Location) -> Iterator[Leave]:
        taken: list[Leave] = []
        for index, item in enumerate(self.sequence(raw, at)):
            here = (*at, index)
            fields = self.mapping(item, here, _LEAVE_KEYS, "a leave")
            start, end = self.day(fields, "from", here), self.day(fields, "to", here)
            if start is None or end is None:
                self.missing(fields, _LEAVE_KEYS, here, "a leave")
                continue
            self.check_range(start, end, (*here, "to"), "the leave ends before it begins", _ENDED)
            if any(start <= other.end and other.start <= end for other in taken):
                hint = "join the two, or correct a day: the first and the last day count too"
                self.fail(here, "this leave overlaps another one of the same person", hint=hint)
            taken.append(Leave(start, end))
        yield from sorted(taken, key=lambda leave: leave.start)

    def positions(
        self, raw: Any, at: Location, sites: Mapping[str, Site]
    ) -> Iterator[tuple[Position, AbstractSet[str]]]:
        """Each with the fields that are said of it, by their first days."""
        taken: list[tuple[Position, AbstractSet[str]]] = []
        for index, item in enumerate(self.sequence(raw, at)):
            here = (*at, index)
            fields = self.mapping(item, here, _POSITION_KEYS, "a position")
            start, end = self.day(fields, "from", here), self.day(fields, "to", here)
            texts = {key: self.text(fields.get(key), (*here, key)) for key in _POSITION_TEXTS}
            managers = [
                (self.text(name, (*here, "managers", place)) or "", (*here, "managers", place))
                for place, name in enumerate(self.sequence(fields.get("managers"), (*here, "managers")))
            ]
            self.manager_places += managers
            if start is None:
                self.missing(fields, ("from",), here, "a position")
                continue
            hint = f"{_ENDED}; a position without an end has no 'to'"
            self.check_range(start, end, (*here, "to"), "the position ends before it begins", hint)
            if (site := texts["site"]) and site not in sites:
                listed = "list it under 'sites' with its timezone; in a CSV file the column site_timezone does that"
                hint = (did_you_mean(site, sites) if sites else None) or listed
                self.fail((*here, "site"), f"no site is called '{site}'", hint=hint)
            position = Position(start, end, **texts, managers=tuple(name for name, _ in managers))
            if any(collide(position, other) for other, _ in taken):
                message = "this position overlaps another one with the same job, site and unit"
                self.fail(
                    here, message, hint="end the earlier one the day before this one begins, or leave one of them out"
                )
            taken.append((position, frozenset(_POSITION_FIELDS.get(key, key) for key in fields)))
        yield from sorted(taken, key=lambda one: one[0].start)

    def fail(self, at: Location, message: str, *, hint: str | None = None, key: bool = False) -> None:
        self.errors.append(self.document.error(at, message, hint=hint, key=key))

    def missing(self, fields: Mapping[str, Any], needed: Iterable[str], at: Location, what: str) -> None:
        absent = [name for name in needed if fields.get(name) is None]
        if absent:
            self.fail(at, f"{what} needs {' and '.join(repr(name) for name in absent)}")

    def check_range(self, start: date | None, end: date | None, at: Location, message: str, hint: str) -> None:
        if start is not None and end is not None and end < start:
            self.fail(at, message, hint=hint)

    def mapping(self, raw: Any, at: Location, known: Collection[str] | None, what: str) -> dict[str, Any]:
        if not isinstance(raw, dict):
            hint = lacking(raw, known) if isinstance(raw, str) and known is not None else None
            self.fail(at, f"{what} must be a mapping of keys to values", hint=hint)
            return {}
        for name in raw if known is not None else ():
            if known is not None and name not in known:
                self.fail((*at, name), f"{what} has no key '{name}'", hint=key_meant(name, known), key=True)
        return {name: value for name, value in raw.items() if known is None or name in known}

    def sequence(self, raw: Any, at: Location) -> list[Any]:
        if raw is None:
            return []
        if not isinstance(raw, list):
            inline = isinstance(raw, str) and "\n" not in raw
            hint = f"write {at[-1]}: [{raw.replace(';', ',')}]" if inline else "begin each of its items with a dash"
            self.fail(at, f"'{at[-1]}' must be a list", hint=hint)
            return []
        return raw

    def text(self, raw: Any, at: Location) -> str | None:
        hint = quotes_hint(raw)
        return self.parsed(
            raw, at, lambda value: value if isinstance(value, str) and value.strip() else None, "text", hint
        )

    def zone(self, raw: Any, at: Location) -> str | None:
        name = self.text(raw, at)
        if name is None or is_zone(name):
            return name
        self.fail(at, f"'{name}' is not an IANA time zone", hint="for example Europe/London or America/New_York")
        return None

    def day(self, fields: Mapping[str, Any], name: str, at: Location) -> date | None:
        raw = fields.get(name)
        return self.parsed(raw, (*at, name), load_day, wanted_day(raw), day_hint(str(raw)))

    def parsed(
        self, raw: Any, at: Location, parse: Callable[[Any], T | None], wanted: str, hint: str | None = None
    ) -> T | None:
        if raw is None:
            return None
        value = parse(raw)
        if value is None:
            self.fail(at, f"{_name_of(at)}expected {wanted}, found {raw!r}", hint=hint)
        return value


def _reporting(person: Person, managers: Mapping[str, str]) -> Person:
    """The same with managers by their ids."""
    if all(managers.get(text, text) == text for one in person.positions for text in one.managers):
        return person
    return replace(
        person,
        positions=tuple(
            replace(one, managers=tuple(dict.fromkeys(managers.get(text, text) for text in one.managers)))
            for one in person.positions
        ),
    )


def _name_of(at: Location) -> str:
    """The key that a value stands under: a place in a CSV file is no more than a line."""
    name = next((part for part in reversed(at) if isinstance(part, str)), None)
    return "" if name is None else f"'{name}': "


def load_day(raw: Any) -> date | None:
    """The date a text such as 2026-01-31 names; None for anything else."""
    if not isinstance(raw, str) or not _DAY.fullmatch(raw):
        return None
    try:
        return date.fromisoformat(raw)
    except ValueError:
        return None


def wanted_day(raw: Any) -> str:
    """What to ask for where `load_day` reads no date."""
    return "a day that the calendar has" if isinstance(raw, str) and is_no_day(raw) else "a date such as 2026-01-31"


def collide(one: Position, other: Position) -> bool:
    """Whether nobody can have both: the same job, site and unit on the same days."""
    same = (one.job, one.site, one.unit) == (other.job, other.site, other.unit)
    return same and one.start <= (other.end or date.max) and other.start <= (one.end or date.max)
