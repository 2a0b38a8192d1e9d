"""From the server's events to the application: a request reaches a thread of ours only when its body is here.

The server (granian, RSGI) reads in its own threads and in one event loop, so that slow and idle clients cost no thread
of Python, however many they are.  What the application answers is handed back whole, or piece by piece where it is
large, as fast as its reader takes it (see `lrs.outflow`).
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from contextvars import Context, copy_context
from functools import partial
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, Final, Protocol
from wsgiref.util import FileWrapper

from granian.rsgi import ProtocolClosed

from lrs.answers import SERVER, SPOOLED, Answer, Refusal, having_room
from lrs.arrivals import Arrivals, Incoming, Untaken, pass_over
from lrs.logs import get_logger
from lrs.metrics.counts import Counts
from lrs.outflow import PIPEFUL, Outflow, ReaderLeft
from lrs.proxies import RELAYED, Headers, Proxies

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

log = get_logger(__name__)

_PIECE: Final = 64 * 1024
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_UNTRUSTED: Final = frozenset({"forwarded", "proxy"})
_RELAYING: Final = frozenset({"forwarded", "x-forwarded-for"})
_NEVER_IGNORED: Final = frozenset({"if-match", "if-none-match", "content-type", "content-encoding"})
_PLAIN: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class Scope(Protocol):
    """What the server knows of a request before its body."""

    method: str
    path: str
    query_string: str
    scheme: str
    http_version: str
    client: str
    server: str
    authority: str | None
    headers: Any


class Exchange(Incoming, Protocol):
    """The server's side of one request."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...
    async def client_disconnect(self) -> None: ...
    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None: ...


_OUR_FAULT: Final = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "this is a fault of Prowess")
_BROKEN_BODY: Final = Refusal(HTTPStatus.BAD_REQUEST, "the body is not what its headers say")


class Door(Protocol):
    """Answers in the event loop what it can answer without waiting for anything but the loop, or gives None."""

    async def __call__(self, environ: WSGIEnvironment) -> Answer | None: ...


