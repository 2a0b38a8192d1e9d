"""Which pair's ladder is to be looked at when: one row with the next instant, so that nobody scans everybody.

Whoever decides a pair touches its ladder in the same transaction; whoever looked at it settles exactly what it saw, so that a
pair decided meanwhile is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from lrs.dialects.contract import Dialect
from rules import tables as r
from rules.escalation.tables import ladder as table
from rules.facts.dirty import EVERY_PROGRAM
from rules.facts.pairs import KEY
from rules.language import Program

c = table.c


def touch(
    conn: Connection, dialect: Dialect, tenant_id: int, person_id: str, versions: Iterable[Program], gen: int
) -> None:
    """A pair was decided: look at its ladder soon, if its program names one or did.  `gen` is a fresh token."""
    named = [program.id for program in versions if "escalate" in program.notes]
    if not named:
        return
    row = {"tenant_id": tenant_id, "person_id": person_id, "program_id": named[0], "gen": gen, "next_at": 0, "since": 0}
    statement = dialect.insert(table).on_conflict_do_update(index_elements=KEY, set_={"gen": gen, "next_at": 0})
    conn.execute(statement, row)


def leave(conn: Connection, tenant_id: int, person_id: str, gen: int) -> None:
    """Nobody is known by this id any more: what ladders raised is to end.  `gen` is a fresh token."""
    here = and_(c.tenant_id == tenant_id, c.person_id == person_id)
    conn.execute(update(table).where(here).values(gen=gen, next_at=0))


def shake(conn: Connection, tenant_id: int, person_id: str, program_id: str, gen: int) -> None:
    """Before what was raised is changed: whoever is looking at the ladder looks again.  `gen` is a fresh token."""
    here = and_(c.tenant_id == tenant_id, c.person_id == person_id, c.program_id == program_id)
    conn.execute(update(table).where(here).values(gen=gen, next_at=0))


def find(conn: Connection, now: int, limit: int) -> list[Row[Any]]:
    """Ladders whose next instant has come, the longest waiting first; not those about to be decided anew."""
    dirty = r.dirty.c
    undecided = (
        select(dirty.person_id)
        .where(
            dirty.tenant_id == c.tenant_id,
            dirty.person_id == c.person_id,
            or_(dirty.program_id == c.program_id, dirty.program_id == EVERY_PROGRAM),
        )
        .exists()
    )
    query = select(table).where(c.next_at <= now, ~undecided).order_by(c.next_at).limit(limit)
    return list(conn.execute(query))


def settle(
    conn: Connection, seen: Row[Any], next_at: int | None, *, escalation_id: str | None = None, since: int = 0
) -> bool:
    """Look again at `next_at`; False when somebody decided the pair, looked at it or changed what it raised meanwhile."""
    here = and_(c.tenant_id == seen.tenant_id, c.person_id == seen.person_id, c.program_id == seen.program_id)
    as_seen = and_(here, c.gen == seen.gen, c.next_at == seen.next_at)
    values = {"next_at": next_at, "escalation_id": escalation_id, "since": since}
    return conn.execute(update(table).where(as_seen).values(values)).rowcount == 1


def next_due(conn: Connection) -> int | None:
    due: int | None = conn.scalar(select(func.min(c.next_at)))
    return due
