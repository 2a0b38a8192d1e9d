"""From the wire to the application: what a slow, a cut off or an impatient client costs, and that requests stay apart."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import pytest
import requests
from flask import Flask, Response, g, request, stream_with_context

import lrs.arrivals
import lrs.gateway
import lrs.outflow
import lrs.server
from lrs.errors import ConfigError
from lrs.server import Listener

LARGE = b"x" * 3_000_000
ROOT = Path(__file__).parents[2]


def application(seen: list[Any]) -> Flask:
    app = Flask("probe")

    @app.post("/echo")
    def echo() -> Response:
        seen.append(len(request.get_data()))
        return Response(str(seen[-1]))

    @app.get("/whose")
    def whose() -> Response:
        mine = g.get("owner", "nobody")
        g.owner = request.args.get("name", "nobody")
        return Response(mine)

    @app.get("/pieces")
    def pieces() -> Response:
        g.owner = "somebody who left"

        def give() -> Iterator[bytes]:
            try:
                time.sleep(float(request.args.get("after", 0)))
                for number in range(200):
                    seen[:] = [number]
                    yield b"x" * 100_000
            finally:
                seen.append("closed")

        response = Response(stream_with_context(give()))
        response.content_length = 20_000_000
        return response

    @app.get("/unmeasured/<int:pieces>")
    def unmeasured(pieces: int) -> Response:
        def give() -> Iterator[bytes]:
            for number in range(pieces):
                if number == int(request.args.get("fails", -1)):
                    raise RuntimeError("fault")
                yield b"x" * 100_000

        return Response(stream_with_context(give()))

    @app.get("/cut")
    def cut() -> Response:
        def give() -> Iterator[bytes]:
            yield b"x" * 2_000_000
            raise OSError("the disk is gone")

        response = Response(give())
        response.content_length = 3_000_000
        return response

    @app.get("/environ")
    def environ() -> dict[str, str]:
        given = {key: str(value) for key, value in request.environ.items() if key.isupper()}
        return {**given, "SCHEME": request.scheme}

    @app.get("/fails")
    def fails() -> Response:
        raise RuntimeError("fault")

    @app.get("/slow")
    def slow() -> Response:
        time.sleep(1)
        return Response("done")

    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


@pytest.fixture
def seen() -> list[Any]:
    return []


@pytest.fixture
def listen(seen: list[Any]) -> Iterator[Callable[..., Listener]]:
    stops = []

    def start(**settings: Any) -> Listener:
        listener = Listener(application(seen), **{"host": "127.0.0.1", "port": 0, "threads": 1, **settings})
        stops.append(listener.serve_in_thread())
        return listener

    yield start
    for stop in stops:
        stop()


def connected(listener: Listener, text: str, buffer: int | None = None) -> socket.socket:
    """buffer: bytes that the system takes for us before we do."""
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", listener.port))
    connection.sendall(text.replace("\n", "\r\n").encode())
    return connection


def heard(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_hundreds_of_half_requests_keep_nobody_waiting(listen: Callable[..., Listener]) -> None:
    """One thread serves: if any of these took it, nobody else would be answered (reliability 11)."""
    listener = listen()
    heads = ["POST /echo HTTP/1.1\nHost: x\nContent-Le", "POST /echo HTTP/1.1\nHost: x\nContent-Length: 9\n\nhalf"]
    halves = [connected(listener, heads[number % 2]) for number in range(500)]
    for _ in range(20):
        assert requests.get(f"{listener.url}/whose", timeout=5).status_code == 200
    for connection in halves:
        connection.close()


def test_a_body_that_never_comes_is_408(listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lrs.server, "_SILENCE", 0.2)
    listener = listen()
    for head in ("Content-Length: 9", "Content-Length: 2000000", "Transfer-Encoding: chunked"):
        answer = heard(connected(listener, f"POST /echo HTTP/1.1\nHost: x\n{head}\nConnection: close\n\n2\n"))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer
        assert b"x-experience-api-version" in answer


def test_a_body_that_comes_slowly_was_told_that_nothing_came(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lrs.server, "_SILENCE", 0.4)
    connection = connected(listen(), "POST /echo HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 300000\n\n")
    for _ in range(6):
        time.sleep(0.15)
        connection.sendall(b"x" * 50_000)
    assert heard(connection).startswith(b"HTTP/1.1 200 ")
    assert seen == [300_000]


@pytest.mark.parametrize("head", ["Content-Length: 50", "Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_a_body_that_is_cut_short_never_reaches_the_application(
    listen: Callable[..., Listener], seen: list[Any], head: str
) -> None:
    listener = listen()
    connection = connected(listener, f"POST /echo HTTP/1.1\nHost: x\n{head}\n\n3\nabc\n")
    time.sleep(0.2)
    connection.close()
    time.sleep(0.2)
    assert requests.post(f"{listener.url}/echo", data=b"whole", timeout=5).text == "5"
    assert seen == [5]


@pytest.mark.parametrize(
    "rest",
    [
        "Transfer-Encoding: chunked\n\nzz\nabc\n0\n\n",
        "Transfer-Encoding: chunked\n\nffffffffffffffff1\nabc\n",
        "Transfer-Encoding: chunked\n\n5\nabc",
        "Content-Length: 50\n\nabc",
        "Content-Length: 2000000\n\nabc",
    ],
)
def test_a_body_that_is_not_what_its_headers_say_was_a_500(
    listen: Callable[..., Listener], seen: list[Any], rest: str
) -> None:
    """Its sender has said all it will, and still listens."""
    connection = connected(listen(), f"POST /echo HTTP/1.1\nHost: x\nConnection: close\n{rest}")
    connection.shutdown(socket.SHUT_WR)
    answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert b"application/problem+json" in answer
    assert seen == []


def test_letters_beyond_latin_1_in_a_query_were_a_500(listen: Callable[..., Listener]) -> None:
    head, _, body = heard(
        connected(listen(), "GET /environ?a=\u2028 HTTP/1.1\nHost: x\nConnection: close\n\n")
    ).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body)["QUERY_STRING"].encode("latin-1").decode() == "a=\u2028"


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match", "Content-Type", "Content-Encoding"])
def test_a_demand_with_letters_beyond_ascii_was_ignored(
    listen: Callable[..., Listener], seen: list[Any], name: str
) -> None:
    head = f"POST /echo HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 1\nUser-Agent: é\nAccept: a\nAccept: b\nAccept: c\n{name}: é\n\na"
    answer = heard(connected(listen(), head))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert f"the header {name.lower()} has letters beyond ASCII".encode() in answer
    assert seen == []


@pytest.mark.parametrize("length", [0, 1, 1_000_000, len(LARGE)])
def test_bodies_of_every_length_arrive_whole(listen: Callable[..., Listener], length: int) -> None:
    listener = listen()
    body = LARGE[:length]
    assert requests.post(f"{listener.url}/echo", data=body, timeout=20).text == str(length)
    pieces = (body[start : start + 70_000] for start in range(0, length, 70_000))
    assert requests.post(f"{listener.url}/echo", data=pieces, timeout=20).text == str(length)


def test_what_is_too_large_is_413_at_once(listen: Callable[..., Listener], seen: list[Any]) -> None:
    listener = listen(body_bytes=1000)
    head = "POST /echo HTTP/1.1\nHost: x\nConnection: close\n"
    for rest in ("Content-Length: 99000000\n\n", f"Transfer-Encoding: chunked\n\n200000\n{'x' * 0x200000}\n"):
        answer = heard(connected(listener, head + rest))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"title": "Request Entity Too Large"' in answer  # on every version of Python
    assert seen == []


def test_who_leaves_in_the_middle_leaves_nothing_to_the_next(listen: Callable[..., Listener], seen: list[Any]) -> None:
    """The answer of one was seen with the rights of another, where both had one thread."""
    listener = listen()
    connection = connected(listener, "GET /pieces HTTP/1.1\nHost: x\n\n")
    assert connection.recv(1000)
    connection.close()
    for name in ("ada", "bob", "cleo"):
        assert requests.get(f"{listener.url}/whose", params={"name": name}, timeout=5).text == "nobody"
    wait_for_the_end(seen)


def wait_for_the_end(seen: list[Any]) -> None:
    until = time.monotonic() + 10
    while seen[-1:] != ["closed"] and time.monotonic() < until:
        time.sleep(0.01)
    assert seen[-1:] == ["closed"], "what an answer holds on to is let go"


def test_an_answer_was_held_whole_for_a_reader_who_takes_none_of_it(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The server keeps what it is sent, however much: fifty readers of 50 MiB who stop were 2.5 GB."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    listener = listen()
    connection = connected(listener, "GET /pieces HTTP/1.1\nHost: x\nConnection: close\n\n", buffer=65_536)
    made = -1
    while seen != [made]:
        made = seen[0] if seen else -1
        time.sleep(0.3)
    assert 0 < made < 100
    assert requests.get(f"{listener.url}/whose", timeout=5).status_code == 200, "nor does it take the only thread"
    assert heard(connection).endswith(b"x" * 20_000_000)
    assert not [*tmp_path.iterdir()]


def test_a_reader_who_takes_nothing_for_long_is_let_go(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lrs.outflow, "PATIENCE", 0.3)
    listener = listen()
    connection = connected(listener, "GET /pieces HTTP/1.1\nHost: x\nConnection: close\n\n")
    wait_for_the_end(seen)
    answer = heard(connection)
    assert b"content-length: 20000000" in answer
    assert len(answer) < 20_000_000, "and what it got does not look whole"


@pytest.mark.parametrize("pieces", [0, 1, 30])
def test_an_answer_whose_length_nobody_knows_comes_with_its_length(
    listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, pieces: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    listener = listen()
    for _ in range(2):
        answer = requests.get(f"{listener.url}/unmeasured/{pieces}", timeout=5)
        assert answer.content == b"x" * 100_000 * pieces
        assert answer.headers["Content-Length"] == str(len(answer.content))
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("fails", [0, 1, 25])
def test_an_answer_whose_length_nobody_knows_looked_whole_when_it_broke_off(
    listen: Callable[..., Listener], fails: int
) -> None:
    answer = requests.get(f"{listen().url}/unmeasured/30?fails={fails}", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")


def test_no_room_for_an_answer_until_it_is_whole_is_a_503(
    listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(SpooledTemporaryFile):  # type: ignore[type-arg]
        def write(self, content: Any) -> Any:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lrs.gateway, "SpooledTemporaryFile", Full)
    answer = requests.get(f"{listen().url}/unmeasured/30", timeout=5)
    assert answer.status_code == 503
    assert "no room for the answer" in answer.json()["detail"]


def test_stopping_waits_only_so_long_for_a_reader_who_takes_nothing(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lrs.server, "_STOP_SECONDS", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    listener = listen()
    with connected(listener, "GET /pieces HTTP/1.1\nHost: x\n\n"):
        while not seen:
            time.sleep(0.01)
        time.sleep(0.3)
        began = time.monotonic()
        listener.stop()
        wait_for_the_end(seen)
        assert time.monotonic() - began < 8
    assert not [*tmp_path.iterdir()]


@pytest.mark.journey
def test_stopping_while_readers_of_large_answers_leave_hung_for_ever(tmp_path: Path) -> None:
    """The server waited, with the interpreter in its hands, for whoever read in a pipe that only Python could close."""
    script = tmp_path / "serve.py"
    script.write_text(_LARGE)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        readers = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(6)]
        for reader in readers:
            reader.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert reader.recv(65_536)
        process.terminate()
        time.sleep(0.3)
        for reader in readers:
            reader.close()
        assert process.wait(10) == 0


def test_who_leaves_before_the_answer_begins_leaves_nothing(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    listener = listen()
    connection = connected(listener, "GET /pieces?after=0.5 HTTP/1.1\nHost: x\n\n")
    time.sleep(0.2)
    connection.close()
    wait_for_the_end(seen)
    assert not [*tmp_path.iterdir()]


def test_a_large_answer_that_cannot_begin_is_a_503(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lrs.outflow.os, "mkfifo", full)
    answer = requests.get(f"{listen().url}/pieces", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "no room for a large answer" in answer.json()["detail"]
    wait_for_the_end(seen)


def test_an_answer_that_breaks_off_does_not_look_whole(listen: Callable[..., Listener]) -> None:
    listener = listen()
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        assert len(requests.get(f"{listener.url}/cut", timeout=5).content) == 3_000_000


def test_an_application_that_fails_is_a_500_and_not_the_end(listen: Callable[..., Listener]) -> None:
    listener = listen()
    answer = requests.get(f"{listener.url}/fails", timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "application/problem+json")
    assert "fault" not in answer.json()["detail"].replace("this is a fault of Prowess", "")
    assert requests.get(f"{listener.url}/whose", timeout=5).status_code == 200


def test_what_a_proxy_alone_may_say_is_not_believed(listen: Callable[..., Listener]) -> None:
    listener = listen()
    said = {
        "X-Forwarded-For": "1.2.3.4",
        "Forwarded": "for=1.2.3.4",
        "Proxy": "http://evil",
        "X_Under": "1",
        "X-A": "1",
    }
    environ = requests.get(f"{listener.url}/environ?a=%C3%A9", headers=said, timeout=5).json()
    assert environ["HTTP_X_A"] == "1"
    assert environ["QUERY_STRING"] == "a=%C3%A9"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_PROXY", "HTTP_X_UNDER"} & environ.keys()


@pytest.mark.parametrize(
    ("trusted", "lines", "address", "scheme"),
    [
        ("127.0.0.1", ["X-Forwarded-For: 6.6.6.6, 203.0.113.9", "X-Forwarded-Proto: https"], "203.0.113.9", "https"),
        ("127.0.0.0/8", ["X-Forwarded-For: 6.6.6.6", "X-FORWARDED-FOR: 203.0.113.9"], "203.0.113.9", "http"),
        ("127.0.0.1", ["X-Forwarded-For: 203.0.113.9, é"], "127.0.0.1", "http"),
        ("127.0.0.1", ["X_Forwarded_For: 203.0.113.9", "X_Forwarded_Proto: https"], "127.0.0.1", "http"),
        ("127.0.0.1", ["Forwarded: for=203.0.113.9;proto=https"], "127.0.0.1", "http"),
        ("10.0.0.0/8", ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"], "127.0.0.1", "http"),
    ],
)
def test_a_trusted_proxy_says_where_a_request_comes_from(
    listen: Callable[..., Listener], trusted: str, lines: list[str], address: str, scheme: str
) -> None:
    listener = listen(trusted_proxies=[ip_network(trusted)])
    request = "\n".join(["GET /environ HTTP/1.1", "Host: x", "Connection: close", *lines, "", ""])
    head, _, body = heard(connected(listener, request)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    environ = json.loads(body)
    assert environ["REMOTE_ADDR"] == address
    assert not any("FORWARDED" in name for name in environ)
    assert environ["SCHEME"] == scheme


def test_stopping_finishes_what_runs_and_closes_what_idles(listen: Callable[..., Listener]) -> None:
    listener = listen()
    idle = [connected(listener, "GET /whose HTTP/1.1\nHost: x\n\n"), connected(listener, "GET /wh")]
    answers: list[str] = []
    running = threading.Thread(target=lambda: answers.append(requests.get(f"{listener.url}/slow", timeout=9).text))
    running.start()
    time.sleep(0.3)
    began = time.monotonic()
    listener.stop()
    running.join(10)
    assert answers == ["done"]
    assert time.monotonic() - began < 8
    for connection in idle:
        connection.close()


_LARGE = """
import time
from lrs.server import Listener

