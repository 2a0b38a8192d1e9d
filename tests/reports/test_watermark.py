"""What an answer says about its own freshness."""

from __future__ import annotations

from sqlalchemy import delete, update

from lrs.clock import ManualClock
from lrs.prowess import Prowess
from lrs.store import tables as t
from reports.catalogue import get_report
from reports.watermark import freshness
from rules import tables as r
from tests.reports.rows import Rows


def _statement(name: str) -> dict[str, object]:
    return {
        "actor": {"mbox": f"mailto:{name}@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": "https://content.example/exam"},
    }


def test_the_watermark_is_the_clock_when_nothing_waits(report_store: Prowess, clock: ManualClock) -> None:
    assert freshness(report_store, get_report("overdue"), 1).watermark == clock.now()


def test_behind_rules_it_is_how_far_they_have_come(rows: Rows, report_store: Prowess, clock: ManualClock) -> None:
    rows.sent([_statement("ada")])
    first = clock.now()
    rows.add(t.consumer, name="rules.evidence", shard=0, generation=0, cursor=first, fence=0)
    clock.move(seconds=10)
    assert freshness(report_store, get_report("overdue"), 1).watermark == clock.now()
    clock.move(seconds=1)
    rows.sent([_statement("bob")])
    assert freshness(report_store, get_report("overdue"), 1).watermark == first
    assert freshness(report_store, get_report("data-health"), 1).watermark == clock.now()
    second = clock.now()
    report_store.database.write(lambda conn: conn.execute(update(t.consumer).values(cursor=second)))
    clock.move(seconds=10)
    assert freshness(report_store, get_report("overdue"), 1).watermark == clock.now()


def test_pending_decisions_are_counted_for_the_own_tenant(rows: Rows, report_store: Prowess) -> None:
    report = get_report("overdue")
    before = freshness(report_store, report, 1)
    for tenant in (1, 1, 2):
        person = f"p{before.pending}{tenant}{freshness(report_store, report, 1).pending}"
        rows.add(r.dirty, tenant_id=tenant, person_id=person, program_id="*", gen=5, not_before=0, attempts=0)
    after = freshness(report_store, report, 1)
    assert (before.pending, after.pending) == (0, 2)
    assert freshness(report_store, get_report("data-health"), 1).pending == 0
    assert before.mark != after.mark


def test_the_mark_changes_with_everything_that_could_be_shown(
    rows: Rows, report_store: Prowess, clock: ManualClock
) -> None:
    report, seen = get_report("overdue"), set()

    def mark() -> None:
        found = freshness(report_store, report, 1).mark
        assert found not in seen
        seen.add(found)

    mark()
    rows.sent([_statement("ada")])
    mark()
    rows.add(t.consumer, name="rules.evidence", shard=0, generation=0, cursor=clock.now(), fence=0)
    mark()
    rows.add(r.dirty, person_id="ada", program_id="*", gen=1, not_before=0, attempts=0)
    mark()
    report_store.database.write(lambda conn: conn.execute(update(r.dirty).values(gen=2)))
    mark()
    rows.add(t.parked, consumer="rules.evidence", seq=1, error="x", parked_at=1)
    mark()
    same = freshness(report_store, report, 1).mark
    clock.move(days=1)
    assert freshness(report_store, report, 1).mark == same
    report_store.database.write(lambda conn: conn.execute(delete(t.parked)))
    assert freshness(report_store, report, 1).mark != same


def test_reports_answer_while_thousands_of_pairs_wait(rows: Rows, report_store: Prowess) -> None:
    """Generations are large numbers; SQLite refuses to add up more than 64 bits of them."""
    pair = {"program_id": "*", "not_before": 0, "attempts": 0}
    rows.add_all(r.dirty, [{**pair, "person_id": f"p{n}", "gen": 2**63 - 1 - n} for n in range(10)])
    assert freshness(report_store, get_report("overdue"), 1).pending == 10
