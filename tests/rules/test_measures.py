"""Indicators, credits, tries and observers in their corners: each test is for a branch that nothing else would miss."""

from __future__ import annotations

from typing import Any

import pytest

from rules.vocabulary import CREDITS_EXTENSION, MEASURED
from tests.rules.test_language_cases import EVE, about, by, credit, leaf, programs, sample, signed
from tests.rules.test_language_cases import world as world  # noqa: PLC0414 - a fixture
from tests.rules.world import World, has, named, noon, passed, said

RENEWED = "{window: P60D, require: {kpi: kpi, min: 5%s}}"


def test_an_indicator_without_a_window_counts_what_its_path_counts(world: World) -> None:
    """Samples from before the renewal window opened count with a window of the indicator's own only."""
    for window, expires in (("", "2027-03-10"), (", window: P1Y", "2028-03-10")):
        programs(world, require="{passed: exam}", renew=RENEWED % window)
        world.statements = [passed(noon("2026-03-10")), sample(9, "2026-06-01")]
        has(world.decide("2027-02-01"), expires_on=expires)


def test_a_sample_of_the_instant_at_which_counting_begins_counts(world: World) -> None:
    programs(world, require="{passed: exam}", renew=RENEWED % "")
    opening = sample(9, "2027-01-09")
    opening["timestamp"] = "2027-01-09T05:00:00Z"
    world.statements = [passed(noon("2026-03-10")), opening]
    has(world.decide("2027-02-01"), expires_on="2028-03-10")


def test_a_credit_of_the_instant_at_which_counting_begins_counts(world: World) -> None:
    programs(world, require="{passed: exam}", renew="{window: P60D, require: {credits: {type: CEU, min: 1}}}")
    opening = credit(1, "2027-01-09")
    opening["timestamp"] = "2027-01-09T05:00:00Z"
    world.statements = [passed(noon("2026-03-10")), opening]
    has(world.decide("2027-02-01"), expires_on="2028-03-10")


@pytest.mark.parametrize(("moment", "total"), [("2026-03-10T17:00:00Z", "0"), ("2026-03-10T17:00:00.000001Z", "1")])
def test_what_is_measured_for_a_renewal_counts_from_the_instant_after_the_award(
    world: World, moment: str, total: str
) -> None:
    renew = "{window: P1Y, require: {credits: {type: CEU, min: 2, window: P1Y}}}"
    programs(world, require="{passed: exam}", renew=renew)
    world.statements = [passed(noon("2026-03-10")), {**credit(1, "2026-03-10"), "timestamp": moment}]
    assert leaf(world.decide("2026-06-01"))["total"] == total


@pytest.mark.parametrize(
    ("agg", "bound", "values", "result"),
    [
        ("min", "min: 3", [4, 3], "met"),
        ("min", "min: 4", [4, 3], "unmet"),
        ("min", "min: 4", [3, 4], "unmet"),
        ("latest", "min: 4", [9, 5], "met"),
        ("latest", "max: 4", [1, 5], "unmet"),
        ("max", "max: 5", [1, 5], "met"),
        ("sum", "min: 7", [3, 3], "unmet"),
    ],
)
def test_each_way_to_combine_samples(world: World, agg: str, bound: str, values: list[float], result: str) -> None:
    programs(world, require=f"{{all: [{{kpi: kpi, agg: {agg}, {bound}}}, {{passed: b}}]}}")
    world.statements = [sample(value, f"2026-03-0{day}") for day, value in enumerate(values, 1)]
    assert leaf(world.decide("2026-03-20"), 0)["result"] == result


def test_a_sample_without_a_number_is_none(world: World) -> None:
    programs(world, require="{all: [{kpi: kpi, min: 5, min_samples: 2}, {passed: b}]}")
    world.statements = [sample(9, "2026-03-01"), said("kpi", noon("2026-03-02"), MEASURED, score={"scaled": 0.9})]
    found = leaf(world.decide("2026-03-20"), 0)
    assert (found["result"], found["samples"]) == ("unknown", 1)


