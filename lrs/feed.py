"""The change feed: statements and facts in the order they were committed, and the consumers that follow it.

A consumer's effect and its cursor commit together, so every item has its effect exactly once whatever dies when
(data-model 2).  An item that cannot be digested is parked, with its error, and the feed goes on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update

from lrs.clock import Clock
from lrs.db import Database, Priority
from lrs.errors import ProwessError, Unavailable
from lrs.logs import get_logger
from lrs.store import tables as t

log = get_logger(__name__)

STATEMENT = "statement"
OURS = 1
"""`origin` of statements that Prowess emitted; rules never read them."""

HALT_AFTER = 20
_MEND = "mend the cause, then restart; parked items are listed by: prowess doctor"

Effect = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A statement, or another fact (`kind` says which, `ref` what it is about)."""

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

    def statement(self) -> Mapping[str, Any]:
        """The statement as stored, without `stored` (and `timestamp` when the sender gave none); numbers exact."""
        parsed: Mapping[str, Any] = json.loads(self.body, parse_float=Decimal)
        return parsed


class Consumer(Protocol):
    """Somebody who follows the feed.

    `consume` may read and compute at leisure, outside any write; what it returns runs in one short transaction together
    with the cursor.
    """

    name: str
    batch: int

    def consume(self, items: Sequence[FeedItem]) -> Effect: ...


class HaltedConsumer(ProwessError):
    """A consumer could not digest many items in a row and stopped."""

    code = "halted-consumer"


class _Moved(Exception):
    """Another worker moved the cursor first."""


class Feed:
    """Reads the feed and moves cursors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._failures: Counter[str] = Counter()
        """How many items each consumer failed on in a row, in this process."""

    def read(self, after: int, limit: int) -> list[FeedItem]:
        """The next items in order.  What is visible in one snapshot is always a prefix (data-model 1)."""
        with self._database.read(snapshot=True) as conn:
            statements = conn.execute(_STATEMENTS, {"after": after, "limit": limit}).all()
            events = conn.execute(_EVENTS, {"after": after, "limit": limit}).all()
        items = [
            FeedItem(
                row.seq,
                row.tenant_id,
                STATEMENT,
                "",
                UUID(bytes=row.id),
                row.credential_id,
                row.origin,
                row.timestamp,
                row.content_hash,
                UUID(bytes=row.voids) if row.voids else None,
                row.voided_seq,
                row.bytes,
            )
            for row in statements
        ]
        items += [FeedItem(row.seq, row.tenant_id, row.kind, row.ref) for row in events]
        items.sort(key=lambda item: item.seq)
        return items[:limit]

    def record(self, conn: Connection, tenant_id: int, kind: str, refs: Sequence[str]) -> int:
        """Append facts to the feed inside a write; returns the first number.  Call it last in the transaction."""
        first = self._database.number(conn, len(refs))
        rows = [{"seq": first + i, "tenant_id": tenant_id, "kind": kind, "ref": ref} for i, ref in enumerate(refs)]
        conn.execute(insert(t.event), rows)
        return first

    def cursor(self, consumer: str) -> int:
        """How far a consumer has come; it starts at the beginning when first asked about."""
        query = select(t.consumer.c.cursor).where(t.consumer.c.name == consumer)
        with self._database.read() as conn:
            cursor: int | None = conn.scalar(query)
        if cursor is not None:
            return cursor
        row = {"name": consumer, "shard": 0, "generation": 0, "cursor": 0, "fence": 0}
        start = self._database.dialect.insert(t.consumer).on_conflict_do_nothing()
        self._database.write(lambda conn: conn.execute(start, row))
        return 0

    def step(self, consumer: Consumer) -> bool:
        """Let a consumer digest its next batch; False when there was nothing to do.

        Raises HaltedConsumer after many failures in a row, and from then on until the process starts anew: going on would
        park everything.
        """
        if self._failures[consumer.name] > HALT_AFTER:
            raise HaltedConsumer(f"'{consumer.name}' has halted", hint=_MEND)
        before = self.cursor(consumer.name)
        items = self.read(before, consumer.batch)
        if not items:
            return False
        try:
            self._digest(consumer, items, before)
        except _Moved:
            return True
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, find the item and go on
            log.warning("batch failed, going one by one", consumer=consumer.name, error=repr(error))
            self._digest_singly(consumer, items, before)
        return True

    def _digest(self, consumer: Consumer, items: Sequence[FeedItem], before: int) -> None:
        effect = consumer.consume(items)

        def commit(conn: Connection) -> None:
            self._advance(conn, consumer.name, before, items[-1].seq)
            effect(conn)

        self._database.write(commit, priority=Priority.DECISION)
        self._failures[consumer.name] = 0

    def _digest_singly(self, consumer: Consumer, items: Sequence[FeedItem], before: int) -> None:
        for item in items:
            try:
                self._try(consumer, item, before)
            except _Moved:
                return
            before = item.seq

    def _try(self, consumer: Consumer, item: FeedItem, before: int) -> None:
        """Digest one item or park it.  Raises HaltedConsumer."""
        try:
            self._digest(consumer, [item], before)
        except (_Moved, Unavailable):
            raise
        except Exception as error:
            self._failures[consumer.name] += 1
            failures = self._failures[consumer.name]
            if failures > HALT_AFTER:
                raise HaltedConsumer(
                    f"'{consumer.name}' failed on {failures} items in a row, last {item.seq}: {error!r}", hint=_MEND
                ) from error
            self._park(consumer.name, item, before, error)

    def _park(self, name: str, item: FeedItem, before: int, error: Exception) -> None:
        log.error("item parked", consumer=name, seq=item.seq, error=repr(error))

        def commit(conn: Connection) -> None:
            self._advance(conn, name, before, item.seq)
            row = {"consumer": name, "seq": item.seq, "error": repr(error)[:2000], "parked_at": self._clock.now()}
            conn.execute(self._database.dialect.insert(t.parked).on_conflict_do_nothing(), row)

        self._database.write(commit)

    def _advance(self, conn: Connection, name: str, before: int, after: int) -> None:
        here = (t.consumer.c.name == name) & (t.consumer.c.cursor == before)
        if conn.execute(update(t.consumer).where(here).values(cursor=after)).rowcount != 1:
            raise _Moved


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
    .where(t.statement.c.seq > bindparam("after"))
    .order_by(t.statement.c.seq)
    .limit(bindparam("limit"))
)
_EVENTS = select(t.event).where(t.event.c.seq > bindparam("after")).order_by(t.event.c.seq).limit(bindparam("limit"))
