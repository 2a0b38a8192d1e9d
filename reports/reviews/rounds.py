"""The reviews of a tenant's programs: which are due, whose they are, and which reminders went out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from lrs.clock import day_of, to_datetime
from lrs.people.reading import to_day
from reports.mailings.holders import holders
from reports.mailings.outbox import MailingState
from reports.tables import mailing
from rules import tables as r
from rules.published.composition import published_of
from rules.reviews import Round, round_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

KIND = "review"


@dataclass(frozen=True, slots=True)
class Owned:
    """A round with those who are to look, and how many reminders of it were sent.  owners: ids of people."""

    round: Round
    owners: tuple[str, ...]
    reminders: int


def rounds(prowess: Prowess, tenant_id: int) -> list[Round]:
    """Of every published program that is reviewed, the next to be due first."""
    ruleset = published_of(prowess).current(tenant_id).ruleset
    newest = [versions[-1] for versions in ruleset.programs.values() if versions[-1].about.review is not None]
    if not newest:
        return []
    published = published_on(prowess, tenant_id)
    today = to_datetime(prowess.clock.now()).date()
    found = [round_of(one, published.get((one.id, one.version), today)) for one in newest]
    return sorted((one for one in found if one is not None), key=lambda one: (one.due_on, one.program.id))


def owned(prowess: Prowess, tenant_id: int, found: list[Round], today: date) -> list[Owned]:
    day = to_day(today)
    assert day is not None
    c = mailing.c
    query = select(c.name, c.period).where(c.tenant_id == tenant_id, c.kind == KIND, c.state == MailingState.SENT)
    with prowess.database.read() as conn:
        sent = {(row.name, row.period) for row in conn.execute(query.distinct())}
        return [Owned(one, tuple(holders(conn, tenant_id, one.owner, day)), _reminders(sent, one)) for one in found]


def is_owner(prowess: Prowess, tenant_id: int, person_id: str | None) -> bool:
    """Whether somebody reviews a program."""
    if person_id is None:
        return False
    ruleset = published_of(prowess).current(tenant_id).ruleset
    reviews = (versions[-1].about.review for versions in ruleset.programs.values())
    owners = {review.owner for review in reviews if review is not None and review.owner is not None}
    day = day_of(prowess.clock.now())
    with prowess.database.read() as conn:
        return any(person_id in holders(conn, tenant_id, owner, day) for owner in sorted(owners))


def period_of(one: Round, day: date) -> str:
    """The name of one reminder."""
    return f"v{one.program.version} {day.isoformat()}"


def _reminders(sent: Collection[tuple[str, str]], one: Round) -> int:
    program = one.program
    return sum(1 for name, period in sent if name == program.id and period.startswith(f"v{program.version} "))


def published_on(prowess: Prowess, tenant_id: int) -> Mapping[tuple[str, int], date]:
    """The day on which each version was first published."""
    c = r.program.c
    query = select(c.program_id, c.version, c.applied_seq).where(c.tenant_id == tenant_id)
    with prowess.database.read() as conn:
        return {(row.program_id, row.version): to_datetime(row.applied_seq).date() for row in conn.execute(query)}
