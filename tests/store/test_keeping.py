"""What is stored of decided pairs: everything that changed, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from lrs.clock import DAY, ManualClock
from lrs.jobs import MAIN
from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.yaml_door import load
from rules import tables as r
from rules.escalation.tables import ladder
from rules.facts import dirty
from rules.plugin import plugin as rules
from rules.published.store import Published, Source
from tests.store.test_feed import NOON, open_store, passes
from tests.store.test_feed import school as school  # noqa: PLC0414 - a fixture


def decided_again(prowess: Prowess) -> None:
    assert isinstance(prowess.clock, ManualClock)
    prowess.clock.move(seconds=1)
    prowess.database.write(
        lambda conn: dirty.mark(conn, prowess.database.dialect, 1, {("ada", dirty.EVERY_PROGRAM): 1}, 77)
    )
    prowess.work.drain(MAIN)


def rows(prowess: Prowess, table: Any) -> list[Any]:
    with prowess.database.read() as conn:
        return list(conn.execute(select(table).where(table.c.person_id == "ada").order_by(*table.c)))


def test_a_pair_that_is_decided_as_before_is_left_alone(school: Prowess) -> None:
    passes(school)
    school.work.drain(MAIN)
    before = [rows(school, table) for table in (r.decision, r.status, r.decision_log)]
    decided_again(school)
    assert [rows(school, table) for table in (r.decision, r.status, r.decision_log)] == before


def scribbled(prowess: Prowess, **more: Any) -> None:
    """Whoever decides a pair anew writes over this."""
    prowess.database.write(lambda conn: conn.execute(update(r.decision).values(hash=b"scribbled", **more)))


def is_scribbled(prowess: Prowess) -> bool:
    with prowess.database.read() as conn:
        return bool(conn.scalar(select(r.decision.c.hash).where(r.decision.c.person_id == "ada")) == b"scribbled")


def test_a_pair_that_rests_on_what_it_rested_on_is_not_decided_again(school: Prowess) -> None:
    passes(school)
    school.work.drain(MAIN)
    scribbled(school)
    decided_again(school)
    assert is_scribbled(school)
    with school.database.read() as conn:
        assert dirty.pending(conn) == 0


@pytest.mark.parametrize(
    "more",
    [
        {"grounds": None},
        {"grounds": bytes(16)},
        {"timeline": None},
        {"next_change_at": 1},
        {"decided_at": 1 << 62},
    ],
)
def test_a_pair_is_decided_again_on_other_grounds_at_its_time_and_where_nobody_knows(
    school: Prowess, more: dict[str, Any]
) -> None:
    passes(school)
    school.work.drain(MAIN)
    scribbled(school, **more)
    decided_again(school)
    assert not is_scribbled(school)


def test_a_decision_that_comes_out_the_same_on_other_grounds_rests_on_those_from_then_on(school: Prowess) -> None:
    """Or whatever is said of the learner later would lead to the same work each time."""
    passes(school)
    school.work.drain(MAIN)
    before = [rows(school, table) for table in (r.decision, r.status, r.decision_log)]
    school.database.write(lambda conn: conn.execute(update(r.decision).values(grounds=bytes(16))))
    decided_again(school)
    assert [rows(school, table) for table in (r.decision, r.status, r.decision_log)] == before


def test_a_decision_from_before_timelines_were_marked_is_written_anew(school: Prowess) -> None:
    passes(school)
    school.work.drain(MAIN)
    whole = rows(school, r.status)
    school.database.write(lambda conn: conn.execute(update(r.decision).values(timeline=None)))
    school.database.write(lambda conn: conn.execute(update(r.status).values(award="lapsed")))
    decided_again(school)
    assert rows(school, r.status) == whole
    assert all(row.timeline is not None for row in rows(school, r.decision))


LADDER = """
{kind: certification, id: base, for: {job: operator}, due: {within: P400D}, require: {passed: exam}, escalate: soon}
---
{kind: activity, id: exam, iris: ["https://x.example/exam"]}
---
{kind: escalation, id: soon, steps: [{at: due-P%sD, tell: [learner]}]}
"""
ADA = "people: [{id: ada, identifiers: [{mbox: 'mailto:ada@example.org'}], positions: [{from: 2026-11-05, job: operator}]}]"


def test_the_ladder_of_a_pair_that_is_passed_over_is_looked_at_again(database_url: str) -> None:
    """Another ladder is no other ground: it would have been climbed as the one before it."""
    with open_store(database_url, rules, clock=ManualClock(NOON)) as store:
        store.people.record(roster_from(load(ADA, "p.yaml")[0]))
        before = next_look(store, "10")
        scribbled(store)
        assert next_look(store, "100") == before - 90 * DAY
        assert is_scribbled(store)


def next_look(store: Prowess, days: str) -> Any:
    """When the ladder is looked at, once its step stands so many days before the due date."""
    Published(store.database, store.feed).apply([Source("p.yaml", LADDER % days)])
    store.work.drain(MAIN)
    with store.database.read() as conn:
        return conn.scalar(select(ladder.c.next_at))