def test_what_was_begun_is_in_progress_from_its_first_sample_or_credit(world: World) -> None:
    for text, first in (
        ("{kpi: kpi, min: 5}", sample(1, "2026-03-01")),
        ("{credits: {type: CEU, min: 5}}", credit(1, "2026-03-01")),
    ):
        programs(world, require=f"{{all: [{text}, {{passed: b}}]}}")
        later = sample(1, "2026-04-01") if "kpi" in text else credit(1, "2026-04-01")
        world.statements = [first, later]
        has(world.decide("2026-02-28"), progress="not_started")
        has(world.decide("2026-03-01"), progress="in_progress")


def test_a_value_that_comes_and_goes_is_followed(world: World) -> None:
    programs(world, require="{all: [{kpi: kpi, min: 5}, {passed: a}]}")
    world.statements = [
        sample(9, "2026-03-01"),
        sample(9, "2026-03-02"),
        sample(1, "2026-03-03"),
        sample(7, "2026-03-05"),
    ]
    world.statements.append(said("a", noon("2026-03-04")))
    has(world.decide("2026-03-04"), award="none")
    has(world.decide("2026-03-05"), award="valid", met_on="2026-03-05")


@pytest.mark.parametrize("amount", [0, -3, True, "x", None, [1], {"a": 1}])
def test_an_amount_that_is_none_counts_for_nothing(world: World, amount: Any) -> None:
    programs(world, require="{credits: {type: CEU, min: 1}}")
    bad = about(
        said("a", noon("2026-03-02"), "experienced"), "result", **{CREDITS_EXTENSION: {"type": "CEU", "amount": amount}}
    )
    world.statements = [credit(0.5, "2026-03-01"), bad]
    found = leaf(world.decide("2026-03-03"))
    assert (found["total"], found["used"]) == ("0.5", [world.statements[0]["id"]])
    world.statements.append(credit(0.5, "2026-03-04"))
    has(world.decide("2026-03-04"), award="valid", met_on="2026-03-04")


def test_credits_that_do_not_count_were_passed_over_in_silence(world: World) -> None:
    one_year = "{credits: {type: CEU, min: 3, window: P1Y, accredited_by: [IACET]}}"
    programs(world, require=f"{{all: [{one_year}]}}")
    old, good = (credit(1, day, accredited_by="IACET") for day in ("2025-01-10", "2026-03-01"))
    other = credit(1, "2026-02-10", accredited_by="somebody")
    world.statements = [old, other, good]
    found = world.decide("2026-04-01")
    (node,) = found["proof"]["of"][-1]["of"][0]["of"]
    assert node["used"] == [good["id"]]
    told = [(one["statement"], one["reason"]) for one in node["rejected"]]
    assert told == [(old["id"], "too_old"), (other["id"], "not_accredited")]
    programs(world, require="{all: [{credits: {type: CEU, min: 1}}]}")
    world.statements = [credit(1, "2026-03-01")]
    lapsed = world.decide("2027-06-01")
    (node,) = lapsed["proof"]["of"][-1]["of"][0]["of"]
    assert (lapsed["award"], [one["reason"] for one in node["rejected"]]) == ("lapsed", ["too_old"])


def second(world: World, as_of: str) -> dict[str, Any]:
    """The second of the criteria of the open path."""
    return dict(world.decide(as_of)["proof"]["of"][-1]["of"][0]["of"][1])


def rejected(world: World, as_of: str) -> list[tuple[str, str]]:
    return [(one["statement"], one["reason"]) for one in second(world, as_of)["rejected"]]


def test_a_credit_is_rejected_from_the_instant_on_at_which_it_was_given(world: World) -> None:
    """A later one was told as rejected already, as if who decides had looked ahead."""
    accredited = "{credits: {type: CEU, min: 3, accredited_by: [IACET]}}"
    programs(world, require=f"{{all: [{{passed: a}}, {accredited}]}}")
    world.statements = [credit(1, "2026-03-05", accredited_by="else")]
    told = [(world.statements[0]["id"], "not_accredited")]
    assert (rejected(world, "2026-03-05T16:59:59Z"), rejected(world, noon("2026-03-05"))) == ([], told)
    programs(world, require=f"{{in_order: [{{passed: a}}, {accredited}]}}")
    world.statements = [credit(1, "2026-03-05", accredited_by="IACET")]
    told = [(world.statements[0]["id"], "out_of_order")]
    assert (rejected(world, "2026-03-05T16:59:59Z"), rejected(world, noon("2026-03-05"))) == ([], told)


