"""Who holds what on a day: the page an auditor asks for, and the roster of who may work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, tuple_

from reports.declaration import Chart, Column, Drill, Filter, Question, Report
from reports.population import PERSON_FILTERS, PROGRAM_FILTER, statuses
from reports.queries.columns import (
    AWARD,
    EVIDENCE,
    EXPIRES,
    PERSON,
    PERSON_ID,
    PROGRAM,
    PROGRAM_ID,
    UNIT,
    VERSION,
)
from reports.semantics import AWARDS, NO_AWARD
from rules import tables as r

_PAIRS = 400


def _select(question: Question) -> Select[Any]:
    s = statuses(question)
    c = s.status.c
    query = s.query.add_columns(
        c.person_id,
        s.people.c.name.label("person"),
        s.people.c.unit,
        c.program_id,
        s.title.label("program"),
        c.version,
        c.award,
        c.valid_from_day.label("valid_from"),
        c.expires_day.label("expires_on"),
        c.grace_day.label("grace_until"),
        s.withdrawn.label("program_withdrawn"),
    ).where(c.award != NO_AWARD)
    wanted = question.values("award")
    return query.where(c.award.in_(wanted)) if wanted else query


def _attach(conn: Connection, question: Question, rows: Sequence[dict[str, Any]]) -> None:
    """Add the ids of the statements in which Prowess said so, oldest first."""
    ids: dict[tuple[str, str], list[str]] = {}
    pairs = [(row["person_id"], row["program_id"]) for row in rows]
    c = r.emission.c
    for start in range(0, len(pairs), _PAIRS):
        query = (
            select(c.person_id, c.program_id, c.id)
            .where(
                c.tenant_id == question.scope.tenant_id,
                c.recorded == 1,
                tuple_(c.person_id, c.program_id).in_(pairs[start : start + _PAIRS]),
            )
            .order_by(c.created_at, c.id)
        )
        for person_id, program_id, id_ in conn.execute(query):
            ids.setdefault((person_id, program_id), []).append(str(UUID(bytes=id_)))
    for row in rows:
        row["statements"] = ids.get((row["person_id"], row["program_id"]), [])


report = Report(
    name="certification-register",
    title="Certification register",
    purpose="States who holds which certification on a day, under which version, and which statements said so.",
    grain="one row for each person and program under which they hold, or have held, an award",
    empty="Nobody holds an award on that day. Certificates appear as soon as evidence meets a program.",
    columns=(
        PERSON_ID,
        PERSON,
        PROGRAM_ID,
        PROGRAM,
        AWARD,
        Column("valid_from", "Valid from", "day", "First day of the current period."),
        EXPIRES,
        UNIT,
        VERSION,
        Column("grace_until", "Grace until", "day", "Last day on which the short path back is open."),
        Column(
            "program_withdrawn",
            "Program withdrawn",
            "instant",
            "When the program was withdrawn; empty while it is published.  What was earned by then goes on to its dates.",
        ),
        Column(
            "statements",
            "Statements",
            "list",
            "Ids of the statements in which Prowess published these decisions.",
            link=Drill("web.statement", {"id": "statements"}, as_of=False),
            sortable=False,
        ),
    ),
    filters=(
        *PERSON_FILTERS,
        PROGRAM_FILTER,
        Filter("award", "Award", "State of the award.", type="choice", choices=AWARDS),
    ),
    key=("person_id", "program_id"),
    order=("person", "program"),
    select=_select,
    attach=_attach,
    chart=Chart("bars", "Awards by state", by="award", noun="awards"),
    behind=EVIDENCE,
)
