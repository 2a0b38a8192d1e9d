"""Where attachment data lives: one small contract, and the store that needs nothing but the database.

Data is named by the tenant and our own SHA-256 of it, and by nothing that a sender chose.  A store knows bytes; which
statements they belong to is `attachments`' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple, Protocol

from sqlalchemy import Connection, delete, select

from lrs.config import AttachmentSettings
from lrs.db import Database
from lrs.errors import Unavailable
from lrs.store import tables as t

CHUNK: Final = 1024 * 1024
PIECE: Final = 64 * 1024
"""What a store hands on at once: the web server's buffers grow with the largest piece."""


class BlobKey(NamedTuple):
    """What data is called."""

    tenant_id: int
    sha256: bytes

    @property
    def path(self) -> str:
        """A name for stores with paths: the digest alone, spread over 65,536 folders of each tenant."""
        digest = self.sha256.hex()
        return f"{self.tenant_id}/{digest[:2]}/{digest[2:4]}/{digest}"


class MissingBlob(Unavailable):
    """Attachment data that should be there is not."""

    code = "missing-blob"

    def __init__(self, key: BlobKey) -> None:
        super().__init__(
            f"the data {key.sha256.hex()[:16]}… is not where attachments live",
            hint="attachments.store may have been changed: copy what the former place holds",
        )


class Blobs(Protocol):
    """A place for data."""

    def put(self, key: BlobKey, content: IO[bytes], size: int) -> None:
        """Keep it durably; putting the same again is harmless.  Raises Unavailable."""
        ...

    def pieces(self, key: BlobKey) -> Iterator[bytes]:
        """All of it, in pieces of at most `PIECE` bytes.  Raises MissingBlob before the first one, Unavailable."""
        ...

    def remove(self, key: BlobKey, conn: Connection) -> None:
        """Forget it, when it is there.  `conn` is the transaction in which its name goes too.  Raises Unavailable."""
        ...

    def sweep(self, before: int) -> None:
        """Clear away what unfinished writes left behind before that instant (microseconds)."""
        ...


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


class Either:
    """A place and, for what it lacks, the one that was used before it."""

    def __init__(self, now: Blobs, before: Blobs) -> None:
        self._now = now
        self._before = before

    def put(self, key: BlobKey, content: IO[bytes], size: int) -> None:
        self._now.put(key, content, size)

    def pieces(self, key: BlobKey) -> Iterator[bytes]:
        found = self._now.pieces(key)
        try:
            first = next(found, b"")
        except MissingBlob:
            yield from self._before.pieces(key)
        else:
            yield first
            yield from found

    def remove(self, key: BlobKey, conn: Connection) -> None:
        self._now.remove(key, conn)
        self._before.remove(key, conn)

    def sweep(self, before: int) -> None:
        self._now.sweep(before)


def blobs_of(settings: AttachmentSettings, database: Database) -> Blobs:
    """The place that the settings name; what the database took in before the setting changed stays readable."""
    inside = DatabaseBlobs(database)
    if settings.store == "database":
        return inside
    if settings.store.startswith("s3://"):
        from lrs.store.blobs_s3 import S3Blobs  # noqa: PLC0415 - boto3 is an extra

        return Either(S3Blobs(settings), inside)
    from lrs.store.blobs_directory import DirectoryBlobs  # noqa: PLC0415 - as the other one

    return Either(DirectoryBlobs(settings.store), inside)


def _named(columns: Any, key: BlobKey) -> tuple[Any, Any]:
    return columns.tenant_id == key.tenant_id, columns.sha256 == key.sha256