def test_a_credit_that_was_sent_twice_is_told_as_a_repeat_by_the_criterion_it_is_of(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {credits: {type: CEU, min: 3}}]}")
    sent = [credit(1, "2026-03-05"), credit(1, "2026-03-04", "PDH"), said("a", noon("2026-03-03"))]
    world.statements = [*sent, *({**one, "id": named(f"again {one['id']}")} for one in sent)]
    told = [(max(sent[0]["id"], world.statements[3]["id"]), "duplicate")]
    assert (rejected(world, "2026-03-05T16:59:59Z"), rejected(world, noon("2026-03-05"))) == ([], told)


def test_of_several_credits_in_a_statement_one_with_an_amount_is_enough_to_be_rejected(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {credits: {type: CEU, min: 3, accredited_by: [IACET]}}]}")
    for amounts, reasons in (([1, 0], ["not_accredited"]), ([0, 0], [])):
        both = [{"type": "CEU", "amount": amount} for amount in amounts]
        world.statements = [about(said("b", noon("2026-03-02"), "experienced"), "result", **{CREDITS_EXTENSION: both})]
        assert [reason for _, reason in rejected(world, "2026-03-03")] == reasons


@pytest.mark.parametrize(("window", "of_before"), [("", "out_of_order"), (", window: P1Y", None)])
def test_a_credit_of_before_its_step_counts_only_within_a_window_of_its_own(
    world: World, window: str, of_before: str | None
) -> None:
    programs(world, require=f"{{in_order: [{{passed: a}}, {{credits: {{type: CEU, min: 9{window}}}}}]}}")
    before, same, after = (credit(1, f"2026-03-0{day}") for day in (1, 2, 3))
    world.statements = [before, same, after, said("a", noon("2026-03-02"))]
    assert rejected(world, "2026-03-04") == ([(before["id"], of_before)] if of_before else [])
    used = [one["id"] for one in (before, same, after)]
    assert second(world, "2026-03-04")["used"] == (used[1:] if of_before else used)


def test_a_credit_of_the_very_instant_of_the_lapse_is_not_too_old_for_what_opens_then(world: World) -> None:
    programs(
        world, require="{in_order: [{passed: exam}, {credits: {type: CEU, min: 1}}]}", valid="{for: P30D}", renew=""
    )
    world.statements = [passed(noon("2026-03-10")), credit(1, "2026-03-11")]
    lapses = "2026-04-11T04:00:00Z"
    has(world.decide("2026-04-10T23:59:59-04:00"), award="valid")
    has(world.decide(lapses), award="lapsed")
    world.statements.append({**credit(1, "2026-04-11"), "timestamp": lapses})
    world.statements.append(passed(noon("2026-04-12")))
    told = [(world.statements[1]["id"], "too_old"), (world.statements[2]["id"], "out_of_order")]
    assert rejected(world, "2026-04-13") == told


def test_a_course_taken_again_within_the_window_gives_its_credits_once(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {credits: {type: CEU, min: 3, window: P30D}}]}")
    first, again = (said("course", noon(day), "completed") for day in ("2026-03-01", "2026-03-10"))
    world.statements = [first, again]
    assert rejected(world, "2026-03-10T16:59:59Z") == []
    assert rejected(world, noon("2026-03-10")) == [(again["id"], "duplicate")]
    assert rejected(world, "2026-04-01T03:59:59Z") == [(again["id"], "duplicate")]
    assert rejected(world, "2026-04-01T04:00:00Z") == [(first["id"], "too_old")]


def test_the_sum_of_credits_is_told_anew_when_a_window_has_passed(world: World) -> None:
    programs(world, require="{all: [{passed: a}, {credits: {type: CEU, min: 3, window: P30D}}]}")
    world.statements = [credit(1, "2026-03-01")]
    has(world.decide("2026-03-05"), next_change_at="2026-04-01T04:00:00Z")
    assert second(world, "2026-04-01T04:00:00Z")["total"] == "0"


def test_a_credit_below_nothing_takes_none_from_the_one_beside_it(world: World) -> None:
    programs(world, require="{credits: {type: CEU, min: 1}}")
    both = [{"type": "CEU", "amount": 1}, {"type": "CEU", "amount": -0.5}]
    world.statements = [about(said("a", noon("2026-03-02"), "experienced"), "result", **{CREDITS_EXTENSION: both})]
    has(world.decide("2026-03-02"), award="valid")


