"""What must hold of deliveries (`lrs.verify`): each is of a statement of ours, and carries what that says.

They are no cache: they say what a system was told, and following the feed again would make deliveries of what happened
before a system was connected.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import select

from connectors.decisions import Decision, load_decision
from connectors.deliveries import delivery_key
from connectors.tables import delivery
from lrs.clock import to_text
from lrs.errors import BadRequest
from lrs.feed.items import OURS
from lrs.store import tables as t
from lrs.verify.finding import RESTORE, Finding, finding

if TYPE_CHECKING:
    from lrs.prowess import Prowess

PART: Final = "connectors.record"


def check(prowess: Prowess) -> Iterator[Finding]:
    """Deliveries beside their statements."""
    s, d = t.statement.c, delivery.c
    query = (
        select(delivery, s.timestamp, s.origin, s.id.label("here"), t.body.c.bytes)
        .outerjoin(t.statement, (s.seq == d.seq) & (s.tenant_id == d.tenant_id))
        .outerjoin(t.body, t.body.c.seq == d.seq)
        .order_by(d.tenant_id, d.id)
    )
    with prowess.database.read(snapshot=True) as conn:
        for row in conn.execution_options(yield_per=1_000).execute(query):
            statement_id, key = UUID(bytes=row.statement_id), {"id": str(UUID(bytes=row.id))}
            if row.here != row.statement_id or row.origin != OURS:
                yield finding(PART, delivery.name, key, "seq", row.seq, f"that of our {statement_id}", RESTORE)
                continue
            right = _told(row.bytes or b"", statement_id, row.timestamp)
            if right is None:
                continue  # what is wrong with a statement is said by the record's own check
            stored = _stored(row.payload)
            if stored != right:
                yield finding(PART, delivery.name, key, "payload", stored, right, RESTORE)
            for column, value in (
                ("id", delivery_key(row.connector, statement_id).bytes),
                ("person_id", right.person),
                ("program_id", right.program),
            ):
                if getattr(row, column) != value:
                    yield finding(PART, delivery.name, key, column, getattr(row, column), value, RESTORE)


def _told(body: bytes, statement_id: UUID, timestamp: int) -> Decision | None:
    try:
        return load_decision(statement_id, to_text(timestamp), json.loads(body, parse_float=Decimal))
    except (BadRequest, ValueError):
        return None


def _stored(payload: str) -> Decision | str:
    """The decision that is delivered, or what is there instead of one."""
    try:
        return Decision.from_json(json.loads(payload))
    except (BadRequest, ValueError):
        return payload
