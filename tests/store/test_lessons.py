"""The cases at which other record stores fail (lrs-lessons, section 8), each on both databases.

| case | where |
|---|---|
| 1 void before its target | here; every order in test_intake.py |
| 2 reference before its target | here; every order in test_intake.py and test_properties.py |
| 3 more than one page of references; equal `stored` | here |
| 4 a slow transaction opened before a fast one | here; in the feed: test_poller.py |
| 5 a `timestamp` long ago, stored now | here |
| 6 state ids with two registrations and with none | here; everything else of documents: tests/http/test_documents.py |
| 7 killed right after the answer | here for ids, voids and references; triggers and deliveries: tests/journey/test_failpoints.py |
| 8 a burst of 20,000 with a rule active | tests/journey/test_burst.py |
| 9 one malformed record, the rule stays on | test_feed.py (`…poison_item_is_parked…`, `what_cannot_be_decided_waits_and_the_others_are_decided`) |
| 10 evidence voided after certification, the LMS told | tests/journey/test_loop.py (`from_a_statement_to_the_lms_and_back_again`) |
| 11 parallel batches that share activities | here |
| 12 two parallel PUTs of one id | here |
| 13 account names that collide when glued | here |
| 14 numbers of many digits | here |
| 15 a batch of 10,000 with one bad statement | here; policies: tests/http/test_quarantine.py |
| 16 restart on a filled store | here, small |
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from tests.conftest import Served
from tests.store.sending import ADL, THROUGH, Client, ids, reference, statement, void

Serve = Callable[..., Served]
RARE = "https://x.example/rare"
NOON = 1_795_521_600_000_000


@pytest.fixture
def client(serve: Serve, database_url: str) -> Client:
    return Client(serve(database_url))


def test_case_01_a_void_before_its_target_hides_it_as_it_arrives(client: Client) -> None:
    late = statement()
    assert client.post(void(late["id"])).status_code == 200, "S-16"
    assert client.put(late).status_code == 204
    assert client.status(late["id"]) == (404, 200)
    assert late["id"] not in client.found()


def test_case_02_a_reference_before_its_target_is_found_by_what_the_target_is_about(client: Client) -> None:
    course, ada = {"id": "https://x.example/late"}, {"mbox": "mailto:late@example.org"}
    late = statement(verb={"id": RARE}, object=course, actor=ada)
    ref = reference(late["id"])
    client.post(ref)
    for question in ({"verb": RARE}, {"activity": course["id"]}, {"agent": json.dumps(ada)}):
        assert client.found(**question) == []
    client.post(late)
    for question in ({"verb": RARE}, {"activity": course["id"]}, {"agent": json.dumps(ada)}):
        assert client.found(**question) == [late["id"], ref["id"]]


@pytest.mark.journey
@pytest.mark.parametrize("ascending", ["true", "false"])
@pytest.mark.parametrize("drained", [True, False], ids=["drained", "waiting"])
def test_case_03_no_reference_is_lost_after_the_first_page(
    serve: Serve, database_url: str, ascending: str, drained: bool
) -> None:
    """A clock that stands still would give everybody the same `stored`; 1,500 references are more than one commit copies."""
    served = serve(database_url, clock=ManualClock(NOON), PROWESS_RUNNER_KIND="embedded" if drained else "none")
    client = Client(served)
    late = statement(verb={"id": RARE})
    refs = [reference(late["id"]) for _ in range(1_500)]
    for batch in (refs, [late]):
        assert client.post(batch).status_code == 200
    expected = [*ids(refs), late["id"]]
    pages = [page for _, page in client.pages(verb=RARE, ascending=ascending, limit=0)]
    assert len(pages) > 1
    assert ids([one for page in pages for one in page]) == (expected if ascending == "true" else expected[::-1])
    assert len({one["stored"] for page in pages for one in page}) == len(expected), "D-05"


def test_case_04_a_slow_transaction_is_not_missed_by_who_polls_from_consistent_through(
    serve: Serve, database_url: str
) -> None:
    fast, slow = serve(database_url), serve(database_url)
    client = Client(fast)
    promised = client.get().headers[THROUGH]
    stopped, go_on = threading.Event(), threading.Event()

    def notice(conn: Any, _cursor: Any, sql: str, *_: Any) -> None:
        conn.info["numbered"] = conn.info.get("numbered") or "sequence" in sql

    def dawdle(conn: Any) -> None:
        if conn.info.pop("numbered", False):
            stopped.set()
            go_on.wait(8)

    event.listen(slow.prowess.database.writing, "after_cursor_execute", notice)
    event.listen(slow.prowess.database.writing, "commit", dawdle)
    first, second = statement(), statement()
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(Client(slow).post, first)]
        assert stopped.wait(10)
        running.append(pool.submit(Client(fast).post, second))
        seen = []
        for _ in range(3):
            seen += client.found(since=promised)
            promised = client.get(since=promised).headers[THROUGH]
        go_on.set()
        assert [one.result(20).status_code for one in running] == [200, 200]
    assert client.found(since=promised, ascending="true") == [first["id"], second["id"]]
    assert seen == []


def test_case_05_since_is_about_when_it_was_stored(client: Client) -> None:
    old = statement(timestamp=(datetime.now(UTC) - timedelta(days=365)).isoformat())
    client.post(old)
    minute = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert client.found(since=minute) == [old["id"]]
    assert client.found(until=minute) == []


@contextmanager
def process(url: str, directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, as it is shipped."""
    config = directory / "config.yaml"
    config.write_text(f'database: {{url: "{url}"}}\n')
    command = [sys.executable, "-m", "lrs.cli", "--config", str(config), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, running.stdout.readline().split()[2]
        finally:
            running.kill()


def test_case_06_state_ids_are_those_of_the_registration_asked_for(client: Client) -> None:
    first, second = str(uuid4()), str(uuid4())
    agent = json.dumps({"mbox": "mailto:ada@example.org"})
    url = f"{client.served.xapi}/activities/state"
    for name, registration in (("a", first), ("b", second), ("c", None)):
        named = {"activityId": "https://x.example/a", "agent": agent, "stateId": name, "registration": registration}
        assert client.session.put(url, params=named, json={}, timeout=10).status_code == 204
    for registration, wanted in ((first, ["a"]), (second, ["b"]), (None, ["a", "b", "c"]), (str(uuid4()), [])):
        asked = {"activityId": "https://x.example/a", "agent": agent, "registration": registration}
        assert client.session.get(url, params=asked, timeout=10).json() == wanted


@pytest.mark.journey
def test_case_07_what_was_answered_survives_a_kill(serve: Serve, database_url: str, tmp_path: Path) -> None:
    served = serve(database_url, PROWESS_RUNNER_KIND="none")
    late, plain = statement(verb={"id": RARE}), statement()
    first = [reference(late["id"]), void(plain["id"])]
    for batch in (first, [late, plain]):
        with process(database_url, tmp_path) as (running, url):
            client = Client(Served(url, served.app, served.prowess, served.key, served.secret))
            for one in batch:
                assert client.put(one).status_code == 204
            running.send_signal(signal.SIGKILL)
            running.wait(10)
    with process(database_url, tmp_path) as (_, url):
        client = Client(Served(url, served.app, served.prowess, served.key, served.secret))
        assert client.found(verb=RARE) == [late["id"], first[0]["id"]]
        assert client.status(plain["id"]) == (404, 200)
        assert len(client.found()) == 3


def test_case_11_sixty_four_batches_that_share_activities_all_succeed(client: Client) -> None:
    def post(number: int) -> int:
        named = [{"id": f"https://x.example/{n}", "definition": {"name": {"en": f"{number}"}}} for n in range(3)]
        random.Random(number).shuffle(named)
        return Client(client.served).post([statement(object=one) for one in named]).status_code

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(post, range(64))) == [200] * 64
    for number in range(3):
        assert len(client.found(activity=f"https://x.example/{number}")) == 64


