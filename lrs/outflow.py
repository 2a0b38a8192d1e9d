"""Answers that are too large for memory, on their way to a reader who takes them as fast as it can.

The server (granian, RSGI) keeps everything that it is sent until its reader takes it, however much that is.  A file it
reads only as fast as it is taken; so such an answer is handed over as one: a named pipe, into which we write as long as
there is room.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05
"""Seconds between two looks whether the server has opened the pipe."""


class ReaderLeft(Exception):
    """Nobody takes the rest of an answer."""


@asynccontextmanager
async def outflow(
    hand_over: Callable[[str], None], patience: float
) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """What writes an answer that ends with the context; at most a pipe's content waits for its reader (64 KiB on Linux).

    hand_over: is given the path of what the server is to read.  patience: seconds in which something must be taken.
    Writing, and beginning, raise ReaderLeft.
    """
    end = await _begun(hand_over, patience)

    async def write(piece: bytes) -> None:
        left = memoryview(piece)
        while left:
            try:
                left = left[os.write(end, left) :]
            except BlockingIOError:
                await _room(end, patience)
            except BrokenPipeError as why:
                raise ReaderLeft from why

    try:
        yield write
    finally:
        os.close(end)


async def _begun(hand_over: Callable[[str], None], patience: float) -> int:
    """The writing end of a pipe that the server has opened.  Its name is gone by then: nobody else can read from it."""
    path = os.path.join(tempfile.gettempdir(), f"prowess-{secrets.token_hex(16)}")  # noqa: PTH118 - it is a str for the server
    os.mkfifo(path, 0o600)
    try:
        hand_over(path)
        end = await _opened(path, patience)
    except BaseException:
        _release(path)
        raise
    os.unlink(path)  # noqa: PTH108
    return end


async def _opened(path: str, patience: float) -> int:
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + patience, _FIRST_PAUSE
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as why:
            if why.errno != errno.ENXIO:
                raise
            if loop.time() > deadline:
                raise ReaderLeft from why
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _release(path: str) -> None:
    """Remove a pipe; whoever waits at its other end finds it empty."""
    both = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.unlink(path)  # noqa: PTH108
    os.close(both)


async def _room(end: int, patience: float) -> None:
    """Wait until something was taken, or the reader left."""
    loop = asyncio.get_running_loop()
    taken = asyncio.Event()
    loop.add_writer(end, taken.set)
    try:
        async with asyncio.timeout(patience):
            await taken.wait()
    except TimeoutError as why:
        raise ReaderLeft from why
    finally:
        loop.remove_writer(end)
