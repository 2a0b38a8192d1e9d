"""What a decision rests on: whoever finds the same grounds need not decide again, and must where they are others."""

from __future__ import annotations

import os
import subprocess
import sys
import zoneinfo
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules.decide
import rules.language
from lrs.people.depths import Depth
from lrs.people.roster import Leave, Person, Position, Site
from lrs.yaml_door import load
from rules.decide import Evidence, Facts, Grounds, decide_with_timeline
from rules.decide.grounds import engine, engine_of
from rules.language import Ruleset, load_programs
from rules.vocabulary import SIGNED_OFF
from tests.rules import test_properties as plain
from tests.rules import test_rich_properties as rich
from tests.rules.world import ADL

Change = Callable[[Random, Facts], Facts]


def with_rows(facts: Facts, *rows: Evidence) -> Facts:
    return replace(facts, evidence=rows)


def changed_row(rng: Random, facts: Facts, **changes: Any) -> Facts:
    rows = list(facts.evidence)
    place = rng.randrange(len(rows))
    rows[place] = rows[place]._replace(**changes)
    return with_rows(facts, *rows)


def of_others(facts: Facts, change: Callable[[Facts], Facts]) -> Facts:
    """With everybody changed who observes and is not the learner."""
    observers = {
        key: other if other.person.id == facts.person.id else change(other) for key, other in facts.observers.items()
    }
    return replace(facts, observers=observers)


def as_person(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, person=replace(facts.person, **changes))


CHANGES: tuple[Change, ...] = (
    lambda rng, facts: with_rows(facts, *rng.sample(facts.evidence, len(facts.evidence))),
    lambda rng, facts: with_rows(facts, *facts.evidence[rng.randrange(2) :]),
    lambda rng, facts: with_rows(facts, *facts.evidence, plain.row_of(rng, 200)),
    lambda rng, facts: with_rows(
        facts, *facts.evidence, plain.row_of(rng, 200)._replace(activity="https://x.example/z")
    ),
    lambda rng, facts: with_rows(facts, *facts.evidence, rich.rich_row(rng, 200)),
    lambda rng, facts: changed_row(rng, facts, voided=rng.choice((None, plain.START))),
    lambda rng, facts: changed_row(rng, facts, credential=rng.choice((None, "lms"))),
    lambda rng, facts: changed_row(rng, facts, known=rng.choice((None, plain.START)) or plain.START + 1),
    lambda _, facts: as_person(facts, name="Somebody Else", email="else@example.org"),
    lambda rng, facts: as_person(facts, positions=plain.person_of(rng).positions),
    lambda rng, facts: as_person(facts, leave=plain.person_of(rng).leave),
    lambda _, facts: as_person(facts, timezone="Asia/Tokyo"),
    lambda rng, facts: replace(facts, sites={**facts.sites, rng.choice(("gb-1", "jp-1")): Site("x", "Asia/Tokyo")}),
    lambda rng, facts: of_others(facts, lambda other: as_person(other, positions=plain.person_of(rng).positions)),
    lambda rng, facts: of_others(facts, lambda other: with_rows(other, *other.evidence, plain.row_of(rng, 250))),
    lambda _, facts: replace(facts, observers={}),
)


def decided(ruleset: Ruleset, facts: Facts, at: int) -> tuple[Any, ...]:
    decision, segments = decide_with_timeline(ruleset, "base", facts, as_of=at)
    return decision.hash, decision.text(), segments


@given(rich.worlds, st.integers(0, len(CHANGES) - 1), plain.seeds, plain.any_instant)
@pytest.mark.journey
def test_with_equal_grounds_the_same_is_decided(world: rich.World, change: int, seed: int, at: int) -> None:
    ruleset, facts = world.opened()
    if not facts.evidence:
        return
    other = CHANGES[change](Random(seed), facts)
    if Grounds(ruleset).of(facts, "base") == Grounds(ruleset).of(other, "base"):
        assert decided(ruleset, other, at) == decided(ruleset, facts, at)


def test_the_changes_drawn_are_seen_and_those_that_concern_nobody_are_not() -> None:
    """A property about grounds that never were equal, or never differed, would prove nothing."""
    seen: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for seed in range(60):
        ruleset, facts = rich.World(seed, seed, 30).opened()
        for number, change in enumerate(CHANGES):
            other = change(Random(seed), facts)
            seen[Grounds(ruleset).of(facts, "base") == Grounds(ruleset).of(other, "base")][number] += 1
    nothing = {0, 3, 8, 14}
    assert all(seen[True][number] == 60 for number in nothing)
    assert all(seen[False][number] > 10 for number in range(len(CHANGES)) if number not in nothing)


