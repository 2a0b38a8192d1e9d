"""The Statement resource row by row (sections 11, 12, 14, 15), on both versions of the specification."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import pytest

from lrs.clock import ManualClock
from lrs.xapi.timestamp import instant
from tests.conftest import Served
from tests.store.sending import ADL, THROUGH, VERSION, VOIDED, Client, ids, reference, statement, void

ADA = {"mbox": "mailto:ada@example.org"}


@pytest.fixture(params=["1.0.3", "2.0.0"])
def client(lite_store: Served, request: pytest.FixtureRequest) -> Client:
    return Client(lite_store, request.param)


class Field:
    """Statements about things that no other test knows, and what a filter finds among them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.name = uuid4().hex[:8]

    def iri(self, name: str) -> str:
        return f"https://{self.name}.example/{name}"

    def agent(self, name: str) -> dict[str, Any]:
        return {"objectType": "Agent", "mbox": f"mailto:{name}@{self.name}.example"}

    def group(self, *names: str, **more: Any) -> dict[str, Any]:
        return {"objectType": "Group", "member": [self.agent(name) for name in names], **more}

    def send(self, **changes: Any) -> str:
        body = {"actor": self.agent("ada"), "verb": {"id": self.iri("did")}, "object": {"id": self.iri("course")}}
        sent = statement(**{**body, **changes})
        assert self.client.post(sent).status_code == 200
        return str(sent["id"])

    def find(self, **parameters: Any) -> list[str]:
        named = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in parameters.items()}
        return self.client.found(ascending="true", **named)


@pytest.fixture
def field(client: Client) -> Field:
    return Field(client)


# Writing


def test_id_00139_the_resource_is_at_the_endpoint_and_statements(client: Client) -> None:
    assert client.url == f"{client.served.xapi}/statements"
    assert client.get().status_code == 200


def test_id_00143_id_00144_put_stores_under_its_statement_id_and_answers_nothing(client: Client) -> None:
    one = statement()
    answer = client.put({key: value for key, value in one.items() if key != "id"}, one["id"])
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(statementId=one["id"]).json()["id"] == one["id"]


def test_id_00026_each_statement_without_an_id_gets_one_of_its_own(client: Client) -> None:
    without = {key: value for key, value in statement().items() if key != "id"}
    answer = client.post([without, without])
    assert answer.status_code == 200
    assert [client.get(statementId=id_).json()["id"] for id_ in answer.json()] == answer.json()
    assert len(set(answer.json())) == 2


def test_id_00015_what_is_not_ascii_comes_back_unchanged(client: Client, field: Field) -> None:
    iri = f"https://例え.jp/{field.name}/動詞?ä=😀"
    one = statement(verb={"id": iri, "display": {"ja": "学んだ 😀"}})
    body = json.dumps(one, ensure_ascii=False).encode()
    assert client.session.post(client.url, data=body, headers={"Content-Type": "application/json"}).status_code == 200
    answer = client.get(verb=iri)
    assert [found["verb"] for found in answer.json()["statements"]] == [one["verb"]]
    assert iri in answer.content.decode()
    latin = client.session.post(
        client.url, data=body.replace("ä".encode(), b"\xe4"), headers={"Content-Type": "application/json"}
    )
    assert latin.status_code == 400


@pytest.mark.parametrize("parameters", [{}, {"statementID": str(uuid4())}, {"statementId": "x"}, {"statementId": ""}])
def test_id_00145_put_without_a_statement_id_is_400(client: Client, parameters: dict[str, str]) -> None:
    assert client.session.put(client.url, params=parameters, json=statement()).status_code == 400


def test_s_13_the_id_in_the_body_must_be_the_statement_id(client: Client) -> None:
    one = statement()
    assert client.put(one, str(uuid4())).status_code == 400
    assert client.put(one, one["id"].upper()).status_code == 204
    assert client.get(statementId=one["id"]).status_code == 200


def test_id_00147_id_00146_post_takes_one_or_many_and_answers_the_ids_in_order(client: Client) -> None:
    one, many = statement(), [statement() for _ in range(4)]
    for body, expected in ((one, [one["id"]]), (many, ids(many))):
        answer = client.post(body)
        assert (answer.status_code, answer.json()) == (200, expected)
        assert answer.headers["Content-Type"] == "application/json"


