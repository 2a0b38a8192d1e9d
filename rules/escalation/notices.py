"""Notices on their way to people.  One that is announced has a statement of its own, by which other systems learn of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from lrs.dialects.contract import Dialect
from lrs.letters import Outbox
from lrs.people.roster import Person
from rules import tables as r
from rules import vocabulary as v
from rules.escalation.announcements import emission_row
from rules.escalation.keys import event_id
from rules.escalation.records import about
from rules.escalation.states import NoticeState
from rules.escalation.tables import notice as table
from rules.language import Program
from rules.published.in_force import program_of
from rules.published.store import Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

c = table.c
_BATCH = 200

outbox = Outbox(table, "planned_at", what="notice", see="prowess notices list --state dead")


def announce(prowess: Prowess, published: Published, now: int) -> bool:
    """Make the statements of notices whose time has come; True when there were any."""
    query = select(table).where(c.announced == 0, c.not_before <= now).order_by(c.not_before).limit(_BATCH)
    with prowess.database.read() as conn:
        rows = conn.execute(query).all()
    for tenant_id in sorted({row.tenant_id for row in rows}):
        mine = [row for row in rows if row.tenant_id == tenant_id]
        ruleset = published.current(tenant_id).ruleset
        people = prowess.people.roster(tenant_id=tenant_id, people=[row.person_id for row in mine]).people
        made = {
            row.id: _emission(row, program, people[row.person_id], prowess.settings.public_url, now)
            for row in mine
            if row.state == NoticeState.WAITING
            and (program := program_of(ruleset, row.program_id, now)) is not None
            and row.person_id in people
        }

        def commit(conn: Connection, rows: Sequence[Row[Any]] = mine, made: dict[bytes, Any] = made) -> None:
            _announce(conn, prowess.database.dialect, rows, made)

        prowess.database.write(commit)
    return bool(rows)


def _announce(conn: Connection, dialect: Dialect, rows: Sequence[Row[Any]], made: dict[bytes, Any]) -> None:
    for row in rows:
        first = update(table).where(_is(row), c.announced == 0).values(announced=1)
        if row.id in made:  # it may have been called off meanwhile
            first = first.where(c.state.not_in([NoticeState.SKIPPED, NoticeState.CANCELLED]))
        if conn.execute(first).rowcount and row.id in made:
            conn.execute(dialect.insert(r.emission).on_conflict_do_nothing(), made[row.id])


def _emission(row: Row[Any], program: Program, person: Person, public_url: str, now: int) -> dict[str, Any]:
    deadline = about(row)
    told = {
        "step": row.step,
        "deadline": deadline.kind,
        "day": deadline.day.isoformat(),
        "recipient": row.recipient_id,
        "role": row.role,
    }
    return emission_row(
        v.NOTIFIED,
        told,
        id_=event_id(row.id, v.NOTIFIED, row.created_at),
        tenant_id=row.tenant_id,
        person=person,
        program=program,
        public_url=public_url,
        now=now,
    )


def next_announcement(conn: Connection) -> int | None:
    due: int | None = conn.scalar(select(func.min(c.not_before)).where(c.announced == 0))
    return due


def listed(
    conn: Connection, tenant_id: int, limit: int, *, state: str | None = None, people: Collection[str] | None = None
) -> list[Row[Any]]:
    """The newest notices first.  people: about or to these ids only."""
    query = select(table).where(c.tenant_id == tenant_id)
    if state is not None:
        query = query.where(c.state == state)
    if people is not None:
        query = query.where(or_(c.person_id.in_(people), c.recipient_id.in_(people)))
    return list(conn.execute(query.order_by(c.planned_at.desc(), c.id).limit(limit)))


def _is(row: Row[Any]) -> ColumnElement[bool]:
    return and_(c.tenant_id == row.tenant_id, c.id == row.id)
