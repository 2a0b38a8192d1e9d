"""Activities, agents and canonical definitions over real HTTP: requirements sections 20 and 13."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import requests
from sqlalchemy import func, select

from lrs import yaml_door
from lrs.feed.consumer import Effect
from lrs.feed.items import FeedItem
from lrs.jobs import MAIN
from lrs.people.roster import roster_from
from lrs.store import directory
from lrs.store import tables as t
from lrs.store.canon import CONSUMER, CanonKeeper
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.json_door import load
from lrs.xapi.versions import Version
from tests.conftest import Served, start_server
from tests.listening import overheard
from tests.servers import fresh_database, sqlite_at
from tests.store.sending import Client, statement, void

Serve = Callable[..., Served]
PEOPLE = """
people:
  - id: ada
    name: Ada Byron
    identifiers: [{mbox: "mailto:ada@example.org"}, {account: {homePage: "https://l.example", name: "17"}}]
"""
CHOICE = {
    "interactionType": "choice",
    "correctResponsesPattern": ["a"],
    "choices": [{"id": "a", "description": {"en": "yes", "de": "ja"}}, {"id": "b"}],
}


@dataclass
class Store(Served):
    """A server whose consumer is run after every write, or never."""

    eager: bool = False


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def idle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server a database for all tests here, without a worker: the consumer runs when `digest` is called."""
    with ExitStack() as stack:
        url = sqlite_at(tmp_path_factory.mktemp("directory") / "store.db")
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        served, stop = start_server(url, PROWESS_RUNNER_KIND="none", PROWESS_SERVER_PUBLIC_URL="https://lrs.example")
        stack.callback(stop)
        yield served


@pytest.fixture(params=["unread", "digested"])
def served(request: pytest.FixtureRequest, idle: Served) -> Store:
    """The answers must be the same whether the consumer has come to the statements or not."""
    return Store(idle.url, idle.app, idle.prowess, idle.key, idle.secret, eager=request.param == "digested")


def digest(served: Served) -> None:
    served.prowess.work.drain(MAIN)


def iri() -> str:
    return f"https://x.example/{uuid4()}"


class Asker(Client):
    """A client that also asks the directory."""

    def __init__(self, served: Served, version: str = "1.0.3") -> None:
        super().__init__(served, version)
        self.eager = isinstance(served, Store) and served.eager

    def tell(self, *statements: dict[str, Any]) -> list[str]:
        answer = self.post(list(statements))
        assert answer.status_code == 200, answer.text
        if self.eager:
            digest(self.served)
        found: list[str] = answer.json()
        return found

    def ask(self, resource: str, **parameters: Any) -> requests.Response:
        return self.session.get(f"{self.served.xapi}/{resource}", params=parameters, timeout=30)

    def activity(self, id_: str) -> Any:
        answer = self.ask("activities", activityId=id_)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return load(answer.content)

    def person(self, **agent: Any) -> Any:
        answer = self.ask("agents", agent=json.dumps(agent))
        assert answer.status_code == 200, answer.text
        return answer.json()


def key_with(served: Served, *scopes: str) -> Asker:
    """A client with a key of its own."""
    asker = Asker(served)
    credential, secret = served.prowess.credentials.create(f"key-{uuid4()}", list(scopes))
    asker.session.auth = (credential.key, str(secret))
    return asker


def about(id_: str, definition: Any = None, **changes: Any) -> dict[str, Any]:
    described = {} if definition is None else {"definition": definition}
    return statement(object={"id": id_, **described}, **changes)


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_an_activity_is_what_all_statements_say_id_00251_00252_00253_00254(served: Served, version: str) -> None:
    asker, id_ = Asker(served, version), iri()
    asker.tell(about(id_, {"name": {"en": "meeting"}, "type": "a:meeting"}), about(id_, {"name": {"fr": "réunion"}}))
    asker.tell(about(id_), about(id_, {"extensions": {"a:big": 1234567890123456789012345678901234567890}}))
    answer = asker.ask("activities", activityId=id_)
    assert answer.json() == {
        "objectType": "Activity",
        "id": id_,
        "definition": {
            "name": {"en": "meeting", "fr": "réunion"},
            "type": "a:meeting",
            "extensions": {"a:big": 1234567890123456789012345678901234567890},
        },
    }
    assert answer.headers["X-Experience-API-Version"] == version
    assert "Last-Modified" in answer.headers


