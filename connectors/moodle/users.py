"""Moodle's users, by the fields in which they can be looked up, at most 100 values a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from connectors.contract import RemotePerson
from connectors.lms.matching import Key, Way
from connectors.moodle.caller import MOST_ITEMS, MoodleCaller

WAYS: Final[Mapping[str, Way]] = {
    "account-id": Way(Key.ACCOUNT, "id", digits=True),
    "account-username": Way(Key.ACCOUNT, "username"),
    "idnumber": Way(Key.ID, "idnumber"),
    "username": Way(Key.ID, "username"),
    "email": Way(Key.EMAIL, "email"),
}


class MoodleUsers:
    """The users of one site."""

    def __init__(self, caller: MoodleCaller) -> None:
        self._caller = caller

    def having(self, field: str, values: Sequence[str]) -> Mapping[str, Sequence[RemotePerson]]:
        """Those who have one of these values in a field, by the value, casefolded."""
        users: dict[str, list[RemotePerson]] = {}
        for start in range(0, len(values), MOST_ITEMS):
            part = values[start : start + MOST_ITEMS]
            for user in self._caller.call("core_user_get_users_by_field", {"field": field, "values": part}):
                users.setdefault(str(user.get(field, "")).casefold(), []).append(remote_person(user))
        return users


def remote_person(user: Mapping[str, Any]) -> RemotePerson:
    """A user as Moodle describes them; what it keeps to itself is None."""
    return RemotePerson(
        str(user["id"]),
        user.get("username"),
        user.get("idnumber") or None,
        user.get("email") or None,
        user.get("fullname"),
    )
