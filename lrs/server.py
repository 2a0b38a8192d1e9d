"""The serving process: waitress around the application, and a clean stop.

waitress reads chunked bodies and absolute-form targets and buffers slow clients; it is one process, which is what SQLite
wants.  Which server is fastest is measured later (see docs/decisions).
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from lrs.app import prowess_of
from lrs.errors import ConfigError
from lrs.http.problems import MEDIA_TYPE
from lrs.logs import get_logger
from lrs.xapi.versions import HEADER, answered_version

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = get_logger(__name__)

_FLUSH_SECONDS = 5
_MARGIN = 1024 * 1024
"""A body this much too large is still read, so that its sender hears why; beyond it the connection is cut."""
_WAITING = 4 * 1024 * 1024
"""How much of an answer is written ahead of a slow client: waitress keeps as much in memory, twice over at times."""


class _Refusal(ErrorTask):  # type: ignore[misc] # waitress has no types
    """The answer to a request that never reached the application: a problem with a version, like all others."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps(
            {"type": "about:blank", "title": error.reason, "status": error.code, "detail": error.body}
        ).encode()
        self.status = f"{error.code} {error.reason}"
        version = answered_version(self.request.headers.get("X_EXPERIENCE_API_VERSION"))
        self.response_headers += [("Content-Type", MEDIA_TYPE), (HEADER, version.header)]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    error_task_class = _Refusal


class Listener:
    """Any application behind the server we use; `port` is the real one when 0 was asked for.

    body_bytes: the largest body that is read at all.  Raises ConfigError when the address cannot be had.
    """

    def __init__(
        self, app: WSGIApplication, *, host: str, port: int, threads: int, body_bytes: int = 32 * 1024 * 1024
    ) -> None:
        self.host = host
        try:
            self._server: Any = create_server(
                app,
                host=host,
                port=port,
                threads=threads,
                ident="prowess",
                max_request_body_size=body_bytes + _MARGIN,
                outbuf_high_watermark=_WAITING,
                channel_timeout=60,
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise ConfigError(
                f"cannot listen on {host}:{port}: {error.strerror or error}", hint="choose another: --port"
            ) from error
        self._server.channel_class = _Channel
        self.port: int = self._server.effective_port
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def serve(self) -> None:
        """Answer until stopped, then finish what was accepted."""
        try:
            while not self._stopping.is_set():
                self._turn()
            self._finish()
        finally:
            self._hang_up()

    def _turn(self) -> None:
        self._server.asyncore.loop(timeout=1, map=self._server._map, use_poll=True, count=1)  # noqa: SLF001 - its own run() cannot be stopped from outside

    def _finish(self) -> None:
        """Take no more requests; let the running ones end and their answers leave."""
        self._server.task_dispatcher.shutdown(cancel_pending=False)
        deadline = monotonic() + _FLUSH_SECONDS
        while monotonic() < deadline and any(
            getattr(channel, "total_outbufs_len", 0)
            for channel in self._server._map.values()  # noqa: SLF001
        ):
            self._turn()

    def _hang_up(self) -> None:
        """Close what listens and every connection that clients kept open; waitress itself closes only the former."""
        channels = self._server._map  # noqa: SLF001
        self._server.close()
        wasyncore.close_all(channels, ignore_all=True)

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
        with suppress(OSError):  # it may have seen the flag and closed the trigger before we pull it
            self._server.pull_trigger()

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT stop the server in order."""

        def handle(number: int, _: FrameType | None) -> None:
            log.info("stopping", signal=signal.Signals(number).name)
            self.stop()

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)


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
        )

    def serve(self) -> None:
        """Answer until stopped, then finish what was accepted and let go of the database."""
        self._prowess.start()
        try:
            super().serve()
        finally:
            self._prowess.close()
