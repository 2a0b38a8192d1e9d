"""The people a ladder may have to do with: learners, those above them, holders of the jobs that are told.

Only these are read: an organisation of a million is never loaded for one overdue course.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from lrs.people import tables as p
from lrs.people.register import Register
from lrs.people.roster import Person, Roster
from rules.language.model import Escalation
from rules.language.naming import RECIPIENTS

_HIGHEST = 30
"""Levels of managers that are climbed at most."""


def circle(
    conn: Connection, register: Register, tenant_id: int, learners: Collection[str], escalations: Iterable[Escalation]
) -> Roster:
    """These learners, everybody above them, and whom the steps name by job or id; all sites."""
    names = {name for one in escalations for step in one.steps for name in step.tell if name not in RECIPIENTS}
    wanted = {*learners, *names, *_holders(conn, tenant_id, names)}
    people: dict[str, Person] = {}
    sites = Roster({}, {}).sites
    for _ in range(_HIGHEST):
        if not wanted:
            break
        found = register.roster(tenant_id=tenant_id, people=sorted(wanted), conn=conn)
        people.update(found.people)
        sites = found.sites
        managers = {name for one in found.people.values() for place in one.positions for name in place.managers}
        wanted = managers - people.keys()
    return Roster(people, sites)


def _holders(conn: Connection, tenant_id: int, jobs: Collection[str]) -> set[str]:
    if not jobs:
        return set()
    place = p.position.c
    query = select(place.person_id).where(place.tenant_id == tenant_id, place.job.in_(jobs), place.known_to.is_(None))
    return set(conn.scalars(query))
