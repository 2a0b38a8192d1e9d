"""What people finished lately, for the manager's talk and for praise."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case

from reports.declaration import Chart, Column, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses, within
from reports.queries.columns import AWARD, EVIDENCE, EXPIRES, MANAGER, PERSON, PERSON_ID, PROGRAM, PROGRAM_ID, UNIT
from reports.semantics import NEW_DAYS, REQUIRED, SUGGESTED


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    c = s.status.c
    days = int(question.values("within")[0])
    return s.query.add_columns(
        *s.pair,
        c.met_day.label("met_on"),
        case((c.late == 1, "late"), else_="in_time").label("timing"),
        c.assignment,
        c.award,
        c.expires_day.label("expires_on"),
    ).where(and_(c.met_day > question.day - days, c.met_day <= question.day, c.assignment.in_((REQUIRED, SUGGESTED))))


report = Report(
    name="completed",
    title="Completed",
    purpose="Names who met a program, or renewed it, in the last days.",
    grain="one row for each person and program whose path was met within the days and still is",
    empty="Nobody met a program within this time. Widen 'within', or see 'Due soon' for what is coming.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        Column("met_on", "Met", "day", "Day on which the path was met, on the calendar of the program's zone."),
        Column("timing", "Timing", "word", "in time, or late: after the last good day."),
        Column("assignment", "Assignment", "word", "required or suggested."),
        AWARD,
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
    order=("-met_on", "person"),
    select=_select,
    chart=Chart("bars", "Completed, in time or late", by="timing", noun="completions"),
    behind=EVIDENCE,
)