def test_definitions_are_found_wherever_an_activity_stands_id_00252(served: Served) -> None:
    asker = Asker(served)
    places = {place: iri() for place in ("parent", "grouping", "category", "other", "sub", "sub-parent")}

    def activity(place: str) -> dict[str, Any]:
        return {"id": places[place], "definition": {"name": {"en": place}}}

    around = {"contextActivities": {place: [activity(place)] for place in ("parent", "grouping", "category", "other")}}
    sub = {
        "objectType": "SubStatement",
        "actor": {"mbox": "mailto:sue@example.org"},
        "verb": {"id": "a:planned"},
        "object": activity("sub"),
        "context": {"contextActivities": {"parent": activity("sub-parent")}},
    }
    asker.tell(statement(object=sub, context=around))
    for place, id_ in places.items():
        assert asker.activity(id_)["definition"] == {"name": {"en": place}}, place


def test_an_unknown_activity_has_its_id_and_no_more_t_21(served: Served) -> None:
    asker, id_ = Asker(served), iri()
    assert asker.activity(id_) == {"objectType": "Activity", "id": id_}
    assert "Last-Modified" not in asker.ask("activities", activityId=id_).headers
    asker.tell(about(id_))
    assert asker.activity(id_) == {"objectType": "Activity", "id": id_}
    odd = "https://例え.jp/動詞?a=1&b=%2B#ü"
    assert asker.activity(odd) == {"objectType": "Activity", "id": odd}


def test_a_refused_batch_leaves_no_trace_00182_00326(served: Served) -> None:
    asker, id_ = Asker(served), iri()
    named = {"mbox": f"mailto:{uuid4()}@example.org", "name": "Refused"}
    refused = asker.post([about(id_, {"name": {"en": "never"}}, actor=named), {"actor": named}])
    assert refused.status_code == 400
    digest(served)
    assert asker.activity(id_) == {"objectType": "Activity", "id": id_}
    assert asker.person(mbox=named["mbox"]) == {"objectType": "Person", "mbox": [named["mbox"]]}
    with served.prowess.database.read() as conn:
        assert not conn.scalar(select(func.count()).where(t.canonical.c.text == id_))


