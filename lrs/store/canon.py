"""The consumer that keeps the canonical documents: behind the intake, in feed order, one after the other.

Because its writes and its cursor commit together and nobody else writes these rows, 64 senders that rename the same three
activities never meet here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Select, select

from lrs.db import Database, by_tenant
from lrs.feed.consumer import Effect
from lrs.feed.items import OURS, STATEMENT, FeedItem
from lrs.store import tables as t
from lrs.store.latecomer import Latecomer
from lrs.store.senders import Senders, defines
from lrs.xapi.canonical import Canonical, Key, Mention, learn, mentions
from lrs.xapi.edit import json_text
from lrs.xapi.postings import posting_key

CONSUMER = "lrs.directory"
_MOST: Final = 8 * 1024 * 1024
"""Letters of documents remembered from batch to batch: ten thousand ordinary ones, or a single enormous one."""
_ENTRY: Final = 500
"""What remembering a document takes besides its letters."""

_Said: TypeAlias = tuple[FeedItem, list[Mention]]


class CanonKeeper:
    """Follows the feed; see the module.

    `consume` reads at once what it does not remember of the documents of a batch; those that change are written, in the
    order of their keys.
    """

    name = CONSUMER
    batch = 50
    patient = True

    def __init__(self, database: Database) -> None:
        self._database = database
        self._senders = Senders(database)
        self._memory: dict[int, dict[Key, Canonical]] = {}
        self._weight = 0
        self._remembered: range | None = None
        """The cursors at which the memory is good: the one of our last commit, and those up to where we have looked."""
        self._fence = 0
        """How many parked items had been digested then."""

    def consume(self, items: Sequence[FeedItem]) -> Effect | None:
        said = list(self._said(items))
        wanted = _wanted(said)
        cursor = self._recall(wanted)
        if items[-1].seq <= cursor:
            return self._late(said, cursor)
        before = {
            (tenant_id, key): self._memory[tenant_id].get(key) for tenant_id in wanted for key in wanted[tenant_id]
        }
        for item, mentioned in said:
            learn(self._memory[item.tenant_id], mentioned, item.credential_id, item.seq)
        rows = [
            _row(tenant_id, key, after)
            for (tenant_id, key), old in before.items()
            if (after := self._memory[tenant_id][key]) is not old
        ]
        last = items[-1].seq
        if not rows:
            self._remembered = range(cursor, last + 1)
            return None
        self._weight += sum(_ENTRY + len(row["document"]) for row in rows)

        def effect(conn: Connection) -> None:
            self._write(conn, rows)
            self._remembered = range(last, last + 1)

        return effect

    def _late(self, said: Sequence[_Said], cursor: int) -> Effect:
        """What was parked, behind all that was digested since: heard up to the cursor at leisure, and the rest in the write.

        It is folded into what is stored by then: documents read before the write may be no more so.
        """
        late = [Latecomer(item, mentioned, self._senders) for item, mentioned in said]
        with self._database.read(snapshot=True) as conn:
            waiting = _parked(conn)
            for one in late:
                one.hear(conn, one.seq, cursor, waiting)

        def effect(conn: Connection) -> None:
            still, reached = _parked(conn), _place(conn)[0]
            for one in late:
                is_alone = still | {one.seq} >= waiting
                one.hear(conn, cursor if is_alone else one.seq, reached, still)
                before = {key: document for key, document, _ in _stored(conn, one.tenant_id, one.keys)}
                after = dict(before)
                one.teach(after)
                changed = (key for key, document in after.items() if document is not before.get(key))
                self._write(conn, [_row(one.tenant_id, key, after[key]) for key in changed])

        return effect

    def _said(self, items: Iterable[FeedItem]) -> Iterable[_Said]:
        for item in items:
            if item.kind == STATEMENT and self._senders.may_define(item.credential_id, item.origin):
                yield item, mentions(item.statement)

    def _recall(self, wanted: Mapping[int, set[Key]]) -> int:
        """Have all wanted documents in memory, which is good only as long as we alone moved the cursor; returns that."""
        with self._database.read(snapshot=True) as conn:
            cursor, fence = _place(conn)
            is_good = self._remembered is not None and cursor in self._remembered and fence == self._fence
            if not is_good or self._weight > _MOST:
                self._memory.clear()
                self._weight = 0
            self._remembered, self._fence = None, fence
            for tenant_id, keys in wanted.items():
                known = self._memory.setdefault(tenant_id, {})
                for key, document, letters in _stored(conn, tenant_id, keys - known.keys()):
                    known[key] = document
                    self._weight += _ENTRY + letters
        return cursor

    def _write(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        rows = sorted(rows, key=lambda row: (row["tenant_id"], row["key"]))
        insert = self._database.dialect.insert(t.canonical)
        changes = {name: insert.excluded[name] for name in ("document", "owner_id", "seq")}
        conn.execute(insert.on_conflict_do_update(index_elements=["tenant_id", "key"], set_=changes), rows)


def _place(conn: Connection) -> tuple[int, int]:
    """The consumer's cursor, and how many parked items it had digested then."""
    place = select(t.consumer.c.cursor, t.consumer.c.fence).where(t.consumer.c.name == CONSUMER)
    cursor, fence = conn.execute(place).first() or (0, 0)
    return cursor, fence


