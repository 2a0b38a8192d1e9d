"""Open edX's users, by user name or e-mail address, at most a hundred values a call.

The account by which event-routing-backends names people as it comes is a random UUID, which no web service looks up: a
name longer than user names can be is never taken for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from connectors.contract import RemotePerson
from connectors.errors import RemoteError
from connectors.lms.matching import Key, Way
from connectors.openedx.caller import OpenEdxCaller
from connectors.openedx.refusals import NO_USER, NOT_FOUND

LONGEST_USERNAME: Final = 30
"""USERNAME_MAX_LENGTH, openedx/core/djangoapps/user_api/accounts/__init__.py."""
MOST_VALUES: Final = 100
_MOST_NAMES: Final = 50
"""User names travel in the address, which must not grow past what servers take."""

WAYS: Final[Mapping[str, Way]] = {
    "account-username": Way(Key.ACCOUNT, "username", longest=LONGEST_USERNAME),
    "username": Way(Key.ID, "username"),
    "email": Way(Key.EMAIL, "email"),
}


class OpenEdxUsers:
    """The users of one platform."""

    def __init__(self, caller: OpenEdxCaller) -> None:
        self._caller = caller

    def having(self, field: str, values: Sequence[str]) -> Mapping[str, Sequence[RemotePerson]]:
        """Those who have one of these values in a field, by the value, casefolded.  Raises RemoteError."""
        users: dict[str, list[RemotePerson]] = {}
        for user in self._by_email(values) if field == "email" else self._by_username(values):
            users.setdefault(str(user.get(field, "")).casefold(), []).append(remote_person(user))
        return users

    def user_id(self, username: str) -> int:
        """The number of a user, which the gradebook asks for.  Raises RemoteError."""
        try:
            return int(self._caller.get(f"/api/user/v1/accounts/{self._caller.quoted(username)}")["id"])
        except RemoteError as error:
            if error.remote_code != NOT_FOUND:
                raise
            text, hint = f"Open edX has no user {username} any more", "have they another user name now?"
            raise RemoteError(text, retryable=False, hint=hint, remote_status=404, remote_code=NO_USER) from None

    def _by_email(self, values: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        for part in _parts(values, MOST_VALUES):
            yield from self._caller.post_for_rows("/api/user/v1/accounts/search_emails", {"emails": part})

    def _by_username(self, values: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """A 404 says that there is none of them; what has a comma is no user name, and would be taken for two."""
        names = [value for value in values if "," not in value and len(value) <= LONGEST_USERNAME]
        for part in _parts(names, _MOST_NAMES):
            try:
                yield from self._caller.rows("/api/user/v1/accounts", {"username": ",".join(part)})
            except RemoteError as error:
                if error.remote_code != NOT_FOUND:
                    raise


def remote_person(user: Mapping[str, Any]) -> RemotePerson:
    """A user as Open edX describes them; who they are there is their user name, by which it enrols."""
    username = str(user["username"])
    return RemotePerson(username, username, None, user.get("email") or None, user.get("name") or None)


def _parts(values: Sequence[str], most: int) -> Iterable[Sequence[str]]:
    return (values[start : start + most] for start in range(0, len(values), most))
