"""Sends mailings, at least once and each under an id of its own, and decides what a failure means.

Tried again for 72 hours with growing random pauses, then given up; given up at once when trying again cannot help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from lrs.clock import SECOND
from lrs.failpoints import reach
from lrs.jobs import NETWORK
from lrs.logs import get_logger
from lrs.mail import MailDown, MailError, Message
from lrs.retries import Randomness, backoff, system_randomness
from reports.mailings import outbox
from reports.mailings.outbox import MailingState
from rules.escalation.postman import NoAddress

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

SLICE = 10
_LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Skip:
    """A letter that need not be written, and why."""

    reason: str


Writer = Callable[[Row[Any]], Message | Skip]
"""Writes the letter of a mailing.  Raises MailError when there is nowhere to send it."""


class Sender:
    """The job that sends what waits, a slice at a time."""

    name = "reports.mailings"
    lane = NETWORK

    def __init__(
        self, prowess: Prowess, writers: Mapping[str, Writer], *, randomness: Randomness = system_randomness
    ) -> None:
        self._prowess = prowess
        self._writers = writers
        self._randomness = randomness

    def run(self) -> bool:
        """Send a slice; False when there was nothing to send, or nobody to send it to."""
        database, now = self._prowess.database, self._prowess.clock.now()
        if not self._prowess.mail.is_configured:
            outbox.give_up_unsendable(database, now)
            return False
        seconds = _LEASE_SECONDS + SLICE * self._prowess.settings.mail.timeout
        claimed = outbox.claim(database, now, SLICE, seconds)
        for position, row in enumerate(claimed):
            if not self._deliver(row, now):
                later = now + round(self._pause(row) * SECOND)
                for rest in claimed[position + 1 :]:
                    outbox.settle(database, rest, not_before=later, attempts=rest.attempts - 1)
                return False
        return bool(claimed)

    def next_due(self) -> int | None:
        if not self._prowess.mail.is_configured:
            return None
        with self._prowess.database.read() as conn:
            return outbox.next_due(conn)

    def _deliver(self, row: Row[Any], now: int) -> bool:
        """False when the server cannot be used now, so that the rest waits too."""
        database = self._prowess.database
        try:
            written = self._writers[row.kind](row)
            if isinstance(written, Skip):
                return outbox.settle(database, row, state=MailingState.SKIPPED, reason=written.reason) or True
            self._prowess.mail.send(written)
        except MailError as error:
            self._failed(row, error, now)
            return not isinstance(error, MailDown)
        reach("reports.mailing-sent-not-recorded")
        outbox.settle(database, row, state=MailingState.SENT, sent_at=now, last_error=None)
        return True

    def _failed(self, row: Row[Any], error: MailError, now: int) -> None:
        database, facts = self._prowess.database, {"last_error": outbox.told(error)}
        if not error.retryable or now >= row.give_up_at:
            log.error("mailing given up", mailing=row.id.hex(), attempts=row.attempts, error=error.message)
            reason = "no_address" if isinstance(error, NoAddress) else "gave_up"
            outbox.settle(database, row, state=MailingState.DEAD, reason=reason, **facts)
            return
        wait = self._pause(row)
        log.warning("mailing not sent, trying again", mailing=row.id.hex(), wait_seconds=round(wait, 1))
        outbox.settle(database, row, not_before=now + round(wait * SECOND), **facts)

    def _pause(self, row: Row[Any]) -> float:
        return backoff(row.attempts, self._randomness)
