"""What falls due soon, so that it is done before it is late: first times and renewals alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, literal, not_, or_

from reports.declaration import Chart, Column, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses, within
from reports.queries.columns import EVIDENCE, MANAGER, PERSON, PERSON_ID, PROGRAM, PROGRAM_ID, PROGRESS, UNIT
from reports.semantics import AT_RISK_DAYS, Standing, expires_within
from rules.tables import last_good_day

_BANDS = ("within 7 days", "8 to 14 days", "15 to 30 days", "later")


def _select(question: Question) -> Select[Any]:
    s = statuses(question, with_manager=True)
    c, standing = s.status.c, Standing(s.status, s.program, question.day)
    days = int(question.values("within")[0])
    ends = and_(standing.compliant, expires_within(s.status, question.day, days))
    owed = last_good_day(s.status)
    soon = func.coalesce(owed <= question.day + days, literal(False))
    first = and_(standing.in_scope, not_(standing.compliant), c.overdue == 0, soon)
    due = case((ends, c.expires_day), else_=owed)
    left = case((due < question.day, 0), else_=due - question.day)
    return s.query.add_columns(
        *s.pair,
        due.label("due_on"),
        left.label("days_left"),
        case((ends, "renewal"), else_="first").label("owed"),
        c.progress,
        case((left <= 7, 0), (left <= 14, 1), (left <= 30, 2), else_=3).label("band"),
    ).where(or_(ends, first))


report = Report(
    name="due-soon",
    title="Due soon",
    purpose="Names who has something to finish or to renew in the next days, while there is time.",
    grain="one row for each person and required program that is due or expires within the days",
    empty="Nothing falls due within this time. Widen 'within', or see 'Overdue' for what is late.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        Column("due_on", "Due", "day", "Last good day: the due day, or the day on which the certificate expires."),
        Column("days_left", "Days left", "integer", "Days until then, at least 0.", unit="days"),
        Column("owed", "Owed", "word", "first: it was never met; renewal: the certificate ends."),
        PROGRESS,
        UNIT,
        MANAGER,
        Column("band", "Band", "integer", "Class of days left, for the chart.", hidden=True),
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        within("Days from the report's day on.", AT_RISK_DAYS),
    ),
    key=("person_id", "program_id"),
    order=("days_left", "person"),
    select=_select,
    chart=Chart("bars", "What falls due, by days left", by="band", labels=_BANDS, noun="assignments"),
    behind=EVIDENCE,
)
