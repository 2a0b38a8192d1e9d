"""The outbox: what has to reach other systems, in the database, so that no crash forgets it.

`not_before` is when anybody may take a delivery: now, after a back-off, or when the lease of whoever holds it runs out.
The lease is also the fence: who lost it can record nothing any more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select, update

from connectors.contract import Capability, Order, Receipt
from connectors.decisions import Decision
from connectors.tables import delivery as table
from lrs.clock import SECOND, Clock
from lrs.db import Database, by_tenant
from lrs.erasure.remembered import pseudonyms_among
from lrs.errors import NotFound, ProwessError
from lrs.letters import told_of
from lrs.store import audit

c = table.c


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One decision on its way to one system.  `key` is its id and its idempotency key."""

    tenant_id: int
    key: UUID
    seq: int
    statement_id: UUID
    connector: str
    capability: Capability
    person_id: str
    program_id: str
    payload: str
    state: State = State.PENDING
    attempts: int = 0
    not_before: int = 0
    lease_until: int | None = None
    created_at: int = 0
    first_tried_at: int | None = None
    sent_at: int | None = None
    remote_status: int | None = None
    last_error: str | None = None
    acknowledged_at: int | None = None
    """When somebody said that they know it was given up."""

    @property
    def order(self) -> Order:
        """Raises BadRequest when the payload is not a decision."""
        return Order(self.key, self.capability, Decision.from_json(json.loads(self.payload)))


@dataclass(frozen=True, slots=True)
class Failing:
    """Deliveries to one system that were given up, or that wait: how many, since when, and the newest one's error."""

    connector: str
    state: State
    count: int
    since: int
    error: str | None


