"""Headers of requests and answers: version, HEAD, OPTIONS and other origins, encodings (section 21)."""

from __future__ import annotations

import gzip
import http.client
import json
import zlib
from typing import Any

import pytest

from tests.conftest import Served
from tests.servers import sqlite_at
from tests.store.sending import VERSION, Client, statement

ORIGIN = "https://content.example"


@pytest.fixture
def client(lite_store: Served) -> Client:
    return Client(lite_store)


def raw(served: Served, method: str, path: str, **headers: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer with its headers as they came, doubles included."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.getheaders(), answer.read()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param("1.0", "1.0.3", id="S-50-1.0-is-1.0.0"),
        pytest.param("1.0.0", "1.0.3", id="S-50-1.0.0"),
        pytest.param("1.0.17", "1.0.3", id="S-50-any-patch"),
        pytest.param("2.0", "2.0.0", id="T-22-2.0-is-2.0.0"),
        pytest.param("2.0.0", "2.0.0", id="T-22-2.0.0"),
        pytest.param("2.0.9", "2.0.0", id="T-22-any-patch"),
    ],
)
def test_every_patch_of_a_line_is_served_and_answered_with_the_latest(
    client: Client, asked: str, answered: str
) -> None:
    answer = client.session.get(client.url, headers={VERSION: asked})
    assert (answer.status_code, answer.headers[VERSION]) == (200, answered)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(None, id="00331-missing"),
        pytest.param("", id="00331-empty"),
        pytest.param("1.1.0", id="S-50-1.1.0"),
        pytest.param("0.95", id="S-50-0.95"),
        pytest.param("2.1.0", id="T-22-2.1.0"),
        pytest.param("1.0.3, 2.0.0", id="00331-two"),
        pytest.param("1.0.3x", id="00331-text"),
    ],
)
def test_other_versions_are_400(client: Client, asked: str | None) -> None:
    answer = client.session.get(client.url, headers={VERSION: asked})
    assert (answer.status_code, answer.json()["rule"]) == (400, "XAPI-00331")
    if asked is not None:
        assert answer.headers[VERSION] == ("2.0.0" if asked.startswith("2") else "1.0.3")


def test_id_00333_a_key_that_names_no_version_is_answered_on_the_line_it_spoke_last(lite_store: Served) -> None:
    """The public suites of both versions must find their own line, on one server."""
    credential, secret = lite_store.prowess.credentials.create("two lines", ["all"])
    auth = (credential.key, str(secret))
    client = Client(lite_store)
    client.session.auth = auth

    def answered(version: str | None) -> tuple[int, str]:
        answer = client.session.get(client.url, headers={VERSION: version})
        return answer.status_code, answer.headers[VERSION]

    assert answered(None) == (400, "1.0.3"), "who never said anything is older than 2.0"
    for version in ("2.0.0", "1.0.3", "2.0.0"):
        assert answered(version) == (200, version)
        assert answered(None) == (400, version)
    assert client.session.get(client.url, headers={VERSION: None}, auth=("nobody", "x")).headers[VERSION] == "1.0.3"


def test_id_00333_every_answer_names_the_version_it_is_on(client: Client) -> None:
    for version, path, method, status in (
        ("1.0.3", "/nothing", "GET", 404),
        ("1.0.3", "/statements", "PATCH", 405),
        ("2.0.0", "/statements?x=1", "GET", 400),
        ("1.0.3", "/statements", "OPTIONS", 204),
    ):
        answer = client.session.request(method, client.served.xapi + path, headers={VERSION: version})
        assert (answer.status_code, answer.headers[VERSION]) == (status, version), path
    stranger = client.session.get(client.url, auth=("nobody", "x"))
    assert (stranger.status_code, stranger.headers[VERSION]) == (401, "1.0.3")


def test_id_00125_head_answers_like_get_on_every_resource(client: Client) -> None:
    one = statement()
    client.post(one)
    for path in ("/statements", f"/statements?statementId={one['id']}", "/about"):
        got = client.session.get(client.served.xapi + path)
        head = client.session.head(client.served.xapi + path)
        assert (head.status_code, head.content) == (got.status_code, b"")
        volatile = {"date", "x-request-id", "x-experience-api-consistent-through"}
        assert {k: v for k, v in head.headers.items() if k.lower() not in volatile} == {
            k: v for k, v in got.headers.items() if k.lower() not in volatile
        }, path