def test_an_amount_written_as_text_counts(world: World) -> None:
    programs(world, require="{credits: {type: CEU, min: 1}}")
    text = about(
        said("a", noon("2026-03-02"), "experienced"),
        "result",
        **{CREDITS_EXTENSION: [{"type": "CEU", "amount": "1.0"}]},
    )
    world.statements = [text]
    has(world.decide("2026-03-02"), award="valid")


def test_a_course_that_was_failed_gives_no_credits(world: World) -> None:
    programs(
        world,
        '\n---\n{kind: activity, id: talk, iris: ["https://x.example/talk"], credits: {type: CEU, amount: 1, on: attended}}',
        require="{credits: {type: CEU, min: 1}}",
    )
    world.statements = [said("talk", noon("2026-03-01"), "attended", success=False)]
    has(world.decide("2026-03-01"), award="none")
    world.statements.append(said("talk", noon("2026-03-02"), "attended"))
    has(world.decide("2026-03-02"), award="valid")


def test_credits_without_a_window_count_from_the_opening_of_the_path(world: World) -> None:
    for window, expires in (("", "2027-03-10"), (", window: P1Y", "2028-03-10")):
        programs(
            world,
            require="{passed: exam}",
            renew=f"{{window: P60D, require: {{credits: {{type: CEU, min: 1{window}}}}}}}",
        )
        world.statements = [passed(noon("2026-03-10")), credit(1, "2026-06-01")]
        has(world.decide("2027-02-01"), expires_on=expires)


def test_what_is_left_over_is_of_the_same_type_never_negative_and_handed_on(world: World) -> None:
    text = "{credits: {type: CEU, min: 1, window: P1Y, carry_over: 0.5}}"
    programs(
        world,
        require=f"{{all: [{{credits: {{type: PDH, min: 1}}}}, {text}]}}",
        renew=f"{{window: P1Y, require: {text}}}",
    )
    world.statements = [credit(9, "2026-03-01", "PDH"), credit(1.2, "2026-03-02")]
    assert leaf(world.decide("2026-06-01"))["carried"] == "0.2"
    world.statements.append(credit(0.8, "2026-06-02"))
    world.statements.append(credit(0.3, "2026-06-03"))
    found = leaf(world.decide("2027-04-01"))
    assert (found["total"], "carried" in found) == ("0.3", False)


def test_what_is_carried_over_alone_renews_when_the_window_opens_and_not_at_the_very_award(world: World) -> None:
    """With `early: rebase` it renewed the award in the microsecond in which it was earned."""
    wholly = "{credits: {type: CEU, min: 1, carry_over: 1}}"
    for early in ("ignore", "rebase"):
        programs(world, require=wholly, renew=f"{{window: P60D, early: {early}, require: {wholly}}}")
        world.statements = [credit(2, "2026-03-10")]
        has(world.decide("2027-01-08"), met_on="2026-03-10", next_change_at="2027-01-09T05:00:00Z")
        has(world.decide("2027-01-09"), met_on="2027-01-09", expires_on="2028-03-10")
    world.statements.append(credit(0.1, "2026-06-01"))
    has(world.decide("2026-06-01"), met_on="2026-06-01", expires_on="2027-06-01")


def test_a_renewal_of_which_what_was_carried_over_meets_a_part_is_in_progress(world: World) -> None:
    wholly = "{credits: {type: CEU, min: 1, carry_over: 1}}"
    programs(world, require=wholly, renew=f"{{window: P60D, require: {{all: [{wholly}, {{passed: a}}]}}}}")
    for amount, progress in ((2, "in_progress"), (1.5, "not_started")):
        world.statements = [credit(amount, "2026-03-10")]
        has(world.decide("2027-01-09"), progress=progress, met_on="2026-03-10")


OWN = "{id: own, credits: {type: CEU, min: 1}}"
OTHER = "{id: other, credits: {type: CEU, min: 1.5}}"


@pytest.mark.parametrize("ways", [f"{OWN}, {OTHER}", f"{OTHER}, {OWN}"])
def test_what_is_left_over_is_that_of_the_same_criterion_else_the_least_wherever_they_stand(
    world: World, ways: str
) -> None:
    for name, carried in (("own", "0.8"), ("another", "0.3")):
        asked = f"{{id: {name}, credits: {{type: CEU, min: 2, carry_over: 1}}}}"
        programs(world, require=f"{{any: [{ways}]}}", renew=f"{{window: P1Y, require: {asked}}}")
        world.statements = [credit(1.8, "2026-03-10")]
        assert leaf(world.decide("2026-06-01"))["carried"] == carried


