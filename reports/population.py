"""The people of a question: who they were on its day, narrowed by the filters that every report about people has.

A person who holds several positions counts once, in the position held longest; `manager` is the first manager of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select

from lrs.people import tables as p
from reports.declaration import NONE, Filter, Question
from reports.semantics import holds
from rules import tables as r

PERSON_FILTERS = (
    Filter("unit", "Unit", "Organisational unit of the position held on the day."),
    Filter("manager", "Manager", "Person id of a direct manager on the day."),
    Filter("person", "Person", "Person id."),
    Filter("site", "Site", "Site of the position held on the day."),
    Filter("job", "Job", "Job of the position held on the day."),
)
PROGRAM_FILTER = Filter("program", "Program", "Program id.")


def people(question: Question) -> Subquery:
    """One row for each person whom the question's filters leave: id, name, unit, job, site, first manager."""
    position, manager = _first(question, p.position, "position"), _first(question, p.manager, "boss_of")
    person, boss = p.person.alias("person"), p.person.alias("boss")
    query: Select[Any] = (
        select(
            person.c.tenant_id,
            person.c.person_id,
            person.c.name,
            position.c.unit,
            position.c.job,
            position.c.site,
            manager.c.manager_id,
            func.coalesce(boss.c.name, manager.c.manager_id).label("manager"),
        )
        .select_from(person)
        .outerjoin(position, and_(position.c.person_id == person.c.person_id, position.c.place == 1))
        .outerjoin(manager, and_(manager.c.person_id == person.c.person_id, manager.c.place == 1))
        .outerjoin(
            boss,
            and_(
                boss.c.tenant_id == person.c.tenant_id,
                boss.c.person_id == manager.c.manager_id,
                boss.c.known_to.is_(None),
            ),
        )
        .where(person.c.tenant_id == question.scope.tenant_id, person.c.known_to.is_(None))
    )
    for name, column in (("unit", position.c.unit), ("site", position.c.site), ("job", position.c.job)):
        query = narrowed(query, question, name, column)
    query = narrowed(query, question, "person", person.c.person_id)
    return _managed(query, question, person).subquery("people")


@dataclass(frozen=True, slots=True)
class Statuses:
    """How the people of a question stood at its instant: a query without columns yet, and the tables in it."""

    query: Select[Any]
    status: Any
    program: Any
    people: Subquery
    title: ColumnElement[str]
    """The program's title in its newest version, so that one program has one name on a page."""


def statuses(question: Question) -> Statuses:
    """The one status row of each person and program at the question's instant."""
    status, program, persons = r.status.alias("status"), r.program.alias("program"), people(question)
    newest = _newest_titles(question)
    query = (
        select()
        .select_from(status)
        .join(persons, persons.c.person_id == status.c.person_id)
        .outerjoin(
            program,
            and_(
                program.c.tenant_id == status.c.tenant_id,
                program.c.program_id == status.c.program_id,
                program.c.version == status.c.version,
            ),
        )
        .outerjoin(newest, and_(newest.c.program_id == status.c.program_id, newest.c.place == 1))
        .where(status.c.tenant_id == question.scope.tenant_id, holds(status, question.as_of))
    )
    narrow = narrowed(query, question, "program", status.c.program_id)
    return Statuses(narrow, status, program, persons, func.coalesce(newest.c.title, status.c.program_id))


def _newest_titles(question: Question) -> Subquery:
    c = r.program.c
    place = func.row_number().over(partition_by=c.program_id, order_by=c.version.desc()).label("place")
    return select(c.program_id, c.title, place).where(c.tenant_id == question.scope.tenant_id).subquery("newest")


def narrowed(query: Select[Any], question: Question, name: str, column: Any) -> Select[Any]:
    """The query with only the rows whose column is one of the filter's values."""
    values = question.values(name)
    if not values:
        return query
    wanted = [value for value in values if value != NONE]
    allowed = column.in_(wanted)
    return query.where(or_(allowed, column.is_(None)) if NONE in values else allowed)


def _first(question: Question, table: Any, name: str) -> Subquery:
    """A person's rows of the question's day, numbered from the position held longest."""
    c = table.c
    order = [c.ordinal, c.manager_id] if "manager_id" in c else [c.ordinal]
    place = func.row_number().over(partition_by=c.person_id, order_by=order).label("place")
    return select(*c, place).where(*_on_the_day(question, table)).subquery(name)


def _on_the_day(question: Question, table: Any) -> tuple[ColumnElement[bool], ...]:
    c, day = table.c, question.day
    return (
        c.tenant_id == question.scope.tenant_id,
        c.known_to.is_(None),
        c.from_day <= day,
        or_(c.to_day.is_(None), c.to_day >= day),
    )


def _managed(query: Select[Any], question: Question, person: Any) -> Select[Any]:
    managers = question.values("manager")
    if not managers:
        return query
    reports_to = p.manager.alias("reports_to")
    return query.where(
        select(reports_to.c.person_id)
        .where(
            *_on_the_day(question, reports_to),
            reports_to.c.person_id == person.c.person_id,
            reports_to.c.manager_id.in_(managers),
        )
        .exists()
    )
