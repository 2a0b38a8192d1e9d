"""What can be chosen in a report's filters: the units, sites, jobs and programs that there are, or ever were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Select, func, select

from lrs.errors import MOST_NAMES, BadRequest, did_you_mean, nearest
from lrs.people import tables as p
from lrs.store import tables as t
from reports.declaration import NONE, Filter, Question
from rules import tables as r

if TYPE_CHECKING:
    from reports.reading import ReportReader

MOST = 200
"""Beyond this many a list helps nobody; the filter is typed instead."""

_OPEN: Final = frozenset({"program", "activity"})
"""Filters whose values everybody may know."""
_FEW: Final = 20

_COLUMNS: Final[Mapping[str, Column[str]]] = {
    "unit": p.position.c.unit,
    "site": p.position.c.site,
    "job": p.position.c.job,
    "person": p.person.c.person_id,
    "manager": p.person.c.person_id,
    "team": p.person.c.person_id,
    "program": r.program.c.program_id,
    "activity": r.activity.c.activity_id,
}
"""Where the values of a filter stand, with all that was ever known."""

Choices = tuple[tuple[str, str], ...]


def choices(reader: ReportReader, one: Filter, question: Question) -> Choices:
    """Pairs of value and label; none for a filter that is typed."""
    if one.choices:
        return tuple((value, value.replace("_", " ")) for value in one.choices)
    query = _query(one.name, question.scope.tenant_id)
    if query is None:
        return ()
    with reader.connection() as conn:
        rows = conn.execute(query.limit(MOST + 1)).all()
    return tuple((row[0], row[1]) for row in rows) if len(rows) <= MOST else ()


def require_known(reader: ReportReader, question: Question) -> None:
    """Refuse values of filters that nothing ever had: nothing would be found, and look like good news.  Raises BadRequest.

    Who sees a team only is told of nobody else, not even that there is somebody: for them nothing is found.
    """
    for name, values in question.filters.items():
        query = _ever(name, question.scope.tenant_id)
        if query is None or (question.scope.team is not None and name not in _OPEN):
            continue
        for value in values:
            with reader.connection() as conn:
                if value == NONE or conn.execute(query(value).limit(1)).first() is not None:
                    continue
                known = [row[0] for row in conn.execute(query(None).distinct().limit(MOST_NAMES))]
            hint = "nothing has one yet" if not known else None
            if nearest(value, known) or 0 < len(known) <= _FEW:
                hint = did_you_mean(value, known)
            raise BadRequest(f"{name}: nothing was ever known as '{value}'", hint=hint, parameter=name)


def _ever(name: str, tenant_id: int) -> Callable[[str | None], Select[Any]] | None:
    """What looks for a value, or with None for all there are, in whatever was known at any time."""
    column = _COLUMNS.get(name)
    if column is None:
        return None
    all_ = select(column).where(column.table.c.tenant_id == tenant_id, column.is_not(None))
    return lambda value: all_ if value is None else all_.where(column == value)


def _query(name: str, tenant_id: int) -> Any:
    position, program, activity, source = p.position.c, r.program.c, r.activity.c, t.credential.c
    if name in {"unit", "site", "job"}:
        column = position[name]
        here = (position.tenant_id == tenant_id) & position.known_to.is_(None) & column.is_not(None)
        return select(column, column).where(here).distinct().order_by(column)
    if name == "program":
        title = func.max(program.title)
        return (
            select(program.program_id, title)
            .where(program.tenant_id == tenant_id)
            .group_by(program.program_id)
            .order_by(title)
        )
    if name == "activity":
        title = func.max(activity.title)
        return (
            select(activity.activity_id, title)
            .where(activity.tenant_id == tenant_id)
            .group_by(activity.activity_id)
            .order_by(title)
        )
    if name == "source":
        return select(source.name, source.name).where(source.tenant_id == tenant_id).order_by(source.name)
    return None