def test_id_00126_requests_without_content_length_are_fine(client: Client) -> None:
    answer = client.session.post(
        client.url, data=iter([json.dumps(statement()).encode()]), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200


def test_s_51_there_is_one_date(client: Client) -> None:
    for path in ("/xapi/about", "/xapi/statements", "/health/live"):
        _, headers, _ = raw(client.served, "GET", path)
        assert [name.lower() for name, _ in headers].count("date") == 1


def test_s_52_json_is_said_to_be_json(client: Client) -> None:
    assert client.get().headers["Content-Type"] == "application/json"
    assert client.session.get(f"{client.served.xapi}/about").headers["Content-Type"] == "application/json"


def test_s_53_answers_are_compressed_when_asked_for_and_worth_it(client: Client) -> None:
    client.post([statement() for _ in range(30)])
    plain = client.session.get(client.url, params={"limit": 30}, headers={"Accept-Encoding": "identity"})
    packed = client.session.get(client.url, params={"limit": 30}, headers={"Accept-Encoding": "gzip"}, stream=True)
    body = packed.raw.read(decode_content=False)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(body) < len(plain.content) / 2
    assert json.loads(gzip.decompress(body))["statements"] == plain.json()["statements"]
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"]
    small = client.session.get(f"{client.served.xapi}/about", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_d_09_listed_origins_may_read_and_others_may_not(client: Client) -> None:
    asked = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    client.session.auth = None
    preflight = client.session.options(client.url, headers={**asked, VERSION: None})
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert {"GET", "PUT", "POST", "HEAD"} <= set(preflight.headers["Access-Control-Allow-Methods"].split(", "))
    for name in ("Authorization", "Content-Type", "If-Match", "If-None-Match", VERSION):
        assert name in preflight.headers["Access-Control-Allow-Headers"]
    error = client.session.get(client.url, headers={"Origin": ORIGIN})
    assert error.status_code == 401
    assert error.headers["Access-Control-Allow-Origin"] == ORIGIN, "a page must be able to read why"
    for name in ("ETag", "Last-Modified", VERSION, "X-Experience-API-Consistent-Through", "WWW-Authenticate"):
        assert name in error.headers["Access-Control-Expose-Headers"]
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", f"{ORIGIN}/", "http://content.example"):
        answers = (
            client.session.options(client.url, headers={**asked, "Origin": origin}),
            client.session.get(client.url, headers={"Origin": origin}),
        )
        for answer in answers:
            assert not [name for name in answer.headers if name.lower().startswith("access-control")], origin
            assert "Origin" in answer.headers["Vary"]


def test_d_09_without_a_list_there_are_no_cors_headers(serve: Any, tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_RUNNER_KIND="none")
    answer = served.app.test_client().get("/xapi/about", headers={"Origin": ORIGIN})
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_pages_of_ours_are_never_readable_from_elsewhere(client: Client) -> None:
    answer = client.session.get(client.served.url + "/sign-in", headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


# Bodies


def post_packed(client: Client, body: bytes, encoding: str = "gzip") -> Any:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    return client.session.post(client.url, data=body, headers=headers, timeout=30)


def test_gzip_bodies_are_unpacked(client: Client) -> None:
    one = statement()
    for encoding in ("gzip", "GZIP", "x-gzip"):
        assert post_packed(client, gzip.compress(json.dumps(one).encode()), encoding).json() == [one["id"]]
    assert client.get(statementId=one["id"]).status_code == 200


def test_a_gzip_bomb_costs_no_more_than_the_limit(client: Client) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    assert len(bomb) < 100_000
    answer = post_packed(client, bomb)
    assert (answer.status_code, answer.json()["rule"]) == (413, "XAPI-00328")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        pytest.param(b"[]", "gzip", id="plain"),
        pytest.param(gzip.compress(b"[]")[:-4], "gzip", id="cut short"),
        pytest.param(gzip.compress(b"[]") + b"more", "gzip", id="followed by something"),
        pytest.param(gzip.compress(b"[]") * 2, "gzip", id="twice"),
        pytest.param(zlib.compress(b"[]"), "gzip", id="zlib"),
        pytest.param(b"", "gzip", id="empty"),
        pytest.param(b"[]", "br", id="brotli"),
        pytest.param(b"[]", "gzip, gzip", id="packed twice"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_400(client: Client, body: bytes, encoding: str) -> None:
    answer = post_packed(client, body, encoding)
    assert answer.status_code == 400
    assert answer.json()["hint"]


def test_id_00328_a_body_over_the_limit_is_413_however_it_comes(client: Client) -> None:
    large = json.dumps([statement(result={"response": "x" * 400_000})]).encode()
    headers = {"Content-Type": "application/json"}
    for body in (large, iter([large])):
        answer = client.session.post(client.url, data=body, headers=headers)
        assert (answer.status_code, answer.headers[VERSION]) == (413, "1.0.3")
    assert post_packed(client, gzip.compress(large)).status_code == 413
