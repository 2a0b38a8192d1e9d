"""Nobody who reads while others write misses a statement or gets one twice (reliability rows 12 and 14)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest

from lrs.clock import ManualClock, SystemClock
from lrs.config import load_settings
from lrs.db import Database
from lrs.errors import BadRequest
from lrs.http.more import Continuation, MoreLinks
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.conftest import Served, start_server
from tests.servers import sqlite_at
from tests.store.sending import THROUGH, Client, ids, statement

Serve = Callable[..., Served]

WRITERS = 8
BATCHES = 12
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@contextmanager
def writers(served: Served) -> Iterator[tuple[set[str], Callable[[], bool]]]:
    """Eight clients that send batches, some with ids that others send too; what was acknowledged, and whether all are done."""
    shared = [statement() for _ in range(40)]
    acknowledged: set[str] = set()
    guard = threading.Lock()

    def write(number: int) -> None:
        client = Client(served)
        for batch_number in range(BATCHES):
            common = shared[(number + batch_number) % 20 :: 20]
            batch = [statement(), *common, statement(timestamp=None)]
            answer = client.post(batch)
            assert answer.status_code == 200, answer.text
            assert answer.json() == ids(batch)
            with guard:
                acknowledged.update(answer.json())

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, number) for number in range(WRITERS)]
        yield acknowledged, lambda: all(one.done() for one in running)
        for one in running:
            one.result(60)


def test_a_poller_under_writers_sees_every_acknowledged_statement_once(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    client = Client(served)
    seen: list[str] = []
    through = "1970-01-01T00:00:00.000000Z"

    def poll(since: str) -> str:
        first = None
        for answer, page in client.pages(since=since, ascending="true", limit=7):
            first = first or answer.headers[THROUGH]
            assert all(since < one["stored"] for one in page)
            seen.extend(ids(page))
        assert first is not None
        assert first >= since, "Consistent-Through went backwards"
        return first

    with writers(served) as (acknowledged, done):
        while not done():
            through = poll(through)
    poll(through)
    assert len(seen) == len(set(seen)), "a statement came twice"
    assert set(seen) == acknowledged


def test_consistent_through_is_not_passed_by_a_later_answer(serve: Serve, database_url: str) -> None:
    """Whatever appears after an answer is stored after what that answer promised."""
    served = serve(database_url)
    client = Client(served)
    known: set[str] = set()
    with writers(served) as (_, done):
        while not done():
            promised = client.get(limit=1).headers[THROUGH]
            before = set(client.found(until=promised))
            later = set(client.found(until=promised))
            assert before == later
            assert known <= before, "what was promised has gone"
            known = before


def test_paging_newest_first_under_writers_is_one_answer(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    client = Client(served)
    with writers(served) as (_, done):
        answers = 0
        while not done() or not answers:
            pages = [page for _, page in client.pages(limit=5)]
            rows = [one for page in pages for one in page]
            assert [one["stored"] for one in rows] == sorted((one["stored"] for one in rows), reverse=True)
            assert len({one["id"] for one in rows}) == len(rows)
            answers += 1
    assert client.found(limit=9) == list(reversed(client.found(limit=100, ascending="true")))


def test_stored_never_ties(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    with writers(served) as (acknowledged, _):
        pass
    stored = [one["stored"] for _, page in Client(served).pages(ascending="true") for one in page]
    assert len(set(stored)) == len(stored) == len(acknowledged)
    assert stored == sorted(stored)


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_more_goes_on_after_a_restart(serve: Serve, database_url: str, ascending: str) -> None:
    served = serve(database_url)
    client = Client(served)
    client.post([statement() for _ in range(5)])
    expected = client.found(ascending=ascending)
    first = client.get(limit=2, ascending=ascending).json()
    client.post(statement())

    again = serve(database_url)
    second = Client(again).session.get(again.url + first["more"]).json()
    third = Client(again).session.get(again.url + second["more"]).json()
    assert ids(first["statements"] + second["statements"] + third["statements"]) == expected
    assert third["more"] == ""


def test_a_tampered_more_is_refused(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    client = Client(served)
    client.post([statement() for _ in range(3)])
    more = client.get(limit=1).json()["more"]
    assert client.session.get(served.url + more).status_code == 200
    head, token = more.rsplit("/", 1)
    forged = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(0, len(token) - 1, 3)]
    for bad in [*forged, token[:-4], token[4:], "x", "%00", "!!!!", "é", token + "AAAA", f"{token}!", f"!{token}"]:
        answer = client.session.get(f"{served.url}{head}/{bad}")
        assert answer.status_code == 400, bad
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert THROUGH in answer.headers


def test_more_of_another_store_is_refused(serve: Serve, database_url: str, tmp_path: Any) -> None:
    served, other = serve(database_url), serve(sqlite_at(tmp_path / "other.db"))
    for one in (served, other):
        Client(one).post([statement() for _ in range(3)])
    more = Client(other).get(limit=1).json()["more"]
    assert Client(served).session.get(served.url + more).status_code == 400


def test_more_of_another_tenant_is_refused(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    token = MoreLinks(served.prowess.database, served.prowess.ids).write(Continuation(2, "", 2**60, 1))
    answer = Client(served).session.get(f"{served.xapi}/more/{token}")
    assert answer.status_code == 400
    assert "another tenant" in answer.json()["detail"]


def test_a_clock_one_hour_back_while_idle_breaks_no_promise(serve: Serve, database_url: str) -> None:
    clock = ManualClock(NOON)
    served = serve(database_url, clock=clock, PROWESS_RUNNER_KIND="none")  # a consumer's commit would not be idle
    client = Client(served)
    client.post([statement(), statement()])
    clock.move(seconds=600)
    through = (client.get().headers[THROUGH] for _ in range(100))  # a key's last use may be written just then
    promised = next(one for one in through if one == "2026-11-24T12:10:00.000000Z")

    clock.move(seconds=-3600)
    assert client.get().headers[THROUGH] >= promised
    late = client.post([statement(), statement()]).json()
    rows = [one for _, page in client.pages(ascending="true") for one in page]
    assert [one["stored"] for one in rows] == sorted({one["stored"] for one in rows})
    assert ids(rows)[2:] == late
    assert rows[2]["stored"] > promised
    assert client.found(since=promised, ascending="true") == late


def test_a_clock_one_hour_back_during_a_restart_breaks_no_promise(serve: Serve, database_url: str) -> None:
    clock = ManualClock(NOON)
    served, stop = start_server(database_url, clock=clock)
    client = Client(served)
    client.post(statement())
    clock.move(seconds=600)
    promised = client.get().headers[THROUGH]
    stop()

    client = Client(serve(database_url, clock=ManualClock(NOON), PROWESS_RUNNER_KIND="none"))
    through = (client.get().headers[THROUGH] for _ in range(100))  # a key's last use may be written just then
    assert any(one >= promised for one in through)
    late = client.post(statement()).json()
    assert client.found(since=promised) == late


def test_a_clock_one_day_ahead_and_back_keeps_the_order(serve: Serve, database_url: str) -> None:
    clock = ManualClock(NOON)
    client = Client(serve(database_url, clock=clock))
    sent = []
    for days in (0, 1, -1, 0, 0.5, -2):
        clock.move(days=days)
        sent += client.post([statement(), statement()]).json()
        assert client.found(ascending="true") == sent


def open_prowess(url: str) -> Prowess:
    prowess = Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}))
    migrate(prowess.database, prowess.plugins)
    return prowess


def record(prowess: Prowess, count: int) -> int:
    batch = prepare(
        b"[" + b",".join(_body(uuid4()) for _ in range(count)) + b"]",
        version=Version.V1_0_3,
        authority={"mbox": "mailto:a@b.example"},
        new_id=uuid4,
    )
    return prowess.statements.record(Intake(1, 1, batch.statements, Version.V1_0_3))


def _body(id_: object) -> bytes:
    return (
        f'{{"id":"{id_}","actor":{{"mbox":"mailto:a@b.example"}},"verb":{{"id":"x:y"}},'
        f'"object":{{"id":"https://x.example/o"}}}}'
    ).encode()


def test_two_processes_on_one_database_commit_in_the_order_of_their_numbers(database_url: str) -> None:
    """A reader's answer grows only at its end: nothing is committed below what was visible already."""
    prowesses = [open_prowess(database_url), open_prowess(database_url)]
    stop = threading.Event()
    problems: list[str] = []

    def watch() -> None:
        tail, through = 0, 0
        while not stop.is_set():
            promised = prowesses[0].database.watermark()
            seen = [item.seq for item in prowesses[1].feed.read(0, 10_000)]
            fresh = [seq for seq in seen if seq > tail]
            if len(seen) - len(fresh) != len([seq for seq in watch_known if seq <= tail]):
                problems.append(f"something appeared at or below {tail}")
            if fresh and fresh[0] <= through:
                problems.append(f"{fresh[0]} appeared below the promised {through}")
            watch_known.extend(fresh)
            tail, through = max(tail, *fresh, 0), promised

    watch_known: list[int] = []
    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(6) as pool:
        for count in pool.map(lambda i: record(prowesses[i % 2], 1 + i % 5), range(150)):
            assert count
    stop.set()
    watcher.join()
    for prowess in prowesses:
        prowess.close()
    assert not problems