class Outbox:
    """Deliveries in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, conn: Connection, deliveries: Sequence[Delivery]) -> None:
        """Inside a write: put deliveries in; those already there stay as they are, and of who was erased nobody is told.

        One whose decision was parked may come after a later one was delivered; it is cancelled then, and kept as a record.
        """
        known = {one.tenant_id: set[str]() for one in deliveries}
        for tenant_id in known:
            people = {one.person_id for one in deliveries if one.tenant_id == tenant_id}
            known[tenant_id] = pseudonyms_among(conn, tenant_id, people)
        deliveries = [one for one in deliveries if one.person_id not in known[one.tenant_id]]
        if not deliveries:
            return
        overtaken = _overtaken(conn, deliveries)
        rows = [_row(_cancelled(one) if one.key in overtaken else one) for one in deliveries]
        conn.execute(self._database.dialect.insert(table).on_conflict_do_nothing(), rows)

    def new(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Those of them that are not here, whatever became of the others."""
        known: set[bytes] = set()
        with self._database.read() as conn:
            for tenant_id, keys in by_tenant({(one.tenant_id, one.key.bytes) for one in deliveries}):
                known.update(conn.scalars(select(c.id).where(c.tenant_id == tenant_id, c.id.in_(keys))))
        return [one for one in deliveries if one.key.bytes not in known]

    def claim(self, connector: str, most: int, seconds: float) -> list[Delivery]:
        """Take up to `most` due deliveries of a connector for a time.

        A delivery waits for an earlier one to the same system about the same person and program.
        """
        with self._database.read() as conn:  # spares the writer a turn when there is nothing to do
            if conn.execute(_due(connector, self._clock.now()).limit(1)).first() is None:
                return []

        def take(conn: Connection) -> list[Delivery]:
            now = self._clock.now()
            until = now + round(seconds * SECOND)
            waiting = _due(connector, now).limit(most).with_for_update(**self._database.dialect.claim_suffix())
            rows = conn.execute(waiting).all()
            for row in rows:
                values = {"lease_until": until, "not_before": until, "attempts": row.attempts + 1}
                values |= {} if row.first_tried_at else {"first_tried_at": now}
                conn.execute(update(table).where(_is(row.tenant_id, row.id)).values(values))
            return [_delivery(row, until, now) for row in rows]

        return self._database.write(take)

    def record_sent(self, delivery: Delivery, receipt: Receipt) -> bool:
        """False when the lease was lost meanwhile: somebody else sends it again, under the same key."""
        values = {"sent_at": self._clock.now(), "remote_status": receipt.remote_status, "last_error": None}
        return self._settle(delivery, {"state": State.SENT, **values})

    def record_failure(self, delivery: Delivery, error: ProwessError, *, retry_at: int | None) -> bool:
        """Wait until `retry_at`, or give up when that is None."""
        status = getattr(error, "remote_status", None)
        state = {"state": State.DEAD} if retry_at is None else {"not_before": retry_at}
        return self._settle(delivery, {**state, "last_error": told_of(error), "remote_status": status})

    def release(self, deliveries: Sequence[Delivery]) -> None:
        """Give back what was claimed and not tried."""
        for delivery in deliveries:
            first = delivery.first_tried_at if delivery.attempts > 1 else None
            undone = {"attempts": delivery.attempts - 1, "first_tried_at": first}
            self._settle(delivery, {"not_before": self._clock.now(), **undone})

    def next_due(self, connector: str) -> int | None:
        """When the next delivery of a connector may be tried; those that wait for an earlier one do not count."""
        with self._database.read() as conn:
            row = conn.execute(_waiting(connector).limit(1)).first()
        return None if row is None else int(row.not_before)

    def list(self, state: State | None, limit: int) -> list[Delivery]:
        """The newest deliveries first."""
        query = select(table).order_by(c.seq.desc(), c.connector).limit(limit)
        with self._database.read() as conn:
            rows = conn.execute(query if state is None else query.where(c.state == state)).all()
        return [_delivery(row, row.lease_until, None) for row in rows]

    def counts(self) -> dict[tuple[str, State], int]:
        """How many deliveries of each connector stand where."""
        with self._database.read() as conn:
            rows = conn.execute(select(c.connector, c.state, func.count()).group_by(c.connector, c.state)).all()
        return {(connector, State(state)): count for connector, state, count in rows}

    def failing(self, *, given_up_after: int, tried_before: int) -> Sequence[Failing]:
        """What was given up from an instant on and nobody acknowledged, and what was first tried before another one and still
        is not taken.
        """
        given_up = and_(c.state == State.DEAD, c.created_at >= given_up_after, c.acknowledged_at.is_(None))
        waiting = and_(c.state == State.PENDING, c.attempts > 0, c.first_tried_at < tried_before)
        query = (
            select(
                c.connector,
                c.state,
                func.count().label("number"),
                func.min(c.first_tried_at).label("since"),
                func.max(c.seq).label("newest"),
            )
            .where(or_(given_up, waiting))
            .group_by(c.connector, c.state)
            .order_by(c.connector, c.state)
        )
        with self._database.read() as conn:
            return [
                Failing(row.connector, State(row.state), row.number, row.since, conn.scalar(_error_of(row)))
                for row in conn.execute(query).all()
            ]

    def retry(self, key: UUID | None) -> tuple[int, int]:
        """Let a dead delivery, or with None all of them, start afresh; returns how many do and how many are superseded.

        One that a later delivery has overtaken is cancelled instead: an LMS must not be told yesterday's state today.
        Raises NotFound when no dead delivery has the key.
        """

        def revive(conn: Connection) -> tuple[int, int]:
            query = select(table).where(c.state == State.DEAD).order_by(c.seq, c.id).with_for_update()
            rows = conn.execute(query if key is None else query.where(c.id == key.bytes)).all()
            if key is not None and not rows:
                raise _no_dead(key)
            dead = [_delivery(row, None, None) for row in rows]
            overtaken = _overtaken(conn, dead)
            fresh = {
                "state": State.PENDING,
                "attempts": 0,
                "first_tried_at": None,
                "not_before": self._clock.now(),
                "acknowledged_at": None,
            }
            for one in dead:
                values = {"state": State.CANCELLED} if one.key in overtaken else fresh
                conn.execute(update(table).where(_is(one.tenant_id, one.key.bytes)).values(values))
            many = Counter((one.tenant_id, one.connector, one.key in overtaken) for one in dead)
            for tenant_id, name in sorted({(one.tenant_id, one.connector) for one in dead}):
                told = {"pending": many[tenant_id, name, False], "cancelled": many[tenant_id, name, True]}
                audit.record(conn, "deliveries.retry", name, told, at=self._clock.now(), tenant_id=tenant_id)
            return len(dead) - len(overtaken), len(overtaken)

        return self._database.write(revive)

    def acknowledge(self, key: UUID | None) -> int:
        """Note that somebody knows of a dead delivery, or with None of all of them; returns of how many nobody had known.

        They stay dead, and may be tried afresh.  Raises NotFound when no dead delivery has the key.
        """

        def note(conn: Connection) -> int:
            dead = c.state == State.DEAD if key is None else and_(c.state == State.DEAD, c.id == key.bytes)
            if key is not None and conn.scalar(select(c.id).where(dead).limit(1)) is None:
                raise _no_dead(key)
            unknown, now = and_(dead, c.acknowledged_at.is_(None)), self._clock.now()
            count = func.count()
            query = select(c.tenant_id, c.connector, count).where(unknown).group_by(c.tenant_id, c.connector)
            found = conn.execute(query.order_by(c.tenant_id, c.connector)).all()
            conn.execute(update(table).where(unknown).values(acknowledged_at=now))
            for tenant_id, name, number in found:
                told = {"deliveries": number, **({} if key is None else {"id": str(key)})}
                audit.record(conn, "deliveries.acknowledge", name, told, at=now, tenant_id=tenant_id)
            return sum(number for _, _, number in found)

        return self._database.write(note)

    def _settle(self, delivery: Delivery, values: dict[str, Any]) -> bool:
        held = and_(_is(delivery.tenant_id, delivery.key.bytes), c.lease_until == delivery.lease_until)
        change = update(table).where(held, c.state == State.PENDING).values({"lease_until": None, **values})
        return self._database.write(lambda conn: conn.execute(change).rowcount == 1)


