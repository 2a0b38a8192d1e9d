"""What goes in, what comes out, and what is refused: the Statement resource over real HTTP."""

from __future__ import annotations

import itertools
import json
import random
import socket
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from requests.structures import CaseInsensitiveDict
from sqlalchemy import func, select

from lrs.clock import ManualClock
from lrs.db import Database
from lrs.errors import Conflict, Unavailable
from lrs.jobs import MAIN
from lrs.store import inheritance, references
from lrs.store import tables as t
from lrs.turns import Grouper
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.store.sending import ADL, THROUGH, VERSION, VOIDED, Client, ids, reference, statement, void

Serve = Callable[..., Served]
NOON = 1_795_521_600_000_000


@pytest.fixture
def client(serve: Serve, database_url: str) -> Client:
    return Client(serve(database_url))


@pytest.fixture
def lite(serve: Serve, tmp_path: Any) -> Client:
    """A store where the database does not matter."""
    return Client(serve(sqlite_at(tmp_path / "lite.db")))


@pytest.fixture
def waiting(serve: Serve, database_url: str) -> Client:
    """A store in which nothing happens behind the requests until it is asked for."""
    return Client(serve(database_url, PROWESS_RUNNER_KIND="none"))


def key_for(client: Client, *scopes: str) -> Client:
    """Another client of the same store with these rights."""
    credential, secret = client.served.prowess.credentials.create(uuid4().hex, scopes)
    return Client(Served(client.served.url, client.served.app, client.served.prowess, credential.key, str(secret)))


# Writing


def test_a_resent_statement_changes_nothing(client: Client) -> None:
    one = statement()
    assert [client.put(one).status_code for _ in range(3)] == [204, 204, 204]
    assert [client.post(body).status_code for body in (one, [one])] == [200, 200]
    assert client.post([one, other := statement()]).json() == [one["id"], other["id"]]
    assert client.found(ascending="true") == [one["id"], other["id"]]


def test_a_resend_without_timestamp_is_the_same_statement(client: Client) -> None:
    one = statement(timestamp=None)
    assert client.put(one).status_code == 204
    assert client.put(one).status_code == 204
    stored = client.get(statementId=one["id"]).json()
    assert stored["timestamp"] == stored["stored"]


def test_a_known_id_with_other_content_is_409_and_nothing_of_its_batch_is_kept(client: Client) -> None:
    one = statement()
    client.put(one)
    before = client.get(statementId=one["id"]).json()
    other = {**one, "verb": {"id": f"{ADL}failed"}}
    assert client.put(other).status_code == 409
    fresh = [statement(), statement()]
    answer = client.post([fresh[0], other, fresh[1]])
    assert answer.status_code == 409
    assert answer.json()["statement"] == one["id"]
    assert client.found() == [one["id"]]
    assert client.get(statementId=one["id"]).json() == before
    assert client.found(verb=f"{ADL}failed") == []


def test_one_bad_statement_of_fifty_is_named_by_index_and_path_and_nothing_is_stored(client: Client) -> None:
    batch = [statement() for _ in range(50)]
    batch[17]["actor"] = {"mbox": "ada@example.org"}
    answer = client.post(batch)
    assert answer.status_code == 400
    assert "[17].actor.mbox" in answer.text
    assert client.found() == []
    with client.served.prowess.database.read() as conn:
        for table in (t.statement, t.statement_key, t.body, t.posting, t.term):
            assert conn.scalar(select(func.count()).select_from(table)) == 0


def test_an_id_twice_in_a_batch_is_refused(client: Client) -> None:
    one = statement()
    assert client.post([one, one]).status_code == 400
    assert client.post([one, {**one, "id": one["id"].upper()}]).status_code == 400
    assert client.found() == []


def test_ids_come_back_in_the_order_sent_and_given_ones_are_made(client: Client) -> None:
    batch = [statement(), {key: value for key, value in statement().items() if key != "id"}, statement()]
    answer = client.post(batch).json()
    assert (answer[0], answer[2]) == (batch[0]["id"], batch[2]["id"])
    assert client.get(statementId=answer[1]).json()["object"] == batch[1]["object"]
    assert client.post([]).json() == []


def test_put_and_its_statement_id_must_agree_whatever_their_case(client: Client) -> None:
    one = statement()
    assert client.put(one, str(uuid4())).status_code == 400
    assert client.put(one, one["id"].upper()).status_code == 204
    without = {key: value for key, value in statement().items() if key != "id"}
    id_ = str(uuid4())
    assert client.put(without, id_).status_code == 204
    assert client.get(statementId=id_).json()["id"] == id_
    assert client.session.put(client.url, json=one).status_code == 400
    assert client.session.put(client.url, params={"statementId": one["id"]}, json=[one]).status_code == 400


def test_twenty_parallel_puts_of_one_id_store_one_content(client: Client) -> None:
    one = statement()
    bodies = [one, {**one, "verb": {"id": f"{ADL}failed"}}]
    barrier = threading.Barrier(20)

    def put(number: int) -> tuple[int, int]:
        own = Client(client.served)
        barrier.wait(20)
        return number % 2, own.put(bodies[number % 2]).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(put, range(20)))
    assert {status for _, status in answers} == {204, 409}
    winners = {body for body, status in answers if status == 204}
    losers = {body for body, status in answers if status == 409}
    assert len(winners) == 1
    assert not winners & losers
    (winner,) = winners
    assert client.get(statementId=one["id"]).json()["verb"] == bodies[winner]["verb"]


