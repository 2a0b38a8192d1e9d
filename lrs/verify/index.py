"""The keys and references of all statements, made anew from their bytes.

What referrers inherit is copied behind the requests (`lrs.store.references`); which keys a referrer of a statement with too
many of them got before they were too many depends on who came when, so those stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from lrs.batches import batches
from lrs.db import by_tenant
from lrs.store import tables as t
from lrs.store.statements import void
from lrs.xapi.postings import Posting, postings
from lrs.xapi.statement import object_kind

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_ROWS = 1_000


class _Read(NamedTuple):
    """A statement, as far as it is found and refers."""

    tenant_id: int
    seq: int
    postings: set[Posting]
    target: bytes | None
    voids: bytes | None


def forget(prowess: Prowess, conn: Connection) -> None:
    """Make the index anew, in this transaction; what is inherited follows when `ReferenceJob` works."""
    dialect = prowess.database.dialect
    dialect.lock(conn)
    kept = _above_unbounded(conn)
    for table in (t.posting, t.term, t.ref, t.ref_pending, t.void_wait):
        conn.execute(delete(table))
    inherited = select(t.inherited)
    rows = [tuple(row) for row in conn.execute(inherited) if row.seq in kept] if kept else []
    conn.execute(delete(t.inherited))
    conn.execute(update(t.statement).where(t.statement.c.voided_seq.is_not(None)).values(voided_seq=None))
    voids: list[tuple[int, bytes, int]] = []
    for some in batches(_statements(conn), _ROWS):
        _append(prowess, conn, some)
        voids += [(one.tenant_id, one.voids, one.seq) for one in some if one.voids is not None]
    dialect.append(conn, [(t.inherited, rows)])
    dialect.append(conn, [(t.posting, [(tenant, key, class_, seq) for tenant, seq, key, class_ in rows])], anew=False)
    void(conn, voids)
    key, ref = t.statement_key.c, t.ref.c
    here = (key.tenant_id == ref.tenant_id) & (key.id == ref.target_id)
    targets = select(key.tenant_id, key.seq, bindparam("passed", 0)).join(t.ref, here).distinct()
    conn.execute(insert(t.ref_pending).from_select(["tenant_id", "seq", "passed"], targets))


def _append(prowess: Prowess, conn: Connection, some: Sequence[_Read]) -> None:
    dialect = prowess.database.dialect
    keys = sorted(
        (one.tenant_id, posting.key, t.class_of(posting), one.seq) for one in some for posting in one.postings
    )
    terms = {(one.tenant_id, posting.key): (posting.kind, posting.text) for one in some for posting in one.postings}
    refs = sorted((one.tenant_id, one.target, one.seq) for one in some if one.target is not None)
    dialect.append(conn, [(t.posting, keys), (t.ref, refs)])
    dialect.append(conn, [(t.term, [(*key, *terms[key]) for key in sorted(terms)])], anew=False)


def _statements(conn: Connection) -> Iterator[_Read]:
    """All that can be read; what cannot is in no index, and the record's own check names it."""
    s = t.statement.c
    query = select(s.tenant_id, s.seq, s.voids, t.body.c.bytes).join(t.body, t.body.c.seq == s.seq).order_by(s.seq)
    after = 0
    while rows := conn.execute(query.where(s.seq > after).limit(_ROWS)).all():
        for row in rows:
            try:
                yield _read(row)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        after = rows[-1].seq


def _read(row: Any) -> _Read:
    statement = json.loads(row.bytes, parse_float=Decimal)
    is_reference = object_kind(statement) == "StatementRef"
    target = bytes.fromhex(statement["object"]["id"].replace("-", "")) if is_reference else None
    return _Read(row.tenant_id, row.seq, postings(statement), target, row.voids)


def _above_unbounded(conn: Connection) -> set[int]:
    """Who refers, through any number of hops, to a statement of which not all keys are copied."""
    found: set[int] = set()
    level = set(conn.scalars(select(t.ref_unbounded.c.seq)))
    statement, ref = t.statement.c, t.ref.c
    query = select(ref.src_seq).join(
        t.statement, (statement.tenant_id == ref.tenant_id) & (statement.id == ref.target_id)
    )
    while level:
        above: set[int] = set()
        for _, some in by_tenant((0, seq) for seq in level):
            above.update(conn.scalars(query.where(statement.seq.in_(some))))
        level = above - found
        found |= above
    return found
