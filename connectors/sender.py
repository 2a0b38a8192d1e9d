"""Sending what waits in the outbox, at least once, and deciding what a failure means.

Tried again for 72 hours with growing random pauses, then given up; given up at once when trying again cannot help.
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.breaker import Breaker
from connectors.contract import Connector, Receipt
from connectors.errors import RemoteError, SystemDown
from connectors.outbox import Delivery, Outbox
from lrs.clock import SECOND, Clock
from lrs.errors import DeliveryError, ProwessError, Unavailable
from lrs.failpoints import reach
from lrs.jobs import NETWORK
from lrs.logs import get_logger
from lrs.retries import GIVE_UP_AFTER, LONGEST_BACKOFF, Randomness, backoff, system_randomness

log = get_logger(__name__)

SLICE = 10
_SLICE_SECONDS = 30.0
"""A slice starts no new delivery after this long, so that its leases cover the last one."""


class Sender:
    """The job that empties the outbox, a slice for each system in turn."""

    name = "connectors.send"
    lane = NETWORK

    def __init__(
        self,
        outbox: Outbox,
        connectors: Iterable[Connector],
        clock: Clock,
        *,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._outbox = outbox
        self._connectors = tuple(connectors)
        self._clock = clock
        self._randomness = randomness
        self._breaker = Breaker(clock)

    def run(self) -> bool:
        return any([self._serve(connector) for connector in self._connectors])  # noqa: C419 - everybody's turn, each time

    def next_due(self) -> int | None:
        due = [
            max(at, self._breaker.paused_until(connector.name))
            for connector in self._connectors
            if (at := self._outbox.next_due(connector.name)) is not None
        ]
        return min(due, default=None)

    def _serve(self, connector: Connector) -> bool:
        """One slice for one system; False when there was nothing to send to it."""
        most = self._breaker.allowance(connector.name, SLICE)
        if not most:
            return False
        claimed = self._outbox.claim(connector.name, most, _SLICE_SECONDS + connector.patience)
        stop_at = self._clock.now() + round(_SLICE_SECONDS * SECOND)
        for position, delivery in enumerate(claimed):
            if self._clock.now() > stop_at or not self._breaker.allowance(connector.name, 1):
                self._outbox.release(claimed[position:])
                break
            self._send(connector, delivery)
        return bool(claimed)

    def _send(self, connector: Connector, delivery: Delivery) -> None:
        try:
            receipt = connector.deliver(delivery.order)
        except Unavailable:
            raise
        except DeliveryError as error:
            self._failed(delivery, error)
        except ProwessError as error:
            self._bury(delivery, error)
        except Exception as error:
            log.exception("connector failed", connector=delivery.connector, delivery=str(delivery.key))
            told = f"the connector itself failed: {type(error).__name__}"
            self._failed(delivery, RemoteError(told, retryable=True, hint="the log has the details"))
        else:
            self._accepted(delivery, receipt)

    def _accepted(self, delivery: Delivery, receipt: Receipt) -> None:
        self._breaker.answered(delivery.connector)
        reach("connectors.sent-not-recorded")
        if self._outbox.record_sent(delivery, receipt):
            log.info("delivered", connector=delivery.connector, delivery=str(delivery.key), note=receipt.note)
        else:
            log.warning("lease lost; it will be sent again", delivery=str(delivery.key))

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        if isinstance(error, SystemDown):
            self._breaker.failed(delivery.connector, error.retry_after)
        else:
            self._breaker.answered(delivery.connector)
        now = self._clock.now()
        tried_for = (now - (delivery.first_tried_at or now)) / SECOND
        if not error.retryable or tried_for >= GIVE_UP_AFTER:
            self._bury(delivery, error)
            return
        wait = max(backoff(delivery.attempts, self._randomness), min(error.retry_after or 0.0, LONGEST_BACKOFF))
        log.warning(
            "delivery failed, trying again",
            connector=delivery.connector,
            delivery=str(delivery.key),
            attempts=delivery.attempts,
            wait_seconds=round(wait, 1),
            error=error.message,
        )
        self._outbox.record_failure(delivery, error, retry_at=now + round(wait * SECOND))

    def _bury(self, delivery: Delivery, error: ProwessError) -> None:
        log.error(
            "delivery given up",
            connector=delivery.connector,
            delivery=str(delivery.key),
            attempts=delivery.attempts,
            error=error.message,
        )
        self._outbox.record_failure(delivery, error, retry_at=None)
