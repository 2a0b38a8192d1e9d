"""Why: which statements a proof names, which it rejects and for what, and what it says is missing."""

from __future__ import annotations

from typing import Any

from rules.decide.calendar import instant_text
from tests.rules.world import TWO_TIERS, at, base, named, noon, passed, rules, said, state, voiding

TWO = base(require="{all: [{id: exam, passed: exam, min_score: 0.80}, {id: other, passed: a}]}")


def leaves(decision: dict[str, Any]) -> list[dict[str, Any]]:
    """The criteria below the one that holds them, in the path shown last."""
    return list(decision["proof"]["of"][-1]["of"][0]["of"])


def rejected(leaf: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["statement"], each["reason"]) for each in leaf["rejected"]]


def test_the_path_of_tiers_says_the_least_of_them() -> None:
    (path,) = state(rules(TWO_TIERS), "2026-03-02", said("a", noon("2026-03-01")))["proof"]["of"]
    assert (path["result"], [part["result"] for part in path["of"]]) == ("unmet", ["met", "unmet"])


def test_steps_done_at_one_instant_are_both_used() -> None:
    ruleset = rules(base(require="{in_order: [{passed: a}, {passed: b}]}"))
    both = [said("a", noon("2026-03-05")), said("b", noon("2026-03-05"))]
    found = leaves(state(ruleset, "2026-03-05", *both))
    assert [(leaf["used"], leaf["rejected"]) for leaf in found] == [([each["id"]], []) for each in both]


def test_only_what_would_have_counted_came_too_early() -> None:
    failed, done = passed(noon("2026-03-09"), scaled=0.1), passed(noon("2026-03-10"))
    (leaf,) = leaves(state(rules(base()), "2027-02-01", failed, done))
    assert rejected(leaf) == [(done["id"], "too_early")]


def test_where_nothing_early_would_have_counted_the_proof_said_nothing_was_there() -> None:
    failed, unscaled = passed(noon("2026-03-09"), "a", scaled=0.1), said("a", noon("2026-03-10"), score={"raw": 3})
    steps = rules(base(require="{in_order: [{passed: exam}, {id: other, passed: a, min_score: 0.8}]}"))
    decision = state(steps, "2026-04-01", failed, unscaled, passed(noon("2026-03-20")))
    assert rejected(leaves(decision)[1]) == [(failed["id"], "score_below_min"), (unscaled["id"], "out_of_order")]
    assert [(gap["criterion"], gap["reason"]) for gap in decision["gaps"]] == [("other", "out_of_order")]
    begun = said("a", noon("2026-03-09"), "attempted")
    decision = state(steps, "2026-04-01", begun, passed(noon("2026-03-20")))
    assert rejected(leaves(decision)[1]) == [], "that somebody began says nothing"


def test_from_the_instant_of_the_lapse_on_evidence_is_not_old_but_out_of_order() -> None:
    ruleset = rules(base(require="{in_order: [{passed: a}, {passed: b}]}"))
    first = [said("a", noon("2026-03-10")), said("b", noon("2026-03-10"))]
    before, after = said("b", "2027-03-25T03:59:59.999999Z"), said("b", "2027-03-25T04:00:00Z")
    found = leaves(state(ruleset, "2027-04-02", *first, before, after, said("a", noon("2027-04-01"))))
    assert rejected(found[0]) == [(first[0]["id"], "too_old")]
    assert rejected(found[1]) == [
        (first[1]["id"], "too_old"),
        (before["id"], "too_old"),
        (after["id"], "out_of_order"),
    ]


def test_what_only_shows_that_someone_is_at_it_is_not_rejected() -> None:
    for require in ("{all: [{passed: exam}]}", "{all: [{completed: exam}]}"):
        found = state(rules(base(require=require)), "2026-03-02", said("exam", noon("2026-03-01"), "launched"))
        (leaf,) = leaves(found)
        assert (leaf["used"], leaf["rejected"]) == ([], [])
        assert [gap["reason"] for gap in found["gaps"]] == ["no_evidence"]