def test_parallel_batches_about_the_same_things_all_succeed(client: Client) -> None:
    """LRSs are known to deadlock on shared activities here (lrsql issue 250)."""

    def post(number: int) -> int:
        activities = [{"id": f"https://x.example/{n}", "definition": {"name": {"en": f"{number}"}}} for n in range(3)]
        random.Random(number).shuffle(activities)
        return Client(client.served).post([statement(object=one) for one in activities * 2]).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(post, range(48))) == {200}
    assert len(client.found()) == 48 * 6


def test_a_conflict_in_a_group_does_not_touch_its_neighbours(client: Client) -> None:
    """Many requests share a commit; each has its own fate."""
    one = statement()
    client.put(one)
    other = {**one, "verb": {"id": f"{ADL}failed"}}
    barrier = threading.Barrier(12)

    def post(number: int) -> tuple[int, int, str]:
        fresh = statement()
        own = Client(client.served)
        barrier.wait(20)
        return number, own.post([fresh, other] if number % 3 == 0 else [fresh]).status_code, fresh["id"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, range(12)))
    assert all(status == (409 if number % 3 == 0 else 200) for number, status, _ in answers)
    assert sorted(client.found()) == sorted([one["id"], *(id_ for number, _, id_ in answers if number % 3)])


def test_a_group_that_fails_as_a_whole_is_tried_request_by_request() -> None:
    first_runs, release = threading.Event(), threading.Event()
    groups: list[list[int]] = []

    def commit(requests: Any) -> list[int | Exception]:
        groups.append(list(requests))
        if requests == [0]:
            first_runs.set()
            release.wait(10)
        if 13 in requests:
            raise ValueError("poison")
        return [Conflict("no") if one == 7 else one for one in requests]

    grouper: Grouper[int, int] = Grouper(commit)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(grouper.submit, 0)]
        first_runs.wait(10)
        running += [pool.submit(grouper.submit, one) for one in (7, 13, 21)]
        while len(grouper._waiting) < 3:
            threading.Event().wait(0.001)
        release.set()
        errors = [one.exception(10) for one in running]
    grouper.close()
    assert [type(error) for error in errors] == [type(None), Conflict, ValueError, type(None)]
    assert [len(group) for group in groups] == [1, 3, 1, 1, 1]
    with pytest.raises(Unavailable):
        grouper.submit(1)


def test_a_group_is_not_tried_one_by_one_when_the_database_is_away() -> None:
    """Each try may take as long as a connection takes to fail; nobody is served by waiting for all of them."""
    calls: list[int] = []
    first_runs, release = threading.Event(), threading.Event()

    def commit(requests: Any) -> list[int | Exception]:
        calls.append(len(requests))
        if requests == [0]:
            first_runs.set()
            release.wait(10)
        raise Unavailable

    grouper: Grouper[int, int] = Grouper(commit)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(grouper.submit, 0)]
        first_runs.wait(10)
        running += [pool.submit(grouper.submit, one) for one in (1, 2, 3)]
        while len(grouper._waiting) < 3:
            threading.Event().wait(0.001)
        release.set()
        assert all(isinstance(one.exception(10), Unavailable) for one in running)
    grouper.close()
    assert calls == [1, 3]


def test_a_group_is_bound_by_its_statements_and_never_splits_a_request() -> None:
    groups: list[list[int]] = []
    first_runs, release = threading.Event(), threading.Event()

    def commit(requests: Any) -> list[int | Exception]:
        groups.append(list(requests))
        if len(groups) == 1:
            first_runs.set()
            release.wait(10)
        return [0] * len(requests)

    grouper: Grouper[int, int] = Grouper(commit, most=3, weigh=lambda request: request, heaviest=10)
    with ThreadPoolExecutor(9) as pool:
        running = [pool.submit(grouper.submit, 1)]
        assert first_runs.wait(10)
        for number, request in enumerate((25, 4, 6, 1, 2, 2, 2, 10)):
            running.append(pool.submit(grouper.submit, request))
            while len(grouper._waiting) <= number:
                threading.Event().wait(0.001)
        release.set()
        assert [one.result(10) for one in running] == [0] * 9
    grouper.close()
    assert groups == [[1], [25], [4, 6], [1, 2, 2], [2], [10]]


# Voiding

ORDERS = list(itertools.permutations(("target", "void", "again", "of void"), 4))


@pytest.mark.journey
@pytest.mark.parametrize("batched", [False, True], ids=["one by one", "one batch"])
def test_voids_hold_in_every_order(client: Client, batched: bool) -> None:
    """Void before target, void twice, void of a void (which has no effect), one by one and in one batch."""
    for order in ORDERS:
        target = statement()
        first, second = void(target["id"]), void(target["id"])
        sent = {"target": target, "void": first, "again": second, "of void": void(first["id"])}
        batch = [sent[name] for name in order]
        answers = [client.post(batch)] if batched else [client.post(one) for one in batch]
        assert {answer.status_code for answer in answers} == {200}, order
        assert client.status(target["id"]) == (404, 200), order
        for name in ("void", "again", "of void"):
            assert client.status(sent[name]["id"]) == (200, 404), (order, name)
    assert len(client.found(limit=500)) == 3 * len(ORDERS)


