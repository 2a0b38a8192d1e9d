"""Whom to congratulate: people whose award began in the last days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from lrs.people.register import from_day
from reports.declaration import Question
from reports.population import statuses
from reports.semantics import NEW_DAYS, VALID

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Certified:
    """Somebody who became certified."""

    person_id: str
    person: str
    program: str
    on: date | None


def newly_certified(prowess: Prowess, question: Question) -> list[Certified]:
    """Those whose current period began within the last thirty days, the newest first."""
    s = statuses(question)
    c = s.status.c
    query = (
        s.query.add_columns(c.person_id, s.people.c.name, s.title, c.valid_from_day)
        .where(c.award == VALID, c.valid_from_day > question.day - NEW_DAYS)
        .order_by(c.valid_from_day.desc(), s.people.c.name, c.program_id)
    )
    with prowess.database.read() as conn:
        return [Certified(id_, name, title, from_day(day)) for id_, name, title, day in conn.execute(query)]
