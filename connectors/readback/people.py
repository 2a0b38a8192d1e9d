"""Who the people of another system are here: the matcher that finds our people there, asked the other way round.

Where a system shows the keys of those it speaks of, only those of our people who have one of them are looked up there; else
everybody is, once somebody is not found.  Each is looked up once in a reading, some at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from connectors.contract import Connector, RemotePerson
from connectors.people import person_keys
from lrs.batches import batches
from lrs.people.roster import Person
from rules.decisions.transitions import actor_of

_AT_ONCE: Final = 100


class Acquaintances:
    """Our people, as one system's people."""

    def __init__(self, connector: Connector, people: Mapping[str, Person]) -> None:
        self._connector = connector
        self._people = people
        self._having = _by_key(people.values())
        self._asked: set[str] = set()
        self._found: dict[str, set[str]] = {}

    def of(self, remotes: Iterable[RemotePerson]) -> Mapping[str, Person]:
        """By the id there, the one who it is here.  Raises RemoteError.

        Nobody is told for whom two could be meant, or whom no statement could name.
        """
        wanted = {remote.id: remote for remote in remotes}
        shown = {id_ for remote in wanted.values() for key in _keys(remote) for id_ in self._having.get(key, ())}
        self._look_up(shown)
        if not self._connector.shows_keys and not wanted.keys() <= self._found.keys():
            self._look_up(self._people)
        found = {remote: self._found.get(remote, set()) for remote in wanted}
        return {
            remote: person
            for remote, ids in found.items()
            if len(ids) == 1 and (person := self._people[next(iter(ids))]).identifiers
        }

    def _look_up(self, ids: Iterable[str]) -> None:
        for some in batches(sorted(set(ids) - self._asked), _AT_ONCE):
            people = (self._people[id_] for id_ in some)
            keys = [person_keys(person.id, person.email, person.identifiers) for person in people]
            for id_, remote in self._connector.find_people(keys).items():
                self._found.setdefault(remote.id, set()).add(id_)
            self._asked.update(some)


def agent_of(person: Person, remote: RemotePerson, home: str | None, public_url: str) -> dict[str, Any]:
    """The Agent by which a system's statements are about somebody: their account there, else as other statements of ours."""
    identifiers = (json.loads(identifier) for identifier in person.identifiers)
    accounts = [one["account"] for one in identifiers if "account" in one]
    there = [one for one in accounts if home and one["homePage"].rstrip("/") == home]
    if not there:
        return actor_of(person, public_url)
    mine = min(there, key=lambda one: one["name"] not in (remote.id, remote.username))
    return {"objectType": "Agent", "name": person.name or person.id, "account": mine}


def _keys(remote: RemotePerson) -> Iterator[str]:
    for key in (remote.id, remote.username, remote.idnumber, remote.email):
        if key:
            yield key.casefold()


def _by_key(people: Iterable[Person]) -> Mapping[str, set[str]]:
    """Ids of our people by all that a system could know them by."""
    found: dict[str, set[str]] = {}
    for person in people:
        keys = person_keys(person.id, person.email, person.identifiers)
        for key in (person.id, keys.email, *(name for _, name in keys.accounts)):
            if key:
                found.setdefault(key.casefold(), set()).add(person.id)
    return found
