"""State, agent profile and activity profile over real HTTP: requirements sections 18 and 19."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import requests
from sqlalchemy import text

from lrs.xapi.documents import ACTIVITY_PROFILE, AGENT_PROFILE, RESOURCES, STATE, Resource
from tests.conftest import Served, start_server
from tests.http.test_real_traffic import raw_request, rows
from tests.servers import fresh_database, sqlite_at

OLD, NEW = "1.0.3", "2.0.0"
JSON = "application/json"
REGISTRATION = "8b1d1d4e-5ad1-4d1e-8d51-1f1d1d1d1d1d"
MISSING = object()


@contextmanager
def serving(url: str) -> Iterator[Served]:
    served, stop = start_server(url, PROWESS_RUNNER_KIND="none")
    yield served
    stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server a database for all tests here; each test has owners of its own."""
    if request.param == "sqlite":
        with serving(sqlite_at(tmp_path_factory.mktemp("documents") / "store.db")) as one:
            yield one
        return
    with fresh_database(request.getfixturevalue("postgres_url")) as url, serving(url) as one:
        yield one


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server for what no database decides."""
    with serving(sqlite_at(tmp_path_factory.mktemp("lite") / "store.db")) as one:
        yield one


class Desk:
    """The documents of one owner, whom no other test knows."""

    def __init__(self, served: Served, resource: Resource, version: str = OLD) -> None:
        self.served, self.resource, self.version = served, resource, version
        self.session = served.session(version)
        self.url = served.xapi + resource.path
        unique = uuid4().hex
        owners = {
            "activityId": f"https://x.example/{unique}",
            "agent": json.dumps({"mbox": f"mailto:{unique}@example.org", "name": "Ada"}),
        }
        self.owner = {name: owners[name] for name in resource.owners}

    def send(
        self,
        method: str,
        name: Any = "doc",
        body: Any = None,
        media: str | None = None,
        headers: dict[str, str] | None = None,
        **parameters: Any,
    ) -> requests.Response:
        """Name None: no id; a parameter that is MISSING is left out; a body that is no bytes goes as JSON."""
        query = {**self.owner, self.resource.id_name: MISSING if name is None else name, **parameters}
        query = {key: value for key, value in query.items() if value is not MISSING}
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body, media = json.dumps(body).encode(), media or JSON
        if media is not None:
            headers["Content-Type"] = media
        return self.session.request(method, self.url, params=query, data=body, headers=headers, timeout=30)

    def create(self, name: str = "doc", body: Any = None, media: str | None = None, **parameters: Any) -> str:
        """A new document; returns its ETag."""
        answer = self.send("PUT", name, {"a": 1} if body is None else body, media, {"If-None-Match": "*"}, **parameters)
        assert answer.status_code == 204, answer.text
        return answer.headers["ETag"]

    def content(self, name: str = "doc", **parameters: Any) -> bytes:
        answer = self.send("GET", name, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.content

    def ids(self, **parameters: Any) -> list[str]:
        answer = self.send("GET", None, **parameters)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == JSON
        return answer.json()

    def is_there(self, name: str = "doc", **parameters: Any) -> bool:
        status = self.send("GET", name, **parameters).status_code
        assert status in {200, 404}
        return status == 200


def each(state: str, agent_profile: str, activity_profile: str, *versions: str) -> pytest.MarkDecorator:
    """The three resources in both versions, or in some, with the ids of the rule for each."""
    named = zip((state, agent_profile, activity_profile), RESOURCES, strict=True)
    versions = versions or (OLD, NEW)
    return pytest.mark.parametrize(
        ("resource", "version"),
        [pytest.param(resource, version, id=f"{id_}-{version}") for id_, resource in named for version in versions],
    )


ALL = each("state", "agent-profile", "activity-profile")


# What a document is


@each(
    "00140-00188-00189-00190-00192-00216-00217-00230-00231-state",
    "00140-00259-00269-00272-00274-00282-00283-agent-profile",
    "00140-00286-00287-00288-00290-00291-00292-00293-00311-00312-activity-profile",
)
def test_each_method_answers_as_it_should(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    desk.create("other")
    put = desk.send("PUT", body={"a": 1}, headers={"If-None-Match": "*"})
    assert (put.status_code, put.content) == (204, b"")
    assert desk.content() == b'{"a": 1}'
    post = desk.send("POST", body={"b": 2})
    assert (post.status_code, post.content) == (204, b"")
    assert json.loads(desk.content()) == {"a": 1, "b": 2}
    assert desk.ids() == ["doc", "other"]
    gone = desk.send("DELETE")
    assert (gone.status_code, gone.content) == (204, b"")
    assert not desk.is_there()
    assert desk.ids() == ["other"]


@each("00187-00191-state", "00271-agent-profile", "00285-00289-activity-profile")
def test_delete_removes_one_document_and_is_content_with_none(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    desk.create("one")
    desk.create("two")
    assert desk.send("DELETE", "one").status_code == 204
    assert desk.ids() == ["two"]
    assert desk.send("DELETE", "one").status_code == 204


@ALL
def test_s_39_a_document_that_is_not_there_is_404(lite: Served, resource: Resource, version: str) -> None:
    answer = Desk(lite, resource, version).send("GET")
    assert answer.status_code == 404
    assert answer.json()["rule"] == "S-39"


KEPT: list[tuple[str | None, bytes]] = [
    ("application/json", b' {"a":1.10,"a":NaN'),
    ("application/json; charset=UTF-8", b"[]"),
    ("Text/HTML;  Charset=latin-1", b"<script>\xff</script>"),
    ("image/png", bytes(range(256)) * 40),
    ("application/x-www-form-urlencoded", b"a=1&b=%00"),
    ("multipart/mixed; boundary=x", b"--x\r\n\r\n--x--"),
    ("text/plain", b""),
    (None, b"\x00\x01"),
]


@ALL
def test_s_36_bytes_and_their_type_come_back_as_they_were_sent(
    served: Served, resource: Resource, version: str
) -> None:
    desk = Desk(served, resource, version)
    for number, (media, body) in enumerate(KEPT):
        desk.create(f"{number}", body, media)
        answer = desk.send("GET", f"{number}")
        assert answer.content == body
        assert answer.headers["Content-Type"] == (media or "application/octet-stream")


@ALL
def test_s_37_nothing_need_be_known_of_its_owner(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    assert desk.ids() == []
    desk.create()
    assert desk.send("HEAD").status_code == 200


@ALL
def test_a_gzip_body_is_kept_unpacked(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    packed = {"If-None-Match": "*", "Content-Encoding": "gzip"}
    assert desk.send("PUT", body=gzip.compress(b"hello"), media="text/plain", headers=packed).status_code == 204
    assert desk.content() == b"hello"


@ALL
def test_head_is_get_without_the_body(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    desk.create(body=b"12345", media="text/plain")
    for name in ("doc", None):
        get, head = desk.send("GET", name), desk.send("HEAD", name)
        assert (head.status_code, head.content) == (200, b"")
        for header in ("Content-Type", "Content-Length", "ETag", "Last-Modified"):
            assert get.headers.get(header) == head.headers.get(header), header
    assert desk.send("HEAD", "other").status_code == 404


@ALL
def test_what_others_wrote_can_do_nothing_in_a_browser(lite: Served, resource: Resource, version: str) -> None:
    """The bytes come back under our own origin, where a script of theirs would be one of ours."""
    desk = Desk(lite, resource, version)
    for type_ in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "application/pdf"):
        desk.create(type_, b"<svg onload='alert(1)'/>", type_)
        headers = desk.send("GET", type_).headers
        assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


# Merging


@each(
    "00183-00184-00185-00186-00234-state",
    "00183-00184-00185-00186-00279-agent-profile",
    "00183-00184-00185-00186-00308-activity-profile",
)
def test_a_post_replaces_members_at_the_top_and_keeps_the_rest(
    served: Served, resource: Resource, version: str
) -> None:
    desk = Desk(served, resource, version)
    desk.create(
        body=b'{ "kept" : 0.10000000000000000000000000000000000001, "x": {"y": 1, "z": 2}, "s":"\\u0061"}', media=JSON
    )
    posted = b'{"x" : {"y": 3}, "new": 1E+2}'
    assert desk.send("POST", body=posted, media="Application/JSON ; charset=utf-8").status_code == 204
    answer = desk.send("GET")
    merged = b'{"kept" : 0.10000000000000000000000000000000000001,"x" : {"y": 3},"s":"\\u0061","new": 1E+2}'
    assert answer.content == merged
    assert answer.headers["ETag"] == f'"{hashlib.sha1(merged, usedforsecurity=False).hexdigest()}"'


@each("00232-state", "00278-agent-profile", "00309-activity-profile")
def test_only_json_is_merged_with_json(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    pairs = [("text/plain", JSON), (JSON, "text/plain"), (JSON, None), (JSON, "application/jsonx")]
    for number, (stored, posted) in enumerate(pairs):
        name = f"{number}"
        desk.create(name, b'{"a":1}', stored)
        answer = desk.send("POST", name, b'{"b":2}', posted)
        assert answer.status_code == 400
        assert "application/json is merged" in answer.json()["detail"]
        assert desk.content(name) == b'{"a":1}'
        assert desk.send("GET", name).headers["Content-Type"] == stored


@each("00229-state", "00281-agent-profile", "00313-activity-profile")
def test_only_objects_are_merged(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    others = [b"[1]", b'"a"', b"1", b"null", b'{"a":', b"", b'{"a":1,"a":2}', b'{"a":NaN}', b'"\xff"']
    desk.create("good", b'{"a":1}', JSON)
    for number, other in enumerate(others):
        desk.create(f"{number}", other, JSON)
        for name, sent, kept in (("good", other, b'{"a":1}'), (f"{number}", b'{"b":2}', other)):
            answer = desk.send("POST", name, sent, JSON)
            assert answer.status_code == 400
            assert answer.json()["rule"] == resource.merge_rule
            assert desk.content(name) == kept


@each("00233-state", "00280-agent-profile", "00310-activity-profile")
def test_a_post_where_nothing_is_stores_what_it_brings(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    for name, type_, body in (("j", JSON, b'{ "a":1}'), ("t", "text/plain", b"x"), ("l", JSON, b"[1]")):
        assert desk.send("POST", name, body, type_).status_code == 204
        assert desk.content(name) == body
        assert desk.send("GET", name).headers["Content-Type"] == type_


@each("00235-state", "00284-agent-profile", "00314-activity-profile")
def test_a_post_of_broken_json_is_refused_even_where_nothing_is(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    answer = desk.send("POST", body=b'{"name": "bad"', media=JSON)
    assert answer.status_code == 400
    assert answer.json()["position"] == 14
    assert not desk.is_there()
    if "agent" in resource.owners:
        assert desk.send("POST", body={}, agent='{"mbox": "mailto:a@b.c"').status_code == 400


# Lists


@each("00193-00204-state", "00270-00273-00260-agent-profile", "00290-00295-activity-profile")
def test_without_an_id_a_get_lists_them_in_a_stable_order(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    Desk(served, resource, version).create("of another owner")
    for name in ("b", "Z", "ä", "a", "10", "9"):
        desk.create(name)
    assert desk.ids() == ["10", "9", "Z", "a", "b", "ä"]
    for wrong in ("yesterday", "2026-13-01T00:00:00Z", ""):
        assert desk.send("GET", None, since=wrong).status_code == 400


@each(
    "00141-00195-00221-00222-S-38-T-16-state",
    "00141-00268-00275-S-38-T-16-agent-profile",
    "00141-00294-00303-S-38-T-16-activity-profile",
)
def test_since_gives_what_changed_after_it_and_not_what_changed_then(
    served: Served, resource: Resource, version: str
) -> None:
    from lrs.clock import to_text

    desk = Desk(served, resource, version)
    desk.create("first")
    desk.create("second")
    moments = {}
    for name in ("first", "second"):
        with served.prowess.database.read() as conn:
            query = text("SELECT max(updated) FROM document WHERE name = :name")
            moments[name] = conn.execute(query, {"name": name}).scalar_one()
    assert moments["second"] > moments["first"]
    assert desk.ids(since=to_text(moments["first"] - 1)) == ["first", "second"]
    assert desk.ids(since=to_text(moments["first"])) == ["second"]
    assert desk.ids(since=to_text(moments["second"])) == []
    assert desk.send("POST", "first", {"b": 2}).status_code == 204
    assert desk.ids(since=to_text(moments["second"])) == ["first"]
    assert desk.ids(since="2001-01-01T00:00:00+05:00") == ["first", "second"]
    listed = desk.send("GET", None).headers["Last-Modified"]
    assert listed == desk.send("GET", "first").headers["Last-Modified"]
    assert listed.endswith(" GMT")
    assert "Last-Modified" not in desk.send("GET", None, since="2100-01-01T00:00:00Z").headers


# What parameters a request needs

REFUSED = [
    pytest.param(STATE, "PUT", {"stateId": MISSING}, id="00206-put-without-stateId"),
    pytest.param(STATE, "POST", {"stateId": MISSING}, id="00211-post-without-stateId"),
    pytest.param(STATE, "DELETE", {"activityId": MISSING}, id="00207-delete-without-activityId"),
    pytest.param(STATE, "GET", {"activityId": MISSING}, id="00208-get-without-activityId"),
    pytest.param(STATE, "POST", {"activityId": MISSING}, id="00209-post-without-activityId"),
    pytest.param(STATE, "PUT", {"activityId": MISSING}, id="00210-put-without-activityId"),
    pytest.param(STATE, "DELETE", {"agent": MISSING}, id="00212-delete-without-agent"),
    pytest.param(STATE, "GET", {"agent": MISSING}, id="00213-get-without-agent"),
    pytest.param(STATE, "POST", {"agent": MISSING}, id="00214-post-without-agent"),
    pytest.param(STATE, "PUT", {"agent": MISSING}, id="00215-put-without-agent"),
    pytest.param(STATE, "DELETE", {"agent": "not json"}, id="00196-delete-agent"),
    pytest.param(STATE, "GET", {"agent": "{}"}, id="00197-get-agent"),
    pytest.param(STATE, "POST", {"agent": '{"mbox":"ada@example.org"}'}, id="00198-post-agent"),
    pytest.param(STATE, "PUT", {"agent": '["mbox"]'}, id="00199-put-agent"),
    pytest.param(STATE, "DELETE", {"registration": "x"}, id="00200-delete-registration"),
    pytest.param(STATE, "GET", {"registration": REGISTRATION + "0"}, id="00201-get-registration"),
    pytest.param(STATE, "POST", {"registration": ""}, id="00202-post-registration"),
    pytest.param(STATE, "PUT", {"registration": f"{{{REGISTRATION}}}"}, id="00203-put-registration"),
    pytest.param(STATE, "GET", {"since": "2026-01-01T00:00:00Z"}, id="T-17-since-beside-stateId"),
    pytest.param(STATE, "DELETE", {"since": "2026-01-01T00:00:00Z"}, id="00205-00223-delete-has-no-since"),
    pytest.param(STATE, "PUT", {"since": "2026-01-01T00:00:00Z"}, id="00325-put-has-no-since"),
    pytest.param(STATE, "GET", {"activityId": "no-scheme"}, id="00012-activityId-is-an-iri"),
    pytest.param(STATE, "GET", {"stateid": "x"}, id="00325-stateid"),
    pytest.param(STATE, "GET", {"profileId": "x"}, id="00325-profileId-on-state"),
    pytest.param(STATE, "PUT", {"stateId": "x" * 2001}, id="00012-a-name-too-long"),
    pytest.param(STATE, "PUT", {"stateId": "a\0b"}, id="00012-a-name-no-database-keeps"),
    pytest.param(STATE, "PUT", {"stateId": ["a", "b"]}, id="00324-stateId-twice"),
    pytest.param(AGENT_PROFILE, "DELETE", {"agent": '{"mbox":1}'}, id="00255-delete-agent"),
    pytest.param(AGENT_PROFILE, "POST", {"agent": "[]"}, id="00256-post-agent"),
    pytest.param(AGENT_PROFILE, "PUT", {"agent": '{"openid":"x"}'}, id="00257-put-agent"),
    pytest.param(AGENT_PROFILE, "GET", {"agent": '{"objectType":"Group","member":[]}'}, id="00258-get-agent"),
    pytest.param(AGENT_PROFILE, "GET", {"agent": MISSING}, id="00261-get-without-agent"),
    pytest.param(AGENT_PROFILE, "DELETE", {"agent": MISSING}, id="00262-delete-without-agent"),
    pytest.param(AGENT_PROFILE, "POST", {"agent": MISSING}, id="00263-post-without-agent"),
    pytest.param(AGENT_PROFILE, "PUT", {"agent": MISSING}, id="00264-put-without-agent"),
    pytest.param(AGENT_PROFILE, "DELETE", {"profileId": MISSING}, id="00265-delete-without-profileId"),
    pytest.param(AGENT_PROFILE, "POST", {"profileId": MISSING}, id="00266-post-without-profileId"),
    pytest.param(AGENT_PROFILE, "PUT", {"profileId": MISSING}, id="00267-put-without-profileId"),
    pytest.param(AGENT_PROFILE, "GET", {"registration": REGISTRATION}, id="00325-no-registration-here"),
    pytest.param(ACTIVITY_PROFILE, "GET", {"activityId": MISSING}, id="00296-get-without-activityId"),
    pytest.param(ACTIVITY_PROFILE, "DELETE", {"activityId": MISSING}, id="00297-delete-without-activityId"),
    pytest.param(ACTIVITY_PROFILE, "POST", {"activityId": MISSING}, id="00298-post-without-activityId"),
    pytest.param(ACTIVITY_PROFILE, "PUT", {"activityId": MISSING}, id="00299-put-without-activityId"),
    pytest.param(ACTIVITY_PROFILE, "DELETE", {"profileId": MISSING}, id="00300-delete-without-profileId"),
    pytest.param(ACTIVITY_PROFILE, "POST", {"profileId": MISSING}, id="00301-post-without-profileId"),
    pytest.param(ACTIVITY_PROFILE, "PUT", {"profileId": MISSING}, id="00302-put-without-profileId"),
    pytest.param(
        ACTIVITY_PROFILE, "GET", {"agent": '{"mbox":"mailto:a@b.c"}'}, id="00304-T-18-an-activity-has-no-agent"
    ),
    pytest.param(ACTIVITY_PROFILE, "PUT", {"activityId": "x"}, id="00305-activityId-is-an-iri"),
]


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize(("resource", "method", "change"), REFUSED)
def test_a_wrong_parameter_is_named_and_nothing_happens(
    lite: Served, resource: Resource, method: str, change: dict[str, Any], version: str
) -> None:
    desk = Desk(lite, resource, version)
    desk.create()
    before = desk.content()
    body = None if method in {"GET", "DELETE"} else {"changed": True}
    answer = desk.send(method, body=body, headers={"If-Match": "*"} if body else None, **change)
    assert answer.status_code == 400, answer.text
    assert answer.json()["parameter"] in change
    assert answer.json()["hint"]
    assert desk.content() == before
    assert desk.ids() == ["doc"]


def test_every_refusal_cites_the_rule_it_is_tested_under(lite: Served, request: pytest.FixtureRequest) -> None:
    for case in REFUSED:
        resource, method, change = case.values
        if case.id.startswith(("00205", "00304", "00305")):
            continue  # two numbers for what section 12 says once
        rule = Desk(lite, resource).send(method, body={}, **change).json()["rule"]
        assert case.id.startswith(rule.removeprefix("XAPI-")), (case.id, rule)


def test_an_unknown_parameter_comes_with_the_name_that_was_meant(lite: Served) -> None:
    answer = Desk(lite, STATE).send("GET", None, stateid="x")
    assert answer.json()["hint"] == "did you mean 'stateId'?"


@each("00224-00225-00226-00228-state", "00276-00277-agent-profile", "00306-00307-activity-profile")
def test_any_text_is_a_name(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    names = ["", " ", "0", "true", "../x?y#z%00", "https://x.example/ä/☃", "x" * 2000, "'; --", "+"]
    for name in names:
        desk.create(name, name.encode(), "text/plain")
    assert desk.ids() == sorted(names)
    for name in names:
        assert desk.content(name) == name.encode()
        assert desk.send("DELETE", name).status_code == 204
    assert desk.ids() == []


def test_two_names_never_become_one_because_they_are_not_utf_8(lite: Served) -> None:
    desk = Desk(lite, STATE)
    desk.create("%FF")
    url = requests.Request("GET", desk.url, params=desk.owner).prepare().url
    answer = desk.session.get(f"{url}&stateId=%FF")
    assert answer.status_code == 400
    assert answer.json()["rule"] == "XAPI-00015"


# State and its registrations


@pytest.mark.parametrize("version", [OLD, NEW])
def test_s_40_a_registration_is_part_of_the_key_id_00218_id_00219_id_00220_id_00227(
    served: Served, version: str
) -> None:
    desk = Desk(served, STATE, version)
    desk.create(body={"with": "none"})
    desk.create(body={"with": "one"}, registration=REGISTRATION)
    desk.create("only", registration=REGISTRATION)
    other = str(uuid4())
    assert json.loads(desk.content()) == {"with": "none"}
    assert json.loads(desk.content(registration=REGISTRATION.upper())) == {"with": "one"}
    assert not desk.is_there(registration=other)
    assert not desk.is_there("only")
    assert desk.ids() == ["doc", "only"]
    assert desk.ids(registration=REGISTRATION) == ["doc", "only"]
    assert desk.ids(registration=other) == []
    assert desk.send("POST", body={"more": 1}, registration=REGISTRATION).status_code == 204
    assert json.loads(desk.content()) == {"with": "none"}
    assert desk.send("DELETE", registration=REGISTRATION).status_code == 204
    assert desk.is_there()


@pytest.mark.parametrize("version", [OLD, NEW])
def test_s_40_delete_without_an_id_removes_all_or_those_of_a_registration_id_00194(
    served: Served, version: str
) -> None:
    desk, neighbour = Desk(served, STATE, version), Desk(served, STATE, version)
    neighbour.owner["agent"] = desk.owner["agent"]
    neighbour.create()
    other = str(uuid4())
    for registration in (MISSING, REGISTRATION, other):
        for name in ("a", "b"):
            desk.create(name, registration=registration)
    assert desk.send("DELETE", None, registration=REGISTRATION).status_code == 204
    assert desk.ids(registration=REGISTRATION) == []
    assert desk.ids(registration=other) == ["a", "b"]
    assert desk.is_there("a")
    assert desk.send("DELETE", None).status_code == 204
    assert desk.ids() == desk.ids(registration=other) == []
    assert neighbour.ids() == ["doc"]
    assert desk.send("DELETE", None).status_code == 204


def test_delete_of_all_honours_if_match_although_a_list_has_no_tag(served: Served) -> None:
    desk = Desk(served, STATE, NEW)
    tag = desk.create()
    assert desk.send("DELETE", None, headers={"If-Match": tag}).status_code == 412
    assert desk.send("DELETE", None, headers={"If-Match": '""'}).status_code == 412
    assert desk.ids() == ["doc"]
    assert desk.send("DELETE", None, headers={"If-Match": "*"}).status_code == 204
    assert desk.send("DELETE", None, headers={"If-Match": "*"}).status_code == 412


@pytest.mark.parametrize("resource", [STATE, AGENT_PROFILE], ids=["state", "agent-profile"])
def test_an_agent_is_known_by_its_identifier_alone(served: Served, resource: Resource) -> None:
    desk = Desk(served, resource)
    desk.create()
    agent = json.loads(desk.owner["agent"])
    assert desk.is_there(agent=json.dumps({"objectType": "Agent", **agent, "name": "Countess"}))
    assert desk.is_there(agent=json.dumps({"mbox": agent["mbox"]}))
    assert desk.is_there(agent=json.dumps({"objectType": "Group", "mbox": agent["mbox"]}))
    assert not desk.is_there(agent=json.dumps({"mbox": "mailto:x" + agent["mbox"].removeprefix("mailto:")}))


def test_the_three_resources_share_nothing(served: Served) -> None:
    desks = [Desk(served, resource) for resource in RESOURCES]
    for desk in desks:
        desk.owner = {key: value for one in desks for key, value in one.owner.items() if key in desk.resource.owners}
    desks[0].create()
    assert [desk.ids() for desk in desks] == [["doc"], [], []]


# Concurrency


@each("00322-S-41-state", "00322-S-41-agent-profile", "00322-S-41-activity-profile")
def test_the_etag_is_the_sha_1_of_the_content_in_quotes(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    body = b"anything at all"
    tag = f'"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'
    assert desk.create(body=body, media="text/plain") == tag
    assert desk.send("GET").headers["ETag"] == tag


METHODS: dict[str, Any] = {"PUT": {"changed": True}, "POST": {"changed": True}, "DELETE": None}


@each("S-42-state", "S-42-agent-profile", "S-42-activity-profile")
def test_if_match_with_another_tag_changes_nothing(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    own = desk.create().strip('"')
    for method, body in METHODS.items():
        for tag in (f'"{"1" * 40}"', f'W/"{own}"', f'"{own}x"', f'"{own.upper()}"', '""', '"*"', f'"a", W/"{own}"'):
            answer = desk.send(method, body=body, headers={"If-Match": tag})
            assert answer.status_code == 412, (method, tag)
            assert answer.json()["hint"]
    assert desk.content() == b'{"a": 1}'


@each("S-42-state", "S-42-agent-profile", "S-42-activity-profile")
def test_if_match_where_nothing_is_creates_nothing(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    for method, body in METHODS.items():
        for tag in ("*", f'"{"1" * 40}"'):
            assert desk.send(method, body=body, headers={"If-Match": tag}).status_code == 412
    assert desk.ids() == []


@each("D-08-T-20-state", "D-08-T-20-agent-profile", "D-08-T-20-activity-profile")
def test_if_match_with_the_right_tag_goes_on(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    for method, body in METHODS.items():
        for number, form in enumerate(('"{}"', "*", '"x", "{}"', 'W/"{}" ,"{}"', "{}")):
            name = f"{method}{number}"
            own = desk.create(name).strip('"')
            assert desk.send(method, name, body, headers={"If-Match": form.replace("{}", own)}).status_code == 204, form
            wanted = {"PUT": {"changed": True}, "POST": {"a": 1, "changed": True}}
            if method == "DELETE":
                assert not desk.is_there(name)
            else:
                assert json.loads(desk.content(name)) == wanted[method]


@each("S-43-state", "S-43-agent-profile", "S-43-activity-profile")
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_if_none_match_stops_at_what_it_names(served: Served, resource: Resource, version: str, method: str) -> None:
    desk = Desk(served, resource, version)
    own = desk.create()
    for tag in ("*", own, f"W/{own}", f'"x", {own}'):
        assert desk.send(method, body={"b": 2}, headers={"If-None-Match": tag}).status_code == 412, tag
    assert desk.content() == b'{"a": 1}'
    assert desk.send(method, body={"b": 2}, headers={"If-None-Match": '"x"'}).status_code == 204
    assert desk.send(method, "new", {"b": 2}, headers={"If-None-Match": "*"}).status_code == 204


@ALL
def test_both_headers_must_agree(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    own = desk.create()
    assert desk.send("PUT", body={}, headers={"If-Match": own, "If-None-Match": own}).status_code == 412
    assert desk.send("PUT", body={}, headers={"If-Match": own, "If-None-Match": '"x"'}).status_code == 204


@ALL
def test_a_header_that_is_no_list_of_tags_is_never_passed_over(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    desk.create()
    for header in ("If-Match", "If-None-Match"):
        for wrong in ('"open', "", 'x"y', ",,", '"a" "b"'):
            assert desk.send("PUT", body={"b": 2}, headers={header: wrong}).status_code == 400, (header, wrong)
    assert desk.content() == b'{"a": 1}'


@pytest.mark.parametrize(
    ("resource", "version", "existing", "new"),
    [
        pytest.param(STATE, OLD, 204, 204, id="S-46-state-1.0.3-overwrites"),
        pytest.param(AGENT_PROFILE, OLD, 409, 400, id="S-44-S-45-00273-agent-profile-1.0.3"),
        pytest.param(ACTIVITY_PROFILE, OLD, 409, 400, id="S-44-S-45-00287-activity-profile-1.0.3"),
        pytest.param(STATE, NEW, 409, 204, id="T-19-T-20-state-2.0"),
        pytest.param(AGENT_PROFILE, NEW, 409, 204, id="S-44-T-19-agent-profile-2.0"),
        pytest.param(ACTIVITY_PROFILE, NEW, 409, 204, id="S-44-T-19-activity-profile-2.0"),
    ],
)
def test_a_put_without_headers(lite: Served, resource: Resource, version: str, existing: int, new: int) -> None:
    desk = Desk(lite, resource, version)
    desk.create()
    answer = desk.send("PUT", body={"b": 2})
    assert answer.status_code == existing
    if existing == 409:
        assert "GET" in answer.json()["hint"]
        assert "If-Match" in answer.json()["hint"]
    assert json.loads(desk.content()) == ({"b": 2} if existing == 204 else {"a": 1})
    assert desk.send("PUT", "new", {"b": 2}).status_code == new
    assert desk.is_there("new") == (new == 204)


@each("S-46-T-20-state", "S-46-T-20-agent-profile", "S-46-T-20-activity-profile")
def test_post_and_delete_need_no_headers(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    desk.create()
    assert desk.send("POST", body={"b": 2}).status_code == 204
    assert desk.send("DELETE").status_code == 204


@ALL
def test_a_writer_can_go_on_with_the_tag_it_is_answered(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    tag = desk.create()
    for number in range(3):
        answer = desk.send("POST", body={"n": number}, headers={"If-Match": tag})
        assert answer.status_code == 204
        tag = answer.headers["ETag"]
    assert json.loads(desk.content()) == {"a": 1, "n": 2}


@ALL
def test_a_reader_that_has_the_document_is_told_so(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    tag = desk.create()
    for sent in (tag, f"W/{tag}", f'"x", {tag}'):
        answer = desk.send("GET", headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert desk.send("GET", headers={"If-None-Match": '"x"'}).status_code == 200
    assert desk.send("GET").headers["Cache-Control"] == "private, no-cache"


# Who may


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [
        ("all", {"state", "profile"}, {"state", "profile"}),
        ("all/read", {"state", "profile"}, set()),
        ("state", {"state"}, {"state"}),
        ("profile", {"profile"}, {"profile"}),
        ("statements/read", set(), set()),
        ("statements/write", set(), set()),
    ],
)
def test_s_62_scopes(lite: Served, scope: str, reads: set[str], writes: set[str]) -> None:
    credential, secret = lite.prowess.credentials.create(uuid4().hex, [scope])
    for resource in RESOURCES:
        desk = Desk(lite, resource, NEW)
        desk.create()
        desk.session.auth = (credential.key, str(secret))
        assert desk.send("GET").status_code == (200 if resource.scope in reads else 403)
        assert desk.send("GET", None).status_code == (200 if resource.scope in reads else 403)
        for method in ("POST", "DELETE"):
            answer = desk.send(method, body={"b": 2} if method == "POST" else None)
            assert answer.status_code == (204 if resource.scope in writes else 403)


@ALL
def test_tenants_do_not_see_each_other(served: Served, resource: Resource, version: str) -> None:
    desk = Desk(served, resource, version)
    desk.create()
    credential, secret = served.prowess.credentials.create(uuid4().hex, ["all"], tenant_id=2)
    desk.session.auth = (credential.key, str(secret))
    assert not desk.is_there()
    assert desk.ids() == []
    desk.create(body={"other": 1})
    desk.send("DELETE")
    desk.session.auth = (served.key, served.secret)
    assert desk.content() == b'{"a": 1}'


@ALL
def test_no_version_no_answer(lite: Served, resource: Resource, version: str) -> None:
    desk = Desk(lite, resource, version)
    del desk.session.headers["X-Experience-API-Version"]
    for method in ("GET", "PUT", "POST", "DELETE"):
        assert desk.send(method).status_code == 400
    desk.session.headers["X-Experience-API-Version"] = version
    assert desk.send("GET").headers["X-Experience-API-Version"] == version
    assert desk.send("PATCH").status_code == 405


# Limits and habits of real senders


def test_00328_a_document_beyond_the_limit_is_413(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "lite.db"), PROWESS_LIMITS_BODY_BYTES="2000", PROWESS_RUNNER_KIND="none")
    desk = Desk(served, STATE)
    assert desk.send("PUT", body=b"x" * 2001).status_code == 413
    assert desk.send("PUT", body=b"x" * 2000).status_code == 204
    bomb = gzip.compress(b"x" * 2001)
    assert desk.send("POST", "bomb", bomb, headers={"Content-Encoding": "gzip"}).status_code == 413
    assert desk.send("POST", "grown", {"a": "x" * 1200}).status_code == 204
    assert desk.send("POST", "grown", {"b": "x" * 1200}).status_code == 413
    assert list(json.loads(desk.content("grown"))) == ["a"]


def test_a_launch_of_mod_tincanlaunch_finds_its_documents(served: Served) -> None:
    """Agents with names, whole addresses as targets, an array by PUT with If-None-Match, version 1.0.0."""
    agent = json.dumps({"objectType": "Agent", "name": "L1 Erner", "mbox": f"mailto:{uuid4()}@example.invalid"})
    path = requests.Request("GET", "http://127.0.0.1:8099/xapi/agents/profile").prepare().url
    url = str(requests.Request("GET", path, params={"agent": agent, "profileId": "LMSUserFields"}).prepare().url)
    headers = {"X-Experience-API-Version": "1.0.0"}
    get = {"method": "GET", "path": url, "headers": headers, "body": None}
    put = {
        "method": "PUT",
        "path": url,
        "headers": {**headers, "Content-Type": JSON, "If-None-Match": "*"},
        "body": [],
    }
    assert raw_request(served, get)[0] == 404
    assert raw_request(served, put)[0] == 204
    assert raw_request(served, get) == (200, b"[]")
    assert raw_request(served, put)[0] == 412


def test_every_document_request_of_a_moodle_is_answered(served: Served, corpus: Path) -> None:
    sent = []
    for row in rows(corpus / "moodle_live" / "requests.jsonl"):
        if urlsplit(row["path"]).path.endswith(("/state", "/profile")):
            sent.append((row["method"], raw_request(served, row)[0]))
    assert {status for method, status in sent if method == "PUT"} == {204}
    assert {status for method, status in sent if method == "GET"} <= {200, 404}
    assert len(sent) == 8
