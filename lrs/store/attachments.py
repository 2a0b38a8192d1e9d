"""Attachments of statements: data kept once for each tenant, under our own SHA-256 of it.

Data is announced by a row of `blob`, then written where attachments live, then named by the statement's own commit
(`attachment`).  What is named is whole and stays; what was announced more than a day ago and is still not named by any
statement is an orphan of a refused or broken request, and is collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select, update

from lrs.clock import DAY, Clock
from lrs.db import Database, by_tenant
from lrs.store import tables as t
from lrs.store.blobs.contract import BlobKey, Blobs, MissingBlob
from lrs.xapi.attachment import DataReference

ORPHAN_AGE: Final = DAY
_COLLECTED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Incoming:
    """Data that a request brought, hashed and at its first byte."""

    sha256: bytes
    size: int
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """Data that a stored statement came with."""

    seq: int
    sha2: str
    sha256: bytes
    content_type: str
    size: int


class Attachments:
    """Keeps, finds and collects data."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def keep(self, tenant_id: int, data: Iterable[Incoming]) -> None:
        """Make data durable before the statements that name it are committed.  Raises Unavailable."""
        new = {BlobKey(tenant_id, one.sha256): one for one in data}
        for key in self._named(new):
            del new[key]
        for key, incoming in new.items():
            self._announce(key, incoming.size)
            incoming.content.seek(0)
            self._blobs.put(key, incoming.content, incoming.size)

    def of(self, tenant_id: int, seqs: Iterable[int]) -> list[Held]:
        """The data that came with these statements, in their order and in that of their attachments."""
        c, order = t.attachment.c, {seq: place for place, seq in enumerate(seqs)}
        found: list[tuple[int, int, Held]] = []
        with self._database.read() as conn:
            for _, some in by_tenant((tenant_id, seq) for seq in order):
                rows = conn.execute(
                    select(c.seq, c.place, c.sha2, c.sha256, c.content_type, t.blob.c.size)
                    .join(t.blob, (t.blob.c.tenant_id == c.tenant_id) & (t.blob.c.sha256 == c.sha256))
                    .where(c.seq.in_(some), c.tenant_id == tenant_id)
                )
                found += [(order[r.seq], r.place, Held(r.seq, r.sha2, r.sha256, r.content_type, r.size)) for r in rows]
        return [held for *_, held in sorted(found, key=lambda one: one[:2])]

    def pieces(self, tenant_id: int, sha256: bytes) -> Iterator[bytes]:
        """The data itself, in pieces of bounded size.  Reading raises Unavailable."""
        return self._blobs.pieces(BlobKey(tenant_id, sha256))

    def collect(self) -> int:
        """Forget orphans, at most so many at once; returns how many."""
        before = self._clock.now() - ORPHAN_AGE
        orphans = select(t.blob.c.tenant_id, t.blob.c.sha256).where(_is_orphan(before)).limit(_COLLECTED_AT_ONCE)
        with self._database.read() as conn:
            keys = [BlobKey(*row) for row in conn.execute(orphans)]
        for key in keys:
            self._database.write(lambda conn, key=key: self._forget(conn, key, before))  # type: ignore[misc]
        self._blobs.sweep(before)
        return len(keys)

    def _named(self, keys: Iterable[BlobKey]) -> list[BlobKey]:
        """Those that some statement names: they are there to stay."""
        c, named = t.attachment.c, []
        with self._database.read() as conn:
            for tenant_id, digests in by_tenant(keys):
                query = select(c.sha256).distinct().where(c.tenant_id == tenant_id, c.sha256.in_(digests))
                named += [BlobKey(tenant_id, digest) for digest in conn.scalars(query)]
        return named

    def _announce(self, key: BlobKey, size: int) -> None:
        """Say that data is coming, or is coming again: from now on it has a day to be named."""
        now = self._clock.now()
        row = {"tenant_id": key.tenant_id, "sha256": key.sha256, "size": size, "created_at": now}
        statement = self._database.dialect.insert(t.blob).on_conflict_do_update(
            index_elements=[t.blob.c.tenant_id, t.blob.c.sha256], set_={"created_at": now}
        )
        self._database.write(lambda conn: conn.execute(statement, row))

    def _forget(self, conn: Connection, key: BlobKey, before: int) -> None:
        """Name and data go together: until this commits, whoever announces the same data waits at the row."""
        row = (t.blob.c.tenant_id == key.tenant_id) & (t.blob.c.sha256 == key.sha256)
        if conn.execute(delete(t.blob).where(row, _is_orphan(before))).rowcount:
            self._blobs.remove(key, conn)


def confirm(conn: Connection, tenant_id: int, references: Iterable[DataReference], now: int) -> None:
    """In a statement's own commit: hold on to its data, which nobody can collect any more.  Raises MissingBlob."""
    digests = sorted({reference.sha256 for reference in references})
    for _, some in by_tenant((tenant_id, digest) for digest in digests):
        rows = update(t.blob).where(t.blob.c.tenant_id == tenant_id, t.blob.c.sha256.in_(some)).values(created_at=now)
        if conn.execute(rows).rowcount < len(some):
            raise MissingBlob(BlobKey(tenant_id, some[0]))


def name(conn: Connection, named: Sequence[tuple[int, int, Sequence[DataReference]]]) -> None:
    """Write down which data came with newly stored (tenant, seq, references)."""
    rows = [_row(tenant_id, seq, place, one) for tenant_id, seq, all_ in named for place, one in enumerate(all_)]
    if rows:
        conn.execute(insert(t.attachment), rows)


def _row(tenant_id: int, seq: int, place: int, reference: DataReference) -> Mapping[str, Any]:
    return {
        "seq": seq,
        "place": place,
        "tenant_id": tenant_id,
        "sha2": reference.sha2,
        "sha256": reference.sha256,
        "content_type": reference.content_type,
    }


def _is_orphan(before: int) -> ColumnElement[bool]:
    c = t.attachment.c
    named = exists().where(c.tenant_id == t.blob.c.tenant_id, c.sha256 == t.blob.c.sha256)
    return (t.blob.c.created_at < before) & ~named