def test_each_leaf_names_what_was_set_aside_of_its_own_in_order_of_time() -> None:
    void, weak, other = (
        passed(noon("2026-03-01")),
        passed(noon("2026-03-02"), scaled=0.5),
        said("a", noon("2026-03-03")),
    )
    found = leaves(state(rules(TWO), "2026-03-03", void, weak, other, voiding(void, noon("2026-03-02"))))
    assert rejected(found[0]) == [(void["id"], "voided"), (weak["id"], "score_below_min")]
    assert (rejected(found[1]), found[1]["used"]) == ([], [other["id"]])


def test_a_repeat_is_one_whatever_else_happened_at_its_instant() -> None:
    done, other = passed(noon("2026-03-10")), passed(noon("2026-03-10"), scaled=0.95)
    ids = sorted(map(named, "abc"))
    sent = [{**statement, "id": id_} for statement, id_ in zip((done, other, done), ids, strict=True)]
    (leaf,) = leaves(state(rules(base()), "2026-03-10", *sent))
    assert rejected(leaf) == [(ids[2], "duplicate")]


def test_what_was_voided_is_named_from_its_own_instant_on() -> None:
    void = passed(noon("2026-03-01"))
    statements = [void, voiding(void, noon("2026-03-02"))]
    (leaf,) = leaves(state(rules(base()), "2026-03-01", *statements))
    assert rejected(leaf) == [(void["id"], "voided")]
    (leaf,) = leaves(state(rules(base()), "2026-03-01T16:59:59.999999+00:00", *statements))
    assert rejected(leaf) == []


def test_the_gap_of_a_leaf_is_the_newest_reason_unless_nobody_can_tell() -> None:
    believed = passed(noon("2026-03-01"), success=False)
    weak = passed(noon("2026-03-02"), scaled=0.5)
    odd = said("exam", noon("2026-02-01"), score={"raw": 5})
    for statements, reason in (
        ([believed, weak], "score_below_min"),
        ([weak, passed(noon("2026-03-03"), success=False)], "failed"),
        ([odd, believed, weak], "unscalable"),
        ([said("exam", noon("2026-02-01")), believed, weak], "no_score"),
    ):
        assert [gap["reason"] for gap in state(rules(base()), "2026-03-09", *statements)["gaps"]] == [reason]


def test_what_is_accepted_instead_is_shown_once_it_is_there() -> None:
    ruleset = rules(base(require="{all: [{passed: exam}, {passed: b}]}", accept="[{passed: a, for: [passed:exam]}]"))
    other = said("a", noon("2026-03-02"))
    for day, shown in (("2026-03-01", None), ("2026-03-02", [[other["id"]]])):
        exam, _ = leaves(state(ruleset, day, other))
        assert (exam.get("accepted") and [one["used"] for one in exam["accepted"]]) == shown


def test_what_a_new_version_asks_of_a_living_award_is_an_amendment() -> None:
    more = base(version="2", effective="2026-06-01", apply="{now: {due: P30D}}", require="{all: [{passed: a}]}")
    found = state(rules(base() + "\n---\n" + more), "2026-06-02", passed(noon("2026-03-10")))
    assert [path["criterion"] for path in found["proof"]["of"]] == ["initial", "amendment"]


def test_who_failed_without_a_score_has_failed() -> None:
    failed = said("exam", noon("2026-03-01"), "failed")
    assert [gap["reason"] for gap in state(rules(base()), "2026-03-02", failed)["gaps"]] == ["failed"]


def test_the_instant_after_an_award_may_renew_it() -> None:
    first, next_ = passed("2026-03-10T17:00:00Z"), passed("2026-03-10T17:00:00.000001Z")
    for renew in ("{window: P60D, early: rebase}", "{window: P2Y}"):
        for statements, path in (([first], "initial"), ([first, next_], "renewal")):
            assert state(rules(base(renew=renew)), "2026-03-11", *statements)["proof"]["of"][0]["criterion"] == path


