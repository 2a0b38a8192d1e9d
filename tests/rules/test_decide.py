"""Deciding, branch by branch: what program-language 5 does not spell out (docs/decisions/0101-0104)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from lrs.people.depths import lines_of, reporting_depths
from lrs.people.roster import Person, Position, roster_from
from lrs.yaml_door import load
from rules.decide import EVERYTHING, Facts, affected, decide, decide_with_timeline, dependants, timeline
from rules.decide.calendar import (
    instant_text,
)
from rules.decide.history import award_steps
from rules.decide.logic import MET, UNMET
from rules.language.profiles import SCORED
from tests.rules.world import (
    ACTIVITIES,
    ADA,
    ADA_PERSON,
    SITES,
    World,
    at,
    base,
    has,
    noon,
    passed,
    rows,
    rules,
    said,
    state,
    voiding,
)

# The award


def test_without_valid_an_award_lasts() -> None:
    ruleset = rules(base(valid="", renew=""))
    has(
        state(ruleset, "2090-01-01", passed(noon("2026-03-10")), passed(noon("2027-03-10"))),
        award="valid",
        met_on="2026-03-10",
        expires_on=None,
        renewable_from=None,
        grace_until=None,
        next_change_at=None,
    )


def test_without_renew_an_award_lapses_at_its_expiry() -> None:
    ruleset = rules(base(renew=""))
    first, second = passed(noon("2026-03-10")), passed(noon("2027-03-01"))
    has(
        state(ruleset, "2027-03-10", first, second),
        award="valid",
        flags=[],
        expires_on="2027-03-10",
        renewable_from=None,
    )
    has(state(ruleset, "2027-03-11", first, second), award="lapsed", flags=[], grace_until=None, met_on="2026-03-10")


def test_only_evidence_after_the_lapse_opens_a_new_award() -> None:
    ruleset = rules(
        base(require="{all: [{passed: a}, {passed: b}]}", renew="{window: P60D, grace: P14D, require: {passed: c}}")
    )
    first = [said("a", noon("2026-03-10")), said("b", noon("2026-03-10"))]
    in_grace = said("a", noon("2027-03-20"))
    lapsed = state(ruleset, "2027-04-01", *first, in_grace, said("b", noon("2027-03-30")))
    has(lapsed, award="lapsed", progress="in_progress", expires_on="2027-03-10")
    assert [(gap["criterion"], gap["reason"]) for gap in lapsed["gaps"]] == [("passed:a", "too_old")]
    again = state(ruleset, "2027-04-02", *first, in_grace, said("b", noon("2027-03-30")), said("a", noon("2027-04-02")))
    has(again, award="valid", met_on="2027-04-02", expires_on="2028-04-02", flags=[])


def test_the_first_evidence_that_is_enough_is_used() -> None:
    ruleset = rules(base(require="{all: [{passed: exam}, {passed: a}]}"))
    first, second, last = passed(noon("2026-03-01")), passed(noon("2026-03-02")), said("a", noon("2026-03-03"))
    tree = state(ruleset, "2026-03-03", first, second, last)["proof"]["of"][0]["of"][0]
    assert [leaf["used"] for leaf in tree["of"]] == [[first["id"]], [last["id"]]]


def test_the_renewal_path_does_not_open_an_award() -> None:
    ruleset = rules(base(require="{passed: a}", renew="{window: P60D, grace: P14D, require: {passed: c}}"))
    has(state(ruleset, "2026-03-11", said("c", noon("2026-03-10"))), award="none", progress="not_started")
    renewed = state(ruleset, "2027-03-15", said("a", noon("2026-03-10")), said("c", noon("2027-03-15")))
    has(renewed, award="valid", met_on="2027-03-15", expires_on="2028-03-10")
    assert [(leaf["criterion"], len(leaf["used"])) for leaf in renewed["proof"]["of"][0]["of"]] == [("passed:c", 1)]
    waiting = state(ruleset, "2027-03-01", said("a", noon("2026-03-10")))
    assert [gap["criterion"] for gap in waiting["gaps"]] == ["passed:c"]
    assert [part["of"][0]["criterion"] for part in waiting["proof"]["of"]] == ["passed:a", "passed:c"]
    too_late = state(ruleset, "2027-03-26", said("a", noon("2026-03-10")), said("c", noon("2027-03-25")))
    has(too_late, award="lapsed", progress="not_started")


def test_early_evidence_is_ignored_or_rebases() -> None:
    statements = [passed(noon("2026-03-10")), passed(noon("2026-10-01"))]
    ignoring = state(rules(base()), "2026-10-02", *statements)
    has(ignoring, award="valid", met_on="2026-03-10", expires_on="2027-03-10")
    rebasing = state(rules(base(renew="{window: P60D, grace: P14D, early: rebase}")), "2026-10-02", *statements)
    has(rebasing, award="valid", met_on="2026-10-01", expires_on="2027-10-01", renewable_from="2027-08-02")


def test_evidence_that_opened_a_period_does_not_renew_it() -> None:
    ruleset = rules(base(renew="{window: P2Y, grace: P14D}", require="{any: [{passed: a}, {passed: b}]}"))
    together = [said("a", noon("2026-03-10")), said("b", noon("2026-03-10"))]
    opened = state(ruleset, "2026-03-11", *together)
    has(opened, met_on="2026-03-10", expires_on="2027-03-10", flags=["renewable"], renewable_from="2026-03-10")
    has(state(ruleset, "2026-03-11", *together, said("a", noon("2026-03-11"))), expires_on="2028-03-10")


def test_each_renewal_leaf_needs_evidence_inside_the_window() -> None:
    ruleset = rules(base(require="{all: [{passed: a}, {passed: b}]}"))
    first = [said("a", noon("2026-03-10")), said("b", noon("2026-03-10")), said("a", noon("2026-12-01"))]
    half = state(ruleset, "2027-02-02", *first, said("b", noon("2027-02-01")))
    has(half, award="valid", progress="in_progress", flags=["renewable"], met_on="2026-03-10")
    assert [(gap["criterion"], gap["reason"]) for gap in half["gaps"]] == [("passed:a", "too_early")]
    whole = state(ruleset, "2027-02-04", *first, said("b", noon("2027-02-01")), said("a", noon("2027-02-03")))
    has(whole, met_on="2027-02-03", expires_on="2028-03-10")


@pytest.mark.parametrize(
    ("renewed", "expires", "times"),
    [("2026-05-20", "2026-06-15", 5), ("2026-06-14", "2026-06-15", 5), ("2026-06-15", "2026-07-15", 6)],
)
def test_a_renewal_after_a_long_grace_still_gives_time(renewed: str, expires: str, times: int) -> None:
    ruleset = rules(base(valid="{for: P1M}", renew="{window: P7D, grace: P6M}"))
    decision = state(ruleset, renewed, passed(noon("2026-01-15")), passed(noon(renewed)))
    has(decision, award="valid", expires_on=expires)
    assert decision["proof"]["of"][0]["counted"] == {"from": "2026-01-15", "period": "P1M", "times": times}


@pytest.mark.parametrize(
    ("renewed", "until"),
    [("2026-03-11T16:59:59Z", "2026-03-11T17:00:00Z"), ("2026-03-11T17:00:00Z", "2026-03-12T16:59:59Z")],
)
def test_so_does_one_by_the_hour(renewed: str, until: str) -> None:
    ruleset = rules(base(valid="{for: PT24H}", renew="{window: PT1S, grace: PT72H}"))
    statements = [passed("2026-03-08T17:00:00Z"), passed(renewed)]
    just_after = renewed.replace("Z", ".000001+00:00")
    has(state(ruleset, just_after, *statements), award="valid", next_change_at=until)


def test_the_first_instant_of_the_window_is_in_it() -> None:
    ruleset = rules(base(renew="{window: P60D, early: rebase}"))
    for moment, expires in [("2027-01-09T04:59:59.999999Z", "2028-01-08"), ("2027-01-09T05:00:00Z", "2028-03-10")]:
        has(state(ruleset, "2027-01-10", passed(noon("2026-03-10")), passed(moment)), expires_on=expires)


def test_grace_may_count_as_valid() -> None:
    ruleset = rules(base(renew="{window: P60D, grace: {for: P14D, counts: true}}"))
    has(
        state(ruleset, "2027-03-20", passed(noon("2026-03-10"))),
        award="valid",
        flags=["in_grace"],
        progress="not_started",
    )
    has(state(ruleset, "2027-03-25", passed(noon("2026-03-10"))), award="lapsed", flags=[])


def test_what_is_done_after_a_lapse_changes_the_state() -> None:
    renewal = "{window: P60D, grace: P14D, require: {passed: c}}"
    ruleset = rules(base(require="{all: [{passed: a}, {passed: b}]}", renew=renewal))
    done = [said("a", noon("2026-03-10")), said("b", noon("2026-03-10")), said("b", noon("2027-05-01"))]
    has(state(ruleset, "2027-04-01", *done), award="lapsed", next_change_at="2027-05-01T17:00:00Z")


def test_an_award_earned_anew_at_the_instant_of_the_lapse_is_renewed_like_any_other() -> None:
    ruleset = rules(base(renew="{window: P60D, grace: P14D, require: {passed: c}}"))
    first, anew = passed(noon("2026-03-10")), passed("2027-03-25T04:00:00Z")
    for renewal, expires in (("exam", "2028-03-25"), ("c", "2029-03-25")):
        done = [first, anew, passed(noon("2028-03-01"), renewal)]
        has(state(ruleset, "2028-03-02", *done), award="valid", expires_on=expires)


def test_with_its_timeline_a_decision_is_the_same_at_the_very_instant_of_a_change() -> None:
    facts = Facts(ADA_PERSON, rows([passed(noon("2026-03-10"))]), SITES)
    for moment in ("2026-03-10T16:59:59.999999Z", "2026-03-10T17:00:00Z"):
        both, _ = decide_with_timeline(rules(base()), "base", facts, as_of=at(moment))
        assert both == decide(rules(base()), "base", facts, as_of=at(moment))


def test_a_verb_that_means_nothing_begins_nothing() -> None:
    noted = said("exam", noon("2026-03-01"), "https://x.example/verbs/noted")
    has(state(rules(base()), "2026-03-02", noted), progress="not_started")


def test_people_who_answer_for_each_other_can_be_compared() -> None:
    ones: list[Facts] = []
    for _ in range(2):
        observers: dict[str, Facts] = {}
        observers["ada"] = Facts(ADA_PERSON, observers=observers)
        ones.append(observers["ada"])
    assert ones[0] == ones[1]


def test_a_renewal_is_open_from_the_first_instant_of_its_window() -> None:
    ruleset, done = rules(base()), passed(noon("2026-03-10"))
    has(state(ruleset, "2027-01-09T04:59:59.999999Z", done), progress="met", flags=[])
    has(state(ruleset, "2027-01-09T05:00:00Z", done), progress="not_started", flags=["renewable"])


def test_hours_are_exact() -> None:
    ruleset = rules(base(valid="{for: PT36H}", renew="{window: PT12H, grace: PT6H}"))
    first = passed("2026-03-10T12:00:00Z")
    has(
        state(ruleset, "2026-03-10T12:00:00+00:00", first),
        expires_on="2026-03-11",
        renewable_from="2026-03-11",
        grace_until="2026-03-12",
        next_change_at="2026-03-11T12:00:00Z",
    )
    for moment, award, flags in [
        ("2026-03-11T11:59:59.999999+00:00", "valid", []),
        ("2026-03-11T12:00:00+00:00", "valid", ["renewable"]),
        ("2026-03-12T00:00:00+00:00", "expired", ["in_grace"]),
        ("2026-03-12T06:00:00+00:00", "lapsed", []),
    ]:
        has(state(ruleset, moment, first), award=award, flags=flags)
    renewed = state(ruleset, "2026-03-12T05:00:00+00:00", first, passed("2026-03-12T05:00:00Z"))
    has(renewed, award="valid", next_change_at="2026-03-13T00:00:00Z")


FIXED = '{{window: P90D, basis: fixed, anchor: "{}", min_active: {}}}'


@pytest.mark.parametrize(
    ("valid", "anchor", "min_active", "met", "expires"),
    [
        (
            "P2Y",
            "03-31",
            "P12M",
            ["2026-05-01", "2028-02-01", "2030-03-30"],
            ["2028-03-31", "2030-03-31", "2032-03-31"],
        ),
        ("P1Y", "12-31", "P0D", ["2026-12-31"], ["2026-12-31"]),
        ("P3M", "03-31", "P1M", ["2026-04-10", "2026-06-01", "2026-09-15"], ["2026-06-30", "2026-09-30", "2026-12-31"]),
        ("P3M", "03-31", "P1M", ["2026-06-10"], ["2026-09-30"]),
        ("P1Y", "02-29", "P6M", ["2026-03-01", "2027-01-15"], ["2027-02-28", "2028-02-29"]),
        (
            "P3Y",
            "02-29",
            "P6M",
            ["2026-03-01", "2027-01-15", "2030-01-15", "2033-01-15"],
            ["2027-02-28", "2030-02-28", "2033-02-28", "2036-02-29"],
        ),
        ("P4Y", "02-29", "P6M", ["2026-03-01", "2027-01-15"], ["2027-02-28", "2031-02-28"]),
        ("P1Y", "12-31", "P6M", ["9999-12-01"], ["9999-12-31"]),
        ("P1M", "03-31", "P0D", ["2026-04-10", "2026-05-15"], ["2026-04-30", "2026-05-31"]),
        ("P30D", "02-29", "P0D", ["2027-02-20"], ["2027-02-23"]),
        ("P1M", "02-29", "P0D", ["2103-03-10"], ["2103-03-29"]),
        ("P5M", "04-20", "P0D", ["2026-05-10"], ["2026-09-20"]),
        ("P8M", "02-29", "P0D", ["2027-05-10"], ["2027-10-28"]),
        ("P11M", "04-20", "P0D", ["2026-05-10"], ["2027-03-20"]),
        ("P1Y", "03-31", "P0D", ["9999-12-01"], ["9999-12-31"]),
        ("P1Y", "12-31", "P0D", ["9998-12-20", "9998-12-25", "9999-12-20"], ["9998-12-31", "9999-12-31", "9999-12-31"]),
    ],
)
def test_fixed_basis(valid: str, anchor: str, min_active: str, met: list[str], expires: list[str]) -> None:
    ruleset = rules(base(valid=f"{{for: {valid}}}", renew=FIXED.format(anchor, min_active)))
    statements = [passed(noon(day)) for day in met]
    assert [state(ruleset, day, *statements)["expires_on"] for day in met] == expires


def test_a_changed_period_starts_at_the_old_expiry() -> None:
    second = base(version="2", effective="2026-06-01", valid="{for: P6M}")
    ruleset = rules(f"{base()}\n---\n{second}")
    renewed = state(ruleset, "2027-02-01", passed(noon("2026-03-10")), passed(noon("2027-02-01")))
    has(renewed, version=2, expires_on="2027-09-10")


def test_a_changed_anchor_starts_a_new_series() -> None:
    first = base(renew=FIXED.format("12-31", "P6M"))
    second = base(version="2", effective="2026-06-01", renew=FIXED.format("06-30", "P6M"))
    ruleset = rules(f"{first}\n---\n{second}")
    statements = [passed(noon("2026-01-10")), passed(noon("2026-11-10"))]
    has(state(ruleset, "2026-11-10", *statements), version=2, expires_on="2027-06-30")


def test_a_changed_period_with_a_fixed_basis_starts_a_new_series() -> None:
    first = base(renew=FIXED.format("12-31", "P6M"))
    second = base(version="2", effective="2026-06-01", valid="{for: P2Y}", renew=FIXED.format("12-31", "P0D"))
    statements = [passed(noon("2026-01-10")), passed(noon("2026-11-10"))]
    has(state(rules(f"{first}\n---\n{second}"), "2026-11-10", *statements), version=2, expires_on="2027-12-31")


def test_without_grace_an_award_lapses_at_its_expiry() -> None:
    ruleset = rules(base(renew="{window: P60D}"))
    has(state(ruleset, "2027-03-10", passed(noon("2026-03-10"))), award="valid", grace_until=None, flags=["renewable"])
    has(state(ruleset, "2027-03-11", passed(noon("2026-03-10"))), award="lapsed", grace_until=None, flags=[])


def test_a_version_without_expiry_ends_the_calendar() -> None:
    second = base(version="2", effective="2026-06-01", valid="", renew="")
    ruleset = rules(f"{base()}\n---\n{second}")
    first = passed(noon("2026-03-10"))
    dead_end = state(ruleset, "2027-02-01", first, passed(noon("2027-01-20")))
    has(dead_end, award="valid", flags=["renewable"], progress="met", version=1, gaps=[])
    expired = state(ruleset, "2027-03-12", first, passed(noon("2027-01-20")))
    has(expired, award="expired", progress="not_started", flags=["in_grace"])
    assert (expired["proof"]["result"], [part["result"] for part in expired["proof"]["of"]]) == ("unmet", ["met"])
    has(state(ruleset, "2027-04-02", first, passed(noon("2027-04-01"))), award="valid", expires_on=None, version=2)


def test_a_version_that_asks_less_is_met_when_it_takes_effect() -> None:
    first = base(require="{all: [{passed: a}, {passed: b}]}")
    ruleset = rules(f"{first}\n---\n{base(version='2', effective='2026-06-01', require='{passed: a}')}")
    done = said("a", noon("2026-03-10"))
    has(state(ruleset, "2026-05-31", done), award="none", version=1)
    has(state(ruleset, "2026-06-01", done), award="valid", version=2, met_on="2026-06-01")


def test_each_version_judges_from_its_day_to_the_next_one_s() -> None:
    versions = (base(version=str(n), effective=f"2026-0{n}-01", valid=f"{{for: P{n}M}}") for n in (1, 2, 3))
    ruleset = rules("\n---\n".join(versions))
    for day, version, expires in (
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-02-01", 2, "2026-04-01"),
        ("2026-02-28", 2, "2026-04-28"),
        ("2026-03-01", 3, "2026-06-01"),
    ):
        has(state(ruleset, day, passed(noon(day))), award="valid", version=version, expires_on=expires)


def test_no_version_awards_for_what_only_another_asks() -> None:
    asks = ((1, "a"), (2, "b"), (3, "a"))
    versions = (base(version=str(n), effective=f"2026-0{n}-01", require=f"{{passed: {name}}}") for n, name in asks)
    ruleset = rules("\n---\n".join(versions))
    for name, day, award in (
        ("a", "2026-02-10", "none"),
        ("b", "2026-02-10", "valid"),
        ("b", "2026-03-10", "none"),
        ("b", "2026-01-10", "none"),
    ):
        has(state(ruleset, day, said(name, noon(day))), award=award)


def test_the_first_version_judges_what_came_before_it() -> None:
    has(
        state(rules(base(effective="2026-06-01")), "2026-03-11", passed(noon("2026-03-10"))),
        award="valid",
        assignment="none",
    )


# Criteria


def test_a_completion_can_be_taken_back() -> None:
    moodle = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"
    ruleset = rules(base(require="{all: [{completed: a}, {completed: b}]}") + moodle)

    def event(activity: str, moment: str, verb: str = "completed") -> dict[str, Any]:
        iri = verb if verb == "completed" else "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
        return {**said(activity, moment, iri), "context": {"platform": "Moodle"}}

    done, back = event("a", noon("2026-03-01")), event("a", noon("2026-03-02"), "uncompleted")
    again, last = event("a", noon("2026-03-05")), event("b", noon("2026-03-03"))
    taken = state(ruleset, "2026-03-04", done, back, last)
    has(taken, award="none", progress="in_progress")
    assert [(gap["criterion"], gap["reason"]) for gap in taken["gaps"]] == [("completed:a", "taken_back")]
    twice = state(ruleset, "2026-03-04", event("a", noon("2026-02-28")), done, back)
    assert [one["reason"] for one in twice["proof"]["of"][0]["of"][0]["of"][0]["rejected"]] == ["taken_back"]
    has(state(ruleset, "2026-03-05", done, back, last, again), award="valid", met_on="2026-03-05")
    has(state(ruleset, "2026-03-03", done, last), award="valid", met_on="2026-03-03")
    has(state(ruleset, "2026-03-09", done, last, event("a", noon("2026-03-08"), "uncompleted")), award="valid")
    only_back = state(ruleset, "2026-03-04", event("a", noon("2026-03-01"), "uncompleted"))
    has(only_back, progress="not_started")


def test_of_two_at_one_instant_the_completion_counts() -> None:
    """Moodle 4.5 sends `uncompleted` and `completed` of one page view with the same second (docs/decisions/0102)."""
    moodle = "\n---\n{kind: source, id: hq, match: {platform: Moodle}, profile: moodle-logstore}"
    ruleset = rules(base(require="{all: [{completed: a}, {passed: b}]}") + moodle)
    suggested = rules(base(require="", valid="", renew="", suggest="[{completed: a}]") + moodle)
    uncompleted = "https://xapi.edlm/profiles/edlm-lms/concepts/verbs/uncompleted"
    for salt in range(6):
        page = [
            {**said("a", noon("2026-03-01"), verb, note=salt), "context": {"platform": "Moodle"}}
            for verb in ("completed", uncompleted)
        ]
        has(state(ruleset, "2026-03-02", *page, said("b", noon("2026-03-02"))), award="valid")
        earlier = {**said("a", noon("2026-02-01"), "completed"), "context": {"platform": "Moodle"}}
        found = state(ruleset, "2026-03-02", earlier, *page, said("b", noon("2026-03-02")))
        has(found, award="valid")
        assert [len(leaf["used"]) for leaf in found["proof"]["of"][0]["of"][0]["of"]] == [1, 1]
        has(state(suggested, "2026-03-02", earlier, *page), progress="met", met_on="2026-02-01")


@pytest.mark.parametrize(
    ("move_on", "verbs", "met"),
    [
        ("Passed", ["completed"], False),
        ("Passed", ["passed"], True),
        ("Completed", ["passed"], False),
        ("Completed", ["completed"], True),
        ("CompletedAndPassed", ["completed"], False),
        ("CompletedAndPassed", ["passed", "completed"], True),
        ("CompletedOrPassed", ["passed"], True),
        ("CompletedOrPassed", ["completed"], True),
        ("NotApplicable", ["launched"], True),
        ("NotApplicable", [], False),
    ],
)
def test_done_follows_move_on(move_on: str, verbs: list[str], met: bool) -> None:
    text = (
        base(require="{done: d}")
        + f'\n---\n{{kind: activity, id: d, iris: ["https://x.example/d"], move_on: {move_on}}}'
    )
    decision = state(
        rules(text), "2026-03-10", *(said("d", noon(f"2026-03-0{n + 1}"), verb) for n, verb in enumerate(verbs))
    )
    has(decision, award="valid" if met else "none")
    leaf = decision["proof"]["of"][0]["of"][0]
    assert len(leaf["used"]) == (len(verbs) if met else move_on.count("And"))


def test_pending_evidence_is_a_leaf_that_is_unknown() -> None:
    ruleset = rules(base(require="{all: [{passed: exam, min_score: 0.8}, {passed: a}]}"))
    odd = said("exam", noon("2026-03-01"), score={"raw": 5})
    has(state(ruleset, "2026-03-02", odd), flags=["pending_evidence"], award="none", progress="in_progress")
    has(state(ruleset, "2026-03-02", odd, said("a", noon("2026-03-02"))), flags=["pending_evidence"], award="none")
    fixed = [odd, said("a", noon("2026-03-02")), passed(noon("2026-03-03"))]
    has(state(ruleset, "2026-03-03", *fixed), flags=[], award="valid", met_on="2026-03-03")
    assert timeline(ruleset, "base", Facts(ADA_PERSON, rows(fixed), SITES))[2].flags == ("pending_evidence",)


def test_unknown_counts_up_to_unknown() -> None:
    ruleset = rules(base(require="{n_of: 2, of: [{passed: a}, {passed: exam, min_score: 0.8}, {passed: c}]}"))
    found = state(
        ruleset, "2026-03-03", said("a", noon("2026-03-01")), said("exam", noon("2026-03-02"), score={"raw": 5})
    )
    tree = found["proof"]["of"][0]["of"][0]
    assert (tree["result"], found["flags"]) == ("unknown", ["pending_evidence"])
    (gap,) = found["gaps"]
    has(gap, criterion="n_of", reason="needs_more", text="2 of: pass A; pass Exam with at least 0.8; pass C")
    assert [step["reason"] for step in gap["cheapest"]] == ["unscalable"], "it was begun, and C was not"


@pytest.mark.parametrize(
    ("of", "distinct", "done", "met"),
    [
        ("[{passed: a}, {passed: a2}, {passed: b}]", "true", ["a2", "a"], False),
        ("[{passed: a}, {passed: a2}, {passed: b}]", "false", ["a2"], True),
        ("[{passed: a}, {passed: a, min_score: 0.5}, {passed: b}]", "true", ["a"], False),
        ("[{any: [{passed: a}, {passed: b}]}, {any: [{passed: a}, {passed: c}]}]", "true", ["a"], False),
        ("[{any: [{passed: a}, {passed: b}]}, {any: [{passed: a}, {passed: c}]}]", "true", ["a", "b"], True),
        ("[{all: [{passed: a}]}, {any: [{passed: a}, {passed: c}]}]", "true", ["a"], True),
    ],
    ids=["equivalents", "not distinct", "one activity twice", "one for two", "matched crosswise", "a group of its own"],
)
def test_n_of_distinct(of: str, distinct: str, done: list[str], met: bool) -> None:
    ruleset = rules(base(require=f"{{n_of: 2, distinct: {distinct}, of: {of}}}"))
    has(
        state(ruleset, "2026-03-09", *(passed(noon("2026-03-01"), name) for name in done)),
        award="valid" if met else "none",
    )


def test_an_unknown_part_may_still_be_matched() -> None:
    ruleset = rules(base(require="{n_of: 2, of: [{any: [{passed: a}, {passed: b}]}, {passed: exam, min_score: 0.8}]}"))
    odd = [said("a", noon("2026-03-01")), said("exam", noon("2026-03-02"), score={"raw": 5})]
    assert state(ruleset, "2026-03-03", *odd)["proof"]["of"][0]["of"][0]["result"] == "unknown"
    assert state(ruleset, "2026-03-03", *odd[:1])["proof"]["of"][0]["of"][0]["result"] == "unmet"


def test_n_of_with_an_award_among_its_parts() -> None:
    other = "\n---\n{kind: certification, id: other, require: {passed: c}}"
    of = "[{any: [{passed: a}, {passed: b}]}, {holds: other}, {holds: other}]"
    ruleset = rules(base(require=f"{{n_of: 2, of: {of}}}", valid="", renew="") + other)
    has(state(ruleset, "2026-03-09", said("c", noon("2026-03-01"))), award="none")
    has(state(ruleset, "2026-03-09", said("c", noon("2026-03-01")), said("a", noon("2026-03-02"))), award="valid")
    plain = rules(base(require="{n_of: 2, of: [{holds: other}, {passed: a}]}", valid="", renew="") + other)
    has(state(plain, "2026-03-09", said("c", noon("2026-03-01")), said("a", noon("2026-03-02"))), award="valid")


def test_steps_of_one_instant_are_in_order() -> None:
    ruleset = rules(base(require="{in_order: [{passed: a}, {passed: b}]}"))
    together = [said("b", noon("2026-03-05")), said("a", noon("2026-03-05"))]
    has(state(ruleset, "2026-03-05", *together), award="valid")


def test_a_step_that_is_not_open_says_so() -> None:
    ruleset = rules(base(require="{in_order: [{id: one, passed: exam, min_score: 0.8}, {id: two, passed: b}]}"))
    found = state(ruleset, "2026-03-05", said("b", noon("2026-03-01")), passed(noon("2026-03-02"), scaled=0.5))
    assert [(gap["criterion"], gap["reason"]) for gap in found["gaps"]] == [
        ("one", "score_below_min"),
        ("two", "waits_for_step_before"),
    ]
    unknown_first = state(
        ruleset, "2026-03-05", said("b", noon("2026-03-03")), said("exam", noon("2026-03-02"), score={"raw": 5})
    )
    assert unknown_first["proof"]["of"][0]["of"][0]["result"] == "unmet"
    has(unknown_first, flags=["pending_evidence"])


def test_words_of_the_next_steps() -> None:
    tree = "{any: [{all: [{passed: a}, {completed: b}]}, {in_order: [{passed: c}, {holds: other}]}]}"
    ruleset = rules(
        base(require=tree, valid="", renew="")
        + "\n---\n{kind: certification, id: other, title: Other, require: {passed: a}}"
    )
    (gap,) = state(ruleset, "2026-03-01")["gaps"]
    has(
        gap,
        criterion="any",
        reason="needs_more",
        text="one of: pass A and complete B; pass C, then hold a valid Other",
    )
    assert [step["text"] for step in gap["cheapest"]] == ["pass A", "complete B"]


def test_a_sender_who_says_failed_is_believed() -> None:
    failed = said("exam", noon("2026-03-01"), score={"scaled": 0.95}, success=False)
    found = state(rules(base()), "2026-03-02", failed)
    assert found["gaps"][0]["reason"] == "failed"
    found = state(
        rules(base(require="{passed: exam}")),
        "2026-03-02",
        said("exam", noon("2026-03-01"), "failed", score={"scaled": 0.9}),
    )
    assert found["gaps"][0]["reason"] == "failed"
    has(found, progress="in_progress")


# Holds


HOLDER = """
---
kind: certification
id: senior
effective: 2024-01-01
timezone: America/New_York
for: {job: operator}
require: {all: [{holds: base}, {passed: a}]}
valid: {for: P2Y}
"""


@pytest.mark.parametrize(
    ("score", "award"),
    [
        ({"raw": 5, "max": 10, "scaled": 0.9}, "none"),
        ({"raw": 8, "max": 10, "scaled": 0.1}, "valid"),
        ({"raw": 5, "scaled": 0.8}, "valid"),
    ],
)
def test_points_out_of_the_most_there_are_come_before_the_scaled_score(score: dict[str, float], award: str) -> None:
    has(state(rules(base()), "2026-03-02", said("exam", noon("2026-03-01"), score=score)), award=award)


def test_holds_is_judged_on_the_day_the_path_is_met() -> None:
    ruleset = rules(base(renew="") + HOLDER)
    before_, during, long_after = (said("a", noon(day)) for day in ("2026-03-01", "2026-06-01", "2027-06-01"))
    base_pass = passed(noon("2026-03-10"))
    has(state(ruleset, "2026-03-10", before_, base_pass, program="senior"), award="valid", met_on="2026-03-10")
    has(state(ruleset, "2026-06-01", during, base_pass, program="senior"), award="valid", met_on="2026-06-01")
    has(state(ruleset, "2027-05-01", during, base_pass, program="senior"), award="valid")
    late = state(ruleset, "2027-06-02", long_after, base_pass, program="senior")
    has(late, award="none", progress="in_progress")
    assert [(gap["criterion"], gap["reason"]) for gap in late["gaps"]] == [("holds:base", "not_held")]
    tree = late["proof"]["of"][0]["of"][0]["of"][0]
    assert (tree["program"], tree["result"]) == ("base", "unmet")
    has(
        state(ruleset, "2026-06-02", during, base_pass, voiding(base_pass, noon("2026-06-02")), program="senior"),
        award="none",
    )


def test_holds_through_a_renewal_and_again_after_a_lapse() -> None:
    grace = base(renew="{window: P60D, grace: {for: P14D, counts: true}}")
    statements = [passed(noon("2025-03-10")), passed(noon("2026-03-15"))]
    for text, found in ((grace, True), (base(), False)):
        ruleset = rules(text + HOLDER)
        decision = state(ruleset, "2026-03-12", *statements, said("a", noon("2026-03-12")), program="senior")
        has(decision, award="valid" if found else "none")
    has(
        state(rules(base() + HOLDER), "2026-03-20", *statements, said("a", noon("2026-03-12")), program="senior"),
        met_on="2026-03-15",
    )
    renewed = [passed(noon("2025-03-10")), passed(noon("2026-03-01"))]
    has(
        state(rules(base() + HOLDER), "2026-03-20", *renewed, said("a", noon("2026-03-12")), program="senior"),
        met_on="2026-03-12",
    )


def test_an_award_is_held_to_the_end_of_a_grace_that_counts_and_no_longer() -> None:
    ruleset = rules(base(renew="{window: P60D, grace: {for: P14D, counts: true}}") + HOLDER)
    for moment, award in (("2026-03-25T03:59:59Z", "valid"), ("2026-03-25T04:00:00Z", "none")):
        found = state(ruleset, moment, passed(noon("2025-03-10")), said("a", moment), program="senior")
        has(found, award=award)


def test_holds_in_a_renewal_and_after_a_lapse_needs_no_new_award() -> None:
    senior = HOLDER.replace("valid: {for: P2Y}", "valid: {for: P1M}\nrenew: {window: P7D, grace: P7D}")
    ruleset = rules(base(valid="", renew="") + senior)
    statements = [passed(noon("2026-01-01")), said("a", noon("2026-02-01")), said("a", noon("2026-03-01"))]
    has(state(ruleset, "2026-03-01", *statements, program="senior"), award="valid", expires_on="2026-04-01")
    later = said("a", noon("2026-06-01"))
    has(state(ruleset, "2026-06-01", *statements, later, program="senior"), award="valid", met_on="2026-06-01")


def test_programs_below_are_judged_once() -> None:
    """Each holds the two below it: judged anew each time, that would be millions of judgements."""
    text = base() + "".join(
        f"\n---\n{{kind: certification, id: p{n}, require: {{all: [{{holds: {one}}}, {{holds: {two}}}]}}}}"
        for n, (one, two) in enumerate(pairwise(["base", "base", *(f"p{m}" for m in range(34))]))
    )
    ruleset = rules(text)
    assert ruleset.strata == (("base",), *((f"p{n}",) for n in range(35)))
    has(state(ruleset, "2026-03-10", passed(noon("2026-03-10")), program="p34"), award="valid", met_on="2026-03-10")


def test_which_programs_a_statement_can_matter_to() -> None:
    text = (
        base(require="{passed: a}")
        + HOLDER.replace("passed: a", "passed: b")
        + "\n---\n{kind: certification, id: top, require: {holds: senior}}"
    )
    ruleset = rules(text)
    index = affected(ruleset)
    everything = {"base", "senior", "top"}
    assert {iri.rsplit("/", 1)[-1]: set(programs) for iri, programs in index.items()} == {
        "a": everything,
        "a2": everything,
        "b": {"senior", "top"},
        "base": everything,
        "senior": {"senior", "top"},
        "top": {"top"},
    }
    assert dependants(ruleset) == {"base": {"senior", "top"}, "senior": {"top"}, "top": frozenset()}


# Equivalence and sources


def test_equivalence_is_directional_dated_and_not_transitive() -> None:
    old = """