def test_a_slow_transaction_is_not_overtaken(postgres_database: str) -> None:
    """While somebody stands between number and commit, others wait and Consistent-Through does not promise past it."""
    slow, fast = open_prowess(postgres_database), open_prowess(postgres_database)
    record(fast, 1)
    numbered, go_on = threading.Event(), threading.Event()
    took: list[int] = []

    def dawdle(conn: Any) -> None:
        took.append(slow.feed.record(conn, 1, "person", ["slow"]))
        numbered.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow.database.write, dawdle)
        assert numbered.wait(10)
        second = pool.submit(record, fast, 1)
        watermarks = [fast.database.watermark() for _ in range(5)]
        until = monotonic() + 0.3
        while monotonic() < until:
            assert not second.done(), "the fast one overtook the slow one"
            sleep(0.02)
        assert all(one < took[0] for one in watermarks), "promised past a number that is not committed"
        assert [item.seq for item in fast.feed.read(took[0] - 1, 10)] == []
        go_on.set()
        first.result(10)
        second.result(10)
    seqs = [item.seq for item in fast.feed.read(0, 10)]
    assert seqs[1] == took[0]
    assert seqs[2] > took[0]
    assert fast.database.watermark() >= seqs[2]
    slow.close()
    fast.close()


def test_a_busy_writer_holds_consistent_through_back_on_sqlite(tmp_path: Any) -> None:
    prowess = open_prowess(sqlite_at(tmp_path / "store.db"))
    record(prowess, 1)
    numbered, go_on = threading.Event(), threading.Event()
    took: list[int] = []

    def dawdle(conn: Any) -> None:
        took.append(prowess.feed.record(conn, 1, "person", ["slow"]))
        numbered.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(prowess.database.write, dawdle)
        assert numbered.wait(10)
        assert all(prowess.database.watermark() < took[0] for _ in range(5))
        go_on.set()
        running.result(10)
    assert prowess.database.watermark() >= took[0]
    prowess.close()


