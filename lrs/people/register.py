"""The register of people: what an import says, or a merge, is compared with what is known, and only changes become facts.

Statements may have come first: identifiers link agents, not statements, to people.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from lrs.db import Database
from lrs.erasure.remembered import Erasures
from lrs.errors import BadRequest, Conflict, NotFound, near
from lrs.feed.feed import Feed
from lrs.people import tables as p
from lrs.people.changes import Act, Change, Difference, Imported, State, Wanted
from lrs.people.merges import Merge, known_as, merges_of, targets, told_of
from lrs.people.merging import contradictions, root_of
from lrs.people.named import identity_meant, the_one
from lrs.people.owners import agent_key, owners, person_of
from lrs.people.reading import load
from lrs.people.roster import Person, Roster
from lrs.people.said import settled
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.postings import posting_key

T = TypeVar("T")

_MEND: Final = "mend it in the people file and import that, or find out whether they are two people after all"


@dataclass(frozen=True, slots=True)
class Merging:
    """What a merge, or taking one back, changes: everybody whom it changes, as they were and as they are then.

    person: who turned out to be `into`, or is by themselves again and was known as that.
    """

    person: str
    into: str
    before: Mapping[str, Person]
    after: Mapping[str, Person]


@dataclass(frozen=True, slots=True)
class Importing:
    """What an import did or would do, and everybody whom it changes, as they were and as they are then."""

    done: Imported
    before: Mapping[str, Person]
    after: Mapping[str, Person]


@dataclass(frozen=True, slots=True)
class _Erased(Container[str]):
    """Names of people who were erased: they can be asked for, and not told."""

    erasures: Erasures
    tenant_id: int

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.erasures.find(self.tenant_id, text) is not None


class Register:
    """People and sites of one store."""

    def __init__(self, database: Database, feed: Feed, erasures: Erasures) -> None:
        self._database = database
        self._feed = feed
        self._erasures = erasures

    def record(self, roster: Roster, *, source: str = "people", tenant_id: int = DEFAULT_TENANT) -> Imported:
        """Take over what a roster says about its people; others stay as they are.  All of it or nothing.

        source: where it comes from, such as the name of a file, for the audit.

        What the roster does not name of somebody stays as it is (`lrs.people.said`).  Whoever was merged into somebody stays
        so: what is said of both is taken together (`lrs.people.merging`).  Whoever was erased is left out, and managers of
        that id are the pseudonym.  Raises Conflict when an identifier belongs to somebody who is not in the roster, or
        positions that it tells of in part would contradict.
        """
        return self.take_over(roster, source=source, tenant_id=tenant_id).done

    def take_over(
        self, roster: Roster, *, source: str = "people", keep: bool = True, tenant_id: int = DEFAULT_TENANT
    ) -> Importing:
        """The same, with what it changes; keep: False to see that and change nothing."""
        left: dict[str, Person] = {}

        def want(state: State) -> Wanted:
            self._erasures.catch_up(state.erased)
            left.clear()
            left.update(self._without_erased(tenant_id, roster.people))
            return Wanted(settled(state.told, replace(roster, people=left)), roster.sites, state.merges)

        def told(found: Difference) -> dict[str, Any]:
            return {**asdict(done(found)), "sites": len(found.sites)}

        def done(found: Difference) -> Imported:
            return replace(found.done, erased=len(roster.people) - len(left))

        change = self._change(tenant_id, want, Act("people.import", source, told))
        found = change.run() if keep else change.compare()
        return Importing(done(found), found.before, found.after)

    def _without_erased(self, tenant_id: int, people: Mapping[str, Person]) -> dict[str, Person]:
        """Those of a roster who were not erased."""
        if not self._erasures.mark:
            return dict(people)

        def now(text: str) -> str:
            return self._erasures.id_now(tenant_id, text) or text

        return {
            id_: replace(
                person,
                positions=tuple(replace(one, managers=tuple(map(now, one.managers))) for one in person.positions),
            )
            for id_, person in people.items()
            if now(id_) == id_ and not any(self._erasures.of_agent(tenant_id, one) for one in person.identifiers)
        }

    def merge(self, person: str, into: str, *, tenant_id: int = DEFAULT_TENANT) -> Merging:
        """From now on somebody is known to be somebody else: identifiers, positions and whoever reports to them are theirs.

        What was known before stays known.  Raises NotFound, BadRequest, and Conflict where what is said of the two
        contradicts.
        """
        return _merging(self._merge(tenant_id, person, into).run(), person, into)

    def unmerge(self, person: str, *, tenant_id: int = DEFAULT_TENANT) -> Merging:
        """Take a merge back: everybody is again who files say they are.  Raises NotFound, Conflict."""
        change, into = self._unmerge(tenant_id, person)
        return _merging(change.run(), person, into)

    def foresee(
        self,
        person: str,
        into: str | None,
        look: Callable[[Connection, Sequence[str]], T],
        *,
        tenant_id: int = DEFAULT_TENANT,
    ) -> tuple[Merging, T, T]:
        """What `merge`, or for None `unmerge`, would change, and what `look` sees of those before and after; nothing is kept.

        `look` gets their ids, and reads in the transaction that is then taken back: others wait for it.  Raises as those do.
        """
        change, target = (
            self._unmerge(tenant_id, person) if into is None else (self._merge(tenant_id, person, into), into)
        )
        difference, before, after = change.foresee(look)
        return _merging(difference, person, target), before, after

    def merges(self, tenant_id: int = DEFAULT_TENANT) -> dict[str, Merge]:
        """By id, everybody who turned out to be somebody else, as known now."""
        with self._database.read() as conn:
            return merges_of(conn, tenant_id)

    def known_as(self, person: str, tenant_id: int = DEFAULT_TENANT) -> str:
        """The id under which somebody is known now: another one after a merge, else the one given."""
        with self._database.read() as conn:
            return known_as(conn, tenant_id, person)

    def ids_of(self, person: str, tenant_id: int = DEFAULT_TENANT) -> list[str]:
        """Every id that somebody has or had: their own, and of whoever turned out to be them."""
        with self._database.read() as conn:
            merges = targets(merges_of(conn, tenant_id))
        return [person, *(id_ for id_ in merges if root_of(merges, id_) == person)]

    def nobody(self, person: str, tenant_id: int = DEFAULT_TENANT) -> NotFound:
        """The refusal of an id that nobody has now, with whom it may mean."""
        into = self.known_as(person, tenant_id)
        if into != person:
            return NotFound(f"'{person}' was merged into '{into}'", hint=f"ask for '{into}'")
        return NotFound(f"no person has the id '{person}'", hint=near(person, self.ids(tenant_id)))

    def said(self, tenant_id: int = DEFAULT_TENANT) -> Roster:
        """What files say so far, for the next one to name: also whoever was merged, whose identifiers another may take."""
        with self._database.read(snapshot=True) as conn:
            state = State.read(conn, tenant_id)
        known = {id_: replace(one, identifiers=()) if id_ in state.merges else one for id_, one in state.told.items()}
        theirs = {
            identifier: id_ for id_ in state.merges if id_ in state.told for identifier in state.told[id_].identifiers
        }
        self._erasures.catch_up(state.erased)
        return Roster(known, state.known.sites, aliases=theirs, erased=_Erased(self._erasures, tenant_id))

    def _change(self, tenant_id: int, want: Callable[[State], Wanted], act: Act, **more: Any) -> Change:
        return Change(self._database, self._feed, tenant_id, want, act, **more)

    def _merge(self, tenant_id: int, person: str, into: str) -> Change:
        def want(state: State) -> Wanted:
            self._erasures.catch_up(state.erased)
            for id_ in (person, into):
                if self._erasures.is_pseudonym(tenant_id, id_):
                    raise Conflict(
                        f"'{id_}' is what is left of somebody who was erased", hint="nobody is made known as them again"
                    )
                self._refuse_erasing(tenant_id, id_)
                if id_ in state.merges:
                    whom, root = state.merges[id_], root_of(state.merges, id_)
                    hint = f"first: prowess people unmerge {id_}" if id_ == person else f"merge into '{root}'"
                    raise Conflict(f"'{id_}' was merged into '{whom}' already", hint=hint)
                if id_ not in state.known.people:
                    raise NotFound(f"no person has the id '{id_}'", hint=near(id_, state.known.people))
            if person == into:
                raise BadRequest(f"'{person}' and '{into}' are the same", hint="name two people")
            one, other = (state.known.people[id_] for id_ in (into, person))
            if found := list(contradictions(one, other)):
                raise Conflict(f"they cannot be one person: {'; '.join(found)}", hint=_MEND)
            return Wanted({}, {}, {**state.merges, person: into})

        return self._change(tenant_id, want, Act("people.merge", person, lambda _: {"into": into}))

    def _unmerge(self, tenant_id: int, person: str) -> tuple[Change, str]:
        into = self.known_as(person, tenant_id)
        if into == person:
            raise NotFound(f"'{person}' was not merged into anybody", hint="prowess people show tells who was")

        def want(state: State) -> Wanted:
            self._erasures.catch_up(state.erased)
            self._refuse_erasing(tenant_id, person)
            return Wanted({}, {}, {id_: one for id_, one in state.merges.items() if id_ != person})

        hint = "list both in one people file, where one of them has it, and import that"
        act = Act("people.unmerge", person, lambda _: {"from": into})
        return self._change(tenant_id, want, act, hint=hint), into

    def _refuse_erasing(self, tenant_id: int, person: str) -> None:
        """Raises Conflict for somebody on the list whom the register still knows."""
        if self._erasures.of_person(tenant_id, person) is not None:
            raise Conflict(f"'{person}' is being erased", hint=f"end that first: prowess people erase {person}")

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
            return load(conn, tenant_id, known_at, people)
        with self._database.read(snapshot=True) as reading:
            return load(reading, tenant_id, known_at, people)

    def ids(self, tenant_id: int = DEFAULT_TENANT) -> list[str]:
        """The ids of everybody who is known now."""
        c = p.person.c
        with self._database.read() as conn:
            return list(conn.scalars(select(c.person_id).where(c.tenant_id == tenant_id, c.known_to.is_(None))))

    def find(self, text: str, *, even_merged: bool = False, tenant_id: int = DEFAULT_TENANT) -> str:
        """The id of the one whom a text names: id, mail address, or account as HOMEPAGE|NAME.

        An id that was merged names whoever that turned out to be; even_merged: itself, for what was before or is to become
        of the merge.  Raises NotFound, and BadRequest where it may be either of two.
        """
        if even_merged and text in self.merges(tenant_id):
            return text
        return the_one(text, self.meant(text, tenant_id=tenant_id), lambda: self.ids(tenant_id))

    def find_merged(self, text: str, *, tenant_id: int = DEFAULT_TENANT) -> str:
        """The id of somebody merged, by that or by what files give them alone; otherwise as `find`, which it raises as."""
        with self._database.read() as conn:
            merges, told = merges_of(conn, tenant_id), told_of(conn, tenant_id)
        identity = identity_meant(text)
        found = {id_ for id_ in merges if id_ in told and identity in told[id_].identifiers}
        if text in merges or not found:
            return self.find(text, even_merged=True, tenant_id=tenant_id)
        return the_one(text, found, lambda: merges)

    def meant(self, text: str, *, tenant_id: int = DEFAULT_TENANT) -> set[str]:
        """The ids of everybody whom a text may name, as they are known now."""
        if "\0" in text:  # PostgreSQL cannot even be asked for it
            return set()
        c, identity = p.person.c, identity_meant(text)
        with self._database.read() as conn:
            id_ = known_as(conn, tenant_id, text)
            query = select(c.person_id).where(c.tenant_id == tenant_id, c.person_id == id_, c.known_to.is_(None))
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


def _merging(difference: Difference, person: str, into: str) -> Merging:
    return Merging(person, into, difference.before, difference.after)
