"""The body of a request: what its headers promise, unpacked when it is gzip, and never more than the limit."""

from __future__ import annotations

import io
import zlib
from typing import IO

from flask import request

from lrs.errors import BadRequest, TooLarge

_CHUNK = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def read_body(limit: int) -> bytes:
    """The whole body, unpacked.  Raises TooLarge beyond `limit` bytes, BadRequest when it is not what it says."""
    stream = open_body(limit)
    parts = []
    while part := stream.read(_CHUNK):
        parts.append(part)
    return b"".join(parts)


def open_body(limit: int, setting: str = "limits.body_bytes") -> IO[bytes]:
    """The body to be read piece by piece, unpacked.  Reading raises TooLarge, BadRequest.  setting: of the limit."""
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit, setting)
    request.max_content_length = limit + 1  # werkzeug refuses a body of exactly its limit when it looks for the end
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    raw: IO[bytes] = request.stream
    if encoding in {"", "identity"}:
        return io.BufferedReader(_Bounded(raw, limit, setting), _CHUNK)
    if encoding in {"gzip", "x-gzip"}:
        return io.BufferedReader(_Bounded(_Unpacked(raw), limit, setting), _CHUNK)
    raise BadRequest(f"Content-Encoding '{encoding[:40]}' is not accepted", hint="send gzip, or nothing")


class _Bounded(io.RawIOBase):
    """A stream that ends with an error instead of giving more than it may."""

    def __init__(self, source: IO[bytes] | io.RawIOBase, limit: int, setting: str) -> None:
        self._source = source
        self._left = limit
        self._limit = limit
        self._setting = setting

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._source.read(min(len(buffer), self._left + 1)) or b""
        if len(part) > self._left:
            raise _too_large(self._limit, self._setting)
        self._left -= len(part)
        buffer[: len(part)] = part
        return len(part)


class _Unpacked(io.RawIOBase):
    """gzip, unpacked no faster than it is read: a bomb costs what the limit allows and no more."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._unpacker = zlib.decompressobj(_GZIP)
        self._pending = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._unpacker.eof:
            packed = self._pending or self._source.read(_CHUNK)
            if not packed:
                raise BadRequest("the gzip body ends before its end", hint="send it whole, or without Content-Encoding")
            try:
                part = self._unpacker.decompress(packed, len(buffer))
            except zlib.error as error:
                raise BadRequest("the body is not gzip", hint="send it without Content-Encoding") from error
            self._pending = self._unpacker.unconsumed_tail
            if part:
                buffer[: len(part)] = part
                return len(part)
        if self._unpacker.unused_data or self._source.read(1):
            raise BadRequest("something follows the gzip body", hint="send one gzip member and nothing after it")
        return 0


def _too_large(limit: int, setting: str) -> TooLarge:
    return TooLarge(
        f"the body is larger than {limit} bytes",
        hint=f"send smaller batches, or raise {setting}",
        rule="XAPI-00328",
    )
