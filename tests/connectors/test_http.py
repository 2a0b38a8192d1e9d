"""The outgoing door: where it goes, what it takes, what it says when it fails, and what it never says."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress

import pytest

from connectors.addresses import ForbiddenAddressError, judge
from connectors.decisions import Transition
from connectors.errors import RemoteError, SystemDown
from connectors.http import MAX_BYTES, Door, retry_after
from connectors.settings import SystemSettings, address_problem
from connectors.standin.server import REST
from lrs.clock import SECOND
from lrs.settings import Secret
from tests.smtp import make_certificate

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CALL = b"wstoken=canary-moodle-token-5f1c&wsfunction=core_webservice_get_site_info&moodlewsrestformat=json"


@pytest.fixture
def door(standin, clock):
    """Make doors: `door(url=…, timeout=…, resolver=…)`."""
    doors = []

    def make(url=None, *, resolver=None, **values):
        values = {"allow_http": True, "allow_private": True, "timeout": 2.0} | values
        settings = SystemSettings(
            name="lms", kind="moodle", url=url or standin.url, push=frozenset(Transition), **values
        )
        doors.append(Door(settings, clock, **({"resolver": resolver} if resolver else {})))
        return doors[-1]

    yield make
    for one in doors:
        one.close()


@pytest.fixture
def listener():
    """A local port that must not be called: counts the connections it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        hits = []

        def accept():
            try:
                while True:
                    hits.append(server.accept())
            except OSError:
                return

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], hits
        thread.join()
        for connection, _ in hits:
            connection.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_private_hosts_are_not_called_unless_allowed(door, listener, host):
    port, hits = listener
    with pytest.raises(SystemDown, match="is not a public address") as caught:
        door(f"http://{host}:{port}", allow_private=False).post("/", b"", {})
    assert "allow_private" in caught.value.hint
    assert hits == []


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::", "0.0.0.0", "64:ff9b::a9fe:a9fe"])
def test_metadata_and_multicast_addresses_are_never_allowed(address):
    with pytest.raises(ForbiddenAddressError):
        judge(address, allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "192.168.1.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "100.64.0.1"),
        *("64:ff9b:1::a9fe:a9fe", "fec0::1"),  # private on some versions of Python only, and on none
    ],
)
def test_internal_addresses_need_permission(address):
    with pytest.raises(ForbiddenAddressError):
        judge(address, allow_private=False)


def test_internal_addresses_are_allowed_with_permission():
    for address in ("10.0.0.1", "127.0.0.1", "::1", "fd00::1", "100.64.0.1", "::ffff:192.168.0.1", "fec0::1"):
        judge(address, allow_private=True)


def test_public_addresses_are_allowed():
    judge("93.184.215.14", allow_private=False)
    judge("2606:2800:21f:cb07:6820:80da:af6b:8b2c", allow_private=False)


def test_a_name_that_changes_its_address_is_asked_once_and_judged_as_answered(door, listener):
    port, hits = listener
    answers = iter([["93.184.215.14", "127.0.0.1"], ["127.0.0.1"]])
    asked = []

    def resolver(host, at):
        asked.append(host)
        return next(answers)

    with pytest.raises(SystemDown, match=r"127\.0\.0\.1 is not a public address"):
        door(f"http://rebinding.example:{port}", allow_private=False, resolver=resolver).post("/", b"", {})
    assert asked == ["rebinding.example"]
    assert hits == []


def test_redirects_are_not_followed(door, standin, listener):
    port, hits = listener
    standin.faults.add({"kind": "redirect", "location": f"http://127.0.0.1:{port}/steal?token=1"})
    with pytest.raises(RemoteError, match="redirects are not followed") as caught:
        door().post(REST, CALL, FORM)
    assert not caught.value.retryable
    assert caught.value.hint == f"configure the final address: http://127.0.0.1:{port}"
    assert hits == []