_TOPICS = {
    Capability.ASSIGN: (Capability.ASSIGN, Capability.UNASSIGN),
    Capability.UNASSIGN: (Capability.ASSIGN, Capability.UNASSIGN),
    Capability.WRITE_RESULT: (Capability.WRITE_RESULT,),
}
"""Which kinds set the same state; a notification sets none, so none overtakes it."""


_Topic = tuple[int, str, str, str]
"""Tenant, person, program and connector."""


def _no_dead(key: UUID) -> NotFound:
    return NotFound(f"no dead delivery has the id {key}", hint="see: prowess connect deliveries --state dead")


def _is(tenant_id: int, key: bytes) -> ColumnElement[bool]:
    return and_(c.tenant_id == tenant_id, c.id == key)


def _error_of(row: Row[Any]) -> Select[Any]:
    """Why the newest of some deliveries failed."""
    newest = and_(c.connector == row.connector, c.state == row.state, c.seq == row.newest)
    return select(c.last_error).where(newest).limit(1)


def _waiting(connector: str) -> Select[Any]:
    """Pending deliveries that wait for nothing but time, the earliest first."""
    earlier = table.alias("earlier")
    blocked = exists().where(
        earlier.c.tenant_id == c.tenant_id,
        earlier.c.person_id == c.person_id,
        earlier.c.program_id == c.program_id,
        earlier.c.connector == c.connector,
        earlier.c.seq < c.seq,
        earlier.c.state == State.PENDING,
    )
    waiting = select(table).where(c.state == State.PENDING, c.connector == connector, ~blocked)
    return waiting.order_by(c.not_before, c.seq)


def _due(connector: str, now: int) -> Select[Any]:
    return _waiting(connector).where(c.not_before <= now)


def _overtaken(conn: Connection, deliveries: Sequence[Delivery]) -> set[UUID]:
    """Those that a later delivery on the same topic, sent or being sent, has overtaken.

    Later ones that wait are locked, so that nobody takes one before the commit and overtakes unseen.
    """
    first = min((one.seq for one in deliveries), default=0)
    found: dict[_Topic, list[Row[Any]]] = {}
    for tenant_id, people in by_tenant({(one.tenant_id, one.person_id) for one in deliveries}):
        later = and_(c.tenant_id == tenant_id, c.person_id.in_(people), c.seq > first)
        alive = c.state.in_((State.PENDING, State.SENT))
        for row in conn.execute(select(table).where(later, alive).order_by(c.seq, c.id).with_for_update()):
            found.setdefault((tenant_id, row.person_id, row.program_id, row.connector), []).append(row)
    return {
        one.key
        for one in deliveries
        for row in found.get((one.tenant_id, one.person_id, one.program_id, one.connector), ())
        if row.seq > one.seq
        and row.kind in _TOPICS.get(one.capability, ())
        and (row.state == State.SENT or row.lease_until is not None)
    }


def _cancelled(delivery: Delivery) -> Delivery:
    return replace(delivery, state=State.CANCELLED, last_error="something later was delivered already")


def _row(delivery: Delivery) -> dict[str, Any]:
    own = {field.name: getattr(delivery, field.name) for field in fields(delivery)}
    own["id"] = own.pop("key").bytes
    own["statement_id"] = delivery.statement_id.bytes
    own["kind"] = own.pop("capability")
    return own


def _delivery(row: Row[Any], lease_until: int | None, now: int | None) -> Delivery:
    """A row as a value; with `now` as it stands after being claimed."""
    claimed = now is not None
    return Delivery(
        tenant_id=row.tenant_id,
        key=UUID(bytes=row.id),
        seq=row.seq,
        statement_id=UUID(bytes=row.statement_id),
        connector=row.connector,
        capability=Capability(row.kind),
        person_id=row.person_id,
        program_id=row.program_id,
        payload=row.payload,
        state=State(row.state),
        attempts=row.attempts + claimed,
        not_before=row.not_before,
        lease_until=lease_until,
        created_at=row.created_at,
        first_tried_at=row.first_tried_at or now,
        sent_at=row.sent_at,
        remote_status=row.remote_status,
        last_error=row.last_error,
        acknowledged_at=row.acknowledged_at,
    )
