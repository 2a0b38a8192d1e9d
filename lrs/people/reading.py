"""People and sites as the tables have them, at any feed number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from lrs.people import tables as p
from lrs.people.roster import Leave, Person, Position, Roster, Site

EPOCH = date(1970, 1, 1)


def to_day(day: date | None) -> int | None:
    """Whole days since 1970-01-01."""
    return None if day is None else (day - EPOCH).days


def from_day(day: int | None) -> date | None:
    """The date of a number of days since 1970-01-01."""
    return None if day is None else EPOCH + timedelta(days=day)


def load(conn: Connection, tenant_id: int, known_at: int | None, people: Sequence[str] | None) -> Roster:
    """Everybody (None) or these, as known at a feed number, by default now; all sites.

    Identifiers are in the order of their characters, whatever the order of the database is, and managers as they were written.
    """

    def rows(table: Table, *order: Any) -> Iterable[Any]:
        query = select(table).where(table.c.tenant_id == tenant_id, p.known(table, known_at)).order_by(*order)
        if people is not None and "person_id" in table.c:
            query = query.where(table.c.person_id.in_(people))
        return conn.execute(query)

    managers: dict[tuple[str, int], list[tuple[int, str]]] = {}
    for row in rows(p.manager, p.manager.c.person_id, p.manager.c.ordinal):
        managers.setdefault((row.person_id, row.ordinal), []).append((row.place or 0, row.manager_id))
    positions: dict[str, list[Position]] = {}
    for row in rows(p.position, p.position.c.person_id, p.position.c.ordinal):
        of_it = [id_ for _, id_ in sorted(managers.get((row.person_id, row.ordinal), ()))]
        positions.setdefault(row.person_id, []).append(_position(row, of_it))
    leave: dict[str, list[Leave]] = {}
    for row in rows(p.leave, p.leave.c.person_id, p.leave.c.ordinal):
        leave.setdefault(row.person_id, []).append(Leave(_date(row.from_day), _date(row.to_day)))
    identifiers: dict[str, list[str]] = {}
    for row in rows(p.identity_link):
        identifiers.setdefault(row.person_id, []).append(row.ifi)
    persons = {
        row.person_id: Person(
            row.person_id,
            row.name,
            row.email,
            tuple(sorted(identifiers.get(row.person_id, ()))),
            row.timezone,
            from_day(row.hired_day),
            from_day(row.left_day),
            tuple(leave.get(row.person_id, ())),
            tuple(positions.get(row.person_id, ())),
        )
        for row in rows(p.person, p.person.c.person_id)
    }
    return Roster(persons, {row.site_id: Site(row.site_id, row.timezone) for row in rows(p.site, p.site.c.site_id)})


def _position(row: Any, managers: Sequence[str]) -> Position:
    return Position(
        _date(row.from_day),
        from_day(row.to_day),
        row.job,
        row.level,
        row.site,
        row.unit,
        row.employment,
        tuple(managers),
    )


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)
