"""Reading statements: by id, by filter, page by page, along the posting index and never by scanning bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import CTE, Column, ColumnElement, Connection, FromClause, Integer, Select, bindparam, select, true

from lrs.db import Database
from lrs.store import tables as t
from lrs.store.reach import Filter, beyond_index, indexed

__all__ = ["Filter", "Found", "Search", "StatementReader"]


class Found(NamedTuple):
    """A stored statement: its final bytes lack `stored` (and an assigned `timestamp`), which follow from `seq`."""

    seq: int
    assigned: int
    body: bytes
    credential_id: int
    voided_seq: int | None
    key: bytes
    """Its id as the database has it."""

    @property
    def id(self) -> UUID:
        return UUID(bytes=self.key)


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
        if credentials is not None:
            query = query.where(t.statement.c.credential_id.in_(credentials))
        with self._database.read() as conn:
            rows = _fetch(conn, query)
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
            is_known = self._database.dialect.in_order(conn)
            if reach:
                self._database.dialect.along_indexes(conn)
            beyond = tuple(reach.get(one) for one in search.filters)
            shape = _shape(search, can_look_up=self._database.dialect.can_look_up, is_known=is_known)
            walks = _walks(shape, beyond) if reach else _usual_walks(shape)
            values = _values(search)
            found = {row.seq: row for walk in walks for row in _fetch(conn, walk, values)}
        rows = sorted(found.values(), reverse=not search.ascending)
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


def _fetch(conn: Connection, query: Rows, values: Mapping[str, Any] | None = None) -> list[Found]:
    return [*map(Found._make, conn.execute(query, values).all())]


class _Shape(NamedTuple):
    """What searches share whose queries differ in values only: to make a query takes as long as to run it."""

    classes: tuple[tuple[int, ...], ...]
    """Of the index, for each filter."""
    has_after: bool
    has_through: bool
    ascending: bool
    mine: int | None
    """How many credentials see only their own; None for everybody's."""
    can_look_up: bool
    """As `Dialect.can_look_up`."""
    is_known: bool
    """As `Dialect.in_order` answers."""


def _shape(search: Search, *, can_look_up: bool, is_known: bool) -> _Shape:
    return _Shape(
        tuple(one.classes for one in search.filters),
        search.after is not None,
        search.through is not None,
        search.ascending,
        None if search.credentials is None else len(search.credentials),
        can_look_up,
        is_known,
    )


def _values(search: Search) -> dict[str, Any]:
    """What stands for the parameters of its queries."""
    values: dict[str, Any] = {f"key{number}": one.key for number, one in enumerate(search.filters)}
    values |= {"tenant": search.tenant_id, "limit": search.limit}
    bounds = {"after": search.after, "through": search.through, "credentials": search.credentials}
    values |= {f"credential{number}": one for number, one in enumerate(search.credentials or ())}
    return values | {name: value for name, value in bounds.items() if value is not None}


_TENANT = bindparam("tenant", type_=Integer)


def _walks(shape: _Shape, beyond: Sequence[CTE | None]) -> list[Rows]:
    """One ordered, limited walk for each class of the leading filter, and one beyond the index; together the answer.

    Without filters there is one for each credential that sees only its own: others may have stored millions.
    """
    seq = t.statement.c.seq
    if not shape.classes:
        mine = (
            t.statement.c.credential_id == bindparam(f"credential{number}", type_=Integer)
            for number in range(shape.mine or 0)
        )
        whose = mine if shape.mine is not None else [t.statement.c.tenant_id == _TENANT]
        query = _COLUMNS.where(t.statement.c.voided_seq.is_(None), *_bounds(shape, seq), *_bounds(shape, t.body.c.seq))
        return [_limited(query.where(one), seq, shape) for one in whose]
    posting = t.posting.alias("lead")
    walks = []
    for class_ in shape.classes[0]:
        has_key = (posting.c.tenant_id == _TENANT, posting.c.key == bindparam("key0"), posting.c["class"] == class_)
        query = _looked_up(posting, shape).where(*has_key, *_met(shape, beyond, posting.c.seq))
        walks.append(_limited(query.where(*_bounds(shape, posting.c.seq)), posting.c.seq, shape))
    if beyond and beyond[0] is not None:
        query = select(seq).join(beyond[0], beyond[0].c.seq == seq).where(*_met(shape, beyond, seq))
        query = query.where(*_visible(shape), *_bounds(shape, seq))
        walks.append(_COLUMNS.where(seq.in_(_limited(query, seq, shape))))
    return walks


@lru_cache(maxsize=256)
def _usual_walks(shape: _Shape) -> list[Rows]:
    return _walks(shape, [None] * len(shape.classes))


def _met(shape: _Shape, beyond: Sequence[CTE | None], seq: Column[int]) -> Iterable[ColumnElement[bool]]:
    """That a row has the key of each filter after the first, or is reached by it otherwise."""
    for number, (classes, reached) in enumerate(zip(shape.classes[1:], beyond[1:], strict=True), 1):
        posting = t.posting.alias(f"also{number}")
        on = indexed(_TENANT, bindparam(f"key{number}"), classes, posting)
        key = select(posting.c.seq).where(on, posting.c.seq == seq, *_bounds(shape, posting.c.seq))
        if not shape.is_known:
            key = key.offset(0)  # looked up for each row: PostgreSQL would compare each with each
        has_key = key.exists()
        yield has_key if reached is None else has_key | seq.in_(select(reached.c.seq))


def _looked_up(posting: FromClause, shape: _Shape) -> Rows:
    """The statements of numbers in the index, each looked up by itself.

    PostgreSQL would merge what is frequent with the whole table, and of something that happened long ago first walk through
    all that is newer.
    """
    if not shape.can_look_up:
        return _COLUMNS.join(posting, posting.c.seq == t.statement.c.seq).where(*_visible(shape))
    one = _COLUMNS.where(t.statement.c.seq == posting.c.seq, *_visible(shape)).offset(0).lateral("found")
    return select(one).select_from(posting.join(one, true()))


def _visible(shape: _Shape) -> Iterable[ColumnElement[bool]]:
    yield t.statement.c.voided_seq.is_(None)
    if shape.mine is not None:
        yield t.statement.c.credential_id.in_(bindparam("credentials", expanding=True))


def _bounds(shape: _Shape, seq: Column[int]) -> Iterable[ColumnElement[bool]]:
    """Where a page begins and ends, to be said of all that is joined: what it is not said of is walked from its end."""
    if shape.has_after:
        yield seq > bindparam("after")
    if shape.has_through:
        yield seq <= bindparam("through")


def _limited(query: Rows, seq: Column[int], shape: _Shape) -> Rows:
    return query.order_by(seq.asc() if shape.ascending else seq.desc()).limit(bindparam("limit", type_=Integer))
