"""Whom to chase today."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, select

from lrs.people import tables as p
from reports.declaration import Chart, Column, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses
from reports.queries.columns import (
    AWARD,
    EVIDENCE,
    MANAGER,
    PERSON,
    PERSON_ID,
    PROGRAM,
    PROGRAM_ID,
    PROGRESS,
    UNIT,
)
from reports.semantics import Standing, days_late
from rules import tables as r

_BANDS = ("1 to 7 days", "8 to 30 days", "31 to 90 days", "more than 90 days")


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    late = days_late(s.status, question.day)
    return s.query.add_columns(
        *s.pair,
        r.last_good_day(s.status).label("due_on"),
        late.label("days_late"),
        s.status.c.progress,
        s.status.c.award,
        _last_activity(question, s.status).label("last_activity"),
        case((late <= 7, 0), (late <= 30, 1), (late <= 90, 2), else_=3).label("band"),
    ).where(Standing(s.status, s.program, question.day).overdue)


def _last_activity(question: Question, status: Any) -> Any:
    """When the learner was last heard of, in whatever activity."""
    link, evidence = p.identity_link.alias("link"), r.evidence.alias("evidence")
    return (
        select(func.max(evidence.c.timestamp))
        .select_from(link)
        .join(evidence, and_(evidence.c.tenant_id == link.c.tenant_id, evidence.c.agent == link.c.agent))
        .where(
            link.c.tenant_id == question.scope.tenant_id,
            link.c.person_id == status.c.person_id,
            link.c.known_to.is_(None),
            evidence.c.voided_seq.is_(None),
            evidence.c.timestamp <= question.as_of,
        )
        .correlate(status)
        .scalar_subquery()
    )


report = Report(
    name="overdue",
    title="Overdue",
    purpose="Names whom to chase today, the longest overdue first.",
    grain="one row for each person and required program that is past its due date",
    empty="Nobody is overdue. Look at 'Standing' for the people at risk before they are.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        Column(
            "due_on",
            "Due",
            "day",
            "The last good day, which has passed: the due day, or the last day of an award that lapsed.",
        ),
        Column("days_late", "Days late", "integer", "Days since then, at least 1.", unit="days"),
        UNIT,
        MANAGER,
        PROGRESS,
        AWARD,
        Column("last_activity", "Last activity", "instant", "The newest statement about the learner, in any activity."),
        Column("band", "Band", "integer", "Class of days late, for the chart.", hidden=True),
    ),
    filters=(*PERSON_FILTERS, PROGRAM_FILTER),
    key=("person_id", "program_id"),
    order=("-days_late", "person"),
    select=_select,
    chart=Chart("bars", "Overdue, by days late", by="band", labels=_BANDS, noun="overdue assignments"),
    behind=EVIDENCE,
)
