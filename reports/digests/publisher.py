"""Plans digests when their day comes, and writes each letter when it is sent.

After an outage only the newest issue goes out; one that came before a digest was first seen never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from lrs.clock import day_of
from lrs.jobs import MAIN
from lrs.letters import NoAddress
from lrs.mail import Message
from lrs.store.tables import DEFAULT_TENANT
from reports.digests.contents import Editor
from reports.digests.letters import letter
from reports.digests.recipients import addressees
from reports.digests.schedule import Edition, following, latest
from reports.digests.stopping import Subscription, is_stopped, stop_url
from reports.mailings import outbox
from reports.mailings.letter import Letter
from reports.mailings.outbox import Addressee
from reports.mailings.planner import PAUSE
from reports.mailings.sender import Skip
from reports.mailings.turns import take_turn
from reports.settings import DigestSettings, settings_of
from rules.decide.calendar import local_date

if TYPE_CHECKING:
    from lrs.prowess import Prowess

KIND = "digest"


class Publisher:
    """The job that plans; settings belong to the first tenant, whose administrators write them."""

    name = "reports.digests"
    lane = MAIN

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess
        self._due = 0

    def run(self) -> bool:
        """Plan what has come; True when there was anything."""
        now = self._prowess.clock.now()
        digests = settings_of(self._prowess).digests
        if not digests or now < self._due:
            return False
        planned = [plan(self._prowess, digest, latest(digest, now), now) for digest in digests]
        self._due = min(now + PAUSE, *(following(digest, now).at for digest in digests))
        return any(planned)

    def next_due(self) -> int | None:
        return self._due if settings_of(self._prowess).digests else None


def plan(prowess: Prowess, digest: DigestSettings, edition: Edition, now: int) -> bool:
    """Make the mailings of an issue, once."""
    return take_turn(
        prowess,
        lambda conn: addressees(conn, DEFAULT_TENANT, digest, day_of(now)),
        tenant_id=DEFAULT_TENANT,
        series=digest.name,
        kind=KIND,
        name=digest.name,
        period=edition.day.isoformat(),
        at=edition.at,
        now=now,
    )


def put_edition(
    prowess: Prowess, conn: Connection, digest: DigestSettings, to: list[Addressee], period: str, now: int
) -> int:
    return outbox.put(
        conn, prowess.database, to, tenant_id=DEFAULT_TENANT, kind=KIND, name=digest.name, period=period, now=now
    )


def compose(
    prowess: Prowess, digest: DigestSettings, to: Addressee, as_of: int
) -> tuple[Letter, str | None, str] | Skip:
    """The letter, the address and the name of its reader; nothing happened: no letter."""
    contents = Editor(prowess, DEFAULT_TENANT).contents(digest, to, as_of)
    if contents.is_empty:
        return Skip("nothing_to_say")
    person = prowess.people.roster(tenant_id=DEFAULT_TENANT, people=[to.recipient]).people.get(to.recipient)
    name = (person.name or person.id) if person else ""
    address = person.email if person else to.recipient if "@" in to.recipient else None
    stop = stop_url(prowess, Subscription(DEFAULT_TENANT, digest.name, to.recipient))
    day = local_date(ZoneInfo(digest.timezone), as_of)
    return letter(digest, contents, view=to.view, name=name, day=day, stop=stop), address, name


def write(prowess: Prowess, row: Row[Any]) -> Message | Skip:
    """The message of a mailing.  Raises NoAddress."""
    digest = next((one for one in settings_of(prowess).digests if one.name == row.name), None)
    if digest is None:
        return Skip("no_digest")
    to = Addressee(row.recipient, row.view)
    subscription = Subscription(row.tenant_id, row.name, row.recipient)
    if is_stopped(prowess, subscription):
        return Skip("stopped")
    composed = compose(prowess, digest, to, row.as_of)
    if isinstance(composed, Skip):
        return composed
    written, address, name = composed
    if not address:
        raise NoAddress(f"'{row.recipient}' has no e-mail address", retryable=False)
    stop = stop_url(prowess, subscription)
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    key = f"digest-{row.id.hex()}"
    return Message(key, address, written.subject, written.text, written.html, name, headers=headers)
