"""What must hold for any program whatever words it uses, acts of office and observers included."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import strategies as st

from lrs.yaml_door import load
from rules import vocabulary as v
from rules.decide import BEGINNING, FOREVER, Evidence, Facts, decide, timeline
from rules.decide.history import History
from rules.decide.record import EVERYTHING
from rules.language import Ruleset, load_programs
from rules.language.profiles import ADL
from tests.rules.test_properties import (
    AUDIENCES,
    DAY,
    PERIODS,
    SPAN,
    START,
    any_instant,
    given,
    instants,
    person_of,
    renewal,
    row_of,
    seeds,
    without,
)
from tests.rules.world import ACTIVITIES, SITES, base

LEAVES = (
    "passed: exam, min_score: 0.8, attempts: {max: 2, per: P90D, cooldown: P7D}",
    "passed: exam, min_score: 0.8, attempts: {max: 3}",
    "passed: exam, min_score: 0.8, score: latest",
    "passed: exam, min_score: 0.8, score: first",
    "passed: a, max_age: P90D",
    "completed: b, max_age: P6M",
    "passed: exam, proctored: true",
    "passed: exam, after_assignment: true",
    "attended: b",
    "signed_off: a",
    "signed_off: a, by: {holds: other, not: [self]}, attempts: {cooldown: P30D}",
    "signed_off: a, by: {count: 2, mean: 0.5}",
    "signed_off: a, rubric: {critical: [x]}",
    "credential: c",
    "credential: c, max_age: P6M",
    "credential: c, while_held: true",
    "kpi: b, agg: mean, max: 0.85, window: P6M, min_samples: 2",
    "kpi: b, agg: latest, min: 0.5",
    "credits: {type: CEU, min: 1.5, window: P1Y, carry_over: 0.5}",
    "credits: {type: CEU, min: 1}",
    "credits: {type: CEU, min: 1, window: P6M}, while_held: true",
    "holds: other",
    "holds: other, while_held: true",
    "statement: {verb: attended, object: b}",
)
OTHER = """
---
{kind: certification, id: other, effective: 2024-01-01, require: {passed: b}, valid: {for: P6M}, suspend: [{when: {verb: attended, object: b}, until: {passed: a}}], waive: {max: P30D}}
"""
ACTS = (
    (v.WAIVED, {"for": "P30D"}),
    (v.WAIVED, {"for": "P90D"}),
    (v.WAIVED, {"for": "P1Y", "criteria": ["x1", "x2", "x3"]}),
    (v.EXEMPTED, {"until": "2026-01-01"}),
    (v.EXTENDED, {"due_on": "2025-06-30"}),
    (v.SUSPENDED, {}),
    (v.REVOKED_BY, {}),
    (v.REINSTATED, {}),
    (v.REINSTATED, {}),
    (v.ENDORSED, {}),
)


class Tree:
    """A requirement drawn at random, whose criteria have ids that later ones may come after."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.ids: list[str] = []

    def leaf(self, place: str) -> str:
        text = self.rng.choice(LEAVES)
        name = f"x{len(self.ids)}"
        more = ""
        if self.ids and place == "all" and not text.startswith(("kpi", "credits", "holds")) and self.rng.random() < 0.3:
            more = f", after: {self.rng.choice(self.ids)}"
            more += ", between: [P5D, P200D]" if self.rng.random() < 0.5 else ""
        self.ids.append(name)
        leaf = f"{{id: {name}, {text}{more}}}"
        return f"{{all: [{{passed: b}}, {{not: {leaf}}}]}}" if self.rng.random() < 0.15 else leaf

    def group(self, depth: int) -> str:
        if not depth:
            return self.leaf("group")
        parts = [self.group(depth - 1) for _ in range(self.rng.randint(1, 3))]
        of = f"[{', '.join(parts)}]"
        return self.rng.choice((f"{{all: {of}}}", f"{{any: {of}}}", f"{{in_order: {of}}}", f"{{n_of: 1, of: {of}}}"))

    def path(self) -> str:
        leaves = [self.leaf("all") for _ in range(self.rng.randint(0, 3))]
        return f"{{all: [{{passed: a}}, {', '.join([*leaves, self.group(1)])}]}}"


