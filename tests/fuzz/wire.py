"""A client that sends bytes as they are over a kept connection, and reads whatever comes back."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Self

_PIECE = 256 * 1024
_MOMENT = 0.3
_GO_ON = b"HTTP/1.1 100 "


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case.  left: bytes that came after the answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    left: int = 0


class Silence(Exception):
    """No answer came in time."""


class HungUp(Exception):
    """The server closed the connection instead of answering."""


class Connection:
    """One kept connection, opened again whenever it is gone.  patience: seconds until an answer is given up."""

    def __init__(self, port: int, patience: float) -> None:
        self._port = port
        self._patience = patience
        self._socket: socket.socket | None = None
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket, self._buffer = None, b""

    def ask(self, data: bytes, *, has_body: bool = True, alone: bool = False) -> Reply:
        """Send one request and read its answer.

        has_body: whether an answer may have one (not to HEAD).  alone: on a connection of its own, which ends with the
        request.  Raises Silence, HungUp.
        """
        if alone:
            self.close()
        was_kept = self._socket is not None
        try:
            return self._ask(data, has_body, alone)
        except HungUp:
            if not was_kept:
                raise
            return self._ask(data, has_body, alone)  # a kept connection may be closed while nobody asks
        finally:
            if alone:
                self.close()

    def _ask(self, data: bytes, has_body: bool, alone: bool) -> Reply:
        started = perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), self._patience)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # it may have answered before it read all
            self._socket.sendall(data)
        try:
            if alone:
                self._say_no_more()
            status, headers, body = self._answer(has_body)
        except TimeoutError as error:
            self.close()
            raise Silence from error
        except OSError as error:
            self.close()
            raise HungUp from error
        left = len(self._buffer)
        if left or headers.get("connection", "").lower() == "close":
            self.close()
        return Reply(status, headers, body, perf_counter() - started, left)

    def _say_no_more(self) -> None:
        """Whoever still waits for more of the request is told that nothing comes."""
        assert self._socket is not None
        self._socket.settimeout(_MOMENT)
        try:
            self._more()
            if self._buffer.startswith(_GO_ON):
                self._more()
        except TimeoutError:
            self._socket.shutdown(socket.SHUT_WR)
        finally:
            self._socket.settimeout(self._patience)

    def _answer(self, has_body: bool) -> tuple[int, dict[str, str], bytes]:
        status, headers = 100, {}
        while status < 200:
            head = self._until(b"\r\n\r\n")
            first, _, rest = head.partition(b"\r\n")
            status = int(first[9:12])
            pairs = (line.partition(b":") for line in rest.split(b"\r\n") if line)
            headers = {name.decode("latin-1").lower(): value.strip().decode("latin-1") for name, _, value in pairs}
        if not has_body or status in {204, 304}:
            return status, headers, b""
        if "content-length" in headers:
            return status, headers, self._exactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, b"".join(iter(self._chunk, b""))
        return status, headers, self._rest()

    def _chunk(self) -> bytes:
        size = int(self._until(b"\r\n").partition(b";")[0], 16)
        part = self._exactly(size + 2)
        return part[:-2]

    def _until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            self._more()
        found, self._buffer = self._buffer[:at], self._buffer[at + len(mark) :]
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._more()
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    def _rest(self) -> bytes:
        with suppress(ConnectionError):
            while True:
                self._more()
        found, self._buffer = self._buffer, b""
        return found

    def _more(self) -> None:
        assert self._socket is not None
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise ConnectionResetError
        self._buffer += piece