def test_s_14_an_empty_batch_is_fine_and_stores_nothing(client: Client) -> None:
    answer = client.post([])
    assert (answer.status_code, answer.json()) == (200, [])


def test_id_00142_s_15_t_12_a_known_id_never_changes(client: Client) -> None:
    one = statement()
    client.post(one)
    for answer in (client.put(one), client.post(one), client.post([one])):
        assert answer.status_code in {200, 204}
    other = {**one, "verb": {"id": f"{ADL}passed"}}
    assert [client.put(other).status_code, client.post(other).status_code] == [409, 409]
    assert client.get(statementId=one["id"]).json()["verb"] == one["verb"]
    twin = statement()
    assert client.post([twin, twin]).status_code == 400
    assert client.get(statementId=twin["id"]).status_code == 404


def test_id_00326_id_00182_a_batch_is_all_or_nothing_and_leaves_no_trace(client: Client, field: Field) -> None:
    good, bad = statement(object={"id": field.iri("unseen")}), statement(actor={})
    answer = client.post([good, bad])
    assert answer.status_code == 400
    assert client.get(statementId=good["id"]).status_code == 404
    assert field.find(activity=field.iri("unseen")) == []


def test_s_16_a_voiding_statement_may_come_before_its_target(client: Client) -> None:
    assert client.post(void(str(uuid4()))).status_code == 200


def test_s_17_what_was_acknowledged_is_not_after_consistent_through_for_ever(client: Client) -> None:
    one = statement()
    client.post(one)
    answer = client.get(statementId=one["id"])
    assert instant(answer.headers[THROUGH]) >= instant(answer.json()["stored"])


def test_s_18_one_long_property_is_no_reason_to_refuse(client: Client) -> None:
    one = statement(result={"response": "é" * 40_000}, object={"id": f"https://x.example/{uuid4()}" + "y" * 4000})
    assert client.post(one).status_code == 200
    assert client.get(statementId=one["id"]).json()["result"] == one["result"]
    assert client.found(activity=one["object"]["id"]) == [one["id"]]


def test_s_01_s_08_values_differ_by_case_and_an_activity_is_never_contested(client: Client, field: Field) -> None:
    upper = field.send(verb={"id": field.iri("Did")}, object={"id": field.iri("Course"), "definition": {"type": "a:x"}})
    lower = field.send(object={"id": field.iri("Course"), "definition": {"type": "a:y"}})
    assert field.find(verb=field.iri("Did")) == [upper]
    assert field.find(verb=field.iri("did")) == [lower]
    assert field.find(activity=field.iri("Course")) == [upper, lower]
    assert field.find(activity=field.iri("course")) == []
    for id_, kind in ((upper, "a:x"), (lower, "a:y")):
        assert client.get(statementId=id_).json()["object"]["definition"] == {"type": kind}


# Reading


def test_s_21_rights_narrow_every_filter_silently(client: Client, field: Field) -> None:
    theirs = field.send()
    mine, secret = client.served.prowess.credentials.create(uuid4().hex, ["statements/write", "statements/read/mine"])
    auth = (mine.key, str(secret))
    own = statement(verb={"id": field.iri("did")})
    assert client.post(own, auth=auth).status_code == 200
    assert set(field.find(verb=field.iri("did"))) == {theirs, own["id"]}
    answer = client.session.get(client.url, params={"verb": field.iri("did")}, auth=auth)
    assert (answer.status_code, ids(answer.json()["statements"]), answer.json()["more"]) == (200, [own["id"]], "")
    assert client.session.get(client.url, params={"statementId": theirs}, auth=auth).status_code == 404


def test_s_67_oauth_is_not_offered(client: Client) -> None:
    oauth = {"Authorization": 'OAuth oauth_consumer_key="x", oauth_signature_method="HMAC-SHA1", oauth_signature="y"'}
    answer = client.session.get(client.url, auth=lambda request: request, headers=oauth)
    assert (answer.status_code, answer.headers["WWW-Authenticate"].partition(" ")[0]) == (401, "Basic")


