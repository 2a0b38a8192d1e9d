"""A change of what is known of people: found out beside other writers, then written as facts of the feed in one short write.

Each change closes the row that was known and adds a new one under a fresh feed number (data-model 4), so a verdict can be
repeated as it was known on any day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Table, bindparam, func, select, update

from lrs.db import Database
from lrs.errors import Conflict
from lrs.feed.feed import Feed
from lrs.people import tables as p
from lrs.people.identity import identity_words
from lrs.people.merges import document_of, merges_of, targets, told_of
from lrs.people.merging import Merges, joined
from lrs.people.reading import load, to_day
from lrs.people.roster import Person, Roster, Site
from lrs.store import audit
from lrs.store import tables as t
from lrs.xapi.postings import posting_key

T = TypeVar("T")

PERSON_CHANGED = "person"
SITE_CHANGED = "site"
ERASED = "erasure"
"""Somebody was erased; it names their pseudonym."""
ERASING = "erasing"
"""Somebody is being erased, and known as the pseudonym that it names from here on: to those who send, or to all."""
_MANY = 20
"""A change of so many people changes what the planner should know."""
_ATTEMPTS = 3
"""A change that others came before so often keeps them waiting, lest it never comes to its turn."""
_OF_PEOPLE = (p.person, p.position, p.manager, p.leave, p.identity_link, p.merged, p.told)
_LOSE = (
    update(p.identity_link)
    .where(p.identity_link.c.tenant_id == bindparam("tenant"), p.identity_link.c.agent == bindparam("lost"))
    .where(p.identity_link.c.person_id == bindparam("whose"), p.identity_link.c.known_to.is_(None))
    .values(known_to=bindparam("fact"))
)
_TAKE: Final = "correct the file, or list the other person in it too, who then loses it"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.  merged: how many of the people in it turned out to be somebody else.

    erased: how many were left out because they were erased.
    """

    added: int
    changed: int
    unchanged: int
    identifiers: int
    merged: int = 0
    erased: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What is known now."""

    seen: int
    """The last fact of the feed that was known when this was read."""
    known: Roster
    """As everybody reads it."""
    told: Mapping[str, Person]
    """By id, what files say: other than `known` where somebody was merged."""
    merges: Merges
    erased: int
    """The fact that somebody was erased last, or 0."""

    @classmethod
    def read(cls, conn: Connection, tenant_id: int) -> State:
        newest = (select(func.coalesce(func.max(table.c.seq), 0)).scalar_subquery() for table in (t.event, t.erasure))
        seen, erased = conn.execute(select(*newest)).one()
        known = load(conn, tenant_id, None, None)
        told = {**known.people, **told_of(conn, tenant_id)}
        return cls(seen, known, told, targets(merges_of(conn, tenant_id)), erased)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be: of whom and which sites something is said now, and who is whom."""

    people: Mapping[str, Person]
    sites: Mapping[str, Site]
    merges: Merges


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be written; rows have the place of their fact among those of its kind for the number it will get."""

    seen: int
    """The last fact of the feed that was known when this was found out."""
    sites: Sequence[str]
    people: Sequence[str]
    rows: Mapping[Table, Sequence[tuple[Any, ...]]]
    """Values of all columns in their order, in the order of the primary key."""
    lost: Sequence[tuple[int, bytes]]
    """Identifiers that people have no longer: the place of the fact, and the agent."""
    separated: Sequence[str]
    """Who is by themselves again."""
    before: Mapping[str, Person]
    after: Mapping[str, Person]
    """Those of `people` who were known, and those who are known then."""
    done: Imported


class Act(NamedTuple):
    """A line of the audit.  details: from what was found out."""

    action: str
    subject: str
    details: Callable[[Difference], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """Everything is found out before the write, in which others wait: it only gives numbers to rows that are ready.

    want: what is to be, from what is known; it may refuse.  act: a line of the audit, where anything changes.  hint: how
    to mend an identifier of two people.
    """

    database: Database
    feed: Feed
    tenant_id: int
    want: Callable[[State], Wanted]
    act: Act
    hint: str = _TAKE

    def run(self) -> Difference:
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
        return difference

    def compare(self) -> Difference:
        """What `run` would write."""
        with self.database.read(snapshot=True) as conn:
            return self._difference(conn)

    def foresee(self, look: Callable[[Connection, Sequence[str]], T]) -> tuple[Difference, T, T]:
        """What is to be written, and what `look` sees of the people it concerns before and after; nothing is kept."""

        def work(conn: Connection) -> tuple[Difference, T, T]:
            self.database.dialect.exclude(conn, p.person)
            difference = self._difference(conn)
            before = look(conn, difference.people)
            self._write(conn, difference)
            return difference, before, look(conn, difference.people)

        return self.database.tried(work)

    def _write_if_still_so(self, difference: Difference, conn: Connection) -> bool:
        """False when a change by somebody else came first."""
        self.database.dialect.exclude(conn, p.person)
        e = t.event.c
        kinds = e.kind.in_((PERSON_CHANGED, SITE_CHANGED, ERASED, ERASING))
        newer = select(e.seq).where(e.seq > difference.seen, e.tenant_id == self.tenant_id, kinds).limit(1)
        if conn.scalar(newer) is not None:
            return False
        self._write(conn, difference)
        return True

    def _write_undisturbed(self, conn: Connection) -> Difference:
        self.database.dialect.exclude(conn, p.person)
        difference = self._difference(conn)
        self._write(conn, difference)
        return difference

    def _write(self, conn: Connection, difference: Difference) -> None:
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
                if table is p.identity_link:
                    lost = [(first + place, ids[place], agent) for place, agent in difference.lost]
                    if lost:
                        key = {"tenant": self.tenant_id}
                        conn.execute(
                            _LOSE, [{**key, "fact": fact, "whose": id_, "lost": agent} for fact, id_, agent in lost]
                        )
                elif table is not p.merged or difference.separated:
                    c = table.c
                    ref = c.site_id if table is p.site else c.person_id
                    known = (c.tenant_id == t.event.c.tenant_id) & (ref == t.event.c.ref) & c.known_to.is_(None)
                    if table is p.merged:
                        known &= ref.in_(difference.separated)
                    conn.execute(update(table).where(facts, known).values(known_to=t.event.c.seq))
            rows = [(table, _numbered(table, difference.rows[table], first)) for table in tables]
            self.database.dialect.append(conn, rows)
        told = self.act.details(difference)
        audit.record(conn, self.act.action, self.act.subject, told, at=at, tenant_id=self.tenant_id)

    def _difference(self, conn: Connection) -> Difference:
        """Raises Conflict when an identifier belongs to somebody of whom nothing is said."""
        state = State.read(conn, self.tenant_id)
        wanted = self.want(state)
        known, merges = state.known, wanted.merges
        told = {**state.told, **wanted.people}
        now = joined(told, merges)
        apart = {id_: one for id_, one in told.items() if now.get(id_) != one} if merges else {}
        was_apart = {id_: one for id_, one in state.told.items() if known.people.get(id_) != one}
        moved = sorted(id_ for id_ in {*merges, *state.merges} if merges.get(id_) != state.merges.get(id_))
        among = told if merges or state.merges else wanted.people
        people = [
            id_
            for id_ in dict.fromkeys((*wanted.people, *among))
            if id_ in moved or now.get(id_) != known.people.get(id_) or apart.get(id_) != was_apart.get(id_)
        ]
        sites = {id_: site for id_, site in wanted.sites.items() if known.sites.get(id_) != site}
        self._refuse_taken(people, known.people, now)
        rows: dict[Table, list[tuple[Any, ...]]] = {table: [] for table in (p.site, *_OF_PEOPLE)}
        rows[p.site] = [(self.tenant_id, site.id, i, None, site.timezone) for i, site in enumerate(sites.values())]
        lost: list[tuple[int, bytes]] = []
        for place, id_ in enumerate(people):
            old, new = _identifiers(known.people, id_), _identifiers(now, id_)
            lost += [(place, posting_key("agent", identifier)) for identifier in old - new]
            if id_ in now:
                for table, row in self._rows(now[id_], place, new - old):
                    rows[table].append(row)
            if id_ in apart:
                rows[p.told].append((self.tenant_id, id_, place, None, document_of(apart[id_])))
            if id_ in moved and id_ in merges:
                rows[p.merged].append((self.tenant_id, id_, place, None, merges[id_]))
        for one in rows.values():
            one.sort()
        return Difference(
            state.seen,
            list(sites),
            people,
            rows,
            sorted(lost),
            [id_ for id_ in moved if id_ in state.merges],
            {id_: known.people[id_] for id_ in people if id_ in known.people},
            {id_: now[id_] for id_ in people if id_ in now},
            self._done(state, wanted, len(rows[p.identity_link])),
        )

    @staticmethod
    def _done(state: State, wanted: Wanted, identifiers: int) -> Imported:
        added = wanted.people.keys() - state.told.keys()
        changed = sum(1 for id_, person in wanted.people.items() if state.told.get(id_) != person) - len(added)
        unchanged = len(wanted.people) - len(added) - changed
        return Imported(
            len(added), changed, unchanged, identifiers, merged=len(wanted.people.keys() & state.merges.keys())
        )

    def _refuse_taken(self, people: Sequence[str], known: Mapping[str, Person], now: Mapping[str, Person]) -> None:
        owners = {identifier: id_ for id_, person in known.items() for identifier in person.identifiers}
        for id_ in people:
            for identifier in now[id_].identifiers if id_ in now else ():
                owner = owners.get(identifier, id_)
                if owner != id_ and owner in now and identifier in now[owner].identifiers:
                    raise Conflict(
                        f"{identity_words(identifier)} is given to '{id_}' but belongs to '{owner}'", hint=self.hint
                    )

    def _rows(self, person: Person, place: int, identifiers: Iterable[str]) -> Iterator[tuple[Table, tuple[Any, ...]]]:
        """What is to be known of a person, and identifiers that are theirs from now on."""
        key = (self.tenant_id, person.id, place)
        days = (to_day(person.hired_on), to_day(person.left_on))
        yield p.person, (*key, None, person.name, person.email, person.timezone, *days)
        for i, one in enumerate(person.positions):
            span = (to_day(one.start), to_day(one.end))
            yield p.position, (*key, i, None, *span, one.job, one.level, one.site, one.unit, one.employment)
            for there, manager in enumerate(dict.fromkeys(one.managers)):
                yield p.manager, (*key, i, manager, None, *span, there)
        for i, leave in enumerate(person.leave):
            yield p.leave, (*key, i, None, to_day(leave.start), to_day(leave.end))
        for identifier in identifiers:
            agent = posting_key("agent", identifier)
            yield p.identity_link, (self.tenant_id, agent, person.id, place, None, identifier)


def _numbered(table: Table, rows: Iterable[tuple[Any, ...]], first: int) -> list[tuple[Any, ...]]:
    """The rows with the numbers of their facts, of which the first is known."""
    at = list(table.c).index(table.c.known_from)
    return [(*row[:at], first + row[at], *row[at + 1 :]) for row in rows]


def _identifiers(people: Mapping[str, Person], person_id: str) -> set[str]:
    person = people.get(person_id)
    return set(person.identifiers) if person else set()
