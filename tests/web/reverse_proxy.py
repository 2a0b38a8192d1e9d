"""A reverse proxy as it stands before many a Prowess: it takes TLS off, asks by the address it knows, and adds whom it answers."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}


class ReverseProxy(ThreadingHTTPServer):
    """Carries everything to `target`, as nginx does by default: with the target's own Host.

    adds: headers that stand in every request, such as X-Forwarded-Proto.  The client's address is added to
    X-Forwarded-For; `client` says another one for it, since all clients of a test have the same.
    """

    daemon_threads = True

    def __init__(self, target: str, certificate: tuple[Path, Path], adds: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.target = urlsplit(target).netloc
        self.adds = adds
        self.certificate = certificate[0]
        self.client = "203.0.113.9"

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ReverseProxy

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_A_CONNECTION}
        said = headers.pop("X-Forwarded-For", None)
        headers["X-Forwarded-For"] = f"{said}, {self.server.client}" if said else self.server.client
        headers |= {"Host": self.server.target, **self.server.adds}
        there = http.client.HTTPConnection(self.server.target, timeout=20)
        there.request(self.command, self.path, body or None, headers)
        answer = there.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_A_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        there.close()

    do_GET = do_POST = _carry  # noqa: N815 - the names the standard library asks for

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def reverse_proxy(target: str, certificate: tuple[Path, Path], **adds: str) -> Iterator[ReverseProxy]:
    """A proxy before the server at a URL.  certificate: and its key.  adds: X_Forwarded_Proto="https" and the like."""
    proxy = ReverseProxy(target, certificate, {name.replace("_", "-"): value for name, value in adds.items()})
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), name="reverse-proxy", daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join(10)
