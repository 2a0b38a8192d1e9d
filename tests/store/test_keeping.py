"""What is stored of decided pairs: everything that changed, and nothing else."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from lrs.clock import ManualClock
from lrs.jobs import MAIN
from lrs.prowess import Prowess
from rules import dirty
from rules import tables as r
from tests.store.test_feed import passes
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
        return [tuple(row) for row in conn.execute(select(table).where(table.c.person_id == "ada").order_by(*table.c))]


def test_a_pair_that_is_decided_as_before_is_left_alone(school: Prowess) -> None:
    passes(school)
    school.work.drain(MAIN)
    before = [rows(school, table) for table in (r.decision, r.status, r.decision_log)]
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
    assert all(row[-1] is not None for row in rows(school, r.decision))
