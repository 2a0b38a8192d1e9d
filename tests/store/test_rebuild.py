"""What is derived can be thrown away: made anew from the feed it comes out equal, byte for byte, and announces nothing."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from lrs.clock import ManualClock
from lrs.jobs import MAIN
from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.yaml_door import load
from rules import tables as r
from rules.plugin import plugin as rules
from rules.projector import CONSUMER
from rules.published import Published, Source
from rules.vocabulary import MEASURED, OVERRIDE_EXTENSION, REINSTATED, SIGNED_OFF, SUSPENDED, WAIVED
from tests.store.sending import ADL, statement, void
from tests.store.test_feed import NOON, open_store
from tests.store.test_observers import send

FIRST = """
{kind: certification, id: operator, effective: 2026-01-01, for: {job: operator}, due: {within: P30D}, waive: {max: P1Y},
 require: {all: [{passed: exam, min_score: 0.8, attempts: {cooldown: P2D}}, {signed_off: list, by: {holds: evaluator}}]},
 valid: {for: P6M}, renew: {window: P2M, grace: P14D, require: {passed: exam, min_score: 0.8}}}
---
{kind: certification, id: evaluator, effective: 2026-01-01, require: {any: [{passed: exam}, {kpi: rate, max: 0.1, window: P90D}]}, valid: {for: P1Y}}
---
{kind: certification, id: lead, effective: 2026-01-01, for: {job: operator}, require: {all: [{holds: operator, while_held: true}, {attended: talk}]}}
---
{kind: activity, id: exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: list, iris: ["https://x.example/list"]}
---
{kind: activity, id: rate, iris: ["https://x.example/rate"]}
---
{kind: activity, id: talk, iris: ["https://x.example/talk"]}
"""
SECOND = FIRST.replace("id: lead,", "id: lead, version: 2, apply: at_renewal,").replace(
    "effective: 2026-01-01, for: {job: operator}, require: {all: [{holds",
    "effective: 2026-06-01, for: {job: operator}, require: {all: [{holds",
)
PEOPLE = """
people:
  - {id: ada, identifiers: [{mbox: "mailto:ada@example.org"}], positions: [{from: 2026-01-05, job: operator, managers: [%s]}]}
  - {id: eve, identifiers: [{mbox: "mailto:eve@example.org"}], positions: [{from: 2026-01-05, job: operator}]}
  - {id: joan, identifiers: [{mbox: "mailto:joan@example.org"}], positions: [{from: 2026-01-05, job: clerk}]}
"""
DERIVED = (r.evidence, r.decision, r.status)
NOT_DERIVED = {"decided_at", "watermark"}


@pytest.fixture
def office(database_url: str) -> Iterator[Prowess]:
    with open_store(database_url, rules, clock=ManualClock(NOON)) as prowess:
        yield prowess


def one(random: Random) -> dict[str, Any]:
    who, by = random.choice(("ada", "eve", "joan")), random.choice(("ada", "eve", "joan"))
    verb, target, more = random.choice(
        (
            (ADL + "passed", "exam", {"result": {"score": {"scaled": random.choice((0.5, 0.9))}}}),
            (ADL + "failed", "exam", {}),
            (ADL + "attended", "talk", {}),
            (MEASURED, "rate", {"result": {"score": {"raw": random.choice((0, 1))}}}),
            (SIGNED_OFF, "list", {}),
            *((act, "operator", {}) for act in (WAIVED, SUSPENDED, REINSTATED)),
        )
    )
    context: dict[str, Any] = {"instructor": {"objectType": "Agent", "mbox": f"mailto:{by}@example.org"}}
    if target == "operator":
        context["extensions"] = {OVERRIDE_EXTENSION: {"program": "operator", "reason": "because"}}
    return statement(
        actor={"mbox": f"mailto:{who}@example.org"},
        verb={"id": verb},
        object={"id": f"https://x.example/{target}"},
        context=context,
        timestamp=f"2026-{random.randint(1, 11):02}-{random.randint(1, 28):02}T12:00:00Z",
        **more,
    )


def live(prowess: Prowess, random: Random) -> None:
    """A year in any order: people, rules, evidence and voids, decided all along."""
    published = Published(prowess.database, prowess.feed)
    sent: list[dict[str, Any]] = []
    prowess.people.record(roster_from(load(PEOPLE % "joan", "people.yaml")[0]))
    published.apply([Source("p.yaml", FIRST)])
    for turn in range(60):
        if turn == 20:
            prowess.people.record(roster_from(load(PEOPLE % "eve", "people.yaml")[0]))
        if turn == 40:
            published.apply(
                [
                    Source(
                        "p.yaml",
                        FIRST
                        + SECOND[SECOND.index("---\n{kind: certification, id: lead") :].split("---\n{kind: activity")[
                            0
                        ],
                    )
                ]
            )
        if sent and random.random() < 0.15:
            send(prowess, void(random.choice(sent)["id"]))
        else:
            sent.append(send(prowess, one(random)))


def rows(prowess: Prowess) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with prowess.database.read() as conn:
        for table in DERIVED:
            columns = [column for column in table.c if column.name not in NOT_DERIVED]
            found[table.name] = sorted(map(tuple, conn.execute(select(*columns))), key=repr)
        found["emission"] = sorted(map(tuple, conn.execute(select(r.emission.c.id, r.emission.c.body))), key=repr)
        found["log"] = sorted(map(tuple, conn.execute(select(r.decision_log.c.id))), key=repr)
    return found


@pytest.mark.parametrize("seed", [1])
def test_made_anew_from_the_feed_everything_is_the_same_and_nothing_is_announced(office: Prowess, seed: int) -> None:
    live(office, Random(seed))
    before = rows(office)
    assert min(len(before[name]) for name in before) > 3

    def forget(conn: Any) -> None:
        for table in DERIVED:
            conn.execute(delete(table))
        conn.execute(update(t.consumer).where(t.consumer.c.name == CONSUMER).values(cursor=0))

    office.database.write(forget)
    office.work.drain(MAIN)
    assert rows(office) == before
