"""Mistakes in leaves and in what changes an award: each is told where it stands and how to mend it."""

from __future__ import annotations

import pytest

from tests.rules.test_language import errors, program

MISTAKES: dict[str, tuple[dict[str, str], list[str]]] = {
    "key of another leaf": (
        {"require": "{all: [{passed: a}, {holds: base, min_score: 0.5}]}"},
        [
            "8:38: programs hold each other in a circle: base → base | one of them must not need the other",
            "8:44: 'min_score' does not go with holds: | it goes with passed:, done:, competent:, statement:",
        ],
    ),
    "attempts that limit nothing": (
        {"require": "{passed: exam, attempts: {per: P90D}}"},
        [
            "8:35: this limits nothing | for example {max: 3, per: P90D, cooldown: P7D}",
            "8:36: 'per' goes with max",
        ],
    ),
    "attempts of nought": (
        {"require": "{passed: exam, attempts: {max: 0}}"},
        [
            "8:41: expected a whole number from 1 on, found 0",
        ],
    ),
    "score of another kind": (
        {"require": "{passed: exam, score: worst}"},
        [
            "8:32: expected one of best, latest, first, found 'worst' | did you mean 'first'?",
        ],
    ),
    "proctored is no answer": (
        {"require": "{passed: exam, proctored: maybe}"},
        [
            "8:36: expected true or false, found 'maybe'",
        ],
    ),
    "proctored by nobody": (
        {"require": "{passed: exam, proctored: {}}"},
        [
            "8:36: this names nobody | for example {holds: forklift-evaluator, not: [self]}",
        ],
    ),
    "between without after": (
        {"require": "{passed: exam, between: [P1D, P2D]}"},
        [
            "8:25: 'between' counts from another criterion | name it with after:",
        ],
    ),
    "between of one": (
        {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P1D]}]}"},
        [
            "8:68: expected two periods, such as [P60D, P120D]",
        ],
    ),
    "between the wrong way round": (
        {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P60D, P30D]}]}"},
        [
            "8:75: this window ends before it begins",
        ],
    ),
    "after an unknown criterion": (
        {"require": "{all: [{id: first, passed: a}, {passed: b, after: frist}]}"},
        [
            "8:60: no criterion of this path is called 'frist' | did you mean 'first'?",
        ],
    ),
    "after itself": (
        {"require": "{all: [{id: x, passed: a, after: x}]}"},
        [
            "8:43: 'x' would wait for itself | name a criterion that does not depend on this one",
        ],
    ),
    "after the group around it": (
        {"require": "{id: g, all: [{passed: a, after: g}]}"},
        [
            "8:43: 'passed:a' would wait for itself | name a criterion that does not depend on this one",
        ],
    ),
    "after each other": (
        {"require": "{all: [{id: x, passed: a, after: y}, {id: y, passed: b, after: x}]}"},
        [
            "8:43: 'x' would wait for itself | name a criterion that does not depend on this one",
            "8:73: 'y' would wait for itself | name a criterion that does not depend on this one",
        ],
    ),
    "after a later step": (
        {"require": "{in_order: [{id: x, passed: a, after: y}, {id: y, passed: b}]}"},
        [
            "8:48: 'x' would wait for itself | name a criterion that does not depend on this one",
        ],
    ),
    "signed off by nobody": (
        {"require": "{signed_off: a, by: {}}"},
        [
            "8:30: this names nobody | for example {holds: forklift-evaluator, not: [self]}",
        ],
    ),
    "signed off by a stranger": (
        {"require": "{signed_off: a, by: {relation: friend}}"},
        [
            (
                "8:41: expected one of self, manager, direct-report, peer, found 'friend'"
                " | known here: direct-report, manager, peer, self"
            ),
        ],
    ),
    "signed off by holders of nothing known": (
        {"require": "{signed_off: a, by: {holds: bass}}"},
        [
            "8:38: no program is called 'bass' | did you mean 'base'?",
        ],
    ),
    "signed off by holders of this": (
        {"require": "{signed_off: a, by: {holds: base}}"},
        [
            "8:38: programs hold each other in a circle: base → base | one of them must not need the other",
        ],
    ),
    "rubric with no number": (
        {"require": "{signed_off: a, rubric: {items: some}}"},
        [
            "8:42: expected all, or a whole number from 1 on, found 'some'",
        ],
    ),
    "rubric with unknown key": (
        {"require": "{signed_off: a, rubric: {crticial: [x]}}"},
        [
            "8:35: 'rubric' has no key 'crticial' | did you mean 'critical'?",
        ],
    ),
    "kpi without bounds": (
        {"require": "{all: [{passed: a}, {kpi: b}]}"},
        [
            "8:31: an indicator needs a bound | min: or max:",
        ],
    ),
    "kpi with crossed bounds": (
        {"require": "{all: [{passed: a}, {kpi: b, min: 2, max: 1}]}"},
        [
            "8:52: nothing is at least 2 and at most 1",
        ],
    ),
    "kpi combined oddly": (
        {"require": "{kpi: b, max: 1, agg: median}"},
        [
            "8:32: expected one of mean, sum, min, max, latest, found 'median' | did you mean 'mean'?",
        ],
    ),
    "credits without type and amount": (
        {"require": "{credits: {window: P1Y}}"},
        [
            "8:20: 'credits' needs type | for example {credits: {type: CEU, min: 1.5}}",
            "8:20: 'credits' needs min | for example {credits: {type: CEU, min: 1.5}}",
        ],
    ),
    "credits of nothing": (
        {"require": "{credits: {type: CEU, min: 0}}"},
        [
            "8:37: this must be more than nothing",
        ],
    ),
    "statement without a verb": (
        {"require": "{statement: {object: a}}"},
        [
            "8:22: a statement needs its verb | for example {verb: attended, object: ehs/briefing}",
        ],
    ),
    "statement with an unknown verb": (
        {"require": "{statement: {verb: atended, object: a}}"},
        [
            "8:29: no verb is called 'atended' | did you mean 'attended'?",
        ],
    ),
    "not alone": (
        {"require": "{not: {passed: a}}"},
        [
            "8:10: this is met before anything happened | not: needs a requirement beside it",
        ],
    ),
    "any that not meets": (
        {"require": "{any: [{passed: a}, {not: {passed: b}}]}"},
        [
            "8:10: this is met before anything happened | not: needs a requirement beside it",
        ],
    ),
    "suspend without when": (
        {"suspend": "[{until: {passed: a}}]"},
        [
            "11:11: 'suspend' needs when | for example {when: {verb: reported, object: near-miss}}",
        ],
    ),
    "suspend with an odd event": (
        {"suspend": "[{when: {passed: a}}]"},
        [
            "11:18: a statement needs its verb | for example {verb: attended, object: ehs/briefing}",
            "11:18: a statement needs its object | for example {verb: attended, object: ehs/briefing}",
            "11:19: a statement has no key 'passed' | known here: object, verb",
        ],
    ),
    "waive with unknown key": (
        {"waive": "{for: P1D}"},
        [
            "11:9: 'waive' has no key 'for' | known here: by, max, reason",
        ],
    ),
    "waive with no reason word": (
        {"waive": "{reason: never}"},
        [
            "11:17: expected one of required, found 'never' | known here: required",
        ],
    ),
    "accept of nothing": (
        {"accept": "[{for: [exam]}]"},
        [
            "11:10: expected one thing to accept | one of credential, passed, completed, competent",
        ],
    ),
    "accept of two": (
        {"accept": "[{credential: a, passed: b}]"},
        [
            "11:10: expected one thing to accept | one of credential, passed, completed, competent",
        ],
    ),
    "accept for an unknown criterion": (
        {"accept": "[{credential: a, for: [exm]}]"},
        [
            "11:32: no criterion of this program is called 'exm' | did you mean 'exam'?",
        ],
    ),
    "accept with unknown key": (
        {"accept": "[{credential: a, isuer: x}]"},
        [
            "11:26: 'credential' has no key 'isuer' | did you mean 'issuer'?",
        ],
    ),
    "second version says nothing of awards": (
        {"version": "2", "apply": ""},
        [
            (
                "1:1: version 2 has to say what becomes of living awards"
                " | apply: new (nothing), at_renewal, or {now: {due: P30D}}"
            ),
        ],
    ),
    "now without due": (
        {"apply": "{now: {}}"},
        [
            "11:14: 'now' needs due, so that nobody is caught out on the day | for example {due: P30D}",
        ],
    ),
    "now with something else": (
        {"apply": "{later: {due: P1D}}"},
        [
            "11:8: expected new, at_renewal or {now: {due: P30D}}",
            "11:9: 'apply' has no key 'later' | known here: now",
        ],
    ),
    "waivable is no answer": (
        {"require": "{passed: exam, waivable: perhaps}"},
        [
            "8:35: expected true or false, found 'perhaps'",
        ],
    ),
    "clock from nowhere": (
        {"clock": "{from: birth}"},
        [
            (
                "11:15: expected one of assigned, role_start, hired, found 'birth'"
                " | known here: assigned, hired, role_start"
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_with_their_place_and_how_to_mend_them(name: str) -> None:
    changes, expected = MISTAKES[name]
    assert errors(program(**changes)) == expected
