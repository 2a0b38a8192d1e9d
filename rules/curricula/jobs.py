"""The jobs there are today, how people hold them, and what those people are assigned."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from lrs.people import tables as p
from rules import tables as r
from rules.curricula.audience import Place
from rules.language import Ruleset

_WILD = frozenset("*?[")


def jobs(conn: Connection, tenant_id: int, ruleset: Ruleset, day: int) -> dict[str, int]:
    """Every job that somebody holds or that a program names, and how many hold it, by name."""
    c = p.position.c
    count = func.count(c.person_id.distinct())
    query = select(c.job, count).where(p.holds(p.position, tenant_id, day), c.job.is_not(None)).group_by(c.job)
    held = {row[0]: row[1] for row in conn.execute(query)}
    named = {
        name
        for versions in ruleset.programs.values()
        for audience in versions[-1].audiences
        for name in audience.match.patterns.get("job", ())
        if not _WILD & set(name)
    }
    return {name: held.get(name, 0) for name in sorted(held.keys() | named)}


def places(conn: Connection, tenant_id: int, job: str, day: int) -> list[Place]:
    """How people hold a job today, each way once."""
    c = p.position.c
    columns = (c.job, c.level, c.site, c.unit, c.employment)
    query = select(*columns).where(p.holds(p.position, tenant_id, day), c.job == job).distinct()
    return [Place(*row) for row in conn.execute(query)]


def assigned(conn: Connection, tenant_id: int, job: str, day: int, now: int) -> set[str]:
    """The programs that somebody who holds a job has today."""
    s, c = r.status.c, p.position.c
    holders = select(c.person_id).where(p.holds(p.position, tenant_id, day), c.job == job)
    query = select(s.program_id).where(
        s.tenant_id == tenant_id,
        s.person_id.in_(holders),
        r.holds(r.status, now),
        s.assignment.in_(("required", "suggested", "exempt")),
    )
    return set(conn.scalars(query.distinct()))


def jobs_of(conn: Connection, tenant_id: int, person_id: str, day: int) -> list[str]:
    """The jobs that somebody holds today."""
    c = p.position.c
    query = select(c.job).where(p.holds(p.position, tenant_id, day), c.person_id == person_id, c.job.is_not(None))
    return list(conn.scalars(query.distinct().order_by(c.job)))