@pytest.mark.parametrize(
    ("beside", "carried"),
    [("{id: third, credits: {type: PDH, min: 1}}", "0.8"), ("{id: third, credits: {type: CEU, min: 1.8}}", None)],
)
def test_what_is_left_over_of_another_criterion_is_the_least_of_its_type_though_it_be_nothing(
    world: World, beside: str, carried: str | None
) -> None:
    asked = "{id: another, credits: {type: CEU, min: 2, carry_over: 1}}"
    programs(world, require=f"{{all: [{OWN}, {beside}]}}", renew=f"{{window: P1Y, require: {asked}}}")
    world.statements = [credit(1.2, "2026-03-09", "PDH"), credit(1.8, "2026-03-10")]
    assert leaf(world.decide("2026-06-01")).get("carried") == carried


CARRYING = "{credits: {type: CEU, min: 1, window: P1Y, carry_over: 0.5}}"


def test_what_is_left_over_is_left_over_again(world: World) -> None:
    programs(world, require=CARRYING, renew=f"{{window: P1Y, require: {CARRYING}}}")
    world.statements = [credit(1.4, "2026-03-02"), credit(0.9, "2026-06-02")]
    assert leaf(world.decide("2027-04-01"))["carried"] == "0.3"


@pytest.mark.parametrize("require", [f"{{any: [{CARRYING}, {{passed: exam}}]}}", "{passed: exam}"])
def test_what_an_award_did_not_need_or_have_is_not_carried_over(world: World, require: str) -> None:
    programs(world, require=require, renew=f"{{window: P1Y, require: {CARRYING}}}")
    world.statements = [credit(0.4, "2026-03-01"), passed(noon("2026-03-10")), credit(0.8, "2026-06-02")]
    found = leaf(world.decide("2026-07-01"))
    assert (found["total"], "carried" in found) == ("0.8", False)


def test_exact_periods_between_tries(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {cooldown: PT24H}}")
    for hour, award in (("16", "none"), ("17", "valid")):
        world.statements = [passed(noon("2026-03-01"), scaled=0.2), passed(f"2026-03-02T{hour}:00:00Z")]
        has(world.decide("2026-03-03"), award=award)


def test_an_unknown_observer_satisfies_no_rule_that_asks_who_they_are(world: World) -> None:
    for rule, award in (
        ("{holds: other}", "none"),
        ("{job: evaluator}", "none"),
        ("{relation: peer}", "none"),
        ("{count: 2}", "none"),
        ("{not: [self]}", "valid"),
    ):
        other = "\n---\n{kind: certification, id: other, require: {passed: c}}"
        programs(world, other, require=f"{{signed_off: checklist, by: {rule}}}")
        world.statements = [signed("nobody", noon("2026-03-01")), signed("nowhere", noon("2026-03-02"))]
        has(world.decide("2026-03-03"), award=award)


def test_one_observer_under_two_addresses_is_one(world: World) -> None:
    world.people = world.people.replace(
        '[{mbox: "mailto:eve@example.org"}]', '[{mbox: "mailto:eve@example.org"}, {mbox: "mailto:eve2@example.org"}]'
    )
    programs(world, require="{signed_off: checklist, by: {relation: [peer, manager], count: 2}}")
    world.statements = [signed("eve", noon("2026-03-01")), signed("eve2", noon("2026-03-02"))]
    has(world.decide("2026-03-02"), award="none")
    world.statements.append(signed("grace", noon("2026-03-03")))
    has(world.decide("2026-03-03"), award="valid", met_on="2026-03-03")


def test_a_test_without_a_person_who_watched_is_no_watched_one_where_a_rule_asks_who(world: World) -> None:
    assert EVE["mbox"] == "mailto:eve@example.org"
    programs(world, require="{passed: exam, proctored: {job: evaluator}}")
    extension = {"https://w3id.org/prowess/xapi/extensions/proctored": True}
    world.statements = [about(passed(noon("2026-03-01")), "context", **extension)]
    has(world.decide("2026-03-01"), award="none")
    world.statements.append(about(by("eve", passed(noon("2026-03-02"))), "context", **extension))
    has(world.decide("2026-03-02"), award="valid")