def test_case_12_of_two_parallel_puts_of_one_id_one_is_204_and_one_409(client: Client) -> None:
    for _ in range(5):
        one = statement()
        bodies = [one, {**one, "verb": {"id": f"{ADL}failed"}}]
        clients, ready = [Client(client.served) for _ in bodies], threading.Barrier(2)

        def put(number: int) -> int:
            ready.wait(10)  # noqa: B023 - used within its turn
            return clients[number].put(bodies[number]).status_code  # noqa: B023

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(put, range(2)))
        assert sorted(answers) == [204, 409]
        kept = client.get(statementId=one["id"]).json()["verb"]["id"]
        assert kept == bodies[answers.index(204)]["verb"]["id"]


def test_case_13_accounts_that_collide_when_glued_are_different_agents(client: Client) -> None:
    pairs = [
        ("https://a.example", "b@c.example"),
        ("https://a.example/", "b@c.example"),
        ("https://a.exampleb", "@c.example"),
        ("https://c.example", "b@https://a.example"),
        ("https://a.example", "b@c.example@https://a.example"),
        ("https://a.example|b", "c"),
        ("https://a.example", "b|c"),
    ]
    agents = [{"account": {"homePage": page, "name": name}} for page, name in pairs]
    sent = [statement(actor=one) for one in agents]
    assert client.post(sent).status_code == 200
    for agent, one in zip(agents, sent, strict=True):
        assert client.found(agent=json.dumps(agent)) == [one["id"]], agent


