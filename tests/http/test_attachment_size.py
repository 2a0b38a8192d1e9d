"""The largest attachment goes in and comes out through a server that never holds it (reliability 15)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.http.attached import attachment
from tests.store.sending import statement

MIB = 1024 * 1024
GROWTH = 10 * MIB
BLOCK = hashlib.sha512(b"seed").digest() * (MIB // 64)
SERVER = """
from lrs import memory
from lrs.app import create_app
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.server import Server
prowess = Prowess(load_settings(None))
migrate(prowess.database, prowess.plugins)
credential, secret = prowess.credentials.create("all", ["all"])
server = Server(create_app(prowess), host="127.0.0.1", port=0)
server.stop_on_signals()
memory.settle()
print(server.port, credential.key, secret, flush=True)
server.serve()
"""


@pytest.fixture(params=["database", "directory"])
def server(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Server]:
    store = "database" if request.param == "database" else str(tmp_path / "blobs")
    environ = {
        "PROWESS_DATABASE_URL": database_url,
        "PROWESS_ATTACHMENTS_STORE": store,
        "PROWESS_LOG_LEVEL": "error",
        "PYTHONPATH": ":".join(sys.path),
        "TMPDIR": str(tmp_path),
    }
    process = subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    port, key, secret = process.stdout.readline().split()
    yield Server(process.pid, f"http://127.0.0.1:{port}/xapi/statements", key, secret)
    process.terminate()
    process.wait(20)
    process.stdout.close()


class Server:
    """A server in a process of its own."""

    def __init__(self, pid: int, url: str, key: str, secret: str) -> None:
        self.pid, self.url = pid, url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (key, secret)
        self.session.headers["X-Experience-API-Version"] = "2.0.0"

    def peak(self) -> int:
        """The most memory that the process ever held, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def send(self, one: bytes, sha2: str, blocks: int) -> requests.Response:
        def body() -> Iterator[bytes]:
            yield b"--b\r\nContent-Type: application/json\r\n\r\n" + one
            yield f"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: {sha2}\r\n\r\n".encode()
            for _ in range(blocks):
                yield BLOCK
            yield b"\r\n--b--\r\n"

        return self.session.post(
            self.url, data=body(), headers={"Content-Type": "multipart/mixed; boundary=b"}, timeout=60
        )

    def fetch(self, id_: str) -> tuple[int, str]:
        """How long the data of a statement is, and its SHA-256."""
        wanted = {"statementId": id_, "attachments": "true"}
        with self.session.get(self.url, params=wanted, stream=True, timeout=60) as answer:
            boundary = answer.headers["Content-Type"].partition("boundary=")[2].encode()
            pieces = answer.iter_content(MIB)
            head, body = next(pieces), b""
            while head.count(b"\r\n\r\n") < 2:
                head += next(pieces)
            _, _, body = head.split(b"\r\n\r\n", 2)
            found, length, tail = hashlib.sha256(), 0, body
            ending = b"\r\n--" + boundary + b"--\r\n"
            for piece in pieces:
                keep = tail + piece
                found.update(keep[: -len(ending)])
                length += len(keep) - len(ending)
                tail = keep[-len(ending) :]
            found.update(tail[: -len(ending)])
            length += len(tail) - len(ending)
            assert tail.endswith(ending)
            return length, found.hexdigest()


def _round(server: Server, blocks: int) -> None:
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(BLOCK)
    sha2 = digest.hexdigest()
    one = statement(attachments=[attachment(b"", length=blocks * MIB, sha2=sha2)])
    assert server.send(json.dumps(one).encode(), sha2, blocks).status_code == 200
    assert server.fetch(one["id"]) == (blocks * MIB, sha2)


@pytest.mark.journey
def test_fifty_mebibytes_go_in_and_come_out_in_bounded_memory(
    server: Server, record_property: Callable[[str, object], None]
) -> None:
    for blocks in (0, 1, 3):
        _round(server, blocks)
    before = server.peak()
    _round(server, 50)
    growth = server.peak() - before
    record_property("growth_mib", growth / MIB)
    assert growth < GROWTH
    server.session.close()
