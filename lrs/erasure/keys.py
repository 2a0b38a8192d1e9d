"""Keys that are named after somebody: the name stands in the authority of all that a key sends, and stays there.

An authority is part of what everybody's statements say (xAPI-Data 2.4.9), so erasing somebody changes the key and no authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, func, select

from lrs.erasure.under_way import Who
from lrs.people import tables as p
from lrs.store import tables as t

if TYPE_CHECKING:
    from lrs.prowess import Prowess


class NamedKey(NamedTuple):
    """A key named after somebody.  statements: how many it has sent."""

    name: str
    statements: int


def named_after(prowess: Prowess, conn: Connection, who: Who) -> Sequence[NamedKey]:
    """The keys in whose name somebody stands, by a word or a name of theirs, or as a sign-in or an id."""
    c, s = t.credential.c, t.statement.c
    pseudonyms = who.erasing(prowess, conn).pseudonyms
    whole = {*who.people, *who.logins}
    sent = select(func.count()).where(s.credential_id == c.id).scalar_subquery()
    rows = conn.execute(select(c.name, sent).where(c.tenant_id == who.tenant_id).order_by(c.name))
    return [NamedKey(name, count) for name, count in rows if name in whole or pseudonyms.text(name) != name]


def note(prowess: Prowess, tenant_id: int, name: str) -> str | None:
    """What somebody is told who has just made a key of this name."""
    c = p.person.c
    here = (c.tenant_id == tenant_id, c.known_to.is_(None), c.name != "", func.lower(c.name) == name.lower())
    with prowess.database.read() as conn:
        is_name = conn.scalar(select(c.person_id).where(*here).limit(1)) is not None
    if not is_name and not prowess.people.meant(name, tenant_id=tenant_id):
        return None
    return (
        f"'{name}' is somebody's name, and that of a key stands in every statement that it sends, also when they are erased:"
        " name keys after systems"
    )
