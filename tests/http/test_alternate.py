"""The alternate request syntax: on 1.0.x a form stands for a request (section 22), on 2.0 it does not exist."""

from __future__ import annotations

import json
import tracemalloc
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from lrs.http import alternate
from lrs.http.alternate import _fields
from tests.conftest import Served
from tests.store.sending import THROUGH, VERSION, statement

CLEAN = st.characters(exclude_categories=["Cs"])


def basic(served: Served) -> str:
    return "Basic " + b64encode(f"{served.key}:{served.secret}".encode()).decode()


def send(served: Served, method: str, *, path: str = "/statements", headers: Any = None, **form: str) -> Any:
    """An alternate request with everything in the form."""
    fields = {"Authorization": basic(served), VERSION: "1.0.3", "Content-Type": "application/json", **form}
    return requests.post(f"{served.xapi}{path}", params={"method": method}, data=fields, headers=headers, timeout=10)


def test_id_00336_a_form_stands_for_every_method(lite_store: Served) -> None:
    one = statement()
    put = send(lite_store, "PUT", statementId=one["id"], content=json.dumps(one))
    assert (put.status_code, put.content, put.headers[VERSION]) == (204, b"", "1.0.3")
    assert THROUGH in put.headers
    got = send(lite_store, "GET", statementId=one["id"])
    assert (got.status_code, got.json()["id"]) == (200, one["id"])
    head = send(lite_store, "HEAD", statementId=one["id"])
    assert (head.status_code, head.content) == (200, b"")
    other = statement()
    posted = send(lite_store, "POST", content=json.dumps([other]))
    assert (posted.status_code, posted.json()) == (200, [other["id"]])


def test_id_00148_what_is_not_ascii_arrives_as_it_was_sent(lite_store: Served) -> None:
    one = statement(verb={"id": "http://example.org/é", "display": {"fr": "goûté, ✓ & = +"}})
    assert send(lite_store, "POST", content=json.dumps(one, ensure_ascii=False)).status_code == 200
    assert send(lite_store, "GET", statementId=one["id"]).json()["verb"] == one["verb"]


def test_headers_may_also_be_headers(lite_store: Served) -> None:
    one = statement()
    answer = requests.post(
        f"{lite_store.xapi}/statements?method=POST",
        data={"content": json.dumps(one)},
        headers={"Authorization": basic(lite_store), VERSION: "1.0.3"},
        timeout=10,
    )
    assert (answer.status_code, answer.json()) == (200, [one["id"]])


@pytest.mark.parametrize(
    ("parameters", "form", "rule"),
    [
        pytest.param({"method": "GET", "limit": "1"}, {}, "S-54", id="S-54-another-parameter-beside-method"),
        pytest.param({"method": "TRACE"}, {}, "S-54", id="S-54-no-method-of-ours"),
        pytest.param({"method": "put"}, {}, "S-54", id="S-54-methods-are-written-in-capitals"),
        pytest.param({"method": "GET"}, {VERSION: "0.8"}, "XAPI-00331", id="S-55-a-version-in-the-form-counts"),
        pytest.param({"method": "PUT"}, {"statementId": str(uuid4())}, "S-56", id="S-56-put-without-content"),
        pytest.param({"method": "POST"}, {}, "S-56", id="S-56-post-without-content"),
        pytest.param(
            {"method": "POST"},
            {"content": "x", "Content-Type": "multipart/mixed; boundary=x"},
            "S-58",
            id="S-58-no-attachments-this-way",
        ),
        pytest.param({"method": "GET"}, {"Limit": "1"}, "XAPI-00325", id="S-56-other-fields-are-parameters"),
    ],
)
def test_forms_that_mean_nothing_are_400(lite_store: Served, parameters: Any, form: Any, rule: str) -> None:
    fields = {"Authorization": basic(lite_store), VERSION: "1.0.3", **form}
    answer = requests.post(f"{lite_store.xapi}/statements", params=parameters, data=fields, timeout=10)
    assert (answer.status_code, answer.json()["rule"]) == (400, rule)
    assert answer.headers[VERSION] in {"1.0.3", "2.0.0"}
    assert THROUGH in answer.headers


