"""Plans digests when their day comes, and writes each letter when it is sent.

After an outage only the newest issue goes out; one that came before a digest was first seen never does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, update

from lrs.clock import SECOND
from lrs.jobs import MAIN
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
from reports.mailings.sender import Skip
from reports.semantics import day_of
from reports.settings import DigestSettings, settings_of
from reports.tables import rota
from rules.decide.calendar import local_date
from rules.escalation.postman import NoAddress

if TYPE_CHECKING:
    from lrs.prowess import Prowess

KIND = "digest"
_PAUSE = 60 * SECOND
"""How long the plan is believed before it is looked at again."""


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
        self._due = min(now + _PAUSE, *(following(digest, now).at for digest in digests))
        return any(planned)

    def next_due(self) -> int | None:
        return self._due if settings_of(self._prowess).digests else None


def plan(prowess: Prowess, digest: DigestSettings, edition: Edition, now: int) -> bool:
    """Make the mailings of an issue, once; an issue from before the digest was first seen is let go."""
    r = rota.c
    here = (r.tenant_id == DEFAULT_TENANT) & (r.name == digest.name)
    with prowess.database.read() as conn:
        until = conn.scalar(select(r.planned_until).where(here))
        if until is not None and until >= edition.at:
            return False
        to = addressees(conn, DEFAULT_TENANT, digest, day_of(now)) if until is not None else []

    def commit(conn: Connection) -> bool:
        if until is None:
            first = {"tenant_id": DEFAULT_TENANT, "name": digest.name, "planned_until": edition.at}
            conn.execute(prowess.database.dialect.insert(rota).on_conflict_do_nothing(), first)
            return False
        mine = update(rota).where(here, r.planned_until == until).values(planned_until=edition.at)
        if not conn.execute(mine).rowcount:
            return False
        put_edition(prowess, conn, digest, to, edition.day.isoformat(), now)
        return True

    return prowess.database.write(commit)


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