---
{kind: activity, id: old, iris: ["https://x.example/old"], counts_for: [{id: exam, from: 2026-03-01, to: 2026-03-31}]}
---
{kind: activity, id: older, iris: ["https://x.example/older"], counts_for: [{id: old}]}
"""
    ruleset = rules(base() + old)
    for day, award in [
        ("2026-03-01T04:59:59.999999Z", "none"),
        ("2026-03-01T05:00:00Z", "valid"),
        ("2026-04-01T03:59:59.999999Z", "valid"),
        ("2026-04-01T04:00:00Z", "none"),
    ]:
        has(state(ruleset, "2026-04-02", passed(day, "old")), award=award)
    has(state(ruleset, "2026-04-02", passed(noon("2026-03-10"), "older")), award="none")
    reverse = rules(base(require="{passed: old}") + old)
    has(state(reverse, "2026-04-02", passed(noon("2026-03-10"))), award="none")


@pytest.mark.parametrize(
    ("dates", "days"),
    [("from: 2026-03-10", ["2026-03-10", "2026-03-11"]), ("to: 2026-03-10", ["2026-03-09", "2026-03-10"])],
)
def test_an_equivalence_may_begin_or_end_alone(dates: str, days: list[str]) -> None:
    old = f'\n---\n{{kind: activity, id: old, iris: ["https://x.example/old"], counts_for: [{{id: exam, {dates}}}]}}'
    ruleset = rules(base() + old)
    found = [
        day
        for day in ("2026-03-09", "2026-03-10", "2026-03-11")
        if state(ruleset, "2026-04-02", passed(noon(day), "old"))["award"] == "valid"
    ]
    assert found == days


def test_a_source_speaks_its_own_dialect() -> None:
    text = (
        base(require="{passed: quiz}")
        + """
