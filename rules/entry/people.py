"""Finding people by a part of their name, id or mail address, among those whom somebody may enter something about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from lrs.clock import to_datetime
from lrs.people import tables as p
from lrs.people.register import to_day
from lrs.prowess import Prowess


class Found(NamedTuple):
    """Somebody, for a list to choose from."""

    id: str
    name: str
    email: str | None


def find_people(
    prowess: Prowess, tenant_id: int, text: str = "", *, among: Collection[str] | None = None, limit: int = 20
) -> list[Found]:
    """People who still work here, by name; among: only these ids, None: anybody."""
    c, today = p.person.c, to_day(to_datetime(prowess.clock.now()).date())
    query: Any = select(c.person_id, c.name, c.email).where(
        c.tenant_id == tenant_id, c.known_to.is_(None), or_(c.left_day.is_(None), c.left_day >= today)
    )
    if among is not None:
        query = query.where(c.person_id.in_(sorted(among)))
    if text := text.strip().lower():
        part = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(*(func.lower(column).like(part, escape="\\") for column in (c.name, c.person_id, c.email)))
        )
    with prowess.database.read() as conn:
        rows = conn.execute(query.order_by(func.lower(c.name), c.person_id).limit(limit)).all()
    return [Found(row.person_id, row.name or row.person_id, row.email) for row in rows]
