"""The short way for small POSTs answers as the long way does, and leaves to it whatever it is not meant for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lrs.clock import ManualClock
from lrs.http.door import StatementDoor
from lrs.xapi.vocabulary import VOIDED
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.store.sending import Client, statement

LONG = {"Content-Encoding": "identity"}
"""Says nothing new, and is unusual enough for the long way."""
IN_PASSING = {"date", "x-request-id", "x-experience-api-consistent-through", "connection"}


@pytest.fixture(scope="module")
def shortened() -> Iterator[list[str]]:
    """The bodies that went the short way."""
    went: list[str] = []
    written = StatementDoor._written

    def note(self: StatementDoor, environ: Any, *more: Any) -> Any:
        went.append(environ["wsgi.input"].getvalue().decode())
        return written(self, environ, *more)

    StatementDoor._written = note  # type: ignore[method-assign]
    yield went
    StatementDoor._written = written  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, shortened: list[str]) -> Iterator[Client]:
    from tests.conftest import start_server

    served, stop = start_server(sqlite_at(tmp_path_factory.mktemp("door") / "store.db"), PROWESS_RUNNER_KIND="none")
    yield Client(served)
    stop()


def post(client: Client, body: str, headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
    headers = {"Content-Type": "application/json", **headers}
    answer = client.session.post(f"{client.served.xapi}/statements", data=body.encode(), headers=headers, timeout=20)
    said = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in IN_PASSING}
    assert {"x-request-id", "x-experience-api-consistent-through"} <= {name.lower() for name in answer.headers}
    return answer.status_code, said, answer.json()


KNOWN = statement()
BODIES = {
    "one statement": json.dumps(statement()),
    "one without id": json.dumps({key: value for key, value in statement().items() if key != "id"}),
    "a batch": json.dumps([statement() for _ in range(3)]),
    "an empty batch": "[]",
    "the same again": json.dumps(KNOWN),
    "other content under a known id": json.dumps({**KNOWN, "verb": {"id": "https://x.example/other"}}),
    "a void": json.dumps(
        statement(verb={"id": VOIDED}, object={"objectType": "StatementRef", "id": KNOWN["id"]}),
    ),
    "a bad statement": json.dumps({**statement(), "verb": {"id": "no iri"}}),
    "no JSON": "{",
    "nothing": "",
    "an attachment without its data": json.dumps(
        statement(
            attachments=[
                {
                    "usageType": "https://x.example/u",
                    "display": {"en": "x"},
                    "contentType": "text/plain",
                    "length": 1,
                    "sha2": "0" * 64,
                }
            ]
        )
    ),
}


@pytest.mark.parametrize(
    "headers", [{}, {"X-Experience-API-Version": "2.0.0"}, {"X-Experience-API-Version": "7"}], ids=str
)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_both_ways_answer_alike(client: Client, body: str, headers: dict[str, str]) -> None:
    client.post(KNOWN)
    short, long = post(client, body, headers), post(client, body, {**headers, **LONG})
    assert short[:2] == long[:2]
    if short[0] == 200:
        assert len(short[2]) == len(long[2])
        assert short[2] == long[2] or '"id": "' not in body.partition('"actor"')[0]
    else:
        assert short[2].pop("instance") != long[2].pop("instance")
        assert short[2] == long[2]


def test_an_ordinary_statement_takes_the_short_way_and_is_there(client: Client, shortened: list[str]) -> None:
    one = statement()
    client.get()  # a key that was just verified is not looked up
    assert client.post(one).json() == [one["id"]]
    assert one["id"] in shortened[-1]
    assert client.status(one["id"]) == (200, 404)
    assert client.get(statementId=one["id"]).json()["authority"]["account"]["name"].endswith(client.served.key)


@pytest.mark.parametrize(
    "unusual",
    [
        {"Content-Type": "application/json; charset=utf-8"},
        {"Content-Encoding": "identity"},
        {"Origin": "https://content.example"},
        {"X-Experience-API-Version": "0.95"},
        {"Authorization": "Basic bm9ib2R5OnNlY3JldA=="},
    ],
    ids=lambda unusual: next(iter(unusual)),
)
def test_what_is_unusual_goes_the_long_way(client: Client, shortened: list[str], unusual: dict[str, str]) -> None:
    before = len(shortened)
    headers = {"Content-Type": "application/json", **unusual}
    session = client.served.session()
    if "Authorization" in unusual:
        session.auth = None
    answer = session.post(f"{client.served.xapi}/statements", json=statement(), headers=headers, timeout=20)
    assert answer.status_code in {200, 400, 401}
    assert len(shortened) == before
    session.close()


@pytest.mark.parametrize(
    ("scopes", "policies"),
    [(["statements/read"], {}), (["all"], {"missing_ids": "content"}), (["all"], {"bad_statements": "quarantine"})],
    ids=["may not write", "ids from content", "quarantine"],
)
def test_keys_that_are_not_ordinary_go_the_long_way(
    client: Client, shortened: list[str], scopes: list[str], policies: dict[str, Any]
) -> None:
    credential, secret = client.served.prowess.credentials.create(f"k {scopes} {policies}", scopes, **policies)
    before = len(shortened)
    session = client.served.session()
    session.auth = (credential.key, str(secret))
    answer = session.post(f"{client.served.xapi}/statements", json=statement(), timeout=20)
    assert answer.status_code == (200 if policies else 403)
    assert len(shortened) == before
    session.close()


def test_a_trusted_proxy_s_words_do_not_make_a_statement_unusual(
    serve: Callable[..., Served], tmp_path: Path, shortened: list[str]
) -> None:
    served = serve(sqlite_at(tmp_path / "s.db"), PROWESS_SERVER_TRUSTED_PROXIES="[127.0.0.1]")
    client, said = Client(served), {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    for _ in range(2):  # the first makes the key known
        sent = json.dumps(statement())
        assert post(client, sent, said)[0] == 200
    assert shortened[-1] == sent


@pytest.fixture
def limited(serve: Callable[..., Served], tmp_path: Any, shortened: list[str]) -> Callable[[], Client]:
    """Clients with keys of their own, whose buckets hold two tokens."""
    clock = ManualClock(1_795_521_600_000_000)
    served = serve(sqlite_at(tmp_path / "slow.db"), clock=clock, PROWESS_LIMITS_REQUESTS_PER_SECOND="1")

    def one() -> Client:
        made, secret = served.prowess.credentials.create(f"k {uuid4()}", ["all"])
        served.prowess.credentials.verify(made.key, str(secret))  # a key that was just verified is not looked up
        return Client(replace(served, key=made.key, secret=str(secret)))

    return one


def test_with_a_limit_on_requests_every_post_went_the_long_way(
    limited: Callable[[], Client], shortened: list[str]
) -> None:
    one, ways = limited(), []
    for _ in range(3):
        before = len(shortened)
        ways.append((one.post(statement()).status_code, len(shortened) - before))
    assert ways == [(200, 1), (200, 1), (429, 0)]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_both_ways_count_alike_and_refuse_alike(limited: Callable[[], Client], body: str) -> None:
    answers = []
    for headers in ({}, LONG):
        one = limited()
        one.post(KNOWN, headers=headers)
        said = [post(one, body, headers) for _ in range(2)]
        assert [status == 429 for status, *_ in said] == [False, True]
        problem = said[1][2]
        problem.pop("instance")
        answers.append((said[0][:2], *said[1][:2], problem))
    assert answers[0] == answers[1]
    assert answers[0][2]["Retry-After".lower()] == "1"


def test_both_ways_take_from_one_bucket(limited: Callable[[], Client]) -> None:
    one = limited()
    assert [one.post(statement(), headers=headers).status_code for headers in ({}, LONG, {})] == [200, 200, 429]
