"""Finding our people among Moodle's users.

Keys are tried in the configured order, at most 100 people a call.  Two users for one key match nobody: a result written
to the wrong person is worse than one that waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Match, People, PersonKeys, RemotePerson
from connectors.errors import UnknownPerson
from connectors.moodle.caller import MOST_ITEMS, MoodleCaller
from connectors.moodle.settings import MoodleSettings

_FIELDS = {
    "account-id": "id",
    "account-username": "username",
    "idnumber": "idnumber",
    "username": "username",
    "email": "email",
}


class Matcher:
    """Moodle's user ids of our people."""

    def __init__(self, settings: MoodleSettings, caller: MoodleCaller, people: People) -> None:
        self._settings = settings
        self._caller = caller
        self._people = people

    def known(self, person_id: str) -> str | None:
        """The user id found earlier, while the key it was found by is still that person's."""
        match = self._people.match(self._settings.name, person_id)
        if match is None or match.by not in self._keys(self._people.keys(person_id)):
            return None
        return match.remote_id

    def look_up(self, person_id: str) -> str:
        """The user id as Moodle says now, kept for next time.  Raises UnknownPerson."""
        keys = self._people.keys(person_id)
        everybody, several = self._matched([keys])
        found = everybody.get(person_id)
        if found is None:
            if self._people.match(self._settings.name, person_id) is not None:
                self._people.forget(self._settings.name, person_id)
            tried = ", ".join(self._keys(keys)) or "nothing: no configured key is known of them"
            raise UnknownPerson(
                f"Moodle has {several[person_id]}, so none is taken for person '{person_id}'"
                if person_id in several
                else f"Moodle has no user for person '{person_id}' (tried {tried})",
                retryable=True,
                hint="mend the account in Moodle or the person here; it is tried again by itself",
                remote_status=200,
            )
        remote, by = found
        self._people.remember(self._settings.name, person_id, Match(remote.id, by))
        return remote.id

    def find(self, people: Sequence[PersonKeys]) -> dict[str, tuple[RemotePerson, str]]:
        """By person id, the user and the key that matched, for those who match exactly one."""
        return self._matched(people)[0]

    def _matched(self, people: Sequence[PersonKeys]) -> tuple[dict[str, tuple[RemotePerson, str]], Mapping[str, str]]:
        """Those who match exactly one user, and of those who match several how many these are, and by which key."""
        found: dict[str, tuple[RemotePerson, str]] = {}
        ambiguous: dict[str, str] = {}
        for way in self._settings.match:
            waiting = [person for person in people if person.id not in found and person.id not in ambiguous]
            wanted = {person.id: value for person in waiting if (value := self._value(way, person))}
            users = self._users(_FIELDS[way], sorted(set(wanted.values())))
            for person_id, value in wanted.items():
                candidates = users.get(value.casefold(), [])
                if len(candidates) == 1:
                    found[person_id] = (remote_person(candidates[0]), f"{way}:{value}")
                elif candidates:
                    ambiguous[person_id] = f"{len(candidates)} users for {way}:{value}"
        return found, ambiguous

    def _users(self, field: str, values: Sequence[str]) -> Mapping[str, list[Mapping[str, Any]]]:
        users: dict[str, list[Mapping[str, Any]]] = {}
        for start in range(0, len(values), MOST_ITEMS):
            part = values[start : start + MOST_ITEMS]
            for user in self._caller.call("core_user_get_users_by_field", {"field": field, "values": part}):
                users.setdefault(str(user.get(field, "")).casefold(), []).append(user)
        return users

    def _keys(self, person: PersonKeys) -> list[str]:
        return [f"{way}:{value}" for way, value in self._values(person)]

    def _values(self, person: PersonKeys) -> Iterator[tuple[str, str]]:
        for way in self._settings.match:
            if value := self._value(way, person):
                yield way, value

    def _value(self, way: str, person: PersonKeys) -> str | None:
        if way == "email":
            return person.email
        if way in {"idnumber", "username"}:
            return person.id
        names = [name for home, name in person.accounts if home.rstrip("/") == self._settings.accounts_at]
        if way == "account-id":
            names = [name for name in names if name.isascii() and name.isdigit()]
        return names[0] if len(names) == 1 else None


def remote_person(user: Mapping[str, Any]) -> RemotePerson:
    """A user as Moodle describes them; what it keeps to itself is None."""
    return RemotePerson(
        str(user["id"]),
        user.get("username"),
        user.get("idnumber") or None,
        user.get("email") or None,
        user.get("fullname"),
    )