PROGRAMS = """
{kind: certification, id: base, for: {job: operator}, require: {all: [{passed: exam}, {signed_off: list, by: {holds: evaluator}}, {holds: other}]}, escalate: soon}
---
{kind: certification, id: evaluator, require: {any: [{passed: trial}, {signed_off: trial, by: {holds: chief}}]}}
---
{kind: certification, id: chief, require: {passed: oath}}
---
{kind: certification, id: other, require: {passed: tour}}
---
{kind: certification, id: apart, require: {passed: talk}}
---
{kind: activity, id: exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: list, iris: ["https://x.example/list"]}
---
{kind: activity, id: trial, iris: ["https://x.example/trial"]}
---
{kind: activity, id: oath, iris: ["https://x.example/oath"]}
---
{kind: activity, id: tour, iris: ["https://x.example/tour"]}
---
{kind: activity, id: stroll, iris: ["https://x.example/stroll"], counts_for: [{id: tour}]}
---
{kind: activity, id: talk, iris: ["https://x.example/talk"]}
---
{kind: verb, id: heard, iris: ["https://x.example/heard"]}
---
{kind: source, id: lms, match: {credential: lms}, profile: moodle-logstore}
---
{kind: escalation, id: soon, steps: [{at: due, tell: [learner]}]}
"""


def programs(*changes: tuple[str, str]) -> Ruleset:
    text = PROGRAMS
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return load_programs(load(text, "p.yaml"))


def row(number: int, activity: str, **more: Any) -> Evidence:
    return Evidence(
        f"{number:032x}", ADL + "passed", f"https://x.example/{activity}", None, "object", None, 1, number, b"", **more
    )


SIGNED = row(2, "list", instructor="eve")._replace(verb=SIGNED_OFF)
EVE = Facts(Person("eve"), (row(3, "trial"),))
ADA = Facts(
    Person("ada", identifiers=("ifi",), positions=(Position(date(2026, 1, 1), job="operator", site="x"),)),
    (row(1, "exam"), SIGNED, row(4, "stroll")),
    {"x": Site("x", "UTC"), "y": Site("y", "UTC")},
    (),
    {"eve": EVE},
)


def grounds(facts: Facts = ADA, ruleset: Ruleset | None = None, program: str = "base") -> bytes:
    return Grounds(programs() if ruleset is None else ruleset).of(facts, program)


@pytest.mark.parametrize(
    "change",
    [
        ("id: base, for: {job: operator}", "id: base, for: {job: clerk}"),
        ("id: evaluator, require: {any: [{passed: trial}", "id: evaluator, require: {any: [{passed: talk}"),
        ("id: chief, require", "id: chief, title: The chief, require"),
        ("id: other, require: {passed: tour}", "id: other, title: More, require: {passed: tour}"),
        ("id: exam, iris", "id: exam, title: The exam, iris"),
        ("counts_for: [{id: tour}]", "counts_for: [{id: talk}]"),
        ("id: stroll, iris", "id: stroll, title: A stroll, iris"),
        ("https://x.example/heard", "https://x.example/seen"),
        ("profile: moodle-logstore", "profile: cmi5"),
    ],
)
def test_a_program_rests_on_everything_it_refers_to(change: tuple[str, str]) -> None:
    assert grounds(ruleset=programs(change)) != grounds()


@pytest.mark.parametrize(
    "change",
    [
        ("id: apart, require: {passed: talk}", "id: apart, require: {passed: exam}"),
        ("id: talk, iris", "id: talk, title: A talk, iris"),
        ("{at: due, tell: [learner]}", "{at: due+P1D, tell: [learner]}"),
    ],
)
def test_it_does_not_rest_on_other_programs(change: tuple[str, str]) -> None:
    assert grounds(ruleset=programs(change)) == grounds()


