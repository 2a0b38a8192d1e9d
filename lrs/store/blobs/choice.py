"""Which place the settings name, and what stays readable after a move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from sqlalchemy import Connection

from lrs.db import Database
from lrs.settings import AttachmentSettings
from lrs.store.blobs.contract import BlobKey, Blobs, MissingBlob
from lrs.store.blobs.database import DatabaseBlobs
from lrs.store.blobs.directory import DirectoryBlobs


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
        from lrs.store.blobs.s3 import S3Blobs  # noqa: PLC0415 - boto3 is an extra

        return Either(S3Blobs(settings), inside)
    return Either(DirectoryBlobs(settings.store), inside)