def test_proxies_of_the_environment_are_not_used(door, listener, monkeypatch):
    port, hits = listener
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
    assert door().post(REST, CALL, FORM).status == 200
    assert hits == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "huge"}, f"more than {MAX_BYTES // 1024**2} MiB"),
        ({"kind": "gzip"}, "compressed"),
        ({"kind": "drop"}, "hung up"),
        ({"kind": "half"}, "hung up"),
        ({"kind": "status", "status": 502}, "502 Bad Gateway"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_an_answer_that_cannot_be_used_means_try_later(door, standin, fault, message):
    standin.faults.add(fault)
    with pytest.raises(SystemDown, match=message) as caught:
        door().post(REST, CALL, FORM)
    assert caught.value.retryable


def test_a_page_instead_of_json_is_told_apart(door, standin):
    standin.faults.add({"kind": "html"})
    own = door()
    with pytest.raises(SystemDown, match="answered text/html, not JSON"):
        own.parsed(own.post(REST, CALL, FORM))


@pytest.mark.parametrize("kind", ["trickle", "delay"])
def test_the_time_is_for_the_whole_exchange(door, standin, kind):
    standin.faults.add({"kind": kind, "seconds": 30})
    with pytest.raises(SystemDown, match=r"did not answer within 0\.3 s"):
        door(timeout=0.3).post(REST, CALL, FORM)
    standin.wait_idle()
    assert door().post(REST, CALL, FORM).status == 200


def test_a_peer_that_never_finishes_its_headers_is_cut_off(door):
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def answer():
            connection, _ = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                    while not stop.wait(0.02):
                        connection.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SystemDown, match="did not answer within"):
            door(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.3).post("/", b"", {})
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("status", "retryable", "down"),
    [
        (400, False, False),
        (401, True, True),
        (404, False, False),
        (410, False, False),
        (422, False, False),
        (408, True, True),
        (409, True, False),
        (425, True, True),
        (429, True, True),
        (500, True, True),
        (503, True, True),
        (599, True, True),
    ],
)
def test_what_a_status_means(door, standin, status, retryable, down):
    standin.faults.add({"kind": "status", "status": status, "retry_after": "7"})
    with pytest.raises(RemoteError) as caught:
        door().post(REST, CALL, FORM)
    error = caught.value
    assert (error.retryable, isinstance(error, SystemDown), error.remote_status) == (retryable, down, status)
    assert error.retry_after == (7 if retryable else None)


def test_a_refusal_is_handed_to_whoever_knows_the_system(door, standin):
    there = door()
    answer = there.send("GET", "/_standin/nothing?since=1", {})
    assert (answer.status, b"state, journal" in answer.body) == (404, True)
    with pytest.raises(RemoteError) as caught:
        there.judge(answer)
    assert not caught.value.retryable
    there.judge(there.send("GET", "/_standin/state", {}))


def test_the_next_page_is_asked_of_the_configured_system_whatever_address_is_named(door):
    there = door("https://lms.example/canvas")
    assert there.path_of("https://elsewhere.example/canvas/api/v1/users?page=2&x=%2F") == "/api/v1/users?page=2&x=%2F"
    assert there.path_of("/canvas/api/v1/users") == "/api/v1/users"


def test_retry_after_is_a_number_or_a_date():
    now = 784_111_777 * SECOND  # Sun, 06 Nov 1994 08:49:37 GMT
    assert retry_after("120", now) == 120
    assert retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now) == 30
    assert retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now) == 0
    assert [
        retry_after(text, now) for text in (None, "", "soon", "-5", "1.5", "٣", "Sun, 99 Nov 1994 08:00:00 GMT")
    ] == [None] * 7


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://lms.example/moodle", None),
        ("http://lms.example", "allow_http"),
        ("ftp://lms.example", "an address such as"),
        ("lms.example", "an address such as"),
        ("https://user:pass@lms.example", "no user or password"),
        ("https://lms.example/#x", "no '#'"),
        ("https://lms.example:99999", "not an address"),
    ],
)
def test_addresses_are_checked_in_the_configuration(url, problem):
    found = address_problem(url, allow_http=False)
    assert found is None if problem is None else problem in found


def test_secrets_are_redacted_in_every_form():
    settings = SystemSettings(
        name="x", kind="y", url="https://hooks.example/in?sig=topsecret", push=frozenset(), ca_file=Secret("a b/c")
    )
    door = Door(settings, clock=None)
    assert door.redacted("a b/c a%20b/c a%20b%2Fc sig=topsecret") == "*** *** *** ***"
    door.close()


def test_an_unreachable_host_is_named_and_its_path_is_not(door):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SystemDown) as caught:
        door(f"http://127.0.0.1:{port}/secret-path").post("?key=canary", b"canary", {})
    shown = f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert "127.0.0.1 cannot be reached" in shown
    assert "canary" not in shown
    assert "secret-path" not in shown


def test_an_https_address_is_spoken_to_in_tls_or_not_at_all(door):
    first_bytes = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                first_bytes.append(connection.recv(1))

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SystemDown):
            door(f"https://127.0.0.1:{server.getsockname()[1]}").post("/", b"canary", {})
        thread.join()
    assert first_bytes == [b"\x16"], "a TLS handshake record"


def test_a_certificate_that_does_not_hold_is_told_with_the_reason(door, tmp_path):
    certificate, key = make_certificate(tmp_path)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection, suppress(OSError), ours.wrap_socket(connection, server_side=True):
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SystemDown, match=r"certificate does not hold \(self-signed certificate\)") as caught:
            door(f"https://127.0.0.1:{server.getsockname()[1]}").post("/", b"canary", {})
        thread.join()
    assert "ca_file" in caught.value.hint
