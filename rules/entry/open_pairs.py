"""Whom programs ask for something now, and what was decided of them: a bounded number of them, the earliest due first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, func, or_, select, union

from lrs.clock import day_of
from lrs.db import by_tenant
from lrs.people import tables as p
from lrs.people.reading import from_day
from lrs.people.roster import Person
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules.entry.outstanding import Word

_S, _D, _E, _M, _P = r.status.c, r.decision.c, r.evidence.c, p.manager.c, p.person.c
_REQUIRED = "required"
_MANY = 1_000
"""More people are not asked for by their ids: it is quicker to go through everybody."""


class Pair(NamedTuple):
    """A person of whom a program asks something; due_on: the last good day, of a renewal the day on which the award ends."""

    is_suggested: bool
    has_no_day: bool
    due_day: int
    person_id: str
    program_id: str

    @property
    def due_on(self) -> date | None:
        return None if self.has_no_day else from_day(self.due_day)

    @property
    def key(self) -> tuple[str, str]:
        return self.person_id, self.program_id


def held(conn: Connection, tenant_id: int, person_id: str, now: int) -> frozenset[str]:
    """The programs whose award is valid for somebody now."""
    query = select(_S.program_id).where(
        _S.tenant_id == tenant_id, _S.person_id == person_id, r.holds(r.status, now), _S.award == "valid"
    )
    return frozenset(conn.scalars(query))


def open_pairs(
    conn: Connection,
    tenant_id: int,
    now: int,
    programs: Collection[str],
    *,
    near: Collection[str] = (),
    witness: Person | None = None,
    among: Collection[str] | None = None,
    limit: int,
) -> list[Pair]:
    """The pairs of these programs that lack something: what is required first, then by day, without one last.

    near: programs of which only those count who have a manager in common with the witness, or are a manager of the other.
    among: only these people, None: anybody.  The witness themselves is in no pair.
    """
    if not (programs or near):
        return []
    order = _order()
    query = (
        select(*order, _S.person_id, _S.program_id)
        .where(
            _S.tenant_id == tenant_id,
            r.holds(r.status, now),
            _S.person_id != (witness.id if witness is not None else ""),
        )
        .where(_S.assignment.in_((_REQUIRED, "suggested")), or_(_S.progress != "met", _S.award == "suspended"))
    )
    below = _near(tenant_id, witness, now)
    if among is None or len(among) > _MANY:
        wanted = or_(_S.program_id.in_(programs), and_(_S.program_id.in_(near), _S.person_id.in_(below)))
        query = query.where(_S.program_id.in_({*programs, *near}), wanted).order_by(*order, _S.person_id, _S.program_id)
        if among is None:
            query = query.limit(limit)
        with conn.execute(query, execution_options={"yield_per": limit}) as rows:
            return list(islice((_pair(row) for row in rows if among is None or row.person_id in among), limit))
    kin = set(conn.scalars(below)) if near else set()
    found = (
        row
        for _, some in by_tenant((tenant_id, person) for person in among)
        for row in conn.execute(query.where(_S.person_id.in_(some)))  # by person alone: programs would lead the search
        if row.program_id in programs or (row.program_id in near and row.person_id in kin)
    )
    return [_pair(row) for row in nsmallest(limit, found, key=tuple)]


def documents(conn: Connection, tenant_id: int, pairs: Iterable[Pair]) -> Mapping[tuple[str, str], str]:
    """The text of what was decided, by person and program."""
    by_program: dict[str, list[str]] = {}
    for pair in pairs:
        by_program.setdefault(pair.program_id, []).append(pair.person_id)
    found = {}
    for program, people in by_program.items():
        query = select(_D.person_id, _D.document).where(
            _D.tenant_id == tenant_id, _D.person_id.in_(people), _D.program_id == program
        )
        found.update({(row.person_id, program): row.document for row in conn.execute(query)})
    return found


def words_of(conn: Connection, tenant_id: int, witness: Person, learners: Sequence[str]) -> Mapping[str, Word]:
    """What somebody answers for about learners, by statement."""
    link = p.identity_link.c
    mine = [posting_key("agent", identifier) for identifier in witness.identifiers]
    query = (
        select(_E.timestamp, _E.tie, _E.statement_id, func.coalesce(_E.score_raw, _E.score_scaled).label("score"))
        .join(p.identity_link, p.owns(p.identity_link, _E.tenant_id, _E.agent))
        .where(_E.tenant_id == tenant_id, link.person_id.in_(learners), _E.instructor.in_(mine))
    )
    words = (
        Word(row.timestamp, row.tie, str(UUID(bytes=row.statement_id)), row.score is not None)
        for row in conn.execute(query)
    )
    return {word.statement: word for word in words}


def _pair(row: Any) -> Pair:
    is_suggested, has_no_day, *rest = row
    return Pair(bool(is_suggested), bool(has_no_day), *rest)


def _order() -> tuple[ColumnElement[int], ...]:
    due = _due_day()
    return case((_S.assignment == _REQUIRED, 0), else_=1), case((due.is_(None), 1), else_=0), func.coalesce(due, 0)


def _due_day() -> ColumnElement[int | None]:
    """By when: of who holds an award, when it ends or by when a new version asks for more; a suspension ends by no day."""
    return case(
        (or_(_S.renewable == 1, _S.in_grace == 1), _S.expires_day),
        (or_(_S.progress != "met", _S.overdue == 1), r.last_good_day(r.status)),
        else_=None,
    )


def _near(tenant_id: int, witness: Person | None, now: int) -> Select[tuple[str]]:
    """The people to whom somebody may be anything, on the days it is now anywhere: wider than each relation is.

    They report to the witness or to a manager of theirs, or are such a manager.
    """
    if witness is None:
        return select(_M.person_id).where(false())
    today = day_of(now)
    mine = {manager for position in witness.positions for manager in position.managers}
    lines = select(_M.person_id).where(
        _M.tenant_id == tenant_id,
        _M.known_to.is_(None),
        _M.from_day <= today + 1,
        or_(_M.to_day.is_(None), _M.to_day >= today - 1),
        _M.manager_id.in_({witness.id, *mine}),
    )
    managers = select(_P.person_id).where(_P.tenant_id == tenant_id, _P.known_to.is_(None), _P.person_id.in_(mine))
    return select(union(lines, managers).subquery().c.person_id)
