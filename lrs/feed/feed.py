"""The feed as it is followed: a consumer's effect and its cursor commit together.

So every item has its effect exactly once whatever dies when (data-model 2).  An item that cannot be digested is parked,
with its error, and the feed goes on; once the cause is mended it can be digested after all, behind those that came later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update

from lrs.clock import Clock
from lrs.db import Database
from lrs.errors import Unavailable
from lrs.feed.consumer import Consumer, HaltedConsumer
from lrs.feed.items import FeedItem, items_after, newest
from lrs.feed.lag import Lag, lags_of, oldest_before
from lrs.logs import get_logger
from lrs.store import audit
from lrs.store import tables as t
from lrs.turns import Priority

log = get_logger(__name__)

HALT_AFTER = 20
_FAR = 1_000
"""So many items that left nothing may lie between a consumer and its stored cursor."""
TOGETHER = 4
"""So many batches at once where intake does not wait for what they leave: the database's part of each then costs less."""
_MEND = "mend the cause and it goes on by itself; then: prowess feed retry"


@dataclass(frozen=True, slots=True)
class Parked:
    """An item that a consumer could not digest, and why."""

    consumer: str
    seq: int
    statement_id: UUID | None
    error: str
    parked_at: int


class _Place(NamedTuple):
    """Where a consumer's stored cursor is, and how many parked items it digested: what it read before may be no more so.

    fences: of all consumers together.  They are raised where somebody is erased from items that one has before it: whatever
    was read before says too much.
    """

    cursor: int
    fence: int
    fences: int


class _Passed(NamedTuple):
    """Items that left nothing: behind which place they lie, the number of the last one, and how many they are."""

    place: _Place
    last: int
    many: int


class _Moved(Exception):
    """Another worker moved the cursor, or digested the parked item, first."""


class _Changed(Exception):
    """The item is no longer what was read: its statement was voided meanwhile."""


