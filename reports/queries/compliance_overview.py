"""Where to act: how many people each unit has in scope of each program, and how they stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func

from reports.declaration import Chart, Column, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses
from reports.queries.columns import EVIDENCE, PROGRAM, PROGRAM_ID, UNIT, drill
from reports.semantics import AT_RISK_DAYS, Standing

_CELL = {"unit": "unit", "program": "program_id"}


def _select(question: Question) -> Select[Any]:
    s = statuses(question)
    standing = Standing(s.status, s.program, question.day)
    in_scope, compliant, exempt = _count(standing.in_scope), _count(standing.compliant), _count(standing.exempt)
    return (
        s.query.add_columns(
            s.people.c.unit,
            s.status.c.program_id,
            func.max(s.title).label("program"),
            in_scope.label("in_scope"),
            compliant.label("compliant"),
            _count(standing.expiring).label("expiring"),
            _count(standing.overdue).label("overdue"),
            _count(standing.at_risk).label("at_risk"),
            _count(standing.on_track).label("on_track"),
            exempt.label("exempt"),
            (cast(compliant, Float) / func.nullif(cast(in_scope, Float), 0.0)).label("rate"),
        )
        .group_by(s.people.c.unit, s.status.c.program_id)
        .having(in_scope + exempt > 0)
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


report = Report(
    name="compliance-overview",
    title="Compliance overview",
    purpose="Shows where to act: for each unit and program, how many people must be proficient and how many are.",
    grain="one row for each unit and program",
    empty="Nobody is in scope of a program on that day. Import people and apply a program, then come back.",
    columns=(
        UNIT,
        PROGRAM_ID,
        PROGRAM,
        Column(
            "in_scope",
            "In scope",
            "integer",
            "People to whom the program is required on that day: compliant, overdue, at risk and on track together.",
            unit="people",
            total="sum",
            link=drill("standing", _CELL),
        ),
        Column(
            "compliant",
            "Compliant",
            "integer",
            "Of those in scope: certificate valid, or curriculum met.",
            unit="people",
            total="sum",
            link=drill("standing", _CELL, standing="compliant"),
        ),
        Column(
            "expiring",
            f"Expiring in {AT_RISK_DAYS} d",
            "integer",
            f"Of those compliant: the certificate expires within {AT_RISK_DAYS} days.",
            unit="people",
            total="sum",
            link=drill("expiring", _CELL, within=str(AT_RISK_DAYS)),
        ),
        Column(
            "overdue",
            "Overdue",
            "integer",
            "Of those in scope: not compliant and past the due date.",
            unit="people",
            total="sum",
            link=drill("overdue", _CELL),
        ),
        Column(
            "at_risk",
            "At risk",
            "integer",
            f"Of those in scope: not compliant, and due within {AT_RISK_DAYS} days or holding an award that was lost.",
            unit="people",
            total="sum",
            link=drill("standing", _CELL, standing="at_risk"),
        ),
        Column(
            "on_track",
            "On track",
            "integer",
            "Of those in scope: not compliant yet, with time left.",
            unit="people",
            total="sum",
            link=drill("standing", _CELL, standing="on_track"),
        ),
        Column(
            "exempt",
            "Exempt",
            "integer",
            "Exempted people; they are not in scope.",
            unit="people",
            total="sum",
            link=drill("standing", _CELL, standing="exempt"),
        ),
        Column(
            "rate",
            "Rate",
            "share",
            "Compliant divided by in scope.",
            total=("compliant", "in_scope"),
        ),
    ),
    filters=(*PERSON_FILTERS, PROGRAM_FILTER),
    key=("unit", "program_id"),
    order=("program", "unit"),
    select=_select,
    chart=Chart(
        "stacked",
        "How people stand, by program",
        by="program",
        measures=("compliant", "on_track", "at_risk", "overdue"),
        noun="assignments",
    ),
    behind=EVIDENCE,
)
