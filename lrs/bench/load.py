"""A load generator: so many keep-alive connections in one thread, each asking as soon as it was answered.

It runs in a process of its own, so that it shares no GIL with what it measures.  Every answer is read to its end; one
with a status that was not expected, a connection that breaks and one that is silent for a minute count as errors.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from time import perf_counter
from typing import Self
from urllib.parse import urlsplit

_PIECE = 1 << 18
_SILENCE = 60.0

Requests = Callable[[str], Iterator[bytes]]
"""Gives complete HTTP/1.1 requests for a host without end; must be importable, for it runs elsewhere."""


@dataclass(slots=True)
class Outcome:
    """What a load came to.  latencies: seconds of each answer, sorted."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


class Loader:
    """A process of its own from which servers are loaded; a context manager that ends it."""

    def __enter__(self) -> Self:
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def drive(self, url: str, requests: Requests, *, connections: int, seconds: float) -> Outcome:
        """Load a server for so long, or until it answers at all."""
        return self._pool.submit(run, url, requests, connections, seconds).result()


def run(url: str, requests: Requests, connections: int, seconds: float) -> Outcome:
    """The same in this process."""
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or 80)
    source = requests(parts.netloc)
    outcome = Outcome()
    with selectors.DefaultSelector() as selector:
        lines = [_Line(address, selector, source, outcome) for _ in range(connections)]
        began = perf_counter()
        for line in lines:
            line.ask()
        while (now := perf_counter()) - began < seconds or not (outcome.latencies or outcome.errors):
            for key, _ in selector.select(0.1):
                key.data.hear()
            for line in lines:
                if now - line.asked_at > _SILENCE:
                    line.fail()
        outcome.seconds = perf_counter() - began
        for line in lines:
            line.close()
    outcome.latencies.sort()
    return outcome


class _Line:
    """One connection: a request, its answer, the next request."""

    def __init__(
        self, address: tuple[str, int], selector: selectors.BaseSelector, source: Iterator[bytes], outcome: Outcome
    ) -> None:
        self._address = address
        self._selector = selector
        self._source = source
        self._outcome = outcome
        self._socket: socket.socket | None = None
        self._heard = b""
        self._wanted = -1
        """Bytes of the whole answer, once its head is known."""
        self._chunked = False
        self._status = 0
        self.asked_at = 0.0

    def ask(self) -> None:
        """Send the next request, over a new connection if there is none."""
        self._heard, self._wanted, self._chunked = b"", -1, False
        self.asked_at = perf_counter()
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, _SILENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._selector.register(self._socket, selectors.EVENT_READ, self)
            self._socket.sendall(next(self._source))
        except OSError:
            self.close()
            self._outcome.errors += 1

    def hear(self) -> None:
        assert self._socket is not None
        try:
            piece = self._socket.recv(_PIECE)
        except OSError:
            piece = b""
        if not piece:
            self.fail()
            return
        self._heard += piece
        if self._wanted < 0 and not self._read_head():
            return
        if self._chunked:
            if self._heard.endswith(b"\r\n0\r\n\r\n"):
                self._done()
        elif len(self._heard) >= self._wanted:
            self._done()

    def _read_head(self) -> bool:
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._heard[:end].lower()
        self._status = int(head[9:12])
        place = head.find(b"\r\ncontent-length:")
        self._chunked = place < 0 and b"\r\ntransfer-encoding: chunked" in head
        length = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        self._wanted = end + 4 + length
        return True

    def _done(self) -> None:
        if self._status < 400:
            self._outcome.latencies.append(perf_counter() - self.asked_at)
        else:
            self._outcome.errors += 1
        self.ask()

    def fail(self) -> None:
        self._outcome.errors += 1
        self.close()
        self.ask()

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
