"""Documents: bytes under a name, changed by one request at a time (xAPI-Communication 2.2, 3.1).

Knows nothing of what is in them; whether a change is allowed and what comes out of it is asked of the caller, inside the
one transaction that reads, decides and writes (D-08).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from lrs.db import Database
from lrs.erasure.remembered import Erasures, Outdated
from lrs.store import tables as t
from lrs.turns import Priority
from lrs.xapi.documents import Kind
from lrs.xapi.postings import KEY_BYTES

_d = t.document.c


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the documents of one owner stand; activity and agent are posting keys, at least one is given.

    registration None: a single document is the one without registration, a list is of all (S-40).
    person: the key of the agent as people are told apart (`identity_of`), where that may be another.
    """

    tenant_id: int
    kind: Kind
    activity: bytes | None
    agent: bytes | None
    registration: UUID | None = None
    person: bytes | None = None

    @property
    def owner(self) -> bytes:
        parts = [part for part in (self.activity, self.agent) if part is not None]
        return parts[0] if len(parts) == 1 else _digest(b"".join(parts))


@dataclass(frozen=True, slots=True)
class Content:
    """What a sender said: the bytes and what they are."""

    type: str
    bytes: bytes

    @property
    def etag(self) -> str:
        """SHA-1 in lower-case hex, as xAPI-Communication 3.1 wants it (S-41)."""
        return hashlib.sha1(self.bytes, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document.  updated: microseconds since the epoch, later than that of every earlier change."""

    content: Content
    etag: str
    updated: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Names in the order of their characters, and when the newest of them changed."""

    names: tuple[str, ...]
    newest: int | None


Check: TypeAlias = Callable[[str | None], None]
"""Gets the tag of what is stored, or None; raises when the request must not go on."""
Change: TypeAlias = Callable[[Content | None], Content]
"""Gets what is stored, or None; gives what shall be stored."""
LIST_TAG = '"'
"""What a check gets for several documents: they exist, and no tag that can be sent names them."""


class Documents:
    """The documents of every tenant."""

    def __init__(self, database: Database, erasures: Erasures) -> None:
        self._database = database
        self._erasures = erasures

    def find(self, shelf: Shelf, name: str) -> Document | None:
        with self._database.read() as conn:
            row = conn.execute(select(t.document).where(_one(shelf, name))).first()
        return _document(row) if row else None

    def names(self, shelf: Shelf, since: int | None = None) -> Listing:
        """Names of all that stand there, or of those changed after an instant (XAPI-00141).

        Numbers become visible in their order, so whoever asks again with the newest misses nothing.
        """
        query = select(_d.name, _d.updated).where(_all(shelf))
        if since is not None:
            query = query.where(_d.updated > since)
        with self._database.read() as conn:
            rows = conn.execute(query).all()
        return Listing(tuple(sorted({row.name for row in rows})), max((row.updated for row in rows), default=None))

    def write(self, shelf: Shelf, name: str, check: Check, change: Change) -> Document:
        """Store what `change` makes of what is there, if `check` agrees.  Raises what they raise, with nothing changed.

        Raises Forbidden where the agent was erased.
        """

        def commit(conn: Connection) -> Document:
            return self._replace(conn, shelf, name, check, change, mark)

        while True:
            mark = self._erasures.mark
            self._erasures.refuse(shelf.tenant_id, shelf.person or shelf.agent)
            try:
                return self._database.write(commit, priority=Priority.INTAKE)
            except Outdated:
                self._erasures.reload()

    def delete(self, shelf: Shelf, name: str | None, check: Check) -> None:
        """Remove one document, or all of a shelf where no name is given, if `check` agrees."""
        where = _all(shelf) if name is None else _one(shelf, name)

        def commit(conn: Connection) -> None:
            self._alone(conn, shelf)
            etag = conn.scalar(select(_d.etag).where(where))
            check(LIST_TAG if etag is not None and name is None else etag)
            conn.execute(delete(t.document).where(where))

        self._database.write(commit, priority=Priority.INTAKE)

    def _replace(self, conn: Connection, shelf: Shelf, name: str, check: Check, change: Change, mark: int) -> Document:
        """Write first and number last: whoever numbers makes all other writers of the database wait."""
        self._alone(conn, shelf)
        here = _one(shelf, name)
        row = conn.execute(select(t.document).where(here)).first()
        check(row.etag if row else None)
        content = change(_document(row).content if row else None)
        values = {"content_type": content.type, "etag": content.etag, "bytes": content.bytes}
        if row:
            conn.execute(update(t.document).where(here).values(values))
        else:
            conn.execute(insert(t.document), {**_keys(shelf, name), **values, "updated": 0})
        updated, erased = self._database.numbered(conn, 1)
        self._erasures.check(erased, mark)
        conn.execute(update(t.document).where(here).values(updated=updated))
        return Document(content, content.etag, updated)

    def _alone(self, conn: Connection, shelf: Shelf) -> None:
        """One owner's documents are changed one at a time; locking rows would not cover those that are not there yet."""
        self._database.dialect.lock_key(conn, shelf.owner)


def _keys(shelf: Shelf, name: str) -> dict[str, Any]:
    return {
        "tenant_id": shelf.tenant_id,
        "kind": shelf.kind,
        "owner": shelf.owner,
        "registration": shelf.registration.bytes if shelf.registration else b"",
        "name_key": name_key(name),
        "agent": shelf.agent,
        "name": name,
    }


def _one(shelf: Shelf, name: str) -> ColumnElement[bool]:
    keys = _keys(shelf, name)
    return and_(*(column == keys[column.name] for column in t.document.primary_key))


def _all(shelf: Shelf) -> ColumnElement[bool]:
    here = and_(_d.tenant_id == shelf.tenant_id, _d.kind == shelf.kind, _d.owner == shelf.owner)
    return and_(here, _d.registration == shelf.registration.bytes) if shelf.registration else here


def _document(row: Row[Any]) -> Document:
    return Document(Content(row.content_type, row.bytes), row.etag, row.updated)


def name_key(name: str) -> bytes:
    """What stands for a document's name in its key."""
    return _digest(name.encode())


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:KEY_BYTES]