---
{kind: source, id: hq, match: {platform: HQ}}
---
{kind: activity, id: quiz, iris: [{iri: "https://x.example/7", source: hq}]}
"""
    )
    statement = passed(noon("2026-03-10"), "7")
    has(state(rules(text), "2026-03-11", statement), award="none", progress="not_started")
    has(state(rules(text), "2026-03-11", {**statement, "context": {"platform": "HQ"}}), award="valid")


@pytest.mark.parametrize(
    ("match", "more"),
    [
        ("platform: Moodle", {"context": {"platform": "Moodle"}}),
        ("home_page: 'https://lms.example'", {"actor": {"account": {"homePage": "https://lms.example", "name": "17"}}}),
        ("authority: 'mailto:lrs@x.example'", {"authority": {"mbox": "mailto:lrs@x.example"}}),
        (
            "authority: {account: {homePage: 'https://o.example', name: app}}",
            {"authority": {"account": {"homePage": "https://o.example", "name": "app"}}},
        ),
    ],
)
def test_an_attempt_of_moodle_counts_for_its_quiz(match: str, more: dict[str, Any]) -> None:
    types = "http://adlnet.gov/expapi/activities/"
    quiz = {"id": "https://x.example/exam", "definition": {"type": types + "assessment"}}
    course = {"id": "https://x.example/a", "definition": {"type": "https://w3id.org/xapi/cmi5/activitytype/course"}}
    attempt = said(
        "attempt/1", noon("2026-03-10"), "completed", score={"raw": 80, "max": 100, "scaled": 0.6}, success=False
    )
    attempt["object"]["definition"] = {"type": types + "attempt"}
    attempt["context"] = {**more.get("context", {}), "contextActivities": {"parent": [quiz, course]}}
    attempt.update({key: value for key, value in more.items() if key != "context"})
    source = f"\n---\n{{kind: source, id: hq, profile: moodle-logstore, match: {{{match}}}}}"
    has(state(rules(base() + source), "2026-03-11", attempt), award="valid")
    has(state(rules(base(require="{passed: a}") + source), "2026-03-11", attempt), award="none", progress="not_started")
    has(state(rules(base()), "2026-03-11", attempt), award="none", progress="not_started")


def test_a_source_may_be_known_by_its_credential() -> None:
    source = "\n---\n{kind: source, id: hq, profile: cmi5, match: {credential: hq}}"
    ruleset = rules(base(require="{passed: exam}") + source)
    satisfied = rows([said("exam", noon("2026-03-10"), "https://w3id.org/xapi/adl/verbs/satisfied")])[0]
    for credential, award in (("hq", "valid"), (None, "none")):
        facts = Facts(ADA_PERSON, (satisfied._replace(credential=credential),), SITES)
        assert decide(ruleset, "base", facts, as_of=at("2026-03-11")).state.award == award


# Tiers


TIERS = """
kind: curriculum
id: base
version: 1
effective: 2026-01-01
timezone: America/New_York
for: {job: operator}
tiers:
  - {id: one, due: {within: P30D}, require: {passed: a}}
  - {id: two, after: one, due: {within: P90D}, require: {passed: b}}
  - {id: three, due: {after: assigned, within: P10D, floor: P20D}, require: {completed: c}}
  - {id: extra, suggest: [{passed: exam}]}
