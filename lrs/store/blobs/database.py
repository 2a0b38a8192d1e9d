"""The place that needs nothing but the database: rows of 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

from sqlalchemy import Connection, delete, select

from lrs.db import Database
from lrs.store import tables as t
from lrs.store.blobs.contract import PIECE, BlobKey, MissingBlob

CHUNK: Final = 1024 * 1024


class DatabaseBlobs:
    """Rows of 1 MiB, each written in a commit of its own, so that no large write holds up the small ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: BlobKey, content: IO[bytes], size: int) -> None:  # noqa: ARG002 - the contract's shape
        place = 0
        while chunk := content.read(CHUNK):
            self._put_chunk(key, place, chunk)
            place += 1

    def pieces(self, key: BlobKey) -> Iterator[bytes]:
        place = 0
        while (chunk := self._chunk(key, place)) is not None:
            for start in range(0, len(chunk), PIECE):
                yield chunk[start : start + PIECE]
            place += 1
        if place == 0 and not self._is_empty(key):
            raise MissingBlob(key)

    def remove(self, key: BlobKey, conn: Connection) -> None:
        conn.execute(delete(t.blob_chunk).where(*_named(t.blob_chunk.c, key)))

    def sweep(self, before: int) -> None:
        """An unfinished write has its name in the table of names, and goes with it."""

    def _put_chunk(self, key: BlobKey, place: int, chunk: bytes) -> None:
        row = {"tenant_id": key.tenant_id, "sha256": key.sha256, "place": place, "bytes": chunk}
        keep = self._database.dialect.insert(t.blob_chunk).on_conflict_do_nothing()

        def commit(conn: Connection) -> None:
            if place:
                self._database.dialect.shed(conn)
            conn.execute(keep, row)

        self._database.write(commit)

    def _chunk(self, key: BlobKey, place: int) -> bytes | None:
        c = t.blob_chunk.c
        with self._database.read() as conn:
            found: bytes | None = conn.scalar(select(c.bytes).where(*_named(c, key), c.place == place))
            if place:
                self._database.dialect.shed(conn)
        return found

    def _is_empty(self, key: BlobKey) -> bool:
        with self._database.read() as conn:
            return conn.scalar(select(t.blob.c.size).where(*_named(t.blob.c, key))) == 0


def _named(columns: Any, key: BlobKey) -> tuple[Any, Any]:
    return columns.tenant_id == key.tenant_id, columns.sha256 == key.sha256
