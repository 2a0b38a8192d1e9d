"""Finding our people among an LMS's users.

Ways are tried in the configured order.  Two users for one key match nobody: a result written to the wrong person is worse
than one that waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.contract import Match, People, PersonKeys, Receipt, RemotePerson
from connectors.errors import RemoteError, UnknownPerson
from connectors.lms.settings import LmsSettings


class Key(StrEnum):
    """Something that we know a person by."""

    ID = "id"
    EMAIL = "email"
    ACCOUNT = "account"
    """The name of their one account whose homePage is this LMS."""


@dataclass(frozen=True, slots=True)
class Way:
    """Comparing a key of ours with a field of theirs.

    digits: only a key that is a number can be meant; longest: only one of so many characters.
    """

    key: Key
    field: str
    digits: bool = False
    longest: int | None = None


Users = Callable[[str, Sequence[str]], Mapping[str, Sequence[RemotePerson]]]
"""An LMS's users who have one of these values in a field: by the value, casefolded.  Raises RemoteError."""


class Matcher:
    """An LMS's user ids of our people.  lms: what to call it in what is told."""

    def __init__(self, lms: str, settings: LmsSettings, ways: Mapping[str, Way], users: Users, people: People) -> None:
        self._lms = lms
        self._settings = settings
        self._ways = [(name, ways[name]) for name in settings.match]
        self._users = users
        self._people = people

    def act(self, person: str, deed: Callable[[str], Receipt]) -> Receipt:
        """Do something to a person's user id; when one found earlier is refused, look whether it has changed.

        Raises UnknownPerson, and what the deed raises.
        """
        known = self.known(person)
        if known is None:
            return deed(self.look_up(person))
        try:
            return deed(known)
        except RemoteError as error:
            if error.retryable:
                raise
            current = self.look_up(person)
            if current == known:
                raise
            return deed(current)

    def known(self, person_id: str) -> str | None:
        """The user id found earlier, while the key it was found by is still that person's."""
        match = self._people.match(self._settings.name, person_id)
        if match is None or match.by not in self._keys(self._people.keys(person_id)):
            return None
        return match.remote_id

    def look_up(self, person_id: str) -> str:
        """The user id as the LMS says now, kept for next time.  Raises UnknownPerson."""
        keys = self._people.keys(person_id)
        everybody, several = self._matched([keys])
        found = everybody.get(person_id)
        if found is None:
            if self._people.match(self._settings.name, person_id) is not None:
                self._people.forget(self._settings.name, person_id)
            tried = ", ".join(self._keys(keys)) or "nothing: no configured key is known of them"
            raise UnknownPerson(
                f"{self._lms} has {several[person_id]}, so none is taken for person '{person_id}'"
                if person_id in several
                else f"{self._lms} has no user for person '{person_id}' (tried {tried})",
                retryable=True,
                hint=f"mend the account in {self._lms} or the person here; it is tried again by itself",
                remote_status=200,
            )
        remote, by = found
        self._people.remember(self._settings.name, person_id, Match(remote.id, by))
        return remote.id

    def find(self, people: Sequence[PersonKeys]) -> dict[str, RemotePerson]:
        """By person id, the user, for those who match exactly one."""
        return {person_id: remote for person_id, (remote, _) in self._matched(people)[0].items()}

    def _matched(self, people: Sequence[PersonKeys]) -> tuple[dict[str, tuple[RemotePerson, str]], Mapping[str, str]]:
        """Those who match exactly one user, and the key that did; of those who match several, how many and by which key."""
        found: dict[str, tuple[RemotePerson, str]] = {}
        ambiguous: dict[str, str] = {}
        for name, way in self._ways:
            waiting = [person for person in people if person.id not in found and person.id not in ambiguous]
            wanted = {person.id: value for person in waiting if (value := self._value(way, person))}
            users = self._users(way.field, sorted(set(wanted.values())))
            for person_id, value in wanted.items():
                candidates = users.get(value.casefold(), ())
                if len(candidates) == 1:
                    found[person_id] = (candidates[0], f"{name}:{value}")
                elif candidates:
                    ambiguous[person_id] = f"{len(candidates)} users for {name}:{value}"
        return found, ambiguous

    def _keys(self, person: PersonKeys) -> list[str]:
        return [f"{name}:{value}" for name, value in self._values(person)]

    def _values(self, person: PersonKeys) -> Iterator[tuple[str, str]]:
        for name, way in self._ways:
            if value := self._value(way, person):
                yield name, value

    def _value(self, way: Way, person: PersonKeys) -> str | None:
        if way.key is Key.EMAIL:
            return person.email
        if way.key is Key.ID:
            return person.id
        names = [name for home, name in person.accounts if home.rstrip("/") == self._settings.accounts_at]
        if way.digits:
            names = [name for name in names if name.isascii() and name.isdigit()]
        if way.longest is not None:
            names = [name for name in names if len(name) <= way.longest]
        return names[0] if len(names) == 1 else None
