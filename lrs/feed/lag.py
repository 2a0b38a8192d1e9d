"""How far those who follow the feed have come."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from lrs.clock import SECOND
from lrs.feed.items import count_after, next_after
from lrs.store import tables as t


class Lag(NamedTuple):
    """How far a consumer has come.

    items: before it, counted up to a bound.  since: the number, hence the time, of the first of them; None at the end.
    """

    consumer: str
    cursor: int
    items: int
    since: int | None
    parked: int

    def is_older_than(self, instant: int) -> bool:
        """Whether the oldest item before it came before an instant."""
        return self.since is not None and self.since < instant

    def seconds(self, now: int) -> float:
        """The age of the oldest item before it; 0 at the end."""
        return 0.0 if self.since is None else max(0, now - self.since) / SECOND


def lags_of(conn: Connection, consumers: Collection[str], most: int) -> list[Lag]:
    """How far each consumer has come; at most `most` items are counted for each."""
    p = t.parked.c
    cursors = _cursors(conn, consumers)
    counted = select(p.consumer, func.count().label("many")).group_by(p.consumer)
    parked = {row.consumer: row.many for row in conn.execute(counted)}
    ahead = {at: (count_after(conn, at, most), next_after(conn, at)) for at in {0, *cursors.values()}}
    return [Lag(name, at, *ahead[at], parked.get(name, 0)) for name in consumers for at in [cursors.get(name, 0)]]


def oldest_before(conn: Connection, consumers: Collection[str]) -> int | None:
    """The number, hence the time, of the oldest item that one of these consumers has before it; None when there is none."""
    cursors = _cursors(conn, consumers)
    return next_after(conn, min(cursors.get(name, 0) for name in consumers)) if consumers else None


def _cursors(conn: Connection, consumers: Collection[str]) -> Mapping[str, int]:
    """Where each consumer is; who was never asked for anything is not there."""
    c = t.consumer.c
    query = select(c.name, c.cursor).where(c.name.in_(consumers))
    return {row.name: row.cursor for row in conn.execute(query)}
