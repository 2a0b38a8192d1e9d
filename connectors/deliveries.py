"""From decisions to deliveries: a follower of the feed that reads our own statements and fills the outbox.

Deliveries and cursor commit together, and a delivery's key is made of the statement and the connector, so that a replay
of the feed sends nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection

from connectors.contract import Connector
from connectors.decisions import ESCALATIONS, GAINS, LOSSES, Decision, Transition, load_decision
from connectors.outbox import Delivery, Outbox
from lrs.clock import Clock, to_text
from lrs.errors import BadRequest
from lrs.feed.consumer import Effect
from lrs.feed.feed import Feed
from lrs.feed.items import OURS, STATEMENT, FeedItem
from lrs.logs import get_logger
from lrs.prowess import Push
from lrs.store.tables import DEFAULT_TENANT

log = get_logger(__name__)

NAMESPACE = UUID("0f9b3f0e-5a0b-5c0e-9d53-6d1f3b1c7a52")
_BATCH: Final = 500


class DeliveryWriter:
    """Writes one delivery for each connector that wants to know of a decision.

    It follows the feed even when nothing is configured: a system connected later is told what happens from then on, not
    years of history; `standing` tells it where things are.  Systems are configured for the default tenant, so no other
    tenant's decisions reach them.
    """

    name = "connectors.deliveries"
    batch = 50

    def __init__(self, outbox: Outbox, connectors: Iterable[Connector], clock: Clock) -> None:
        self._outbox = outbox
        self._connectors = tuple(connectors)
        self._clock = clock

    def consume(self, items: Sequence[FeedItem]) -> Effect | None:
        now = self._clock.now()
        told = [(item, decision) for item in items if (decision := _decision(item)) is not None]
        if not told:
            return None
        deliveries = [one for item, decision in told for one in _deliveries(item, decision, self._connectors, now)]

        def effect(conn: Connection) -> None:
            self._outbox.add(conn, deliveries)

        return effect


def standing(feed: Feed, connector: Connector, now: int) -> list[Delivery]:
    """What a system is to be told of decisions from before it was configured, in order: who is assigned, and the award that
    stands.  What became void or was overtaken since is left out, and so is what ladders did.
    """
    found: dict[tuple[str, str, bool], tuple[FeedItem, Decision]] = {}
    after = 0
    while items := feed.read(after, _BATCH):
        after = items[-1].seq
        for item in items:
            decision = _readable(item)
            if decision is not None and decision.transition not in ESCALATIONS:
                is_award = decision.transition in GAINS | LOSSES
                found[decision.person, decision.program, is_award] = (item, decision)
    return [
        one
        for item, decision in sorted(found.values(), key=lambda told: told[0].seq)
        if decision.transition != Transition.UNASSIGNED
        for one in _deliveries(item, decision, (connector,), now)
    ]


def _readable(item: FeedItem) -> Decision | None:
    if item.voided_seq is not None:
        return None
    try:
        return _decision(item)
    except BadRequest as error:
        log.warning("a decision cannot be told", statement=str(item.id), error=error.message)
        return None


def _decision(item: FeedItem) -> Decision | None:
    """The decision of the default tenant that an item is, if it is one.  Raises BadRequest."""
    if item.kind != STATEMENT or item.origin != OURS or item.tenant_id != DEFAULT_TENANT or item.id is None:
        return None
    return load_decision(item.id, to_text(item.timestamp), item.statement)


def _deliveries(item: FeedItem, decision: Decision, connectors: Iterable[Connector], now: int) -> Iterator[Delivery]:
    """What these systems are to be told of a decision; item: the statement that reports it."""
    payload = json.dumps(decision.to_json(), separators=(",", ":"))
    for connector in connectors:
        capability = connector.wants(decision)
        if capability is not None:
            yield Delivery(
                tenant_id=item.tenant_id,
                key=delivery_key(connector.name, decision.statement_id),
                seq=item.seq,
                statement_id=decision.statement_id,
                connector=connector.name,
                capability=capability,
                person_id=decision.person,
                program_id=decision.program,
                payload=payload,
                created_at=now,
                not_before=now,
            )


def foresee(connectors: Iterable[Connector], statement: Mapping[str, Any]) -> Iterable[Push]:
    """Which systems would be told of a statement, were it recorded."""
    decision = load_decision(UUID(statement["id"]), statement["timestamp"], statement)
    if decision is None:
        return
    for connector in connectors:
        capability = connector.wants(decision)
        if capability is not None:
            yield Push(connector.name, str(capability))


def delivery_key(connector: str, statement_id: UUID) -> UUID:
    """The id and idempotency key of telling one system of one decision."""
    return uuid5(NAMESPACE, f"{connector} {statement_id}")
