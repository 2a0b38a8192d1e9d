"""What a place for attachment data must do.

Data is named by the tenant and our own SHA-256 of it, and by nothing that a sender chose.  A store knows bytes; which
statements they belong to is `lrs.store.attachments`' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple, Protocol

from sqlalchemy import Connection

from lrs.errors import Unavailable

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
