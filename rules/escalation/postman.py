"""Sends notices by mail, never in the recipient's quiet hours, and only what is still owed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from lrs.clock import to_datetime, to_text
from lrs.errors import NotFound
from lrs.letters import LetterJob, NoAddress, Settlement
from lrs.mail import MailError, Message
from lrs.retries import Randomness, system_randomness
from lrs.store import tables as t
from lrs.web.visitors import READERS
from rules.decide.calendar import local_date
from rules.entry.rights import may_see
from rules.escalation import notices
from rules.escalation.climber import learner_of
from rules.escalation.deadline import stretch_at, why_not
from rules.escalation.held import held
from rules.escalation.hours import allowed
from rules.escalation.letters import letter
from rules.escalation.records import about
from rules.escalation.states import NoticeState
from rules.explain.account import Account, Step
from rules.explain.explanation import explain
from rules.language import Ruleset
from rules.language.model import Escalation
from rules.language.naming import LEARNER
from rules.published.in_force import program_of
from rules.published.store import Published

if TYPE_CHECKING:
    from lrs.prowess import Prowess


class Postman(LetterJob):
    """The job that sends what waits."""

    name = "rules.notices"
    what = "notice"
    sent_not_recorded = "rules.notice-sent-not-recorded"

    def __init__(self, prowess: Prowess, published: Published, *, randomness: Randomness = system_randomness) -> None:
        super().__init__(prowess, notices.outbox, randomness=randomness)
        self._published = published

    def write(self, row: Row[Any]) -> Message | Settlement:
        now = self._prowess.clock.now()
        ruleset = self._published.current(row.tenant_id).ruleset
        ladder = ruleset.escalations.get(row.escalation_id)
        if reason := self._why_not(row, ladder, now):
            return {"state": NoticeState.CANCELLED, "reason": reason}
        may_at = allowed(ladder.calendar, ZoneInfo(row.zone), now) if ladder else now
        if may_at > now:
            return {"not_before": may_at, "attempts": row.attempts - 1}
        return self._message(row, ruleset, now, self._steps(row))

    def message(self, row: Row[Any], at: int) -> Message:
        """What a notice will say at an instant, if nothing happens until then.  Raises MailError when nobody can get it."""
        return self._message(row, self._published.current(row.tenant_id).ruleset, at, self._steps(row, to_text(at)))

    def _why_not(self, row: Row[Any], ladder: Escalation | None, now: int) -> str | None:
        """Why nothing is owed any more: it may have been decided since the ladder was looked at."""
        if ladder is None:
            return "no_ladder"
        pair = (row.person_id, row.program_id)
        with self._prowess.database.read() as conn:
            stretches = held(conn, row.tenant_id, [pair])[pair]
        return why_not(stretch_at(stretches, now), about(row), ladder)

    def _message(self, row: Row[Any], ruleset: Ruleset, now: int, steps: Sequence[Step]) -> Message:
        """Raises MailError when the recipient has no address."""
        recipient_id = self._prowess.people.known_as(row.recipient_id, row.tenant_id)
        roster = self._prowess.people.roster(tenant_id=row.tenant_id, people=[row.person_id, recipient_id])
        recipient = roster.people.get(recipient_id)
        program = program_of(ruleset, row.program_id, now)
        if program is None:
            raise MailError(f"there is no program '{row.program_id}' any more", retryable=False)
        if recipient is None or not recipient.email:
            raise NoAddress(f"'{row.recipient_id}' has no e-mail address", retryable=False)
        may_see = self._may_see(row, now)
        written = letter(
            program=program,
            learner=learner_of(roster, row.person_id),
            recipient=recipient,
            role=row.role,
            deadline=about(row),
            today=local_date(ZoneInfo(row.zone), now),
            steps=steps,
            tells_why=may_see,
            page=self._page(row) if may_see else "",
            url=f"{self._prowess.settings.public_url}/programs/{row.program_id}/escalation",
        )
        key = f"notice-{row.id.hex()}-{row.created_at}"
        return Message(key, recipient.email, written.subject, written.text, written.html, recipient.name)

    def _steps(self, row: Row[Any], as_of: str | None = None) -> list[Step]:
        """What is missing now, or as of an instant; nothing of somebody who is not here any more."""
        try:
            found = explain(self._prowess, row.person_id, row.program_id, as_of, tenant_id=row.tenant_id)
        except NotFound:
            return []
        return Account(found, to_you=row.role == LEARNER).steps()

    def _page(self, row: Row[Any]) -> str:
        """The learner's page about the program; empty without a public address."""
        public_url = self._prowess.settings.server.public_url
        if public_url is None:
            return ""
        person, program = quote(row.person_id, safe=""), quote(row.program_id, safe="/")
        return f"{public_url.rstrip('/')}/people/{person}/programs/{program}"

    def _may_see(self, row: Row[Any], now: int) -> bool:
        """Whether the learner's page is open to the recipient now that the letter goes out."""
        people = self._prowess.people
        recipient, learner = (people.known_as(id_, row.tenant_id) for id_ in (row.recipient_id, row.person_id))
        ids = people.ids_of(recipient, row.tenant_id)
        today = to_datetime(now).date()
        with self._prowess.database.read() as conn:
            return may_see(conn, row.tenant_id, recipient, learner, today) or _is_reader(conn, row.tenant_id, ids)


def _is_reader(conn: Connection, tenant_id: int, ids: Sequence[str]) -> bool:
    """Whether somebody with one of these ids has an account that reads everybody's."""
    c = t.account.c
    query = select(c.id).where(
        c.tenant_id == tenant_id,
        c.person_id.in_(ids),
        c.role.in_(READERS),
        c.disabled_at.is_(None),
    )
    return conn.execute(query.limit(1)).first() is not None
