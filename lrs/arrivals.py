"""How the bodies of requests arrive: small ones from anybody, large ones from those we know, and none without end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final, Protocol

from granian.rsgi import ProtocolClosed

from lrs.answers import SPOOLED, Refusal, having_room
from lrs.errors import TooLarge

_AT_ONCE: Final = 256 * 1024
"""Bytes of a body that anybody may send, and that have to come within the silence as a whole.

Of a larger one something has to come in it, and no less than `_SLOWEST` in all.
"""
_SLOWEST: Final = 4 * 1024
"""Bytes a second."""
_LARGEST_AT_ONCE: Final = 8
"""Bodies of the largest size for which there is room at the same time."""
_RETRY_SECONDS: Final = 10
_PASSED_OVER: Final = 10.0


class Incoming(Protocol):
    """The server's side of a body: all of it, or piece by piece."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Untaken(io.RawIOBase):
    """A large body of somebody unknown, which stays outside: the application answers as far as it can without it."""

    def readable(self) -> bool:
        return True

    def seek(self, _offset: int, _whence: int = io.SEEK_SET) -> int:
        return 0

    def readinto(self, _: Any) -> int:
        raise TooLarge(
            f"strangers may send {_AT_ONCE} bytes",
            hint="send HTTP Basic with an API key and its secret in the header Authorization, or sign in",
        )


class Room:
    """Where bodies wait until they are answered; for the event loop."""

    def __init__(self, most: int) -> None:
        self._left = most

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """What takes so many bytes more for one body, to be given back with the rest.  It raises Refusal."""
        mine = 0

        def take(size: int) -> None:
            nonlocal mine
            self.check(size)
            self._left -= size
            mine += size

        try:
            yield take
        finally:
            self._left += mine

    def check(self, size: int) -> None:
        """Raises Refusal when there is not so much left."""
        if size > self._left:
            detail = "too many large bodies are being read at this moment"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, detail, retry_after=_RETRY_SECONDS)


class Arrivals:
    """Takes bodies in, for the event loop.

    body_bytes: the largest that is read.  silence: seconds in which something of one must come.
    """

    def __init__(self, *, body_bytes: int, silence: float) -> None:
        self._room = Room(_LARGEST_AT_ONCE * body_bytes)
        self._body_bytes = body_bytes
        self._silence = silence

    async def receive(
        self, headers: Mapping[str, str], exchange: Incoming, held: ExitStack, is_known: Callable[[], Awaitable[bool]]
    ) -> IO[bytes] | Untaken:
        """The whole body, which has its place until `held` is closed; is_known: whether its sender may send a large one.

        Raises Refusal when it is too large or does not come, ProtocolClosed when its sender went.
        """
        length = headers.get("content-length")
        if length is None and "transfer-encoding" not in headers:
            return io.BytesIO()
        if length is not None and int(length) > self._body_bytes:
            raise self._too_large()
        if length is not None and int(length) <= _AT_ONCE:
            try:
                async with asyncio.timeout(self._silence):
                    return io.BytesIO(await exchange())
            except TimeoutError:
                raise self._silent() from None
        if not await is_known():
            return Untaken()
        return await self._spooled(exchange, length, held.enter_context(self._room.share()))

    async def _spooled(self, exchange: Incoming, length: str | None, take: Callable[[int], None]) -> IO[bytes]:
        """A large body, or one of unknown length.  The server gives an empty piece at its end, and two when it was cut."""
        if length is not None:
            self._room.check(int(length))
        loop, size, ends = asyncio.get_running_loop(), 0, 0
        begun = latest = loop.time()
        body = SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - the application reads it, and it closes itself
        try:
            async with asyncio.timeout(self._silence) as patience:
                async for piece in exchange:
                    size += len(piece)
                    ends += not piece
                    if size > self._body_bytes:
                        raise self._too_large()
                    take(len(piece))
                    with having_room("the body while it arrives"):
                        body.write(piece)
                    latest = loop.time()
                    patience.reschedule(self._silence + min(latest, begun + size / _SLOWEST))
            if ends > 1 or (length is not None and size != int(length)):
                raise ProtocolClosed
        except TimeoutError:
            body.close()
            raise (self._silent() if loop.time() >= latest + self._silence else _too_slow()) from None
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def _silent(self) -> Refusal:
        return Refusal(HTTPStatus.REQUEST_TIMEOUT, f"nothing of the body came for {self._silence:g} s")

    def _too_large(self) -> Refusal:
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"exceeds max_body of {self._body_bytes}")


async def pass_over(exchange: Incoming) -> None:
    """Let the sender of an untaken body say what it is saying: cut off in the middle it would not hear the answer."""
    with suppress(TimeoutError, ProtocolClosed):
        async with asyncio.timeout(_PASSED_OVER):
            async for _ in exchange:
                pass


def _too_slow() -> Refusal:
    """A new one each time: what was raised keeps whoever raised it, and so the connection."""
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, f"the body came more slowly than {_SLOWEST} bytes a second")
