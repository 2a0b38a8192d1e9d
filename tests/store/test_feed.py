"""Consumers and deciders: every item has its effect exactly once, whatever fails and however many work (data-model 2)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, event, func, insert, select

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.feed.consumer import Effect, HaltedConsumer
from lrs.feed.feed import HALT_AFTER, TOGETHER, Feed
from lrs.feed.items import FeedItem
from lrs.jobs import MAIN, EmbeddedRunner, Work
from lrs.migrate import migrate
from lrs.people.changes import PERSON_CHANGED
from lrs.people.csv_file import load_csv
from lrs.people.roster import roster_from
from lrs.prowess import Plugin, Prowess
from lrs.store import tables as t
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from lrs.yaml_door import load
from rules import tables as r
from rules.decider import Decider, TimeJob
from rules.facts import dirty
from rules.facts.dirty import Claim
from rules.facts.projector import EvidenceProjector
from rules.plugin import plugin as rules
from rules.published.store import RULESET_APPLIED, Published, Source
from tests.conftest import Served
from tests.journey.house import ADL, EXAM, PEOPLE, PROGRAM, until, waiting_for_locks
from tests.store.sending import Client, statement

Serve = Callable[..., Served]
NOON = 1_795_521_600_000_000

journal = Table(
    "journal", MetaData(), Column("n", Integer, primary_key=True), Column("seq", Integer), Column("ref", String(200))
)


class Notes:
    """A consumer that writes down every item, and fails as told."""

    name = "test.notes"
    batch = 7

    def __init__(self, poison: Callable[[FeedItem], bool] = lambda _: False, *, late: bool = False) -> None:
        self.poison = poison
        self.late = late
        self.after_effect: Callable[[], None] = lambda: None

    def consume(self, items: Sequence[FeedItem]) -> Effect:
        if not self.late:
            self._check(items)

        def effect(conn: Any) -> None:
            conn.execute(insert(journal), [{"seq": item.seq % 2**31, "ref": item.ref} for item in items])
            if self.late:
                self._check(items)
            self.after_effect()

        return effect

    def _check(self, items: Sequence[FeedItem]) -> None:
        if any(self.poison(item) for item in items):
            raise ValueError("cannot digest")


@pytest.fixture
def prowess(database_url: str) -> Iterator[Prowess]:
    with open_store(database_url) as prowess:
        prowess.database.write(journal.create)
        yield prowess


def open_store(url: str, *plugins: Plugin, clock: ManualClock | None = None) -> Prowess:
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": url})
    prowess = Prowess(settings, plugins, clock) if clock else Prowess(settings, plugins)
    migrate(prowess.database, prowess.plugins)
    return prowess


def add(prowess: Prowess, *refs: str) -> None:
    prowess.database.write(lambda conn: prowess.feed.record(conn, 1, "test", refs))


def noted(prowess: Prowess) -> list[str]:
    with prowess.database.read() as conn:
        return list(conn.scalars(select(journal.c.ref).order_by(journal.c.n)))


def follow(prowess: Prowess, consumer: Notes) -> None:
    while prowess.feed.step(consumer):
        pass


def names(count: int) -> list[str]:
    return [f"item-{n:03}" for n in range(count)]


def parked(prowess: Prowess) -> list[int]:
    with prowess.database.read() as conn:
        return list(conn.scalars(select(t.parked.c.seq).order_by(t.parked.c.seq)))


def test_every_item_is_noted_once_in_order(prowess: Prowess) -> None:
    add(prowess, *names(30))
    follow(prowess, Notes())
    follow(prowess, Notes())
    add(prowess, "later")
    follow(prowess, Notes())
    assert noted(prowess) == [*names(30), "later"]


def test_every_column_of_a_statement_is_read_where_it_was_written(prowess: Prowess) -> None:
    first = send(prowess, timestamp="2026-11-20T12:00:00Z")
    second = voids(prowess, first)
    with prowess.database.read() as conn:
        rows = conn.execute(
            select(t.statement, t.statement_key.c.content_hash, t.body.c.bytes)
            .join(t.body, t.body.c.seq == t.statement.c.seq)
            .join(t.statement_key, t.statement_key.c.id == t.statement.c.id)
            .order_by(t.statement.c.seq)
        ).all()
    voided, void = prowess.feed.read(0, 10)
    assert (voided.statement["id"], void.statement["id"]) == (first, second)
    assert (voided.voids, voided.voided_seq) == (None, void.seq)
    assert (void.voids, void.voided_seq) == (UUID(first), None)
    for item, row in zip((voided, void), rows, strict=True):
        kept = (row.seq, row.tenant_id, UUID(bytes=row.id), row.credential_id, row.origin, row.timestamp)
        assert (item.seq, item.tenant_id, item.id, item.credential_id, item.origin, item.timestamp) == kept
        assert (item.content_hash, item.body) == (row.content_hash, row.bytes)


def test_an_effect_that_fails_moves_no_cursor_and_leaves_no_trace(prowess: Prowess) -> None:
    """The process dies between effect and commit: both are gone, and come again together."""
    add(prowess, *names(5))
    dying = Notes()

    def die() -> None:
        raise KeyboardInterrupt

    dying.after_effect = die
    with pytest.raises(KeyboardInterrupt):
        prowess.feed.step(dying)
    assert noted(prowess) == []
    assert prowess.feed.cursor(dying.name) == 0
    follow(prowess, Notes())
    assert noted(prowess) == names(5)


class Seldom(Notes):
    """A consumer on which most items leave nothing."""

    def __init__(self, keeps: Callable[[FeedItem], bool] = lambda _: False) -> None:
        super().__init__()
        self.keeps = keeps
        self.seen: list[str] = []

    def consume(self, items: Sequence[FeedItem]) -> Effect | None:
        self.seen += [item.ref for item in items]
        kept = [item for item in items if self.keeps(item)]
        return super().consume(kept) if kept else None


@pytest.fixture
def commits(prowess: Prowess) -> Iterator[list[int]]:
    """One entry for each commit from now on."""
    found: list[int] = []

    def note(_: object) -> None:
        found.append(1)

    event.listen(prowess.database.writing, "commit", note)
    yield found
    event.remove(prowess.database.writing, "commit", note)


def test_items_that_leave_nothing_cost_one_transaction_for_a_thousand(prowess: Prowess, commits: list[int]) -> None:
    add(prowess, *names(2_100))
    seldom = Seldom()
    prowess.feed.cursor(seldom.name)
    commits.clear()
    follow(prowess, seldom)
    assert seldom.seen == names(2_100), "each was looked at once"
    assert len(commits) == 3, "two for a thousand each, one at the end"
    assert prowess.feed.behind(seldom.name) == 0


def test_a_cursor_never_stays_behind_at_the_end_of_the_feed(prowess: Prowess) -> None:
    for count in (6, 7, 8, 14):
        add(prowess, *names(count))
        follow(prowess, Seldom())
        assert prowess.feed.behind("test.notes") == 0


@pytest.fixture
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer is given its batch on every database."""
    monkeypatch.setattr("lrs.feed.feed.TOGETHER", 1)