def _parked(conn: Connection) -> set[int]:
    """The items that wait for a retry: nobody has learnt yet what they say."""
    return set(conn.scalars(select(t.parked.c.seq).where(t.parked.c.consumer == CONSUMER)))


def _wanted(said: Iterable[_Said]) -> dict[int, set[Key]]:
    """By tenant, the keys of which something is said."""
    wanted: dict[int, set[Key]] = {}
    for item, mentioned in said:
        wanted.setdefault(item.tenant_id, set()).update((kind, text) for kind, text, value in mentioned if value)
    return wanted


def documents(conn: Connection, tenant_id: int, keys: Iterable[Key]) -> dict[Key, Canonical]:
    """The stored documents of these keys, without what the consumer has not come to yet."""
    return {key: document for key, document, _ in _stored(conn, tenant_id, keys)}


class Fold:
    """The document of one key from all that statements say of it up to the consumer's place, as that moves on.

    Whoever reads before a write, and once more in it, lets others wait only for what came in between.
    """

    def __init__(self, tenant_id: int, key: Key) -> None:
        self._tenant_id = tenant_id
        self._key = key
        self._known: dict[Key, Canonical] = {}
        self._upto = 0
        self._parked: set[int] = set()

    def read(self, conn: Connection) -> None:
        """Go on to the consumer's place; from the beginning where what was left out, as it waited, was digested since."""
        cursor, parked = _place(conn)[0], _parked(conn)
        if parked != self._parked:
            self._known, self._upto, self._parked = {}, 0, parked
        senders = _defining(conn)
        for row in conn.execute(self._statements(cursor)):
            if row.seq not in parked and (row.origin == OURS or row.credential_id in senders):
                said = [one for one in mentions(json.loads(row.bytes, parse_float=Decimal)) if one[:2] == self._key]
                learn(self._known, said, row.credential_id, row.seq)
        self._upto = max(self._upto, cursor)

    def rows(self) -> list[dict[str, Any]]:
        """The row of the key; none where statements say nothing of it."""
        return [_row(self._tenant_id, one, document) for one, document in self._known.items()]

    def _statements(self, cursor: int) -> Select[Any]:
        posting, s = t.posting.c, t.statement.c
        mine = posting.tenant_id == self._tenant_id, posting.key == posting_key(*self._key), posting.seq > self._upto
        return (
            select(s.seq, s.credential_id, s.origin, t.body.c.bytes)
            .join(t.body, t.body.c.seq == s.seq)
            .where(s.seq.in_(select(posting.seq).where(*mine)))
            .where(s.tenant_id == self._tenant_id, s.seq > self._upto, s.seq <= cursor)
            .order_by(s.seq)
        )


def _defining(conn: Connection) -> set[int]:
    """The keys whose statements say what an activity is."""
    credential = t.credential.c
    rows = conn.execute(select(credential.id, credential.scopes, credential.name))
    return {row.id for row in rows if defines(row.scopes, row.name)}


def _stored(conn: Connection, tenant_id: int, keys: Iterable[Key]) -> Iterator[tuple[Key, Canonical, int]]:
    """The same, each with its letters."""
    by_digest = {posting_key(*key): key for key in keys}
    row = t.canonical.c
    for _, digests in by_tenant((tenant_id, digest) for digest in by_digest):
        query = select(row.key, row.document, row.owner_id, row.seq)
        for digest, text, owner, seq in conn.execute(query.where(row.tenant_id == tenant_id, row.key.in_(digests))):
            yield by_digest[digest], Canonical(json.loads(text, parse_float=Decimal), owner, seq), len(text)


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
