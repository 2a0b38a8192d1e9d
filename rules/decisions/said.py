"""What was decided last about each person and program: by the decisions, or by the log where a decision is gone.

Decisions are a cache and rebuilding them is no news to anybody; a withdrawn program has none, and publishing it again goes
on from what was said at its end.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from rules import tables as r
from rules.decisions.transitions import Document

Said = dict[tuple[str, str], Document]
"""Documents by person and program."""


def standing(conn: Connection, tenant_id: int, people: Sequence[str] | None = None) -> Said:
    """The decisions that stand, of these people or everybody."""
    d = r.decision.c
    return _documents(conn, _of(select(d.person_id, d.program_id, d.document), d, tenant_id, people))


def standing_of(conn: Connection, tenant_id: int, person_id: str, program_id: str) -> Document | None:
    """The decision that stands about one person in one program."""
    d = r.decision.c
    here = (d.tenant_id == tenant_id) & (d.person_id == person_id) & (d.program_id == program_id)
    text = conn.scalar(select(d.document).where(here))
    return None if text is None else json.loads(text)


def logged(conn: Connection, tenant_id: int, people: Sequence[str] | None = None) -> Said:
    """The newest entries of the log."""
    log = r.decision_log.c
    newest = _of(select(func.max(log.id)), log, tenant_id, people).group_by(log.person_id, log.program_id)
    return _documents(conn, select(log.person_id, log.program_id, log.document).where(log.id.in_(newest)))


def _of(query: Select[Any], columns: Any, tenant_id: int, people: Sequence[str] | None) -> Select[Any]:
    mine = query.where(columns.tenant_id == tenant_id)
    return mine if people is None else mine.where(columns.person_id.in_(people))


def _documents(conn: Connection, query: Select[Any]) -> Said:
    return {(row.person_id, row.program_id): json.loads(row.document) for row in conn.execute(query)}
