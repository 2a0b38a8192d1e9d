"""Letters on their way: rows that wait in the database, so that no crash forgets them, and the job that mails them.

Whoever has letters has a table with the columns named in `Outbox`; what a letter says, and whether it is still to be
sent, is the business of its owner.  `not_before` is when anybody may take a letter; a lease is the fence: who lost it can
record nothing any more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select, update

from lrs.clock import SECOND
from lrs.db import Database
from lrs.errors import NotFound, ProwessError, Unavailable
from lrs.failpoints import reach
from lrs.jobs import NETWORK
from lrs.logs import get_logger
from lrs.mail import MailDown, MailError, Message
from lrs.retries import GIVE_UP_AFTER, Randomness, backoff, system_randomness

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

WAITING: Final = "waiting"
SENT: Final = "sent"
DEAD: Final = "dead"
SLICE: Final = 10
_SLICE_SECONDS: Final = 60.0
"""After so long no other letter of a slice is begun."""
_STEPS: Final = 13
"""Of a conversation, each as long as `mail.timeout`: connecting, greeting, EHLO, STARTTLS and its handshake, EHLO, AUTH in two,
MAIL, RCPT, DATA, the end of the message, QUIT."""
_MOST_TOLD: Final = 2000

Settlement = Mapping[str, Any]
"""Columns of a letter that is not to be sent, or not now."""


class NoAddress(MailError):
    """There is nowhere to send this to."""

    code = "no-address"


class Outbox:
    """The letters of one table.

    Columns: tenant_id, id, state, reason, not_before, give_up_at, lease_until, attempts, sent_at, last_error.
    order: of letters that are due at once.  what, see: how a letter is called, and what lists them.
    """

    def __init__(self, table: Table, order: str, *, what: str, see: str) -> None:
        self._table = table
        self._order = table.c[order]
        self._what = what
        self._see = see

    def next_due(self, conn: Connection) -> int | None:
        """When the next letter may be sent."""
        c = self._table.c
        due: int | None = conn.scalar(select(func.min(c.not_before)).where(c.state == WAITING))
        return due

    def claim(self, database: Database, now: int, most: int, seconds: float) -> list[Row[Any]]:
        """Take up to `most` due letters for a time."""
        table, c = self._table, self._table.c
        due = select(table).where(c.state == WAITING, c.not_before <= now).order_by(c.not_before, self._order)
        with database.read() as conn:  # spares the writer a turn when there is nothing to do
            if conn.execute(due.limit(1)).first() is None:
                return []
        until = now + round(seconds * SECOND)

        def take(conn: Connection) -> list[Row[Any]]:
            rows = conn.execute(due.limit(most).with_for_update(**database.dialect.claim_suffix())).all()
            for row in rows:
                taken = {"lease_until": until, "not_before": until, "attempts": row.attempts + 1}
                conn.execute(update(table).where(self._is(row)).values(taken))
            mine = and_(c.id.in_([row.id for row in rows]), c.lease_until == until)
            return list(conn.execute(select(table).where(mine).order_by(self._order)))

        return database.write(take)

    def settle(self, database: Database, row: Row[Any], **values: Any) -> bool:
        """Write down what became of a claimed letter; False when the lease was lost or it was called off meanwhile."""
        c = self._table.c
        held = and_(self._is(row), c.lease_until == row.lease_until, c.state == WAITING)
        change = update(self._table).where(held).values({"lease_until": None, **values})
        return database.write(lambda conn: conn.execute(change).rowcount == 1)

    def give_up_unsendable(self, database: Database, now: int) -> None:
        """Without a server nothing waits for ever: a year of letters must not go out on the day one is configured."""
        c = self._table.c
        old = and_(c.state == WAITING, c.give_up_at <= now)
        with database.read() as conn:
            if conn.scalar(select(c.id).where(old).limit(1)) is None:
                return
        values = {"state": DEAD, "reason": "gave_up", "last_error": "no mail server is configured"}
        database.write(lambda conn: conn.execute(update(self._table).where(old).values(values)))

    def retry(self, database: Database, now: int, id_: UUID | None = None) -> int:
        """Let a letter that was given up, or with None all of them, start afresh; returns how many.  Raises NotFound."""
        c = self._table.c
        dead = and_(c.state == DEAD, *([] if id_ is None else [c.id == id_.bytes]))
        fresh = {
            "state": WAITING,
            "reason": None,
            "attempts": 0,
            "not_before": now,
            "give_up_at": now + GIVE_UP_AFTER * SECOND,
        }
        count = database.write(lambda conn: conn.execute(update(self._table).where(dead).values(fresh)).rowcount)
        if id_ is not None and not count:
            raise NotFound(f"no {self._what} that was given up has the id {id_}", hint=f"see: {self._see}")
        return count

    def _is(self, row: Row[Any]) -> ColumnElement[bool]:
        return and_(self._table.c.tenant_id == row.tenant_id, self._table.c.id == row.id)


class LetterJob(ABC):
    """Sends what waits, a slice at a time, at least once and each under an id of its own.

    Tried again for 72 hours with growing random pauses, then given up; given up at once when trying again cannot help.
    """

    name: str
    lane = NETWORK
    what: str
    """How one of them is called in logs."""
    sent_not_recorded: str
    """The failpoint between the server's word and ours."""

    def __init__(self, prowess: Prowess, outbox: Outbox, *, randomness: Randomness = system_randomness) -> None:
        self._prowess = prowess
        self._outbox = outbox
        self._randomness = randomness

    @abstractmethod
    def write(self, row: Row[Any]) -> Message | Settlement:
        """The letter, or what becomes of it instead.  Raises MailError when there is nowhere to send it."""

    def run(self) -> bool:
        """Send a slice; False when there was nothing to send, or nobody to send it to."""
        database, now = self._prowess.database, self._prowess.clock.now()
        if not self._prowess.mail.is_configured:
            self._outbox.give_up_unsendable(database, now)
            return False
        seconds = _SLICE_SECONDS + _STEPS * self._prowess.settings.mail.timeout
        claimed = self._outbox.claim(database, now, SLICE, seconds)
        stop_at = now + round(_SLICE_SECONDS * SECOND)
        for position, row in enumerate(claimed):
            if self._prowess.clock.now() > stop_at:
                self._put_back(claimed[position:], now)
                break
            if not self._deliver(row):
                self._put_back(claimed[position + 1 :], now + round(self._pause(row) * SECOND))
                return False
        return bool(claimed)

    def _put_back(self, untried: Sequence[Row[Any]], not_before: int) -> None:
        for row in untried:
            self._settle(row, not_before=not_before, attempts=row.attempts - 1)

    def next_due(self) -> int | None:
        if not self._prowess.mail.is_configured:
            return None
        with self._prowess.database.read() as conn:
            return self._outbox.next_due(conn)

    def _deliver(self, row: Row[Any]) -> bool:
        """False when the server cannot be used now, so that the rest waits too."""
        now = self._prowess.clock.now()
        try:
            written = self.write(row)
            if not isinstance(written, Message):
                self._settle(row, **written)
                return True
            self._prowess.mail.send(written)
        except Unavailable:
            raise
        except MailError as error:
            self._failed(row, error, now)
            return not isinstance(error, MailDown)
        except Exception as error:
            log.exception(f"a {self.what} cannot be written", id=row.id.hex())
            self._failed(row, MailError(f"it cannot be written: {error!r}", retryable=False), now)
            return True
        reach(self.sent_not_recorded)
        if not self._settle(row, state=SENT, sent_at=now, last_error=None):
            log.warning(f"a {self.what} was called off while it was sent", id=row.id.hex())
        return True

    def _failed(self, row: Row[Any], error: MailError, now: int) -> None:
        told = told_of(error)
        if not error.retryable or now >= row.give_up_at:
            log.error(f"{self.what} given up", id=row.id.hex(), attempts=row.attempts, error=error.message)
            reason = "no_address" if isinstance(error, NoAddress) else "gave_up"
            self._settle(row, state=DEAD, reason=reason, last_error=told)
            return
        wait = self._pause(row)
        log.warning(
            f"{self.what} not sent, trying again", id=row.id.hex(), wait_seconds=round(wait, 1), error=error.message
        )
        self._settle(row, not_before=now + round(wait * SECOND), last_error=told)

    def _pause(self, row: Row[Any]) -> float:
        return backoff(row.attempts, self._randomness)

    def _settle(self, row: Row[Any], **values: Any) -> bool:
        return self._outbox.settle(self._prowess.database, row, **values)


def told_of(error: ProwessError) -> str:
    """An error as it is kept with what could not be sent."""
    return (error.message if error.hint is None else f"{error.message} ({error.hint})")[:_MOST_TOLD]
