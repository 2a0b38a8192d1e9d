"""Whom a text names, wherever people are typed: by id, by mail address, or by an account as HOMEPAGE|NAME.

A text that may be either of two people is refused: nobody's certificate goes to somebody else for the order of a search.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from lrs.errors import BadRequest, NotFound, near
from lrs.people.identity import identity_of


class Identified(Protocol):
    """Somebody whom identifiers name."""

    @property
    def identifiers(self) -> Collection[str]: ...


def identity_meant(text: str) -> str | None:
    """The identity that a text is, where it is a mail address or an account; None for others."""
    home_page, mark, name = (part.strip() for part in text.rpartition("|"))
    if mark:
        return identity_of({"account": {"homePage": home_page, "name": name}}) if home_page and name else None
    return identity_of({"mbox": f"mailto:{text.removeprefix('mailto:')}"}) if "@" in text else None


def the_one(text: str, ids: Collection[str], everybody: Callable[[], Collection[str]]) -> str:
    """The one of these whom a text names.  everybody: all ids, for a hint.  Raises NotFound, BadRequest where it is none or several."""
    if not ids:
        raise NotFound(f"no person has the id, mail address or account '{text}'", hint=near(text, everybody()))
    if len(ids) > 1:
        told = " and ".join(f"'{id_}'" for id_ in sorted(ids))
        hint = "name the one you mean in another way: by id, by mail address, or by account as HOMEPAGE|NAME"
        raise BadRequest(f"'{text}' may be {told}", hint=hint)
    return next(iter(ids))


def person_in(people: Mapping[str, Identified], text: str) -> str:
    """The id of the one whom a text names among the people of a file.  Raises NotFound, BadRequest."""
    return person_among(
        people, {identifier: id_ for id_, one in people.items() for identifier in one.identifiers}, text
    )


def person_among(ids: Collection[str], owners: Mapping[str, str], text: str) -> str:
    """The same where many texts are asked for.  owners: whose identifiers are.  Raises NotFound, BadRequest."""
    found = {text} if text in ids else set()
    identity = identity_meant(text)
    if identity is not None and identity in owners:
        found.add(owners[identity])
    return the_one(text, found, lambda: ids)
