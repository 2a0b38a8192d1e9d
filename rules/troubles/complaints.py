"""Programs that wait for what comes under another address or with another key, for those who look after them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from lrs.complaints import Complaint
from lrs.prowess import Prowess
from lrs.store import tables as t
from rules.published.composition import published_of
from rules.troubles import badges, keys
from rules.troubles.activities import in_wrong_places
from rules.troubles.kind import Scene, Trouble


def complaints(prowess: Prowess) -> Iterator[Complaint]:
    """Of each tenant the activities about which something came under nearly the same address: instead of theirs, or beside it.

    And the keys whose statements no source reads, and an address of badges that is none for others.
    """
    yield from badges.complaints(prowess)
    with prowess.database.read() as conn:
        for tenant_id in conn.scalars(select(t.tenant.c.id).order_by(t.tenant.c.id)).all():
            if (unread := keys.complaint(prowess, tenant_id)) is not None:
                yield unread
            ruleset = published_of(prowess).current(tenant_id).ruleset
            scene = Scene(conn, tenant_id, ruleset, prowess.clock.now())
            found: dict[bool, dict[str, Trouble]] = {True: {}, False: {}}
            for one, is_silent in in_wrong_places(scene):
                if one.instead:
                    found[is_silent][one.name] = one
            for is_silent, misspelt in found.items():
                if misspelt:
                    yield _told(list(misspelt.values()), is_silent)


def _told(misspelt: list[Trouble], is_silent: bool) -> Complaint:
    first = misspelt[0]
    assert first.instead is not None
    more = len(misspelt) - 1
    iri, differs = first.instead.iri, f"which differs in: {', '.join(first.instead.slips)}"
    if is_silent:
        others = f", nor about {more} more of that kind" if more else ""
        what = f"no statement is about '{first.name}' at {first.detail}{others}; statements are about {iri}, {differs}"
    else:
        others = f", and so with {more} more" if more else ""
        what = f"statements about {iri} count for nothing; '{first.name}' is looked for at {first.detail}, {differs}{others}"
    return Complaint(what, f"prowess report activities --filter state={'silent' if is_silent else 'unused'}")
