"""The serving process: granian around the application, and a clean stop.

granian parses HTTP in threads of Rust and gives requests to one event loop of ours (see `lrs.gateway`); its embeddable
server keeps everything in one process, which is what SQLite and the work behind the requests want.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketSpec
from granian.server.embed import Server as GranianServer

from lrs.app import prowess_of
from lrs.errors import ConfigError
from lrs.gateway import Door, Gateway, cancel
from lrs.http.door import StatementDoor
from lrs.logs import get_logger
from lrs.metrics.counts import Counts
from lrs.proxies import Network, Proxies
from lrs.web.strangers import is_known

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

log = get_logger(__name__)

_MARGIN = 1024 * 1024
"""A body this much too large is still read, so that its sender hears why from the application."""
_BACKLOG = 1024
_HEADER_MS = 10_000
"""A client that has not sent the head of its request by then is cut off."""
_SILENCE = 60.0
_STOP_SECONDS = 15


class _Embedded(GranianServer):  # type: ignore[misc] # granian types this part loosely
    """granian's embeddable server on a socket that is open already."""

    def __init__(self, target: Any, holder: Any, host: str, port: int) -> None:
        super().__init__(
            target,
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MS),
            websockets=False,
            backlog=_BACKLOG,
            backpressure=16 * _BACKLOG,
            log_enabled=False,
        )
        self._holder = holder
        self.workers_kill_timeout = _STOP_SECONDS

    def _init_shared_socket(self) -> None:
        self._ssp, self._shd, self._sfd = None, self._holder, self._holder.get_fd()


class Listener:
    """Any application behind the server we use; `port` is the real one when 0 was asked for.

    body_bytes: the largest body that is read at all.  door: makes what is asked before the application, given the
    threads.  trusted_proxies: whose word is taken for where a request comes from.  knows: who may send a large body (see
    `lrs.arrivals`); without it everybody.  counts: where answers are counted.  Raises ConfigError when the address cannot be had.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str,
        port: int,
        threads: int,
        body_bytes: int = 32 * 1024 * 1024,
        door: Callable[[Executor], Door] | None = None,
        trusted_proxies: Iterable[Network] = (),
        knows: Callable[[WSGIEnvironment], bool] | None = None,
        counts: Counts | None = None,
    ) -> None:
        self.host = host
        try:
            _refuse_taken(host, port)
            self._holder = SocketSpec(host, port, _BACKLOG).build()
        except Exception as error:
            why = getattr(error, "strerror", None) or error
            raise ConfigError(f"cannot listen on {host}:{port}: {why}", hint="choose another: --port") from error
        with socket.socket(fileno=os.dup(self._holder.get_fd())) as bound:
            self.port: int = bound.getsockname()[1]
            bound.listen(_BACKLOG)  # whoever asks before we serve waits instead of being refused
        self._app = app
        self._threads = threads
        self._door = door
        self._proxies = Proxies(trusted_proxies)
        self._knows = knows
        self._counts = counts
        self._body_bytes = body_bytes + _MARGIN
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._stop_asked = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def serve(self) -> None:
        """Answer until stopped, then finish what was accepted."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        with _woken_by_signals(loop), ThreadPoolExecutor(self._threads, "prowess-web") as pool:
            door = self._door(pool) if self._door is not None else None
            gateway = Gateway(
                self._app,
                pool,
                body_bytes=self._body_bytes,
                silence=_SILENCE,
                door=door,
                proxies=self._proxies,
                knows=self._knows,
                counts=self._counts,
            )
            server = _Embedded(gateway, self._holder, self.host, self.port)
            stopping = asyncio.ensure_future(self._stop_in_order(gateway, server))
            self._loop = loop
            if self._stopping.is_set():
                self._stop_asked.set()
            try:
                await server.serve()
            except TimeoutError:
                log.warning("stopped before every answer was taken", seconds=_STOP_SECONDS)
            finally:
                stopping.cancel()
                # what still runs ends here, while there are threads in which it can close what it holds
                await cancel(asyncio.all_tasks() - {asyncio.current_task()})

    async def _stop_in_order(self, gateway: Gateway, server: _Embedded) -> None:
        """Whoever reads a large answer comes first: the server must not end while there is one (see `lrs.outflow`)."""
        await self._stop_asked.wait()
        await gateway.let_go(_STOP_SECONDS)
        server.stop()

    def serve_in_thread(self) -> Callable[[], None]:
        """Serve beside the caller (tests, demo); returns the function that stops it."""
        thread = threading.Thread(target=self.serve, name="prowess-server", daemon=True)
        thread.start()

        def stop() -> None:
            self.stop()
            thread.join(20)

        return stop

    def stop(self) -> None:
        """Ask the server to stop; safe from signal handlers and other threads."""
        self._stopping.set()
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stop_asked.set)

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT stop the server in order."""

        def handle(_number: int, _: FrameType | None) -> None:
            self.stop()  # and nothing else: whoever was interrupted may hold the log's lock

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)


@contextmanager
def _woken_by_signals(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Let a signal wake the loop: one that comes just before it sleeps, or to another thread, would be heard at its next event."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, told = socket.socketpair()
    with heard, told:
        heard.setblocking(False)
        told.setblocking(False)
        loop.add_reader(heard, heard.recv, 4096)
        before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            loop.remove_reader(heard)


def _refuse_taken(host: str, port: int) -> None:
    """Granian shares ports with whoever shares theirs; two stores on one would each get half of the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


class Server(Listener):
    """A Prowess that listens, and works behind its answers."""

    def __init__(self, app: Flask, *, host: str | None = None, port: int | None = None) -> None:
        self._prowess = prowess_of(app)
        server, limits = self._prowess.settings.server, self._prowess.settings.limits
        super().__init__(
            app,
            host=host or server.host,
            port=server.port if port is None else port,
            threads=server.threads,
            body_bytes=max(2 * limits.body_bytes, limits.multipart_bytes),
            door=partial(StatementDoor, app, self._prowess),
            trusted_proxies=server.trusted_proxies,
            knows=partial(is_known, app),
            counts=self._prowess.counts,
        )

    def serve(self) -> None:
        """Answer until stopped, then finish what was accepted and let go of the database."""
        self._prowess.start()
        try:
            super().serve()
        finally:
            self._prowess.close()
