"""What holds for pairs over time, read back from the status rows that deciding left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from lrs.people.reading import from_day
from rules import tables as r
from rules.decisions.keeping import FLAGS

Pair = tuple[str, str]
"""Person and program."""


@dataclass(frozen=True, slots=True)
class Held:
    """One row of `status` as ladders read it (`rules.escalation.deadline.Stretch`)."""

    from_us: int
    until_us: int
    assignment: str
    progress: str
    award: str
    flags: tuple[str, ...]
    due_on: date | None
    expires_on: date | None
    renewable_from: date | None


def held(conn: Connection, tenant_id: int, pairs: Iterable[Pair]) -> dict[Pair, list[Held]]:
    """The timeline of each pair, in order."""
    wanted = set(pairs)
    s = r.status.c
    query = (
        select(r.status)
        .where(s.tenant_id == tenant_id, s.person_id.in_({person for person, _ in wanted}))
        .where(s.program_id.in_({program for _, program in wanted}))
        .order_by(s.person_id, s.program_id, s.from_us)
    )
    found: dict[Pair, list[Held]] = {pair: [] for pair in wanted}
    for row in conn.execute(query):
        if (row.person_id, row.program_id) in wanted:
            found[row.person_id, row.program_id].append(_held(row))
    return found


def _held(row: Row[Any]) -> Held:
    return Held(
        row.from_us,
        row.until_us,
        row.assignment,
        row.progress,
        row.award,
        tuple(name for name in FLAGS if getattr(row, name)),
        from_day(row.due_day),
        from_day(row.expires_day),
        from_day(row.renewable_day),
    )
