"""What must hold for any program, any history and any instant."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import assume, settings
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from lrs.people.roster import Leave, Person, Position
from lrs.yaml_door import load
from rules.decide import BEGINNING, FOREVER, Evidence, Facts, Segment, decide, timeline
from rules.decide.calendar import add, deadline, local_date, midnight, zone_named
from rules.decide.history import History
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, every, first_met, matching, met_since, some, value_at
from rules.decide.record import EVERYTHING
from rules.language import Ruleset, load_programs
from rules.language.period import load_period
from tests.rules.world import ACTIVITIES, ADL, SITES, base

DAY = 86_400_000_000
START = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z
SPAN = 1_500 * DAY

instants = st.integers(0, SPAN // (DAY // 4)).map(lambda quarter: START + quarter * (DAY // 4))
any_instant = st.one_of(
    instants, st.integers(START - SPAN, START + 2 * SPAN), st.sampled_from([BEGINNING, FOREVER - 1])
)
days = st.integers(0, 1_500).map(lambda day: date(2024, 1, 1) + timedelta(days=day))


def given(*drawn: Any) -> Any:
    """No deadline: the first example also compiles, and machines are shared."""
    return lambda test: settings(deadline=None)(hypothesis_given(*drawn)(test))


# What is drawn is a seed and a size: random.Random fills in rich programs and histories, which drawing them value by
# value hardly ever gives (of 600 histories drawn so, none had a renewal).
seeds = st.integers(0, 2**32 - 1)

LEAVES = ("{passed: a}", "{passed: exam, min_score: 0.8}", "{completed: b}", "{done: d}", "{passed: b, min_score: 0.5}")
PERIODS = ("P1D", "P30D", "P3M", "P6M", "P1Y", "P1Y", "PT36H", "P2Y")
AUDIENCES = (
    "{job: operator}",
    '{site: "us-*", not: {job: clerk}}',
    "[{job: clerk, assign: suggested}, {job: operator}]",
)


def tree(rng: Random, depth: int = 2) -> str:
    if not depth or rng.random() < 0.5:
        return rng.choice(LEAVES)
    parts = [tree(rng, depth - 1) for _ in range(rng.randint(1, 3))]
    of = f"[{', '.join(parts)}]"
    count = rng.randint(1, len(parts))
    return rng.choice(
        (
            f"{{all: {of}}}",
            f"{{any: {of}}}",
            f"{{in_order: {of}}}",
            f"{{in_order: {{mode: lenient, steps: {of}}}}}",
            f"{{n_of: {count}, distinct: true, of: {of}}}",
            f"{{n_of: {count}, distinct: false, of: {of}}}",
        )
    )


def renewal(rng: Random, valid: str) -> str:
    basis = rng.choice(("completion", "expiry", "expiry" if valid.startswith("PT") else "fixed"))
    parts = [f"window: {rng.choice(PERIODS)}", f"basis: {basis}", f"early: {rng.choice(('ignore', 'rebase'))}"]
    if rng.random() < 0.8:
        parts.append(f"grace: {{for: {rng.choice(PERIODS)}, counts: {rng.choice(('true', 'false'))}}}")
    if rng.random() < 0.4:
        parts.append(f"require: {tree(rng)}")
    if basis == "fixed":
        parts += ['anchor: "02-29"', f"min_active: {rng.choice(('P0D', 'P6M', 'P12M'))}"]
    return f"{{{', '.join(parts)}}}"


def version(rng: Random, number: int) -> str:
    valid = rng.choice(PERIODS) if rng.random() < 0.85 else ""
    lines = {
        "version": str(number),
        "effective": f"{2023 + number}-02-01",
        "timezone": rng.choice(("site", "learner", "Asia/Kathmandu")),
        "for_": rng.choice(AUDIENCES),
        "valid": f"{{for: {valid}}}" if valid else "",
        "renew": renewal(rng, valid) if valid and rng.random() < 0.85 else "",
        "clock": "{pause_on: [leave]}" if rng.random() < 0.3 else "",
    }
    if rng.random() < 0.25:
        tiers = (
            f"{{id: t0, due: {{within: {rng.choice(PERIODS)}}}, require: {tree(rng, 1)}}}",
            f"{{id: t1, after: t0, due: {{within: {rng.choice(PERIODS)}}}, require: {tree(rng, 1)}}}",
        )
        return base(**lines, require="", tiers=f"[{', '.join(tiers)}]")
    due = f"{{after: {rng.choice(('assigned', 'role_start'))}, within: {rng.choice(PERIODS)}, floor: P14D}}"
    return base(**lines, require=tree(rng), due=due if rng.random() < 0.8 else "")


@lru_cache(maxsize=64)
def ruleset_of(seed: int) -> Ruleset:
    rng = Random(seed)
    texts = [version(rng, number) for number in range(1, rng.randint(1, 2) + 1)]
    more = '\n---\n{kind: activity, id: d, iris: ["https://x.example/d"], move_on: CompletedAndPassed}'
    return load_programs(load("\n---\n".join(texts) + ACTIVITIES + more, "p.yaml"))


def row_of(rng: Random, number: int) -> Evidence:
    at = START + rng.randrange(6_000) * (DAY // 4)
    raw = rng.random() < 0.1
    return Evidence(
        statement=f"{number:08x}-0000-4000-8000-000000000000",
        verb=ADL + rng.choice(("passed", "passed", "passed", "completed", "completed", "failed", "initialized")),
        activity=f"https://x.example/{rng.choice(('a', 'a2', 'b', 'd', 'd', 'exam', 'exam'))}",
        activity_type=None,
        relation="object",
        object_type=None,
        at=at,
        known=at + rng.randrange(400) * DAY,
        tie=bytes([rng.randrange(4), number]),
        voided=START + rng.randrange(1_500) * DAY if rng.random() < 0.15 else None,
        raw=Decimal(3) if raw else None,
        scaled=None if raw else Decimal(rng.choice(("0.2", "0.8", "0.9", "1"))),
        completion=rng.choice((None, None, True, False)),
    )


def person_of(rng: Random) -> Person:
    cuts = sorted({date(2024, 1, 1) + timedelta(days=rng.randrange(1_500)) for _ in range(rng.randint(1, 4))})
    positions = tuple(
        Position(
            start,
            max(start, end - timedelta(days=rng.choice((1, 1, 5, 40)))) if end else None,
            job=rng.choice(("operator", "operator", "clerk")),
            site=rng.choice(("us-1", "gb-1")),
        )
        for start, end in zip(cuts, [*cuts[1:], None], strict=True)
    )
    leave_from = date(2024, 1, 1) + timedelta(days=rng.randrange(1_500))
    leave = (Leave(leave_from, leave_from + timedelta(days=rng.randrange(60))),)
    return Person("ada", timezone="Europe/London", leave=leave, positions=positions)


def facts_of(seed: int, size: int) -> Facts:
    rng = Random(seed)
    return Facts(person_of(rng), tuple(row_of(rng, number) for number in range(size)), SITES)


rulesets = seeds.map(ruleset_of)
histories = st.builds(facts_of, seeds, st.integers(0, 60))


def test_the_histories_drawn_are_rich() -> None:
    """A property over empty histories would prove nothing."""
    seen: Counter[str] = Counter()
    for seed in range(150):
        history = History(ruleset_of(seed), "base", facts_of(seed, 40), EVERYTHING)
        seen["renewed"] += any(term.is_renewal for term in history.award.terms)
        seen["reopened"] += sum(not term.is_renewal for term in history.award.terms) > 1
        for segment in history.segments():
            seen.update({segment.award, segment.assignment, segment.progress, *segment.flags})
    wanted = (
        "renewed",
        "reopened",
        "expired",
        "lapsed",
        "withdrawn",
        "suggested",
        "in_progress",
        "not_started",
        "late",
    )
    wanted += ("overdue", "renewable", "in_grace", "pending_evidence")
    assert {name: seen[name] for name in wanted if seen[name] < 10} == {}


def without(decision: dict[str, Any], *keys: str) -> str:
    return json.dumps({key: value for key, value in decision.items() if key not in keys}, sort_keys=True)


@given(rulesets, histories, any_instant, st.randoms(use_true_random=False))
def test_arrival_changes_nothing(ruleset: Ruleset, facts: Facts, at: int, random: Any) -> None:
    shuffled = [row._replace(known=random.randrange(START, START + SPAN)) for row in facts.evidence]
    random.shuffle(shuffled)
    expected = decide(ruleset, "base", facts, as_of=at)
    other = decide(ruleset, "base", replace(facts, evidence=tuple(shuffled)), as_of=at)
    assert other.text() == expected.text()
    assert other.hash == expected.hash


@given(rulesets, histories, any_instant)
def test_repeats_never_count_twice(ruleset: Ruleset, facts: Facts, at: int) -> None:
    repeated = [row._replace(statement="f" + row.statement[1:], known=row.known + 1) for row in facts.evidence]
    twice = replace(facts, evidence=(*repeated, *facts.evidence))
    assert decide(ruleset, "base", twice, as_of=at).state == decide(ruleset, "base", facts, as_of=at).state


@given(rulesets, histories, any_instant)
def test_the_future_is_not_foreseen(ruleset: Ruleset, facts: Facts, at: int) -> None:
    past = replace(facts, evidence=tuple(row for row in facts.evidence if row.at <= at))
    expected = decide(ruleset, "base", past, as_of=at).as_json()
    assert without(decide(ruleset, "base", facts, as_of=at).as_json(), "next_change_at") == without(
        expected, "next_change_at"
    )


@given(rulesets, histories, st.lists(any_instant, min_size=1, max_size=8), st.one_of(st.just(EVERYTHING), instants))
def test_the_timeline_says_what_decide_says(ruleset: Ruleset, facts: Facts, ats: list[int], known_at: int) -> None:
    segments = timeline(ruleset, "base", facts, known_at=known_at)
    assert segments[0].from_us == BEGINNING
    assert segments[-1].until_us == FOREVER
    for one, other in pairwise(segments):
        assert one.until_us == other.from_us
        assert one.state != other.state
    edges = [edge for segment in segments for edge in (segment.from_us, segment.until_us - 1)]
    for at in (*ats, *edges):
        segment = _containing(segments, at)
        decision = decide(ruleset, "base", facts, as_of=at, known_at=known_at)
        assert decision.state == segment.state
        assert at < decision.next_change_at <= segment.until_us


def _containing(segments: tuple[Segment, ...], at: int) -> Segment:
    return next(segment for segment in segments if segment.from_us <= at < segment.until_us)


@given(rulesets, histories, instants, instants)
def test_known_at_is_the_prefix(ruleset: Ruleset, facts: Facts, at: int, known_at: int) -> None:
    prefix = tuple(
        row if row.voided is None or row.voided <= known_at else row._replace(voided=None)
        for row in facts.evidence
        if row.known <= known_at
    )
    expected = decide(ruleset, "base", replace(facts, evidence=prefix), as_of=at).as_json()
    found = decide(ruleset, "base", facts, as_of=at, known_at=known_at).as_json()
    assert without(found, "known_at") == without(expected, "known_at")


@given(rulesets, histories, any_instant)
def test_rows_that_count_for_nothing_change_nothing(ruleset: Ruleset, facts: Facts, at: int) -> None:
    """Where every row of an activity counts as it stands, nothing is looked for; here each activity is looked through."""
    iris = {row.activity: row for row in facts.evidence}
    voided = [row._replace(statement=f"{0:032x}", voided=row.known, tie=bytes(16)) for row in iris.values()]
    unread = [
        row._replace(statement=f"{1:032x}", verb="https://x.example/unheard-of", completion=None)
        for row in iris.values()
    ]
    more = replace(facts, evidence=(*voided, *unread, *facts.evidence))
    plain = [dossier.is_plain for dossier in more.dossiers.values()]
    assert not any(plain)
    assert decide(ruleset, "base", more, as_of=at).state == decide(ruleset, "base", facts, as_of=at).state


@given(rulesets, histories, any_instant)
def test_voided_is_as_if_it_had_never_been(ruleset: Ruleset, facts: Facts, at: int) -> None:
    left = replace(facts, evidence=tuple(row for row in facts.evidence if row.voided is None))
    assert decide(ruleset, "base", facts, as_of=at).state == decide(ruleset, "base", left, as_of=at).state


@given(rulesets, histories)
def test_terms_are_in_order(ruleset: Ruleset, facts: Facts) -> None:
    history = History(ruleset, "base", facts, EVERYTHING)
    terms = history.award.terms
    for term in terms:
        assert term.met_on in (local_date(term.zone, term.met_at - 12 * DAY // 24), local_date(term.zone, term.met_at))
        assert term.met_at < term.expires_at <= term.lapses_at
        assert term.renewable_at == FOREVER or term.met_at <= term.renewable_at <= term.expires_at
    for one, other in pairwise(terms):
        if other.is_renewal:
            assert one.met_at < other.met_at < one.lapses_at
        else:
            assert other.met_at >= one.lapses_at


@given(rulesets, histories, any_instant)
def test_the_axes_agree(ruleset: Ruleset, facts: Facts, at: int) -> None:
    decision = decide(ruleset, "base", facts, as_of=at)
    state = decision.state
    assert ("in_grace" in state.flags) <= (state.award in ("expired", "valid"))
    assert ("renewable" in state.flags) <= (state.award == "valid")
    assert ("overdue" in state.flags) <= (state.assignment == "required" and state.award in ("none", "lapsed"))
    assert (state.award == "none") == (state.valid_from is None)
    assert (state.progress == "met") <= (not decision.gaps)
    assert bool(decision.gaps) or state.progress == "met" or state.award == "expired"
    assert list(state.flags) == sorted(state.flags)
    json.loads(decision.text())


@st.composite
def single(draw: st.DrawFn) -> tuple[str, str, list[date]]:
    basis = draw(st.sampled_from(["expiry", "completion"]))
    early = draw(st.sampled_from(["ignore", "rebase"]))
    passes = draw(st.lists(days, max_size=10, unique=True))
    return basis, early, sorted(passes)


@given(single())
def test_a_plain_certification_against_a_plain_model(drawn: tuple[str, str, list[date]]) -> None:
    """The machine of one leaf, day by day, as a training manager would keep it on paper."""
    basis, early, passes = drawn
    text = (
        base(renew=f"{{window: P60D, grace: P14D, basis: {basis}, early: {early}}}", require="{passed: exam}")
        + ACTIVITIES
    )
    year, window, grace = load_period("P1Y"), timedelta(days=60), timedelta(days=14)
    expected: list[tuple[date, date]] = []
    anchor, count = date.min, 0
    for day in passes:
        if not expected or day > expected[-1][1] + grace:
            anchor, count = day, 1
        elif day < expected[-1][1] - window:
            if early == "ignore":
                continue
            anchor, count = day, 1
        else:
            anchor, count = (anchor, count + 1) if basis == "expiry" else (day, 1)
        expected.append((day, add(anchor, year, count)))
    zone = zone_named("America/New_York")
    rows = tuple(
        Evidence(
            f"{n}", ADL + "passed", "https://x.example/exam", None, "object", None, midnight(zone, day), 0, bytes([n])
        )
        for n, day in enumerate(passes)
    )
    history = History(load_programs(load(text, "p")), "base", Facts(Person("ada"), rows), EVERYTHING)
    assert [(term.met_on, term.expires_on) for term in history.award.terms] == expected


steps = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from([UNMET, UNKNOWN, MET])), max_size=5, unique_by=lambda s: s[0]
)
functions = steps.map(lambda drawn: _clean(sorted(drawn)))


def _clean(drawn: list[tuple[int, int]]) -> Steps:
    cleaned: list[tuple[int, int]] = []
    for at, value in drawn:
        if value != (cleaned[-1][1] if cleaned else UNMET):
            cleaned.append((at, value))
    return cleaned


@given(st.lists(functions, min_size=1, max_size=4), st.integers(-1, 21))
def test_kleene_over_time_is_kleene_at_each_instant(drawn: list[Steps], at: int) -> None:
    values = [value_at(function, at) for function in drawn]
    assert value_at(every(drawn), at) == min(values)
    assert value_at(some(drawn), at) == max(values)
    assert list(every(drawn)) == list(every(drawn[::-1]))
    assert list(some(drawn)) == list(some(drawn[::-1]))


@given(functions, functions, functions)
def test_kleene_laws(a: Steps, b: Steps, c: Steps) -> None:
    def same(one: Steps, other: Steps) -> bool:
        return list(one) == list(other)

    assert same(every([a, every([b, c])]), every([every([a, b]), c]))
    assert same(some([a, some([b, c])]), some([some([a, b]), c]))
    assert same(every([a, some([b, c])]), some([every([a, b]), every([a, c])]))
    assert same(every([a, some([a, b])]), a)
    assert same(some([a, every([a, b])]), a)


@given(functions, st.integers(0, 20), st.integers(0, 21))
def test_first_met_and_met_since(function: Steps, since: int, until: int) -> None:
    met = [at for at in range(since, until) if value_at(function, at) == MET]
    assert first_met(function, since, until) == (met[0] if met else None)
    began = met_since(function, since)
    if value_at(function, since) != MET:
        assert began is None
    else:
        assert began is not None
        assert all(value_at(function, at) == MET for at in range(began, since + 1))
        assert value_at(function, began - 1) != MET


@given(st.lists(st.sets(st.sampled_from("abcd")), max_size=4))
def test_matching_is_the_largest(choices: list[set[str]]) -> None:
    def best(index: int, taken: frozenset[str]) -> int:
        if index == len(choices):
            return 0
        return max([best(index + 1, taken), *(1 + best(index + 1, taken | {t}) for t in choices[index] - taken)])

    assert matching(choices) == best(0, frozenset())


@given(days, st.sampled_from(["P1M", "P1Y", "P1M15D", "P90D"]), st.integers(-30, 30))
def test_periods_are_counted_from_the_anchor(day: date, text: str, count: int) -> None:
    period = load_period(text)
    found = add(day, period, count)
    assume(period.days == 0)
    months = (found.year - day.year) * 12 + found.month - day.month
    assert months == count * period.months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


@given(
    days, st.sampled_from(["America/New_York", "Europe/London", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"])
)
def test_days_are_half_open(day: date, name: str) -> None:
    zone = zone_named(name)
    start, end = midnight(zone, day), deadline(zone, day)
    assert start < end == midnight(zone, day + timedelta(days=1))
    assert local_date(zone, start) == local_date(zone, end - 1) == day
    assert local_date(zone, start - 1) == day - timedelta(days=1)
