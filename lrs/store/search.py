"""Reading statements: by id, by filter, page by page, along the posting index and never by scanning bodies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Column, Connection, Select, select

from lrs.db import Database
from lrs.store import tables as t
from lrs.xapi.postings import Kind, posting_key


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
class Filter:
    """One index key every row must have; `related` widens it to the related_* reading (xAPI-Communication 2.1.3)."""

    kind: Kind
    text: str
    related: bool = False

    @property
    def classes(self) -> tuple[int, ...]:
        return (t.DIRECT, t.RELATED) if self.related else (t.DIRECT,)


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
            found = {row.seq: row for query in _queries(search) for row in _fetch(conn, query)}
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


def _queries(search: Search) -> Iterable[Rows]:
    """One ordered, limited walk for each class of the leading filter; together they hold the whole answer."""
    if not search.filters:
        query = _COLUMNS.where(t.statement.c.tenant_id == search.tenant_id)
        yield _bounded(query, t.statement.c.seq, search)
        return
    lead, *rest = search.filters
    lead_posting = t.posting.alias("lead")
    for class_ in lead.classes:
        query = _COLUMNS.join(lead_posting, lead_posting.c.seq == t.statement.c.seq).where(
            lead_posting.c.tenant_id == search.tenant_id,
            lead_posting.c.key == posting_key(lead.kind, lead.text),
            lead_posting.c["class"] == class_,
        )
        for number, other in enumerate(rest):
            posting = t.posting.alias(f"also{number}")
            query = query.where(
                select(posting.c.seq)
                .where(
                    posting.c.tenant_id == search.tenant_id,
                    posting.c.key == posting_key(other.kind, other.text),
                    posting.c["class"].in_(other.classes),
                    posting.c.seq == lead_posting.c.seq,
                )
                .exists()
            )
        yield _bounded(query, lead_posting.c.seq, search)


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