"""
NEW = Person("ada", positions=(Position(date(2026, 1, 5), job="operator", site="us-1"),))


def tiers(decision: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(tier[key] for key in ("id", "due_on", "met_on", "progress")) for tier in decision["tiers"]]


def test_a_tier_is_met_no_sooner_than_the_one_before() -> None:
    ruleset = rules(TIERS)
    b, a, c = said("b", noon("2026-01-10")), said("a", noon("2026-02-10")), said("c", noon("2026-02-20"), "completed")
    half = state(ruleset, "2026-01-11", b, person=NEW)
    assert tiers(half) == [
        ("one", "2026-02-04", None, "not_started"),
        ("two", "2026-04-05", None, "in_progress"),
        ("three", "2026-01-25", None, "not_started"),
    ]
    has(half, progress="in_progress", due_on="2026-01-25", flags=[], award="none")
    has(state(ruleset, "2026-02-11", a, b, person=NEW), flags=["overdue"], due_on="2026-01-25")
    whole = state(ruleset, "2026-02-20", a, b, c, person=NEW)
    assert tiers(whole) == [
        ("one", "2026-02-04", "2026-02-10", "met"),
        ("two", "2026-04-05", "2026-02-10", "met"),
        ("three", "2026-01-25", "2026-02-20", "met"),
    ]
    has(whole, award="valid", progress="met", met_on="2026-02-20", flags=["late"], due_on="2026-04-05", expires_on=None)
    assert [part["criterion"] for part in whole["proof"]["of"][0]["of"]] == ["one", "two", "three"]


def test_tiers_count_from_the_role_unless_they_say_otherwise() -> None:
    text = TIERS.replace("2026-01-01", "2026-06-01")
    found = [tier["due_on"] for tier in state(rules(text), "2026-06-02")["tiers"]]
    assert found == ["2024-01-31", "2024-03-31", "2026-06-21"]
    text = text.replace("tiers:", "clock: {from: assigned}\ntiers:", 1)
    assert [tier["due_on"] for tier in state(rules(text), "2026-06-02")["tiers"]] == [
        "2026-07-01",
        "2026-08-30",
        "2026-06-21",
    ]


def test_tiers_on_time() -> None:
    ruleset = rules(TIERS)
    done = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11")), said("c", noon("2026-01-12"), "completed")]
    has(state(ruleset, "2026-06-01", *done, person=NEW), award="valid", flags=[], due_on="2026-04-05")
    has(state(ruleset, "2026-01-20", *done[:1], person=NEW), due_on="2026-01-25")
    assert [gap["criterion"] for gap in state(ruleset, "2026-01-20", *done[:1], person=NEW)["gaps"]] == [
        "passed:b",
        "completed:c",
    ]


def test_tiers_expire_and_are_renewed_together() -> None:
    ruleset = rules(TIERS.replace("tiers:", "valid: {for: P1Y}\nrenew: {window: P60D, grace: P14D}\ntiers:"))
    first = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11")), said("c", noon("2026-01-12"), "completed")]
    open_ = state(ruleset, "2026-12-01", *first, said("a", noon("2026-12-01")), person=NEW)
    has(open_, award="valid", flags=["renewable"], progress="in_progress")
    assert [tier[2:] for tier in tiers(open_)] == [("2026-01-10", "met"), ("2026-01-11", "met"), ("2026-01-12", "met")]
    again = [said("a", noon("2026-12-01")), said("b", noon("2026-12-02")), said("c", noon("2026-12-03"), "completed")]
    has(
        state(ruleset, "2026-12-03", *first, *again, person=NEW), met_on="2026-12-03", expires_on="2028-01-12", flags=[]
    )
    lapsed = state(ruleset, "2027-02-01", *first, person=NEW)
    has(lapsed, award="lapsed", flags=["overdue"])
    assert [tier[2:] for tier in tiers(lapsed)] == [(None, "not_started")] * 3


def test_tiers_of_a_later_version_are_covered_by_a_running_award() -> None:
    later = TIERS.replace("version: 1", "version: 2\napply: at_renewal").replace("2026-01-01", "2026-06-01")
    first = base(kind="curriculum", effective="2026-01-01", require="{passed: a}", due="{within: P30D}")
    later = later.replace(
        "tiers:", "valid: {for: P1Y}\nrenew: {window: P60D, grace: P14D, require: {passed: a}}\ntiers:"
    )
    ruleset = rules(f"{first}\n---\n{later}")
    statements = [said("a", noon("2026-01-10")), said("a", noon("2026-12-10"))]
    has(state(ruleset, "2026-07-01", *statements, person=NEW), version=1, tiers=[], due_on="2026-02-04", flags=[])
    renewed = state(ruleset, "2026-12-10", *statements, person=NEW)
    has(renewed, version=2, award="valid", flags=[])
    assert tiers(renewed) == [
        ("one", "2026-02-04", None, "met"),
        ("two", "2026-04-05", None, "met"),
        ("three", "2026-01-25", None, "met"),
    ]


def test_a_tier_that_is_not_met_in_time_changes_the_state() -> None:
    has(state(rules(TIERS), "2026-01-11", person=NEW), flags=[], next_change_at="2026-01-26T05:00:00Z")
    has(state(rules(TIERS), "2026-01-26T05:00:00Z", person=NEW), flags=["overdue"], next_change_at=None)


def test_a_running_award_lacks_no_clock_for_want_of_the_dates_of_a_later_version() -> None:
    first = base(kind="curriculum", effective="2026-01-01", require="{passed: a}", valid="", renew="")
    later = TIERS.replace("version: 1", "version: 2\napply: at_renewal").replace("2026-01-01", "2026-06-01")
    for clock, hired_on in (("role_start", None), ("hired", date(2026, 1, 5))):
        ruleset = rules(f"{first}\n---\n{later.replace('{within: P90D}', f'{{after: {clock}, within: P90D}}')}")
        person = replace(NEW, hired_on=hired_on)
        found = state(ruleset, "2026-07-01", said("a", noon("2026-01-10")), person=person)
        has(found, version=1, assignment="required", due_on=None, flags=[])


# The decision as it is said


def test_the_proof_names_what_earned_the_award_and_what_is_open() -> None:
    first, weak, retake = passed(noon("2026-03-10")), passed(noon("2027-01-15"), scaled=0.5), passed(noon("2027-02-01"))
    twin = {**weak, "id": "ffffffff-0000-4000-8000-000000000000"}
    ruleset = rules(base())
    open_ = state(ruleset, "2027-01-20", first, weak, twin)
    assert open_["proof"] == {
        "criterion": "base",
        "result": "met",
        "used": [],
        "rejected": [],
        "of": [
            {
                "criterion": "initial",
                "result": "met",
                "met_at": "2026-03-10T17:00:00Z",
                "counted": {"from": "2026-03-10", "period": "P1Y", "times": 1},
                "used": [],
                "rejected": [],
                "of": [_node("all", "met", of=[_node("exam", "met", [first["id"]])])],
            },
            {
                "criterion": "renewal",
                "result": "unmet",
                "used": [],
                "rejected": [],
                "of": [
                    _node(
                        "all",
                        "unmet",
                        of=[
                            _node(
                                "exam",
                                "unmet",
                                rejected=[
                                    {"statement": first["id"], "reason": "too_early"},
                                    {"statement": weak["id"], "reason": "score_below_min"},
                                    {"statement": twin["id"], "reason": "duplicate"},
                                ],
                            )
                        ],
                    )
                ],
            },
        ],
    }
    renewed = state(ruleset, "2027-02-02", first, retake)
    assert [(part["criterion"], part["result"]) for part in renewed["proof"]["of"]] == [("renewal", "met")]
    assert renewed["proof"]["of"][0]["of"][0]["of"][0]["used"] == [retake["id"]]
    expired = state(ruleset, "2027-03-12", first)
    assert (expired["proof"]["result"], [part["result"] for part in expired["proof"]["of"]]) == (
        "unmet",
        ["met", "unmet"],
    )


def _node(criterion: str, result: str, used: Any = (), rejected: Any = (), of: Any = None) -> dict[str, Any]:
    node = {"criterion": criterion, "result": result, "used": list(used), "rejected": list(rejected)}
    return {**node, "of": of} if of is not None else node


def test_the_hash_is_of_what_is_said_and_not_of_when() -> None:
    facts = Facts(ADA_PERSON, rows([passed(noon("2026-03-10"))]), SITES)
    ruleset = rules(base())
    one = decide(ruleset, "base", facts, as_of=at("2026-03-11"))
    other = decide(ruleset, "base", facts, as_of=at("2026-04-11"), known_at=at("2026-05-01"))
    later = decide(ruleset, "base", facts, as_of=at("2027-03-01"))
    assert one.hash == other.hash != later.hash
    assert one.text() != other.text()


def test_a_future_timestamp_waits_for_its_day() -> None:
    ruleset = rules(base())
    future = passed(noon("2026-06-01"), stored=noon("2026-03-10"))
    has(
        state(ruleset, "2026-03-11", future),
        award="none",
        progress="not_started",
        next_change_at="2026-06-01T17:00:00Z",
    )


def test_the_timeline_of_a_life() -> None:
    ruleset = rules(base(effective="2026-01-01", due="{within: P30D}"))
    statements = [passed(noon("2026-03-10")), passed(noon("2027-03-20"))]
    segments = timeline(ruleset, "base", Facts(NEW, rows(statements), SITES), known_at=EVERYTHING)
    assert [(instant_text(s.from_us), s.assignment, s.award, s.flags) for s in segments] == [
        (None, "none", "none", ()),
        ("2026-01-05T05:00:00Z", "required", "none", ()),
        ("2026-02-05T05:00:00Z", "required", "none", ("overdue",)),
        ("2026-03-10T17:00:00Z", "required", "valid", ("late",)),
        ("2027-01-09T05:00:00Z", "required", "valid", ("late", "renewable")),
        ("2027-03-11T05:00:00Z", "required", "expired", ("in_grace", "late")),
        ("2027-03-20T17:00:00Z", "required", "valid", ()),
        ("2028-01-10T05:00:00Z", "required", "valid", ("renewable",)),
        ("2028-03-11T05:00:00Z", "required", "expired", ("in_grace",)),
        ("2028-03-25T04:00:00Z", "required", "lapsed", ("overdue",)),
    ]
    assert segments[3].state.met_on == date(2026, 3, 10)


def test_depths_of_a_roster_feed_the_audience(world: World) -> None:
    people = """
