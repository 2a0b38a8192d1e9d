"""StatementRefs: a referring statement is found by whatever finds its target, through any number of hops.

The target's index keys are copied to its referrers when either of the two arrives.  A commit copies at most `MOST`
rows; what is left waits in `ref_pending` and is drained in further commits (data-model 8).  Every statement refers to at
most one other, so this is a functional graph: going down is a walk, going up a tree, cycles end because nothing new is
left to copy.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from lrs.db import Database, by_tenant
from lrs.dialects import Dialect
from lrs.store import tables as t
from lrs.xapi.postings import postings

MOST = 1_000
MOST_KEYS = 256
_SLICE = 100
"""Waiting referrers taken up at a time: intake waits meanwhile."""

Key = tuple[bytes, int]
"""An index key and its class."""


def inherited_by_new(conn: Connection, dialect: Dialect, new: Iterable[tuple[int, UUID, int, UUID | None]]) -> None:
    """Note the references of newly stored (tenant, id, seq, target) and let keys flow both ways."""
    new = list(new)
    links = [
        {"tenant_id": tenant_id, "target_id": target.bytes, "src_seq": seq}
        for tenant_id, _, seq, target in new
        if target
    ]
    if links:
        conn.execute(insert(t.ref), links)
    starts = [(tenant_id, seq) for tenant_id, _, seq, target in new if target]
    starts += _waiting_for(conn, new)
    if starts:
        inherit(conn, dialect, starts)


def inherit(conn: Connection, dialect: Dialect, starts: Sequence[tuple[int, int]]) -> int:
    """Let each (tenant, referring seq) take over its target's keys, then its own referrers, and so on up.

    Returns the rows copied; work beyond `MOST` is left in `ref_pending`.
    """
    queue = deque(dict.fromkeys(starts))
    copied = 0
    while queue:
        tenant_id, seq = queue.popleft()
        if copied >= MOST:
            rows = [{"tenant_id": tenant, "src_seq": waiting} for tenant, waiting in [(tenant_id, seq), *queue]]
            conn.execute(dialect.insert(t.ref_pending).on_conflict_do_nothing(), rows)
            break
        fresh = _copy(conn, tenant_id, seq)
        if fresh:
            copied += fresh
            queue.extend(_referrers(conn, tenant_id, seq))
    return copied


def drain(conn: Connection, dialect: Dialect) -> int:
    """Go on with what earlier commits left; returns how many referrers were taken off the list.

    Under the sequencer lock: a commit beside this one could add a key to a target after its referrers were looked at.
    """
    dialect.lock(conn)
    rows = conn.execute(select(t.ref_pending).limit(_SLICE)).all()
    for row in rows:
        conn.execute(
            delete(t.ref_pending).where(
                t.ref_pending.c.tenant_id == row.tenant_id, t.ref_pending.c.src_seq == row.src_seq
            )
        )
    if rows:
        inherit(conn, dialect, [(row.tenant_id, row.src_seq) for row in rows])
    return len(rows)


def _waiting_for(conn: Connection, new: Sequence[tuple[int, UUID, int, UUID | None]]) -> list[tuple[int, int]]:
    """Referrers that were stored before the statements they refer to."""
    found: list[tuple[int, int]] = []
    for tenant_id, ids in by_tenant((tenant_id, id_.bytes) for tenant_id, id_, _, _ in new):
        rows = conn.execute(select(t.ref.c.src_seq).where(t.ref.c.tenant_id == tenant_id, t.ref.c.target_id.in_(ids)))
        found += [(tenant_id, row.src_seq) for row in rows]
    return found


def _copy(conn: Connection, tenant_id: int, seq: int) -> int:
    """Give one referrer the keys of its target that it lacks; returns how many were new."""
    keys = _keys_of_target(conn, tenant_id, seq)
    if not keys:
        return 0
    c = t.posting.c
    rows = conn.execute(
        select(c.key, c["class"]).where(c.tenant_id == tenant_id, c.key.in_({key for key, _ in keys}), c.seq == seq)
    )
    have = {(row[0], row[1]) for row in rows}
    room = MOST_KEYS - len(_inherited(conn, tenant_id, seq))
    fresh = sorted(keys - have)[: max(room, 0)]
    if fresh:
        copies = [{"tenant_id": tenant_id, "key": key, "class": class_, "seq": seq} for key, class_ in fresh]
        conn.execute(insert(t.posting), copies)
        conn.execute(insert(t.inherited), copies)
    return len(fresh)


def _keys_of_target(conn: Connection, tenant_id: int, seq: int) -> set[Key]:
    """What a referrer should be found by: its target's own keys and those the target inherited itself."""
    row = conn.execute(
        select(t.statement_key.c.seq, t.body.c.bytes)
        .join(t.ref, (t.ref.c.tenant_id == t.statement_key.c.tenant_id) & (t.ref.c.target_id == t.statement_key.c.id))
        .join(t.body, t.body.c.seq == t.statement_key.c.seq)
        .where(t.ref.c.src_seq == seq, t.ref.c.tenant_id == tenant_id)
    ).first()
    if row is None:
        return set()
    own = {(one.key, t.DIRECT if one.direct else t.RELATED) for one in postings(json.loads(row.bytes))}
    return own | _inherited(conn, tenant_id, row.seq)


def _inherited(conn: Connection, tenant_id: int, seq: int) -> set[Key]:
    c = t.inherited.c
    rows = conn.execute(select(c.key, c["class"]).where(c.tenant_id == tenant_id, c.seq == seq))
    return {(row[0], row[1]) for row in rows}


def _referrers(conn: Connection, tenant_id: int, seq: int) -> list[tuple[int, int]]:
    rows = conn.execute(
        select(t.ref.c.src_seq)
        .join(t.statement, (t.statement.c.tenant_id == t.ref.c.tenant_id) & (t.statement.c.id == t.ref.c.target_id))
        .where(t.statement.c.seq == seq, t.ref.c.tenant_id == tenant_id)
    )
    return [(tenant_id, row.src_seq) for row in rows]


def is_waiting(database: Database) -> bool:
    """Whether keys are still to be copied."""
    with database.read() as conn:
        return conn.execute(select(t.ref_pending.c.src_seq).limit(1)).first() is not None