def test_a_voided_statement_leaves_lists_and_stays_readable_as_voided(client: Client) -> None:
    one, two = statement(), statement()
    client.post([one, two])
    assert client.status(one["id"]) == (200, 404)
    client.post(void(one["id"]))
    assert one["id"] not in client.found()
    assert client.get(voidedStatementId=one["id"]).json()["id"] == one["id"]
    assert client.put(one).status_code == 204, "a resend of a voided statement is still the same statement"
    assert client.status(one["id"]) == (404, 200)


def test_the_suite_s_question_a_voided_target_still_finds_its_referrers(client: Client) -> None:
    one = statement(verb={"id": "https://x.example/rare"})
    ref, voiding = reference(one["id"]), void(one["id"])
    for sent in (one, ref, voiding):
        client.post(sent)
    assert client.found(verb="https://x.example/rare") == [voiding["id"], ref["id"]]


def test_a_statement_that_voids_itself_voids_nothing(client: Client) -> None:
    id_ = str(uuid4())
    assert client.post(void(id_, id_)).status_code == 200
    assert client.status(id_) == (200, 404)


def test_a_voiding_statement_needs_a_statement_ref(client: Client) -> None:
    assert client.post(statement(verb={"id": VOIDED})).status_code == 400


# StatementRefs


@pytest.mark.journey
def test_references_match_through_many_hops_in_every_order(client: Client) -> None:
    """What finds the target finds its referrers, in whatever order they arrive (xAPI-Communication 2.1.3)."""
    for number, order in enumerate(itertools.permutations(range(4))):
        verb = f"https://x.example/rare-{number}"
        chain = [statement(verb={"id": verb})]
        for _ in range(3):
            chain.append(reference(chain[-1]["id"]))
        for place in order:
            assert client.post(chain[place]).status_code == 200
        settle(client)
        assert sorted(client.found(verb=verb)) == sorted(ids(chain)), order


def test_references_match_within_one_batch_in_any_order(client: Client) -> None:
    for number, order in enumerate(itertools.permutations(range(3))):
        verb = f"https://x.example/rare-{number}"
        chain = [statement(verb={"id": verb})]
        for _ in range(2):
            chain.append(reference(chain[-1]["id"]))
        client.post([chain[place] for place in order])
        assert sorted(client.found(verb=verb)) == sorted(ids(chain)), order


def test_references_in_a_circle_end(client: Client) -> None:
    a, b, c = (str(uuid4()) for _ in range(3))
    circle = [
        reference(b, a, "https://x.example/one"),
        reference(c, b, "https://x.example/two"),
        reference(a, c, "https://x.example/three"),
    ]
    for one in circle:
        assert client.post(one).status_code == 200
    settle(client)
    for verb in ("one", "two", "three"):
        assert sorted(client.found(verb=f"https://x.example/{verb}")) == sorted((a, b, c))
    own = str(uuid4())
    assert client.post(reference(own, own, "https://x.example/self")).status_code == 200
    assert client.found(verb="https://x.example/self") == [own]


def test_time_and_limit_are_about_the_referrer(client: Client) -> None:
    one = statement(verb={"id": "https://x.example/rare"})
    client.post(one)
    between = client.get().headers[THROUGH]
    ref = reference(one["id"])
    client.post(ref)
    assert client.found(verb="https://x.example/rare", since=between) == [ref["id"]]
    assert client.found(verb="https://x.example/rare", until=between) == [one["id"]]


def test_the_statement_of_a_context_is_no_reference(client: Client) -> None:
    one = statement(verb={"id": "https://x.example/rare"})
    beside = statement(context={"statement": {"objectType": "StatementRef", "id": one["id"]}})
    client.post([one, beside])
    assert client.found(verb="https://x.example/rare") == [one["id"]]


