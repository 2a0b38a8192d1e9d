"""Which referrers a filter reaches through targets whose keys are not copied to them (yet, or ever).

Copying is work that follows a commit; an answer does not wait for it.  What a filter misses stands above a target that has
the key and is listed in `ref_pending` or `ref_unbounded` (the promise of `lrs.store.references`), so it is found by walking
up from those, each reference once.  Reads only; the snapshot has to be the one in which the index is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    bindparam,
    literal,
    select,
    union_all,
)

from lrs.store import tables as t
from lrs.xapi.postings import Kind, posting_key


@dataclass(frozen=True, slots=True)
class Filter:
    """One index key every row must have; `related` widens it to the related_* reading (xAPI-Communication 2.1.3)."""

    kind: Kind
    text: str
    related: bool = False

    @property
    def classes(self) -> tuple[int, ...]:
        return (t.DIRECT, t.RELATED) if self.related else (t.DIRECT,)

    @property
    def key(self) -> bytes:
        return posting_key(self.kind, self.text)


def indexed(
    tenant: int | ColumnElement[int], key: bytes | ColumnElement[bytes], classes: Sequence[int], posting: FromClause
) -> ColumnElement[bool]:
    """That a row of the index (the table or an alias of it) has a key in one of some classes."""
    c = posting.c
    return (c.tenant_id == tenant) & (c.key == key) & c["class"].in_(classes)


Reach: TypeAlias = dict[Filter, CTE]
"""For filters that the index alone does not answer in full: the numbers that belong to the answer besides (`seq`)."""


def beyond_index(conn: Connection, tenant_id: int, filters: Sequence[Filter]) -> Reach:
    """What to add to the index for these filters; nothing at all while no target is behind, which is nearly always."""
    if not filters or conn.execute(_ANY_BEHIND, {"tenant": tenant_id}).first() is None:
        return {}
    return {
        one: _above(tenant_id, one, number)
        for number, one in enumerate(filters)
        if conn.execute(_starts(tenant_id, one).limit(1)).first() is not None
    }


def _behind(tenant_id: Any) -> Select[Any]:
    """Targets that have not passed on all their keys, and the referrer up to which they have."""
    pending, unbounded = t.ref_pending.c, t.ref_unbounded.c
    both = union_all(
        select(pending.seq, pending.passed).where(pending.tenant_id == tenant_id),
        select(unbounded.seq, literal(0).label("passed")).where(unbounded.tenant_id == tenant_id),
    ).subquery()
    return select(both.c.seq, both.c.passed)


_ANY_BEHIND = _behind(bindparam("tenant", type_=Integer)).limit(1)


def _starts(tenant_id: int, filter_: Filter) -> Select[Any]:
    """Those of them that the filter finds."""
    behind = _behind(tenant_id).subquery()
    return select(behind.c.seq, behind.c.passed).join(
        t.posting, (t.posting.c.seq == behind.c.seq) & indexed(tenant_id, filter_.key, filter_.classes, t.posting)
    )


def _above(tenant_id: int, filter_: Filter, number: int) -> CTE:
    """Everybody who refers to them, directly or not; a circle ends because no number comes twice.

    The tenant is the statement's, not said once more: PostgreSQL would think that it narrows `ref` down to a few rows.
    """
    start = _starts(tenant_id, filter_).subquery()
    ref, statement = t.ref.c, t.statement.c
    of_target = (ref.tenant_id == statement.tenant_id) & (ref.target_id == statement.id)
    first = (
        select(ref.src_seq.label("seq"))
        .select_from(start.join(t.statement, statement.seq == start.c.seq).join(t.ref, of_target))
        .where(ref.src_seq > start.c.passed)
        .cte(f"above_{number}", recursive=True)
    )
    return first.union(
        select(ref.src_seq).select_from(first.join(t.statement, statement.seq == first.c.seq).join(t.ref, of_target))
    )
