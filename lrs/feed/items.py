"""What stands in the feed: statements and facts in the order they were committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select

from lrs.counting import count_up_to
from lrs.store import tables as t

STATEMENT = "statement"
OURS = 1
"""`origin` of statements that Prowess emitted; rules never read them."""

_decode = json.JSONDecoder(parse_float=Decimal).decode
"""`json.loads` would make a decoder for each statement."""


@dataclass
class FeedItem:
    """A statement, or another fact (`kind` says which, `ref` what it is about).

    Nobody changes one; it is not frozen because that triples what making one costs.
    """

    seq: int
    tenant_id: int
    kind: str
    ref: str = ""
    id: UUID | None = None
    credential_id: int = 0
    origin: int = 0
    timestamp: int = 0
    content_hash: bytes = b""
    voids: UUID | None = None
    voided_seq: int | None = None
    body: bytes = b""

    @cached_property
    def statement(self) -> Mapping[str, Any]:
        """The statement as stored, without `stored` (and `timestamp` when the sender gave none); numbers exact.

        Read once for all consumers, so nobody may change it.
        """
        parsed: Mapping[str, Any] = _decode(self.body.decode())
        return parsed


def items_after(conn: Connection, after: int, limit: int) -> list[FeedItem]:
    """The next items in order."""
    span = {"after": after, "limit": limit}
    items = [
        FeedItem(
            seq,
            tenant_id,
            STATEMENT,
            "",
            UUID(bytes=id_),
            credential_id,
            origin,
            timestamp,
            content_hash,
            None if voids is None else UUID(bytes=voids),
            voided_seq,
            body,
        )
        for (
            seq,
            tenant_id,
            id_,
            credential_id,
            origin,
            timestamp,
            voids,
            voided_seq,
            content_hash,
            body,
        ) in conn.execute(_STATEMENTS, span)
    ]
    items += [FeedItem(row.seq, row.tenant_id, row.kind, row.ref) for row in conn.execute(_EVENTS, span)]
    items.sort(key=lambda item: item.seq)
    return items[:limit]


def newest(conn: Connection) -> int:
    """The number of the last item of the feed; 0 where there is none."""
    return max(conn.scalar(select(func.max(table.c.seq))) or 0 for table in (t.statement, t.event))


def next_after(conn: Connection, seq: int) -> int | None:
    """The number of the first item of the feed after another; None at its end."""
    first = [conn.scalar(select(func.min(table.c.seq)).where(table.c.seq > seq)) for table in (t.statement, t.event)]
    return min((one for one in first if one is not None), default=None)


def count_after(conn: Connection, seq: int, most: int) -> int:
    """How many items come after a number; no more than `most` are counted."""
    return min(most, sum(count_up_to(conn, table.c.seq > seq, most) for table in (t.statement, t.event)))


_STATEMENTS = (
    select(
        t.statement.c.seq,
        t.statement.c.tenant_id,
        t.statement.c.id,
        t.statement.c.credential_id,
        t.statement.c.origin,
        t.statement.c.timestamp,
        t.statement.c.voids,
        t.statement.c.voided_seq,
        t.statement_key.c.content_hash,
        t.body.c.bytes,
    )
    .join(t.body, t.body.c.seq == t.statement.c.seq)
    .join(
        t.statement_key,
        (t.statement_key.c.tenant_id == t.statement.c.tenant_id) & (t.statement_key.c.id == t.statement.c.id),
    )
    .where(t.statement.c.seq > bindparam("after"), t.body.c.seq > bindparam("after"))
    .order_by(t.statement.c.seq)
    .limit(bindparam("limit"))
)
_EVENTS = select(t.event).where(t.event.c.seq > bindparam("after")).order_by(t.event.c.seq).limit(bindparam("limit"))
