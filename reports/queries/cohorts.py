"""How the cohorts of a program get on, one beside the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, select

from reports.cohorts import members, prepare
from reports.declaration import Chart, Column, Drill, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER
from reports.queries.cohort_members import COHORT, COHORT_FILTER
from reports.queries.columns import EVIDENCE, PROGRAM, PROGRAM_ID, drill
from reports.semantics import parse_day


def _select(question: Question) -> Select[Any]:
    m = members(question)
    s = m.statuses
    each = m.query.add_columns(
        s.status.c.program_id, s.title.label("program"), m.begins.label("cohort"), m.outcome.label("outcome")
    ).subquery("each_member")
    c = each.c
    count = func.count()
    on_time, late, overdue = (_count(c.outcome == word) for word in ("on_time", "late", "overdue"))
    judged = on_time + late + overdue
    met = on_time + late
    query = select(
        c.program_id,
        func.max(c.program).label("program"),
        c.cohort,
        case((c.cohort > question.day, "gathering"), (met == count, "finished"), else_="running").label("state"),
        count.label("members"),
        _count(c.outcome == "not_started").label("not_started"),
        _count(c.outcome.in_(("in_progress", "blocked"))).label("in_progress"),
        on_time.label("on_time"),
        late.label("late"),
        overdue.label("overdue"),
        judged.label("judged"),
        (cast(on_time, Float) / func.nullif(cast(judged, Float), 0.0)).label("on_time_rate"),
    ).group_by(c.program_id, c.cohort)
    if days := question.values("cohort"):
        query = query.where(c.cohort.in_([parse_day(text, "cohort") for text in days]))
    return query


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _members(outcome: str | None = None) -> Drill:
    fixed = {"outcome": outcome} if outcome else {}
    return drill("cohort-members", {"cohort": "cohort", "program": "program_id"}, **fixed)


def _number(name: str, title: str, about: str, link: Drill | None) -> Column:
    return Column(name, title, "integer", about, unit="people", total="sum", link=link)


report = Report(
    name="cohorts",
    title="Cohorts",
    purpose="Shows how those who begin together get on, and whether cohorts finish in time.",
    grain="one row for each program with cohorts, and cohort with members",
    empty="There are no cohorts. A program has them when it says cadence: {cohort: monthly, starts: first-monday}.",
    columns=(
        PROGRAM_ID,
        PROGRAM,
        COHORT,
        Column("state", "State", "word", "gathering: it has not begun; running; finished: everybody met the path."),
        _number("members", "Members", "People who joined it last and to whom the program is assigned.", _members()),
        _number("not_started", "Not started", "Members who did nothing yet.", _members("not_started")),
        _number("in_progress", "In progress", "Members on their way, blocked ones included.", None),
        _number("on_time", "On time", "Members who met the path by its due date.", _members("on_time")),
        _number("late", "Late", "Members who met it after that.", _members("late")),
        _number("overdue", "Overdue", "Members who have not met it, though it was due.", _members("overdue")),
        Column("judged", "Judged", "integer", "On time, late and overdue together.", total="sum", hidden=True),
        Column(
            "on_time_rate",
            "On time rate",
            "share",
            "On time, divided by on time, late and overdue together.",
            total=("on_time", "judged"),
        ),
    ),
    filters=(*PERSON_FILTERS, PROGRAM_FILTER, COHORT_FILTER),
    key=("program_id", "cohort"),
    order=("-cohort", "program"),
    select=_select,
    prepare=prepare,
    chart=Chart("bars", "Cohorts by state", by="state", noun="cohorts"),
    behind=EVIDENCE,
)