people:
  - {id: top, positions: [{from: 2026-01-01}]}
  - {id: mid, positions: [{from: 2026-01-01, managers: [top]}]}
  - {id: low, positions: [{from: 2026-02-01, managers: [mid]}]}
"""
    roster = roster_from(load(people, "people.yaml")[0])
    ruleset = rules(base(for_='{manages: {depth: ">=2"}}', due="{after: role_start, within: P180D}"))
    facts = Facts(roster.people["top"], (), {}, reporting_depths(lines_of(roster))["top"])
    assert decide(ruleset, "base", facts, as_of=at("2026-03-01")).as_json()["due_on"] == "2026-07-31"
    world.programs = base(for_='{manages: {depth: ">=2"}}') + ACTIVITIES
    world.people = people
    assert [world.decide("2026-03-01", person=name)["assignment"] for name in ("top", "mid", "low")] == [
        "required",
        "none",
        "none",
    ]


def test_a_program_nobody_wrote() -> None:
    with pytest.raises(KeyError):
        decide(rules(base()), "other", Facts(Person("ada")), as_of=0)


def test_people_keep_what_others_did_apart(world: World) -> None:
    world.statements = [
        passed(noon("2026-03-10"), actor={"mbox": "mailto:eve@example.org"}),
        passed(noon("2026-03-11"), actor=ADA),
    ]
    has(world.decide("2026-03-12"), met_on="2026-03-11")


def test_canonical_text_is_sorted_and_speaks_every_language() -> None:
    ruleset = rules(base(require="{id: prüfung, passed: exam}"))
    text = decide(ruleset, "base", Facts(ADA_PERSON), as_of=at("2026-03-11")).text()
    assert text.startswith('{"as_of":"2026-03-11T17:00:00Z","assignment":"required","award":"none","due_on":null,')
    assert '"criterion":"prüfung"' in text


def test_who_left_with_an_award_owes_nothing_either() -> None:
    person = replace(ADA_PERSON, left_on=date(2026, 1, 20))
    ruleset = rules(base(effective="2026-01-01", due="{within: P30D}"))
    earned = passed(noon("2026-01-15"))
    has(state(ruleset, "2026-01-16", earned, person=person), award="valid", due_on="2026-01-31")
    has(state(ruleset, "2026-06-01", earned, person=person), award="valid", assignment="withdrawn", due_on=None)


def test_who_left_or_is_exempt_has_no_due_dates_of_tiers_either() -> None:
    ruleset = rules(TIERS)
    done = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11")), said("c", noon("2026-01-12"), "completed")]
    person = replace(NEW, left_on=date(2026, 1, 20))
    for statements in ([], done):
        found = state(ruleset, "2026-06-01", *statements, person=person)
        has(found, assignment="withdrawn", due_on=None)
        assert [tier[1] for tier in tiers(found)] == [None] * 3
        assert [tier[1] for tier in tiers(state(ruleset, "2026-01-20", *statements, person=person))] == [
            "2026-02-04",
            "2026-04-05",
            "2026-01-25",
        ]


def test_what_is_met_waits_for_no_evidence() -> None:
    suggest = "[{any: [{passed: a}, {passed: exam, min_score: 0.8}]}]"
    ruleset = rules(base(require="", valid="", renew="", suggest=suggest))
    odd = said("exam", noon("2026-03-01"), score={"raw": 5})
    has(state(ruleset, "2026-03-02", odd), progress="in_progress", flags=["pending_evidence"])
    has(state(ruleset, "2026-03-03", odd, said("a", noon("2026-03-03"))), progress="met", flags=[])


def test_a_tier_is_met_by_itself_and_no_longer_due() -> None:
    ruleset = rules(TIERS)
    c = said("c", noon("2026-01-12"), "completed")
    found = state(ruleset, "2026-01-13", c, person=NEW)
    assert tiers(found)[2] == ("three", "2026-01-25", "2026-01-12", "met")
    has(found, progress="in_progress", due_on="2026-02-04", award="none", flags=[])


@pytest.mark.parametrize(
    ("late", "flags"),
    [("2026-02-05T04:59:59.999999Z", []), ("2026-02-05T05:00:00Z", ["late"])],
    ids=["in the last instant", "in the first one after it"],
)
def test_one_tier_that_was_late_makes_the_award_late(late: str, flags: list[str]) -> None:
    done = [said("c", noon("2026-01-12"), "completed"), said("a", late), said("b", noon("2026-03-01"))]
    has(state(rules(TIERS), "2026-03-02", *done, person=NEW), award="valid", flags=flags)


def test_tiers_keep_the_due_dates_they_were_earned_under() -> None:
    second = TIERS.replace("version: 1", "version: 2\napply: at_renewal").replace(
        "effective: 2026-01-01", "effective: 2026-06-01"
    )
    ruleset = rules(f"{TIERS}\n---\n{second.replace('P30D', 'P60D')}")
    done = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11")), said("c", noon("2026-01-12"), "completed")]
    for earned, due in ((done, "2026-02-04"), ([], "2026-03-06")):
        assert tiers(state(ruleset, "2026-07-01", *earned, person=NEW))[0][1] == due


def test_a_later_version_may_have_fewer_tiers() -> None:
    first = """
