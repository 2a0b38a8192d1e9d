"""StatementRefs: a referring statement is found by whatever finds its target, through any number of hops.

The target's index keys are copied to its referrers when either of the two arrives.  A commit copies a bounded number;
a target that could not pass its keys to every referrer waits in `ref_pending` and is taken up in further commits.  At all
times a referrer has the keys of its target, or the target stands in `ref_pending` before it or in `ref_unbounded`:
`lrs.store.reach` rests on that, so that answers are right before the work is done (data-model 8).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select

from lrs.db import Database, by_tenant
from lrs.dialects.contract import Among, Dialect
from lrs.store import inheritance
from lrs.store import tables as t
from lrs.store.inheritance import Flow, Left, Link, referred
from lrs.xapi.postings import Posting

MOST_TARGETS = 100
"""Pending targets taken up at a time: intake waits meanwhile."""


class Arrival(NamedTuple):
    """A newly stored statement, and the one that is its object."""

    tenant_id: int
    id: UUID
    seq: int
    target: UUID | None
    postings: Sequence[Posting]


_AWAITED = Among("target_id", "ref", "tenant_id", "target_id", "LIMIT 1", rare=True)


def inherited_by_new(conn: Connection, dialect: Dialect, new: Iterable[Arrival]) -> None:
    """Note the references of new statements and let keys flow both ways."""
    tenants: dict[int, list[Arrival]] = {}
    for one in new:
        tenants.setdefault(one.tenant_id, []).append(one)
    for tenant_id, mine in tenants.items():
        links = _to_targets(conn, tenant_id, mine)
        awaited = dialect.among(conn, _AWAITED, tenant_id, [one.id.bytes for one in mine])
        waiting, left = _from_waiting(conn, tenant_id, mine) if awaited else ([], {})
        if links or waiting:
            flow = Flow(conn, dialect, tenant_id, {one.seq: one.postings for one in mine})
            left = _earliest(left, flow.run([*links, *waiting]))
        _keep(conn, dialect, tenant_id, left)


def drain(conn: Connection, dialect: Dialect) -> int:
    """Go on with what earlier commits left, one bounded slice; returns how many targets were taken up.

    Under the sequencer lock: a commit beside this one could add a key to a target after its referrers were looked at.
    """
    dialect.lock(conn)
    dialect.along_indexes(conn)
    c = t.ref_pending.c
    tenant_id = conn.scalar(select(func.min(c.tenant_id)))
    if tenant_id is None:
        return 0
    rows = conn.execute(
        select(c.seq, c.passed).where(c.tenant_id == tenant_id).order_by(c.seq).limit(MOST_TARGETS)
    ).all()
    pending = {row.seq: row.passed for row in rows}
    links, left = _open(conn, tenant_id, pending)
    left = _earliest(left, Flow(conn, dialect, tenant_id).run(links))
    conn.execute(delete(t.ref_pending).where(c.tenant_id == tenant_id, c.seq.in_(pending)))
    _keep(conn, dialect, tenant_id, left)
    return len(rows)


def is_waiting(database: Database) -> bool:
    """Whether keys are still to be copied."""
    with database.read() as conn:
        return conn.execute(select(t.ref_pending.c.seq).limit(1)).first() is not None


def _to_targets(conn: Connection, tenant_id: int, new: Sequence[Arrival]) -> list[Link]:
    """Store the references of new statements; those to statements that are here already, or new as well."""
    wanted = [(one.seq, one.target) for one in new if one.target is not None]
    if not wanted:
        return []
    rows = [{"tenant_id": tenant_id, "target_id": target.bytes, "src_seq": seq} for seq, target in wanted]
    conn.execute(insert(t.ref), rows)
    place: dict[bytes, int] = {}
    key = t.statement_key.c
    for _, ids in by_tenant((tenant_id, id_) for id_ in {target.bytes for _, target in wanted}):
        found = conn.execute(select(key.id, key.seq).where(key.tenant_id == tenant_id, key.id.in_(ids)))
        place |= {row.id: row.seq for row in found}
    return [(seq, place[target.bytes]) for seq, target in wanted if target.bytes in place]


def _from_waiting(conn: Connection, tenant_id: int, new: Sequence[Arrival]) -> tuple[list[Link], Left]:
    """References that were stored before the new statements they mean; where they are too many, what is left to do."""
    links: list[Link] = []
    left: Left = {}
    place = {one.id.bytes: one.seq for one in new}
    first, c = new[0].seq, t.ref.c
    for _, ids in by_tenant((tenant_id, id_) for id_ in place):
        room = max(inheritance.MOST_LINKS - len(links), 0)
        query = select(c.src_seq, c.target_id).where(c.tenant_id == tenant_id, c.target_id.in_(ids), c.src_seq < first)
        rows = conn.execute(query.limit(room + 1)).all()
        if len(rows) <= room:
            links += [(row.src_seq, place[row.target_id]) for row in rows]
        else:
            left |= dict.fromkeys(referred(conn, tenant_id, [place[id_] for id_ in ids]), 0)
    return links, left


def _open(conn: Connection, tenant_id: int, pending: Mapping[int, int]) -> tuple[list[Link], Left]:
    """References whose keys are still to be copied, and the targets of which not all were taken up."""
    ref, most = t.ref.c, inheritance.MOST_LINKS
    query = (
        select(ref.src_seq, t.ref_pending.c.seq)
        .select_from(
            t.ref_pending.join(t.statement, t.statement.c.seq == t.ref_pending.c.seq).join(
                t.ref, (ref.tenant_id == t.statement.c.tenant_id) & (ref.target_id == t.statement.c.id)
            )
        )
        .where(t.ref_pending.c.tenant_id == tenant_id, ref.src_seq > t.ref_pending.c.passed)
    )
    rows = conn.execute(query.where(t.ref_pending.c.seq.in_(pending)).limit(most + 1)).all()
    if len(rows) <= most:
        return [(row.src_seq, row.seq) for row in rows], {}
    links: list[Link] = []
    left = dict(pending)
    for target in pending:
        one = query.where(t.ref_pending.c.seq == target).order_by(ref.src_seq)
        rows = conn.execute(one.limit(most - len(links) + 1)).all()
        taken = rows[: most - len(links)]
        links += [(row.src_seq, target) for row in taken]
        if len(taken) < len(rows):
            left[target] = taken[-1].src_seq if taken else pending[target]
            break
        del left[target]
    return links, left


def _earliest(one: Left, other: Left) -> Left:
    return {seq: min(one.get(seq, passed), passed) for seq, passed in {**one, **other}.items()}


def _keep(conn: Connection, dialect: Dialect, tenant_id: int, left: Left) -> None:
    """Put targets on the list, or further back on it."""
    if not left:
        return
    put = dialect.insert(t.ref_pending)
    back = put.on_conflict_do_update(
        index_elements=["tenant_id", "seq"],
        set_={"passed": put.excluded.passed},
        where=put.excluded.passed < t.ref_pending.c.passed,
    )
    conn.execute(back, [{"tenant_id": tenant_id, "seq": seq, "passed": passed} for seq, passed in left.items()])
