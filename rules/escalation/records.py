"""What ladders have left about a pair so far, and the changes that a look at it leads to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from lrs.people.reading import from_day
from rules.escalation.deadline import Deadline
from rules.escalation.held import Pair
from rules.escalation.ladder import DO, Key
from rules.escalation.states import ConsequenceState, NoticeState
from rules.escalation.tables import consequence, notice

_UNDONE = frozenset({NoticeState.CANCELLED})
_ENDED = frozenset({ConsequenceState.LIFTED, ConsequenceState.CANCELLED})


@dataclass(slots=True)
class Record:
    """The notices and consequences of one pair, of all its deadlines."""

    notices: list[Row[Any]] = field(default_factory=list)
    consequences: list[Row[Any]] = field(default_factory=list)

    def done(self, deadline: Deadline) -> set[Key]:
        """What needs no doing again; what was called off may come once more."""
        told = {
            (one.step, one.recipient_id) for one in self.notices if about(one) == deadline and one.state not in _UNDONE
        }
        acted = {(one.step, DO) for one in self.consequences if about(one) == deadline and one.state not in _ENDED}
        return told | acted

    def begun(self, deadline: Deadline) -> dict[str, int]:
        """When each step of a deadline began: whom it is for was read then."""
        rows = [(one, one.created_at) for one in self.notices if one.state not in _UNDONE]
        rows += [(one, one.raised_at) for one in self.consequences if one.state not in _ENDED]
        found: dict[str, int] = {}
        for row, at in rows:
            if about(row) == deadline:
                found[row.step] = min(at, found.get(row.step, at))
        return found

    def find(self, id_: bytes) -> Row[Any] | None:
        """The row of an id, whatever became of it."""
        return next((one for one in (*self.notices, *self.consequences) if one.id == id_), None)


def about(row: Row[Any]) -> Deadline:
    """The deadline a notice or consequence is about."""
    day = from_day(row.deadline_day)
    assert day is not None
    return Deadline(row.deadline, day)


def records(conn: Connection, tenant_id: int, pairs: Collection[Pair]) -> dict[Pair, Record]:
    """What there is about each of these pairs."""
    found = {pair: Record() for pair in pairs}
    for table, attribute in ((notice, "notices"), (consequence, "consequences")):
        query = select(table).where(
            table.c.tenant_id == tenant_id,
            table.c.person_id.in_({person for person, _ in pairs}),
            table.c.program_id.in_({program for _, program in pairs}),
        )
        for row in conn.execute(query.order_by(table.c.id)):
            if (row.person_id, row.program_id) in found:
                getattr(found[row.person_id, row.program_id], attribute).append(row)
    return found


@dataclass(slots=True)
class Changes:
    """Rows to add and to change, by id."""

    notices: list[dict[str, Any]] = field(default_factory=list)
    consequences: list[dict[str, Any]] = field(default_factory=list)
    again: list[tuple[Any, bytes, dict[str, Any]]] = field(default_factory=list)
    """Table, id and values of rows that are there."""
    emissions: list[dict[str, Any]] = field(default_factory=list)

    def write(self, conn: Connection, tenant_id: int, now: int) -> None:
        """Inside the transaction that settles the ladder."""
        _add(conn, notice, self.notices)
        _add(conn, consequence, self.consequences)
        for table, id_, values in self.again:
            here = and_(table.c.tenant_id == tenant_id, table.c.id == id_)
            if values.get("state") == NoticeState.CANCELLED and table is notice:
                free = or_(table.c.lease_until.is_(None), table.c.lease_until < now)
                here = and_(here, table.c.state == NoticeState.WAITING, free)
            conn.execute(update(table).where(here).values(values))


def _add(conn: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), list(rows))
