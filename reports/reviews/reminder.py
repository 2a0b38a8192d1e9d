"""Reminds owners of reviews: makes the mailings when their day comes, and writes each letter when it is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select

from lrs.clock import to_datetime
from lrs.days import day_words
from lrs.letters import NoAddress
from lrs.mail import Message
from lrs.web.accounts import list_accounts
from lrs.web.visitors import READERS
from reports.cells import percent
from reports.mailings import outbox
from reports.mailings.letter import Letter
from reports.mailings.outbox import Addressee, mailing_id
from reports.mailings.planner import Planner
from reports.mailings.sender import Skip
from reports.reviews.material import Material, material
from reports.reviews.rounds import KIND, Owned, owned, period_of, rounds
from reports.tables import mailing
from rules.escalation.hours import instant_of
from rules.reviews import Round

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_HOUR = time(9)
"""UTC: an owner is a job whose holders may sit anywhere."""


class Reminder(Planner):
    """The job that plans reminders."""

    name = "reports.reviews"

    def plan(self, tenant_id: int, now: int) -> bool:
        today = to_datetime(now).date()
        found = rounds(self._prowess, tenant_id)
        due = {id(one): day for one in found if (day := one.reminded_on(today)) and _at(day) <= now}
        made = [
            self._make(tenant_id, one, due[id(one.round)], now)
            for one in owned(self._prowess, tenant_id, [one for one in found if id(one) in due], today)
        ]
        return any(made)

    def _make(self, tenant_id: int, one: Owned, day: date, now: int) -> bool:
        """The mailings of one reminder, unless they are there."""
        name, period = one.round.program.id, period_of(one.round, day)
        to = [Addressee(person) for person in one.owners]
        ids = {mailing_id(tenant_id, KIND, name, period, addressee).bytes for addressee in to}
        database = self._prowess.database
        with database.read() as conn:
            if ids <= set(conn.scalars(select(mailing.c.id).where(mailing.c.id.in_(ids)))):
                return False

        def commit(conn: Connection) -> int:
            return outbox.put(conn, database, to, tenant_id=tenant_id, kind=KIND, name=name, period=period, now=now)

        return database.write(commit) > 0


def write(prowess: Prowess, row: Row[Any]) -> Message | Skip:
    """The message of a reminder; none when a new version came meanwhile.  Raises NoAddress."""
    one = next((one for one in rounds(prowess, row.tenant_id) if one.program.id == row.name), None)
    if one is None or not row.period.startswith(f"v{one.program.version} "):
        return Skip("new_version")
    person = prowess.people.roster(tenant_id=row.tenant_id, people=[row.recipient]).people.get(row.recipient)
    if person is None or not person.email:
        raise NoAddress(f"'{row.recipient}' has no e-mail address", retryable=False)
    found = material(prowess, row.tenant_id, one, row.as_of)
    if _reads_no_reports(prowess, row.tenant_id, person.id):
        page = f"{prowess.settings.public_url}/reviews/{one.program.id}"
        sections = [replace(part, url=f"{page}#section-{place}") for place, part in enumerate(found.sections, 1)]
        found = replace(found, sections=tuple(sections))
    written = letter(one, found, to_datetime(row.as_of).date(), person.name or person.id, prowess.settings.public_url)
    key = f"review-{row.id.hex()}"
    return Message(key, person.email, written.subject, written.text, written.html, person.name)


def _reads_no_reports(prowess: Prowess, tenant_id: int, person: str) -> bool:
    """Whether somebody signs in, and may read the page of the review but not the reports behind it."""
    roles = {one.role for one in list_accounts(prowess, tenant_id=tenant_id) if one.person_id == person}
    return bool(roles) and not roles & READERS


def letter(one: Round, found: Material, today: date, name: str, public_url: str) -> Letter:
    """What the owner reads."""
    title = one.program.title
    days = (today - one.due_on).days
    when = (
        "is due today" if not days else f"was due on {day_words(one.due_on)}, {days} day{'s' if days != 1 else ''} ago"
    )
    stands = (
        "Nobody has to meet it."
        if found.rate is None
        else f"{percent(found.rate)} of {found.in_scope:,} people in scope have what it asks."
    )
    return Letter(
        f"Review of {title}: {'due today' if not days else 'due'}",
        f"Dear {name},",
        (
            f"The review of {title} {when}. Version {one.program.version} holds since {day_words(one.since)}. {stands}",
            "Look at what is below, then publish a new version, or the same once more with a new date: that ends these reminders.",
        ),
        found.sections,
        (
            ("All there is to look at:", f"{public_url}/reviews/{one.program.id}"),
            ("Write the next version:", f"{public_url}/programs"),
            (f"You get this as owner of the review ({one.owner}).", None),
        ),
    )


def _at(day: date) -> int:
    return instant_of(ZoneInfo("UTC"), day, _HOUR)