@pytest.mark.parametrize(
    "number",
    ["0.12345678901234567890", "123456789012345678901234567890", "1e-7", "-0.0", "1.10", "9007199254740993", "1E+2"],
)
def test_case_14_numbers_come_back_as_they_were_sent(client: Client, number: str) -> None:
    one = statement(result={"extensions": {"https://x.example/n": "?"}})
    body = json.dumps(one).replace('"?"', number)
    headers = {"Content-Type": "application/json"}
    assert client.session.post(client.url, data=body, headers=headers).status_code == 200
    assert f'"https://x.example/n": {number}}}' in client.get(statementId=one["id"]).text


@pytest.mark.parametrize("number", ["1e99999999", "1" * 401, "NaN", "Infinity", "-Infinity", "01", "1."])
def test_case_14_numbers_that_cannot_be_kept_are_refused(client: Client, number: str) -> None:
    one = statement(result={"extensions": {"https://x.example/n": "?"}})
    body = json.dumps(one).replace('"?"', number)
    headers = {"Content-Type": "application/json"}
    assert client.session.post(client.url, data=body, headers=headers).status_code == 400
    assert client.status(one["id"]) == (404, 404)


def test_case_14_an_exponent_of_400_is_kept_or_refused_never_altered(client: Client) -> None:
    one = statement(result={"extensions": {"https://x.example/n": "?"}})
    body = json.dumps(one).replace('"?"', "1e400")
    answer = client.session.post(client.url, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert "1e400" in client.get(statementId=one["id"]).text


@pytest.mark.journey
@pytest.mark.parametrize("policy", ["refuse", "quarantine"])
def test_case_15_one_bad_statement_of_ten_thousand_is_named(client: Client, policy: str) -> None:
    credentials = client.served.prowess.credentials
    credential, secret = credentials.create("sender", ["statements/write", "statements/read"], bad_statements=policy)
    client.session.auth = (credential.key, str(secret))
    batch = [statement() for _ in range(10_000)]
    batch[7_321]["result"] = {"score": {"min": 5, "max": 5}}
    answer = client.post(batch)
    waiting = client.served.prowess.quarantine.page(1, state="waiting").entries
    if policy == "refuse":
        (flaw,) = answer.json()["errors"]
        assert (answer.status_code, waiting) == (400, [])
        assert client.get(limit=1).json()["statements"] == []
    else:
        assert (answer.status_code, answer.json()) == (200, ids(batch))
        (entry,) = waiting
        (flaw,) = entry.flaws
        assert (entry.place, json.loads(entry.body)) == (7_321, batch[7_321])
        assert client.status(batch[7_321]["id"]) == (404, 404)
        assert client.get(statementId=batch[9_999]["id"]).status_code == 200
    assert flaw["path"] == "$[7321].result.score.min"
    assert flaw["rule"] == "XAPI-00080"


def test_case_16_a_restart_takes_no_lock_and_rewrites_nothing(serve: Serve, database_url: str) -> None:
    """Ready although somebody is in the middle of writing, with every table where it was."""
    served = serve(database_url)
    client = Client(served)
    for _ in range(5):
        client.post([statement() for _ in range(400)])
    before = places(served.prowess)
    writing, go_on = threading.Event(), threading.Event()

    def dawdle(conn: Any) -> None:
        served.prowess.feed.record(conn, 1, "person", ["slow"])
        writing.set()
        go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(served.prowess.database.write, dawdle)
        assert writing.wait(10)
        began = monotonic()
        with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": database_url})) as again:
            assert migrate(again.database, again.plugins) == []
            assert monotonic() - began < 5, "waited for the writer"
            assert len(Client(served).get(limit=10).json()["statements"]) == 10
            assert monotonic() - began < 10, "the first page with a more link waited for the writer"
            assert places(again) == before
        go_on.set()
        running.result(20)


def places(prowess: Prowess) -> Any:
    """Where the tables lie: a rewritten one lies elsewhere."""
    query = "SELECT name, rootpage, sql FROM sqlite_master ORDER BY name"
    if prowess.database.dialect.name == "postgresql":
        query = "SELECT relname, relfilenode FROM pg_class WHERE relkind = 'r' AND relname !~ '^pg_' ORDER BY relname"
    with prowess.database.read() as conn:
        return [tuple(row) for row in conn.execute(text(query))]
