"""Whoever answers for evidence: what they were on the day decides, and when that changes the learner is decided again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from lrs.clock import ManualClock
from lrs.jobs import MAIN
from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.statements import Intake
from lrs.xapi.actors import ifi_text
from lrs.xapi.intake import prepare
from lrs.xapi.postings import posting_key
from lrs.xapi.timestamp import instant
from lrs.xapi.versions import Version
from lrs.yaml_door import load
from rules import tables as r
from rules.decide import Evidence
from rules.decide.evidence import tie_of
from rules.facts.projector import EvidenceProjector, learners_of
from rules.facts.reader import FactsReader
from rules.plugin import plugin as rules
from rules.published.composition import published_of
from rules.published.store import Published, Source
from rules.vocabulary import KEY_NAME, OVERRIDE_EXTENSION, RUBRIC_EXTENSION, SIGNED_OFF, SUSPENDED, WAIVED
from tests.listening import overheard
from tests.store.sending import ADL, statement, void
from tests.store.test_feed import NOON, open_store

PROGRAMS = """
{kind: certification, id: forklift, require: {signed_off: checklist, by: {holds: evaluator}}}
---
{kind: certification, id: supervised, require: {signed_off: checklist, by: {relation: manager}}, waive: {by: [boss], reason: required}}
---
{kind: certification, id: evaluator, require: {passed: exam}, valid: {for: P1Y}}
---
{kind: certification, id: trainee, require: {signed_off: practice, by: {holds: forklift}}}
---
{kind: certification, id: visitor, require: {holds: trainee}}
---
{kind: certification, id: leader, for: {manages: {depth: ">=1"}}, require: {passed: exam, after_assignment: true}}
---
{kind: certification, id: led, require: {signed_off: checklist, by: {holds: leader}}}
---
{kind: activity, id: checklist, iris: ["https://x.example/checklist"]}
---
{kind: activity, id: practice, iris: ["https://x.example/practice"]}
---
{kind: activity, id: exam, iris: ["https://x.example/exam"]}
"""
PEOPLE = """
people:
  - {id: ada, identifiers: [{mbox: "mailto:ada@example.org"}], positions: [{from: 2024-01-01, job: operator, managers: [%s]}]}
  - {id: eve, identifiers: [{mbox: "mailto:eve@example.org"}], positions: [{from: 2024-01-01, job: boss}]}
  - {id: joan, identifiers: [{mbox: "mailto:joan@example.org"}], positions: [{from: 2024-01-01, job: boss}]}
