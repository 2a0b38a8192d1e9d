"""A small office with rules, what happens in it, and making anew what is derived from the feed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from sqlalchemy import select

from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.verify.proof import parts_of
from lrs.yaml_door import load
from rules import tables as r
from rules.facts.projector import CONSUMER
from rules.published.composition import published_of
from rules.published.store import Source
from rules.vocabulary import MEASURED, OVERRIDE_EXTENSION, REINSTATED, SIGNED_OFF, SUSPENDED, WAIVED
from tests.store.sending import ADL, statement

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
SECOND = FIRST + (
    "---\n{kind: certification, id: lead, version: 2, apply: at_renewal, effective: 2026-06-01, for: {job: operator},"
    " require: {all: [{holds: operator, while_held: true}, {attended: talk}]}}\n"
)
PEOPLE = """
people:
  - {id: ada, identifiers: [{mbox: "mailto:ada@example.org"}], positions: [{from: 2026-01-05, job: operator, managers: [%s]}]}
  - {id: eve, identifiers: [{mbox: "mailto:eve@example.org"}], positions: [{from: 2026-01-05, job: operator}]}
  - {id: joan, identifiers: [{mbox: "mailto:joan@example.org"}], positions: [{from: 2026-01-05, job: clerk}]}
"""
DERIVED = (r.evidence, r.decision, r.status)
NOT_DERIVED = {"decided_at", "watermark", "grounds"}
MOVING = {"as_of", "known_at"}
"""What a decision says of the moment at which it was made.  One that would say the same again is not written again."""


def employ(prowess: Prowess, manager: str) -> None:
    """Everybody of the office; ada's manager is this one."""
    prowess.people.record(roster_from(load(PEOPLE % manager, "people.yaml")[0]))


def publish(prowess: Prowess, programs: str) -> None:
    published_of(prowess).apply([Source("p.yaml", programs)])


def happening(random: Random) -> dict[str, Any]:
    """Something that rules look at."""
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


def rows(prowess: Prowess) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is derived, and what was announced and logged meanwhile."""
    found = {}
    with prowess.database.read() as conn:
        for table in DERIVED:
            columns = [column for column in table.c if column.name not in NOT_DERIVED]
            read = [dict(row) for row in conn.execute(select(*columns)).mappings()]
            found[table.name] = sorted((tuple(_still(row).values()) for row in read), key=repr)
        found["emission"] = sorted(map(tuple, conn.execute(select(r.emission.c.id, r.emission.c.body))), key=repr)
        found["log"] = sorted(map(tuple, conn.execute(select(r.decision_log.c.id))), key=repr)
    return found


def _still(row: Mapping[str, Any]) -> dict[str, Any]:
    if "document" not in row:
        return dict(row)
    said = {key: value for key, value in json.loads(row["document"]).items() if key not in MOVING}
    return {**row, "document": json.dumps(said, sort_keys=True)}


def forget(prowess: Prowess) -> None:
    """Throw away what follows from the feed; whoever follows it begins at its beginning."""
    part = parts_of(prowess)[CONSUMER]
    prowess.database.write(lambda conn: part.forget(prowess, conn))
