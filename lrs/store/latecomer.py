"""A statement whose words about activities, verbs and agents come behind those of later ones: what they left unsaid counts.

Only `prowess feed retry` makes one: it was parked when its turn came (docs/decisions/0205).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, MutableMapping
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from lrs.feed.items import FeedItem
from lrs.store import tables as t
from lrs.store.senders import Senders
from lrs.xapi.canonical import Canonical, Key, Mention, mentions, merge_late, unsaid
from lrs.xapi.postings import posting_key

_PAGE: Final = 500


class Latecomer:
    """What one statement says, less what those after it said: `hear` them all, then `teach` what is left."""

    def __init__(self, item: FeedItem, said: Iterable[Mention], senders: Senders) -> None:
        self.tenant_id, self.seq = item.tenant_id, item.seq
        self._sender = item.credential_id
        self._senders = senders
        self._left: dict[Key, list[Any]] = {}
        for kind, text, value in said:
            if value:
                self._left.setdefault((kind, text), []).append(value)
        self._names: dict[Key, set[str]] = {}
        """What agents were called later."""

    @property
    def keys(self) -> Collection[Key]:
        """Of what there is still something to say."""
        return self._left.keys()

    def hear(self, conn: Connection, after: int, through: int, parked: Collection[int]) -> None:
        """Takes away what was said of the same in statements after one and up to another, but for those that are parked.

        Of a key no more is read once nothing is left to say, which is soon where senders repeat themselves.
        """
        for key in [*self._left]:
            for seq, sender, origin, body in self._mentioning(conn, key, after, through):
                if seq not in parked and self._senders.may_define(sender, origin):
                    said = mentions(json.loads(body, parse_float=Decimal))
                    self._hear(key, sender, [value for kind, text, value in said if (kind, text) == key and value])
                if key not in self._left:
                    break

    def teach(self, known: MutableMapping[Key, Canonical]) -> None:
        """Folds what is left into the documents as they are."""
        for key, values in self._left.items():
            for value in values:
                old, later = known.get(key), self._names.get(key, ())
                seq = self.seq if old is None else max(old.seq, self.seq)
                known[key] = merge_late(key[0], old, value, self._sender, seq, later)

    def _hear(self, key: Key, sender: int, later: Iterable[Any]) -> None:
        left, is_same = self._left[key], sender == self._sender
        for one in later:
            if key[0] == "agent":
                self._names.setdefault(key, set()).add(one)
            left = [rest for value in left if (rest := unsaid(key[0], value, one, by_same=is_same))]
        if left:
            self._left[key] = left
        else:
            del self._left[key]

    def _mentioning(self, conn: Connection, key: Key, after: int, through: int) -> Iterator[Row[Any, Any, Any, Any]]:
        posting, statement = t.posting.c, t.statement.c
        columns = select(statement.seq, statement.credential_id, statement.origin, t.body.c.bytes)
        query = (
            columns.join(t.body, t.body.c.seq == statement.seq)
            .join(t.posting, posting.seq == statement.seq)
            .where(posting.tenant_id == self.tenant_id, posting.key == posting_key(*key), posting.seq <= through)
            .order_by(posting.seq)
            .limit(_PAGE)
        )
        for class_ in (t.DIRECT, t.RELATED):
            place: int | None = after
            while place is not None:
                rows = conn.execute(query.where(posting["class"] == class_, posting.seq > place)).all()
                yield from rows
                place = rows[-1].seq if len(rows) == _PAGE else None
