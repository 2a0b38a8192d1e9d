"""The register of people: what an import says is compared with what is known, and only changes become facts.

Each change closes the row that was known and adds a new one under a fresh feed number (data-model 4), so a verdict can be
repeated as it was known on any day.  Statements may have come first: identifiers link agents, not statements, to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from lrs.db import Database
from lrs.dialects import Dialect
from lrs.errors import Conflict
from lrs.feed import Feed
from lrs.people import tables as p
from lrs.people.identity import identity_words
from lrs.people.owners import agent_key, person_of
from lrs.people.roster import Leave, Person, Position, Roster, Site
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.postings import posting_key

PERSON_CHANGED = "person"
SITE_CHANGED = "site"
EPOCH = date(1970, 1, 1)
_MANY = 20
"""An import of so many people changes what the planner should know."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    changed: int
    unchanged: int
    identifiers: int


def to_day(day: date | None) -> int | None:
    """Whole days since 1970-01-01."""
    return None if day is None else (day - EPOCH).days


def from_day(day: int | None) -> date | None:
    """The date of a number of days since 1970-01-01."""
    return None if day is None else EPOCH + timedelta(days=day)


class Register:
    """People and sites of one store."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed

    def record(self, roster: Roster, *, tenant_id: int = DEFAULT_TENANT) -> Imported:
        """Take over what a roster says about its people; others stay as they are.  All of it or nothing.

        Raises Conflict when an identifier belongs to somebody who is not in the roster.
        """
        return self._database.write(
            lambda conn: _Import(conn, self._database.dialect, self._feed, tenant_id, roster).run()
        )

    def roster(
        self,
        *,
        tenant_id: int = DEFAULT_TENANT,
        known_at: int | None = None,
        people: Sequence[str] | None = None,
        conn: Connection | None = None,
    ) -> Roster:
        """Everybody (or only these), as known at a feed number, by default now."""
        if conn is not None:
            return _load(conn, tenant_id, known_at, people)
        with self._database.read(snapshot=True) as reading:
            return _load(reading, tenant_id, known_at, people)

    def ids(self, tenant_id: int = DEFAULT_TENANT) -> list[str]:
        """The ids of everybody who is known now."""
        c = p.person.c
        with self._database.read() as conn:
            return list(conn.scalars(select(c.person_id).where(c.tenant_id == tenant_id, c.known_to.is_(None))))

    def person_of(self, agents: Iterable[bytes], *, tenant_id: int = DEFAULT_TENANT) -> dict[bytes, str]:
        """To whom each known agent belongs today."""
        with self._database.read() as conn:
            return person_of(conn, tenant_id, agents)

    def identifiers(self, tenant_id: int, agent: Mapping[str, Any]) -> list[str]:
        """All identifiers (`ifi_text`) of whoever an agent belongs to today, in order; empty when to nobody."""
        key = agent_key(agent)
        if key is None:
            return []
        mine, link = p.identity_link.c, p.identity_link.alias("all_of_them").c
        query = (
            select(link.ifi)
            .where(p.owns(p.identity_link, tenant_id, key))
            .where(link.tenant_id == tenant_id, link.person_id == mine.person_id, link.known_to.is_(None))
            .order_by(link.ifi)
        )
        with self._database.read() as conn:
            return list(conn.scalars(query))


@dataclass(slots=True)
class _Import:
    conn: Connection
    dialect: Dialect
    feed: Feed
    tenant_id: int
    roster: Roster
    closing: list[tuple[Table, Any]] = field(default_factory=list)

    def run(self) -> Imported:
        self.dialect.exclude(self.conn, p.person)
        known = _load(self.conn, self.tenant_id, None, None)
        told = {id_: _normal(person) for id_, person in self.roster.people.items()}
        people = {id_: person for id_, person in told.items() if known.people.get(id_) != person}
        sites = {id_: site for id_, site in self.roster.sites.items() if known.sites.get(id_) != site}
        self._refuse_taken(people, known)
        added = sum(1 for id_ in people if id_ not in known.people)
        links = sum(len(set(person.identifiers) - _identifiers(known, id_)) for id_, person in people.items())
        if people or sites:
            refs = [*((SITE_CHANGED, id_) for id_ in sites), *((PERSON_CHANGED, id_) for id_ in people)]
            seqs = self._number(refs)
            for id_, site in sites.items():
                self._site(site, seqs[SITE_CHANGED, id_])
            for id_, person in people.items():
                self._person(person, known.people.get(id_), seqs[PERSON_CHANGED, id_])
        if len(people) >= _MANY:
            self.dialect.analyze(self.conn, (p.person, p.position, p.manager, p.leave, p.identity_link))
        return Imported(added, len(people) - added, len(self.roster.people) - len(people), links)

    def _number(self, refs: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """One feed number for each changed fact, kinds in order of appearance."""
        numbers: dict[tuple[str, str], int] = {}
        for kind in dict.fromkeys(kind for kind, _ in refs):
            ids = [id_ for other, id_ in refs if other == kind]
            first = self.feed.record(self.conn, self.tenant_id, kind, ids)
            numbers |= {(kind, id_): first + i for i, id_ in enumerate(ids)}
        return numbers

    def _refuse_taken(self, people: Mapping[str, Person], known: Roster) -> None:
        owners = {identifier: id_ for id_, person in known.people.items() for identifier in person.identifiers}
        for id_, person in people.items():
            for identifier in person.identifiers:
                owner = owners.get(identifier, id_)
                if owner != id_ and identifier in self.roster.people.get(owner, known.people[owner]).identifiers:
                    raise Conflict(
                        f"{identity_words(identifier)} is given to '{id_}' but belongs to '{owner}'",
                        hint="correct the file, or take it from the other person in the same import",
                    )

    def _site(self, site: Site, seq: int) -> None:
        self._close(p.site, p.site.c.site_id == site.id, seq)
        row = {"tenant_id": self.tenant_id, "site_id": site.id, "known_from": seq, "timezone": site.timezone}
        self.conn.execute(insert(p.site), row)

    def _person(self, person: Person, before: Person | None, seq: int) -> None:
        base = {"tenant_id": self.tenant_id, "person_id": person.id, "known_from": seq}
        if before is not None:
            for table in (p.person, p.position, p.manager, p.leave):
                self._close(table, table.c.person_id == person.id, seq)
        self.conn.execute(
            insert(p.person),
            {
                **base,
                "name": person.name,
                "email": person.email,
                "timezone": person.timezone,
                "hired_day": to_day(person.hired_on),
                "left_day": to_day(person.left_on),
            },
        )
        self._insert(p.position, [{**base, **_position_row(i, one)} for i, one in enumerate(person.positions)])
        self._insert(
            p.manager,
            [
                {**base, "ordinal": i, "manager_id": name, "from_day": to_day(one.start), "to_day": to_day(one.end)}
                for i, one in enumerate(person.positions)
                for name in dict.fromkeys(one.managers)
            ],
        )
        self._insert(
            p.leave,
            [
                {**base, "ordinal": i, "from_day": to_day(one.start), "to_day": to_day(one.end)}
                for i, one in enumerate(person.leave)
            ],
        )
        self._identifiers(person, before, seq)

    def _identifiers(self, person: Person, before: Person | None, seq: int) -> None:
        old, new = set(before.identifiers if before else ()), set(person.identifiers)
        link = p.identity_link
        for identifier in sorted(old - new):
            self._close(link, (link.c.person_id == person.id) & (link.c.ifi == identifier), seq)
        rows = [
            {
                "tenant_id": self.tenant_id,
                "agent": posting_key("agent", identifier),
                "person_id": person.id,
                "known_from": seq,
                "ifi": identifier,
            }
            for identifier in sorted(new - old)
        ]
        self._insert(link, rows)

    def _close(self, table: Table, which: Any, seq: int) -> None:
        here = (table.c.tenant_id == self.tenant_id) & which & table.c.known_to.is_(None)
        self.conn.execute(update(table).where(here).values(known_to=seq))

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.conn.execute(insert(table), rows)


def _normal(person: Person) -> Person:
    """The same person in the order in which the store gives people back."""
    positions = tuple(replace(one, managers=tuple(sorted(set(one.managers)))) for one in person.positions)
    return replace(person, identifiers=tuple(sorted(set(person.identifiers))), positions=positions)


def _position_row(ordinal: int, position: Position) -> dict[str, Any]:
    return {
        "ordinal": ordinal,
        "from_day": to_day(position.start),
        "to_day": to_day(position.end),
        "job": position.job,
        "level": position.level,
        "site": position.site,
        "unit": position.unit,
        "employment": position.employment,
    }


def _identifiers(roster: Roster, person_id: str) -> set[str]:
    person = roster.people.get(person_id)
    return set(person.identifiers) if person else set()


def _load(conn: Connection, tenant_id: int, known_at: int | None, people: Sequence[str] | None) -> Roster:
    def rows(table: Table, *order: Any) -> Iterable[Any]:
        query = select(table).where(table.c.tenant_id == tenant_id, p.known(table, known_at)).order_by(*order)
        if people is not None and "person_id" in table.c:
            query = query.where(table.c.person_id.in_(people))
        return conn.execute(query)

    managers: dict[tuple[str, int], list[str]] = {}
    for row in rows(p.manager, p.manager.c.person_id, p.manager.c.ordinal, p.manager.c.manager_id):
        managers.setdefault((row.person_id, row.ordinal), []).append(row.manager_id)
    positions: dict[str, list[Position]] = {}
    for row in rows(p.position, p.position.c.person_id, p.position.c.ordinal):
        positions.setdefault(row.person_id, []).append(_position(row, managers.get((row.person_id, row.ordinal), [])))
    leave: dict[str, list[Leave]] = {}
    for row in rows(p.leave, p.leave.c.person_id, p.leave.c.ordinal):
        leave.setdefault(row.person_id, []).append(Leave(_date(row.from_day), _date(row.to_day)))
    identifiers: dict[str, list[str]] = {}
    for row in rows(p.identity_link, p.identity_link.c.ifi):
        identifiers.setdefault(row.person_id, []).append(row.ifi)
    persons = {
        row.person_id: Person(
            row.person_id,
            row.name,
            row.email,
            tuple(identifiers.get(row.person_id, ())),
            row.timezone,
            from_day(row.hired_day),
            from_day(row.left_day),
            tuple(leave.get(row.person_id, ())),
            tuple(positions.get(row.person_id, ())),
        )
        for row in rows(p.person, p.person.c.person_id)
    }
    return Roster(persons, {row.site_id: Site(row.site_id, row.timezone) for row in rows(p.site, p.site.c.site_id)})


def _position(row: Any, managers: Sequence[str]) -> Position:
    return Position(
        _date(row.from_day),
        from_day(row.to_day),
        row.job,
        row.level,
        row.site,
        row.unit,
        row.employment,
        tuple(managers),
    )


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
