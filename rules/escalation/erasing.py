"""What erasing a person does to ladders, notices and consequences: ids follow from whose they are, so they change with that."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row, Table, bindparam, or_, select, update

from lrs.erasure.policies import Erasing, Policy, Scrub
from lrs.people.reading import from_day
from rules.escalation.deadline import Deadline
from rules.escalation.keys import rung_id
from rules.escalation.ladder import DO


def rename_notices(erasing: Erasing, table: Table) -> int:
    """Notices about them, and those that they got."""
    return _rename(erasing, table, "recipient_id")


def rename_consequences(erasing: Erasing, table: Table) -> int:
    """Consequences for them; what whoever approved wrote about it goes."""
    c = table.c
    here = (c.tenant_id == erasing.tenant_id) & c.person_id.in_(list(erasing.pseudonyms.people)) & c.note.is_not(None)
    erasing.conn.execute(update(table).where(here).values(note=None))
    return _rename(erasing, table, None)


def _rename(erasing: Erasing, table: Table, recipient: str | None) -> int:
    c, people = table.c, erasing.pseudonyms.people
    whose = [c.person_id, *([c[recipient]] if recipient else [])]
    mine = or_(*(column.in_(list(people)) for column in whose))
    rows = erasing.conn.execute(select(table).where(c.tenant_id == erasing.tenant_id, mine)).all()
    changed = [_changed(erasing, row, recipient) for row in rows]
    if changed:
        here = (c.tenant_id == erasing.tenant_id) & (c.id == bindparam("old_"))
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in ("id", "person_id", *([recipient] if recipient else []))
        }
        erasing.conn.execute(update(table).where(here).values(values), changed)
    return len(changed)


def _changed(erasing: Erasing, row: Row[Any], recipient: str | None) -> dict[str, Any]:
    people, said = erasing.pseudonyms.people, row._mapping  # noqa: SLF001 - its name for a row as a mapping
    person = people.get(row.person_id, row.person_id)
    to = people.get(said[recipient], said[recipient]) if recipient else DO
    day = from_day(row.deadline_day)
    assert day is not None
    deadline = Deadline(row.deadline, day)
    id_ = rung_id(row.tenant_id, person, row.program_id, deadline, row.step, to)
    found = {"old_": row.id, "new_id": id_.bytes, "new_person_id": person}
    return {**found, f"new_{recipient}": to} if recipient else found


ERASURE: Final[dict[str, Policy]] = {
    "ladder": Scrub(people=("person_id",), why="how far a ladder was climbed"),
    "notice": Scrub(by=rename_notices, texts=("last_error",), why="who was told when; letters themselves are not kept"),
    "consequence": Scrub(
        by=rename_consequences,
        people=("approve",),
        logins=("decided_by",),
        texts=("note",),
        why="what followed, without what was written about it",
    ),
}
