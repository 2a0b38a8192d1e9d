"""Finding people by a part of their name, id or mail address, among those whom somebody may enter something about."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from lrs.clock import day_of
from lrs.people import tables as p
from lrs.prowess import Prowess

GROUPS = ("unit", "job", "site")
"""By what people are expected at a session together."""


class Found(NamedTuple):
    """Somebody, for a list to choose from."""

    id: str
    name: str
    email: str | None


def find_people(
    prowess: Prowess,
    tenant_id: int,
    text: str = "",
    *,
    among: Collection[str] | None = None,
    group: tuple[str, str] | None = None,
    limit: int = 20,
) -> list[Found]:
    """People who still work here, by name; among: only these ids, None: anybody.  group: such as (unit, warehouse)."""
    c, today = p.person.c, day_of(prowess.clock.now())
    query: Any = select(c.person_id, c.name, c.email).where(p.is_here(p.person, tenant_id, today))
    if among is not None:
        query = query.where(c.person_id.in_(sorted(among)))
    if group is not None:
        query = query.where(c.person_id.in_(_members(tenant_id, *group, today)))
    if text := text.replace("\0", "").strip().lower():
        part = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(*(func.lower(column).like(part, escape="\\") for column in (c.name, c.person_id, c.email)))
        )
    with prowess.database.read() as conn:
        rows = conn.execute(query.order_by(func.lower(c.name), c.person_id).limit(limit)).all()
    return [Found(row.person_id, row.name or row.person_id, row.email) for row in rows]


def groups(prowess: Prowess, tenant_id: int) -> dict[str, list[str]]:
    """The units, jobs and sites of today's positions."""
    today = day_of(prowess.clock.now())
    found = {}
    with prowess.database.read() as conn:
        for name in GROUPS:
            column = p.position.c[name]
            query = (
                select(column)
                .distinct()
                .where(p.holds(p.position, tenant_id, today), column.is_not(None))
                .order_by(column)
            )
            found[name] = list(conn.scalars(query))
    return found


def _members(tenant_id: int, name: str, value: str, today: int) -> Any:
    c = p.position.c
    return select(c.person_id).where(p.holds(p.position, tenant_id, today), c[name] == value)
