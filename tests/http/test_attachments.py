"""Attachments in and out over real HTTP, both versions, both databases: sections 9, 16 and 17 of the requirements."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import func, select

from lrs.store import tables as t
from lrs.xapi.vocabulary import SIGNATURE
from tests.conftest import Served
from tests.http.attached import BOUNDARY, JSON_HEAD, Part, attachment, body_of, data, database, parts_of, served, sha2
from tests.servers import sqlite_at
from tests.store.sending import ADL, Client, reference, statement, void
from tests.xapi.test_signatures import certificate, jws, key, other_key

HOSTILE = b"\r\n--" + BOUNDARY.encode() + b"0\r\n\x00\xff\r\n--" + BOUNDARY.encode()[:-1] + b"\r\n\r\n"
VERSIONS = ["1.0.3", "2.0.0"]
SMALL = {
    "PROWESS_LIMITS_ATTACHMENTS": "3",
    "PROWESS_LIMITS_ATTACHMENT_BYTES": "20000",
    "PROWESS_LIMITS_MULTIPART_BYTES": "50000",
    "PROWESS_LIMITS_BODY_BYTES": "30000",
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One store for all these tests: none looks at what others left."""
    if request.param == "sqlite":
        with served(sqlite_at(tmp_path_factory.mktemp("attached") / "store.db"), **SMALL) as one:
            yield one
    else:
        with database(request.getfixturevalue("postgres_url")) as url, served(url, **SMALL) as one:
            yield one


@pytest.fixture(params=VERSIONS)
def client(request: pytest.FixtureRequest, store: Served) -> Iterator[Client]:
    client = Client(store, request.param)
    yield client
    client.session.close()


def send(
    client: Client, body: bytes, content_type: str = f"multipart/mixed; boundary={BOUNDARY}", **headers: str
) -> requests.Response:
    headers = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.session.post(client.url, data=body, headers=headers, timeout=30)


def post(client: Client, statements: Any, *parts: Part, head: Mapping[str, str] = JSON_HEAD) -> requests.Response:
    return send(client, body_of([(head, json.dumps(statements).encode()), *parts]))


def counts(client: Client) -> dict[str, int]:
    """How much there is of everything that a request with attachments could leave behind."""
    tables = (t.statement, t.attachment, t.blob, t.blob_chunk)
    with client.served.prowess.database.read() as conn:
        return {table.name: conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def unique(text: str = "") -> bytes:
    return f"{text}{uuid4()}".encode()


def held(client: Client, id_: str, name: str = "statementId", **more: str) -> list[bytes]:
    """The data that comes back with a statement."""
    answer = client.get(**{name: id_, "attachments": "true"}, **more)
    assert answer.status_code == 200, answer.text
    return [content for _, content in parts_of(answer)[1:]]


# What comes in comes out


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"here is a simple attachment", id="00167-text"),
        pytest.param(HOSTILE, id="S-31-crlf-nul-and-boundary-like-text"),
        pytest.param(b"", id="empty"),
        pytest.param(bytes(range(256)) * 64, id="S-31-every-byte"),
    ],
)
def test_data_comes_back_as_it_was_sent(client: Client, content: bytes) -> None:
    one = statement(attachments=[attachment(content, contentType="text/plain; charset=ascii")])
    assert post(client, one, data(content)).json() == [one["id"]]
    answer = client.get(statementId=one["id"], attachments="true")
    (head, body), (part_head, part) = parts_of(answer)
    assert head == {"content-type": "application/json"}
    got = json.loads(body)
    assert (got["id"], got["attachments"]) == (one["id"], one["attachments"])
    assert part == content
    assert part_head == {
        "content-type": "text/plain; charset=ascii",
        "content-transfer-encoding": "binary",
        "x-experience-api-hash": sha2(content),
    }
    assert "Last-Modified" in answer.headers
    assert "X-Experience-API-Consistent-Through" in answer.headers


