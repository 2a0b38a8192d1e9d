"""Reading statements: by id, by filter, page by page, along the posting index and never by scanning bodies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, select

from lrs.db import Database
from lrs.store import tables as t
from lrs.store.reach import Filter, Reach, beyond_index

__all__ = ["Filter", "Found", "Search", "StatementReader"]


@dataclass(frozen=True, slots=True)
class Found:
    """A stored statement: its final bytes lack `stored` (and an assigned `timestamp`), which follow from `seq`."""

    seq: int
    assigned: int
    body: bytes
    credential_id: int
    voided_seq: int | None
    id: UUID


@dataclass(frozen=True, slots=True)
class Search:
    """A list request: rows strictly after `after`, at or before `through`, voided ones never.

    credentials: None for everybody's statements, else only those of these credentials (statements/read/mine).
    """

    tenant_id: int
    filters: tuple[Filter, ...] = ()
    after: int | None = None
    through: int | None = None
    ascending: bool = False
    limit: int = 100
    credentials: tuple[int, ...] | None = None


class StatementReader:
    """Everything that is asked of stored statements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, tenant_id: int, id_: UUID, *, voided: bool, credentials: tuple[int, ...] | None) -> Found | None:
        """The statement of an id if it is (not) voided and visible to these credentials."""
        query = (
            _COLUMNS.join(t.statement_key, t.statement_key.c.seq == t.statement.c.seq)
            .where(t.statement_key.c.tenant_id == tenant_id, t.statement_key.c.id == id_.bytes)
            .where(t.statement.c.voided_seq.is_not(None) if voided else t.statement.c.voided_seq.is_(None))
        )
        with self._database.read() as conn:
            rows = _fetch(conn, _mine(query, credentials))
        return rows[0] if rows else None

    def find_any(self, tenant_id: int, id_: UUID) -> Found | None:
        """The statement of an id, voided or not, for people who may see everything."""
        for voided in (False, True):
            if found := self.find(tenant_id, id_, voided=voided, credentials=None):
                return found
        return None

    def search(self, search: Search) -> list[Found]:
        """At most `limit` rows in the order asked for."""
        with self._database.read(snapshot=True) as conn:
            reach = beyond_index(conn, search.tenant_id, search.filters)
            self._database.dialect.in_order(conn)
            if reach:
                self._database.dialect.along_indexes(conn)
            found = {row.seq: row for query in _queries(search, reach) for row in _fetch(conn, query)}
        rows = sorted(found.values(), key=lambda row: row.seq, reverse=not search.ascending)
        return rows[: search.limit]


Rows: TypeAlias = Select[Any]
"""A query for the columns of `Found`."""

_COLUMNS: Rows = select(
    t.statement.c.seq,
    t.statement.c.assigned,
    t.body.c.bytes,
    t.statement.c.credential_id,
    t.statement.c.voided_seq,
    t.statement.c.id,
).join(t.body, t.body.c.seq == t.statement.c.seq)


def _fetch(conn: Connection, query: Rows) -> list[Found]:
    return [
        Found(row.seq, row.assigned, row.bytes, row.credential_id, row.voided_seq, UUID(bytes=row.id))
        for row in conn.execute(query)
    ]


def _queries(search: Search, reach: Reach) -> Iterable[Rows]:
    """One ordered, limited walk for each class of the leading filter, and one beyond the index; together the answer."""
    seq = t.statement.c.seq
    if not search.filters:
        yield _bounded(_COLUMNS.where(t.statement.c.tenant_id == search.tenant_id), seq, search)
        return
    lead, *rest = search.filters
    posting = t.posting.alias("lead")
    for class_ in lead.classes:
        query = _COLUMNS.join(posting, posting.c.seq == seq).where(
            posting.c.tenant_id == search.tenant_id, posting.c.key == lead.key, posting.c["class"] == class_
        )
        yield _bounded(query.where(*_met(rest, posting.c.seq, search, reach)), posting.c.seq, search)
    if lead in reach:
        beyond = reach[lead]
        query = select(seq).join(beyond, beyond.c.seq == seq).where(*_met(rest, seq, search, reach))
        yield _COLUMNS.where(seq.in_(_bounded(query, seq, search)))


def _met(filters: Sequence[Filter], seq: Column[int], search: Search, reach: Reach) -> Iterable[ColumnElement[bool]]:
    """That a row has the key of each filter, or is reached by it otherwise."""
    for number, one in enumerate(filters):
        posting = t.posting.alias(f"also{number}")
        indexed = select(posting.c.seq).where(one.on(search.tenant_id, posting), posting.c.seq == seq).exists()
        yield indexed | seq.in_(select(reach[one].c.seq)) if one in reach else indexed


def _bounded(query: Rows, seq: Column[int], search: Search) -> Rows:
    query = query.where(t.statement.c.voided_seq.is_(None))
    if search.after is not None:
        query = query.where(seq > search.after)
    if search.through is not None:
        query = query.where(seq <= search.through)
    query = query.order_by(seq.asc() if search.ascending else seq.desc())
    return _mine(query, search.credentials).limit(search.limit)


def _mine(query: Rows, credentials: Sequence[int] | None) -> Rows:
    return query if credentials is None else query.where(t.statement.c.credential_id.in_(credentials))