def test_a_chain_too_long_for_one_commit_is_found_before_it_is_drained(waiting: Client) -> None:
    """The first statement comes last: more keys than one commit may copy are waiting for it."""
    chain = [statement(verb={"id": "https://x.example/rare"})]
    for _ in range(inheritance.MOST // 2):
        chain.append(reference(chain[-1]["id"]))
    assert waiting.post(chain[1:]).status_code == 200
    assert waiting.post(chain[0]).status_code == 200
    check_before_and_after(waiting, [*ids(chain[1:]), chain[0]["id"]])


@pytest.mark.journey
def test_many_referrers_of_one_target_are_found_before_they_are_drained(waiting: Client) -> None:
    one = statement(verb={"id": "https://x.example/rare"})
    refs = [reference(one["id"]) for _ in range(inheritance.MOST)]
    assert waiting.post(refs).status_code == 200
    assert waiting.post(one).status_code == 200
    grace = json.dumps({"mbox": "mailto:grace@example.org"})
    for question in ({"verb": "https://x.example/rare"}, {"activity": one["object"]["id"]}):
        assert waiting.found(agent=grace, ascending="true", **question) == ids(refs), (
            "one filter by itself, one through it"
        )
    check_before_and_after(waiting, [*ids(refs), one["id"]])


@pytest.mark.journey
@pytest.mark.parametrize("most", [1, 2, 5])
def test_what_stands_above_the_piece_that_is_looked_at_is_not_forgotten(
    waiting: Client, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A tree of references with a long trunk, whose root comes last; drained, the index alone has to know them all."""
    monkeypatch.setattr(inheritance, "MOST_LINKS", most)
    tree = [statement(verb={"id": "https://x.example/rare"})]
    for number in range(24):
        tree.append(reference(tree[number if number < 8 else number // 3]["id"]))
    for one in (*tree[1:], tree[0]):
        assert waiting.post(one).status_code == 200
    check_before_and_after(waiting, [*ids(tree[1:]), tree[0]["id"]])


@pytest.mark.journey
def test_more_keys_than_are_copied_still_find_every_referrer(waiting: Client) -> None:
    """A crowd of members, and a chain in which everybody is somebody else (data-model 8)."""
    members = [{"mbox": f"mailto:member-{number}@x.example"} for number in range(inheritance.MOST_KEYS + 50)]
    chain = [statement(verb={"id": "https://x.example/rare"}, actor={"objectType": "Group", "member": members})]
    for number in range(200):
        chain.append(reference(chain[-1]["id"], actor={"mbox": f"mailto:hop-{number}@x.example"}))
    assert waiting.post(chain).status_code == 200
    check_before_and_after(waiting, ids(chain))
    for number in (0, 150, len(members) - 1):
        assert waiting.found(agent=json.dumps(members[number]), ascending="true") == ids(chain)
    for number in (0, 99, 199):
        agent = json.dumps({"mbox": f"mailto:hop-{number}@x.example"})
        assert waiting.found(agent=agent, ascending="true", limit=7) == ids(chain[number + 1 :])
    late = reference(chain[-1]["id"])
    waiting.post(late)
    assert waiting.found(verb="https://x.example/rare", limit=1) == [late["id"], *reversed(ids(chain))]


@pytest.mark.journey
def test_draining_ends_although_what_comes_first_has_nothing_left_to_take(
    waiting: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slice that read much and copied nothing stopped, and began at the same place again, for ever."""
    for name, bound in (("MOST", 3), ("MOST_LINKS", 3), ("MOST_READ", 1), ("_CHUNK", 1)):
        monkeypatch.setattr(inheritance, name, bound)
    monkeypatch.setattr(references, "MOST_TARGETS", 2)
    chance = Random(3)
    database = waiting.served.prowess.database
    for _ in range(12):
        wood = [statement()]
        for _ in range(13):
            wood.append(reference(chance.choice(wood)["id"], actor={"mbox": f"mailto:{len(wood)}@x.example"}))
        chance.shuffle(wood)
        for start in range(0, len(wood), 3):
            assert waiting.post(wood[start : start + 3]).status_code == 200
            for _ in range(chance.choice([0, 1, 5])):
                database.write(lambda conn: references.drain(conn, database.dialect))
        for _ in range(300):
            if not references.is_waiting(database):
                break
            database.write(lambda conn: references.drain(conn, database.dialect))
        assert not references.is_waiting(database), "it does not end"


def check_before_and_after(client: Client, expected: list[str]) -> None:
    """Everything in the order stored, backwards too and page by page, whatever has been copied."""
    for settled in (False, True):
        if settled:
            settle(client)
        else:
            assert references.is_waiting(client.served.prowess.database)
        assert client.found(verb="https://x.example/rare", ascending="true") == expected
        assert client.found(verb="https://x.example/rare", limit=300) == expected[::-1]
        both = {"verb": "https://x.example/rare", "agent": json.dumps({"mbox": "mailto:nobody@x.example"})}
        assert client.found(**both) == []


def test_references_drained_beside_intake_are_all_found(client: Client) -> None:
    """Two workers drain while requests add to the same references."""
    targets = [statement(verb={"id": "https://x.example/rare"}) for _ in range(4)]
    refs = [reference(targets[n % 4]["id"]) for n in range(600)]
    seconds = [reference(refs[n]["id"]) for n in range(0, 600, 2)]
    client.post(refs)
    stop = threading.Event()
    failures: list[BaseException] = []
    database = client.served.prowess.database

    def drain() -> None:
        try:
            while not stop.is_set():
                database.write(lambda conn: references.drain(conn, database.dialect))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    drainers = [threading.Thread(target=drain) for _ in range(2)]
    for thread in drainers:
        thread.start()
    parts = [[one] for one in targets] + [seconds[at : at + 30] for at in range(0, 300, 30)]
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda part: Client(client.served).post(part).status_code, parts))
    stop.set()
    for thread in drainers:
        thread.join()
    assert set(statuses) == {200}
    assert not failures
    settle(client)
    assert len(client.found(verb="https://x.example/rare")) == 4 + 600 + 300


def settle(client: Client) -> None:
    """Let the work behind the requests come to rest."""
    prowess = client.served.prowess
    prowess.work.drain(MAIN)
    assert not references.is_waiting(prowess.database)


# Reading


