"""Whom to congratulate: people whose award began lately, for the newsletter as much as for the manager."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, select

from reports.declaration import Chart, Column, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses, within
from reports.queries.columns import EVIDENCE, EXPIRES, MANAGER, PERSON, PERSON_ID, PROGRAM, PROGRAM_ID, UNIT
from reports.semantics import NEW_DAYS, VALID
from rules import tables as r


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    c = s.status.c
    days = int(question.values("within")[0])
    return s.query.add_columns(
        *s.pair,
        c.valid_from_day.label("since"),
        case((_before(s.status), "again"), else_="first").label("occasion"),
        c.expires_day.label("expires_on"),
    ).where(c.award == VALID, c.valid_from_day > question.day - days)


def _before(status: Any) -> ColumnElement[bool]:
    """Whether an earlier period of the same award was valid."""
    earlier = r.status.alias("earlier_award")
    same = (earlier.c.tenant_id, earlier.c.person_id, earlier.c.program_id)
    return (
        select(earlier.c.from_us)
        .where(
            and_(*(column == status.c[column.name] for column in same)),
            earlier.c.award == VALID,
            earlier.c.from_us < status.c.from_us,
            earlier.c.valid_from_day < status.c.valid_from_day,
        )
        .correlate(status)
        .exists()
    )


report = Report(
    name="newly-proficient",
    title="Newly proficient",
    purpose="Names whom to congratulate: people whose award, or its next period, began in the last days.",
    grain="one row for each person and award whose current period began within the days",
    empty="No award began within this time. Widen 'within', or see the register for all of them.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        Column("since", "Since", "day", "First day of the current period."),
        Column("occasion", "Occasion", "word", "first, or again: an earlier period was valid before."),
        EXPIRES,
        UNIT,
        MANAGER,
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        within("Days up to the report's day.", NEW_DAYS),
    ),
    key=("person_id", "program_id"),
    order=("-since", "person"),
    select=_select,
    chart=Chart("bars", "Newly proficient, by program", by="program", noun="awards"),
    behind=EVIDENCE,
)
