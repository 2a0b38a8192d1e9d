"""Many writers of one document: nobody's change is lost, and whoever polls misses nothing (reliability, row 13)."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from lrs.clock import ManualClock
from lrs.errors import PreconditionFailed
from lrs.store.documents import Content, Shelf
from lrs.xapi.documents import AGENT_PROFILE, RESOURCES, STATE, Kind, Resource
from tests.conftest import Served
from tests.http.test_documents import NEW, OLD, Desk

Serve = Callable[..., Served]
NOON = 1_795_521_600_000_000
THREADS = 8


def anything(_: str | None) -> None:
    """A check that agrees to all."""


def text(value: str) -> Callable[[Content | None], Content]:
    return lambda _: Content("text/plain", value.encode())


def shelf() -> Shelf:
    return Shelf(1, Kind.ACTIVITY_PROFILE, uuid4().bytes, None)


def at_once(count: int, run: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def start(number: int) -> Any:
        barrier.wait(30)
        return run(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.fixture
def served(serve: Serve, database_url: str) -> Served:
    return serve(database_url, PROWESS_RUNNER_KIND="none")


def twin(desk: Desk) -> Desk:
    """Another client at the same documents."""
    other = Desk(desk.served, desk.resource, desk.version)
    other.owner = desk.owner
    return other


@pytest.mark.journey
def test_d_08_no_update_is_lost_among_writers_with_if_match(served: Served) -> None:
    """Every 204 is one step of a counter; a lost update would leave it behind."""
    desk = Desk(served, AGENT_PROFILE, OLD)
    desk.create(body={"n": 0})

    def count(_: int) -> tuple[int, int]:
        own, won, lost = twin(desk), 0, 0
        for _ in range(25):
            read = own.send("GET")
            answer = own.send("PUT", body={"n": read.json()["n"] + 1}, headers={"If-Match": read.headers["ETag"]})
            assert answer.status_code in {204, 412}, answer.text
            won, lost = won + (answer.status_code == 204), lost + (answer.status_code == 412)
        return won, lost

    results = at_once(THREADS, count)
    won, lost = (sum(column) for column in zip(*results, strict=True))
    assert won + lost == THREADS * 25
    assert lost, "nobody met anybody: this was no race"
    assert json.loads(desk.content()) == {"n": won}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.title)
def test_s_43_one_of_many_creates_a_document(served: Served, resource: Resource) -> None:
    desk = Desk(served, resource, NEW)
    for round_ in range(5):
        answers = at_once(
            THREADS,
            lambda n, name=f"{round_}": (
                twin(desk).send("PUT", name, {"n": n}, headers={"If-None-Match": "*"}).status_code,
                n,
            ),
        )
        assert sorted(status for status, _ in answers) == [204] + [412] * (THREADS - 1)
        (winner,) = (n for status, n in answers if status == 204)
        assert json.loads(desk.content(f"{round_}")) == {"n": winner}


def test_t_19_one_of_many_bare_puts_creates_a_document_and_the_others_are_told(served: Served) -> None:
    desk = Desk(served, STATE, NEW)
    answers = at_once(THREADS, lambda n: twin(desk).send("PUT", body={"n": n}).status_code)
    assert sorted(answers) == [204] + [409] * (THREADS - 1)


def test_every_post_of_many_is_in_the_merged_document_even_when_none_was_there(served: Served) -> None:
    desk = Desk(served, STATE, OLD)
    assert set(at_once(12, lambda n: twin(desk).send("POST", body={f"{n}": n}).status_code)) == {204}
    assert json.loads(desk.content()) == {f"{n}": n for n in range(12)}


@pytest.mark.journey
def test_any_mix_of_writers_is_answered_and_none_waits_for_ever(served: Served) -> None:
    """Removing all while others change some once ended in a deadlock, which the client saw as 503."""
    desk = Desk(served, STATE, OLD)

    def wander(number: int) -> None:
        own, chance = twin(desk), random.Random(number)
        for _ in range(20):
            method = chance.choice(["PUT", "POST", "DELETE", "DELETE", "GET"])
            of_all = method in {"DELETE", "GET"} and chance.random() < 0.3
            body = {"n": number} if method in {"PUT", "POST"} else None
            answer = own.send(method, None if of_all else chance.choice("abc"), body)
            assert answer.status_code in {200, 204, 404}, answer.text

    at_once(THREADS, wander)


def test_00141_whoever_polls_with_since_misses_no_document_however_late_it_is_committed(served: Served) -> None:
    """Each writer is slow between beginning and commit; the poller asks for what came after the newest it knows."""
    documents = served.prowess.documents
    here = shelf()
    done = threading.Event()

    def slowly(_: Content | None) -> Content:
        threading.Event().wait(random.random() / 200)
        return Content("text/plain", b"x")

    def poll() -> list[str]:
        seen: list[str] = []
        newest = None
        last = False
        while not last:
            last = done.is_set()
            listing = documents.names(here, newest)
            seen += listing.names
            newest = listing.newest or newest
        return seen

    with ThreadPoolExecutor(1) as pool:
        polled = pool.submit(poll)
        at_once(THREADS, lambda n: [documents.write(here, f"{n}-{m}", anything, slowly) for m in range(12)])
        done.set()
        assert sorted(polled.result(60)) == sorted(f"{n}-{m}" for n in range(THREADS) for m in range(12))


def test_a_slow_change_of_one_owner_keeps_nobody_else_waiting(serve: Serve, postgres_database: str) -> None:
    """Where writers work side by side, only those of one owner wait for each other; numbers come last."""
    documents = serve(postgres_database, PROWESS_RUNNER_KIND="none").prowess.documents
    slow_one, quick_one = shelf(), shelf()
    begun, release = threading.Event(), threading.Event()

    def slowly(_: Content | None) -> Content:
        begun.set()
        assert release.wait(30)
        return Content("text/plain", b"slow")

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(documents.write, slow_one, "doc", anything, slowly)
        assert begun.wait(30)
        quick = documents.write(quick_one, "doc", anything, text("quick"))
        release.set()
        assert slow.result(30).updated > quick.updated


def test_s_38_the_moment_of_a_change_grows_though_the_clock_steps_back_across_a_restart(
    serve: Serve, database_url: str
) -> None:
    clock = ManualClock(NOON)
    here = shelf()
    first = serve(database_url, clock=clock, PROWESS_RUNNER_KIND="none").prowess
    moments = [first.documents.write(here, "doc", anything, text(f"{n}")).updated for n in range(3)]
    later = serve(database_url, clock=ManualClock(NOON - 86_400_000_000), PROWESS_RUNNER_KIND="none").prowess
    moments += [later.documents.write(here, name, anything, text("x")).updated for name in ("doc", "other")]
    assert moments == sorted(set(moments))
    assert later.documents.names(here, moments[2]).names == ("doc", "other")


def test_a_refused_write_leaves_no_trace(served: Served) -> None:
    documents = served.prowess.documents
    here = shelf()

    def refuse(_: str | None) -> None:
        raise PreconditionFailed

    with pytest.raises(PreconditionFailed):
        documents.write(here, "doc", refuse, text("x"))
    kept = documents.write(here, "doc", anything, text("x"))

    def broken(_: Content | None) -> Content:
        raise ValueError

    with pytest.raises(ValueError):
        documents.write(here, "doc", anything, broken)
    with pytest.raises(PreconditionFailed):
        documents.delete(here, "doc", refuse)
    assert documents.find(here, "doc") == kept