class Feed:
    """Reads the feed and moves cursors."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._failures: Counter[str] = Counter()
        """How many items each consumer failed on in a row, in this process."""
        self._ahead: tuple[int, int, list[FeedItem]] = (0, 0, [])
        """What was read for a consumer last, after which number and at which fences: others come to the same place."""
        self._passed: dict[str, _Passed] = {}
        """By consumer, what it looked at in this process without moving its cursor."""

    def read(self, after: int, limit: int) -> list[FeedItem]:
        """The next items in order.  What is visible in one snapshot is always a prefix (data-model 1)."""
        with self._database.read(snapshot=True) as conn:
            return items_after(conn, after, limit)

    def last(self) -> int:
        """As `newest`."""
        with self._database.read() as conn:
            return newest(conn)

    def record(self, conn: Connection, tenant_id: int, kind: str, refs: Sequence[str]) -> int:
        """Append facts to the feed inside a write; returns the first number.

        Call it last in the transaction, but for rows that bear the numbers: others wait from here to the commit.
        """
        first = self._database.number(conn, len(refs))
        facts = [(first + i, tenant_id, kind, ref) for i, ref in enumerate(refs)]
        self._database.dialect.append(conn, [(t.event, facts)])
        return first

    def cursor(self, consumer: str) -> int:
        """How far a consumer has come; it starts at the beginning when first asked about."""
        return self._place(consumer).cursor

    def _place(self, consumer: str) -> _Place:
        with self._database.read() as conn:
            found = conn.execute(_PLACE, {"consumer": consumer}).first()
        if found is not None:
            return _Place(*found)
        row = {"name": consumer, "shard": 0, "generation": 0, "cursor": 0, "fence": 0}
        start = self._database.dialect.insert(t.consumer).on_conflict_do_nothing()
        self._database.write(lambda conn: conn.execute(start, row))
        return self._place(consumer)

    def behind(self, consumer: str) -> int:
        """How many items a consumer has before it."""
        cursor = self.cursor(consumer)
        with self._database.read() as conn:
            counts = [select(func.count()).where(table.c.seq > cursor) for table in (t.statement, t.event)]
            return sum(conn.scalar(count) or 0 for count in counts)

    def lags(self, consumers: Collection[str], most: int) -> list[Lag]:
        """How far each consumer has come, all at one instant; at most `most` items are counted for each."""
        with self._database.read(snapshot=True) as conn:
            return lags_of(conn, consumers, most)

    def oldest_before(self, consumers: Collection[str]) -> int | None:
        """The number, hence the time, of the oldest item that one of these consumers has before it; None when there is none."""
        with self._database.read() as conn:
            return oldest_before(conn, consumers)

    def most(self, consumer: Consumer) -> int:
        """How many items a consumer is given at once."""
        return consumer.batch if self._database.dialect.serial_writes else TOGETHER * consumer.batch

    def step(self, consumer: Consumer) -> int:
        """Let a consumer digest its next batch; returns its size, 0 when there was nothing to do.

        Raises HaltedConsumer after many failures in a row, as going on would park everything; from then on each call tries
        the one item at which it halted, until that can be digested.
        """
        before = self._place(consumer.name)
        limit = 1 if self._failures[consumer.name] > HALT_AFTER else self.most(consumer)
        passed = self._passed.pop(consumer.name, None)
        if passed is None or passed.place != before:
            passed = _Passed(before, before.cursor, 0)
        items = self._next(passed.last, before.fences, limit)
        try:
            if items:
                self._digest(consumer, items, passed, is_full=len(items) == limit)
            elif passed.many:
                self._database.write(lambda conn: self._advance(conn, consumer.name, before, passed.last))
        except _Moved:
            return len(items) or passed.many  # where the other has come to there may be more to do
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, find the item and go on
            log.warning("batch failed, going one by one", consumer=consumer.name, error=repr(error))
            self._digest_singly(consumer, items, before)
        return len(items)

    def _next(self, after: int, fences: int, limit: int) -> list[FeedItem]:
        """As `read`, or what was read there before, where nobody was erased from it since.

        Of that only `voided_seq` can have changed meanwhile, by a statement that every consumer still has before it.
        """
        place, then, items = self._ahead
        if place != after or then != fences or not items:
            items = self.read(after, limit)
            self._ahead = (after, fences, items)
        return items[:limit]

    def parked(self, limit: int | None = None) -> list[Parked]:
        """What could not be digested, the oldest first."""
        p = t.parked.c
        query = (
            select(t.parked, t.statement.c.id)
            .outerjoin(t.statement, t.statement.c.seq == p.seq)
            .order_by(p.seq, p.consumer)
            .limit(limit)
        )
        with self._database.read() as conn:
            return [
                Parked(row.consumer, row.seq, UUID(bytes=row.id) if row.id else None, row.error, row.parked_at)
                for row in conn.execute(query)
            ]

    def count_parked(self) -> int:
        with self._database.read() as conn:
            return conn.scalar(select(func.count()).select_from(t.parked)) or 0

    def retry(self, consumer: Consumer, seq: int) -> str | None:
        """Let a consumer digest a parked item after all; returns why it still cannot, which is then kept with the item.

        Its effect and its leaving the list commit together.  What is not parked, or no longer, is left alone.
        """
        here = and_(t.parked.c.consumer == consumer.name, t.parked.c.seq == seq)
        while True:
            try:
                self._unpark(consumer, seq, here)
            except _Changed:
                continue
            except _Moved:
                return None
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, it is kept with the item
                log.warning("item stays parked", consumer=consumer.name, seq=seq, error=repr(error))
                return self._keep_parked(here, error)
            return None

    def _keep_parked(self, here: ColumnElement[bool], error: Exception) -> str:
        told = _told(error)
        self._database.write(lambda conn: conn.execute(update(t.parked).where(here).values(error=told)))
        return told

    def _unpark(self, consumer: Consumer, seq: int, here: ColumnElement[bool]) -> None:
        items = self.read(seq - 1, 1)
        effect = consumer.consume(items)
        now, by = self._clock.now(), audit.asker()

        def commit(conn: Connection) -> None:
            # The consumer's own step waits, so that it cannot void what is not there yet; then it looks anew.
            fenced = update(t.consumer).values(fence=t.consumer.c.fence + 1)
            conn.execute(fenced.where(t.consumer.c.name == consumer.name))
            if conn.execute(delete(t.parked).where(here)).rowcount != 1:
                raise _Moved
            if items_after(conn, seq - 1, 1) != items:
                raise _Changed
            if effect is not None:
                effect(conn)
            for item in items:
                told = {"seq": seq, **({"statement": str(item.id)} if item.id else {})}
                audit.record(conn, "feed.retry", consumer.name, told, at=now, tenant_id=item.tenant_id, by=by)

        self._database.write(commit, priority=Priority.DECISION)

    def _digest(self, consumer: Consumer, items: Sequence[FeedItem], passed: _Passed, *, is_full: bool = False) -> None:
        """Keep what items leave, with the cursor; `is_full`: more may follow, for which a cursor that moves alone waits."""
        effect = consumer.consume(items)
        last, many = items[-1].seq, passed.many + len(items)
        if effect is None and is_full and many < _FAR:
            self._passed[consumer.name] = _Passed(passed.place, last, many)
        else:

            def commit(conn: Connection) -> None:
                self._advance(conn, consumer.name, passed.place, last)
                if effect is not None:
                    effect(conn)

            self._database.write(commit, priority=Priority.DECISION)
        self._failures[consumer.name] = 0

    def _digest_singly(self, consumer: Consumer, items: Sequence[FeedItem], before: _Place) -> None:
        for item in items:
            try:
                self._try(consumer, item, before)
            except _Moved:
                return
            before = before._replace(cursor=item.seq)

    def _try(self, consumer: Consumer, item: FeedItem, before: _Place) -> None:
        """Digest one item or park it.  Raises HaltedConsumer."""
        try:
            self._digest(consumer, [item], _Passed(before, before.cursor, 0))
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

    def _park(self, name: str, item: FeedItem, before: _Place, error: Exception) -> None:
        log.error("item parked", consumer=name, seq=item.seq, error=repr(error))

        def commit(conn: Connection) -> None:
            self._advance(conn, name, before, item.seq)
            row = {"consumer": name, "seq": item.seq, "error": _told(error), "parked_at": self._clock.now()}
            conn.execute(self._database.dialect.insert(t.parked).on_conflict_do_nothing(), row)

        self._database.write(commit)

    def _advance(self, conn: Connection, name: str, before: _Place, after: int) -> None:
        move = {"consumer": name, "at": before.cursor, "fenced": before.fence, "to": after}
        if conn.execute(_ADVANCE, move).rowcount != 1:
            raise _Moved


def rewind(conn: Connection, consumer: str) -> None:
    """Let a consumer begin at the beginning again, inside the write that throws away what it has left."""
    conn.execute(delete(t.parked).where(t.parked.c.consumer == consumer))
    conn.execute(update(t.consumer).where(t.consumer.c.name == consumer).values(cursor=0))


def _told(error: Exception) -> str:
    return repr(error)[:2000]


_PLACE = select(
    t.consumer.c.cursor, t.consumer.c.fence, select(func.sum(t.consumer.alias("all_of_them").c.fence)).scalar_subquery()
).where(t.consumer.c.name == bindparam("consumer"))
_ADVANCE = (
    update(t.consumer)
    .where(
        t.consumer.c.name == bindparam("consumer"),
        t.consumer.c.cursor == bindparam("at"),
        t.consumer.c.fence == bindparam("fenced"),
    )
    .values(cursor=bindparam("to"))
)
