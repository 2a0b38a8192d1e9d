"""Attachment data as files of a directory, named by nothing but their digests.

A file appears whole or not at all: written aside, made durable, then renamed, and the rename made durable too.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from sqlalchemy import Connection

from lrs.clock import SECOND
from lrs.errors import Unavailable
from lrs.store.blobs.contract import PIECE, BlobKey, MissingBlob

_INCOMING: Final = "incoming"


class DirectoryBlobs:
    """A directory of this machine, or one that every process of the installation shares."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def put(self, key: BlobKey, content: IO[bytes], size: int) -> None:  # noqa: ARG002 - the contract's shape
        target = self._root / key.path
        try:
            aside = self._written_aside(content)
            try:
                _make(target.parent, self._root)
                aside.replace(target)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
            _sync(target.parent)
        except OSError as why:
            raise _unavailable(why) from why

    def pieces(self, key: BlobKey) -> Iterator[bytes]:
        try:
            with (self._root / key.path).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except FileNotFoundError as why:
            raise MissingBlob(key) from why
        except OSError as why:
            raise _unavailable(why) from why

    def remove(self, key: BlobKey, conn: Connection) -> None:  # noqa: ARG002 - the contract's shape
        try:
            (self._root / key.path).unlink(missing_ok=True)
        except OSError as why:
            raise _unavailable(why) from why

    def sweep(self, before: int) -> None:
        with suppress(OSError):
            for file in (self._root / _INCOMING).iterdir():
                if file.stat().st_mtime * SECOND < before:
                    file.unlink(missing_ok=True)

    def _written_aside(self, content: IO[bytes]) -> Path:
        incoming = self._root / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=incoming, delete=False) as file:
            try:
                while piece := content.read(PIECE):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return Path(file.name)


def _make(folder: Path, root: Path) -> None:
    """Make a folder below the root and make each new name durable."""
    if folder.is_dir() or folder == root.parent:
        return
    _make(folder.parent, root)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unavailable(why: OSError) -> Unavailable:
    return Unavailable(f"the directory of attachments does not answer: {why.strerror or why}", hint="try again")
