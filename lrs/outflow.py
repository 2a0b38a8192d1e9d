"""Answers that are too large for memory, on their way to a reader who takes them as fast as it can.

The server (granian, RSGI) keeps everything that it is sent until its reader takes it, however much that is.  A file it
reads only as fast as it is taken; so such an answer is handed over as one: a named pipe, into which we write as long as
there is room.  No pipe may be open when the server ends: it waits for whoever reads in it, and keeps us from writing.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import sys
import tempfile
import termios
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 600.0
"""Seconds in which something must be taken.  The server takes some hundred KiB at a time: 2 KiB/s are fast enough."""
PIPEFUL: Final = 64 * 1024
"""Bytes that a pipe holds at most: who has written more than these has a reader."""
_OPENING: Final = 30.0
"""Seconds in which the server must have opened a pipe; it cannot where it has no descriptor left."""


class ReaderLeft(Exception):
    """Nobody takes the rest of an answer."""


class Outflow:
    """One answer on its way; what waits for its reader is at most `PIPEFUL`.

    path: what the server is to read, once.  We hold its other end open until the server does, which is when something
    was taken; its name is gone then, and a server that closes it shows as a broken pipe.
    Raises OSError when there can be no pipe now.
    """

    def __init__(self) -> None:
        self.path = str(os.path.join(tempfile.gettempdir(), f"prowess-{secrets.token_hex(16)}"))  # noqa: PTH118
        self._written, self._is_opened = 0, False
        with ExitStack() as made:
            os.mkfifo(self.path, 0o600)
            made.callback(os.unlink, self.path)
            self._reading = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            made.callback(os.close, self._reading)
            self._end = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
            self._until_opened = made.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        os.close(self._end)
        self._until_opened.close()

    async def write(self, piece: bytes, left: asyncio.Future[None]) -> None:
        """Write all of a piece.  left: is done when the reader has gone.  Raises ReaderLeft."""
        rest = memoryview(piece)
        while rest:
            try:
                size = os.write(self._end, rest)
            except BlockingIOError:
                await self._room(left)
            except BrokenPipeError as why:
                raise ReaderLeft from why
            else:
                rest = rest[size:]
                self._written += size
            if not self._is_opened and self._waiting < self._written:
                self._is_opened = True
                self._until_opened.close()

    @property
    def _waiting(self) -> int:
        """Bytes that nobody took yet."""
        found = fcntl.ioctl(self._reading, termios.FIONREAD, bytes(4))
        return int.from_bytes(found, sys.byteorder)

    async def _room(self, left: asyncio.Future[None]) -> None:
        """Wait until something was taken."""
        loop = asyncio.get_running_loop()
        room = loop.create_future()
        loop.add_writer(self._end, _settle, room)
        try:
            patience = PATIENCE if self._is_opened else _OPENING
            await asyncio.wait({room, left}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_writer(self._end)
        if not room.done():
            raise ReaderLeft


def _settle(room: asyncio.Future[None]) -> None:
    with suppress(asyncio.InvalidStateError):
        room.set_result(None)
