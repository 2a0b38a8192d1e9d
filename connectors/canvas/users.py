"""Canvas's users, by their numbers, SIS ids, logins and addresses: one request for each.

An id of another system stands in the path as `sis_user_id:…`; what a web server might read otherwise, such as a slash, is
written in hexadecimal (Canvas API, SIS IDs).  An address has no such form and is searched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from connectors.canvas.caller import CanvasCaller
from connectors.contract import RemotePerson
from connectors.errors import RemoteError
from connectors.lms.matching import Key, Way

WAYS: Final[Mapping[str, Way]] = {
    "account-id": Way(Key.ACCOUNT, "id", digits=True),
    "account-login": Way(Key.ACCOUNT, "sis_login_id"),
    "sis-id": Way(Key.ID, "sis_user_id"),
    "login": Way(Key.ID, "sis_login_id"),
    "email": Way(Key.EMAIL, "email"),
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_LEAST_TERM: Final = 3
"""Canvas searches for nothing shorter."""


class CanvasUsers:
    """The users of one account and those below it."""

    def __init__(self, caller: CanvasCaller, account: str) -> None:
        self._caller = caller
        self._account = account

    def having(self, field: str, values: Sequence[str]) -> Mapping[str, Sequence[RemotePerson]]:
        """Those who have one of these values in a field, by the value, casefolded."""
        find = self._with_address if field == "email" else self._named
        return {value.casefold(): found for value in values if (found := find(field, value))}

    def _named(self, field: str, value: str) -> list[RemotePerson]:
        try:
            return [remote_person(self._caller.one("GET", f"/users/{path_id(field, value)}"))]
        except RemoteError as error:
            if error.remote_status != HTTPStatus.NOT_FOUND or error.retryable:
                raise
            return []

    def _with_address(self, _: str, value: str) -> list[RemotePerson]:
        """Those whose own address it is: the search finds parts of names and other addresses too."""
        if len(value) < _LEAST_TERM:
            return []
        query = [("search_term", value), ("include[]", "email")]
        found = map(remote_person, self._caller.pages(f"/accounts/{self._account}/users", query))
        return [person for person in found if (person.email or "").casefold() == value.casefold()]


def path_id(field: str, value: str) -> str:
    """How a user is named in a path."""
    if field == "id":
        return value
    return f"{field}:{value}" if _PLAIN.fullmatch(value) else f"hex:{field}:{value.encode().hex()}"


def remote_person(user: Mapping[str, Any]) -> RemotePerson:
    """A user as Canvas describes them; what the token may not see is None."""
    return RemotePerson(
        str(user["id"]),
        user.get("login_id") or None,
        user.get("sis_user_id") or None,
        user.get("email") or None,
        user.get("name"),
    )