def version(rng: Random, number: int) -> str:
    valid = rng.choice(PERIODS)
    renew = renewal(rng, valid)
    if "require" in renew:
        renew = renew[: renew.index(", require")] + (
            ", anchor" + renew.split(", anchor")[1] if "anchor" in renew else "}"
        )
    lines = {
        "version": str(number),
        "effective": f"{2023 + number}-02-01",
        "for_": rng.choice(AUDIENCES),
        "valid": f"{{for: {valid}}}",
        "renew": renew if rng.random() < 0.8 else "",
        "due": "{after: assigned, within: P30D}" if rng.random() < 0.8 else "",
        "require": Tree(rng).path(),
        "waive": "{max: P90D}" if rng.random() < 0.7 else "",
        "suspend": "[{when: {verb: attended, object: b}, until: {passed: a}}]" if rng.random() < 0.4 else "",
        "accept": "[{credential: c, max_age: P1Y}]" if rng.random() < 0.3 else "",
        "recognised_by": "{name: Institute, endorsement: required}" if rng.random() < 0.3 else "",
    }
    if number > 1:
        lines["apply"] = rng.choice(("new", "at_renewal", "{now: {due: P30D}}", "{now: {due: P90D}}"))
    return base(**lines)


@lru_cache(maxsize=64)
def ruleset_of(seed: int) -> Ruleset:
    rng = Random(seed)
    texts = [version(rng, number) for number in range(1, rng.randint(1, 3) + 1)]
    return load_programs(load("\n---\n".join(texts) + OTHER + ACTIVITIES, "p.yaml"))


