"""The people of a question: who they were on its day, narrowed by the filters that every report about people has.

A person who holds several positions counts once, in the position held longest; `manager` is the first manager of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select

from lrs.people import tables as p
from reports.declaration import NONE, Filter, Question
from rules import tables as r

PERSON_FILTERS = (
    Filter("unit", "Unit", "Organisational unit of the position held on the day."),
    Filter("manager", "Manager", "Person id of a direct manager on the day."),
    Filter("team", "Team", "Person id of a manager on the day, direct or further up."),
    Filter("person", "Person", "Person id."),
    Filter("site", "Site", "Site of the position held on the day."),
    Filter("job", "Job", "Job of the position held on the day."),
)


def within(about: str, days: int) -> Filter:
    """How many days a report looks back, or ahead."""
    return Filter("within", "Within days", about, type="integer", default=str(days), single=True)


PROGRAM_FILTER = Filter("program", "Program", "Program id.")


def people(question: Question, *, with_manager: bool = False) -> Subquery:
    """One row for each person whom the question's filters leave: id, name, unit and, when wanted, first manager."""
    person, position = p.person.alias("person"), p.position.alias("position")
    query: Select[Any] = (
        select(person.c.tenant_id, person.c.person_id, person.c.name, position.c.unit)
        .select_from(person)
        .outerjoin(position, _first(question, p.position, position, person))
        .where(person.c.tenant_id == question.scope.tenant_id, person.c.known_to.is_(None))
    )
    if with_manager:
        query = _with_manager(query, question, person)
    for name, column in (("unit", position.c.unit), ("site", position.c.site), ("job", position.c.job)):
        query = narrowed(query, question, name, column)
    query = narrowed(query, question, "person", person.c.person_id)
    query = _managed(query, question, person)
    if question.values("team"):
        query = query.where(_below(question, person, question.values("team"), "below_asked"))
    if question.scope.team is not None:
        query = query.where(_below(question, person, (question.scope.team,), "below_viewer"))
    return query.subquery("people")


def _with_manager(query: Select[Any], question: Question, person: Any) -> Select[Any]:
    manager, boss = p.manager.alias("boss_of"), p.person.alias("boss")
    same = and_(
        boss.c.tenant_id == person.c.tenant_id, boss.c.person_id == manager.c.manager_id, boss.c.known_to.is_(None)
    )
    return (
        query.add_columns(func.coalesce(boss.c.name, manager.c.manager_id).label("manager"))
        .outerjoin(manager, _first(question, p.manager, manager, person))
        .outerjoin(boss, same)
    )


@dataclass(frozen=True, slots=True)
class Statuses:
    """How the people of a question stood at its instant: a query without columns yet, and the tables in it."""

    query: Select[Any]
    status: Any
    program: Any
    people: Subquery
    title: ColumnElement[str]
    """The program's title in its newest version, so that one program has one name on a page."""
    withdrawn: ColumnElement[int | None]
    """When the program was withdrawn, if it was by then."""

    @property
    def pair(self) -> tuple[ColumnElement[Any], ...]:
        """Whom and what a row is about: the columns PAIR and PLACE of `reports.queries.columns`."""
        c = self.people.c
        who = (self.status.c.person_id, c.name.label("person"), c.unit, c.manager)
        return (*who, self.status.c.program_id, self.title.label("program"))


def statuses(question: Question, *, with_manager: bool = False) -> Statuses:
    """The one status row of each person and program at the question's instant."""
    status, program, persons = (
        r.status.alias("status"),
        r.program.alias("program"),
        people(question, with_manager=with_manager),
    )
    newest, newer = r.program.alias("newest"), r.program.alias("newer")
    is_newest = ~(
        select(newer.c.version)
        .where(
            newer.c.tenant_id == newest.c.tenant_id,
            newer.c.program_id == newest.c.program_id,
            newer.c.version > newest.c.version,
        )
        .correlate(newest)
        .exists()
    )
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
        .outerjoin(
            newest,
            and_(newest.c.tenant_id == status.c.tenant_id, newest.c.program_id == status.c.program_id, is_newest),
        )
        .where(status.c.tenant_id == question.scope.tenant_id, r.holds(status, question.as_of))
    )
    narrow = narrowed(query, question, "program", status.c.program_id)
    title = func.coalesce(newest.c.title, status.c.program_id)
    withdrawn = case((newest.c.withdrawn_seq <= question.as_of, newest.c.withdrawn_seq))
    return Statuses(narrow, status, program, persons, title, withdrawn)


def narrowed(query: Select[Any], question: Question, name: str, column: Any) -> Select[Any]:
    """The query with only the rows whose column is one of the filter's values."""
    values = question.values(name)
    if not values:
        return query
    wanted = [value for value in values if value != NONE]
    allowed = column.in_(wanted)
    return query.where(or_(allowed, column.is_(None)) if NONE in values else allowed)


def _first(question: Question, table: Any, row: Any, person: Any) -> ColumnElement[bool]:
    """Whether a row of the question's day is the person's first: no other comes before it.

    Written with NOT EXISTS rather than a window, so that both databases walk the primary key for each person; SQLite
    would scan a numbered subquery once for every person.
    """
    earlier = table.alias(f"earlier_{row.name}")
    keys = [(earlier.c.ordinal, row.c.ordinal)]
    if "manager_id" in table.c:
        keys += [(func.coalesce(earlier.c.place, 0), func.coalesce(row.c.place, 0))]
        keys += [(earlier.c.manager_id, row.c.manager_id)]
    before = or_(*(and_(*(one == other for one, other in keys[:i]), mine < its) for i, (mine, its) in enumerate(keys)))
    return and_(
        row.c.person_id == person.c.person_id,
        p.holds(row, question.scope.tenant_id, question.day),
        ~(
            select(earlier.c.person_id)
            .where(
                earlier.c.person_id == row.c.person_id, p.holds(earlier, question.scope.tenant_id, question.day), before
            )
            .correlate(row)
            .exists()
        ),
    )


def _managed(query: Select[Any], question: Question, person: Any) -> Select[Any]:
    managers = question.values("manager")
    if not managers:
        return query
    reports_to = p.manager.alias("reports_to")
    return query.where(
        select(reports_to.c.person_id)
        .where(
            p.holds(reports_to, question.scope.tenant_id, question.day),
            reports_to.c.person_id == person.c.person_id,
            reports_to.c.manager_id.in_(managers),
        )
        .exists()
    )


def _below(question: Question, person: Any, managers: Sequence[str], name: str) -> ColumnElement[bool]:
    """Whether somebody reports to one of these on the day, directly or through others; nobody is below themselves."""
    direct, further = p.manager.alias(f"{name}_direct"), p.manager.alias(f"{name}_further")
    below = (
        select(direct.c.person_id)
        .where(p.holds(direct, question.scope.tenant_id, question.day), direct.c.manager_id.in_(managers))
        .cte(name, recursive=True)
    )
    below = below.union(
        select(further.c.person_id)
        .join(below, below.c.person_id == further.c.manager_id)
        .where(p.holds(further, question.scope.tenant_id, question.day))
    )
    return and_(person.c.person_id.in_(select(below.c.person_id)), person.c.person_id.not_in(managers))