def test_where_intake_does_not_wait_for_a_consumer_it_is_given_several_batches_at_once(prowess: Prowess) -> None:
    add(prowess, *names(30))
    together = 1 if prowess.database.dialect.serial_writes else TOGETHER
    assert prowess.feed.step(Notes()) == Notes.batch * together


@pytest.mark.usefixtures("one_batch")
def test_what_comes_after_items_that_left_nothing_commits_the_cursor_with_its_effect(
    prowess: Prowess, commits: list[int]
) -> None:
    add(prowess, *names(30))
    seldom = Seldom(lambda item: item.ref == "item-017")
    prowess.feed.cursor(seldom.name)
    commits.clear()
    for _ in range(3):
        prowess.feed.step(seldom)
    assert noted(prowess) == ["item-017"]
    assert len(commits) == 1
    assert prowess.feed.behind(seldom.name) == 9


@pytest.mark.usefixtures("one_batch")
def test_who_dies_after_items_that_left_nothing_looks_at_them_again_and_nothing_doubles(
    prowess: Prowess, database_url: str
) -> None:
    add(prowess, *names(30))
    for _ in range(3):
        prowess.feed.step(Seldom())
    with open_store(database_url) as other:
        again = Seldom(lambda item: item.ref == "item-025")
        follow(other, again)
    assert again.seen == names(30)
    assert noted(prowess) == ["item-025"]


@pytest.mark.usefixtures("one_batch")
def test_who_comes_back_to_where_another_worker_has_gone_on_follows_from_there(
    prowess: Prowess, database_url: str
) -> None:
    add(prowess, *names(30))
    first = Seldom(lambda item: item.ref == "item-025")
    prowess.feed.step(first)
    with open_store(database_url) as other:
        second = Seldom(lambda item: item.ref in {"item-003", "item-020"})
        for _ in range(3):
            other.feed.step(second)
    follow(prowess, first)
    assert noted(prowess) == ["item-003", "item-020", "item-025"]
    assert first.seen == [*names(7), *names(30)[21:]]


