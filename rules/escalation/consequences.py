"""Consequences that wait for approval, and who may decide: an administrator, or whoever holds the job that the step names.

An account is somebody of the organisation when its name is their id or e-mail address.  Nobody decides about themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from lrs.clock import to_datetime
from lrs.errors import BadRequest, Conflict, Forbidden, NotFound
from lrs.people import tables as p
from lrs.people.roster import Person
from lrs.store import audit
from lrs.web.visitors import Account, who_to_ask
from rules import tables as r
from rules.escalation import ladders
from rules.escalation.announcements import RAISED, emission_row
from rules.escalation.climber import ladder_programs
from rules.escalation.keys import event_id
from rules.escalation.recipients import holds_job, is_here
from rules.escalation.records import about
from rules.escalation.states import ConsequenceState
from rules.escalation.tables import consequence as table
from rules.published.in_force import program_of
from rules.published.store import Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

c = table.c
_LONGEST_NOTE = 2000


def waiting(conn: Connection, tenant_id: int) -> list[Row[Any]]:
    """What waits for approval, the longest first."""
    query = select(table).where(c.tenant_id == tenant_id, c.state == ConsequenceState.WAITING)
    return list(conn.execute(query.order_by(c.raised_at, c.id)))


def listed(
    conn: Connection, tenant_id: int, *, people: Collection[str] | None = None, limit: int = 100
) -> list[Row[Any]]:
    """The newest consequences first, whatever became of them.  people: of these ids only."""
    query = select(table).where(c.tenant_id == tenant_id)
    if people is not None:
        query = query.where(c.person_id.in_(people))
    return list(conn.execute(query.order_by(c.raised_at.desc(), c.id).limit(limit)))


def in_force(conn: Connection, tenant_id: int, action: str) -> set[tuple[str, str]]:
    """The (person, program) pairs that an action holds for now: who is flagged, whose access is restricted."""
    query = select(c.person_id, c.program_id).where(
        c.tenant_id == tenant_id, c.state == ConsequenceState.IN_FORCE, c.action == action
    )
    return {(row.person_id, row.program_id) for row in conn.execute(query)}


def persons_of(prowess: Prowess, account: Account) -> list[Person]:
    """Whom an account belongs to: the person it is tied to, else somebody whose id or e-mail address is its name."""
    if account.person_id is not None:
        tied = prowess.people.roster(tenant_id=account.tenant_id, people=[account.person_id]).people
        return list(tied.values())
    person, name = p.person.c, account.username
    query = select(person.person_id).where(
        person.tenant_id == account.tenant_id,
        person.known_to.is_(None),
        or_(person.person_id == name, func.lower(person.email) == name.lower()),
    )
    with prowess.database.read() as conn:
        ids = list(conn.scalars(query))
    found = prowess.people.roster(tenant_id=account.tenant_id, people=ids).people if ids else {}
    return list(found.values())


def may_decide(prowess: Prowess, account: Account, row: Row[Any]) -> bool:
    """Whether somebody may approve or refuse; who has left may not, though nobody ended their sign-in."""
    mine = persons_of(prowess, account)
    if any(person.id == row.person_id for person in mine):
        return False
    today = to_datetime(prowess.clock.now()).date()
    here = [person for person in mine if is_here(person, today)]
    has_role = any(person.id == row.approve or holds_job(person, row.approve, today) for person in here)
    return account.role == "admin" or has_role


def approves(prowess: Prowess, published: Published, account: Account) -> bool:
    """Whether somebody is among those whom a ladder asks to approve what it does, or whom something waits for."""
    now = prowess.clock.now()
    ladders_ = ladder_programs(published.current(account.tenant_id).ruleset, now)
    with prowess.database.read() as conn:
        waits = select(c.approve).where(c.tenant_id == account.tenant_id, c.state == ConsequenceState.WAITING)
        asked = {role for role in conn.scalars(waits.distinct()) if role}
    asked |= {step.approve for _, escalation in ladders_ for step in escalation.steps if step.approve}
    today = to_datetime(now).date()
    here = [one for one in persons_of(prowess, account) if is_here(one, today)] if asked else []
    return any(one.id == role or holds_job(one, role, today) for one in here for role in asked)


def to_decide(prowess: Prowess, account: Account, id_: UUID) -> Row[Any]:
    """What somebody may decide, whether or not it still waits.  Raises NotFound, Forbidden."""
    here = and_(c.tenant_id == account.tenant_id, c.id == id_.bytes)
    with prowess.database.read() as conn:
        row = conn.execute(select(table).where(here)).first()
    if row is None or row.approve is None:
        raise NotFound(f"there is no consequence {id_} to approve")
    if not may_decide(prowess, account, row):
        raise Forbidden(
            f"'{row.approve}' or an administrator decides this, and nobody does for themselves",
            hint=who_to_ask(account),
        )
    return row


def demand_waiting(row: Row[Any]) -> None:
    """Raises Conflict where nobody is asked any more."""
    if row.state != ConsequenceState.WAITING:
        raise Conflict("this was decided already, or nothing is owed any more", hint="reload the page")


def decide(
    prowess: Prowess, published: Published, account: Account, id_: UUID, *, approve: bool, note: str | None = None
) -> None:
    """Approve or refuse; a refusal says why.  Raises NotFound, Forbidden, BadRequest, Conflict."""
    note = (note or "").strip()[:_LONGEST_NOTE] or None
    row = to_decide(prowess, account, id_)
    if not approve and note is None:
        raise BadRequest("a refusal says why", hint="write a reason")
    now = prowess.clock.now()
    state = ConsequenceState.IN_FORCE if approve else ConsequenceState.REFUSED
    values = {"state": state, "decided_at": now, "decided_by": account.username, "note": note}
    emission = _emission(prowess, published, row, now) if approve else None

    def commit(conn: Connection) -> bool:
        ladders.shake(conn, row.tenant_id, row.person_id, row.program_id, prowess.ids.token())
        waits = and_(
            c.tenant_id == row.tenant_id, c.id == row.id, c.state == ConsequenceState.WAITING, c.round == row.round
        )
        if not conn.execute(update(table).where(waits).values(values)).rowcount:
            return False
        if emission is not None:
            conn.execute(prowess.database.dialect.insert(r.emission).on_conflict_do_nothing(), emission)
        told = {"action": row.action, "program": row.program_id, "step": row.step}
        verb = "approve" if approve else "refuse"
        audit.record(conn, f"consequence.{verb}", row.person_id, told, at=now, tenant_id=row.tenant_id)
        return True

    if not prowess.database.write(commit):
        raise Conflict("this was decided already, or nothing is owed any more", hint="reload the page")
    prowess.runner.wake()


def _emission(prowess: Prowess, published: Published, row: Row[Any], now: int) -> dict[str, Any] | None:
    people = prowess.people.roster(tenant_id=row.tenant_id, people=[row.person_id]).people
    program = program_of(published.current(row.tenant_id).ruleset, row.program_id, now)
    if program is None or row.person_id not in people:
        return None
    deadline = about(row)
    transition = RAISED[row.action]
    return emission_row(
        transition,
        {"step": row.step, "deadline": deadline.kind, "day": deadline.day.isoformat(), "action": row.action},
        id_=event_id(row.id, transition, row.round),
        tenant_id=row.tenant_id,
        person=people[row.person_id],
        program=program,
        public_url=prowess.settings.public_url,
        now=now,
    )
