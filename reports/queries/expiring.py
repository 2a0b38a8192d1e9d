"""Whose certificate ends soon, so that recertification is booked before it does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case

from reports.declaration import Chart, Column, Filter, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses, within
from reports.queries.columns import (
    EVIDENCE,
    EXPIRES,
    MANAGER,
    PERSON,
    PERSON_ID,
    PROGRAM,
    PROGRAM_ID,
    PROGRESS,
    UNIT,
)
from reports.semantics import EXPIRING_DAYS, REQUIRED, SUGGESTED, days_left, expires_within

_BANDS = ("within 7 days", "8 to 30 days", "31 to 60 days", "61 to 90 days", "later")


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    c, left = s.status.c, days_left(s.status, question.day)
    days = int(question.values("within")[0])
    assigned = question.values("assignment") or (REQUIRED, SUGGESTED)
    return s.query.add_columns(
        *s.pair,
        c.valid_from_day.label("issued_on"),
        c.expires_day.label("expires_on"),
        left.label("days_left"),
        c.renewable_day.label("renewable_from"),
        case((c.renewable == 1, "open"), else_="closed").label("renewal"),
        c.progress,
        case((left <= 7, 0), (left <= 30, 1), (left <= 60, 2), (left <= 90, 3), else_=4).label("band"),
    ).where(expires_within(s.status, question.day, days), c.assignment.in_(assigned))


report = Report(
    name="expiring",
    title="Expiring",
    purpose="Names whose certificate ends soon, so that recertification is booked in time.",
    grain="one row for each person and valid certificate",
    empty="No certificate ends within this time. Widen 'within', or see the register for all of them.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        EXPIRES,
        Column("days_left", "Days left", "integer", "Days until then, at least 0.", unit="days"),
        Column("issued_on", "Valid from", "day", "First day of the current period."),
        Column("renewable_from", "Renewable from", "day", "First day of the renewal window."),
        Column("renewal", "Window", "word", "Whether the renewal window is open."),
        UNIT,
        MANAGER,
        PROGRESS,
        Column("band", "Band", "integer", "Class of days left, for the chart.", hidden=True),
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        within("Days from the report's day on.", EXPIRING_DAYS),
        Filter(
            "assignment",
            "Assignment",
            "Holders to whom the program is no longer assigned are left out.",
            type="choice",
            choices=(REQUIRED, SUGGESTED),
        ),
    ),
    key=("person_id", "program_id"),
    order=("days_left", "person"),
    select=_select,
    chart=Chart("bars", "Certificates that end, by days left", by="band", labels=_BANDS, noun="certificates"),
    behind=EVIDENCE,
)