def test_who_found_the_end_while_another_worker_moved_the_cursor_left_the_rest_to_the_next_sweep(
    prowess: Prowess, database_url: str
) -> None:
    add(prowess, *names(14))
    first = Seldom()
    for _ in range(2):
        prowess.feed.step(first)
    write = prowess.database.write
    with open_store(database_url) as other:

        def late(work: Callable[[Connection], Any], **how: Any) -> Any:
            prowess.database.write = write  # type: ignore[method-assign]
            other.feed.step(Seldom(lambda item: item.ref == "item-003"))
            return write(work, **how)

        prowess.database.write = late  # type: ignore[method-assign]
        Work(prowess.feed, prowess.clock, [first], []).drain(MAIN)
    assert prowess.feed.behind(first.name) == 0


def test_an_item_that_fails_after_items_that_left_nothing_is_parked_alone(prowess: Prowess) -> None:
    add(prowess, *names(30))

    def fails(item: FeedItem) -> bool:
        if item.ref == "item-016":
            raise ValueError("cannot digest")
        return item.ref == "item-018"

    seldom = Seldom(fails)
    follow(prowess, seldom)
    assert len(parked(prowess)) == 1
    assert noted(prowess) == ["item-018"]
    assert prowess.feed.behind(seldom.name) == 0


def test_consumers_side_by_side_read_a_batch_once(prowess: Prowess) -> None:
    add(prowess, *names(70))
    some, others = Seldom(), Seldom()
    others.name = "test.others"
    reads: list[int] = []
    read = prowess.feed.read

    def counted(after: int, limit: int) -> list[FeedItem]:
        reads.append(after)
        return read(after, limit)

    prowess.feed.read = counted  # type: ignore[method-assign]
    Work(prowess.feed, prowess.clock, [some, others], []).drain(MAIN)
    assert some.seen == others.seen == names(70)
    assert len([after for after in set(reads) if reads.count(after) > 1]) <= 1, (
        "only the end of the feed is looked at twice"
    )


@pytest.mark.parametrize("late", [False, True], ids=["while computing", "inside the write"])
def test_a_poison_item_is_parked_and_the_feed_goes_on(prowess: Prowess, late: bool) -> None:
    add(prowess, *names(20))
    follow(prowess, Notes(lambda item: item.ref in {"item-003", "item-004", "item-019"}, late=late))
    assert noted(prowess) == [name for name in names(20) if name not in {"item-003", "item-004", "item-019"}]
    assert len(parked(prowess)) == 3
    with prowess.database.read() as conn:
        assert "cannot digest" in str(conn.scalar(select(t.parked.c.error).limit(1)))


def test_a_consumer_halts_after_twenty_failures_in_a_row(prowess: Prowess) -> None:
    add(prowess, *names(60))
    notes = Notes(lambda _: True)
    notes.batch = 50
    with pytest.raises(HaltedConsumer, match=r"test\.notes"):
        prowess.feed.step(notes)
    assert len(parked(prowess)) == HALT_AFTER


def test_failures_in_a_row_are_counted_across_batches(prowess: Prowess) -> None:
    add(prowess, *names(60))
    with pytest.raises(HaltedConsumer):
        follow(prowess, Notes(lambda _: True))
    assert len(parked(prowess)) == HALT_AFTER


def test_a_halted_consumer_parks_no_more_while_the_cause_lasts(prowess: Prowess) -> None:
    """Every sweep would otherwise park twenty more, until nothing is left to digest when the cause is mended."""
    add(prowess, *names(60))
    notes = Notes(lambda _: True)
    notes.batch = 50
    work = Work(prowess.feed, prowess.clock, (notes,), ())
    for _ in range(3):
        work.drain(MAIN)
    assert len(parked(prowess)) == HALT_AFTER
    mended = Work(Feed(prowess.database, prowess.clock), prowess.clock, (Notes(),), ())
    mended.drain(MAIN)
    assert noted(prowess) == names(60)[HALT_AFTER:]


def test_a_halted_consumer_goes_on_without_a_restart_once_the_cause_is_mended(prowess: Prowess) -> None:
    add(prowess, *names(60))
    notes = Notes(lambda _: True)
    notes.batch = 50
    work = Work(prowess.feed, prowess.clock, (notes,), ())
    work.drain(MAIN)
    work.drain(MAIN)
    assert noted(prowess) == []
    notes.poison = lambda _: False
    work.drain(MAIN)
    assert noted(prowess) == names(60)[HALT_AFTER:]
    assert [prowess.feed.retry(notes, seq) for seq in parked(prowess)] == [None] * HALT_AFTER
    assert sorted(noted(prowess)) == names(60)


def test_a_halted_consumer_does_not_stop_the_others(prowess: Prowess) -> None:
    add(prowess, *names(30))
    bad, good = Notes(lambda _: True), Notes()
    bad.name, bad.batch = "test.bad", 50
    Work(prowess.feed, prowess.clock, (bad, good), ()).drain(MAIN)
    assert noted(prowess) == names(30)