def test_a_more_link_has_one_spelling_only(serve: Serve, tmp_path: Any) -> None:
    """Base64 ignores the last bits of a token of some lengths, so that tampering there went unnoticed."""
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_RUNNER_KIND="none")
    links = MoreLinks(served.prowess.database, served.prowess.ids)
    for query in ("", "a", "ab", "abc", "abcd"):
        token = links.write(Continuation(1, query, 2**60, 1))
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
            if letter != token[-1]:
                with pytest.raises(BadRequest):
                    links.read(token[:-1] + letter)
        assert links.read(token).query == query


def test_consistent_through_never_goes_back_when_two_requests_ask_at_once(tmp_path: Path) -> None:
    """The slower of two readings must not replace the later one."""
    database = Database(sqlite_at(tmp_path / "store.db"), SystemClock())
    asked, go_on = threading.Event(), threading.Event()

    class Readings:
        """A dialect whose first reading of the watermark is held up until the second was answered."""

        def __init__(self) -> None:
            self.answers = [100, 200]

        def watermark(self, _engine: object, _now: int | None) -> int:
            answer = self.answers.pop(0)
            if answer == 100:
                asked.set()
                assert go_on.wait(10)
            return answer

    database.dialect = Readings()  # type: ignore[assignment]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(database.watermark)
        assert asked.wait(10)
        assert database.watermark() == 200
        go_on.set()
        assert slow.result(10) == 200
    database.close()


def test_a_second_process_with_an_earlier_clock_keeps_the_promise_of_the_first(tmp_path: Path) -> None:
    """On SQLite the floor was read once: what one process had answered, another could contradict."""
    url = sqlite_at(tmp_path / "store.db")
    clock = ManualClock(NOON)
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": url})
    first, second = Prowess(settings, clock=clock), Prowess(settings, clock=ManualClock(NOON))
    migrate(first.database, first.plugins)
    record(second, 1)
    for _ in range(4):
        clock.move(seconds=300.9)
        promised = first.database.watermark()
        record(second, 1)
        assert second.feed.read(promised, 10), "committed below what was promised"
    first.close()
    second.close()
