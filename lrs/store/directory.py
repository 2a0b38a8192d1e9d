"""Asking what is known of activities, verbs and agents; exact at once, although the consumer that keeps it comes later.

An answer is the stored document and what the statements behind the consumer's cursor add to it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from lrs.db import Database, by_tenant
from lrs.store import tables as t
from lrs.store.canon import CONSUMER, documents
from lrs.store.search import Found
from lrs.store.senders import Senders
from lrs.xapi.canonical import Canonical, Key, learn, mentions
from lrs.xapi.postings import posting_key

OWN_MOST = 1_000
"""How many statements of its own a narrowed key's answer is made of, the newest."""

_WINDOW = 2_000
_MYSELF = 0


@dataclass(frozen=True, slots=True)
class _Tail:
    """The statements the consumer has not read: after its cursor, up to the end of the feed when we looked."""

    after: int
    through: int


class Directory:
    """Everything that is asked of canonical documents."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._senders = Senders(database)

    def find(self, tenant_id: int, keys: Collection[Key]) -> dict[Key, Canonical]:
        """What all statements say of these keys; those that nobody says anything of are missing.

        The unread tail is walked in windows of 2,000 statements, and of each only those are opened that mention a key.
        Usually that is one short window; with no worker running it grows with the tail, and the answer stays right.
        """
        with self._database.read(snapshot=True) as conn:
            known = documents(conn, tenant_id, keys)
            tail = _tail(conn)
        wanted = {posting_key(*key): key for key in keys}
        for row in self._unread(tenant_id, list(wanted), tail):
            if self._senders.may_define(row.credential_id, row.origin):
                said = [one for one in mentions(_parsed(row.bytes)) if one[:2] in keys]
                learn(known, said, row.credential_id, row.seq)
        return known

    def find_own(self, tenant_id: int, key: Key, credentials: Sequence[int]) -> Canonical | None:
        """What these credentials' own statements say of a key: the newest 1,000 that mention it (D-11)."""
        with self._database.read() as conn:
            rows = [row for class_ in _CLASSES for row in conn.execute(_own(tenant_id, key, class_, credentials))]
        newest = sorted(rows, key=lambda row: row.seq)[-OWN_MOST:]
        known: dict[Key, Canonical] = {}
        for row in newest:
            learn(known, [one for one in mentions(_parsed(row.bytes)) if one[:2] == key], _MYSELF, row.seq)
        return known.get(key)

    def of_page(self, tenant_id: int, page: Sequence[Found], *, narrowed: bool) -> Mapping[Key, Any]:
        """The definitions and displays of everything a page of statements mentions, in one look-up.

        narrowed: from no more than the statements of this page, for a reader who may see no others.
        """
        said = {found.seq: [one for one in mentions(_parsed(found.body)) if one[0] != "agent"] for found in page}
        if narrowed:
            known: dict[Key, Canonical] = {}
            for seq in sorted(said):
                learn(known, said[seq], _MYSELF, seq)
        else:
            known = self.find(tenant_id, {one[:2] for mentioned in said.values() for one in mentioned})
        return {key: document.value for key, document in known.items()}

    def _unread(self, tenant_id: int, digests: Sequence[bytes], tail: _Tail) -> Iterator[Row[Any]]:
        """The statements of the tail that mention one of these keys, in feed order."""
        after = tail.after
        while after < tail.through:
            with self._database.read() as conn:
                end = conn.scalar(_window_end(after, tail.through)) or tail.through
                found = {
                    row.seq: row
                    for _, few in by_tenant((tenant_id, digest) for digest in digests)
                    for row in conn.execute(_mentioning(tenant_id, few, after, end))
                }
            yield from (found[seq] for seq in sorted(found))
            after = end


_CLASSES = (t.DIRECT, t.RELATED)
_COLUMNS: Select[Any] = select(
    t.statement.c.seq, t.statement.c.credential_id, t.statement.c.origin, t.body.c.bytes
).join(t.body, t.body.c.seq == t.statement.c.seq)


def _tail(conn: Connection) -> _Tail:
    cursor = conn.scalar(select(t.consumer.c.cursor).where(t.consumer.c.name == CONSUMER))
    return _Tail(cursor or 0, conn.scalar(select(func.max(t.statement.c.seq))) or 0)


def _window_end(after: int, through: int) -> Select[Any]:
    seq = t.statement.c.seq
    window = select(seq).where(seq > after, seq <= through).order_by(seq).limit(_WINDOW).subquery()
    return select(func.max(window.c.seq))


def _mentioning(tenant_id: int, digests: Iterable[bytes], after: int, through: int) -> Select[Any]:
    posting = t.posting.c
    here = select(posting.seq).where(
        posting.tenant_id == tenant_id,
        posting.key.in_(list(digests)),
        posting["class"].in_(_CLASSES),
        posting.seq > after,
        posting.seq <= through,
    )
    return _COLUMNS.where(t.statement.c.seq.in_(here))


def _own(tenant_id: int, key: Key, class_: int, credentials: Sequence[int]) -> Select[Any]:
    posting = t.posting.c
    return (
        _COLUMNS.join(t.posting, posting.seq == t.statement.c.seq)
        .where(posting.tenant_id == tenant_id, posting.key == posting_key(*key), posting["class"] == class_)
        .where(t.statement.c.credential_id.in_(credentials))
        .order_by(posting.seq.desc())
        .limit(OWN_MOST)
    )


def _parsed(body: bytes) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(body, parse_float=Decimal)
    return parsed