def test_the_cooldown_runs_from_the_last_try_that_counted(world: World) -> None:
    programs(world, require="{passed: exam, min_score: 0.8, attempts: {cooldown: P7D}}")
    failed = [passed(noon(f"2026-03-{day}"), scaled=0.2) for day in ("01", "08")]
    world.statements = [*failed, passed(noon("2026-03-10"))]
    decision = world.decide("2026-03-10")
    has(decision, award="none", blocked={"until": "2026-03-15T04:00:00Z", "why": "cooldown"})


def test_statements_of_one_attempt_are_one_try_whenever_they_come(world: World) -> None:
    """A teacher marks an attempt again, a day later."""
    types = "http://adlnet.gov/expapi/activities/"
    source = "\n---\n{kind: source, id: moodle, match: {platform: Moodle}, profile: moodle-logstore}"
    programs(world, source, require="{passed: exam, min_score: 0.8, attempts: {max: 1}}")

    def marked(day: str, raw: int, number: int) -> dict[str, Any]:
        one = said(f"https://lms.example/attempt/{number}", noon(day), "completed", score={"raw": raw, "max": 10})
        one["object"]["definition"] = {"type": f"{types}attempt"}
        quiz = {"id": "https://x.example/exam", "definition": {"type": f"{types}assessment"}}
        return {**one, "context": {"platform": "Moodle", "contextActivities": {"parent": [quiz]}}}

    world.statements = [marked("2026-03-01", 5, 1), marked("2026-03-03", 9, 2)]
    has(world.decide("2026-03-04"), award="none")
    world.statements.append(marked("2026-03-02", 8, 1))
    has(world.decide("2026-03-04"), award="valid", met_on="2026-03-02")


def test_the_word_of_somebody_who_may_not_sign_is_a_try_for_the_verdict_and_for_what_waits(world: World) -> None:
    programs(world, require="{signed_off: checklist, by: {relation: manager}, attempts: {cooldown: P7D}}")
    world.statements = [signed("joan", noon("2026-03-01")), signed("grace", noon("2026-03-03"))]
    decision = world.decide("2026-03-03")
    has(decision, award="none", blocked={"until": "2026-03-08T05:00:00Z", "why": "cooldown"})
    assert [one["reason"] for one in leaf(decision)["rejected"]] == ["wrong_relation", "cooldown"]


@pytest.mark.parametrize(
    "measure", ["{credits: {type: CEU, min: 2, window: P30D}}", "{kpi: kpi, min: 5, window: P30D}"]
)
def test_what_is_told_of_a_measure_whose_step_is_not_open_ends_with_its_window(world: World, measure: str) -> None:
    """Nobody had asked when it would, and the sum stood for ever."""
    programs(world, require=f"{{in_order: [{{passed: exam}}, {measure}]}}")
    world.statements = [credit(1, "2026-03-01"), sample(9, "2026-03-01")]
    before = world.decide("2026-03-02")
    assert before["next_change_at"] == "2026-04-01T04:00:00Z"
    step = before["proof"]["of"][0]["of"][0]["of"][1]
    after = world.decide("2026-04-01T04:00:00Z")["proof"]["of"][0]["of"][0]["of"][1]
    assert (step.get("total", step.get("value")), after.get("total", after.get("samples"))) in {("1", "0"), ("9", 0)}


def test_what_waits_for_the_very_instant_of_an_award_waits_no_longer_than_that(world: World) -> None:
    """Decided at that instant, the renewal was told to wait for a step before it for as long as nothing else happened."""
    programs(world, require="{all: [{passed: exam}]}", valid="{for: P30D}", renew="{window: P60D}")
    world.statements = [passed(noon("2026-03-10"))]
    (gap,) = world.decide("2026-03-10T17:00:00Z")["gaps"]
    assert gap["reason"] == "waits_for_step_before"
    assert world.decide("2026-03-10T17:00:00Z")["next_change_at"] == "2026-03-10T17:00:00.000001Z"
    (gap,) = world.decide("2026-03-10T17:00:00.000001Z")["gaps"]
    assert gap["reason"] != "waits_for_step_before"
