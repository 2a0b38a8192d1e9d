"""Who could sign something off for a learner, and who reviews what was handed in: by name, the nearest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from typing import Final

from sqlalchemy import Connection, Select, and_, or_, select

from lrs.people import tables as p
from lrs.people.reading import to_day
from lrs.people.roster import Person
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.web.visitors import ADMIN
from rules import tables as r
from rules.decide.leaves import ANYBODY_ELSE
from rules.decide.observers import managers_on
from rules.entry.witness import Witness
from rules.language.model import Leaf, Observers

NAMED: Final = 5
LOOKED_AT: Final = 1_000
"""More people are not looked at for one step: those who are farther from the learner are left out."""


@dataclass(frozen=True, slots=True)
class Witnesses:
    """names: a handful; more: how many others; is_example: nearly everybody may, so only the managers are named."""

    names: tuple[str, ...] = ()
    more: int = 0
    is_example: bool = False
    is_whole: bool = True
    """Whether everybody who may was counted."""


def who_may_sign_off(
    prowess: Prowess, tenant_id: int, learner: Person, leaf: Leaf, day: date, without: Collection[str] = ()
) -> Witnesses:
    """Whose word about a learner would count today, by the rule that judges observers.

    day: where the learner is; without: the ids of those who gave their word already.
    """
    wanted, now = leaf.terms.by or ANYBODY_ELSE, prowess.clock.now()
    is_example = not (wanted.relations or wanted.holds or wanted.jobs)
    with prowess.database.read(snapshot=True) as conn:
        found = _candidates(conn, tenant_id, learner, wanted, day, now) - {learner.id, *without}
        is_whole = len(found) <= LOOKED_AT
        ids = sorted(found) if is_whole else _nearest(conn, tenant_id, learner, found, day)
        people = prowess.people.roster(tenant_id=tenant_id, people=ids, conn=conn).people if ids else {}
        holders = _holders(conn, tenant_id, wanted.holds, now) if wanted.holds else set()
    may = [one for one in people.values() if _is_here(one, day) and _counts(one, learner, leaf, day, holders, now)]
    return _named(may, learner, day, is_example=is_example, is_whole=is_whole)


def who_reviews(prowess: Prowess, tenant_id: int, learner: Person, day: date) -> Witnesses:
    """The people who may review what a learner handed in: administrators, never themselves."""
    c = t.account.c
    query = select(c.person_id).where(
        c.tenant_id == tenant_id, c.role == ADMIN, c.disabled_at.is_(None), c.person_id.is_not(None)
    )
    with prowess.database.read(snapshot=True) as conn:
        ids = sorted(set(conn.scalars(query.limit(LOOKED_AT))) - {learner.id})
        people = prowess.people.roster(tenant_id=tenant_id, people=ids, conn=conn).people if ids else {}
    return _named([one for one in people.values() if _is_here(one, day)], learner, day)


def _candidates(conn: Connection, tenant_id: int, learner: Person, wanted: Observers, day: date, now: int) -> set[str]:
    """Those who may be what is asked for, a few too many: by what leaves the fewest to be looked at."""
    managers = managers_on(learner, day)
    if wanted.relations:
        of_managers = _below(tenant_id, managers, day)
        found: set[str] = set(managers) if {"manager", "peer"} & {*wanted.relations} else set()
        if "direct-report" in wanted.relations:
            found |= set(conn.scalars(_below(tenant_id, {learner.id}, day)))
        return found | set(conn.scalars(of_managers)) if "peer" in wanted.relations else found
    if wanted.holds:
        return _holders(conn, tenant_id, wanted.holds, now)
    return _of_jobs(conn, tenant_id, wanted.jobs, day) if wanted.jobs else managers


def _nearest(conn: Connection, tenant_id: int, learner: Person, among: Collection[str], day: date) -> list[str]:
    """As many of them as are looked at, in the order in which they are named, as far as it can be told without reading them all."""
    managers, c = managers_on(learner, day), p.position.c
    places = [and_(c.site == site, c.unit == unit) for site, unit in _places(learner, day)]
    here = select(c.person_id).where(p.holds(p.position, tenant_id, to_day(day)), or_(*places))
    beside = set(conn.scalars(here)) if places else set()
    return sorted(among, key=lambda id_: (id_ not in managers, id_ not in beside, id_))[:LOOKED_AT]


def _below(tenant_id: int, managers: Iterable[str], day: date) -> Select[tuple[str]]:
    m = p.manager.c
    return select(m.person_id).where(p.holds(p.manager, tenant_id, to_day(day)), m.manager_id.in_(list(managers)))


def _holders(conn: Connection, tenant_id: int, program: str, now: int) -> set[str]:
    c = r.status.c
    query = select(c.person_id).where(
        c.tenant_id == tenant_id, c.program_id == program, r.holds(r.status, now), c.award == "valid"
    )
    return set(conn.scalars(query))


def _of_jobs(conn: Connection, tenant_id: int, patterns: Collection[str], day: date) -> set[str]:
    c, here = p.position.c, p.holds(p.position, tenant_id, to_day(day))
    known = conn.scalars(select(c.job).where(here, c.job.is_not(None)).distinct())
    jobs = [job for job in known if any(fnmatchcase(job, pattern) for pattern in patterns)]
    return set(conn.scalars(select(c.person_id).where(here, c.job.in_(jobs)))) if jobs else set()


def _counts(one: Person, learner: Person, leaf: Leaf, day: date, holders: Collection[str], now: int) -> bool:
    holds = frozenset({leaf.terms.by.holds} if leaf.terms.by and leaf.terms.by.holds and one.id in holders else ())
    return Witness(one, holds, now).counts_for(learner, leaf, day)


def _is_here(person: Person, day: date) -> bool:
    return person.left_on is None or person.left_on >= day


def _named(
    people: Iterable[Person], learner: Person, day: date, *, is_example: bool = False, is_whole: bool = True
) -> Witnesses:
    managers, places = managers_on(learner, day), _places(learner, day)
    in_order = sorted(
        people,
        key=lambda one: (
            one.id not in managers,
            not (_places(one, day) & places),
            (one.name or one.id).lower(),
            one.id,
        ),
    )
    names = tuple(one.name or one.id for one in in_order[:NAMED])
    return Witnesses(names, len(in_order) - len(names), is_example, is_whole)


def _places(person: Person, day: date) -> set[tuple[str | None, str | None]]:
    """Sites and units where somebody works."""
    here = [one for one in person.positions if one.holds_on(day)]
    return {(one.site, one.unit) for one in here if one.site or one.unit}