def rich_row(rng: Random, number: int) -> Evidence:
    row = row_of(rng, number)._replace(
        instructor=rng.choice((None, "eve", "eve", "joan", "ada")),
        attempt=rng.choice((None, None, "try-1", "try-2")),
        details=json.dumps({"proctored": True}) if rng.random() < 0.5 else None,
    )
    if rng.random() < 0.5:
        row = row._replace(at=START + rng.randrange(800) * (DAY // 4))
    match rng.randrange(8):
        case 0:
            verb, said = rng.choice(ACTS)
            act = {"program": "base", "reason": rng.choice(("r", "r", "r", "")), **said}
            target = v.program_iri(rng.choice(("base", "base", "base", "other")))
            return row._replace(verb=verb, activity=target, relation="override", details=json.dumps(act))
        case 1:
            given_ = json.dumps([{"type": "CEU", "amount": rng.choice(("0.5", "1", "2"))}])
            return row._replace(activity=v.credits_iri("CEU"), relation="credit", details=given_)
        case 2:
            return row._replace(verb=v.MEASURED, activity="https://x.example/b", raw=row.scaled)
        case 3:
            rubric = json.dumps({"rubric": {"x": rng.random() < 0.7}})
            return row._replace(verb=v.SIGNED_OFF, activity="https://x.example/a", details=rubric)
        case 4:
            paper = json.dumps({"credential": {"issuer": "i", "expires_on": rng.choice((None, "2026-06-30"))}})
            verb = rng.choice((v.PRESENTED, v.ACCEPTED, v.ACCEPTED, v.DECLINED))
            return row._replace(verb=verb, activity="https://x.example/c", details=paper)
        case 5 if rng.random() < 0.5:
            return row._replace(verb=ADL + "attended", activity="https://x.example/b")
        case _:
            return row


def facts_of(seed: int, size: int) -> Facts:
    rng = Random(seed)
    observers: dict[str, Facts] = {}
    rows = tuple(rich_row(rng, number) for number in range(size))
    ada = Facts(person_of(rng), rows, SITES, (), observers)
    for name in ("eve", "joan"):
        evidence = tuple(row_of(rng, 100 + number) for number in range(8))
        observers[name] = Facts(replace(person_of(rng), id=name), evidence, SITES, (), observers)
    observers["ada"] = ada
    return ada


class World(NamedTuple):
    """A program and a person, named by their seeds: a failure prints these instead of everything."""

    program: int
    person: int
    size: int

    def opened(self) -> tuple[Ruleset, Facts]:
        return ruleset_of(self.program), facts_of(self.person, self.size)


worlds = st.builds(World, seeds, seeds, st.integers(0, 60))


@pytest.mark.journey
def test_the_histories_drawn_are_rich() -> None:
    seen: Counter[str] = Counter()
    for seed in range(250):
        history = History(ruleset_of(seed), "base", facts_of(seed, 50), EVERYTHING)
        segments = history.segments()
        for segment in segments:
            seen.update({segment.award, segment.assignment, segment.progress, *segment.flags})
            seen.update({segment.blocked.why} if segment.blocked else set())
        if len(segments) > 2:
            decision = decide(ruleset_of(seed), "base", facts_of(seed, 50), as_of=segments[-2].from_us)
            seen.update(set(_reasons(decision.proof)))
    wanted = ("suspended", "revoked", "exempt", "blocked", "provisional", "cooldown", "attempts_used_up", "too_old")
    wanted += ("window_closed", "observer_not_certified", "not_proctored", "self_observed", "critical_item_failed")
    assert {name: seen[name] for name in wanted if not seen[name]} == {}


def _reasons(node: Any) -> list[str]:
    if isinstance(node, list):
        return [reason for one in node for reason in _reasons(one)]
    if isinstance(node, dict):
        own = [str(node["reason"])] if "reason" in node else []
        return own + [reason for one in node.values() for reason in _reasons(one)]
    return []


@given(worlds, any_instant, st.randoms(use_true_random=False))
def test_arrival_changes_nothing(world: World, at: int, random: Any) -> None:
    ruleset, facts = world.opened()
    shuffled = [row._replace(known=random.randrange(START, START + SPAN)) for row in facts.evidence]
    random.shuffle(shuffled)
    expected = decide(ruleset, "base", facts, as_of=at)
    other = decide(ruleset, "base", replace(facts, evidence=tuple(shuffled)), as_of=at)
    assert other.text() == expected.text()


@given(worlds, any_instant)
def test_repeats_never_count_twice(world: World, at: int) -> None:
    ruleset, facts = world.opened()
    repeated = [row._replace(statement="f" + row.statement[1:], known=row.known + 1) for row in facts.evidence]
    twice = replace(facts, evidence=(*repeated, *facts.evidence))
    assert decide(ruleset, "base", twice, as_of=at).state == decide(ruleset, "base", facts, as_of=at).state


@given(worlds, any_instant)
def test_the_future_is_not_foreseen(world: World, at: int) -> None:
    ruleset, facts = world.opened()
    past = replace(facts, evidence=tuple(row for row in facts.evidence if row.at <= at))
    expected = decide(ruleset, "base", past, as_of=at).as_json()
    found = decide(ruleset, "base", facts, as_of=at).as_json()
    assert without(found, "next_change_at") == without(expected, "next_change_at")


@pytest.mark.journey
@given(worlds, st.lists(any_instant, min_size=1, max_size=8), st.one_of(st.just(EVERYTHING), instants))
def test_the_timeline_says_what_decide_says(world: World, ats: list[int], known_at: int) -> None:
    ruleset, facts = world.opened()
    segments = timeline(ruleset, "base", facts, known_at=known_at)
    assert (segments[0].from_us, segments[-1].until_us) == (BEGINNING, FOREVER)
    for one, other in pairwise(segments):
        assert one.until_us == other.from_us
        assert one.state != other.state
    edges = [edge for segment in segments for edge in (segment.from_us, segment.until_us - 1)]
    middles = [(segment.from_us + segment.until_us) // 2 for segment in segments]
    for at in (*ats, *edges, *middles):
        segment = next(segment for segment in segments if segment.from_us <= at < segment.until_us)
        decision = decide(ruleset, "base", facts, as_of=at, known_at=known_at)
        assert decision.state == segment.state
        assert at < decision.next_change_at <= segment.until_us


@pytest.mark.journey
@given(worlds, st.lists(any_instant, min_size=1, max_size=4))
def test_the_same_is_said_until_the_next_change_and_then_something_else(world: World, ats: list[int]) -> None:
    """A stored decision is made anew at its next change only, and must not go stale before."""
    ruleset, facts = world.opened()

    def said(at: int) -> str:
        return without(decide(ruleset, "base", facts, as_of=at).as_json(), "as_of")

    for at in ats:
        change = decide(ruleset, "base", facts, as_of=at).next_change_at
        for later in ((at + change) // 2, change - 1):
            assert said(later) == said(at)
        assert change == FOREVER or said(change) != said(at)


@given(worlds, st.randoms(use_true_random=False))
def test_it_is_said_from_the_very_instant_on(world: World, random: Any) -> None:
    """Also when it is decided at the instant at which something happened, and whatever happens until the next change."""
    ruleset, facts = world.opened()
    turns = sorted({row.at + more for row in facts.evidence for more in (0, 1, 30 * DAY, 180 * DAY)})
    if not turns:
        return
    at = random.choice(turns)
    now = decide(ruleset, "base", facts, as_of=at)
    until = [turn for turn in turns if at < turn < now.next_change_at]
    for later in {*random.sample(until, min(3, len(until))), min(at + 1, now.next_change_at - 1)}:
        assert decide(ruleset, "base", facts, as_of=later).hash == now.hash


@given(worlds, instants, instants)
def test_known_at_is_the_prefix(world: World, at: int, known_at: int) -> None:
    ruleset, facts = world.opened()

    def known(one: Facts) -> tuple[Evidence, ...]:
        return tuple(
            row if row.voided is None or row.voided <= known_at else row._replace(voided=None)
            for row in one.evidence
            if row.known <= known_at
        )

    others: dict[str, Facts] = {}
    others |= {name: replace(one, evidence=known(one), observers=others) for name, one in facts.observers.items()}
    expected = decide(ruleset, "base", others["ada"], as_of=at).as_json()
    found = decide(ruleset, "base", facts, as_of=at, known_at=known_at).as_json()
    assert without(found, "known_at") == without(expected, "known_at")


@given(worlds, any_instant)
def test_voided_is_as_if_it_had_never_been(world: World, at: int) -> None:
    ruleset, facts = world.opened()
    left = replace(facts, evidence=tuple(row for row in facts.evidence if row.voided is None))
    assert decide(ruleset, "base", facts, as_of=at).state == decide(ruleset, "base", left, as_of=at).state


@given(worlds, any_instant)
def test_the_axes_agree(world: World, at: int) -> None:
    ruleset, facts = world.opened()
    decision = decide(ruleset, "base", facts, as_of=at)
    state = decision.state
    assert (state.blocked is not None) == (state.progress == "blocked")
    assert ("renewable" in state.flags) <= (state.award in ("valid", "suspended"))
    assert (state.progress == "met") <= (not decision.gaps or state.award == "suspended")
    assert (state.assignment == "exempt") <= (state.due_on is None)
    if state.blocked is not None:
        assert at < state.blocked.until
    if state.award in ("none", "lapsed"):
        assert state.progress in ("not_started", "in_progress", "blocked", "met")
    json.loads(decision.text())


@given(worlds)
def test_an_act_moves_no_date_of_an_award(world: World) -> None:
    """Suspended, revoked, reinstated, endorsed: the terms are those of the evidence alone."""
    ruleset, facts = world.opened()
    dates = (v.SUSPENDED, v.REVOKED_BY, v.REINSTATED, v.ENDORSED, v.EXEMPTED, v.EXTENDED)
    left = replace(
        facts, evidence=tuple(row for row in facts.evidence if row.verb not in dates or "other" in row.activity)
    )
    with_acts, without_acts = (History(ruleset, "base", one, EVERYTHING).award.terms for one in (facts, left))
    assert [(term.met_at, term.expires_on) for term in with_acts] == [
        (term.met_at, term.expires_on) for term in without_acts
    ]
