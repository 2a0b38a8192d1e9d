"""Mailings as rows: made once for each kind, name, period, recipient and view."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, select

from lrs.clock import SECOND
from lrs.db import Database
from lrs.letters import Outbox
from lrs.retries import GIVE_UP_AFTER
from reports.tables import mailing as table

NAMESPACE: Final = UUID("6f0a4c56-9f0c-5d5e-9d0a-0c1a7f6a2b18")
EVERYTHING, TEAM, TEAM_AND_BELOW = "all", "team", "below"
"""What a recipient is shown: everybody, those who report to them, or everybody below them."""

c = table.c

mailings = Outbox(table, "id", what="mailing", see="prowess digest log")


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
        made = database.dialect.insert(table).on_conflict_do_nothing().returning(c.id)
        new += conn.execute(made, row).first() is not None
    return new


def listed(
    conn: Connection, tenant_id: int, limit: int, *, kind: str | None = None, name: str | None = None
) -> list[Row[Any]]:
    """The newest mailings first."""
    query = select(table).where(c.tenant_id == tenant_id)
    for column, value in ((c.kind, kind), (c.name, name)):
        query = query.where(column == value) if value is not None else query
    return list(conn.execute(query.order_by(c.created_at.desc(), c.recipient, c.id).limit(limit)))
