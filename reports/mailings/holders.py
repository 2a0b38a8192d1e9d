"""Whom a name in the settings or in a program means on a day: those who hold a job, or a person."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from lrs.people import tables as p

_MANY = 500
"""Ids in one question."""


def holders(conn: Connection, tenant_id: int, name: str, day: int) -> list[str]:
    """Those who hold a job on a day; nobody does: the person of that id, if there is one."""
    place = p.position.c
    query = select(place.person_id).where(place.job == name, p.holds(p.position, tenant_id, day)).distinct()
    found = here(conn, tenant_id, conn.scalars(query.order_by(place.person_id)), day)
    return found or here(conn, tenant_id, [name], day)


def here(conn: Connection, tenant_id: int, ids: Iterable[str], day: int) -> list[str]:
    """Those of them who are known and have not left."""
    person, here = p.person.c, p.is_here(p.person, tenant_id, day)
    wanted, known = list(ids), set()
    for start in range(0, len(wanted), _MANY):
        some = wanted[start : start + _MANY]
        known |= set(conn.scalars(select(person.person_id).where(here, person.person_id.in_(some))))
    return [one for one in wanted if one in known]
