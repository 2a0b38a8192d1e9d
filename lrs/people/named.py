"""Whom a text names, wherever people are typed: by id, by mail address, or by an account as HOMEPAGE|NAME.

A text that may be either of two people is refused: nobody's certificate goes to somebody else for the order of a search.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from lrs.errors import BadRequest, NotFound, near
from lrs.people.identity import identity_of
from lrs.people.roster import Person


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


def person_in(people: Mapping[str, Person], text: str) -> str:
    """The id of the one whom a text names among the people of a file.  Raises NotFound, BadRequest."""
    identity = identity_meant(text)
    found = {id_ for id_, one in people.items() if id_ == text or (identity and identity in one.identifiers)}
    return the_one(text, found, lambda: people)