def test_filters_are_all_met(client: Client) -> None:
    registration = str(uuid4())
    grace = {"mbox": "mailto:grace@example.org"}
    wanted = statement(actor=grace, context={"registration": registration})
    client.post([statement(), wanted, statement(actor=grace), statement(context={"registration": registration})])
    assert client.found(agent=json.dumps(grace), registration=registration) == [wanted["id"]]
    assert len(client.found(agent=json.dumps(grace))) == 2
    assert client.found(verb="https://x.example/unheard") == []
    assert client.get(verb="https://x.example/unheard").json() == {"statements": [], "more": ""}


def test_related_agents_and_activities_widen_the_answer(client: Client) -> None:
    grace, course = {"mbox": "mailto:grace@example.org"}, {"id": "https://x.example/parent"}
    direct = [statement(actor=grace), statement(object={**grace, "objectType": "Agent"}), statement(object=course)]
    team = {"objectType": "Group", "member": [grace]}
    sub = {
        "objectType": "SubStatement",
        "actor": grace,
        "verb": {"id": f"{ADL}passed"},
        "object": course,
    }
    related = [
        statement(context={"instructor": grace}),
        statement(context={"team": team}),
        statement(context={"contextActivities": {"parent": [course]}}),
        statement(context={"contextActivities": {"other": course}}),
        statement(object=sub),
    ]
    client.post([*direct, statement(actor=team), *related])
    agent = json.dumps(grace)
    assert len(client.found(agent=agent)) == 3, "actor, object, member of the actor"
    assert len(client.found(agent=agent, related_agents="true")) == 6
    assert client.found(activity=course["id"]) == [direct[2]["id"]]
    assert len(client.found(activity=course["id"], related_activities="true")) == 4
    assert client.found(agent=agent, activity=course["id"], related_agents="true", related_activities="true") == [
        related[4]["id"]
    ]


def test_since_is_exclusive_and_until_is_inclusive(client: Client) -> None:
    for _ in range(3):
        client.post(statement())
    rows = client.get(ascending="true").json()["statements"]
    middle = rows[1]["stored"]
    assert client.found(since=middle) == [rows[2]["id"]]
    assert client.found(until=middle, ascending="true") == ids(rows[:2])
    assert client.found(since=rows[0]["stored"], until=middle) == [rows[1]["id"]]


def test_limit_zero_is_the_servers_maximum_and_larger_ones_are_cut(serve: Serve, tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_LIMITS_PAGE="3")
    client = Client(served)
    client.post([statement() for _ in range(5)])
    for limit in ("0", "3", "50"):
        assert len(client.get(limit=limit).json()["statements"]) == 3
    assert len(client.get(limit="2").json()["statements"]) == 2
    assert [client.get(limit=bad).status_code for bad in ("-1", "1.5", "abc", "")] == [400] * 4


def test_one_may_read_only_ones_own_with_read_mine(client: Client) -> None:
    mine = key_for(client, "statements/write", "statements/read/mine")
    own, foreign = statement(), statement()
    mine.post(own)
    client.post(foreign)
    client.post(void(voided := str(uuid4())))
    client.post(statement(voided))
    assert mine.found() == [own["id"]]
    assert mine.get(statementId=foreign["id"]).status_code == 404
    assert mine.get(voidedStatementId=voided).status_code == 404
    assert mine.get(statementId=own["id"]).status_code == 200
    answer = client.get(limit=1).json()
    assert mine.session.get(mine.served.url + answer["more"]).json()["statements"] == mine.get().json()["statements"]


def test_formats(client: Client) -> None:
    one = statement(
        verb={"id": f"{ADL}passed", "display": {"en": "passed", "de": "bestanden"}},
        object={"id": "https://x.example/o", "definition": {"name": {"en": "Course", "de": "Kurs"}}},
        actor={"mbox": "mailto:ada@example.org", "name": "Ada"},
    )
    client.post(one)
    exact = client.get(statementId=one["id"]).json()
    assert {key: exact[key] for key in one} == one
    lean = client.get(statementId=one["id"], format="ids").json()
    assert lean["object"] == {"id": "https://x.example/o"}
    assert lean["actor"].get("name") is None
    header = {"Accept-Language": "de"}
    canonical = client.session.get(client.url, params={"format": "canonical"}, headers=header).json()["statements"][0]
    assert canonical["verb"]["display"] == {"de": "bestanden"}
    assert canonical["object"]["definition"]["name"] == {"de": "Kurs"}
    assert client.get(format="brief").status_code == 400


def test_head_answers_like_get_without_a_body(client: Client) -> None:
    one = statement()
    client.post(one)
    for parameters in ({}, {"statementId": one["id"]}, {"statementId": str(uuid4())}, {"limit": "x"}):
        got = client.session.get(client.url, params=parameters)
        head = client.session.head(client.url, params=parameters)
        assert head.status_code == got.status_code
        assert head.content == b""
        for name in ("Content-Type", "Content-Length", VERSION, "Last-Modified"):
            assert head.headers.get(name) == got.headers.get(name), name
        assert THROUGH in head.headers
        assert "," not in head.headers["Date"].removeprefix(head.headers["Date"][:4])