@pytest.mark.parametrize(
    "changes",
    [
        {"identifiers": ("other",)},
        {"timezone": "Asia/Tokyo"},
        {"hired_on": date(2026, 1, 1)},
        {"left_on": date(2027, 1, 1)},
        {"leave": (Leave(date(2026, 2, 1), date(2026, 2, 2)),)},
        {"positions": ()},
    ],
)
def test_a_pair_rests_on_who_the_learner_is(changes: dict[str, Any]) -> None:
    assert grounds(as_person(ADA, **changes)) != grounds()
    untold = {"id", "name", "email", *changes}
    assert {one.name for one in fields(Person)} >= untold


def test_it_does_not_rest_on_names_addresses_and_other_sites() -> None:
    assert grounds(as_person(ADA, name="Ada", email="ada@example.org")) == grounds()
    assert grounds(replace(ADA, sites={**ADA.sites, "y": Site("y", "Asia/Tokyo")})) == grounds()
    assert grounds(replace(ADA, sites={**ADA.sites, "x": Site("x", "Asia/Tokyo")})) != grounds()
    assert grounds(replace(ADA, sites={})) != grounds()
    assert grounds(replace(ADA, depths=(Depth(date(2026, 1, 1), None, 1),))) != grounds()
    assert grounds(as_person(ADA, id="eva")) != grounds()