def answer(environ, start):
    def pieces():
        for _ in range(20_000):
            time.sleep(0.01)
            yield b"x" * 65_536
    start("200 OK", [("Content-Length", str(20_000 * 65_536))])
    return pieces()

listener = Listener(answer, host="127.0.0.1", port=0, threads=4)
listener.stop_on_signals()
print(listener.port, flush=True)
listener.serve()
time.sleep(0.2)
"""
_STOPPABLE = """
import os, signal, sys, threading, time
from lrs import logs
from lrs.settings import LogSettings
from lrs.server import Listener

listener = Listener(lambda environ, start: [], host="127.0.0.1", port=0, threads=1)
listener.stop_on_signals()
"""
_STOPPED_FROM_A_THREAD = """
def stop():
    while listener._loop is None:
        time.sleep(0.01)
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

threading.Thread(target=stop, daemon=True).start()
listener.serve()
time.sleep(0.5)  # as `prowess serve` does, for the threads of the HTTP server
"""
_STOPPED_WHILE_THE_LOG_IS_WRITTEN = """
class Interrupted:
    def write(self, text):
        os.kill(os.getpid(), signal.SIGTERM)

    def flush(self):
        pass

sys.stderr = Interrupted()
logs.configure_logs(LogSettings(level="info", format="json"))
logs.get_logger("tests").info("said")
assert listener._stopping.is_set()
"""


@pytest.mark.journey
def test_a_signal_that_does_not_wake_the_loop_stops_the_server_all_the_same() -> None:
    """Between two events it was heard with the next request only; here another thread gets it, with the same effect."""
    done = subprocess.run([sys.executable, "-c", _STOPPABLE + _STOPPED_FROM_A_THREAD], timeout=20, check=False)
    assert done.returncode == 0


@pytest.mark.journey
def test_a_signal_while_the_log_is_written_stops_the_server_all_the_same() -> None:
    """The handler wrote a line too, and waited for ever for the lock that whoever it interrupted held."""
    script = _STOPPABLE + _STOPPED_WHILE_THE_LOG_IS_WRITTEN
    done = subprocess.run([sys.executable, "-c", script], timeout=20, check=False)
    assert done.returncode == 0


def test_a_port_is_not_shared(listen: Callable[..., Listener]) -> None:
    with pytest.raises(ConfigError, match="in use"):
        listen(port=listen().port)


def test_a_body_that_trickles_held_its_place_for_days(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lrs.server, "_SILENCE", 0.4)
    monkeypatch.setattr(lrs.arrivals, "_SLOWEST", 1_000_000)
    connection = connected(listen(), "POST /echo HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 2000000\n\n")
    with suppress(OSError):
        for _ in range(20):
            time.sleep(0.1)
            connection.sendall(b"x" * 1000)
    answer = heard(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"more slowly than" in answer
    assert seen == []


@pytest.mark.parametrize("head", ["Content-Length: 3000000", "Transfer-Encoding: chunked"])
def test_large_bodies_at_once_filled_the_disk(
    listen: Callable[..., Listener], seen: list[Any], monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    """How many there were and how much they held had no end."""
    waiting: list[int] = []

    class Watched(SpooledTemporaryFile):  # type: ignore[type-arg]
        def write(self, content: Any) -> int:
            waiting.append(len(content))
            return super().write(content)

    monkeypatch.setattr(lrs.arrivals, "_LARGEST_AT_ONCE", 1)
    monkeypatch.setattr(lrs.arrivals, "SpooledTemporaryFile", Watched)
    listener = listen(body_bytes=len(LARGE))
    first = connected(listener, f"POST /echo HTTP/1.1\nHost: x\nConnection: close\n{head}\n\n")
    piece = LARGE if head.startswith("Content") else b"2dc6c0\r\n" + LARGE + b"\r\n0\r\n\r\n"
    first.sendall(piece[:-1])
    until = time.monotonic() + 10
    while sum(waiting) < len(LARGE) - 1 and time.monotonic() < until:
        time.sleep(0.01)
    refused = requests.post(f"{listener.url}/echo", data=LARGE, timeout=20)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert requests.post(f"{listener.url}/echo", data=LARGE[:200_000], timeout=20).text == "200000", "small ones go on"
    first.sendall(piece[-1:])
    assert heard(first).startswith(b"HTTP/1.1 200 ")
    assert requests.post(f"{listener.url}/echo", data=LARGE, timeout=20).status_code == 200, "and it was given back"


def test_a_body_for_which_there_is_no_room_is_503_and_not_a_bare_500(
    listen: Callable[..., Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(SpooledTemporaryFile):
        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(lrs.arrivals, "SpooledTemporaryFile", Full)
    listener = listen()
    answer = requests.post(f"{listener.url}/echo", data=LARGE, timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert "No space left on device" in answer.json()["detail"]
    assert requests.get(f"{listener.url}/whose", timeout=5).status_code == 200