def test_s_55_credentials_in_the_form_count(lite_store: Served) -> None:
    assert send(lite_store, "GET", Authorization="Basic bm9ib2R5OmE=").status_code == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [("Authorization", "Basic é"), ("Content-Type", "text/plain\nX: y"), ("Content-Type", "\0"), ("If-Match", "日")],
)
def test_what_no_header_may_hold_was_a_500_in_a_form(lite_store: Served, name: str, value: str) -> None:
    given = {"activityId": "a:b", "agent": '{"mbox":"mailto:a@b.example"}', "stateId": "odd", "content": "x"}
    answer = send(lite_store, "PUT", path="/activities/state", **{**given, name: value})
    assert (answer.status_code, answer.json()["rule"]) == (400, "S-56")
    assert name in answer.json()["detail"]


def test_a_long_form_took_eighty_times_its_length_of_memory() -> None:
    body = b"content=" + b"%41" * 700_000 + b"&stateId=" + b"%e2%82%ac" * 90_000 + b"x" * 65_535 + b"%41+%2"
    tracemalloc.start()
    fields = _fields(body)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert fields == {"content": "A" * 700_000, "stateId": "€" * 90_000 + "x" * 65_535 + "A %2"}
    assert most < 4 * len(body) + 10_000_000


@given(st.text(CLEAN), st.text(CLEAN, max_size=20), st.integers(1, 9))
def test_a_form_says_what_the_library_reads_in_it(value: str, name: str, piece: int) -> None:
    body = urlencode({name: value, "other": value * piece}).encode()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(alternate, "_PIECE", piece + 2)
        assert list(_fields(body).items()) == parse_qsl(body.decode(), keep_blank_values=True)


def test_s_55_if_match_in_the_form_counts(lite_store: Served) -> None:
    """Whatever the resource makes of it, the header must arrive: about ignores it, a wrong length must not hang."""
    answer = send(lite_store, "GET", **{"If-Match": '"x"', "Content-Length": "999"})
    assert answer.status_code == 200


def test_s_56_the_body_must_be_a_form(lite_store: Served) -> None:
    for media_type in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        answer = requests.post(
            f"{lite_store.xapi}/statements?method=GET",
            data=b"{}",
            headers={"Authorization": basic(lite_store), VERSION: "1.0.3", "Content-Type": media_type},
            timeout=10,
        )
        assert (answer.status_code, answer.json()["rule"]) == (400, "S-56"), media_type


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"verb=https%3A%2F%2Fx.example%2F%FF", "S-56"),
        (b"\xff", "S-56"),
        (b"&".join(b"f%d=1" % i for i in range(200)), "S-56"),
        (b"verb=a%3Ab&verb=a%3Ab", "XAPI-00324"),
    ],
)
def test_s_56_a_form_that_cannot_be_read_is_400(lite_store: Served, body: bytes, rule: str) -> None:
    answer = requests.post(
        f"{lite_store.xapi}/statements?method=GET",
        data=body,
        headers={
            "Authorization": basic(lite_store),
            VERSION: "1.0.3",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        timeout=10,
    )
    assert (answer.status_code, answer.json()["rule"]) == (400, rule)


def test_s_57_method_is_for_posts_only(lite_store: Served) -> None:
    for method in ("GET", "PUT", "DELETE"):
        with lite_store.session() as session:
            answer = session.request(method, f"{lite_store.xapi}/statements?method=GET", timeout=10)
        assert answer.status_code in {400, 405}, method


def test_t_23_version_2_has_no_alternate_syntax(lite_store: Served) -> None:
    one = statement()
    in_form = send(lite_store, "POST", content=json.dumps(one), **{VERSION: "2.0.0"})
    assert (in_form.status_code, in_form.json()["rule"]) == (400, "T-23")
    with lite_store.session("2.0.0") as session:
        in_header = session.post(f"{lite_store.xapi}/statements?method=GET", data={"limit": "1"}, timeout=10)
        assert (in_header.status_code, in_header.json()["rule"]) == (400, "XAPI-00325")
        assert session.get(f"{lite_store.xapi}/statements", params={"statementId": one["id"]}).status_code == 404


def test_d_10_a_form_is_no_larger_than_a_body_and_its_secret_is_not_logged(
    lite_store: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = send(lite_store, "POST", content="x" * 400_000)
    assert answer.status_code == 413
    assert answer.headers[VERSION] == "2.0.0" or answer.headers[VERSION] == "1.0.3"
    send(lite_store, "GET")
    said = capfd.readouterr()
    assert lite_store.secret not in said.out + said.err
    assert basic(lite_store) not in said.out + said.err
