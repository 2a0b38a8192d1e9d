"""Mailings as rows: made once for each kind, name, period, recipient and view; claimed by one worker at a time.

`not_before` is when anybody may take one; a lease is the fence, as in the outbox of connectors and the notices of rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from lrs.clock import SECOND
from lrs.db import Database
from lrs.errors import NotFound, ProwessError
from lrs.retries import GIVE_UP_AFTER
from reports.tables import mailing as table

NAMESPACE: Final = UUID("6f0a4c56-9f0c-5d5e-9d0a-0c1a7f6a2b18")
EVERYTHING, TEAM, TEAM_AND_BELOW = "all", "team", "below"
"""What a recipient is shown: everybody, those who report to them, or everybody below them."""

c = table.c


class MailingState(StrEnum):
    """`skipped`: there was nothing to say, or the recipient wants none."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody who gets a letter.  recipient: a person's id, or an address."""

    recipient: str
    view: str = EVERYTHING


def mailing_id(tenant_id: int, kind: str, name: str, period: str, to: Addressee) -> UUID:
    """The same for the same letter, so that it is made once."""
    return uuid5(NAMESPACE, json.dumps([tenant_id, kind, name, period, to.recipient, to.view]))


def put(
    conn: Connection,
    database: Database,
    to: Iterable[Addressee],
    *,
    tenant_id: int,
    kind: str,
    name: str,
    period: str,
    now: int,
) -> int:
    """Make what is not there yet; returns how many were new."""
    new = 0
    for one in to:
        row = {
            "tenant_id": tenant_id,
            "id": mailing_id(tenant_id, kind, name, period, one).bytes,
            "kind": kind,
            "name": name,
            "period": period,
            "recipient": one.recipient,
            "view": one.view,
            "as_of": now,
            "created_at": now,
            "state": MailingState.WAITING,
            "not_before": now,
            "give_up_at": now + GIVE_UP_AFTER * SECOND,
            "attempts": 0,
        }
        new += conn.execute(database.dialect.insert(table).on_conflict_do_nothing(), row).rowcount
    return new


def next_due(conn: Connection) -> int | None:
    due: int | None = conn.scalar(select(func.min(c.not_before)).where(c.state == MailingState.WAITING))
    return due


def claim(database: Database, now: int, most: int, seconds: float) -> list[Row[Any]]:
    """Take up to `most` due mailings for a time."""
    due = select(table).where(c.state == MailingState.WAITING, c.not_before <= now).order_by(c.not_before, c.id)
    with database.read() as conn:
        if conn.execute(due.limit(1)).first() is None:
            return []
    until = now + round(seconds * SECOND)

    def take(conn: Connection) -> list[Row[Any]]:
        rows = conn.execute(due.limit(most).with_for_update(**database.dialect.claim_suffix())).all()
        for row in rows:
            taken = {"lease_until": until, "not_before": until, "attempts": row.attempts + 1}
            conn.execute(update(table).where(_is(row)).values(taken))
        ids = [row.id for row in rows]
        return list(conn.execute(select(table).where(c.id.in_(ids), c.lease_until == until).order_by(c.id)))

    return database.write(take)


def settle(database: Database, row: Row[Any], **values: Any) -> bool:
    """Write down what became of a claimed mailing; False when the lease was lost."""
    held = and_(_is(row), c.lease_until == row.lease_until, c.state == MailingState.WAITING)
    change = update(table).where(held).values({"lease_until": None, **values})
    return database.write(lambda conn: conn.execute(change).rowcount == 1)


def give_up_unsendable(database: Database, now: int) -> None:
    """Without a server nothing waits for ever: a year of digests must not go out on the day one is configured."""
    old = and_(c.state == MailingState.WAITING, c.give_up_at <= now)
    with database.read() as conn:
        if conn.scalar(select(c.id).where(old).limit(1)) is None:
            return
    values = {"state": MailingState.DEAD, "reason": "gave_up", "last_error": "no mail server is configured"}
    database.write(lambda conn: conn.execute(update(table).where(old).values(values)))


def told(error: ProwessError) -> str:
    """An error as it is kept with a mailing."""
    return (error.message if error.hint is None else f"{error.message} ({error.hint})")[:2000]


def listed(
    conn: Connection, tenant_id: int, limit: int, *, kind: str | None = None, name: str | None = None
) -> list[Row[Any]]:
    """The newest mailings first."""
    query = select(table).where(c.tenant_id == tenant_id)
    for column, value in ((c.kind, kind), (c.name, name)):
        query = query.where(column == value) if value is not None else query
    return list(conn.execute(query.order_by(c.created_at.desc(), c.recipient, c.id).limit(limit)))


def retry(database: Database, now: int, id_: UUID | None = None) -> int:
    """Let what was given up start afresh; returns how many.  Raises NotFound."""
    dead = and_(c.state == MailingState.DEAD, *([] if id_ is None else [c.id == id_.bytes]))
    fresh = {
        "state": MailingState.WAITING,
        "reason": None,
        "attempts": 0,
        "not_before": now,
        "give_up_at": now + GIVE_UP_AFTER * SECOND,
    }
    count = database.write(lambda conn: conn.execute(update(table).where(dead).values(fresh)).rowcount)
    if id_ is not None and not count:
        raise NotFound(f"no mailing that was given up has the id {id_}", hint="see: prowess digest log")
    return count


def _is(row: Row[Any]) -> ColumnElement[bool]:
    return and_(c.tenant_id == row.tenant_id, c.id == row.id)