def test_a_prerequisite_goes_by_its_newest_title() -> None:
    other = (
        "\n---\n{kind: certification, id: other, title: Old, version: 1, effective: 2025-01-01, require: {passed: c}}"
    )
    newer = other.replace("Old", "New").replace("version: 1", "version: 2, apply: at_renewal").replace("2025", "2026")
    require = "{all: [{holds: other}, {signed_off: a, by: {holds: other}}]}"
    found = state(rules(base(require=require, valid="", renew="") + other + newer), "2026-03-01")["gaps"]
    assert [gap["text"] for gap in found] == ["hold a valid New", "have signed off: A by a holder of New"]


def test_a_step_is_open_from_the_instant_at_which_the_one_before_was_met() -> None:
    ruleset = rules(base(require="{in_order: [{passed: a}, {passed: b}]}"))
    done = [said("b", noon("2026-03-01")), said("a", "2026-03-05T17:00:00Z")]
    for instant, reason in (
        ("2026-03-05T16:59:59.999999+00:00", "waits_for_step_before"),
        ("2026-03-05T17:00:00+00:00", "out_of_order"),
    ):
        assert state(ruleset, instant, *done)["gaps"][-1]["reason"] == reason
    opened = state(ruleset, "2026-03-05T17:00:00+00:00", done[1])
    assert opened["gaps"][-1]["reason"] == "no_evidence"


def test_what_a_step_that_is_not_open_will_be_shown_is_not_foreseen() -> None:
    ruleset = rules(base(require="{in_order: [{passed: a}, {passed: b}]}"))
    done = said("b", noon("2026-03-01"))
    for day, said_so in (("2026-02-01", []), ("2026-03-01", [(done["id"], "out_of_order")])):
        assert [rejected(leaf) for leaf in leaves(state(ruleset, day, done))] == [[], said_so]


def test_what_was_voided_at_the_instant_asked_for_is_voided() -> None:
    done = passed(noon("2026-03-01"))
    statements, known = [done, voiding(done, "2026-03-02T00:00:00Z")], at("2026-03-02T00:00:00+00:00")
    for known_at, award in ((known - 1, "valid"), (known, "none")):
        assert state(rules(base()), "2026-03-05", *statements, known_at=known_at)["award"] == award


def test_what_became_known_at_the_instant_asked_for_is_known() -> None:
    done = passed(noon("2026-03-01"), stored="2026-03-02T00:00:00Z")
    known = at("2026-03-02T00:00:00+00:00")
    for known_at, award in ((known - 1, "none"), (known, "valid")):
        found = state(rules(base()), "2026-03-05", done, known_at=known_at)
        assert (found["award"], found["known_at"]) == (award, instant_text(known_at))
    assert state(rules(base()), "2026-03-05", done)["known_at"] is None


def test_a_renewal_that_a_later_version_judges_names_that_version() -> None:
    """What earned the award is of the version that the decision names, and need not say so."""
    ruleset = rules(f"{base()}\n---\n{base(version='2', effective='2027-01-01')}")
    earned, renewal = state(ruleset, "2027-02-01", passed(noon("2026-03-10")))["proof"]["of"]
    assert (renewal["criterion"], renewal["version"]) == ("renewal", 2)
    assert "version" not in earned


def test_a_pass_without_any_score_was_said_to_lack_a_scale() -> None:
    """Nobody can scale what was not sent; the verdict stays unknown, for the score may still come."""
    sent = said("exam", noon("2026-03-01"))
    (leaf,) = leaves(state(rules(base()), "2026-03-02", sent))
    assert (leaf["result"], rejected(leaf)) == ("unknown", [(sent["id"], "no_score")])
