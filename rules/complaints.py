"""Programs that wait for what comes under another address, for those who look after them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from lrs.complaints import Complaint
from lrs.prowess import Prowess
from lrs.store import tables as t
from rules.composition import published_of
from rules.troubles.activities import silent
from rules.troubles.kind import Scene, Trouble


def complaints(prowess: Prowess) -> Iterator[Complaint]:
    """Of each tenant the activities of which nothing ever came while something came under nearly the same address."""
    with prowess.database.read() as conn:
        for tenant_id in conn.scalars(select(t.tenant.c.id).order_by(t.tenant.c.id)).all():
            ruleset = published_of(prowess).current(tenant_id).ruleset
            scene = Scene(conn, tenant_id, ruleset, prowess.clock.now())
            misspelt = {one.name: one for one in silent(scene) if one.instead}
            if misspelt:
                yield _told(list(misspelt.values()))


def _told(misspelt: list[Trouble]) -> Complaint:
    first = misspelt[0]
    assert first.instead is not None
    more = len(misspelt) - 1
    others = f", nor about {more} more of that kind" if more else ""
    return Complaint(
        f"no statement is about '{first.name}' at {first.detail}{others}; statements are about {first.instead.iri}, "
        f"which differs in: {', '.join(first.instead.slips)}",
        "prowess report activities --filter state=silent",
    )
