"""Where attachment data lives: three stores behind one contract, and what becomes of data that no statement names."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from lrs.clock import ManualClock
from lrs.errors import ConfigError, Unavailable
from lrs.jobs import NETWORK
from lrs.migrate import migrate
from lrs.plugin import AttachmentJob
from lrs.settings import AttachmentSettings, Secret
from lrs.store import tables as t
from lrs.store.attachments import ORPHAN_AGE, Attachments, Incoming
from lrs.store.blobs.choice import Either, blobs_of
from lrs.store.blobs.contract import PIECE, BlobKey, Blobs, MissingBlob
from lrs.store.blobs.database import CHUNK, DatabaseBlobs
from lrs.store.blobs.directory import DirectoryBlobs
from lrs.store.statements import Intake
from lrs.xapi.attachment import DataReference
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.conftest import Served
from tests.http.attached import JSON_HEAD, attachment, body_of, data, parts_of
from tests.servers import sqlite_at
from tests.store.sending import Client, statement

Serve = Callable[..., Served]
NOON = 1_795_521_600_000_000
HOUR = 3_600


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a real S3-speaking server, with an empty bucket `attachments`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url, deadline = f"http://127.0.0.1:{port}", monotonic() + 30
    session = requests.Session()
    session.trust_env = False
    while True:
        try:
            assert session.put(f"{url}/attachments", timeout=10).status_code == 200
            break
        except requests.ConnectionError:
            assert monotonic() < deadline, "the S3 server did not start"
            sleep(0.05)
    session.close()
    yield url
    server.terminate()
    server.wait(10)


def s3_environment(url: str, prefix: str = "") -> dict[str, str]:
    return {
        "PROWESS_ATTACHMENTS_STORE": f"s3://attachments/{prefix}",
        "PROWESS_ATTACHMENTS_S3_ENDPOINT": url,
        "PROWESS_ATTACHMENTS_S3_REGION": "us-east-1",
        "PROWESS_ATTACHMENTS_S3_ACCESS_KEY": "key",
        "PROWESS_ATTACHMENTS_S3_SECRET_KEY": "canary-secret",
    }


def s3_settings(url: str, store: str = "s3://attachments") -> AttachmentSettings:
    return AttachmentSettings(store, url, "us-east-1", Secret("key"), Secret("secret"))


PLACES = ["sqlite-database", "postgresql-database", "postgresql-directory", "sqlite-s3"]


@pytest.fixture(params=PLACES)
def client(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> Client:
    """A store with each place for data, and each place on some database."""
    database, _, place = request.param.partition("-")
    where = {"PROWESS_ATTACHMENTS_STORE": (tmp_path / "blobs").as_uri()} if place == "directory" else {}
    if place == "s3":
        where = s3_environment(request.getfixturevalue("s3"), f"{uuid4()}/")
    lite = sqlite_at(tmp_path / "store.db")
    url = lite if database == "sqlite" else request.getfixturevalue("postgres_database")
    return Client(serve(url, clock=ManualClock(NOON), PROWESS_RUNNER_KIND="none", **where))


def send(client: Client, one: dict[str, Any], *contents: bytes) -> requests.Response:
    import json

    boundary = "b-1"
    body = body_of([(JSON_HEAD, json.dumps(one).encode()), *[data(content) for content in contents]], boundary)
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return client.session.post(client.url, data=body, headers=headers, timeout=30)


def held(client: Client, id_: str) -> list[bytes]:
    return [content for _, content in parts_of(client.get(statementId=id_, attachments="true"))[1:]]


def key_of(content: bytes) -> BlobKey:
    return BlobKey(t.DEFAULT_TENANT, hashlib.sha256(content).digest())


def incoming(content: bytes) -> Incoming:
    return Incoming(hashlib.sha256(content).digest(), len(content), io.BytesIO(content))


def rows(client: Client) -> tuple[int, int, int]:
    with client.served.prowess.database.read() as conn:
        found = [conn.scalar(select(func.count()).select_from(x)) for x in (t.blob, t.blob_chunk, t.attachment)]
    return found[0] or 0, found[1] or 0, found[2] or 0


# The contract


def test_every_store_gives_back_what_it_took_in_pieces_of_bounded_size(client: Client) -> None:
    blobs: Blobs = client.served.prowess.attachments._blobs
    for content in (b"x", b"a" * CHUNK, os.urandom(2 * CHUNK + 17)):
        key = key_of(content)
        for _ in range(2):
            blobs.put(key, io.BytesIO(content), len(content))
        pieces = list(blobs.pieces(key))
        assert b"".join(pieces) == content
        assert max(map(len, pieces)) <= PIECE
        client.served.prowess.database.write(lambda conn, key=key: blobs.remove(key, conn))
        client.served.prowess.database.write(lambda conn, key=key: blobs.remove(key, conn))
        with pytest.raises(MissingBlob):
            list(blobs.pieces(key))


def test_a_store_walls_tenants_off(client: Client) -> None:
    blobs = client.served.prowess.attachments._blobs
    mine, yours = key_of(b"mine"), key_of(b"mine")._replace(tenant_id=2)
    blobs.put(mine, io.BytesIO(b"mine"), 4)
    with pytest.raises(MissingBlob):
        list(blobs.pieces(yours))


def test_statements_and_their_data_go_through_every_store(client: Client) -> None:
    contents = [os.urandom(CHUNK + 1), b"", b"\r\n"]
    one = statement(attachments=[attachment(content) for content in contents])
    assert send(client, one, *contents).status_code == 200
    assert held(client, one["id"]) == contents
    before = rows(client)
    assert send(client, one, *contents).status_code == 200
    assert rows(client) == before


@given(content=st.binary(max_size=200), unit=st.integers(1, 64))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_chunks_join_to_what_was_cut(tmp_path: Path, content: bytes, unit: int) -> None:
    class Halting(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, unit) if size and size > 0 else size)

    blobs = DirectoryBlobs(str(tmp_path / "blobs"))
    blobs.put(key_of(content), Halting(content), len(content))
    assert b"".join(blobs.pieces(key_of(content))) == content


# The directory


def test_files_are_named_by_digests_alone_and_nothing_is_left_aside(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "blobs"
    blobs = DirectoryBlobs(str(root))
    blobs.put(key_of(b"x"), io.BytesIO(b"x"), 1)
    digest = hashlib.sha256(b"x").hexdigest()
    files = [file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()]
    assert files == [f"1/{digest[:2]}/{digest[2:4]}/{digest}"]


def test_a_full_or_missing_directory_is_503_and_nothing_is_stored(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    url = sqlite_at(tmp_path / "store.db")
    client = Client(serve(url, PROWESS_ATTACHMENTS_STORE=str(tmp_path / "file" / "blobs")))
    one = statement(attachments=[attachment(b"x")])
    assert send(client, one, b"x").status_code == 503
    assert client.get(statementId=one["id"]).status_code == 404


def test_a_write_that_breaks_leaves_no_file(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    blobs = DirectoryBlobs(str(tmp_path))
    with pytest.raises(Unavailable, match="No space left"):
        blobs.put(key_of(b"x"), Broken(), 1)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_what_a_crash_left_aside_is_swept_when_it_is_old(tmp_path: Path) -> None:
    blobs = DirectoryBlobs(str(tmp_path))
    blobs.put(key_of(b"x"), io.BytesIO(b"x"), 1)
    old, young = tmp_path / "incoming" / "old", tmp_path / "incoming" / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (1, 1))
    blobs.sweep(2_000_000)
    assert (old.exists(), young.exists()) == (False, True)
    DirectoryBlobs(str(tmp_path / "nowhere")).sweep(1)


def test_lost_data_cuts_the_answer_short_instead_of_lying(serve: Serve, tmp_path: Path) -> None:
    url = sqlite_at(tmp_path / "store.db")
    client = Client(serve(url, PROWESS_ATTACHMENTS_STORE=str(tmp_path / "blobs")))
    small, large, cut = b"x", b"x" * 2_000_000, b"y" * 2_000_000
    for content in (small, large, cut):
        one = statement(attachments=[attachment(content)])
        send(client, one, content)
        blob = tmp_path / "blobs" / key_of(content).path
        if content is cut:
            blob.write_bytes(content[:1_000_000])
            with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
                client.get(statementId=one["id"], attachments="true")
        else:
            blob.unlink()
            assert client.get(statementId=one["id"], attachments="true").status_code == 500, "nothing was sent yet"
        assert client.get(statementId=one["id"]).status_code == 200


# The bucket


def test_a_bucket_that_is_away_is_503_and_nothing_is_stored(serve: Serve, tmp_path: Path, s3: str) -> None:
    one = statement(attachments=[attachment(b"x")])
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        client = Client(serve(sqlite_at(tmp_path / "a.db"), **s3_environment(away)))
        assert send(client, one, b"x").status_code == 503
        assert client.get(statementId=one["id"]).status_code == 404
    missing = s3_environment(s3) | {"PROWESS_ATTACHMENTS_STORE": "s3://no-such-bucket/x"}
    client = Client(serve(sqlite_at(tmp_path / "b.db"), **missing))
    answer = send(client, one, b"x")
    assert answer.status_code == 503
    assert "canary-secret" not in answer.text


def test_the_prefix_of_a_bucket_may_be_written_with_or_without_slashes(tmp_path: Path, s3: str, serve: Serve) -> None:
    database = serve(sqlite_at(tmp_path / "store.db")).prowess.database
    for store in ("s3://attachments/some/where", "s3://attachments/some/where/"):
        blobs = blobs_of(s3_settings(s3, store), database)
        blobs.put(key_of(b"x"), io.BytesIO(b"x"), 1)
    session = requests.Session()
    session.trust_env = False
    listed = session.get(f"{s3}/attachments?prefix=some/", timeout=10).text
    session.close()
    assert listed.count("<Key>") == 1
    assert f"<Key>some/where/{key_of(b'x').path}</Key>" in listed


def test_without_boto3_the_setting_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("raise ImportError('not here')")
    program = "import lrs.store.blobs.s3"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False, env=environ
    )
    assert ConfigError.__name__ in done.stderr
    assert "boto3 is not installed" in done.stderr


def test_boto3_is_imported_by_who_uses_a_bucket_and_by_nobody_else() -> None:
    program = "import sys, lrs.app, lrs.store.blobs.choice; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


# Changing the place


def test_what_the_database_took_in_is_still_read_after_moving_to_a_directory(serve: Serve, tmp_path: Path) -> None:
    url = sqlite_at(tmp_path / "store.db")
    before = Client(serve(url))
    one, content = statement(attachments=[attachment(b"old")]), b"old"
    send(before, one, content)
    after = Client(serve(url, PROWESS_ATTACHMENTS_STORE=str(tmp_path / "blobs")))
    assert held(after, one["id"]) == [content]
    two = statement(attachments=[attachment(b"old"), attachment(b"new"), attachment(b"")])
    assert send(after, two, b"old", b"new", b"").status_code == 200
    assert held(after, two["id"]) == [b"old", b"new", b""]


def test_either_place_is_enough(tmp_path: Path, serve: Serve) -> None:
    inside = DatabaseBlobs(serve(sqlite_at(tmp_path / "store.db")).prowess.database)
    both = Either(DirectoryBlobs(str(tmp_path / "blobs")), inside)
    inside.put(key_of(b"a"), io.BytesIO(b"a"), 1)
    both.put(key_of(b"b"), io.BytesIO(b"b"), 1)
    assert [b"".join(both.pieces(key_of(x))) for x in (b"a", b"b")] == [b"a", b"b"]
    with pytest.raises(MissingBlob):
        list(both.pieces(key_of(b"c")))


# Orphans


def test_data_of_refused_requests_is_collected_after_a_day_and_not_before(client: Client) -> None:
    prowess, clock = client.served.prowess, client.served.prowess.clock
    assert isinstance(clock, ManualClock)
    known = statement()
    client.post(known)
    kept = statement(attachments=[attachment(b"kept")])
    assert send(client, kept, b"kept").status_code == 200
    refused = {**known, "attachments": [attachment(b"orphan")]}
    assert send(client, refused, b"orphan").status_code == 409
    assert prowess.attachments.collect() == 0
    clock.move(days=1, seconds=-1)
    assert prowess.attachments.collect() == 0
    assert b"".join(prowess.attachments.pieces(1, key_of(b"orphan").sha256)) == b"orphan"
    clock.move(seconds=2)
    assert prowess.attachments.collect() == 1
    assert prowess.attachments.collect() == 0
    with pytest.raises(MissingBlob):
        list(prowess.attachments.pieces(1, key_of(b"orphan").sha256))
    assert held(client, kept["id"]) == [b"kept"]
    assert rows(client)[0] == 1


def test_data_that_is_sent_again_has_a_new_day(client: Client) -> None:
    attachments, clock = client.served.prowess.attachments, client.served.prowess.clock
    assert isinstance(clock, ManualClock)
    attachments.keep(1, [incoming(b"again")])
    clock.move(days=2)
    attachments.keep(1, [incoming(b"again")])
    assert attachments.collect() == 0
    assert b"".join(attachments.pieces(1, key_of(b"again").sha256)) == b"again"


def test_data_announced_between_the_look_and_the_delete_stays(client: Client) -> None:
    """The collector decides again in the transaction that deletes."""
    prowess, clock = client.served.prowess, client.served.prowess.clock
    assert isinstance(clock, ManualClock)
    prowess.attachments.keep(1, [incoming(b"race")])
    clock.move(days=2)
    before = clock.now() - ORPHAN_AGE
    prowess.attachments.keep(1, [incoming(b"race")])
    prowess.database.write(lambda conn: prowess.attachments._forget(conn, key_of(b"race"), before))
    assert b"".join(prowess.attachments.pieces(1, key_of(b"race").sha256)) == b"race"


def test_a_statement_whose_data_was_collected_meanwhile_is_503_and_alone_in_its_group(client: Client) -> None:
    prowess, clock = client.served.prowess, client.served.prowess.clock
    assert isinstance(clock, ManualClock)
    body = f'{{"actor":{{"mbox":"mailto:a@x.example"}},"verb":{{"id":"x:y"}},"object":{{"id":"x:{uuid4()}"}}}}'.encode()
    authority = {"mbox": "mailto:lrs@x.example"}
    made = [
        prepare(body, version=Version.V1_0_3, authority=authority, new_id=uuid4).statements for _ in range(2)
    ]  # fmt: skip
    reference = DataReference("a" * 64, key_of(b"late").sha256, "text/plain")
    prowess.attachments.keep(1, [incoming(b"late")])
    clock.move(days=2)
    assert prowess.attachments.collect() == 1
    late = Intake(1, 1, made[0], Version.V1_0_3, attachments={made[0][0].id: [reference]})
    with ThreadPoolExecutor(2) as pool:
        failed = pool.submit(prowess.statements.record, late)
        stored = pool.submit(prowess.statements.record, Intake(1, 1, made[1], Version.V1_0_3))
        with pytest.raises(MissingBlob):
            failed.result(20)
        assert stored.result(20) == 1
    prowess.attachments.keep(1, [incoming(b"late")])
    assert prowess.statements.record(late) == 1


def test_collecting_beside_senders_of_the_same_data_loses_nothing(client: Client) -> None:
    """The data is two days old when senders announce it anew, write it and commit, all while it is collected."""
    prowess, clock = client.served.prowess, client.served.prowess.clock
    assert isinstance(clock, ManualClock)
    stop = threading.Event()

    def collect() -> None:
        while not stop.is_set():
            prowess.attachments.collect()

    def post(number: int) -> int:
        content = b"shared %d" % (number % 3)
        own = Client(client.served)
        answer = send(own, statement(attachments=[attachment(content)]), content)
        own.session.close()
        return answer.status_code

    for number in range(3):
        prowess.attachments.keep(1, [incoming(b"shared %d" % number)])
    clock.move(days=2)
    with ThreadPoolExecutor(5) as pool:
        collecting = pool.submit(collect)
        answers = list(pool.map(post, range(12)))
        stop.set()
        collecting.result(30)
    assert set(answers) == {200}
    for number in range(3):
        content = b"shared %d" % number
        assert b"".join(prowess.attachments.pieces(1, key_of(content).sha256)) == content


def test_the_job_looks_once_an_hour_and_goes_on_while_there_is_something(serve: Serve, tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    prowess = serve(sqlite_at(tmp_path / "store.db"), clock=clock, PROWESS_RUNNER_KIND="none").prowess
    job = next(job for job in prowess.work.jobs if isinstance(job, AttachmentJob))
    assert job.lane == NETWORK
    assert job.run() is False
    prowess.attachments.keep(1, [incoming(b"%d" % number) for number in range(60)])
    clock.move(days=1, seconds=1)
    assert job.next_due() is not None
    assert [job.run(), job.run(), job.run(), job.run()] == [True, True, False, False]
    assert job.next_due() == clock.now() + HOUR * 1_000_000


def test_other_data_of_one_digest_cannot_be_slipped_in(tmp_path: Path, serve: Serve) -> None:
    """A second write of the same name changes nothing in the database, which is why names come from our own hash."""
    prowess = serve(sqlite_at(tmp_path / "store.db")).prowess
    migrate(prowess.database, prowess.plugins)
    attachments = Attachments(prowess.database, DatabaseBlobs(prowess.database), prowess.clock)
    attachments.keep(1, [incoming(b"first")])
    attachments.keep(1, [Incoming(key_of(b"first").sha256, 5, io.BytesIO(b"other"))])
    assert b"".join(attachments.pieces(1, key_of(b"first").sha256)) == b"first"