# Parked items


@pytest.fixture
def lumpy(prowess: Prowess) -> Notes:
    """A consumer that has followed five items and could not digest two of them."""
    add(prowess, *names(5))
    notes = Notes(lambda item: item.ref in {"item-001", "item-003"})
    follow(prowess, notes)
    return notes


def test_a_parked_item_is_digested_once_the_cause_is_mended(prowess: Prowess, lumpy: Notes) -> None:
    first, second = parked(prowess)
    assert "cannot digest" in str(prowess.feed.retry(lumpy, first))
    lumpy.poison = lambda item: item.ref == "item-003"
    assert prowess.feed.retry(lumpy, first) is None
    assert prowess.feed.retry(lumpy, first) is None, "there is nothing left to do, and nothing is done"
    assert noted(prowess) == ["item-000", "item-002", "item-004", "item-001"]
    assert parked(prowess) == [second]


def test_an_item_that_still_cannot_be_digested_stays_parked_with_its_new_error(prowess: Prowess, lumpy: Notes) -> None:
    def refuse(_: FeedItem) -> bool:
        raise RuntimeError("another reason")

    before = prowess.feed.parked()
    lumpy.poison = refuse
    assert prowess.feed.retry(lumpy, before[0].seq) == "RuntimeError('another reason')"
    after = prowess.feed.parked()
    assert [item.error for item in after] == ["RuntimeError('another reason')", before[1].error]
    assert [item.parked_at for item in after] == [item.parked_at for item in before]
    assert len(noted(prowess)) == 3


def test_dying_while_a_parked_item_is_digested_leaves_it_parked_and_no_effect(prowess: Prowess, lumpy: Notes) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    lumpy.poison, lumpy.after_effect = lambda _: False, die
    before = parked(prowess)
    with pytest.raises(KeyboardInterrupt):
        prowess.feed.retry(lumpy, before[0])
    assert parked(prowess) == before
    assert len(noted(prowess)) == 3


def test_two_who_retry_the_same_item_at_once_digest_it_once(prowess: Prowess, lumpy: Notes, database_url: str) -> None:
    (seq, _) = parked(prowess)
    barrier = threading.Barrier(2)

    class Together(Notes):
        def consume(self, items: Sequence[FeedItem]) -> Effect:
            barrier.wait(10)
            return super().consume(items)

    with open_store(database_url) as other, ThreadPoolExecutor(2) as pool:
        retries = [pool.submit(store.feed.retry, Together(), seq) for store in (prowess, other)]
        assert [one.result(30) for one in retries] == [None, None]
    assert noted(prowess).count("item-001") == 1


def test_many_workers_of_one_consumer_never_double_an_effect(postgres_database: str) -> None:
    stores = [open_store(postgres_database) for _ in range(4)]
    stores[0].database.write(journal.create)
    refs = names(300)
    done = threading.Event()

    def work(prowess: Prowess) -> None:
        notes = Notes(lambda item: item.ref == "item-150")
        while prowess.feed.step(notes) or not done.is_set():
            pass

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, prowess) for prowess in stores]
        for start in range(0, 300, 10):
            add(stores[start % 4], *refs[start : start + 10])
        done.set()
        for one in running:
            one.result(60)
    follow(stores[0], Notes())
    assert noted(stores[0]) == [ref for ref in refs if ref != "item-150"]
    assert len(parked(stores[0])) == 1
    for prowess in stores:
        prowess.close()


def test_a_job_that_always_fails_is_not_tried_a_hundred_times_a_second(prowess: Prowess) -> None:
    calls: list[int] = []

    class Broken:
        name, lane = "test.broken", MAIN

        def run(self) -> bool:
            calls.append(1)
            raise ValueError("broken")

        def next_due(self) -> int | None:
            return 0

    runner = EmbeddedRunner(Work(prowess.feed, prowess.clock, (), (Broken(),)), sweep_seconds=5)
    until(lambda: calls, "the first try")
    threading.Event().wait(0.3)
    runner.close()
    assert len(calls) <= 2


def test_what_nobody_has_worked_through_for_a_minute_is_known(school: Prowess) -> None:
    assert isinstance(school.clock, ManualClock)
    school.work.drain(MAIN)
    assert school.work.stalled_since() is None
    passes(school)
    assert school.work.stalled_since() is None, "it came just now"
    first = school.feed.last()
    school.clock.move(seconds=61)
    assert school.work.stalled_since() == first
    school.work.drain(MAIN)
    assert school.work.stalled_since() is None