kind: curriculum
id: base
version: 1
effective: 2026-01-01
timezone: America/New_York
for: {job: operator}
tiers:
  - {id: one, require: {passed: a}}
  - {id: two, require: {passed: b}}
"""
    second = TIERS.replace("version: 1", "version: 2\napply: at_renewal").replace(
        "effective: 2026-01-01", "effective: 2026-06-01"
    )
    second = second[: second.index("  - {id: two")]
    done = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11"))]
    assert tiers(state(rules(f"{first}\n---\n{second}"), "2026-07-01", *done, person=NEW)) == [
        ("one", None, "2026-01-10", "met"),
        ("two", None, "2026-01-11", "met"),
    ]


def test_an_award_that_was_due_on_no_day_gets_none_from_a_later_version() -> None:
    """It was late at once by a date that nobody had asked it by."""
    first = base(effective="2026-01-01")
    second = base(version="2", effective="2026-06-01", due="{within: P30D}")
    earned = passed(noon("2026-03-10"))
    for start, due in (("2026-01-01", None), ("2026-06-10", "2026-07-10")):
        person = replace(ADA_PERSON, positions=(Position(date.fromisoformat(start), job="operator"),))
        has(state(rules(f"{first}\n---\n{second}"), "2026-07-01", earned, person=person), due_on=due, flags=[])


def test_what_was_suggested_without_a_date_when_it_was_earned_has_the_date_by_which_it_is_required() -> None:
    audiences = "[{job: operator, assign: suggested}, {job: lead, due: {within: P30D}}]"
    ruleset = rules(base(effective="2026-01-01", for_=audiences))
    jobs = (Position(date(2026, 1, 1), date(2026, 5, 31), job="operator"), Position(date(2026, 6, 1), job="lead"))
    person = replace(ADA_PERSON, positions=jobs)
    earned = passed(noon("2026-03-10"))
    has(state(ruleset, "2026-05-01", earned, person=person), assignment="suggested", due_on=None)
    has(state(ruleset, "2026-06-02", earned, person=person), assignment="required", due_on="2026-07-01", flags=[])


def test_a_tier_without_a_due_date_is_not_due_with_the_one_that_is_met() -> None:
    text = """