@pytest.mark.parametrize(
    ("resource", "parameters", "rule"),
    [
        pytest.param("activities", {}, "XAPI-00250", id="00250-missing"),
        pytest.param("activities", {"activityId": "no-iri"}, "S-48", id="S-48-no-iri"),
        pytest.param("activities", {"activityId": ""}, "S-48", id="S-48-empty"),
        pytest.param("activities", {"activityID": "a:b"}, "XAPI-00325", id="00325-other-case"),
        pytest.param("activities", {"activityId": ["a:b", "a:c"]}, "XAPI-00324", id="00324-twice"),
        pytest.param("agents", {}, "XAPI-00243", id="00243-missing"),
        pytest.param("agents", {"agent": "ada"}, "XAPI-00249", id="00249-no-json"),
        pytest.param("agents", {"agent": "{}"}, "XAPI-00249", id="00249-no-identifier"),
        pytest.param("agents", {"agent": '{"mbox":"ada@x.org"}'}, "XAPI-00249", id="00249-no-mailto"),
        pytest.param("agents", {"agent": '{"account":{"name":"a"}}'}, "XAPI-00249", id="00249-half-an-account"),
        pytest.param(
            "agents", {"agent": '{"mbox":"mailto:a@b.c","openid":"a:b"}'}, "XAPI-00249", id="00249-two-identifiers"
        ),
        pytest.param("agents", {"agent": '{"objectType":"Group","openid":"a:b"}'}, "XAPI-00249", id="00249-group"),
        pytest.param("agents", {"agent": '{"mbox":"mailto:a@b.c"}', "x": "1"}, "XAPI-00325", id="00325-unknown"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_a_wrong_question_is_refused(
    idle: Served, version: str, resource: str, parameters: dict[str, Any], rule: str
) -> None:
    answer = Asker(idle, version).ask(resource, **parameters)
    assert (answer.status_code, answer.json()["rule"]) == (400, rule), answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("resource", ["activities?activityId=a:b", 'agents?agent={"mbox":"mailto:a@b.c"}'])
def test_version_and_credentials_are_asked_for_id_00321_00334(idle: Served, resource: str) -> None:
    url = f"{idle.xapi}/{resource}"
    assert idle.session(None).get(url, timeout=30).status_code == 400
    headers = {"X-Experience-API-Version": "1.0.3"}
    assert requests.get(url, headers=headers, timeout=30).status_code == 401
    assert key_with(idle, "statements/write").session.get(url, timeout=30).status_code == 403


@pytest.mark.parametrize("resource", ["activities?activityId=a:b", 'agents?agent={"mbox":"mailto:a@b.c"}', "about"])
def test_head_is_get_without_a_body_00125(idle: Served, resource: str) -> None:
    session = idle.session()
    head, get = (session.request(method, f"{idle.xapi}/{resource}", timeout=30) for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "X-Experience-API-Version"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param({"mbox": "mailto:{}@example.org"}, id="00239-00244-mbox"),
        pytest.param({"mbox_sha1sum": "{}"}, id="00240-mbox_sha1sum"),
        pytest.param({"openid": "https://id.example/{}"}, id="00241-openid"),
        pytest.param({"account": {"homePage": "https://l.example", "name": "{}"}}, id="00242-account"),
    ],
)
def test_a_person_has_arrays_id_00236_00237_00238_00245_00246_00247_00248(
    served: Served, identifier: dict[str, Any]
) -> None:
    asker = Asker(served)
    agent = json.loads(json.dumps(identifier).replace("{}", uuid4().hex + "00000000"))
    ((kind, value),) = agent.items()
    assert asker.person(**agent, name="Asked") == {"objectType": "Person", "name": ["Asked"], kind: [value]}  # 00247
    assert asker.person(**agent) == {"objectType": "Person", kind: [value]}
    asker.tell(statement(actor={**agent, "name": "Ada"}), statement(actor={**agent, "name": "A. Byron"}))
    asker.tell(statement(actor=agent))
    assert asker.person(**agent, name="Asked") == {"objectType": "Person", "name": ["A. Byron", "Ada"], kind: [value]}


def test_names_are_found_wherever_an_agent_stands_00238(served: Served) -> None:
    asker = Asker(served, "2.0.0")
    boxes = {place: f"mailto:{uuid4()}@example.org" for place in ("object", "instructor", "team", "member", "related")}

    def agent(place: str) -> dict[str, Any]:
        return {"objectType": "Agent", "mbox": boxes[place], "name": place}

    context = {
        "instructor": agent("instructor"),
        "team": {"objectType": "Group", "mbox": boxes["team"], "name": "team", "member": [agent("member")]},
        "contextAgents": [{"objectType": "contextAgent", "agent": agent("related"), "relevantTypes": ["a:b"]}],
    }
    asker.tell(statement(object=agent("object"), context=context))
    for place, mbox in boxes.items():
        assert asker.person(mbox=mbox)["name"] == [place], place


def test_an_interaction_belongs_to_who_defined_it_s_49(served: Served) -> None:
    mine, other, id_ = key_with(served, "all"), key_with(served, "all"), iri()
    mine.tell(about(id_, CHOICE))
    other.tell(about(id_, {**CHOICE, "correctResponsesPattern": ["b"], "name": {"en": "quiz"}}))
    assert other.activity(id_)["definition"] == {**CHOICE, "name": {"en": "quiz"}}
    mine.tell(about(id_, {**CHOICE, "correctResponsesPattern": ["b"]}))
    assert other.activity(id_)["definition"]["correctResponsesPattern"] == ["b"]


def test_who_may_not_define_is_stored_and_changes_nothing_s_65(served: Served) -> None:
    humble, asker, id_ = key_with(served, "statements/write"), Asker(served), iri()
    mbox = f"mailto:{uuid4()}@example.org"
    asker.tell(about(id_, {"name": {"en": "true"}}))
    (stored,) = humble.tell(about(id_, {"name": {"en": "false"}, **CHOICE}, actor={"mbox": mbox, "name": "Nobody"}))
    assert asker.activity(id_)["definition"] == {"name": {"en": "true"}}
    assert asker.person(mbox=mbox) == {"objectType": "Person", "mbox": [mbox]}
    assert asker.get(statementId=stored).json()["object"]["definition"]["name"] == {"en": "false"}
    key_with(served, "statements/write", "define").tell(about(id_, {"name": {"en": "truer"}}))
    assert asker.activity(id_)["definition"] == {"name": {"en": "truer"}}


def test_what_prowess_itself_says_and_what_is_imported_counts_s_65(served: Served) -> None:
    asker, prowess = Asker(served), served.prowess
    nobody, _ = prowess.credentials.create(f"key-{uuid4()}", [])
    for credential, origin in ((prowess.credentials.own("import"), 0), (nobody, 1)):
        id_ = iri()
        body = json.dumps(about(id_, {"name": {"en": "ours"}})).encode()
        batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=uuid4)
        prowess.statements.record(Intake(1, credential.id, batch.statements, Version.V1_0_3, origin))
        if asker.eager:
            digest(served)
        assert asker.activity(id_)["definition"] == {"name": {"en": "ours"}}


def test_a_voided_statement_keeps_what_it_defined_s_27(served: Served) -> None:
    asker, id_ = Asker(served), iri()
    (said,) = asker.tell(about(id_, {"name": {"en": "said"}}))
    asker.tell(void(said))
    assert asker.activity(id_)["definition"] == {"name": {"en": "said"}}


def test_who_reads_only_its_own_sees_only_its_own_words_d_11(served: Served) -> None:
    asker, narrow, id_ = Asker(served), key_with(served, "statements/write", "statements/read/mine"), iri()
    mbox = f"mailto:{uuid4()}@example.org"
    asker.tell(about(id_, {"name": {"en": "theirs"}, "type": "a:theirs"}, actor={"mbox": mbox, "name": "Theirs"}))
    assert narrow.activity(id_) == {"objectType": "Activity", "id": id_}
    assert narrow.person(mbox=mbox) == {"objectType": "Person", "mbox": [mbox]}
    narrow.tell(
        about(id_, {"name": {"de": "meins"}}, actor={"mbox": mbox, "name": "Mine"}),
        statement(context={"contextActivities": {"parent": [{"id": id_, "definition": {"name": {"fr": "mien"}}}]}}),
    )
    assert narrow.activity(id_)["definition"] == {"name": {"de": "meins", "fr": "mien"}}
    assert narrow.person(mbox=mbox)["name"] == ["Mine"]
    (own, *_) = narrow.get(activity=id_, format="canonical").json()["statements"]
    assert own["object"]["definition"] == {"name": {"de": "meins"}}
    assert "type" not in own["object"]["definition"]
    head = narrow.session.head(f"{served.xapi}/activities", params={"activityId": id_}, timeout=30)
    assert head.status_code == 200
    assert narrow.activity(id_).get("definition") != asker.activity(id_)["definition"]


def test_its_own_words_are_the_newest_thousand_d_11(idle: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "OWN_MOST", 3)
    narrow, id_ = key_with(idle, "statements/write", "statements/read/mine"), iri()
    narrow.tell(*(about(id_, {"name": {language: language}}) for language in ("en", "de", "fr", "es", "it")))
    assert narrow.activity(id_)["definition"]["name"] == {"fr": "fr", "es": "es", "it": "it"}


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_canonical_is_what_the_store_knows_in_one_language_id_00169_00172(served: Served, version: str) -> None:
    asker, id_, verb, planned = Asker(served, version), iri(), iri(), iri()
    (bare,) = asker.tell(about(id_, verb={"id": verb}))
    asker.tell(about(id_, {"name": {"en": "course", "de": "Kurs"}}, verb={"id": verb, "display": {"en": "did"}}))
    sub = {
        "objectType": "SubStatement",
        "actor": {"mbox": "mailto:sue@example.org"},
        "verb": {"id": planned, "display": {"en": "planned"}},
        "object": {"id": id_, "definition": CHOICE},
    }
    asker.tell(statement(object=sub, verb={"id": verb, "display": {"de": "tat"}}))
    german = {"headers": {"Accept-Language": "de-DE;q=0.2, de"}}

    def get(**parameters: Any) -> Any:
        return asker.session.get(asker.url, params=parameters, timeout=30, **german).json()

    merged = {"name": {"de": "Kurs"}, **CHOICE, "choices": [{"id": "a", "description": {"de": "ja"}}, {"id": "b"}]}
    one = get(statementId=bare, format="canonical")
    assert one["object"]["definition"] == merged
    assert one["verb"] == {"id": verb, "display": {"de": "tat"}}
    listed = get(verb=verb, format="canonical", ascending="true")["statements"]
    assert [each["verb"]["display"] for each in listed] == [{"de": "tat"}] * 3
    assert listed[2]["object"]["object"]["definition"] == merged
    assert listed[2]["object"]["verb"]["display"] == {"en": "planned"}
    assert "definition" not in get(statementId=bare)["object"]  # 00170: exact is as received
    assert get(statementId=bare, format="ids")["object"] == {"id": id_}


def test_more_pages_are_canonical_too_00169(served: Served) -> None:
    asker, id_, verb = Asker(served), iri(), iri()
    asker.tell(*(about(id_, verb={"id": verb}) for _ in range(5)))
    asker.tell(about(id_, {"name": {"en": "known"}}))
    pages = [page for _, page in asker.pages(verb=verb, format="canonical", limit=2)]
    assert [len(page) for page in pages] == [2, 2, 1]
    for page in pages:
        assert [one["object"]["definition"] for one in page] == [{"name": {"en": "known"}}] * len(page)


def test_the_sub_statement_s_verb_is_known_without_being_a_filter_s_22(served: Served) -> None:
    asker, said, bare = Asker(served), iri(), iri()
    sub = {
        "objectType": "SubStatement",
        "actor": {"mbox": "mailto:sue@example.org"},
        "verb": {"id": said, "display": {"en": "planned"}},
        "object": {"id": "https://x.example/a"},
    }
    (plain,) = asker.tell(statement(verb={"id": said}, object={"id": bare}))
    asker.tell(statement(object=sub))
    assert asker.get(statementId=plain, format="canonical").json()["verb"]["display"] == {"en": "planned"}
    assert asker.found(verb=said) == [plain]


def test_a_page_costs_one_look_up_of_a_few_queries(idle: Served) -> None:
    asker, verb = Asker(idle), iri()
    asker.tell(*(about(iri(), {"name": {"en": "x"}}, verb={"id": verb}) for _ in range(60)))
    digest(idle)
    with overheard(idle.prowess.database.reading) as executed:
        assert len(asker.get(verb=verb, format="canonical").json()["statements"]) == 60
    assert len([one for one in executed if "canonical" in one.sql]) == 1
    assert len(executed) < 12, executed


def test_a_long_tail_is_walked_in_windows_and_stays_right(idle: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "_WINDOW", 7)
    asker, id_ = Asker(idle), iri()
    asker.eager = False
    digest(idle)
    for start in range(0, 60, 20):
        asker.tell(*(about(id_, {"extensions": {f"a:{start + n}": n}}) for n in range(20)))
        asker.tell(*(statement() for _ in range(20)))
    unread = asker.activity(id_)
    assert list(unread["definition"]["extensions"]) == [f"a:{n}" for n in range(60)]
    digest(idle)
    assert asker.activity(id_) == unread


def test_a_page_of_more_keys_than_a_query_takes(idle: Served) -> None:
    asker, verb = Asker(idle), iri()
    asker.eager = False
    others = [{"id": f"{verb}/{n}", "definition": {"name": {"en": str(n)}}} for n in range(1200)]
    asker.tell(statement(verb={"id": verb}, context={"contextActivities": {"other": others}}))
    asker.tell(about(f"{verb}/7", {"name": {"en": "seven"}}))
    (one,) = asker.get(verb=verb, format="canonical").json()["statements"]
    shown = [activity["definition"]["name"]["en"] for activity in one["context"]["contextActivities"]["other"]]
    assert shown == ["seven" if n == 7 else str(n) for n in range(1200)]


def test_what_everybody_repeats_is_written_once(idle: Served) -> None:
    asker, id_ = Asker(idle), iri()
    for expected in (1, 0, 0):
        asker.tell(*(about(id_, {"name": {"en": "same"}}, actor={"mbox": "mailto:x@y.z"}) for _ in range(20)))
        with overheard(idle.prowess.database.writing) as executed:
            digest(idle)
        assert len([one for one in executed if "INTO canonical" in one.sql]) == expected


def test_another_worker_s_turn_is_not_overwritten_from_memory(idle: Served) -> None:
    """A consumer remembers documents; somebody else may digest a batch between two of its own."""
    asker, id_, feed = Asker(idle), iri(), idle.prowess.feed
    asker.eager = False
    workers = [CanonKeeper(idle.prowess.database) for _ in range(2)]
    digest(idle)
    for number, language in enumerate(("en", "de", "fr", "es", "it")):
        asker.tell(about(id_, {"name": {language: language}}))
        while feed.step(workers[number % 2]):
            pass
    assert asker.activity(id_)["definition"]["name"] == {x: x for x in ("en", "de", "fr", "es", "it")}


@pytest.mark.parametrize(("letters", "is_read_again"), [(10, False), (1_000_000, True)])
def test_enormous_documents_are_not_all_kept_in_memory(idle: Served, letters: int, is_read_again: bool) -> None:
    asker, ids, keeper = Asker(idle), [iri() for _ in range(10)], CanonKeeper(idle.prowess.database)
    asker.eager = False
    digest(idle)
    for id_ in (*ids, ids[0]):
        asker.tell(about(id_, {"description": {"en": letters * "x"}}))
        with overheard(idle.prowess.database.reading) as executed:
            while idle.prowess.feed.step(keeper):
                pass
    assert any("FROM canonical" in one.sql for one in executed) == is_read_again
    assert asker.activity(ids[0])["definition"]["description"] == {"en": letters * "x"}


def test_what_is_remembered_stays_good_while_statements_say_nothing_new(idle: Served) -> None:
    asker, id_, keeper = Asker(idle), iri(), CanonKeeper(idle.prowess.database)
    asker.eager = False
    digest(idle)
    for number, name in enumerate(["a", "a", "a", "b", "b", "c"]):
        asker.tell(*(about(id_, {"name": {"en": name}}) for _ in range(60 if number == 2 else 1)))
        with overheard(idle.prowess.database.reading) as executed:
            while idle.prowess.feed.step(keeper):
                pass
        assert any("FROM canonical" in one.sql for one in executed) == (number == 0)
    assert idle.prowess.feed.behind(CONSUMER) == 0
    assert asker.activity(id_)["definition"]["name"] == {"en": "c"}


class Sick(CanonKeeper):
    """A keeper that can digest nothing until it is well, and then does something after it has looked at items."""

    is_well = False
    after: Callable[[], None] = staticmethod(lambda: None)

    def consume(self, items: Sequence[FeedItem]) -> Effect | None:
        if not self.is_well:
            raise ValueError("cannot digest")
        effect, after = super().consume(items), self.after
        self.after = lambda: None
        after()
        return effect


def follow(served: Served, keeper: CanonKeeper) -> None:
    while served.prowess.feed.step(keeper):
        pass


@pytest.fixture
def parked(idle: Served) -> Iterator[tuple[Asker, str, Sick, int]]:
    """Who names an activity in one language, in a statement that was parked; and the keeper, who is well again."""
    asker, id_, keeper = Asker(idle), iri(), Sick(idle.prowess.database)
    digest(idle)
    asker.tell(about(id_, {"name": {"de": "b"}}))
    follow(idle, keeper)
    keeper.is_well = True
    yield asker, id_, keeper, idle.prowess.feed.parked()[0].seq
    assert not idle.prowess.feed.parked()


@pytest.mark.parametrize("at_once", [False, True], ids=["before", "while the next are digested"])
def test_what_was_parked_and_digested_by_another_was_lost_with_the_next_statement(
    idle: Served, parked: tuple[Asker, str, Sick, int], at_once: bool
) -> None:
    asker, id_, keeper, seq = parked

    def retry() -> None:
        assert idle.prowess.feed.retry(CanonKeeper(idle.prowess.database), seq) is None

    asker.tell(about(id_, {"name": {"en": "a"}}))
    follow(idle, keeper)
    asker.tell(about(id_, {"name": {"fr": "c"}}))
    if at_once:
        keeper.after = retry
    else:
        retry()
    follow(idle, keeper)
    assert asker.activity(id_)["definition"]["name"] == {"en": "a", "de": "b", "fr": "c"}


def test_what_was_said_while_a_parked_item_was_digested_was_lost(
    idle: Served, parked: tuple[Asker, str, Sick, int]
) -> None:
    asker, id_, keeper, seq = parked
    asker.tell(about(id_, {"name": {"en": "a"}}))
    keeper.after = lambda: follow(idle, CanonKeeper(idle.prowess.database))
    assert idle.prowess.feed.retry(keeper, seq) is None
    assert asker.activity(id_)["definition"]["name"] == {"en": "a", "de": "b"}


def test_what_was_parked_overwrites_nothing_that_was_said_after_it(idle: Served) -> None:
    """However often: of several that were parked each is digested in whatever order somebody retries them."""
    asker, id_, keeper = Asker(idle), iri(), Sick(idle.prowess.database)
    box = f"mailto:{uuid4()}@example.org"
    digest(idle)
    for number, name in enumerate(("first", "second")):
        definition = {"name": {"en": name, "de": name}, "description": {f"x-{number}": name}, "type": f"a:{name}"}
        asker.tell(about(id_, definition, actor={"mbox": box, "name": name}))
        follow(idle, keeper)
    keeper.is_well = True
    asker.tell(about(id_, {"name": {"en": "third"}}, actor={"mbox": box, "name": "third"}))
    follow(idle, keeper)
    asker.tell(about(id_, {"name": {"fr": "fourth"}}))
    keeper.after = lambda: follow(idle, CanonKeeper(idle.prowess.database))
    for one in reversed(idle.prowess.feed.parked()):
        assert idle.prowess.feed.retry(keeper, one.seq) is None
    assert asker.activity(id_)["definition"] == {
        "name": {"en": "third", "de": "second", "fr": "fourth"},
        "description": {"x-0": "first", "x-1": "second"},
        "type": "a:second",
    }
    assert asker.person(mbox=box)["name"] == ["third", "second", "first"]


def test_what_a_key_that_defines_nothing_said_later_hides_nothing_that_was_parked(
    idle: Served, parked: tuple[Asker, str, Sick, int]
) -> None:
    asker, id_, keeper, seq = parked
    key_with(idle, "statements/write").tell(about(id_, {"name": {"de": "mine"}}))
    follow(idle, keeper)
    assert idle.prowess.feed.retry(keeper, seq) is None
    assert asker.activity(id_)["definition"]["name"] == {"de": "b"}


def test_persons_are_merged_when_configured_and_only_for_wide_keys_s_47(serve: Serve, database_url: str) -> None:
    served = serve(database_url, PROWESS_RUNNER_KIND="none", PROWESS_XAPI_MERGE_PERSONS="true")
    served.prowess.people.record(roster_from(yaml_door.load(PEOPLE, "people.yaml")[0]))
    account = {"homePage": "https://l.example", "name": "17"}
    asker = Asker(served)
    asker.tell(
        statement(actor={"mbox": "mailto:ada@example.org", "name": "Ada"}),
        statement(actor={"account": account, "name": "A. Byron"}),
    )
    for key in (asker, key_with(served, "all/read")):
        for question in ({"mbox": "mailto:ada@example.org"}, {"account": account}):
            person = key.person(**question)
            assert sorted(person["name"]) == ["A. Byron", "Ada"]
            assert (person["mbox"], person["account"]) == (["mailto:ada@example.org"], [account])
    narrow = key_with(served, "statements/read").person(mbox="mailto:ada@example.org")
    assert narrow == {"objectType": "Person", "name": ["Ada"], "mbox": ["mailto:ada@example.org"]}
    assert asker.person(mbox="mailto:eve@example.org") == {"objectType": "Person", "mbox": ["mailto:eve@example.org"]}


def test_persons_are_not_merged_by_default_s_47(serve: Serve, database_url: str) -> None:
    served = serve(database_url, PROWESS_RUNNER_KIND="none")
    served.prowess.people.record(roster_from(yaml_door.load(PEOPLE, "people.yaml")[0]))
    assert "account" not in Asker(served).person(mbox="mailto:ada@example.org")


def test_about_tells_versions_and_limits_to_anybody_id_00315_00316_00317_00318_00319_00320(idle: Served) -> None:
    for headers in ({}, {"X-Experience-API-Version": "0.9"}, {"X-Experience-API-Version": "1.0.3"}):  # 00321
        answer = requests.get(f"{idle.xapi}/about", headers=headers, timeout=30)
        assert answer.status_code == 200
        assert answer.json().keys() == {"version", "extensions"}
        assert answer.json()["version"] == ["1.0.3", "2.0.0"]
        for key, value in answer.json()["extensions"].items():
            assert ":" in key
            assert value == {"body_bytes": 33554432, "batch": 10000, "page": 100}


def test_64_parallel_batches_that_rename_three_activities_meet_no_deadlock(serve: Serve, database_url: str) -> None:
    """lrs-lessons 11: other stores answer with deadlocks and 5xx here."""
    served = serve(database_url)
    shared = [iri() for _ in range(3)]

    def send(number: int) -> int:
        order = shared if number % 2 else shared[::-1]
        batch = [
            about(id_, {"name": {"en": f"name {number}", f"x-{number:02}": "mine"}}, actor={"mbox": "mailto:a@b.c", "name": str(number)})
            for id_ in order
        ]  # fmt: skip
        return Client(served).post(batch).status_code

    with ThreadPoolExecutor(64) as pool:
        asked = [pool.submit(Asker(served).activity, id_) for id_ in shared]
        assert set(pool.map(send, range(64))) == {200}
        assert all(future.result()["objectType"] == "Activity" for future in asked)
    digest(served)
    with served.prowess.database.read() as conn:
        assert not conn.scalar(select(func.count()).select_from(t.parked))
        cursor = conn.scalar(select(t.consumer.c.cursor).where(t.consumer.c.name == CONSUMER))
        assert cursor == conn.scalar(select(func.max(t.statement.c.seq)))
    for id_ in shared:
        names = Asker(served).activity(id_)["definition"]["name"]
        assert names.keys() == {"en", *(f"x-{number:02}" for number in range(64))}
    last = Client(served).get(limit=1).json()["statements"][0]
    assert (
        Asker(served).activity(last["object"]["id"])["definition"]["name"]["en"]
        == last["object"]["definition"]["name"]["en"]
    )
    assert len(Asker(served).person(mbox="mailto:a@b.c")["name"]) == 10