def test_id_00159_id_00154_id_00110_id_00113_a_list_is_a_statement_result(client: Client) -> None:
    client.post([statement(), statement()])
    answer = client.get(limit=1)
    assert answer.status_code == 200
    assert answer.json().keys() == {"statements", "more"}
    assert isinstance(answer.json()["statements"], list)
    assert isinstance(answer.json()["more"], str)


def test_id_00158_id_00156_one_statement_by_its_id(client: Client) -> None:
    one = statement()
    client.post(one)
    answer = client.get(statementId=one["id"].upper())
    assert (answer.status_code, answer.json()["id"]) == (200, one["id"])
    assert client.get(statementId=str(uuid4())).status_code == 404
    assert client.get(statementId="not-a-uuid").status_code == 400


def test_id_00157_id_00155_id_00163_id_00018_voided_ones_are_found_as_voided_only(client: Client, field: Field) -> None:
    one = field.send()
    assert client.get(voidedStatementId=one).status_code == 404
    client.post(void(one))
    assert client.get(statementId=one).status_code == 404
    assert client.get(voidedStatementId=one).json()["id"] == one
    assert one not in field.find(verb=field.iri("did"))
    assert client.get(voidedStatementId=str(uuid4())).status_code == 404
    assert client.get(voidedStatementId="not-a-uuid").status_code == 400


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize(
    ("extra", "value"),
    [
        ("agent", json.dumps(ADA)),
        ("verb", "a:b"),
        ("activity", "a:b"),
        ("registration", str(uuid4())),
        ("related_activities", "true"),
        ("related_agents", "true"),
        ("since", "2026-01-01T00:00:00Z"),
        ("until", "2026-01-01T00:00:00Z"),
        ("limit", "1"),
        ("ascending", "true"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isidentifier() else "00150-00151-beside-an-id",
)
def test_beside_an_id_nothing_else_may_stand(client: Client, name: str, extra: str, value: str) -> None:
    assert client.get(**{name: str(uuid4()), extra: value}).status_code == 400


def test_id_00150_id_00151_format_and_attachments_may_stand_beside_an_id(client: Client) -> None:
    one = statement()
    client.post(one)
    assert client.get(statementId=one["id"], format="ids", attachments="false").status_code == 200


def test_s_19_both_ids_at_once_are_400(client: Client) -> None:
    assert client.get(statementId=str(uuid4()), voidedStatementId=str(uuid4())).status_code == 400


def test_id_00149_id_00112_nothing_found_is_an_empty_list(client: Client, field: Field) -> None:
    answer = client.get(verb=field.iri("never"))
    assert (answer.status_code, answer.json()) == (200, {"statements": [], "more": ""})


def test_id_00164_every_filter_must_fit(field: Field) -> None:
    both = field.send()
    field.send(verb={"id": field.iri("other")})
    field.send(actor=field.agent("bob"))
    assert field.find(agent=field.agent("ada"), verb=field.iri("did")) == [both]
    assert field.find(agent=field.agent("bob"), verb=field.iri("other")) == []


def test_id_00181_agents_are_found_as_actor_object_and_member(field: Field) -> None:
    found = [
        field.send(),
        field.send(actor=field.agent("bob"), object=field.agent("ada")),
        field.send(actor=field.group("bob", "ada")),
        field.send(actor={**field.group("ada"), "mbox": f"mailto:crew@{field.name}.example"}),
    ]
    field.send(actor=field.agent("bob"))
    assert field.find(agent=field.agent("ada")) == found
    named = {"name": "Whatever", **field.agent("ada")}
    assert field.find(agent=named) == found
    crew = {"objectType": "Group", "mbox": f"mailto:crew@{field.name}.example"}
    assert field.find(agent=crew) == found[3:]


def test_id_00176_related_agents_reach_further(client: Client, field: Field) -> None:
    bob = field.agent("bob")
    found = [
        field.send(context={"instructor": bob}),
        field.send(context={"team": field.group("bob")}),
        field.send(object={"objectType": "SubStatement", "actor": bob, "verb": {"id": "a:b"}, "object": {"id": "a:c"}}),
    ]
    if client.session.headers[VERSION] == "2.0.0":
        found.append(field.send(context={"contextAgents": [{"objectType": "contextAgent", "agent": bob}]}))
        found.append(
            field.send(context={"contextGroups": [{"objectType": "contextGroup", "group": field.group("bob")}]})
        )
    assert field.find(agent=bob) == []
    assert field.find(agent=bob, related_agents="true") == found
    authority = client.get(statementId=found[0]).json()["authority"]
    assert found[0] in field.find(agent=authority, related_agents="true", verb=field.iri("did"))


def test_id_00180_verbs_are_found_exactly(field: Field) -> None:
    one = field.send()
    assert field.find(verb=field.iri("did")) == [one]
    assert field.find(verb=field.iri("DID")) == []
    assert field.find(verb=field.iri("di")) == []


def test_id_00179_id_00177_activities_are_found_as_object_and_related_ones_in_context(field: Field) -> None:
    direct = field.send(object={"id": field.iri("a")})
    related = [
        field.send(context={"contextActivities": {relation: {"id": field.iri("a")}}})
        for relation in ("parent", "grouping", "category", "other")
    ]
    plan = {"objectType": "SubStatement", "actor": ADA, "verb": {"id": "a:b"}}
    related.append(field.send(object={**plan, "object": {"id": field.iri("a")}}))
    inner = {"contextActivities": {"other": [{"id": field.iri("a")}]}}
    related.append(field.send(object={**plan, "object": {"id": "a:c"}, "context": inner}))
    assert field.find(activity=field.iri("a")) == [direct]
    assert field.find(activity=field.iri("a"), related_activities="true") == [direct, *related]
    assert field.find(activity=field.iri("a"), related_activities="false") == [direct]


def test_id_00178_registrations_are_the_statement_s_own(field: Field) -> None:
    registration = str(uuid4())
    one = field.send(context={"registration": registration})
    field.send(
        object={
            "objectType": "SubStatement",
            "actor": ADA,
            "verb": {"id": "a:b"},
            "object": {"id": "a:c"},
            "context": {"registration": registration},
        }
    )
    assert field.find(registration=registration.upper()) == [one]


def test_id_00175_id_00174_since_is_after_and_until_is_at_or_before(client: Client, field: Field) -> None:
    first, second = field.send(), field.send()
    stored = client.get(statementId=first).json()["stored"]
    did = field.iri("did")
    assert field.find(verb=did, since=stored) == [second]
    assert field.find(verb=did, until=stored) == [first]
    assert field.find(verb=did, since=stored.replace("Z", "+00:00")) == [second]


def test_id_00173_id_00166_limit_and_order(client: Client, field: Field) -> None:
    sent = [field.send() for _ in range(3)]
    did = field.iri("did")
    assert ids(client.get(verb=did, limit=2).json()["statements"]) == sent[:0:-1]
    assert ids(client.get(verb=did, limit=2, ascending="true").json()["statements"]) == sent[:2]
    assert ids(client.get(verb=did, limit=0, ascending="false").json()["statements"]) == sent[::-1]


BAD = [
    pytest.param({"agent": "x"}, id="00181-agent-is-no-json"),
    pytest.param({"agent": '{"mbox":"x"}'}, id="00181-agent-is-no-agent"),
    pytest.param({"agent": '{"mbox":"mailto:a@b.c","mbox":"mailto:d@e.f"}'}, id="00012-agent-with-a-key-twice"),
    pytest.param({"verb": "no iri"}, id="00180-verb-is-no-iri"),
    pytest.param({"activity": "noiri"}, id="00179-activity-is-no-iri"),
    pytest.param({"registration": "x"}, id="00178-registration-is-no-uuid"),
    pytest.param({"related_activities": "yes"}, id="00177-related-activities-is-no-boolean"),
    pytest.param({"related_agents": "True"}, id="00176-related-agents-is-no-boolean"),
    pytest.param({"since": "yesterday"}, id="00175-since-is-no-timestamp"),
    pytest.param({"until": "2026-01-01"}, id="00174-until-is-no-timestamp"),
    pytest.param({"limit": "-1"}, id="00173-limit-is-negative"),
    pytest.param({"limit": "1.5"}, id="00173-limit-is-no-integer"),
    pytest.param({"limit": "abc"}, id="00173-limit-is-text"),
    pytest.param({"limit": ""}, id="00173-limit-is-empty"),
    pytest.param({"format": "Exact"}, id="00168-format-in-other-case"),
    pytest.param({"format": "xml"}, id="00168-format-is-unknown"),
    pytest.param({"attachments": "1"}, id="00167-attachments-is-no-boolean"),
    pytest.param({"ascending": "1"}, id="00166-ascending-is-no-boolean"),
    pytest.param({"StatementId": str(uuid4())}, id="00325-statementId-in-other-case"),
    pytest.param({"Verb": "a:b"}, id="00325-verb-in-other-case"),
    pytest.param({"foo": "bar"}, id="00325-unknown-parameter"),
    pytest.param([("limit", "1"), ("limit", "2")], id="00324-a-parameter-twice"),
]


@pytest.mark.parametrize("parameters", BAD)
def test_what_cannot_be_understood_is_400_and_says_why(client: Client, parameters: Any) -> None:
    """With Consistent-Through on errors too (XAPI-00153, XAPI-00160)."""
    answer = client.session.get(client.url, params=parameters)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert answer.json()["rule"]
    assert instant(answer.headers[THROUGH])


def test_id_00153_id_00160_id_00152_consistent_through_is_on_every_answer_recent_and_true(client: Client) -> None:
    answers = [
        client.get(),
        client.get(limit="x"),
        client.get(statementId=str(uuid4())),
        client.post({}),
        client.session.get(f"{client.served.xapi}/more/x"),
        client.session.get(client.url, auth=("nobody", "x")),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 400, 400, 401]
    seen = [instant(answer.headers[THROUGH]) for answer in answers]
    assert seen == sorted(seen)
    now = parsedate_to_datetime(answers[-1].headers["Date"]).timestamp()
    assert abs(seen[-1] / 1e6 - now) < 30, "an idle store is consistent through now"
    one = client.post(statement()).json()[0]
    assert instant(client.get(statementId=one).json()["stored"]) > seen[-1]


def test_id_00165_id_00161_id_00167_the_content_type_is_always_said(client: Client) -> None:
    one = statement()
    client.post(one)
    for parameters in ({}, {"statementId": one["id"]}, {"attachments": "false"}, {"limit": "x"}):
        assert "json" in client.get(**parameters).headers["Content-Type"]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_s_20_t_13_last_modified_is_when_the_newest_was_stored(
    shared: Served, clock: ManualClock, version: str
) -> None:
    client = Client(shared, version)
    field = Field(client)
    first = field.send()
    clock.move(seconds=5)
    second = field.send()

    def second_of(id_: str) -> int:
        return instant(client.get(statementId=id_).json()["stored"]) // 1_000_000

    for parameters, newest in (
        ({"statementId": first}, first),
        ({"verb": field.iri("did")}, second),
        ({"verb": field.iri("did"), "ascending": "true"}, second),
    ):
        modified = parsedate_to_datetime(client.get(**parameters).headers["Last-Modified"]).timestamp()
        assert modified == second_of(newest), parameters


# StatementRefs (00162)


def test_id_00162_a_referrer_is_found_by_its_target_through_any_number_of_hops(client: Client, field: Field) -> None:
    target = field.send()
    first, second = reference(target), reference("", verb="https://x.example/noted")
    second["object"]["id"] = first["id"]
    client.post([second, first])
    assert set(field.find(verb=field.iri("did"))) == {target, first["id"], second["id"]}
    assert set(field.find(activity=field.iri("course"))) == {target, first["id"], second["id"]}
    stored = client.get(statementId=target).json()["stored"]
    assert set(field.find(verb=field.iri("did"), since=stored)) == {first["id"], second["id"]}
    aside = field.send(
        verb={"id": "https://x.example/aside"}, context={"statement": {"objectType": "StatementRef", "id": target}}
    )
    assert aside not in field.find(verb=field.iri("did"))
    client.post(void(target))
    assert target not in field.find(verb=field.iri("did"))
    assert {first["id"], second["id"]} <= set(field.find(verb=field.iri("did")))


# Paging


def test_id_00108_id_00111_id_00114_id_00109_more_leads_through_everything_once(client: Client, field: Field) -> None:
    sent = [field.send() for _ in range(5)]
    pages = [page for _, page in client.pages(verb=field.iri("did"), limit=2, ascending="true")]
    assert [ids(page) for page in pages] == [sent[:2], sent[2:4], sent[4:]]
    first = client.get(verb=field.iri("did"), limit=2).json()["more"]
    assert first.startswith("/xapi/more/")
    last = client.get(verb=field.iri("did")).json()["more"]
    assert last == ""
    stranger = client.session.get(client.served.url + first, auth=("nobody", "x"))
    assert stranger.status_code == 401
    assert client.session.get(client.served.url + first, headers={VERSION: None}).status_code == 400


def test_s_23_more_is_small_whatever_was_asked(client: Client, field: Field) -> None:
    for _ in range(2):
        field.send()
    answer = client.get(verb=field.iri("did"), limit=1, agent=json.dumps(field.agent("ada")), related_agents="true")
    assert len(answer.json()["more"]) < 400


def test_s_24_voided_later_vanishes_and_nothing_is_skipped_or_repeated(client: Client, field: Field) -> None:
    sent = [field.send() for _ in range(6)]
    did = field.iri("did")
    first = client.get(verb=did, limit=2, ascending="true").json()
    client.post(void(sent[3]))
    field.send()
    rest = client.session.get(client.served.url + first["more"]).json()
    assert ids(first["statements"]) == sent[:2]
    assert ids(rest["statements"]) == [sent[2], sent[4]]


def test_d_05_stored_never_ties(client: Client, field: Field) -> None:
    batch = [statement(verb={"id": field.iri("did")}) for _ in range(50)]
    client.post(batch)
    stored = [one["stored"] for _, page in client.pages(verb=field.iri("did")) for one in page]
    assert len(set(stored)) == 50
    assert [one["id"] for _, page in client.pages(verb=field.iri("did"), ascending="true") for one in page] == ids(
        batch
    )


# Voiding


@pytest.mark.parametrize(
    "target",
    [
        pytest.param({"id": "https://x.example/activity"}, id="00019-an-activity"),
        pytest.param({"objectType": "Agent", **ADA}, id="00019-an-agent"),
        pytest.param({"id": str(uuid4())}, id="00020-without-object-type"),
        pytest.param({"objectType": "StatementRef"}, id="00020-without-id"),
        pytest.param(
            {"objectType": "SubStatement", "actor": ADA, "verb": {"id": "a:b"}, "object": {"id": "a:c"}},
            id="00017-a-sub-statement",
        ),
    ],
)
def test_a_voiding_statement_points_at_a_statement(client: Client, target: dict[str, Any]) -> None:
    assert client.post(statement(verb={"id": VOIDED}, object=target)).status_code == 400


def test_id_00016_voiding_a_voiding_statement_has_no_effect(client: Client) -> None:
    one = statement()
    first, second = void(one["id"]), void("")
    second["object"]["id"] = first["id"]
    assert [client.post(body).status_code for body in (one, first, second)] == [200, 200, 200]
    assert client.status(first["id"]) == (200, 404)
    assert client.status(one["id"]) == (404, 200)


def test_s_25_voiding_twice_is_harmless(client: Client) -> None:
    one = statement()
    assert client.post([one, void(one["id"])]).status_code == 200
    assert client.post(void(one["id"])).status_code == 200
    assert client.status(one["id"]) == (404, 200)


def test_s_26_a_target_that_comes_after_its_void_is_voided_at_once(client: Client) -> None:
    one = statement()
    client.post(void(one["id"]))
    assert client.post(one).status_code == 200
    assert client.status(one["id"]) == (404, 200)


def test_s_28_voiding_needs_a_right_of_its_own(client: Client) -> None:
    credential, secret = client.served.prowess.credentials.create(uuid4().hex, ["statements/write", "statements/read"])
    one = statement()
    client.post(one)
    refused = client.post(void(one["id"]), auth=(credential.key, str(secret)))
    assert (refused.status_code, client.status(one["id"])) == (403, (200, 404))