kind: curriculum
id: base
effective: 2026-01-01
timezone: America/New_York
for: {job: operator}
tiers:
"""
    dated, undated = "  - {id: one, due: {within: P30D}, require: {passed: a}}", "  - {id: two, require: {passed: b}}"
    first, second = said("a", noon("2026-01-10")), said("b", noon("2026-06-10"))
    for order in ((dated, undated), (undated, dated)):
        ruleset = rules(text + "\n".join(order))
        has(state(ruleset, "2026-06-01", first, person=NEW), due_on=None, flags=[], next_change_at=None)
        has(state(ruleset, "2026-06-01", person=NEW), due_on="2026-02-04", flags=["overdue"])
        has(state(ruleset, "2026-06-10", first, second, person=NEW), due_on="2026-02-04", flags=[], award="valid")


def test_a_tier_of_a_later_version_is_known_by_its_name() -> None:
    """Not by its place: neither the date of another tier nor the day on which another one was met is its own."""
    text = """
kind: curriculum
id: base
version: %s
effective: %s
timezone: America/New_York
for: {job: operator}
valid: {for: P1Y}
renew: {window: P60D, require: {passed: a}}
tiers:
"""
    one, two, zero = (
        "  - {id: one, require: {passed: a}}\n",
        "  - {id: two, require: {passed: b}}\n",
        "  - {id: zero, due: {within: P60D}, require: {passed: c}}\n",
    )
    ruleset = rules(
        text % (1, "2026-01-01") + one + two + "---" + text % ("2\napply: at_renewal", "2026-06-01") + zero + two + one
    )
    done = [said("a", noon("2026-01-10")), said("b", noon("2026-01-11"))]
    assert tiers(state(ruleset, "2026-07-01", *done, person=NEW)) == [
        ("one", None, "2026-01-10", "met"),
        ("two", None, "2026-01-11", "met"),
    ]
    assert tiers(state(ruleset, "2026-12-10", *done, said("a", noon("2026-12-10")), person=NEW)) == [
        ("zero", "2026-03-06", None, "met"),
        ("two", None, "2026-01-11", "met"),
        ("one", None, "2026-01-10", "met"),
    ]


def test_what_a_renewal_asks_for_changes_the_state_as_it_is_done() -> None:
    ruleset = rules(base(require="{passed: a}", renew="{window: P60D, require: {all: [{passed: b}, {passed: c}]}}"))
    done = [said("a", noon("2026-03-10")), said("b", noon("2027-02-01")), said("c", noon("2027-02-03"))]
    for day, progress, change in (
        ("2027-01-31", "not_started", "2027-02-01T17:00:00Z"),
        ("2027-02-02", "in_progress", "2027-02-03T17:00:00Z"),
    ):
        has(state(ruleset, day, *done), progress=progress, next_change_at=change)


def test_a_tier_that_is_begun_changes_the_state() -> None:
    text = TIERS.replace("require: {passed: b}", "require: {all: [{passed: b}, {passed: exam}]}")
    done = [said("c", noon("2026-01-10"), "completed"), said("exam", noon("2026-01-15"))]
    found = state(rules(text), "2026-01-11", *done, person=NEW)
    assert (tiers(found)[1][3], found["next_change_at"]) == ("not_started", "2026-01-15T17:00:00Z")
    assert tiers(state(rules(text), "2026-01-15", *done, person=NEW))[1][3] == "in_progress"


def test_of_two_tiers_due_on_one_day_the_earliest_instant_counts() -> None:
    text = """
