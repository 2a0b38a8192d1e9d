"""The stand-in as an HTTP server, in a thread of this process or in its own (`python -m connectors.standin`)."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from connectors.errors import BadSignature
from connectors.standin import forms, moodle
from connectors.standin.canvas import Canvas
from connectors.standin.faults import Fault, Faults
from connectors.standin.openedx import OpenEdx
from connectors.standin.seed import Seed, invented_seed
from connectors.standin.world import Completion, RefusalError, World
from connectors.webhook import PING, verify_signature
from lrs.clock import SECOND, Clock, SystemClock

REST = "/webservice/rest/server.php"
_HUGE = 8 * 1024 * 1024
_COMMON = ("wstoken", "wsfunction", "moodlewsrestformat")

Reply = tuple[int, bytes] | tuple[int, bytes, Mapping[str, str]]
"""Status, body, and headers of its own."""


class StandIn:
    """A running stand-in; its own context manager.  `url` is its address, `world` its state."""

    def __init__(
        self,
        seed: Seed | None = None,
        *,
        token: str = "stand-in-token",  # noqa: S107 - it guards nothing
        webhook_secret: str = "stand-in-webhook-secret",  # noqa: S107
        client_id: str = "stand-in-client",
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self.token, self.webhook_secret = token, webhook_secret
        self.clock = clock or SystemClock()
        self.world = World(seed or invented_seed())
        self.canvas = Canvas(self.world, self.clock)
        self.openedx = OpenEdx(self.world, lambda: self.now, client_id=client_id, client_secret=token)
        self.faults = Faults()
        self.stopping = threading.Event()
        self._idle = threading.Condition()
        self._running = 0
        handler = type("Handler", (_Handler,), {"standin": self})
        self._server = _Server((host, port), handler)
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def now(self) -> int:
        return self.clock.now() // SECOND

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Around the handling of a request."""
        with self._idle:
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def wait_idle(self, seconds: float = 10.0) -> bool:
        """Wait until no request is being handled, delayed ones too, which go on at once; False when it took too long."""
        self.stopping.set()
        with self._idle:
            done = self._idle.wait_for(lambda: self._running == 0, seconds)
        self.stopping.clear()
        return done

    def function(self, form: dict[str, Any], key: str) -> Reply:
        """One web service call: always 200, as Moodle answers."""
        name = str(form.get("wsfunction", ""))
        params = {field: value for field, value in form.items() if field not in _COMMON}
        with self.world.lock:
            try:
                self._check_access(form)
                said = moodle.call(self.world, name, params, key, self.now)
                outcome = "done"
            except RefusalError as refusal:
                said, outcome = refusal.body(), refusal.errorcode
                self.world.refused(name, key, refusal.errorcode, refusal.why)
            self.world.noted(name, key, params, outcome)
        if isinstance(said, dict) and said.get("sitename"):
            said = {**said, "siteurl": self.url}
        return 200, json.dumps(said).encode()

    def webhook(self, body: bytes, headers: Any) -> Reply:
        """A signed event: 204, and counted once by its key however often it comes."""
        key = headers.get("Idempotency-Key", "")
        event = headers.get("Prowess-Event", "")
        with self.world.lock:
            try:
                signature = headers.get("Prowess-Signature", "")
                verify_signature(self.webhook_secret, signature, body, now=self.now)
            except BadSignature as error:
                self.world.refused("webhook", key, error.code, error.message)
                self.world.noted("webhook", key, event, error.code)
                return 401, json.dumps({"error": error.message}).encode()
            self.world.noted("webhook", key, event, "done")
            if event != PING and key not in self.world.events:
                self.world.events[key] = json.loads(body)
                self.world.changed(key)
        return 204, b""

    def administer(self, path: str, values: Any) -> Reply:
        """State, faults, and what learners do: for whoever runs the stand-in, never for a connector."""
        with self.world.lock:
            if path == "/_standin/state":
                state = {"canvas": self.canvas.site.state(), "openedx": self.openedx.campus.state()}
                return 200, json.dumps({**self.world.state(), **state}).encode()
            if path == "/_standin/journal":
                return 200, json.dumps(self.world.journal).encode()
            try:
                if path == "/_standin/fault":
                    self.faults.add(values) if values else self.faults.clear()
                elif path == "/_standin/completion":
                    done = Completion(**{"completed_at": self.now, **values})
                    self.world.completions[(done.user, done.cmid)] = done
                elif path == "/_standin/canvas":
                    self.canvas.site.learn(values)
                elif path == "/_standin/openedx":
                    self.openedx.learn(values)
                else:
                    said = {"error": "state, journal, fault, completion, canvas or openedx"}
                    return 404, json.dumps(said).encode()
            except (KeyError, TypeError, ValueError) as error:
                return 400, json.dumps({"error": str(error)}).encode()
        return 200, b"{}"

    def _check_access(self, form: dict[str, Any]) -> None:
        if form.get("wstoken") != self.token:
            raise RefusalError(
                "core\\exception\\moodle_exception",
                "invalidtoken",
                "Invalid token - token not found",
                "the token is not the one this stand-in was started with",
            )
        if form.get("moodlewsrestformat") != "json":
            raise RefusalError(
                "core\\exception\\moodle_exception",
                "invalidresponseformat",
                "Invalid response format",
                "send moodlewsrestformat=json; XML is not offered here",
            )