"""


@pytest.fixture
def yard(database_url: str) -> Iterator[Prowess]:
    with open_store(database_url, rules, clock=ManualClock(NOON)) as prowess:
        employ(prowess, "joan")
        Published(prowess.database, prowess.feed).apply([Source("p.yaml", PROGRAMS)])
        prowess.work.drain(MAIN)
        yield prowess


def employ(prowess: Prowess, manager: str) -> None:
    prowess.people.record(roster_from(load(PEOPLE % manager, "people.yaml")[0]))
    prowess.work.drain(MAIN)


def send(prowess: Prowess, one: dict[str, Any], key: str = KEY_NAME) -> dict[str, Any]:
    credential = prowess.credentials.own(key)
    batch = prepare(
        json.dumps(one).encode(), version=Version.V1_0_3, authority=credential.authority, new_id=prowess.ids.uuid
    )
    prowess.statements.record(Intake(1, credential.id, batch.statements, Version.V1_0_3))
    prowess.work.drain(MAIN)
    return one


def by(name: str, **parts: Any) -> dict[str, Any]:
    context = {**parts.pop("context", {}), "instructor": {"mbox": f"mailto:{name}@example.org", "objectType": "Agent"}}
    return statement(context=context, **{"timestamp": "2026-11-20T12:00:00Z", **parts})


def signed(name: str) -> dict[str, Any]:
    return by(name, verb={"id": SIGNED_OFF}, object={"id": "https://x.example/checklist"}, result={"success": True})


def certified(day: str, who: str = "eve") -> dict[str, Any]:
    passed = {"id": ADL + "passed"}
    actor = {"mbox": f"mailto:{who}@example.org"}
    return statement(actor=actor, verb=passed, object={"id": "https://x.example/exam"}, timestamp=f"{day}T12:00:00Z")


def award(prowess: Prowess, program: str, person: str = "ada") -> str:
    d = r.decision.c
    with prowess.database.read() as conn:
        text = conn.scalar(select(d.document).where(d.person_id == person, d.program_id == program))
    return str(json.loads(text or "{}").get("award"))


def test_a_learner_is_decided_again_when_the_evidence_of_an_observer_changes(yard: Prowess) -> None:
    send(yard, signed("eve"))
    assert award(yard, "forklift") == "none"
    proof = send(yard, certified("2026-11-19"))
    assert award(yard, "forklift") == "valid"
    send(yard, void(proof["id"]))
    assert award(yard, "forklift") == "none"
    send(yard, certified("2025-11-19"))
    assert award(yard, "forklift") == "none"
    send(yard, certified("2026-11-20"))
    assert award(yard, "forklift") == "valid"


def test_learners_of_an_observer_are_found_in_an_index_of_the_observed_alone(yard: Prowess) -> None:
    send(yard, signed("eve"))
    for number in range(20):
        unobserved = [statement(object={"id": f"https://x.example/{number}/{one}"}) for one in range(50)]
        prepared = prepare(json.dumps(unobserved).encode(), version=Version.V1_0_3, authority={}, new_id=yard.ids.uuid)
        yard.statements.record(Intake(1, yard.credentials.own(KEY_NAME).id, prepared.statements, Version.V1_0_3))
    yard.work.drain(MAIN)
    with yard.database.read() as conn:
        with overheard(yard.database.reading) as asked:
            assert learners_of(conn, 1, ["eve"]) == {"ada"}
        [(sql, parameters)] = [one for one in asked if "instructor" in one.sql]
        explain = "EXPLAIN QUERY PLAN" if yard.database.dialect.name == "sqlite" else "EXPLAIN"
        plan = [str(tuple(row)) for row in conn.exec_driver_sql(f"{explain} {sql}", parameters)]
    assert any("ix_evidence_instructors" in line for line in plan), plan


def test_an_observer_who_was_not_decided_in_the_same_batch_managed_nobody(yard: Prowess) -> None:
    """What somebody is was known of those who happened to be decided together, and so was who may sign off."""
    employ(yard, "eve")
    send(yard, certified("2026-11-19"))
    send(yard, signed("eve"))
    assert award(yard, "leader", "eve") == "valid"
    assert award(yard, "led") == "valid"
    published, reader = published_of(yard).current(1), FactsReader(yard.database, yard.people)
    together = reader.read(1, published.ruleset)
    for person, facts in together.items():
        alone = reader.read(1, published.ruleset, [person])[person]
        assert alone == facts
        assert alone.observers == {key: together[one.person.id] for key, one in alone.observers.items()}


def test_a_learner_is_decided_again_when_people_change(yard: Prowess) -> None:
    send(yard, signed("eve"))
    assert award(yard, "supervised") == "none"
    employ(yard, "eve")
    assert award(yard, "supervised") == "valid"


@pytest.mark.journey
def test_whoever_an_observer_observed_in_turn_is_decided_again(yard: Prowess) -> None:
    """Eve certifies ada, ada certifies joan: what becomes of eve reaches joan."""
    send(yard, {**signed("eve"), "timestamp": "2026-11-20T12:00:00Z"})
    practice = by("ada", verb={"id": SIGNED_OFF}, object={"id": "https://x.example/practice"}, result={"success": True})
    learner = {"mbox": "mailto:joan@example.org"}
    send(yard, {**practice, "actor": learner, "timestamp": "2026-11-20T13:00:00Z"})
    assert award(yard, "trainee", "joan") == "none"
    proof = send(yard, certified("2026-11-19"))
    assert award(yard, "forklift", "ada") == "valid"
    assert [award(yard, program, "joan") for program in ("trainee", "visitor")] == ["valid", "valid"]
    send(yard, void(proof["id"]))
    assert award(yard, "forklift", "ada") == "none"
    assert [award(yard, program, "joan") for program in ("trainee", "visitor")] == ["none", "none"]


def test_an_observer_is_known_by_the_identifiers_of_today(yard: Prowess) -> None:
    send(yard, signed("joan2"))
    assert award(yard, "supervised") == "none"
    known = PEOPLE % "joan"
    both = known.replace('[{mbox: "mailto:joan@', '[{mbox: "mailto:joan2@example.org"}, {mbox: "mailto:joan@')
    yard.people.record(roster_from(load(both, "people.yaml")[0]))
    yard.work.drain(MAIN)
    assert award(yard, "supervised") == "valid"


def test_only_our_own_key_and_sources_that_govern_are_believed(yard: Prowess) -> None:
    send(yard, signed("joan"), key="an-lms")
    assert award(yard, "supervised") == "none"
    send(yard, signed("joan"))
    assert award(yard, "supervised") == "valid"


def test_acts_of_office_are_stored_announced_and_undone(yard: Prowess) -> None:
    def act(verb: str, **more: Any) -> dict[str, Any]:
        said = {"program": "supervised", "reason": "because", **more}
        target = {"id": "https://prowess.example/programs/supervised"}
        return by("eve", verb={"id": verb}, object=target, context={"extensions": {OVERRIDE_EXTENSION: said}})

    send(yard, act(WAIVED, until="2026-12-31"))
    assert award(yard, "supervised") == "valid"
    suspended = send(yard, act(SUSPENDED))
    assert award(yard, "supervised") == "suspended"
    send(yard, void(suspended["id"]))
    assert award(yard, "supervised") == "valid"
    send(yard, act(SUSPENDED, reason="again"))
    e = r.emission.c
    with yard.database.read() as conn:
        announced = sorted(conn.scalars(select(e.transition).where(e.program_id == "supervised")))
        ours = conn.scalar(select(t.credential.c.id).where(t.credential.c.name == KEY_NAME))
    assert ours is not None
    assert announced == ["awarded", "reinstated", "suspended", "suspended"]


def test_every_column_of_evidence_is_read_where_it_was_written(yard: Prowess) -> None:
    roster = "people: [{id: bea, identifiers: [{account: {homePage: 'https://lms.example', name: '17'}}]}]"
    yard.people.record(roster_from(load(roster, "people.yaml")[0]))
    sent = by(
        "eve",
        actor={"account": {"homePage": "https://lms.example", "name": "17"}},
        verb={"id": ADL + "passed"},
        object={"id": "https://x.example/exam/1", "definition": {"type": "https://x.example/attempt"}},
        context={
            "platform": "Moodle",
            "contextActivities": {
                "parent": [{"id": "https://x.example/exam", "definition": {"type": "https://x.example/test"}}]
            },
        },
        result={
            "score": {"raw": 5, "min": 1, "max": 9, "scaled": 0.25},
            "success": True,
            "completion": False,
            "extensions": {RUBRIC_EXTENSION: {"posture": 3}},
        },
    )
    send(yard, sent)
    taken_back = send(yard, void(sent["id"]))
    with yard.database.read() as conn:
        key = t.statement_key.c
        known, voided = (
            conn.scalar(select(key.seq).where(key.id == UUID(one["id"]).bytes)) for one in (sent, taken_back)
        )
    facts = FactsReader(yard.database, yard.people).read(1, published_of(yard).current(1).ruleset, ["bea"])
    [row] = facts["bea"].evidence
    assert (
        row._asdict()
        == Evidence(
            statement=sent["id"],
            verb=ADL + "passed",
            activity="https://x.example/exam",
            activity_type="https://x.example/test",
            relation="parent",
            object_type="https://x.example/attempt",
            at=instant("2026-11-20T12:00:00Z"),
            known=known or 0,
            tie=tie_of(sent),
            voided=voided,
            raw=Decimal(5),
            min=Decimal(1),
            max=Decimal(9),
            scaled=Decimal("0.25"),
            success=True,
            completion=False,
            credential=KEY_NAME,
            authority=ifi_text(yard.credentials.own(KEY_NAME).authority),
            platform="Moodle",
            home_page="https://lms.example",
            instructor=posting_key("agent", str(ifi_text({"mbox": "mailto:eve@example.org"}))).hex(),
            attempt="https://x.example/exam/1",
            details='{"rubric":{"posture":3}}',
        )._asdict()
    )


def test_people_who_changed_kept_every_other_writer_waiting_for_each_one_s_managers(yard: Prowess) -> None:
    staff = "people:\n" + "".join(
        f"  - {{id: p{n}, positions: [{{from: 2026-01-01, managers: [{f'p{n // 5}' if n else 'eve'}]}}]}}\n"
        for n in range(40)
    )
    before = yard.feed.read(0, 1_000)[-1].seq
    yard.people.record(roster_from(load(staff, "people.yaml")[0], yard.people.roster()))
    items = yard.feed.read(before, 1_000)
    effect = EvidenceProjector(yard, published_of(yard)).consume(items)
    assert effect is not None
    with overheard(yard.database.writing) as asked:
        yard.database.write(effect)
    assert [one.sql.split()[0] for one in asked if not one.sql.startswith("BEGIN")] == ["INSERT"]
    with yard.database.read() as conn:
        waiting = set(conn.scalars(select(r.dirty.c.person_id)))
    assert waiting == {f"p{n}" for n in range(40)} | {"eve"}
