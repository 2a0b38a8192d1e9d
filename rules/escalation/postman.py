"""Sends notices by mail, at least once and each under an id of its own, and decides what a failure means.

Tried again for 72 hours with growing random pauses, never in the recipient's quiet hours, then given up; given up at once when
trying again cannot help.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, update

from lrs.clock import SECOND
from lrs.failpoints import reach
from lrs.jobs import NETWORK
from lrs.logs import get_logger
from lrs.mail import MailDown, MailError, Message
from lrs.people.roster import Person, Roster
from lrs.retries import Randomness, backoff, system_randomness
from rules import tables as r
from rules.decide.calendar import local_date
from rules.escalation import notices
from rules.escalation.climber import learner_of, program_of
from rules.escalation.deadline import stretch_at, why_not
from rules.escalation.held import held
from rules.escalation.hours import allowed
from rules.escalation.letters import letter
from rules.escalation.records import about
from rules.escalation.states import NoticeState
from rules.escalation.tables import notice as table
from rules.language import Ruleset
from rules.language.model import Escalation
from rules.published import Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

SLICE = 10
_LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Addressed:
    """A claimed notice with what its letter needs."""

    row: Row[Any]
    ruleset: Ruleset
    roster: Roster
    recipient: Person | None


class Postman:
    """The job that sends what waits, a slice at a time."""

    name = "rules.notices"
    lane = NETWORK

    def __init__(self, prowess: Prowess, published: Published, *, randomness: Randomness = system_randomness) -> None:
        self._prowess = prowess
        self._published = published
        self._randomness = randomness

    def run(self) -> bool:
        """Send a slice; False when there was nothing to send, or nobody to send it to."""
        if not self._prowess.mail.is_configured:
            self._give_up()
            return False
        now = self._prowess.clock.now()
        claimed = notices.claim(self._prowess.database, now, SLICE, _LEASE_SECONDS + SLICE * self._patience)
        for position, row in enumerate(claimed):
            if not self._deliver(self._addressed(row)):
                for rest in claimed[position + 1 :]:
                    self._settle(rest, not_before=now + round(self._pause(row) * SECOND), attempts=rest.attempts - 1)
                return False
        return bool(claimed)

    def next_due(self) -> int | None:
        if not self._prowess.mail.is_configured:
            return None
        with self._prowess.database.read() as conn:
            return notices.next_due(conn)

    @property
    def _patience(self) -> float:
        return self._prowess.settings.mail.timeout

    def _give_up(self) -> None:
        """Without a server nothing waits for ever: a year of notices must not go out on the day one is configured."""
        now = self._prowess.clock.now()
        old = (table.c.state == NoticeState.WAITING) & (table.c.give_up_at <= now)
        with self._prowess.database.read() as conn:
            if conn.scalar(select(table.c.id).where(old).limit(1)) is None:
                return
        values = {"state": NoticeState.DEAD, "reason": "gave_up", "last_error": "no mail server is configured"}
        self._prowess.database.write(lambda conn: conn.execute(update(table).where(old).values(values)))

    def _addressed(self, row: Row[Any]) -> _Addressed:
        ruleset = self._published.current(row.tenant_id).ruleset
        people = [row.person_id, row.recipient_id]
        roster = self._prowess.people.roster(tenant_id=row.tenant_id, people=people)
        return _Addressed(row, ruleset, roster, roster.people.get(row.recipient_id))

    def _deliver(self, one: _Addressed) -> bool:
        """False when the server cannot be used now, so that the rest waits too."""
        row, now = one.row, self._prowess.clock.now()
        ladder = one.ruleset.escalations.get(row.escalation_id)
        if reason := self._why_not(row, ladder, now):
            return self._settle(row, state=NoticeState.CANCELLED, reason=reason)
        may_at = allowed(ladder.calendar, ZoneInfo(row.zone), now) if ladder else now
        if may_at > now:
            return self._settle(row, not_before=may_at, attempts=row.attempts - 1)
        try:
            self._prowess.mail.send(self._message(one, now))
        except MailError as error:
            self._failed(row, error, now)
            return not isinstance(error, MailDown)
        reach("rules.notice-sent-not-recorded")
        if not self._settle(row, state=NoticeState.SENT, sent_at=now, last_error=None):
            log.warning("a notice was called off while it was sent", notice=row.id.hex())
        return True

    def _why_not(self, row: Row[Any], ladder: Escalation | None, now: int) -> str | None:
        """Why nothing is owed any more: it may have been decided since the ladder was looked at."""
        if ladder is None:
            return "no_ladder"
        pair = (row.person_id, row.program_id)
        with self._prowess.database.read() as conn:
            stretches = held(conn, row.tenant_id, [pair])[pair]
        return why_not(stretch_at(stretches, now), about(row), ladder)

    def _failed(self, row: Row[Any], error: MailError, now: int) -> None:
        if not error.retryable or now >= row.give_up_at:
            log.error("notice given up", notice=row.id.hex(), attempts=row.attempts, error=error.message)
            reason = "no_address" if isinstance(error, NoAddress) else "gave_up"
            self._settle(row, state=NoticeState.DEAD, reason=reason, last_error=notices.told(error))
            return
        wait = self._pause(row)
        log.warning(
            "notice not sent, trying again", notice=row.id.hex(), wait_seconds=round(wait, 1), error=error.message
        )
        self._settle(row, not_before=now + round(wait * SECOND), last_error=notices.told(error))

    def _pause(self, row: Row[Any]) -> float:
        return backoff(row.attempts, self._randomness)

    def _message(self, one: _Addressed, now: int) -> Message:
        """Raises MailError when the recipient has no address."""
        row, recipient = one.row, one.recipient
        program = program_of(one.ruleset, row.program_id, now)
        if recipient is None or not recipient.email or program is None:
            raise NoAddress(f"'{row.recipient_id}' has no e-mail address", retryable=False)
        written = letter(
            program=program,
            learner=learner_of(one.roster, row.person_id),
            recipient=recipient,
            role=row.role,
            deadline=about(row),
            today=local_date(ZoneInfo(row.zone), now),
            missing=self._missing(row),
            url=f"{self._prowess.settings.public_url}/programs/{row.program_id}/escalation",
        )
        key = f"notice-{row.id.hex()}-{row.created_at}"
        return Message(key, recipient.email, written.subject, written.text, written.html, recipient.name)

    def _missing(self, row: Row[Any]) -> list[str]:
        d = r.decision.c
        query = select(d.document).where(
            d.tenant_id == row.tenant_id, d.person_id == row.person_id, d.program_id == row.program_id
        )
        with self._prowess.database.read() as conn:
            document = conn.scalar(query)
        return [gap["text"] for gap in json.loads(document)["gaps"]] if document else []

    def _settle(self, row: Row[Any], **values: Any) -> bool:
        return notices.settle(self._prowess.database, row, **values)


class NoAddress(MailError):
    """There is nowhere to send this to."""

    code = "no-address"
