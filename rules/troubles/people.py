"""People whom something is missing about: identifiers, managers; and those who may be one person twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, select

from lrs.people import tables as p
from lrs.store import tables as t
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules.decide import affected
from rules.troubles.kind import Scene, Trouble

_C = p.person.c


def no_identifiers(scene: Scene) -> Select[Any]:
    """People whom no statement can be about."""
    link = p.identity_link.c
    known = select(link.person_id).where(
        link.tenant_id == _C.tenant_id, link.person_id == _C.person_id, link.known_to.is_(None)
    )
    return select(_C.person_id, _C.name).where(_here(scene), not_(known.exists())).order_by(func.lower(_C.name))


def no_managers(scene: Scene) -> Iterator[Trouble]:
    """People with a position but nobody above and nobody below them, and people whose manager is nobody here."""
    m = p.manager.c
    above, below = (
        _manages(scene).where(m.person_id == _C.person_id),
        _manages(scene).where(m.manager_id == _C.person_id),
    )
    c = p.position.c
    holds = p.holds(p.position, _C.tenant_id, scene.today)
    employed = select(c.person_id).where(holds, c.person_id == _C.person_id)
    lonely = select(_C.person_id, _C.name).where(
        _here(scene), employed.exists(), not_(above.exists()), not_(below.exists())
    )
    for row in scene.conn.execute(lonely.order_by(func.lower(_C.name))):
        yield Trouble(row.person_id, row.name, detail="has no manager")
    boss = p.person.alias("boss")
    known = select(boss.c.person_id).where(p.is_here(boss, m.tenant_id, scene.today), boss.c.person_id == m.manager_id)
    gone = (
        select(_C.person_id, _C.name, m.manager_id)
        .join(p.manager, m.person_id == _C.person_id)
        .where(_here(scene), p.holds(p.manager, _C.tenant_id, scene.today), not_(known.exists()))
        .distinct()
    )
    for owner in scene.conn.execute(gone.order_by(_C.name, m.manager_id)):
        yield Trouble(
            owner.person_id, owner.name, detail=f"the manager '{owner.manager_id}' is not here, or not any more"
        )


def duplicates(scene: Scene) -> Iterator[Trouble]:
    """An identifier of several people, and people of one name."""
    link = p.identity_link.c
    shared = (
        select(link.ifi)
        .where(link.tenant_id == scene.tenant_id, link.known_to.is_(None))
        .group_by(link.ifi)
        .having(func.count(link.person_id.distinct()) > 1)
    )
    owners = (
        select(link.person_id, _C.name, link.ifi)
        .join(p.person, and_(_C.tenant_id == link.tenant_id, _C.person_id == link.person_id, _C.known_to.is_(None)))
        .where(link.tenant_id == scene.tenant_id, link.known_to.is_(None), link.ifi.in_(shared))
    )
    for owner in scene.conn.execute(owners.order_by(link.ifi, link.person_id)):
        yield Trouble(owner.person_id, owner.name, detail=f"shares {owner.ifi} with somebody else")
    name = func.lower(_C.name)
    twice = select(name).where(_here(scene), _C.name != "").group_by(name).having(func.count() > 1)
    same = select(_C.person_id, _C.name).where(_here(scene), name.in_(twice)).order_by(name, _C.person_id)
    for row in scene.conn.execute(same):
        yield Trouble(row.person_id, row.name, detail="has the name of somebody else")


def unknown_actors(scene: Scene) -> Select[Any]:
    """Agents with evidence that programs look for, whom no person has, each with the newest statement."""
    e, link = r.evidence.c, p.identity_link.c
    wanted = [posting_key("activity", iri) for iri in affected(scene.ruleset)]
    known = select(link.person_id).where(p.owns(p.identity_link, e.tenant_id, e.agent))
    latest = (
        select(e.agent, func.max(e.seq).label("seq"))
        .where(e.tenant_id == scene.tenant_id, e.activity.in_(wanted), e.voided_seq.is_(None), not_(known.exists()))
        .group_by(e.agent)
        .subquery()
    )
    return (
        select(latest.c.seq.label("at"), t.statement.c.id.label("statement"))
        .join(t.statement, t.statement.c.seq == latest.c.seq)
        .order_by(latest.c.seq.desc())
    )


def _manages(scene: Scene) -> Select[Any]:
    m = p.manager.c
    return select(m.person_id).where(p.holds(p.manager, _C.tenant_id, scene.today))


def _here(scene: Scene) -> ColumnElement[bool]:
    """People who still work here."""
    return p.is_here(p.person, scene.tenant_id, scene.today)