class Gateway:
    """Carries requests to a WSGI application that runs in the threads of a pool.

    door: is asked before the application is.  body_bytes: the largest body that is read.  silence: seconds in which
    something of a body must come.  proxies: are believed where a request comes from.  knows: whether whoever sent such
    an environment may send a large body; asked in a thread.  counts: where each answer is counted.
    """

    def __init__(
        self,
        application: WSGIApplication,
        pool: Executor,
        *,
        body_bytes: int,
        silence: float,
        door: Door | None = None,
        proxies: Proxies | None = None,
        knows: Callable[[WSGIEnvironment], bool] | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._application = application
        self._pool = pool
        self._door = door
        self._proxies = proxies or Proxies()
        self._knows = knows
        self._counts = counts or Counts()
        self._arrivals = Arrivals(body_bytes=body_bytes, silence=silence)
        self._is_stopping = False
        self._streams: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, exchange: Exchange) -> None:
        given = scope.headers.items()
        headers = dict(given)
        context = copy_context()
        body: IO[bytes] | Untaken = io.BytesIO()
        began = perf_counter()
        with ExitStack() as held:
            try:
                _refuse_unread(scope.headers.keys(), headers)
                environ = _environment(scope, given, self._proxies)
                is_known = partial(self._is_known, context, environ)
                body = await self._arrivals.receive(headers, exchange, held, is_known)
                environ["wsgi.input"] = held.enter_context(body)
                began = perf_counter()
                answer = await self._answer(context, environ)
            except Refusal as refusal:
                answer = self._refused(scope, refusal, headers)
            except ProtocolClosed:
                answer = self._refused(scope, _BROKEN_BODY, headers)
            except Exception:
                log.exception("application failed", path=scope.path)
                answer = self._refused(scope, _OUR_FAULT, headers)
        self._counts.answered(scope.method, scope.path, answer.status, perf_counter() - began)
        if answer.rest is None:
            _send(exchange, answer)
            if isinstance(body, Untaken):
                await pass_over(exchange)
            return
        task = asyncio.ensure_future(self._stream(context, exchange, answer, answer.rest))
        self._streams.add(task)
        try:
            await task
        except Refusal as refusal:
            _send(exchange, refusal.answer(headers))
        except Exception:
            log.exception("an answer broke off", path=scope.path)
            _send(exchange, _OUR_FAULT.answer(headers))
        finally:
            self._streams.discard(task)

    def _refused(self, scope: Scope, refusal: Refusal, headers: Mapping[str, str]) -> Answer:
        self._counts.refused(scope.path, refusal.title)
        return refusal.answer(headers)

    async def _answer(self, context: Context, environ: WSGIEnvironment) -> Answer:
        if self._door is not None:
            answer = await self._door(environ)
            if answer is not None:
                return answer
            environ["wsgi.input"].seek(0)
        answered: Answer = await self._run(context, self._answered, environ)
        if answered.rest is not None and _length(answered.headers) is None:
            return await self._gathered(context, answered, answered.rest)
        return answered

    async def _gathered(self, context: Context, answer: Answer, rest: Iterable[bytes]) -> Answer:
        """An answer whose length nobody knows, finished before its first byte goes: if it broke off it would look whole."""
        body, pieces = SpooledTemporaryFile(SPOOLED), iter(rest)  # noqa: SIM115 - it is closed with the answer
        try:
            while await self._run(context, _append, pieces, body):
                pass
        except BaseException:
            body.close()
            raise
        finally:
            await self._run(context, _close, rest)
        size = body.tell()
        body.seek(0)
        if size <= SPOOLED:
            with body:
                return Answer(answer.status, answer.headers, body.read())
        return Answer(answer.status, [*answer.headers, ("content-length", str(size))], b"", FileWrapper(body, _PIECE))

    async def _run(self, context: Context, work: Callable[..., Any], *given: Any) -> Any:
        """Run a part of a request in some thread, in the request's own context.

        An application leaves its marks there until its answer is closed (whose request this is, and who asks): in the
        thread's own context they would be found by the next request.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, context.run, work, *given)

    async def _is_known(self, context: Context, environ: WSGIEnvironment) -> bool:
        return self._knows is None or await self._run(context, self._knows, environ)

    def _answered(self, environ: WSGIEnvironment) -> Answer:
        """Runs in a thread of the pool."""
        said: list[tuple[int, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            if error is not None:
                said.clear()
            said.append((int(status[:3]), headers))

        parts = self._application(environ, start)
        status, headers = said[-1]
        length = _length(headers)
        headers.append(SERVER)
        if environ["REQUEST_METHOD"] == "HEAD" or status in _BODILESS or (length is not None and length <= SPOOLED):
            try:
                return Answer(status, headers, b"".join(parts))
            finally:
                _close(parts)
        return Answer(status, headers, b"", parts)

    async def _stream(self, context: Context, exchange: Exchange, answer: Answer, rest: Iterable[bytes]) -> None:
        """Take no piece before the reader took the one before it; no thread waits meanwhile.  Raises before the first."""
        pieces, left = iter(rest), asyncio.ensure_future(_gone(exchange))
        try:
            if self._is_stopping:
                raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "this server is stopping")
            head = await self._head(context, pieces)
            with having_room("a large answer on its way"):
                outflow = Outflow()
            with outflow:
                exchange.response_file(answer.status, answer.headers, outflow.path)
                await outflow.write(head, left)
                while (piece := await self._piece(context, pieces)) is not None:
                    await outflow.write(piece, left)
        except ReaderLeft:
            log.info("reader left", status=answer.status)
        finally:
            left.cancel()
            await self._run(context, _close, rest)

    async def _head(self, context: Context, pieces: Iterator[bytes]) -> bytes:
        """More than a pipe holds, or everything: what breaks off after it breaks off before the reader's eyes."""
        head, size = [], 0
        while size <= PIPEFUL and (piece := await self._piece(context, pieces)) is not None:
            head.append(piece)
            size += len(piece)
        return b"".join(head)

    async def _piece(self, context: Context, pieces: Iterator[bytes]) -> bytes | None:
        """The next piece; when we are cancelled meanwhile it is waited for, so that what makes it can be closed."""
        making = asyncio.ensure_future(self._run(context, _next, pieces))
        try:
            piece: bytes | None = await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.wait({making})
            raise
        return piece

    async def let_go(self, seconds: float) -> None:
        """Begin no large answer any more, and end those that are on their way; after so long in the middle."""
        self._is_stopping = True
        if self._streams:
            await asyncio.wait(self._streams, timeout=seconds)
        for _ in self._streams:
            log.warning("stopped before an answer was taken")
        await cancel(self._streams)


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End tasks, and wait until they have closed what they hold."""
    left = list(tasks)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _gone(exchange: Exchange) -> None:
    await exchange.client_disconnect()


def _send(exchange: Exchange, answer: Answer) -> None:
    try:
        exchange.response_bytes(answer.status, answer.headers, answer.body)
    except ProtocolClosed:
        log.info("reader left", status=answer.status)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next((piece for piece in pieces if piece), None)


def _append(pieces: Iterator[bytes], body: IO[bytes]) -> bool:
    """False when there is nothing more.  Raises Refusal."""
    piece = _next(pieces)
    if piece is not None:
        with having_room("the answer until it is whole"):
            body.write(piece)
    return piece is not None


def _length(headers: Headers) -> int | None:
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


def _close(parts: Iterable[bytes]) -> None:
    close = getattr(parts, "close", None)
    if close is not None:
        close()


def _refuse_unread(names: Iterable[str], read: Mapping[str, str]) -> None:
    """The server leaves out values that are not ASCII; what a request demands must not be lost that way."""
    for name in names:
        if name not in read and name in _NEVER_IGNORED:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"the header {name} has letters beyond ASCII")


def _latin(text: str) -> str:
    """The bytes of a text as PEP 3333 writes them."""
    return text.encode().decode("latin-1")


def _environment(scope: Scope, given: Headers, proxies: Proxies) -> WSGIEnvironment:
    """PEP 3333.  What only a proxy may say, and names that could be mistaken for others, are left out."""
    client, _, _ = scope.client.rpartition(":")
    peer = client.strip("[]")
    address, scheme = proxies.caller(peer, scope.scheme, given)
    name, _, port = scope.server.rpartition(":")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": Untaken(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for header, value in given:
        if "_" in header or header in _UNTRUSTED or header.startswith("x-forwarded-"):
            if address == peer and header in _RELAYING:
                environ[RELAYED] = True
            continue
        key = _PLAIN.get(header) or f"HTTP_{header.upper().replace('-', '_')}"
        if key in environ:
            value = f"{environ[key]}{'; ' if header == 'cookie' else ','}{value}"  # noqa: PLW2901 - RFC 9110 5.3
        environ[key] = value
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ
