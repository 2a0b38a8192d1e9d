"""What is left of a decision when its program is withdrawn (docs/decisions/0105)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from lrs.xapi.timestamp import instant
from rules.decide import BEGINNING, FOREVER, Decision, Segment, decide_with_timeline, decide_withdrawn
from tests.rules.world import ACTIVITIES, World, base, passed, voiding

WITHDRAWN = instant("2026-06-01T12:00:00Z")


def world(*statements: Any) -> World:
    program = base(effective="2026-01-01", due="{within: P30D}")
    known = [{"stored": one["timestamp"], **one} for one in statements]
    return World(programs=program + ACTIVITIES, statements=known)


def withdrawn(*statements: Any) -> tuple[Decision, tuple[Segment, ...]]:
    here = world(*statements)
    return decide_withdrawn(here.ruleset, "base", here.facts(), at=WITHDRAWN)


def holding(segments: tuple[Segment, ...], day: str) -> Segment:
    at = instant(f"{day}T17:00:00Z")
    (found,) = [one for one in segments if one.from_us <= at < one.until_us]
    return found


def test_nobody_owes_anything_to_a_withdrawn_program() -> None:
    decision, segments = withdrawn()
    document = decision.as_json()
    assert (document["assignment"], document["due_on"], document["flags"]) == ("withdrawn", None, [])
    assert (document["gaps"], document["next_change_at"]) == ([], None)
    assert holding(segments, "2026-03-01").flags == ("overdue",)
    assert holding(segments, "2026-06-02")[2:6] == ("withdrawn", "not_started", "none", ())


def test_what_was_earned_is_good_until_the_day_it_was_given_to() -> None:
    decision, segments = withdrawn(passed("2026-03-10T12:00:00Z"))
    document = decision.as_json()
    assert (document["assignment"], document["award"], document["expires_on"]) == ("withdrawn", "valid", "2027-03-10")
    assert (document["renewable_from"], document["grace_until"]) == (None, None)
    awards = [(day, holding(segments, day).award) for day in ("2026-03-09", "2026-05-01", "2027-03-10", "2027-03-11")]
    assert awards == [
        ("2026-03-09", "none"),
        ("2026-05-01", "valid"),
        ("2027-03-10", "valid"),
        ("2027-03-11", "expired"),
    ]
    assert holding(segments, "2027-03-26").award == "lapsed"
    assert {one.assignment for one in segments if one.from_us >= WITHDRAWN} == {"withdrawn"}


def test_a_grace_that_counts_keeps_an_award_to_its_end_whether_it_had_begun_or_not() -> None:
    counts = "{window: P60D, grace: {for: P14D, counts: true}}"
    for earned, last, ended in (("2025-05-25", "2026-06-08", "2026-06-09"), ("2026-03-10", "2027-03-24", "2027-03-25")):
        done = passed(f"{earned}T12:00:00Z")
        here = world(done)
        here.programs = base(effective="2025-01-01", renew=counts) + ACTIVITIES
        decision, segments = decide_withdrawn(here.ruleset, "base", here.facts(), at=WITHDRAWN)
        assert (decision.state.award, decision.state.flags, decision.state.grace_until) == ("valid", (), None)
        assert [holding(segments, day).award for day in (last, ended)] == ["valid", "lapsed"]


def test_what_comes_after_the_withdrawal_neither_earns_nor_takes_away() -> None:
    first = passed("2026-03-10T12:00:00Z")
    late = passed("2026-06-02T12:00:00Z")
    assert withdrawn(late) == withdrawn()
    assert withdrawn(first, voiding(first, "2026-06-02T12:00:00Z")) == withdrawn(first)
    assert withdrawn(first, voiding(first, "2026-05-02T12:00:00Z"))[0].state.award == "none"


def test_the_days_before_the_withdrawal_stay_as_they_were() -> None:
    statements = passed("2026-03-10T12:00:00Z"), passed("2026-05-10T12:00:00Z")
    here = world(*statements)
    _, before = decide_with_timeline(here.ruleset, "base", here.facts(), as_of=WITHDRAWN)
    _, after = withdrawn(*statements)
    assert [one for one in after if one.until_us <= WITHDRAWN][:-1] == [
        one for one in before if one.until_us <= WITHDRAWN
    ]
    assert holding(after, "2026-06-01")[2:] != holding(before, "2026-06-01")[2:]


def test_the_timeline_of_a_withdrawn_program_has_no_gap_and_no_two_alike_in_a_row() -> None:
    for statements in ((), (passed("2026-03-10T12:00:00Z"),), (passed("2025-03-10T12:00:00Z"),)):
        _, segments = withdrawn(*statements)
        assert (segments[0].from_us, segments[-1].until_us) == (BEGINNING, FOREVER)
        for one, following in pairwise(segments):
            assert one.until_us == following.from_us
            assert one.state != following.state


def test_who_was_never_asked_is_not_called_withdrawn() -> None:
    here = world()
    here.people = here.people.replace("job: operator", "job: clerk")
    decision, segments = decide_withdrawn(here.ruleset, "base", here.facts(), at=WITHDRAWN)
    assert decision.state.assignment == "none"
    assert len(segments) == 1


def test_what_changes_at_the_instant_of_the_withdrawal_leaves_no_empty_stretch() -> None:
    _, segments = withdrawn(passed("2026-06-01T12:00:00Z"))
    assert all(one.from_us < one.until_us for one in segments)
    assert holding(segments, "2026-06-02").award == "valid"
    assert holding(segments, "2026-05-31").award == "none"
