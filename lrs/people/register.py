"""The register of people: what an import says is compared with what is known, and only changes become facts.

Each change closes the row that was known and adds a new one under a fresh feed number (data-model 4), so a verdict can be
repeated as it was known on any day.  Statements may have come first: identifiers link agents, not statements, to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, update

from lrs.db import Database
from lrs.errors import Conflict
from lrs.feed.feed import Feed
from lrs.people import tables as p
from lrs.people.identity import identity_words
from lrs.people.named import identity_meant, the_one
from lrs.people.owners import agent_key, owners, person_of
from lrs.people.roster import Leave, Person, Position, Roster, Site
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.postings import posting_key

PERSON_CHANGED = "person"
SITE_CHANGED = "site"
EPOCH = date(1970, 1, 1)
_MANY = 20
"""An import of so many people changes what the planner should know."""
_ATTEMPTS = 3
"""An import that others came before so often keeps them waiting, lest it never comes to its turn."""
_OF_PEOPLE = (p.person, p.position, p.manager, p.leave, p.identity_link)
_LOSE = (
    update(p.identity_link)
    .where(p.identity_link.c.tenant_id == bindparam("tenant"), p.identity_link.c.agent == bindparam("lost"))
    .where(p.identity_link.c.person_id == bindparam("whose"), p.identity_link.c.known_to.is_(None))
    .values(known_to=bindparam("fact"))
)


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

    def record(self, roster: Roster, *, source: str = "people", tenant_id: int = DEFAULT_TENANT) -> Imported:
        """Take over what a roster says about its people; others stay as they are.  All of it or nothing.

        source: where it comes from, such as the name of a file, for the audit.

        Raises Conflict when an identifier belongs to somebody who is not in the roster.
        """
        return _Import(self._database, self._feed, tenant_id, roster, source).run()

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

    def find(self, text: str, *, tenant_id: int = DEFAULT_TENANT) -> str:
        """The id of the one whom a text names: id, mail address, or account as HOMEPAGE|NAME.

        Raises NotFound, and BadRequest where it may be either of two.
        """
        return the_one(text, self.meant(text, tenant_id=tenant_id), lambda: self.ids(tenant_id))

    def meant(self, text: str, *, tenant_id: int = DEFAULT_TENANT) -> set[str]:
        """The ids of everybody whom a text may name."""
        if "\0" in text:  # PostgreSQL cannot even be asked for it
            return set()
        c, identity = p.person.c, identity_meant(text)
        query = select(c.person_id).where(c.tenant_id == tenant_id, c.person_id == text, c.known_to.is_(None))
        with self._database.read() as conn:
            found = set(conn.scalars(query))
            for ids in owners(conn, tenant_id, [posting_key("agent", identity)] if identity else []).values():
                found.update(ids)
        return found

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


@dataclass(frozen=True, slots=True)
class _Difference:
    """What an import has to write; rows have the place of their fact among those of its kind for the number it will get."""

    seen: int
    """The last fact of the feed that was known when this was found out."""
    sites: Sequence[str]
    people: Sequence[str]
    rows: Mapping[Table, Sequence[tuple[Any, ...]]]
    """Values of all columns in their order, in the order of the primary key."""
    lost: Sequence[tuple[int, bytes]]
    """Identifiers that people have no longer: the place of the fact, and the agent."""
    done: Imported


@dataclass(frozen=True, slots=True)
class _Import:
    """Everything is found out before the write, in which others wait: it only gives numbers to rows that are ready."""

    database: Database
    feed: Feed
    tenant_id: int
    roster: Roster
    source: str

    def run(self) -> Imported:
        for _ in range(_ATTEMPTS):
            with self.database.read(snapshot=True) as conn:
                difference = self._difference(conn)
            nothing = not (difference.people or difference.sites)
            if nothing or self.database.write(partial(self._write_if_still_so, difference)):
                break
        else:
            difference = self.database.write(self._write_undisturbed)
        if len(difference.people) >= _MANY:
            self.database.write(lambda conn: self.database.dialect.analyze(conn, _OF_PEOPLE))
        return difference.done

    def _write_if_still_so(self, difference: _Difference, conn: Connection) -> bool:
        """False when an import of somebody else came first."""
        self.database.dialect.exclude(conn, p.person)
        e = t.event.c
        kinds = e.kind.in_((PERSON_CHANGED, SITE_CHANGED))
        newer = select(e.seq).where(e.seq > difference.seen, e.tenant_id == self.tenant_id, kinds).limit(1)
        if conn.scalar(newer) is not None:
            return False
        self._write(conn, difference)
        return True

    def _write_undisturbed(self, conn: Connection) -> _Difference:
        self.database.dialect.exclude(conn, p.person)
        difference = self._difference(conn)
        self._write(conn, difference)
        return difference

    def _write(self, conn: Connection, difference: _Difference) -> None:
        """A number of statements that does not grow with the people: the facts themselves say what they supersede."""
        at = 0
        for kind, ids, tables in (
            (SITE_CHANGED, difference.sites, (p.site,)),
            (PERSON_CHANGED, difference.people, _OF_PEOPLE),
        ):
            if not ids:
                continue
            at = first = self.feed.record(conn, self.tenant_id, kind, ids)
            facts = t.event.c.seq.between(first, first + len(ids) - 1)
            for table in tables:
                if table is not p.identity_link:
                    c = table.c
                    ref = c.site_id if table is p.site else c.person_id
                    known = (c.tenant_id == t.event.c.tenant_id) & (ref == t.event.c.ref) & c.known_to.is_(None)
                    conn.execute(update(table).where(facts, known).values(known_to=t.event.c.seq))
                elif difference.lost:
                    key = {"tenant": self.tenant_id}
                    lost = ((first + place, ids[place], agent) for place, agent in difference.lost)
                    conn.execute(
                        _LOSE, [{**key, "fact": fact, "whose": id_, "lost": agent} for fact, id_, agent in lost]
                    )
            rows = [(table, _numbered(table, difference.rows[table], first)) for table in tables]
            self.database.dialect.append(conn, rows)
        told = {**asdict(difference.done), "sites": len(difference.sites)}
        audit.record(conn, "people.import", self.source, told, at=at, tenant_id=self.tenant_id)

    def _difference(self, conn: Connection) -> _Difference:
        """Raises Conflict when an identifier belongs to somebody who is not in the roster."""
        seen = conn.scalar(select(func.max(t.event.c.seq))) or 0
        known = _load(conn, self.tenant_id, None, None)
        told = {id_: _normal(person) for id_, person in self.roster.people.items()}
        people = {id_: person for id_, person in told.items() if known.people.get(id_) != person}
        sites = {id_: site for id_, site in self.roster.sites.items() if known.sites.get(id_) != site}
        self._refuse_taken(people, known)
        rows: dict[Table, list[tuple[Any, ...]]] = {table: [] for table in (p.site, *_OF_PEOPLE)}
        rows[p.site] = [(self.tenant_id, site.id, i, None, site.timezone) for i, site in enumerate(sites.values())]
        lost: list[tuple[int, bytes]] = []
        for place, (id_, person) in enumerate(people.items()):
            old, new = _identifiers(known, id_), set(person.identifiers)
            lost += [(place, posting_key("agent", identifier)) for identifier in old - new]
            for table, row in self._rows(person, place, new - old):
                rows[table].append(row)
        for one in rows.values():
            one.sort()
        added = sum(1 for id_ in people if id_ not in known.people)
        done = Imported(added, len(people) - added, len(told) - len(people), len(rows[p.identity_link]))
        return _Difference(seen, list(sites), list(people), rows, sorted(lost), done)

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

    def _rows(self, person: Person, place: int, identifiers: Iterable[str]) -> Iterator[tuple[Table, tuple[Any, ...]]]:
        """What is to be known of a person, and identifiers that are theirs from now on."""
        key = (self.tenant_id, person.id, place)
        days = (to_day(person.hired_on), to_day(person.left_on))
        yield p.person, (*key, None, person.name, person.email, person.timezone, *days)
        for i, one in enumerate(person.positions):
            span = (to_day(one.start), to_day(one.end))
            yield p.position, (*key, i, None, *span, one.job, one.level, one.site, one.unit, one.employment)
            for manager in dict.fromkeys(one.managers):
                yield p.manager, (*key, i, manager, None, *span)
        for i, leave in enumerate(person.leave):
            yield p.leave, (*key, i, None, to_day(leave.start), to_day(leave.end))
        for identifier in identifiers:
            agent = posting_key("agent", identifier)
            yield p.identity_link, (self.tenant_id, agent, person.id, place, None, identifier)


def _numbered(table: Table, rows: Iterable[tuple[Any, ...]], first: int) -> list[tuple[Any, ...]]:
    """The rows with the numbers of their facts, of which the first is known."""
    at = list(table.c).index(table.c.known_from)
    return [(*row[:at], first + row[at], *row[at + 1 :]) for row in rows]


def _normal(person: Person) -> Person:
    """The same person in the order in which the store gives people back."""
    positions = tuple(replace(one, managers=tuple(sorted(set(one.managers)))) for one in person.positions)
    return replace(person, identifiers=tuple(sorted(set(person.identifiers))), positions=positions)


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
