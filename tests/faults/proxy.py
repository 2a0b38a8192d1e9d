"""A proxy that spoils connections when told to: it stands between two who talk over TCP or a Unix socket, and knows
nothing of what they say.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS = {
    "latency": "an answer comes `seconds` later",
    "trickle": "an answer comes a byte at a time, each after `seconds`",
    "cut": "the connection ends after the first bytes of an answer",
    "reset": "the connection is reset (RST) as soon as something is asked, which goes no further",
    "drop": "what is asked arrives; the connection ends instead of bringing the answer",
}
_PIECE = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
_CUT_AFTER = 8

Address = tuple[str, int] | Path


@dataclass(frozen=True)
class Trouble:
    """What happens to a connection once something is asked over it that contains `on`."""

    kind: str
    seconds: float = 0.0
    on: bytes = b""


class SpoiledError(Exception):
    """This connection is over."""


class Proxy:
    """Carries everything to `target`.  Set `trouble` to spoil connections, None to let be; `met` counts those it met."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self.trouble: Trouble | None = None
        self.met = 0

    async def _listen(self, at: Address) -> int:
        if isinstance(at, Path):
            server = await asyncio.start_unix_server(self._serve, at)
        else:
            server = await asyncio.start_server(self._serve, *at)
        self._server = server
        name = server.sockets[0].getsockname()
        return name[1] if isinstance(name, tuple) else 0

    async def _serve(self, asking: StreamReader, answering: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        spoiled: list[Trouble] = []
        try:
            there, asked = await self._connect()
            try:
                both = self._ask(asking, asked, answering, spoiled), self._answer(there, answering, spoiled)
                await _first_of(*both)
            finally:
                asked.close()
        except (SpoiledError, OSError):
            """Whoever asked will notice."""
        finally:
            self._tasks.discard(task)
            answering.close()

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        if isinstance(self._target, Path):
            return await asyncio.open_unix_connection(self._target)
        return await asyncio.open_connection(*self._target)

    async def _ask(self, asking: StreamReader, asked: StreamWriter, back: StreamWriter, spoiled: list[Trouble]) -> None:
        while piece := await asking.read(_PIECE):
            trouble = self.trouble
            if trouble and not spoiled and trouble.on in piece:
                spoiled.append(trouble)
                self.met += 1
                if trouble.kind == "reset":
                    back.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    back.transport.abort()
                    raise SpoiledError
            asked.write(piece)
            await asked.drain()

    async def _answer(self, there: StreamReader, answering: StreamWriter, spoiled: list[Trouble]) -> None:
        while piece := await there.read(_PIECE):
            await self._pass_on(piece, answering, spoiled[0] if spoiled else None)

    async def _pass_on(self, piece: bytes, answering: StreamWriter, trouble: Trouble | None) -> None:
        kind = trouble.kind if trouble else ""
        if trouble and kind == "latency":
            await asyncio.sleep(trouble.seconds)
        if kind == "drop":
            raise SpoiledError
        if trouble and kind == "trickle":
            for byte in piece:
                answering.write(bytes([byte]))
                await answering.drain()
                await asyncio.sleep(trouble.seconds)
            return
        answering.write(piece[:_CUT_AFTER] if kind == "cut" else piece)
        await answering.drain()
        if kind == "cut":
            raise SpoiledError

    def start(self, at: Address) -> int:
        """Carry from now on, in a thread; returns the port, 0 of a Unix socket."""
        port = self._loop.run_until_complete(self._listen(at))
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        return port

    def stop(self) -> None:
        """End every connection."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _first_of(*both: Coroutine[Any, Any, None]) -> None:
    """Run two ways of a connection until one ends; raises what ended it."""
    tasks = [asyncio.ensure_future(one) for one in both]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def proxy_to(target: Address, at: Address = ("127.0.0.1", 0)) -> Iterator[tuple[Proxy, int]]:
    """A proxy and its port, which listens at a free one unless told where."""
    proxy = Proxy(target)
    port = proxy.start(at)
    try:
        yield proxy, port
    finally:
        proxy.stop()
