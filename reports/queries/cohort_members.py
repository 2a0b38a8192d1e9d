"""Who learns together in a cohort, and how each of them gets on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from reports.cohorts import members, prepare
from reports.declaration import Chart, Column, Filter, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER
from reports.queries.columns import EVIDENCE, MANAGER, PERSON, PERSON_ID, PROGRAM, PROGRAM_ID, PROGRESS, UNIT
from reports.semantics import parse_day

OUTCOMES = ("on_time", "late", "overdue", "blocked", "in_progress", "not_started")
COHORT = Column("cohort", "Cohort", "day", "The day on which the cohort begins, which is also its name.")
COHORT_FILTER = Filter("cohort", "Cohort", "The day on which a cohort begins.", type="day")


def _select(question: Question) -> Select[Any]:
    m = members(question, with_manager=True)
    s = m.statuses
    query = m.query.add_columns(
        *s.pair,
        m.begins.label("cohort"),
        m.assigned.label("assigned_on"),
        m.outcome.label("outcome"),
        s.status.c.progress,
        s.status.c.due_day.label("due_on"),
        m.met.label("first_met_on"),
    )
    if wanted := question.values("outcome"):
        query = query.where(m.outcome.in_(wanted))
    if days := question.values("cohort"):
        query = query.where(m.begins.in_([parse_day(text, "cohort") for text in days]))
    return query


report = Report(
    name="cohort-members",
    title="Cohort members",
    purpose="Names who learns together in a cohort, and how each of them gets on.",
    grain="one row for each person and program with cohorts, in the cohort they joined last",
    empty="Nobody is in a cohort. A program has cohorts when it says cadence: {cohort: monthly, starts: first-monday}.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        COHORT,
        Column("assigned_on", "Assigned", "day", "Day on which the program was assigned to them, this time."),
        Column(
            "outcome",
            "Outcome",
            "word",
            "on time or late: the path was met; overdue: it is late; else the progress on it.",
        ),
        Column("due_on", "Due", "day", "Last good day to meet the current path."),
        Column("first_met_on", "First met", "day", "Day on which the path was first met since they were assigned."),
        UNIT,
        MANAGER,
        PROGRESS,
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        COHORT_FILTER,
        Filter("outcome", "Outcome", "Only members with this outcome.", type="choice", choices=OUTCOMES),
    ),
    key=("person_id", "program_id"),
    order=("-cohort", "program", "person"),
    select=_select,
    prepare=prepare,
    chart=Chart("bars", "Members by outcome", by="outcome", noun="members"),
    behind=EVIDENCE,
)
