"""The people behind every number of the overview: who they are and where each of them stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, or_

from reports.declaration import Chart, Column, Filter, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses
from reports.queries.columns import (
    AWARD,
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
from reports.semantics import Standing

STANDINGS = ("compliant", "on_track", "at_risk", "overdue", "exempt")


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    standing = Standing(s.status, s.program, question.day)
    c = s.status.c
    word = case(
        (standing.exempt, "exempt"),
        (standing.compliant, "compliant"),
        (standing.overdue, "overdue"),
        (standing.at_risk, "at_risk"),
        else_="on_track",
    )
    query = s.query.add_columns(
        *s.pair,
        word.label("standing"),
        c.progress,
        c.award,
        c.due_day.label("due_on"),
        c.met_day.label("met_on"),
        c.expires_day.label("expires_on"),
    ).where(or_(standing.in_scope, standing.exempt))
    wanted = question.values("standing")
    return query.where(and_(word.in_(wanted))) if wanted else query


report = Report(
    name="standing",
    title="Standing",
    purpose="Names the people behind the compliance overview and says where each of them stands.",
    grain="one row for each person and program that is required of them or from which they are exempt",
    empty="Nobody fits. Take a filter away, or apply a program whose audience matches somebody.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        Column("standing", "Standing", "word", "compliant, on track, at risk, overdue, or exempt."),
        UNIT,
        MANAGER,
        PROGRESS,
        AWARD,
        Column("due_on", "Due", "day", "Last good day to meet the current path."),
        Column("met_on", "Met", "day", "Day on which the path was met."),
        EXPIRES,
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        Filter("standing", "Standing", "Only people who stand like this.", type="choice", choices=STANDINGS),
    ),
    key=("person_id", "program_id"),
    order=("person", "program"),
    select=_select,
    chart=Chart("bars", "People by standing", by="standing", noun="people"),
    behind=EVIDENCE,
)