def test_last_modified_is_the_newest_of_the_page(client: Client) -> None:
    client.post([statement(), statement()])
    assert "Last-Modified" in client.get().headers
    assert "Last-Modified" not in client.get(verb="x:y").headers


@pytest.mark.parametrize(
    "parameters",
    [
        {"StatementId": str(uuid4())},
        {"Verb": "x:y"},
        {"since": "yesterday"},
        {"until": "2026-13-01T00:00:00Z"},
        {"unknown": "1"},
        {"statementId": "17"},
        {"statementId": str(uuid4()), "voidedStatementId": str(uuid4())},
        {"statementId": str(uuid4()), "limit": "1"},
        {"voidedStatementId": str(uuid4()), "ascending": "true"},
        {"agent": "{"},
        {"agent": '{"name":"x"}'},
        {"ascending": "1"},
        {"related_agents": "True"},
        {"registration": "x"},
        {"activity": "no iri"},
    ],
    ids="&".join,
)
def test_a_question_that_cannot_be_understood_is_400_with_every_header(lite: Client, parameters: Any) -> None:
    answer = lite.get(**parameters)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= answer.json().keys()
    assert answer.headers[VERSION] == "1.0.3"
    assert THROUGH in answer.headers


def test_who_waits_for_consistent_through_with_a_refused_question_does_not_wait_for_ever(lite: Client) -> None:
    """The public suite of 2.0 does, and hung."""
    first = lite.get(unknown="x").headers[THROUGH]
    later = (lite.get(unknown="x").headers[THROUGH] for _ in range(100))  # somebody may be writing just then
    assert any(one > first for one in later)


def test_unknown_statements_are_404_with_every_header(lite: Client) -> None:
    for parameters in ({"statementId": str(uuid4())}, {"voidedStatementId": str(uuid4())}):
        answer = lite.get(**parameters)
        assert answer.status_code == 404
        assert answer.headers[VERSION] == "1.0.3"
        assert THROUGH in answer.headers


# Around the statement: versions, rights, methods, sizes, bodies, targets


def test_the_version_header_is_required_and_answered(lite: Client) -> None:
    for sent, told in (("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.9", "1.0.3"), ("2.0", "2.0.0"), ("2.0.0", "2.0.0")):
        answer = lite.session.get(lite.url, headers={VERSION: sent})
        assert (answer.status_code, answer.headers[VERSION]) == (200, told)
    for sent in ("0.95", "1.1.0", "3.0", "", "one", "1.0.3, 2.0.0"):
        answer = lite.session.get(lite.url, headers={VERSION: sent})
        assert answer.status_code == 400, sent
        assert answer.headers[VERSION] in {"1.0.3", "2.0.0"}
    assert Client(lite.served, None).get().status_code == 400


def test_every_answer_under_xapi_names_the_version(lite: Client) -> None:
    base = lite.served.url
    for method, path in (
        ("GET", "/xapi/nothing"),
        ("GET", "/xapi/about"),
        ("DELETE", "/xapi/statements"),
        ("GET", "/xapi/more/x"),
    ):
        answer = lite.session.request(method, base + path)
        assert answer.headers[VERSION], (method, path)
    assert lite.session.get(base + "/xapi/nothing").status_code == 404


def test_credentials_that_are_missing_or_wrong_are_401_and_say_how_to_ask(lite: Client) -> None:
    served = lite.served
    good = f"{served.key}:{served.secret}"

    def with_header(value: str | None) -> Any:
        headers = {VERSION: "1.0.3", **({"Authorization": value} if value is not None else {})}
        lite.session.auth = None
        return lite.session.get(lite.url, headers=headers)

    def basic(text: str) -> str:
        return "Basic " + b64encode(text.encode()).decode()

    for bad in (
        None,
        "",
        "Basic",
        "Basic x",
        "Basic:x",
        "Bearer abc",
        basic("nobody:x"),
        basic(served.key),
        basic(":"),
        basic(f"{served.key}:wrong"),
        basic(good + "x"),
        "Basic /w==",
    ):
        answer = with_header(bad)
        assert answer.status_code == 401, bad
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert answer.headers[VERSION] == "1.0.3"
        assert THROUGH in answer.headers
        assert served.secret not in answer.text
    assert with_header(basic(good)).status_code == 200
    assert with_header(basic(good).replace("Basic", "basic")).status_code == 200


def test_rights_that_are_missing_are_403(lite: Client) -> None:
    writer = key_for(lite, "statements/write")
    reader = key_for(lite, "statements/read")
    nobody = key_for(lite)
    one = statement()
    assert writer.put(one).status_code == 204
    for answer in (
        writer.get(),
        writer.get(statementId=one["id"]),
        reader.put(statement()),
        reader.post([statement()]),
        nobody.get(),
    ):
        assert answer.status_code == 403
        assert answer.headers[VERSION] == "1.0.3"
    assert reader.found() == [one["id"]]
    assert key_for(lite, "all/read").found() == [one["id"]]


def test_a_revoked_or_expired_key_is_401(lite: Client) -> None:
    credentials = lite.served.prowess.credentials
    other = key_for(lite, "all")
    assert other.get().status_code == 200
    credentials.revoke(other.served.key)
    assert other.get().status_code == 401
    expired, secret = credentials.create("old", ["all"], expires_at=1)
    lite.session.auth = (expired.key, str(secret))
    assert lite.get().status_code == 401