def test_work_that_breathes_while_it_is_stopped_does_not_sleep_first(prowess: Prowess) -> None:
    """A server stopped five seconds late: a lane took the stop for a request, and made room for it."""
    working, may_end = threading.Event(), threading.Event()

    class Busy:
        name, lane = "test.busy", MAIN

        def run(self) -> bool:
            working.set()
            return may_end.wait(30)

        def next_due(self) -> int | None:
            return None

    runner = EmbeddedRunner(Work(prowess.feed, prowess.clock, (), (Busy(),)), sweep_seconds=60, lanes=(MAIN,))
    assert working.wait(10)
    closing = threading.Thread(target=runner.close)
    closing.start()
    until(runner._wakes[MAIN].is_set, "the stop")
    may_end.set()
    closing.join(10)
    assert not closing.is_alive()


# Deciding


@pytest.fixture
def school(database_url: str) -> Iterator[Prowess]:
    """A store with rules, two people and a program, on a clock that stands still."""
    with open_store(database_url, rules, clock=ManualClock(NOON)) as prowess:
        furnish(prowess)
        yield prowess


def furnish(prowess: Prowess) -> None:
    prowess.people.record(roster_from(load(PEOPLE, "people.yaml")[0]))
    Published(prowess.database, prowess.feed).apply([Source("p.yaml", PROGRAM)])
    prowess.work.drain(MAIN)


def passes(prowess: Prowess, who: str = "ada", verb: str = "passed") -> str:
    return send(
        prowess,
        actor={"mbox": f"mailto:{who}@example.org"},
        verb={"id": ADL + verb},
        object={"id": EXAM},
        result={"score": {"scaled": 0.9}, "success": True},
        timestamp="2026-11-20T12:00:00Z",
    )


def voids(prowess: Prowess, target: str) -> str:
    return send(prowess, verb={"id": f"{ADL}voided"}, object={"objectType": "StatementRef", "id": target})


def send(prowess: Prowess, **parts: Any) -> str:
    one = statement(**parts)
    body, authority = json.dumps(one).encode(), {"mbox": "mailto:x@y.example"}
    batch = prepare(body, version=Version.V1_0_3, authority=authority, new_id=prowess.ids.uuid)
    prowess.statements.record(Intake(1, 1, batch.statements, Version.V1_0_3))
    return str(one["id"])


def project(prowess: Prowess) -> None:
    projector = EvidenceProjector(prowess, Published(prowess.database, prowess.feed))
    while prowess.feed.step(projector):
        pass


def new_decider(prowess: Prowess) -> Decider:
    return Decider(prowess, Published(prowess.database, prowess.feed))


def award(prowess: Prowess, who: str = "ada") -> str:
    with prowess.database.read() as conn:
        text = conn.scalar(select(r.decision.c.document).where(r.decision.c.person_id == who))
    return str(json.loads(text or "{}").get("award"))


def count(prowess: Prowess, table: Table, **where: Any) -> int:
    query = select(func.count()).select_from(table).where(*(table.c[k] == v for k, v in where.items()))
    with prowess.database.read() as conn:
        return conn.scalar(query) or 0


