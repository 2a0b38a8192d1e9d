"""Notices on their way to people: what waits, what was sent, what was given up; in the database, so that no crash forgets.

`not_before` is when anybody may take one; a lease is the fence, as in the connectors' outbox.  A notice that is announced
has a statement of its own, by which other systems learn of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from lrs.clock import SECOND
from lrs.db import Database
from lrs.dialects import Dialect
from lrs.errors import NotFound, ProwessError
from lrs.people.roster import Person
from lrs.retries import GIVE_UP_AFTER
from rules import tables as r
from rules import vocabulary as v
from rules.escalation.announcements import emission_row
from rules.escalation.keys import event_id
from rules.escalation.records import about
from rules.escalation.states import NoticeState
from rules.escalation.tables import notice as table
from rules.language import Program
from rules.published import Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

c = table.c
_BATCH = 200


def announce(prowess: Prowess, published: Published, now: int) -> bool:
    """Make the statements of notices whose time has come; True when there were any."""
    query = select(table).where(c.announced == 0, c.not_before <= now).order_by(c.not_before).limit(_BATCH)
    with prowess.database.read() as conn:
        rows = conn.execute(query).all()
    for tenant_id in sorted({row.tenant_id for row in rows}):
        mine = [row for row in rows if row.tenant_id == tenant_id]
        programs = published.current(tenant_id).ruleset.programs
        people = prowess.people.roster(tenant_id=tenant_id, people=[row.person_id for row in mine]).people
        made = {
            row.id: _emission(
                row, programs[row.program_id][-1], people[row.person_id], prowess.settings.public_url, now
            )
            for row in mine
            if row.state == NoticeState.WAITING and row.program_id in programs and row.person_id in people
        }

        def commit(conn: Connection, rows: Sequence[Row[Any]] = mine, made: dict[bytes, Any] = made) -> None:
            _announce(conn, prowess.database.dialect, rows, made)

        prowess.database.write(commit)
    return bool(rows)


def _announce(conn: Connection, dialect: Dialect, rows: Sequence[Row[Any]], made: dict[bytes, Any]) -> None:
    for row in rows:
        first = update(table).where(_is(row), c.announced == 0).values(announced=1)
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


def next_due(conn: Connection) -> int | None:
    """When the next notice may be sent."""
    due: int | None = conn.scalar(select(func.min(c.not_before)).where(c.state == NoticeState.WAITING))
    return due


def claim(database: Database, now: int, most: int, seconds: float) -> list[Row[Any]]:
    """Take up to `most` due notices for a time."""
    due = select(table).where(c.state == NoticeState.WAITING, c.not_before <= now).order_by(c.not_before)
    with database.read() as conn:  # spares the writer a turn when there is nothing to do
        if conn.execute(due.limit(1)).first() is None:
            return []
    until = now + round(seconds * SECOND)

    def take(conn: Connection) -> list[Row[Any]]:
        rows = conn.execute(due.limit(most).with_for_update(**database.dialect.claim_suffix())).all()
        for row in rows:
            taken = {"lease_until": until, "not_before": until, "attempts": row.attempts + 1}
            conn.execute(update(table).where(_is(row)).values(taken))
        ids = [row.id for row in rows]
        return list(conn.execute(select(table).where(c.id.in_(ids), c.lease_until == until).order_by(c.planned_at)))

    return database.write(take)


def settle(database: Database, row: Row[Any], **values: Any) -> bool:
    """Write down what became of a claimed notice; False when the lease was lost or it was called off meanwhile."""
    held = and_(_is(row), c.lease_until == row.lease_until, c.state == NoticeState.WAITING)
    change = update(table).where(held).values({"lease_until": None, **values})
    return database.write(lambda conn: conn.execute(change).rowcount == 1)


def told(error: ProwessError) -> str:
    """An error as it is kept with a notice."""
    return (error.message if error.hint is None else f"{error.message} ({error.hint})")[:2000]


def listed(
    conn: Connection, tenant_id: int, limit: int, *, state: str | None = None, person: str | None = None
) -> list[Row[Any]]:
    """The newest notices first."""
    query = select(table).where(c.tenant_id == tenant_id)
    if state is not None:
        query = query.where(c.state == state)
    if person is not None:
        query = query.where(or_(c.person_id == person, c.recipient_id == person))
    return list(conn.execute(query.order_by(c.planned_at.desc(), c.id).limit(limit)))


def retry(database: Database, now: int, id_: UUID | None) -> int:
    """Let a notice that was given up, or with None all of them, start afresh; returns how many.  Raises NotFound."""
    dead = and_(c.state == NoticeState.DEAD, *([] if id_ is None else [c.id == id_.bytes]))
    fresh = {
        "state": NoticeState.WAITING,
        "reason": None,
        "attempts": 0,
        "not_before": now,
        "give_up_at": now + GIVE_UP_AFTER * SECOND,
    }
    count = database.write(lambda conn: conn.execute(update(table).where(dead).values(fresh)).rowcount)
    if id_ is not None and not count:
        raise NotFound(f"no notice that was given up has the id {id_}", hint="see: prowess notices list --state dead")
    return count


def _is(row: Row[Any]) -> ColumnElement[bool]:
    return and_(c.tenant_id == row.tenant_id, c.id == row.id)