def test_other_methods_are_405_and_say_which_are_allowed(lite: Client) -> None:
    for method in ("DELETE", "PATCH"):
        answer = lite.session.request(method, lite.url)
        assert answer.status_code == 405
        assert {"GET", "HEAD", "POST", "PUT"} <= set(answer.headers["Allow"].split(", "))
        assert answer.headers[VERSION]
        assert THROUGH in answer.headers


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", None, "multipart/mixed"]
)
def test_a_body_that_is_not_json_by_its_type_is_400(lite: Client, media_type: str | None) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = lite.session.post(lite.url, data=json.dumps(statement()).encode(), headers=headers)
    assert answer.status_code == 400
    assert lite.found() == []


def test_json_with_a_charset_is_json(lite: Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert lite.session.post(lite.url, data=json.dumps(statement()).encode(), headers=headers).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"17",
        b'"x"',
        b"[1]",
        b"[[]]",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":NaN}',
        b"{}{}",
    ],
    ids=["empty", "open", "null", "number", "text", "in array", "nested", "not utf-8", "bom", "deep", "nan", "two"],
)
def test_a_body_that_is_no_statement_is_400(lite: Client, body: bytes) -> None:
    answer = lite.session.post(lite.url, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.headers[VERSION] == "1.0.3"


def test_post_takes_no_parameters(lite: Client) -> None:
    assert lite.post(statement(), params={"statementId": str(uuid4())}).status_code == 400
    assert lite.session.post(f"{lite.url}?", json=statement()).status_code == 200


def test_a_larger_body_than_allowed_is_413_with_the_version(serve: Serve, tmp_path: Any) -> None:
    client = Client(serve(sqlite_at(tmp_path / "store.db"), PROWESS_LIMITS_BODY_BYTES="4096"))
    for size in (4097, 5000, 60_000, 900_000):
        padding = statement(result={"response": ""})
        padding["result"]["response"] = "x" * (size - len(json.dumps(padding)))
        body = json.dumps(padding).encode()
        assert len(body) == size
        answer = client.session.post(client.url, data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 413, size
        assert answer.headers.get(VERSION) == "1.0.3", size
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert client.post([statement()]).status_code == 200


def test_a_body_far_too_large_is_cut_off_with_a_413(serve: Serve, tmp_path: Any) -> None:
    client = Client(serve(sqlite_at(tmp_path / "store.db"), PROWESS_LIMITS_BODY_BYTES="4096"))
    status, headers, answer = raw(client, "POST /xapi/statements HTTP/1.1\r\nContent-Length: 1000000000", b"\r\n")
    assert status == 413
    assert headers[VERSION] == "1.0.3"
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(answer)["status"] == 413


def test_a_request_that_is_no_http_is_a_400(lite: Client) -> None:
    for head in ("GET /xapi/statements HTTP/1.1\r\nbad header", "GET /xapi/statements HTTP/1.1\r\nContent-Length: x"):
        status, _, _ = raw(lite, head, b"\r\n")
        assert status == 400


def test_more_statements_than_allowed_are_413(serve: Serve, tmp_path: Any) -> None:
    client = Client(serve(sqlite_at(tmp_path / "store.db"), PROWESS_LIMITS_BATCH="3"))
    assert client.post([statement() for _ in range(3)]).status_code == 200
    assert client.post([statement() for _ in range(4)]).status_code == 413


def raw(client: Client, head: str, body: bytes = b"") -> tuple[int, CaseInsensitiveDict[str], bytes]:
    """Send a request exactly as written, with credentials; returns status, headers and body."""
    parts = urlsplit(client.served.url)
    token = b64encode(f"{client.served.key}:{client.served.secret}".encode()).decode()
    lines = [head, f"Host: {parts.netloc}", f"Authorization: Basic {token}", f"{VERSION}: 1.0.3", "Connection: close"]
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, rest = answer.partition(b"\r\n")
    heads, _, content = rest.partition(b"\r\n\r\n")
    headers = CaseInsensitiveDict(line.split(": ", 1) for line in heads.decode().split("\r\n"))
    return int(first.split()[1]), headers, content


def test_chunked_bodies_are_read(lite: Client) -> None:
    body = json.dumps([statement(), statement()]).encode()
    chunks = [body[at : at + 50] for at in range(0, len(body), 50)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
    status, _, answer = raw(
        lite,
        "POST /xapi/statements HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked",
        b"\r\n" + sent,
    )
    assert status == 200, answer
    assert len(lite.found()) == 2


def test_absolute_targets_are_understood(lite: Client) -> None:
    for path in ("/xapi/statements", "/xapi/statements?", "/xapi/statements?limit=1"):
        status, headers, answer = raw(lite, f"GET {lite.served.url}{path} HTTP/1.1", b"\r\n")
        assert status == 200, answer
        assert THROUGH in headers


@pytest.mark.parametrize(
    "target", ["/xapi/statements?verb=%ff%fe", "/xapi/statements?limit=%zz", "/xapi/statements?%00=1", "/xapi/more/%ff"]
)
def test_odd_bytes_in_the_target_are_400(lite: Client, target: str) -> None:
    status, headers, _ = raw(lite, f"GET {target} HTTP/1.1", b"\r\n")
    assert status == 400
    assert headers[VERSION] == "1.0.3"


@pytest.mark.parametrize(
    "text", ["nul \x00 in it", "\ud83d\ude00", "tab\tnewline\n", "\u2028"], ids=["nul", "emoji", "white", "separator"]
)
def test_odd_text_in_a_statement_is_kept_as_it_is(client: Client, text: str) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    one = statement(
        actor={"account": {"homePage": "https://x.example", "name": text}},
        context={"platform": text, "extensions": {"https://x.example/e": text}},
        result={"response": text},
    )
    assert client.post(one).status_code == 200
    stored = client.get(statementId=one["id"]).json()
    assert (stored["actor"], stored["context"], stored["result"]) == (one["actor"], one["context"], one["result"])
    assert client.found(agent=json.dumps(one["actor"])) == [one["id"]]


def test_numbers_come_back_as_they_were_sent(client: Client) -> None:
    id_ = str(uuid4())
    body = json.dumps(statement(id_, result={"extensions": {"https://x.example/n": "N"}}))
    body = body.replace('"N"', "[12345678901234567890.1234567890, 1e300, 0.10, -0.0]")
    assert client.session.post(client.url, data=body, headers={"Content-Type": "application/json"}).status_code == 200
    assert "[12345678901234567890.1234567890, 1e300, 0.10, -0.0]" in client.get(statementId=id_).text


# When the database is away


def test_without_its_database_the_store_says_503_and_keeps_its_headers(
    serve: Serve, postgres_url: str, postgres_database: str
) -> None:
    from sqlalchemy import create_engine, make_url, text

    client = Client(serve(postgres_database))
    one = statement()
    client.post(one)
    promised = client.get().headers[THROUGH]
    name = make_url(postgres_database).database
    admin = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        conn.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        lost = statement()
        for answer in (client.post(lost), client.put(lost), client.get(), client.get(statementId=one["id"])):
            assert answer.status_code == 503, answer.text
            assert answer.headers[THROUGH] == promised
            assert answer.headers[VERSION] == "1.0.3"
            assert "Traceback" not in answer.text
        assert client.session.get(client.served.url + "/health/live").status_code == 200
        assert client.session.get(client.served.url + "/health/ready").status_code == 503
        conn.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
    admin.dispose()
    assert client.post(lost).status_code == 200
    assert client.found(ascending="true") == [one["id"], lost["id"]]


def test_a_full_disk_is_503_and_the_store_goes_on_when_there_is_room(serve: Serve, tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"))
    client = Client(served)
    database: Database = served.prowess.database
    pages = database.write(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar())
    database.write(lambda conn: conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}").scalar())
    acknowledged: list[str] = []
    refused: list[str] = []
    for _ in range(30):
        one = statement(result={"response": "x" * 2000})
        answer = client.post(one)
        assert answer.status_code in {200, 503}, answer.text
        (acknowledged if answer.status_code == 200 else refused).append(one["id"])
    assert refused
    assert client.found(ascending="true") == acknowledged
    database.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar())
    assert client.post(statement(refused[0])).status_code == 200
    assert client.found(ascending="true") == [*acknowledged, refused[0]]


def test_a_promise_that_cannot_be_saved_is_not_given_and_reading_goes_on(serve: Serve, tmp_path: Any) -> None:
    """The disk takes no write at all: what is visible is still answered, up to where it is certain."""
    client = Client(serve(sqlite_at(tmp_path / "store.db")))
    one = statement()
    client.post(one)
    stored = client.get(statementId=one["id"]).json()["stored"]
    refuse = "CREATE TRIGGER full BEFORE UPDATE ON sequencer BEGIN SELECT raise(FAIL, 'disk full'); END"
    client.served.prowess.database.write(lambda conn: conn.exec_driver_sql(refuse))
    client.served.prowess.database.dialect._floor_saved = 0  # type: ignore[attr-defined]
    answer = client.get()
    assert answer.status_code == 200
    assert ids(answer.json()["statements"]) == [one["id"]]
    assert answer.headers[THROUGH] >= stored
    assert client.post(statement()).status_code == 200


def test_when_every_connection_is_in_use_the_answer_is_503(serve: Serve, database_url: str) -> None:
    client = Client(serve(database_url))
    client.get()
    database = client.served.prowess.database
    pool: Any = database.reading.pool
    pool._max_overflow, pool._timeout = 0, 0.05
    held = [database.reading.connect() for _ in range(pool.size())]
    try:
        answer = client.get()
        assert answer.status_code == 503
        assert THROUGH in answer.headers
    finally:
        for one in held:
            one.close()
    assert client.get().status_code == 200


def test_a_clock_that_steps_back_does_not_keep_a_revoked_key_alive(serve: Serve, database_url: str) -> None:
    """Another process revokes; this one may remember a verified key for five seconds, not for an hour."""
    clock = ManualClock(NOON)
    client, other = Client(serve(database_url, clock=clock)), serve(database_url, clock=clock)
    assert client.get().status_code == 200
    other.prowess.credentials.revoke(client.served.key)
    clock.move(seconds=-3600)
    assert client.get().status_code == 401