@pytest.mark.parametrize(
    "changes",
    [{"statement": f"{9:032x}"}, {"known": 9}, {"voided": 9}, {"credential": "lms"}, {"authority": "hq"}],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_pair_rests_on_every_row_it_reads(place: int, changes: dict[str, Any]) -> None:
    rows = list(ADA.evidence)
    rows[place] = rows[place]._replace(**changes)
    assert grounds(with_rows(ADA, *rows)) != grounds()


def test_in_whatever_order_rows_arrived_and_whatever_others_say() -> None:
    assert grounds(with_rows(ADA, *reversed(ADA.evidence))) == grounds()
    assert grounds(with_rows(ADA, *ADA.evidence, row(8, "talk"), row(9, "nowhere"))) == grounds()
    assert grounds(with_rows(ADA, *ADA.evidence, row(8, "tour"))) != grounds()


def test_a_pair_rests_on_whoever_answers_for_its_evidence_and_in_turn_for_theirs() -> None:
    joan = Facts(Person("joan"), (row(6, "oath"),))
    vouched = row(5, "trial", instructor="joan")._replace(verb=SIGNED_OFF)
    eve = with_rows(EVE, *EVE.evidence, vouched)

    def seen_by(**observers: Facts) -> bytes:
        known: dict[str, Facts] = {}
        known |= {key: replace(one, observers=known) for key, one in observers.items()}
        return grounds(replace(ADA, observers=known))

    assert seen_by() != grounds()
    assert seen_by(eve=as_person(EVE, timezone="Asia/Tokyo")) != grounds()
    assert seen_by(eve=as_person(EVE, id="eva")) != grounds()
    assert seen_by(eve=with_rows(EVE)) != grounds()
    assert seen_by(eve=eve) != grounds()
    assert seen_by(eve=eve, joan=joan) != seen_by(eve=eve)
    assert seen_by(eve=eve, joan=with_rows(joan)) != seen_by(eve=eve, joan=joan)
    assert seen_by(eve=eve, joan=with_rows(joan, row(7, "oath"))) != seen_by(eve=eve, joan=joan)
    assert seen_by(eve=EVE, joan=joan) == grounds()


def test_it_rests_on_nothing_else_of_theirs() -> None:
    """Or whatever anybody says would be a ground of everybody whom they ever watched."""
    eve = with_rows(EVE, *EVE.evidence, row(8, "exam"), row(9, "list", instructor="joan")._replace(verb=SIGNED_OFF))
    assert grounds(replace(ADA, observers={"eve": eve})) == grounds()
    plain = programs(("{signed_off: list, by: {holds: evaluator}}", "{signed_off: list}"))
    assert grounds(replace(ADA, observers={"eve": with_rows(EVE)}), plain) == grounds(ruleset=plain)
    assert grounds(replace(ADA, observers={"eve": as_person(EVE, id="eva")}), plain) != grounds(ruleset=plain)


@pytest.mark.parametrize("more", [{"details": "{}"}, {"relation": "override"}, {"verb": SIGNED_OFF}])
def test_a_pair_rests_on_whoever_answers_for_what_a_rule_may_ask_about(more: dict[str, Any]) -> None:
    watched = row(1, "exam", instructor="eve")
    facts = with_rows(ADA, watched._replace(**more))
    unseen = replace(facts, observers={})
    assert grounds(facts) != grounds(unseen)
    assert grounds(with_rows(facts, watched)) == grounds(with_rows(unseen, watched))
    unnamed = watched._replace(instructor=None, **more)
    assert grounds(with_rows(facts, unnamed)) == grounds(with_rows(unseen, unnamed))


def test_it_does_not_rest_on_those_whom_no_rule_asks_about() -> None:
    taught = [one._replace(instructor=one.instructor or "joan") for one in ADA.evidence]
    joan = Facts(Person("joan"))
    facts = with_rows(ADA, *taught)
    assert grounds(replace(facts, observers={"eve": EVE, "joan": joan})) == grounds()
    assert grounds(program="other") == grounds(replace(ADA, observers={}), program="other")


def test_people_who_answer_for_each_other_come_to_an_end() -> None:
    observers: dict[str, Facts] = {}
    ada, eve = replace(ADA, observers=observers), with_rows(EVE, SIGNED._replace(instructor="ada"))
    observers.update(ada=ada, eve=eve)
    assert grounds(ada) == grounds(ada)
    observers["eve"] = as_person(eve, timezone="Asia/Tokyo")
    assert grounds(ada) != grounds(replace(ada, observers={"ada": ada, "eve": eve}))


def test_what_was_found_out_about_a_person_serves_all_programs() -> None:
    together = Grounds(programs())
    assert [together.of(ADA, name) for name in ("base", "other", "base")] == [
        grounds(program=name) for name in ("base", "other", "base")
    ]
    with pytest.raises(KeyError):
        together.of(ADA, "nothing")


@pytest.mark.journey
def test_every_process_finds_the_same_grounds() -> None:
    for seed in ("1", "2"):
        assert elsewhere("grounds()", PYTHONHASHSEED=seed) == [grounds().hex()]


def elsewhere(*asked: str, **environ: str) -> list[str]:
    """What another process finds, for each that is asked."""
    program = "".join(f"print(({one}).hex())\n" for one in asked)
    program = f"from tests.rules.test_grounds import *\n{program}"
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.journey
def test_a_clock_that_was_changed_is_another_ground(tmp_path: Path) -> None:
    """The operating system learns of it, and Prowess of no new version."""
    changed = tmp_path / "Asia" / "Almaty"
    changed.parent.mkdir()
    changed.write_bytes((resources.files("tzdata") / "zoneinfo" / "Asia" / "Tokyo").read_bytes())
    asked = (
        "grounds(as_person(ADA, timezone='Asia/Almaty'))",
        "grounds(replace(ADA, sites={'x': Site('x', 'Asia/Almaty')}))",
        "grounds(ruleset=programs(('id: other,', 'id: other, timezone: Asia/Almaty,')))",
        "grounds(replace(ADA, observers={'eve': as_person(EVE, timezone='Asia/Almaty')}))",
    )
    system = os.pathsep.join(zoneinfo.TZPATH)
    before = elsewhere(*asked, PYTHONTZPATH=system)
    *after, of_nothing_there = elsewhere(*asked, "grounds()", PYTHONTZPATH=f"{tmp_path}{os.pathsep}{system}")
    for what, one, other in zip(asked, before, after, strict=True):
        assert one != other, what
    assert of_nothing_there == grounds().hex()


def test_another_engine_is_another_ground(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for room, texts in ((one, ("a", "b")), (other, ("c",))):
        room.mkdir()
        for place, text in enumerate(texts):
            (room / f"{place}.py").write_text(text)
    assert engine() == engine_of(Path(room.__file__ or "").parent for room in (rules.decide, rules.language))
    rooms = (one, other)
    before = engine_of(rooms)
    assert engine_of(rooms) == before
    (other / "0.py").write_text("d")
    changed = engine_of(rooms)
    assert changed != before
    (other / "1.py").write_text("e")
    assert engine_of(rooms) not in {before, changed}
    (one / "notes.txt").write_text("no code")
    assert engine_of((one,)) == engine_of((one,)) != engine_of(())


def test_another_day_of_a_position_is_another_ground() -> None:
    position = ADA.person.positions[0]
    moved = replace(position, start=position.start + timedelta(days=1))
    assert grounds(as_person(ADA, positions=(moved,))) != grounds()
