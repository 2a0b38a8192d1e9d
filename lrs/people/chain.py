"""Who stands above and below whom, asked of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import Connection, and_, select

from lrs.batches import batches
from lrs.people import tables as p
from lrs.people.depths import ReportingLine, line
from lrs.people.reading import from_day

_CHUNK: Final = 400


def lines_below(
    conn: Connection, tenant_id: int, people: Iterable[str], known_at: int | None = None
) -> Iterator[ReportingLine]:
    """Everybody who ever reported to these people, directly or through others, as known at a feed number or now."""
    m = p.manager.c
    query = (
        select(m.person_id, m.manager_id, m.from_day, m.to_day, p.person.c.left_day)
        .join_from(
            p.manager,
            p.person,
            and_(p.person.c.tenant_id == m.tenant_id, p.person.c.person_id == m.person_id, p.known(p.person, known_at)),
        )
        .where(m.tenant_id == tenant_id, p.known(p.manager, known_at))
    )
    level = set(people)
    seen = set(level)
    while level:
        below: set[str] = set()
        for managers in batches(sorted(level), _CHUNK):
            for row in conn.execute(query.where(m.manager_id.in_(managers))):
                start, end, left = from_day(row.from_day), from_day(row.to_day), from_day(row.left_day)
                assert start is not None  # from_day is not null
                yield line(row.person_id, row.manager_id, start, end, left)
                below.add(row.person_id)
        level = below - seen
        seen |= level


def managers_above(conn: Connection, tenant_id: int, people: Iterable[str]) -> set[str]:
    """Everybody whose reporting tree holds or held one of these people: their depth may have changed."""
    m = p.manager.c
    query = select(m.manager_id).where(m.tenant_id == tenant_id).distinct()
    above: set[str] = set()
    level = set(people)
    while level:
        found: set[str] = set()
        for some in batches(sorted(level), _CHUNK):
            found |= set(conn.scalars(query.where(m.person_id.in_(some))))
        level = found - above
        above |= level
    return above
