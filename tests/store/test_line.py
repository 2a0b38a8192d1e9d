"""Recording from an event loop: together, apart when one is bad, and never in the loop's way."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, func, select

from lrs.config import load_settings
from lrs.errors import Conflict, Unavailable
from lrs.prowess import Prowess
from lrs.store import line as lines
from lrs.store import tables as t
from lrs.store.line import Line
from lrs.store.statements import Intake
from lrs.turns import Priority
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.servers import sqlite_at
from tests.store.sending import statement


@contextmanager
def opened(url: str) -> Iterator[Prowess]:
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url, "PROWESS_RUNNER_KIND": "none"})) as prowess:
        yield prowess


@pytest.fixture
def prowess(database_url: str) -> Iterator[Prowess]:
    with opened(database_url) as prowess:
        yield prowess


@pytest.fixture
def lite(tmp_path: Any) -> Iterator[Prowess]:
    """A store where only one transaction can write at a time."""
    with opened(sqlite_at(tmp_path / "lite.db")) as prowess:
        yield prowess


def intake(prowess: Prowess, also: Callable[[Connection], None] | None = None, **changes: Any) -> Intake:
    credential = prowess.credentials.own("import")
    body = json.dumps(statement(**changes)).encode()
    batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=uuid4)
    return Intake(credential.tenant_id, credential.id, batch.statements, Version.V1_0_3, also=also)


def stored(prowess: Prowess) -> int:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.statement)) or 0


def play(prowess: Prowess, work: Callable[[Line], Awaitable[Any]]) -> Any:
    """Run something in a loop of its own; only then is the pool gone."""

    async def run(pool: ThreadPoolExecutor) -> Any:
        return await asyncio.wait_for(work(Line(prowess.statements, prowess.database, pool)), 30)

    with ThreadPoolExecutor(2, "pool") as pool:
        return asyncio.run(run(pool))


async def ticking(line: Line, one: Intake, release: Callable[[], object]) -> int:
    """Record while something holds the database up, which `release` ends after the loop has turned fifty times."""
    recorded = asyncio.ensure_future(line.record(one))
    for _ in range(50):
        await asyncio.sleep(0.002)
    assert not recorded.done()
    await asyncio.to_thread(release)
    return await recorded


def counted(prowess: Prowess) -> list[int]:
    """The sizes of the groups that this store commits from now on."""
    sizes: list[int] = []
    commit = prowess.statements._commit

    def counting(intakes: Any, **more: Any) -> Any:
        sizes.append(len(intakes))
        return commit(intakes, **more)

    prowess.statements._commit = counting  # type: ignore[method-assign]
    return sizes


async def together(line: Line, sent: Iterable[Intake]) -> list[int]:
    return await asyncio.gather(*(line.record(one) for one in sent))


async def apart(line: Line, sent: Iterable[Intake], rounds: int) -> list[int]:
    """Record requests each of which is ready some rounds of the loop after the one before it."""
    recorded = []
    for one in sent:
        recorded.append(asyncio.ensure_future(line.record(one)))
        for _ in range(rounds):
            await asyncio.sleep(0)
    return await asyncio.gather(*recorded)


def test_what_is_ready_together_is_committed_together(prowess: Prowess) -> None:
    groups = counted(prowess)
    sent = [intake(prowess) for _ in range(40)]
    assert play(prowess, lambda line: together(line, sent)) == [1] * 40
    assert groups == [40]
    assert stored(prowess) == 40


def test_where_many_come_the_next_ones_are_waited_for(prowess: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_GATHERED", 60.0)
    groups = counted(prowess)
    sent = [intake(prowess) for _ in range(lines._QUIET + 6)]

    async def work(line: Line) -> None:
        await together(line, sent[:-5])
        await apart(line, sent[-5:], rounds=lines._QUIET // 2)

    play(prowess, work)
    assert groups == [len(sent) - 5, 5]


def test_who_comes_alone_is_committed_at_once(lite: Prowess) -> None:
    groups = counted(lite)
    play(lite, lambda line: apart(line, [intake(lite) for _ in range(5)], rounds=2))
    assert groups == [1] * 5


def test_who_comes_alone_some_time_after_many_is_committed_at_once(
    lite: Prowess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_SOME_TIME", 0.0)
    groups = counted(lite)

    async def work(line: Line) -> None:
        await together(line, [intake(lite) for _ in range(20)])
        await apart(line, [intake(lite) for _ in range(2)], rounds=3)

    play(lite, work)
    assert groups == [20, 1, 1]


def test_a_group_that_is_full_waits_for_nobody(lite: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_GATHERED", 60.0)
    monkeypatch.setattr(lines, "_MOST", 20)
    groups = counted(lite)

    async def work(line: Line) -> None:
        await together(line, [intake(lite) for _ in range(20)])
        await together(line, [intake(lite) for _ in range(20)])

    play(lite, work)
    assert groups == [20, 20]


def test_a_stream_of_requests_holds_no_group_up(prowess: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_GATHERED", 0.0)
    groups = counted(prowess)
    sent = [intake(prowess) for _ in range(60)]

    async def work(line: Line) -> None:
        await together(line, sent[:30])
        await apart(line, sent[30:], rounds=1)

    play(prowess, work)
    assert groups[0] == 30 > max(groups[1:])


def test_groups_are_bounded_and_nobody_is_forgotten(prowess: Prowess) -> None:
    sent = [intake(prowess) for _ in range(lines._MOST + 10)]

    async def work(line: Line) -> list[int]:
        return await asyncio.gather(*(line.record(one) for one in sent))

    assert play(prowess, work) == [1] * len(sent)
    assert stored(prowess) == len(sent)


def test_only_the_one_in_conflict_is_refused(prowess: Prowess) -> None:
    one = intake(prowess)
    prowess.statements.record(one)
    other = intake(prowess, id_=str(one.statements[0].id), verb={"id": "https://x.example/other"})

    async def work(line: Line) -> list[Any]:
        these = (intake(prowess), other, one, intake(prowess))
        return await asyncio.gather(*(line.record(this) for this in these), return_exceptions=True)

    first, refused, again, last = play(prowess, work)
    assert (first, again, last) == (1, 0, 1)
    assert isinstance(refused, Conflict)


def test_a_poisonous_request_takes_no_neighbour_down(prowess: Prowess) -> None:
    def poison(_: Connection) -> None:
        raise ValueError("poison")

    async def work(line: Line) -> list[Any]:
        these = (intake(prowess), intake(prowess, also=poison), intake(prowess))
        return await asyncio.gather(*(line.record(this) for this in these), return_exceptions=True)

    first, bad, last = play(prowess, work)
    assert (first, last) == (1, 1)
    assert isinstance(bad, ValueError)
    assert stored(prowess) == 2


def test_the_loop_turns_while_another_thread_writes(lite: Prowess) -> None:
    one = intake(lite)
    holds, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        holds.set()
        release.wait(20)

    thread = threading.Thread(target=lambda: lite.database.write(hold, priority=Priority.READ_MODEL))
    thread.start()
    assert holds.wait(10)
    assert play(lite, lambda line: ticking(line, one, release.set)) == 1
    thread.join()
    assert stored(lite) == 1


def test_the_loop_turns_while_another_process_writes(lite: Prowess) -> None:
    one = intake(lite)
    other = sqlite3.connect(str(lite.database.url.database), check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert play(lite, lambda line: ticking(line, one, lambda: other.execute("ROLLBACK"))) == 1
    other.close()
    assert stored(lite) == 1
    assert play(lite, lambda line: line.record(intake(lite))) == 1


def test_a_moment_of_another_process_is_waited_for_in_the_loop(lite: Prowess) -> None:
    """A thread would wait in SQLite's own sleeps, which last up to a tenth of a second."""
    where: list[str] = []
    one = intake(lite, also=lambda _: where.append(threading.current_thread().name))
    other = sqlite3.connect(str(lite.database.url.database), check_same_thread=False, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def work(line: Line) -> int:
        recorded = asyncio.ensure_future(line.record(one))
        await asyncio.sleep(lines._MOMENT / 2)
        other.execute("ROLLBACK")
        return await recorded

    assert play(lite, work) == 1
    other.close()
    assert where == [threading.main_thread().name]
    assert stored(lite) == 1


@pytest.mark.parametrize("long", [100.0, 0.0], ids=["quick disk", "slow disk"])
def test_threads_commit_for_a_while_after_a_slow_commit(
    lite: Prowess, monkeypatch: pytest.MonkeyPatch, long: float
) -> None:
    monkeypatch.setattr(lines, "_LONG", long)
    monkeypatch.setattr(lines, "_PAUSE", 0.2)
    where: list[str] = []

    def note(_: Connection) -> None:
        where.append(threading.current_thread().name[:4])

    async def work(line: Line) -> None:
        for pause in (0.0, 0.0, 0.3):
            await asyncio.sleep(pause)
            await line.record(intake(lite, also=note))

    play(lite, work)
    assert where == (["Main"] * 3 if long else ["Main", "pool", "Main"])


def test_a_closed_store_says_that_nothing_was_stored(lite: Prowess) -> None:
    one = intake(lite)
    lite.database.close()
    with pytest.raises(Unavailable, match="stopping"):
        play(lite, lambda line: line.record(one))


def test_a_loop_that_ended_keeps_no_turn(lite: Prowess) -> None:
    one = intake(lite)
    holds, release = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        holds.set()
        release.wait(20)

    thread = threading.Thread(target=lambda: lite.database.write(hold))
    thread.start()
    assert holds.wait(10)

    async def leave(line: Line) -> None:
        waiting = asyncio.ensure_future(line.record(one))
        await asyncio.sleep(0.01)
        assert not waiting.done()

    play(lite, leave)
    release.set()
    thread.join()
    assert lite.database.write(lambda conn: conn.scalar(select(1))) == 1


def test_whoever_left_is_recorded_all_the_same(lite: Prowess) -> None:
    sent = [intake(lite) for _ in range(2)]

    async def work(line: Line) -> int:
        leaving, staying = (asyncio.ensure_future(line.record(one)) for one in sent)
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    assert play(lite, work) == 1
    assert stored(lite) == 2