def test_evidence_that_arrives_while_deciding_is_not_lost(school: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the facts and storing the decision somebody passes: the pair stays dirty and comes round again."""
    passes(school, "ada", "failed")
    project(school)

    def interrupted(name: str) -> None:
        if name == "rules.before-decision" and not arrived:
            arrived.append(passes(school))
            project(school)

    arrived: list[str] = []
    monkeypatch.setattr("rules.decider.reach", interrupted)
    decider = new_decider(school)
    assert decider.run()
    assert count(school, r.dirty) == 1, "what was dirtied meanwhile was taken off the list"
    assert award(school) == "none"
    while decider.run():
        pass
    assert award(school) == "valid"
    assert count(school, r.emission, transition="awarded") == 1


def mark(prowess: Prowess, *people: str, since: int = 1) -> None:
    prowess.database.write(lambda conn: mark_in(conn, prowess, *people, since=since))


def mark_in(conn: Connection, prowess: Prowess, *people: str, since: int = 1) -> None:
    pairs = {(who, "*"): since for who in people}
    dirty.mark(conn, prowess.database.dialect, 1, pairs, prowess.ids.token())


def claims(prowess: Prowess, most: int = 10) -> list[Claim]:
    with prowess.database.read() as conn:
        return dirty.find(conn, prowess.clock.now(), most)


def settle(prowess: Prowess, claim: Claim) -> bool:
    return settled(prowess, claim) == [claim]


def settled(prowess: Prowess, *seen: Claim) -> list[Claim]:
    return prowess.database.write(lambda conn: dirty.settle(conn, seen))


def test_a_pair_dirtied_again_by_the_same_item_while_it_is_decided_stays_dirty(school: Prowess) -> None:
    """A worker settled it and a replay of the item, or the same tick of the clock, marked it anew: not the same marking."""
    mark(school, "ada", since=7)
    (seen,) = claims(school)
    assert settle(school, seen)
    mark(school, "ada", since=7)
    assert not settle(school, seen), "the later marking was taken for the earlier one"
    (again,) = claims(school)
    mark(school, "ada", since=7)
    assert not settle(school, again)
    (last,) = claims(school)
    assert settle(school, last)
    assert claims(school) == []


def test_of_what_is_settled_together_who_was_dirtied_meanwhile_stays_with_every_program(school: Prowess) -> None:
    def mark_programs(person: str, *programs: str) -> None:
        pairs = {(person, program): 1 for program in programs}
        gen = school.ids.token()
        school.database.write(lambda conn: dirty.mark(conn, school.database.dialect, 1, pairs, gen))

    for person in ("ada", "grace"):
        mark_programs(person, "one", "two")
    (ada, grace) = seen = claims(school)
    mark_programs("grace", "two")
    assert settled(school, *seen) == [ada]
    (left,) = claims(school)
    assert left.person_id == "grace"
    assert left.gens.keys() == grace.gens.keys()


def test_what_is_dirtied_while_a_failed_claim_is_put_off_is_decided_at_once(school: Prowess) -> None:
    mark(school, "ada", "grace")
    (ada, grace) = claims(school)
    mark(school, "ada")
    later = school.clock.now() + 60_000_000
    for claim in (ada, grace):
        school.database.write(lambda conn, claim=claim: dirty.postpone(conn, claim, later, "boom"))
    assert [claim.person_id for claim in claims(school)] == ["ada"]


def test_who_waits_longest_is_decided_first_and_keeps_the_place_when_dirtied_again(school: Prowess) -> None:
    mark(school, "grace", since=5)
    mark(school, "ada", since=6)
    mark(school, "grace", since=9)
    assert [claim.person_id for claim in claims(school, 1)] == ["grace"]


@pytest.mark.parametrize("first", ["mark", "settle"])
def test_marking_and_settling_at_once_never_loses_the_mark(postgres_database: str, first: str) -> None:
    """Each waits for the other's commit, whoever holds the row first."""
    with open_store(postgres_database, rules) as one, open_store(postgres_database, rules) as other:
        mark(one, "ada", since=7)
        (seen,) = claims(one)
        steps: dict[str, Callable[[Connection, Prowess], Any]] = {
            "mark": lambda conn, prowess: mark_in(conn, prowess, "ada", since=7),
            "settle": lambda conn, _: dirty.settle(conn, [seen]),
        }
        (second,) = steps.keys() - {first}

        def hold(conn: Connection) -> None:
            steps[first](conn, one)
            running.append(pool.submit(other.database.write, lambda conn: steps[second](conn, other)))
            until(lambda: waiting_for_locks(one), "the other to wait for the row")

        running: list[Future[Any]] = []
        with ThreadPoolExecutor(1) as pool:
            one.database.write(hold)
            running[0].result(30)
        (left,) = claims(one)
        assert left.gens != seen.gens


def test_two_deciders_of_one_person_decide_once(school: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both read the same pair; one stores, the other finds it settled."""
    passes(school)
    project(school)
    before = count(school, r.decision_log)
    inner: list[bool] = []

    def interrupted(name: str) -> None:
        if name == "rules.before-decision" and not inner:
            inner.append(True)
            assert new_decider(school).run()

    monkeypatch.setattr("rules.decider.reach", interrupted)
    assert new_decider(school).run()
    assert award(school) == "valid"
    assert count(school, r.decision_log) == before + 1
    assert count(school, r.emission, transition="awarded") == 1


@pytest.mark.journey
def test_deciders_in_many_processes_agree(postgres_database: str, tmp_path: Path) -> None:
    """Statements, voids and changes of people beside four workers: no deadlock, nothing lost, nothing twice."""
    schools = [open_store(postgres_database, rules) for _ in range(4)]
    furnish(schools[0])
    people = [f"p{n:02}" for n in range(40)]
    rows = "\n".join(f"{name},{name}@example.org,2024-01-05,operator" for name in people)
    roster = tmp_path / "people.csv"
    roster.write_text(f"id,email,from,job\n{rows}\n")
    done = threading.Event()
    failures: list[str] = []

    def work(prowess: Prowess) -> None:
        projector = EvidenceProjector(prowess, Published(prowess.database, prowess.feed))
        decider = new_decider(prowess)
        while not done.is_set():
            try:
                while prowess.feed.step(projector):
                    pass
                decider.run()
            except Exception as error:  # noqa: BLE001
                failures.append(repr(error)[:300])

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(work, prowess) for prowess in schools]
        schools[0].people.record(load_csv(roster))
        list(pool.map(lambda n: passes(schools[n % 4], people[n % 40]), range(160)))
        done.set()
        for one in running:
            one.result(60)
    schools[0].work.drain(MAIN)
    assert [award(schools[0], name) for name in people] == ["valid"] * 40
    assert count(schools[0], r.emission, transition="awarded") == 40
    assert count(schools[0], r.dirty) == 0
    assert not parked(schools[0])
    for prowess in schools:
        prowess.close()
    assert not [one for one in failures if "eadlock" in one], failures


def test_what_cannot_be_decided_waits_and_the_others_are_decided(
    school: Prowess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rules import decider as module

    real = module.verdicts

    def verdicts(edition: Any, facts: Any, now: int, programs: Any) -> Any:
        if facts.person.id == "grace":
            raise ValueError("grace")
        return real(edition, facts, now, programs)

    monkeypatch.setattr(module, "verdicts", verdicts)
    mark(school, "grace", "ada")
    passes(school)
    school.work.drain(MAIN)
    assert award(school) == "valid"
    with school.database.read() as conn:
        (left,) = conn.execute(select(r.dirty)).all()
    assert (left.person_id, left.attempts) == ("grace", 1)
    assert "ValueError" in left.error
    monkeypatch.setattr(module, "verdicts", real)
    assert isinstance(school.clock, ManualClock)
    school.clock.move(seconds=61)
    school.work.drain(MAIN)
    assert count(school, r.dirty) == 0


def test_time_alone_expires_an_award_once(school: Prowess) -> None:
    passes(school)
    school.work.drain(MAIN)
    assert isinstance(school.clock, ManualClock)
    school.clock.move(days=500)
    assert TimeJob(school).run()
    assert not TimeJob(school).run(), "marked once, not again while it waits"
    assert new_decider(school).run()
    school.work.drain(MAIN)
    assert award(school) in {"lapsed", "expired"}
    assert not TimeJob(school).run()
    assert count(school, t.statement, origin=1) == 3
    due = TimeJob(school).next_due()
    assert due is None or due > school.clock.now()


class Stumbling(EvidenceProjector):
    """A projector that cannot digest some items, and lets something happen between reading and writing."""

    def __init__(self, prowess: Prowess) -> None:
        super().__init__(prowess, Published(prowess.database, prowess.feed))
        self.stumbles: Callable[[FeedItem], bool] = lambda _: True
        self.meanwhile: list[Callable[[], Any]] = []

    def consume(self, items: Sequence[FeedItem]) -> Effect:
        if any(self.stumbles(item) for item in items):
            raise ValueError("stumbled")
        effect = super().consume(items)
        while self.meanwhile:
            self.meanwhile.pop()()
        return effect

    def follow(self) -> None:
        while self._prowess.feed.step(self):
            pass


def test_a_statement_digested_late_counts_as_if_it_had_never_been_parked(school: Prowess) -> None:
    passes(school)
    projector = Stumbling(school)
    projector.follow()
    (seq,) = parked(school)
    passes(school, "grace")
    school.work.drain(MAIN)
    assert (award(school), count(school, r.evidence)) == ("none", 1)
    projector.stumbles = lambda _: False
    assert school.feed.retry(projector, seq) is None
    school.work.drain(MAIN)
    assert award(school) == "valid"
    assert count(school, r.emission, transition="awarded", person_id="ada") == 1
    assert count(school, r.evidence, seq=seq) == 1


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_statement_voided_while_it_was_parked_is_no_evidence(school: Prowess, when: str) -> None:
    """The void found nothing to take back when it was digested; the statement must come in voided."""
    projector = Stumbling(school)
    target = passes(school)
    projector.follow()
    (seq,) = parked(school)
    projector.stumbles = lambda _: False

    def void() -> None:
        voids(school, target)
        Stumbling.follow(projector)

    if when == "before":
        void()
    else:
        projector.meanwhile = [void]
    assert school.feed.retry(projector, seq) is None
    school.work.drain(MAIN)
    assert award(school) == "none"
    assert count(school, r.evidence, voided_seq=None) == 0
    assert count(school, r.evidence) == 1


def test_the_first_void_counts_although_it_was_digested_last(school: Prowess) -> None:
    """What was known on a day between the two voids depends on it."""
    target = passes(school)
    school.work.drain(MAIN)
    projector = Stumbling(school)
    voids(school, target)
    projector.follow()
    (seq,) = parked(school)
    projector.stumbles = lambda _: False
    voids(school, target)
    projector.follow()
    assert school.feed.retry(projector, seq) is None
    assert count(school, r.evidence, voided_seq=seq) == 1
    school.work.drain(MAIN)
    assert award(school) == "none"


@pytest.mark.parametrize("kind", [PERSON_CHANGED, RULESET_APPLIED])
def test_a_fact_digested_late_still_has_people_decided(school: Prowess, kind: str) -> None:
    projector = Stumbling(school)
    projector.stumbles = lambda item: item.kind == kind
    if kind == PERSON_CHANGED:
        moved = PEOPLE.replace("job: operator", "job: clerk")
        school.people.record(roster_from(load(moved, "people.yaml")[0]))
    else:
        longer = PROGRAM.replace("version: 1", "version: 2\napply: at_renewal").replace("2024-01-01", "2025-01-01")
        published = Published(school.database, school.feed)
        published.apply([Source("p.yaml", PROGRAM), Source("q.yaml", longer.partition("---")[0])])
    projector.follow()
    (seq,) = parked(school)
    assert not claims(school)
    projector.stumbles = lambda _: False
    assert school.feed.retry(projector, seq) is None
    assert "ada" in {claim.person_id for claim in claims(school)}


def test_a_ruleset_has_only_what_it_changes_decided_again(school: Prowess) -> None:
    projector = Stumbling(school)
    projector.stumbles = lambda _: False
    published = Published(school.database, school.feed)

    def dirtied(*texts: str) -> list[set[str]]:
        published.apply([Source(f"{n}.yaml", text) for n, text in enumerate(texts)])
        projector.follow()
        found = [set(claim.gens) for claim in claims(school)]
        school.work.drain(MAIN)
        return found

    other = "{kind: certification, id: other, effective: 2024-01-01, require: {passed: exam}}"
    assert dirtied(PROGRAM, other) == [{"other"}, {"other"}]
    assert dirtied(f"# a comment\n{PROGRAM}", other) == []
    newer = other.replace("passed", "completed").replace("id: other", "id: other, version: 2, apply: new")
    assert dirtied(PROGRAM, other, newer.replace("2024", "2025")) == [{"other"}, {"other"}]
    assert dirtied(PROGRAM.replace("title: Exam", "title: The exam"), other) == [{"*"}, {"*"}]
    assert dirtied(other + "\n---\n" + PROGRAM.partition("---\n")[2]) == [{"*"}, {"*"}], "one is withdrawn"


def test_two_imports_at_once_leave_one_truth(postgres_database: str, tmp_path: Path) -> None:
    """Both read the register before either writes; neither may add a second current row."""
    from lrs.people import tables as p

    stores = [open_store(postgres_database) for _ in range(2)]
    for number in range(12):
        barrier = threading.Barrier(2)

        def record(side: int, number: int = number, barrier: threading.Barrier = barrier) -> None:
            path = tmp_path / f"{number}-{side}.csv"
            rows = "\n".join(f"p{number}-{n},Name {number}-{side},2024-01-01,job-{side}" for n in range(20))
            path.write_text(f"id,name,from,job\n{rows}\n")
            roster = load_csv(path)
            barrier.wait(10)
            stores[side].people.record(roster)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(record, (0, 1)))
    with stores[0].database.read() as conn:
        for table in (p.person, p.position):
            current = list(conn.scalars(select(table.c.person_id).where(table.c.known_to.is_(None))))
            assert sorted(current) == sorted(set(current)), f"somebody has two current rows in {table.name}"
    for prowess in stores:
        prowess.close()


def test_publishing_the_same_from_two_places_publishes_once(postgres_database: str) -> None:
    stores = [open_store(postgres_database, rules) for _ in range(2)]
    barrier = threading.Barrier(2)

    def apply(prowess: Prowess) -> int:
        barrier.wait(10)
        return Published(prowess.database, prowess.feed).apply([Source("p.yaml", PROGRAM)]).applied_seq

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(apply, stores)
    assert first == second
    assert count(stores[0], r.ruleset) == 1
    for prowess in stores:
        prowess.close()


def test_a_platform_with_a_nul_still_counts_as_evidence(serve: Serve, database_url: str) -> None:
    """PostgreSQL text cannot hold NUL; the statement is kept, so its evidence must be too."""
    served = serve(database_url, (rules,), PROWESS_RUNNER_KIND="none")
    Client(served).post(statement(object={"id": EXAM}, context={"platform": "a\x00b"}, verb={"id": f"{ADL}passed"}))
    served.prowess.work.drain(MAIN)
    assert not parked(served.prowess)
    assert count(served.prowess, r.evidence) == 1


def test_the_feed_is_bounded_and_ordered(prowess: Prowess) -> None:
    add(prowess, *names(10))
    feed: Feed = prowess.feed
    items = feed.read(0, 4)
    assert [item.ref for item in items] == names(4)
    assert [item.ref for item in feed.read(items[-1].seq, 100)] == names(10)[4:]
