"""The consumer that keeps the canonical documents: behind the intake, in feed order, one after the other.

Because its writes and its cursor commit together and nobody else writes these rows, 64 senders that rename the same three
activities never meet here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from lrs.db import Database, by_tenant
from lrs.feed import STATEMENT, Effect, FeedItem
from lrs.store import tables as t
from lrs.store.senders import Senders
from lrs.xapi.canonical import Canonical, Key, Mention, learn, mentions
from lrs.xapi.edit import json_text
from lrs.xapi.postings import posting_key

CONSUMER = "lrs.directory"


class CanonKeeper:
    """Follows the feed; see the module.  `consume` reads the documents of a batch at once and writes those that change."""

    name = CONSUMER
    batch = 500

    def __init__(self, database: Database) -> None:
        self._database = database
        self._senders = Senders(database)

    def consume(self, items: Sequence[FeedItem]) -> Effect:
        said = list(self._said(items))
        before = self._documents(said)
        after = {tenant_id: dict(known) for tenant_id, known in before.items()}
        for item, sender, mentioned in said:
            learn(after[item.tenant_id], mentioned, sender, item.seq)
        rows = [
            _row(tenant_id, key, document)
            for tenant_id, known in after.items()
            for key, document in known.items()
            if document is not before[tenant_id].get(key)
        ]
        rows.sort(key=lambda row: (row["tenant_id"], row["key"]))
        return lambda conn: self._write(conn, rows)

    def _said(self, items: Iterable[FeedItem]) -> Iterable[tuple[FeedItem, int, list[Mention]]]:
        for item in items:
            if item.kind != STATEMENT:
                continue
            sender = self._senders.find(item.credential_id, item.origin)
            if sender is not None:
                yield item, sender, mentions(item.statement())

    def _documents(self, said: Iterable[tuple[FeedItem, int, list[Mention]]]) -> dict[int, dict[Key, Canonical]]:
        wanted: dict[int, set[Key]] = {}
        for item, _, mentioned in said:
            wanted.setdefault(item.tenant_id, set()).update((one.kind, one.text) for one in mentioned if one.said)
        with self._database.read() as conn:
            return {tenant_id: documents(conn, tenant_id, keys) for tenant_id, keys in wanted.items()}

    def _write(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        insert = self._database.dialect.insert(t.canonical)
        changes = {name: insert.excluded[name] for name in ("document", "owner_id", "seq")}
        conn.execute(insert.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=changes), rows)


def documents(conn: Connection, tenant_id: int, keys: Iterable[Key]) -> dict[Key, Canonical]:
    """The stored documents of these keys, without what the consumer has not come to yet."""
    by_digest = {posting_key(*key): key for key in keys}
    row = t.canonical.c
    found = {}
    for _, digests in by_tenant((tenant_id, digest) for digest in by_digest):
        query = select(row.key, row.document, row.owner_id, row.seq)
        for digest, text, owner, seq in conn.execute(query.where(row.tenant_id == tenant_id, row.key.in_(digests))):
            found[by_digest[digest]] = Canonical(json.loads(text, parse_float=Decimal), owner, seq)
    return found


def _row(tenant_id: int, key: Key, document: Canonical) -> dict[str, Any]:
    kind, text = key
    return {
        "tenant_id": tenant_id,
        "key": posting_key(kind, text),
        "kind": kind,
        "text": text,
        "document": json_text(document.value),
        "owner_id": document.owner,
        "seq": document.seq,
    }