class _Server(ThreadingHTTPServer):
    """Keeps those waiting who come at once: of more than five a busy machine turns some away."""

    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """HTTP around the stand-in, with its faults."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body leave in two writes; the second must not wait for an acknowledgement
    standin: StandIn

    def do_GET(self) -> None:
        if not self._asked_elsewhere(b""):
            self._reply(self.standin.administer(urlsplit(self.path).path, None))

    def do_PUT(self) -> None:
        if not self._asked_elsewhere(self._body()):
            self._reply((404, b'{"error": "not here"}'))

    do_DELETE = do_PUT  # noqa: N815 - the server calls it so

    def do_POST(self) -> None:
        body = self._body()
        path = urlsplit(self.path).path
        if path.startswith("/_standin/"):
            self._reply(self.standin.administer(path, json.loads(body or b"null")))
        elif path == REST:
            form = forms.parse(body)
            key = self.headers.get("Idempotency-Key", "")
            self._faulty(str(form.get("wsfunction", "")), lambda: self.standin.function(form, key))
        elif path == "/webhook":
            self._faulty("webhook", lambda: self.standin.webhook(body, self.headers))
        elif not self._asked_elsewhere(body):
            self._reply((404, b'{"error": "not here"}'))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _asked_elsewhere(self, body: bytes) -> bool:
        """Answer what is Canvas's or Open edX's; False where it is neither's."""
        return self._asked_of_canvas(body) or self._asked_of_openedx(body)

    def _asked_of_canvas(self, body: bytes) -> bool:
        standin, asked = self.standin, (self.command, self.path)
        name = standin.canvas.operation(*asked)
        if name is not None:
            self._faulty(name, lambda: standin.canvas.reply(*asked, self.headers, body, standin.token, standin.url))
        return name is not None

    def _asked_of_openedx(self, body: bytes) -> bool:
        openedx = self.standin.openedx
        name = openedx.operation(self.command, self.path)
        if name is not None:
            self._faulty(name, lambda: openedx.answer(self.command, self.path, self.headers, body))
        return name is not None

    def log_message(self, *_: Any) -> None:
        """The journal is the log."""

    def _faulty(self, name: str, act: Callable[[], Reply]) -> None:
        """Count the request, then answer it as it should be, or as somebody asked for."""
        with self.standin.busy():
            with self.standin.world.lock:
                self.standin.world.asked(name, self.headers.get("Idempotency-Key", ""))
                fault = self.standin.faults.take(name)
            self._answer(fault, act)

    def _answer(self, fault: Fault | None, act: Callable[[], Reply]) -> None:
        if fault is None:
            self._reply(act())
        elif fault.kind in {"status", "drop", "html", "huge", "echo", "redirect"}:
            self._instead(fault)
        else:
            if fault.kind == "delay":
                self.standin.stopping.wait(fault.seconds)
            self._after(fault, act())

    def _instead(self, fault: Fault) -> None:
        if fault.kind == "status":
            extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self._reply((fault.status, b'{"error": "as asked"}'), extra)
        elif fault.kind == "html":
            self._reply((200, b"<h1>Welcome</h1>"), {"Content-Type": "text/html; charset=utf-8"})
        elif fault.kind == "redirect":
            self._reply((302, b""), {"Location": fault.location})
        elif fault.kind == "echo":
            said = {"exception": "x", "errorcode": "careless", "message": f"no luck with {self.standin.token}"}
            self._reply((200, json.dumps(said).encode()))
        elif fault.kind == "huge":
            self._reply((200, b'"' + b"x" * _HUGE + b'"'))
        else:
            self._hang_up()

    def _after(self, fault: Fault, reply: Reply) -> None:
        status, body, *_ = reply
        if fault.kind == "delay":
            self._reply(reply)
        elif fault.kind == "gzip":
            self._reply((status, gzip.compress(body)), {"Content-Encoding": "gzip"})
        elif fault.kind == "half":
            self._head(status, len(body), {})
            self._write(body[: len(body) // 2])
            self._hang_up()
        elif fault.kind == "trickle":
            self._head(status, len(body), {})
            for byte in body:
                if not self._write(bytes([byte])) or self.standin.stopping.wait(0.02):
                    break
            self._hang_up()
        else:
            self._hang_up()

    def _reply(self, reply: Reply, extra: dict[str, str] | None = None) -> None:
        status, body, *own = reply
        self._head(status, len(body), {**(own[0] if own else {}), **(extra or {})})
        self._write(body)

    def _head(self, status: int, length: int, extra: dict[str, str]) -> None:
        with suppress(OSError):
            self.send_response(status)
            for name, value in ({"Content-Type": "application/json; charset=utf-8"} | extra).items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(length))
            self.end_headers()

    def _write(self, part: bytes) -> bool:
        try:
            self.wfile.write(part)
            self.wfile.flush()
        except OSError:
            self.close_connection = True
            return False
        return True

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
