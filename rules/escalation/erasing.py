"""What erasing a person does to ladders, notices and consequences: ids follow from whose they are, so they change with that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, bindparam, select, update

from lrs.erasure.policies import Erasing, Key, Policy, Scrub, theirs
from lrs.people.reading import from_day
from rules.escalation.deadline import Deadline
from rules.escalation.keys import rung_id
from rules.escalation.ladder import DO


def notices(erasing: Erasing, table: Table) -> list[Key]:
    """Notices about them, and those that they got."""
    return erasing.keys(table, _mine(erasing, table, "person_id", "recipient_id"))


def consequences(erasing: Erasing, table: Table) -> list[Key]:
    """Consequences for them."""
    return erasing.keys(table, _mine(erasing, table, "person_id"))


def rename_notices(erasing: Erasing, table: Table) -> int:
    """Those, and why a letter could not be sent."""

    def put(row: Row[Any]) -> dict[str, Any]:
        error = row.last_error and erasing.pseudonyms.text(row.last_error)
        return {"recipient_id": _now(erasing, row.recipient_id), "last_error": error}

    return _rename(erasing, table, _mine(erasing, table, "person_id", "recipient_id"), put)


def rename_consequences(erasing: Erasing, table: Table) -> int:
    """Those; what whoever approved wrote about it goes."""

    def put(row: Row[Any]) -> dict[str, Any]:
        by = erasing.pseudonyms.name if row.decided_by in erasing.logins else row.decided_by
        return {"approve": _now(erasing, row.approve), "decided_by": by, "note": None}

    return _rename(erasing, table, _mine(erasing, table, "person_id"), put)


def _rename(
    erasing: Erasing, table: Table, mine: ColumnElement[bool], put: Callable[[Row[Any]], dict[str, Any]]
) -> int:
    """put: what else changes of a row; whom it is about, and its id, change in any case."""
    c = table.c
    rows = erasing.conn.execute(select(table).where(erasing.here(table), mine)).all()
    changed = []
    for row in rows:
        found = {"person_id": _now(erasing, row.person_id), **put(row)}
        found["id"] = _id(row, found["person_id"], found.get("recipient_id", DO))
        changed.append({"old_": row.id, **{f"new_{name}": value for name, value in found.items()}})
    names = [name.removeprefix("new_") for name in changed[0] if name != "old_"] if changed else []
    here = (c.tenant_id == erasing.tenant_id) & (c.id == bindparam("old_"))
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return erasing.do(update(table).where(here).values(values), changed)


def _mine(erasing: Erasing, table: Table, *names: str) -> ColumnElement[bool]:
    return theirs(*names)(erasing, table)


def _now(erasing: Erasing, person: str | None) -> str | None:
    return None if person is None else erasing.pseudonyms.people.get(person, person)


def _id(row: Row[Any], person: str, to: str) -> bytes:
    """What follows from whose it is."""
    day = from_day(row.deadline_day)
    assert day is not None
    return rung_id(row.tenant_id, person, row.program_id, Deadline(row.deadline, day), row.step, to).bytes


ERASURE: Final[dict[str, Policy]] = {
    "ladder": Scrub(people=("person_id",), at_once=theirs("person_id"), why="how far a ladder was climbed"),
    "notice": Scrub(
        by=rename_notices,
        which=notices,
        texts=("last_error",),
        at_once=theirs("person_id"),
        why="who was told when; letters themselves are not kept",
    ),
    "consequence": Scrub(
        by=rename_consequences,
        which=consequences,
        at_once=theirs("person_id"),
        people=("approve",),
        logins=("decided_by",),
        texts=("note",),
        why="what followed, without what was written about it",
    ),
}
