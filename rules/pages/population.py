"""How many people stand where in each program, and who they are: the same conditions for numbers and lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, not_, or_, select

from lrs.people import tables as p
from rules import tables as r

_S = r.status.c
_IS_HELD: Final = or_(_S.award == "valid", and_(_S.progress == "met", _S.award == "none"))
_IS_REQUIRED: Final = _S.assignment == "required"

STATES: Final[Mapping[str, ColumnElement[bool]]] = {
    "required": _IS_REQUIRED,
    "certified": _S.award == "valid",
    "overdue": and_(_IS_REQUIRED, _S.overdue == 1, not_(_IS_HELD)),
}
"""What a column of the list of programs counts."""

PAGE: Final = 200


class Standing(NamedTuple):
    """A person in a program now."""

    person_id: str
    name: str
    assignment: str
    progress: str
    award: str
    overdue: int
    owed_day: int | None
    expires_day: int | None
    key: str
    """The name as the database sorts it."""


def counts(conn: Connection, tenant_id: int, now: int) -> dict[str, dict[str, int]]:
    """By program, how many people are in each of the states."""
    sums = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in STATES.items()]
    query = (
        select(_S.program_id, *sums).where(_S.tenant_id == tenant_id, r.holds(r.status, now)).group_by(_S.program_id)
    )
    return {row.program_id: {name: int(getattr(row, name) or 0) for name in STATES} for row in conn.execute(query)}


def people_in(
    conn: Connection, tenant_id: int, now: int, program_id: str, state: str, after: tuple[str, str] | None = None
) -> list[Standing]:
    """A page of the people in a state of one program, by name, from after somebody on; one more than a page holds."""
    person = p.person.c
    name = func.lower(person.name)
    query: Any = (
        select(
            _S.person_id,
            person.name,
            _S.assignment,
            _S.progress,
            _S.award,
            _S.overdue,
            r.last_good_day(r.status),
            _S.expires_day,
            name,
        )
        .join(p.person, and_(person.tenant_id == _S.tenant_id, person.person_id == _S.person_id))
        .where(_S.tenant_id == tenant_id, _S.program_id == program_id, r.holds(r.status, now), STATES[state])
        .where(person.known_to.is_(None))
        .order_by(name, _S.person_id)
        .limit(PAGE + 1)
    )
    if after is not None:
        query = query.where(or_(name > after[0], and_(name == after[0], _S.person_id > after[1])))
    return [Standing(*row) for row in conn.execute(query)]