kind: curriculum
id: base
effective: 2026-06-01
timezone: America/New_York
for: {job: operator}
tiers:
  - {id: one, due: {after: assigned, within: P1D}, require: {passed: a}}
  - {id: two, due: {after: assigned, within: PT30H}, require: {passed: b}}
"""
    has(state(rules(text), "2026-06-02T10:30:00+00:00"), due_on="2026-06-02", flags=["overdue"])


def test_what_holds_reads_rises_in_time() -> None:
    ruleset = rules(base(renew="{window: P60D}"))
    at_the_lapse = "2027-01-11T05:00:00Z"
    done = ["2024-03-10T17:00:00Z", "2026-01-10T17:00:00Z", at_the_lapse, "2027-12-20T17:00:00Z"]
    facts = Facts(ADA_PERSON, rows([passed(moment) for moment in done]), SITES)
    steps = award_steps(ruleset, "base", facts, EVERYTHING, {})
    assert [(instant_text(when), value) for when, value in steps] == [
        ("2024-03-10T17:00:00Z", MET),
        ("2025-03-11T04:00:00Z", UNMET),
        ("2026-01-10T17:00:00Z", MET),
        ("2029-01-12T05:00:00Z", UNMET),
    ]


@pytest.mark.parametrize("profile", ["default", "cmi5", "openedx", "moodle-logstore"])
def test_a_grade_without_a_verdict_is_judged_by_its_score(profile: str) -> None:
    source = f"\n---\n{{kind: source, id: hq, profile: {profile}, match: {{platform: hq}}}}"
    scored = said("exam", noon("2026-03-10"), SCORED, score={"raw": 17, "min": 0, "max": 20}, completion=True)
    scored["context"] = {"platform": "hq"}
    for require, award in (
        ("{passed: exam, min_score: 0.85}", "valid"),
        ("{passed: exam, min_score: 0.86}", "none"),
        ("{passed: exam}", "none"),
        ("{completed: exam}", "valid"),
    ):
        has(state(rules(base(require=require) + source), "2026-03-11", scored), award=award)