def test_id_00161_without_attachments_or_with_false_the_answer_is_json_alone(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    post(client, one, data(content))
    for more in ({}, {"attachments": "false"}):
        answer = client.get(statementId=one["id"], **more)
        assert answer.headers["Content-Type"] == "application/json"
        assert content not in answer.content
    assert client.get(statementId=one["id"], attachments="yes").status_code == 400


def test_id_00167_an_answer_without_data_is_multipart_with_one_part_all_the_same(client: Client) -> None:
    one = statement()
    client.post(one)
    ((head, body),) = parts_of(client.get(statementId=one["id"], attachments="true"))
    assert head == {"content-type": "application/json"}
    assert json.loads(body)["id"] == one["id"]
    nothing = client.get(agent=json.dumps({"mbox": "mailto:nobody@x.example"}), attachments="true")
    ((_, body),) = parts_of(nothing)
    assert json.loads(body) == {"statements": [], "more": ""}
    assert "Last-Modified" not in nothing.headers


def test_put_takes_attachments_too(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    body = body_of([(JSON_HEAD, json.dumps(one).encode()), data(content)])
    headers = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    for _ in range(2):
        answer = client.session.put(client.url, params={"statementId": one["id"]}, data=body, headers=headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert held(client, one["id"]) == [content]


def test_id_00126_head_says_what_get_would_and_sends_nothing(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    post(client, one, data(content))
    wanted = {"statementId": one["id"], "attachments": "true"}
    got = client.session.get(client.url, params=wanted, timeout=30)
    head = client.session.head(client.url, params=wanted, timeout=30)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert head.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert head.headers["Last-Modified"] == got.headers["Last-Modified"]


def test_lists_and_more_pages_carry_the_data_of_their_own_statements(client: Client) -> None:
    activity = f"https://x.example/{uuid4()}"
    contents = [unique(str(n)) for n in range(3)]
    batch = [statement(object={"id": activity}, attachments=[attachment(content)]) for content in contents]
    batch.insert(1, statement(object={"id": activity}))
    assert post(client, batch, *[data(content) for content in contents]).status_code == 200
    answer = client.get(activity=activity, attachments="true", ascending="true", limit="2")
    pages = []
    while True:
        (_, body), *rest = parts_of(answer)
        pages.append((len(json.loads(body)["statements"]), [content for _, content in rest]))
        more = json.loads(body)["more"]
        if not more:
            break
        answer = client.session.get(client.served.url + more, timeout=30)
    assert pages == [(2, contents[:1]), (2, contents[1:])]


@pytest.mark.parametrize("format_", ["ids", "exact", "canonical"])
def test_every_format_carries_data(client: Client, format_: str) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    post(client, one, data(content))
    assert held(client, one["id"], format=format_) == [content]


def test_voided_statements_keep_their_data_for_who_asks_for_them(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    post(client, one, data(content))
    client.post(void(one["id"]))
    assert client.get(statementId=one["id"], attachments="true").status_code == 404
    assert held(client, one["id"], "voidedStatementId") == [content]


def test_s_30_one_part_serves_many_attachments_and_one_copy_comes_back(client: Client) -> None:
    content, before = unique(), counts(client)
    activity = f"https://x.example/{uuid4()}"
    two = [attachment(content), attachment(content, contentType="text/css", sha2=sha2(content).upper())]
    batch = [statement(object={"id": activity}, attachments=two), statement(object={"id": activity}, attachments=two)]
    assert post(client, batch, data(content)).status_code == 200
    assert counts(client)["blob"] == before["blob"] + 1
    _, *rest = parts_of(client.get(activity=activity, attachments="true"))
    assert [body for _, body in rest] == [content]
    assert held(client, batch[0]["id"]) == [content]


def test_s_11_data_is_kept_once_whichever_hash_names_it(client: Client) -> None:
    content, before = unique(), counts(client)
    for bits in (224, 256, 384, 512):
        one = statement(attachments=[attachment(content, bits)])
        assert post(client, one, data(content, sha2(content, bits))).status_code == 200
        assert held(client, one["id"]) == [content]
    after = counts(client)
    assert after["blob"] == before["blob"] + 1
    assert after["attachment"] == before["attachment"] + 4


def test_a_substatement_may_have_attachments(client: Client) -> None:
    content = unique()
    sub = {**statement(id_=None, attachments=[attachment(content)]), "objectType": "SubStatement"}
    del sub["id"]
    one = statement(object=sub)
    assert post(client, one, data(content)).status_code == 200
    assert held(client, one["id"]) == [content]
    assert post(client, statement(object=sub)).status_code == 400


def test_gzip_around_a_multipart_body_is_unpacked(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    body = body_of([(JSON_HEAD, json.dumps(one).encode()), data(content)])
    assert send(client, gzip.compress(body), Content_Encoding="gzip").status_code == 200
    assert held(client, one["id"]) == [content]
    assert send(client, gzip.compress(body)[:-9], Content_Encoding="gzip").status_code == 400


def test_s_32_what_a_sender_may_write_differently(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    head = {"CONTENT-TYPE": "Application/JSON; charset=utf-8"}
    part = {"content-transfer-encoding": "Binary", "x-EXPERIENCE-api-HASH": sha2(content).upper()}
    body = b"\r\n" + body_of([(head, json.dumps(one).encode()), (part, content)], "a b", closing="--")
    assert send(client, body, 'multipart/mixed; boundary="a b"').status_code == 200
    assert held(client, one["id"]) == [content]


def test_the_same_part_twice_is_kept_once(client: Client) -> None:
    content, before = unique(), counts(client)
    one = statement(attachments=[attachment(content)])
    assert post(client, one, data(content), data(content)).status_code == 200
    assert counts(client)["blob"] == before["blob"] + 1


# Without data


def test_s_29_json_alone_will_do_when_every_attachment_says_where_it_is(client: Client) -> None:
    there = attachment(b"x", fileUrl="https://x.example/file")
    assert client.post(statement(attachments=[there])).status_code == 200
    assert client.post(statement()).status_code == 200
    one = statement(attachments=[there, attachment(b"y")])
    answer = client.post([statement(), one])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "$[1].attachments[1]"
    assert answer.json()["errors"][0]["rule"] == "XAPI-00129"


def test_t_14_multipart_without_any_data_is_accepted(client: Client) -> None:
    assert post(client, statement()).status_code == 200
    there = attachment(b"x", fileUrl="https://x.example/file")
    assert post(client, statement(attachments=[there])).status_code == 200
    assert post(client, [statement(), statement()]).status_code == 200


def test_a_statement_first_sent_without_data_stays_without(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content, fileUrl="https://x.example/file")])
    assert client.post(one).status_code == 200
    assert post(client, one, data(content)).status_code == 200
    assert held(client, one["id"]) == []


# Refusals

X = b"some data"
ONE = statement(attachments=[attachment(X)])
TEXT = json.dumps(ONE).encode()
GOOD = [(JSON_HEAD, TEXT), data(X)]
PLAIN = f"multipart/mixed; boundary={BOUNDARY}"


@pytest.mark.parametrize(
    ("body", "content_type", "rule"),
    [
        pytest.param(body_of(GOOD), f"multipart/form-data; boundary={BOUNDARY}", "XAPI-00127", id="00127-form-data"),
        pytest.param(body_of(GOOD), f"multipart/related; boundary={BOUNDARY}", "XAPI-00127", id="00127-related"),
        pytest.param(TEXT, "text/plain", "XAPI-00127", id="00127-text"),
        pytest.param(body_of(GOOD), "multipart/mixed", "XAPI-00131", id="00131-00136-no-boundary"),
        pytest.param(body_of(GOOD), "multipart/mixed; boundary=other", "XAPI-00130", id="00130-other-boundary"),
        pytest.param(body_of(GOOD)[:-40], PLAIN, "XAPI-00130", id="00130-no-closing-boundary"),
        pytest.param(b"", PLAIN, "XAPI-00130", id="00130-empty"),
        pytest.param(body_of(GOOD).split(b"\r\n", 1)[1], PLAIN, "XAPI-00130", id="00130-first-part-without"),
        pytest.param(body_of([]), PLAIN, "XAPI-00134", id="00134-no-part"),
        pytest.param(body_of([({}, TEXT), data(X)]), PLAIN, "XAPI-00134", id="00134-no-content-type"),
        pytest.param(body_of([({"Content-Type": "text/json"}, TEXT), data(X)]), PLAIN, "XAPI-00134", id="00134-other"),
        pytest.param(body_of([data(X), (JSON_HEAD, TEXT)]), PLAIN, "XAPI-00134", id="00134-data-first"),
        pytest.param(body_of([*GOOD[:1], (JSON_HEAD, TEXT), GOOD[1]]), PLAIN, "XAPI-00135", id="00133-two-parts-of-statements"),
        pytest.param(body_of([GOOD[0], data(X, X_Experience_API_Hash=None)]), PLAIN, "XAPI-00132", id="00132-no-hash"),
        pytest.param(body_of([GOOD[0], data(X, "b" * 64)]), PLAIN, "XAPI-00128", id="00132-a-hash-of-nothing"),
        pytest.param(body_of([GOOD[0], data(X, X_Experience_API_Hash="")]), PLAIN, "XAPI-00128", id="00132-empty-hash"),
        pytest.param(body_of([*GOOD, data(b"more")]), PLAIN, "XAPI-00128", id="00128-a-part-too-many"),
        pytest.param(body_of([GOOD[0]]), PLAIN, "XAPI-00129", id="00129-no-part"),
        pytest.param(TEXT, "application/json", "XAPI-00129", id="00129-json-alone"),
        pytest.param(body_of([GOOD[0], data(X, Content_Transfer_Encoding=None)]), PLAIN, "XAPI-00135", id="00135-none"),
        pytest.param(body_of([GOOD[0], data(X, Content_Transfer_Encoding="base64")]), PLAIN, "XAPI-00135", id="00135-base64"),
        pytest.param(body_of([GOOD[0], data(b"other dat", sha2(X))]), PLAIN, "D-06", id="D-06-other-data"),
        pytest.param(body_of([GOOD[0], data(X + b"\r\n", sha2(X))]), PLAIN, "D-06", id="D-06-a-line-end-more"),
        pytest.param(
            body_of([(JSON_HEAD, json.dumps(statement(attachments=[attachment(X, length=8)])).encode()), data(X)]),
            PLAIN, "D-06", id="D-06-another-length",
        ),
        pytest.param(
            body_of([(JSON_HEAD, json.dumps(statement(attachments=[attachment(X, usageType=None)])).encode()), data(X)]),
            PLAIN, "XAPI-00107", id="00107-attachment-without-usageType",
        ),
        *[
            pytest.param(
                body_of([(JSON_HEAD, json.dumps(statement(attachments=[attachment(X, **change)])).encode()), data(X)]),
                PLAIN, f"XAPI-{rule}", id=f"{rule}-{next(iter(change))}",
            )
            for rule, change in [
                ("00106", {"display": None}), ("00105", {"contentType": "text"}), ("00102", {"length": "9"}),
                ("00103", {"sha2": "xyz"}), ("00104", {"fileUrl": "no IRL"}),
            ]
        ],
        pytest.param(body_of([(JSON_HEAD, json.dumps(statement(attachments={})).encode())]), PLAIN, "XAPI-00025", id="00025"),
        pytest.param(
            body_of([(JSON_HEAD, json.dumps(statement(attachments=[attachment(X, description="x")])).encode()), data(X)]),
            PLAIN, "S-11", id="S-11-description-is-a-language-map",
        ),
        pytest.param(body_of([(JSON_HEAD, TEXT + b"}"), data(X)]), PLAIN, None, id="first part is no JSON"),
    ],
)  # fmt: skip
def test_what_is_refused_leaves_nothing(client: Client, body: bytes, content_type: str, rule: str | None) -> None:
    before = counts(client)
    answer = send(client, body, content_type)
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["detail"]
    if rule:
        assert rule in (told.get("rule"), *(flaw["rule"] for flaw in told.get("errors", ())))
    assert counts(client) == before
    assert client.get(statementId=ONE["id"]).status_code == 404


def test_d_06_hex_text_may_have_the_length_of_the_file_it_spells(client: Client) -> None:
    """The public suite sends a picture as hex text under the picture's own length, and expects 200."""
    content = uuid4().bytes.hex().encode()
    assert post(client, statement(attachments=[attachment(content, length=16)]), data(content)).status_code == 200
    assert post(client, statement(attachments=[attachment(content, length=15)]), data(content)).status_code == 400
    plain = b"g" * 32
    assert post(client, statement(attachments=[attachment(plain, length=16)]), data(plain)).status_code == 400


@pytest.mark.parametrize(
    ("contents", "setting"),
    [
        pytest.param([b"x" * 20_001], "limits.attachment_bytes", id="00328-one-attachment"),
        pytest.param([b"x" * 20_000, b"y" * 20_000, b"z" * 20_000], "limits.multipart_bytes", id="00328-all-together"),
        pytest.param([b"1", b"2", b"3", b"4"], "limits.attachments", id="00328-too-many"),
    ],
)
def test_what_is_too_large_is_413_and_leaves_nothing(client: Client, contents: list[bytes], setting: str) -> None:
    before = counts(client)
    one = statement(attachments=[attachment(content) for content in contents])
    answer = post(client, one, *[data(content) for content in contents])
    assert answer.status_code == 413
    assert setting in answer.json()["hint"]
    assert counts(client) == before


def test_id_00328_statements_in_a_first_part_have_the_limit_of_statements(client: Client) -> None:
    long = statement(result={"response": "x" * 30_000})
    answer = post(client, long)
    assert answer.status_code == 413
    assert "limits.body_bytes" in answer.json()["hint"]


def test_the_server_in_front_lets_through_what_the_limits_allow(serve: Any, tmp_path: Any) -> None:
    """Small statements and large attachments: the server's own limit follows the larger of the two."""
    limits = {"PROWESS_LIMITS_BODY_BYTES": "2000", "PROWESS_LIMITS_ATTACHMENTS": "3"}
    one = Client(serve(sqlite_at(tmp_path / "store.db"), **limits))
    content = b"x" * 3_000_000
    assert post(one, statement(attachments=[attachment(content)]), data(content)).status_code == 200
    one.session.close()


def test_limits_are_reached_but_not_passed(client: Client) -> None:
    contents = [unique() + b"x" * (20_000 - 36), unique(), unique()]
    one = statement(attachments=[attachment(content) for content in contents])
    assert post(client, one, *[data(content) for content in contents]).status_code == 200
    assert held(client, one["id"]) == contents


# All or nothing, and again


def test_a_batch_is_all_or_nothing_with_its_data(client: Client) -> None:
    known, content = statement(), unique()
    client.post(known)
    one, before = statement(attachments=[attachment(content)]), counts(client)
    conflict = {**known, "verb": {"id": f"{ADL}failed"}}
    assert post(client, [one, conflict], data(content)).status_code == 409
    assert client.get(statementId=one["id"]).status_code == 404
    after = counts(client)
    assert (after["statement"], after["attachment"]) == (before["statement"], before["attachment"])
    invalid = {**statement(), "actor": {}}
    assert post(client, [one, invalid], data(content)).status_code == 400
    assert counts(client) == after
    assert post(client, one, data(content)).status_code == 200
    assert held(client, one["id"]) == [content]


def test_d_12_an_equal_batch_again_stores_nothing_new(client: Client) -> None:
    content = unique()
    batch = [statement(attachments=[attachment(content)]), statement()]
    first = post(client, batch, data(content))
    before = counts(client)
    again = post(client, batch, data(content))
    assert (again.status_code, again.json()) == (200, first.json())
    assert counts(client) == before


def test_read_mine_sees_the_data_of_its_own_statements_alone(client: Client) -> None:
    content = unique()
    one = statement(attachments=[attachment(content)])
    post(client, one, data(content))
    prowess = client.served.prowess
    credential, secret = prowess.credentials.create(uuid4().hex, ["statements/write", "statements/read/mine"])
    own = Client(Served(client.served.url, client.served.app, prowess, credential.key, str(secret)), "1.0.3")
    assert own.get(statementId=one["id"], attachments="true").status_code == 404
    ((_, body),) = parts_of(own.get(attachments="true"))
    assert json.loads(body)["statements"] == []
    mine = statement(attachments=[attachment(content)])
    assert post(own, mine, data(content)).status_code == 200
    assert held(own, mine["id"]) == [content]
    own.session.close()


def test_a_key_without_void_cannot_void_by_way_of_multipart(client: Client) -> None:
    prowess = client.served.prowess
    credential, secret = prowess.credentials.create(uuid4().hex, ["statements/write"])
    own = Client(Served(client.served.url, client.served.app, prowess, credential.key, str(secret)), "1.0.3")
    assert post(own, void(str(uuid4()))).status_code == 403
    own.session.close()


# Signed statements


def signature(content: bytes, **changes: Any) -> dict[str, Any]:
    return attachment(content, usageType=SIGNATURE, contentType="application/octet-stream", **changes)


def signed(one: Mapping[str, Any], made: bytes, **changes: Any) -> dict[str, Any]:
    return {**one, "attachments": [*one.get("attachments", ()), signature(made, **changes)]}


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_id_00117_a_signed_statement_is_kept_with_its_signature(client: Client, alg: str) -> None:
    one = statement()
    made = jws(one, alg=alg)
    assert post(client, signed(one, made), data(made)).status_code == 200
    assert held(client, one["id"]) == [made]


def test_s_34_a_certificate_is_held_against_the_signature(client: Client) -> None:
    one = statement()
    made, forged = jws(one, x5c=[certificate(key())]), jws(one, x5c=[certificate(other_key())])
    answer = post(client, signed(one, forged), data(forged))
    assert (answer.status_code, answer.json()["rule"]) == (400, "S-34")
    assert post(client, signed(one, made), data(made)).status_code == 200


def test_s_33_a_statement_signed_beside_other_attachments(client: Client) -> None:
    photo = unique()
    one = statement(attachments=[attachment(photo)])
    made = jws(one)
    assert post(client, signed(one, made), data(made), data(photo)).status_code == 200
    assert held(client, one["id"]) == [photo, made]


@pytest.mark.parametrize(
    ("made", "changes", "rule"),
    [
        pytest.param(None, {"contentType": "text/plain"}, "XAPI-00115", id="00115-other-content-type"),
        pytest.param(b"no JWS", {}, "XAPI-00115", id="00115-no-JWS"),
        pytest.param(jws(b"{'actor': 1}"), {}, None, id="00116-payload-is-no-JSON"),
        pytest.param(jws(reference(str(uuid4()))), {}, "S-33", id="00116-S-33-another-statement"),
        pytest.param(jws(ONE, alg="HS256"), {}, "XAPI-00117", id="00117-HS256"),
        pytest.param(jws(ONE, alg="none"), {}, "XAPI-00117", id="00117-none"),
        pytest.param(jws(ONE, crit=["b64"]), {}, "D-07", id="D-07-crit"),
    ],
)
def test_a_bad_signature_is_400_and_nothing_is_stored(
    client: Client, made: bytes | None, changes: Mapping[str, Any], rule: str | None
) -> None:
    one, before = statement(), counts(client)
    made = made or jws(one)
    arrives = signed(one, made)
    arrives["attachments"][0] |= changes
    answer = post(client, arrives, data(made))
    assert answer.status_code == 400, answer.text
    if rule:
        assert rule in answer.text
    assert counts(client) == before


def test_id_00115_a_signature_comes_along_or_the_statement_is_not_signed(client: Client) -> None:
    one = statement()
    elsewhere = signed(one, jws(one), fileUrl="https://x.example/signature")
    for answer in (client.post(elsewhere), post(client, elsewhere)):
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["rule"] == "XAPI-00115"


def test_t_15_a_signed_duration_counts_to_a_hundredth_of_a_second(client: Client) -> None:
    short = statement(result={"duration": "P1DT12H36M0.12S"})
    made = jws(short)
    sent = signed({**short, "result": {"duration": "P1DT12H36M0.1237S"}}, made)
    assert post(client, sent, data(made)).status_code == 200
    other = signed({**short, "id": str(uuid4()), "result": {"duration": "P1DT12H36M0.13S"}}, made)
    assert post(client, other, data(made)).status_code == 400
