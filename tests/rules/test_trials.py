"""`prowess test`: cases that stand in programs are decided by the same rules, and mistakes in them are located."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from lrs.yaml_door import load
from rules.commands.trial import trial_command
from rules.decide.assignment import Kind
from rules.decide.office import ACTS as DECIDED_ACTS
from rules.decide.state import AwardState, Progress
from rules.language import load_draft, load_programs
from rules.language.profiles import COMPLETED, MOODLE
from rules.language.trial_words import ACTS, EXPECTED_DAYS, SAID
from rules.language.vocabulary import ASSIGNMENTS, AWARDS, PROGRESSES
from rules.lint import Ground, lint
from rules.published.store import program_hash
from rules.trials import Outcome, run
from tests.rules.test_language import errors
from tests.rules.world import ACTIVITIES, base

SOURCES = """
---
{kind: source, id: hq, match: {credential: hq}, profile: moodle-logstore}
---
{kind: source, id: old, match: {platform: Old, authority: {mbox: "mailto:old@x.example"}, home_page: "https://old.example"}}
---
{kind: activity, id: quiz, iris: [{iri: "https://x.example/quiz", source: hq}]}
---
{kind: activity, id: drive, iris: ["https://x.example/drive"], rubric: [load, stop], credits: {type: CEU, amount: 2}}
---
{kind: verb, id: reported, iris: ["https://x.example/reported"]}
"""


def case(given: str, as_of: str, expect: str, **more: str) -> str:
    rest = "".join(f", {key}: {value}" for key, value in more.items())
    return f"{{name: it, given: {given}, as_of: {as_of}, expect: {expect}{rest}}}"


def outcome(tests: str, **changes: str) -> Outcome:
    draft = load_draft(load(base(tests=f"[{tests}]", **changes) + ACTIVITIES + SOURCES, "p.yaml"))
    (trial,) = draft.trials
    return run(draft.ruleset, trial)


def statements(*said: str) -> str:
    return f"{{position: {{job: operator}}, statements: [{', '.join(said)}]}}"


RIGHT: dict[str, tuple[str, dict[str, str]]] = {
    "a pass certifies": (
        case(
            statements("{passed: exam, on: 2026-03-10, score: 0.85}"),
            "2026-03-11",
            "{award: valid, assignment: required, progress: met, version: 1, flags: [], gaps: [], met_on: 2026-03-10,"
            " valid_from: 2026-03-10, expires_on: 2027-03-10, renewable_from: 2027-01-09, grace_until: 2027-03-24}",
        ),
        {},
    ),
    "a day is noon in the program's zone": (
        case(statements("{passed: exam, on: 2026-03-10, score: 1}"), "2026-03-10T15:59:59Z", "{award: none}"),
        {},
    ),
    "an instant is what it says": (
        case(statements("{passed: exam, on: '2026-03-10T23:59:00-05:00', score: 1}"), "2026-03-12", "{met_on: 2026-03-11}"),
        {},
    ),
    "known later": (
        case(
            statements("{passed: exam, on: 2026-02-20, known: 2026-03-05, score: 1}"),
            "2026-03-10",
            "{award: none, gaps: [exam]}",
            known_at="2026-03-04",
        ),
        {},
    ),
    "taken back": (
        case(
            statements("{passed: exam, on: 2026-02-20, voided: 2026-03-05, score: 1}"),
            "2026-03-10",
            "{award: none, rejected: [voided], expires_on: null}",
        ),
        {},
    ),
    "a score of a source with its own scale": (
        case(statements("{passed: quiz, on: 2026-03-10, score: 0.8, from: hq}"), "2026-03-11", "{award: valid}"),
        {"require": "{passed: quiz, min_score: 0.80}"},
    ),
    "a score as it is sent": (
        case(
            statements("{failed: exam, on: 2026-03-10, score: {raw: 3, min: 0, max: 10}}"),
            "2026-03-11",
            "{award: none, rejected: [score_below_min]}",
        ),
        {},
    ),
    "a source by platform, authority and home page": (
        case(statements("{passed: exam, on: 2026-03-10, score: 1, from: old}"), "2026-03-11", "{award: valid}"),
        {},
    ),
    "a sign-off by a trainer": (
        case(
            "{position: {job: operator, managers: [eve]}, people: {eve: {position: [{job: trainer}], name: Eve}},"
            " statements: [{signed_off: drive, on: 2026-03-10, by: eve, success: true, rubric: {load: true, stop: true}}]}",
            "2026-03-11",
            "{award: valid}",
        ),
        {"require": "{signed_off: drive, by: {job: trainer, relation: manager}, rubric: {items: all}}"},
    ),
    "a sign-off by oneself": (
        case(
            statements("{signed_off: drive, on: 2026-03-10, by: learner, success: true}"),
            "2026-03-11",
            "{award: none, rejected: [self_observed]}",
        ),
        {"require": "{signed_off: drive, by: {not: [self]}}"},
    ),
    "the observer's award": (
        case(
            "{people: {eve: {}}, statements: [{passed: exam, on: 2026-01-01, score: 1, who: eve},"
            " {signed_off: drive, on: 2026-03-10, by: eve, success: true}]}",
            "2026-03-11",
            "{award: valid, assignment: none}",
        ),
        {"require": "{signed_off: drive, by: {holds: other}}", "more": ""},
    ),
    "an indicator": (
        case(statements("{kpi: a, on: 2026-03-10, value: 0.07}"), "2026-03-11", "{award: valid}"),
        {"require": "{kpi: a, max: 0.08}"},
    ),
    "credits": (
        case(
            statements("{completed: a, on: 2026-03-10, credits: {type: CEU, amount: 1.5, accredited_by: IACET}}"),
            "2026-03-11",
            "{award: valid}",
        ),
        {"require": "{credits: {type: CEU, min: 1.5, accredited_by: [IACET]}}"},
    ),
    "a credential": (
        case(
            statements("{accepted: a, on: 2026-03-10, issuer: 'did:web:x', issued_on: 2026-01-01, expires_on: 2027-01-01}"),
            "2026-03-11",
            "{award: valid}",
        ),
        {"require": "{credential: a, issuer: 'did:web:x'}"},
    ),
    "a watched test": (
        case(statements("{passed: exam, on: 2026-03-10, score: 1, proctored: true}"), "2026-03-11", "{award: valid}"),
        {"require": "{passed: exam, proctored: true}"},
    ),
    "any statement": (
        case(
            statements("{statement: {verb: reported, object: a}, on: 2026-03-10}", "{statement: {verb: attended, object: b}, on: 2026-03-10}"),
            "2026-03-11",
            "{award: valid}",
        ),
        {"require": "{all: [{statement: {verb: reported, object: a}}, {attended: b}]}"},
    ),
    "a completion taken back": (
        case(
            statements("{completed: a, on: 2026-03-10, from: hq}", "{uncompleted: a, on: 2026-03-11, from: hq}"),
            "2026-03-12",
            "{award: none, progress: in_progress, rejected: [taken_back]}",
        ),
        {"require": "{all: [{completed: a}, {passed: b}]}"},
    ),
    "a waiver of one": (
        case(
            "{people: {joe: {position: {job: chief}}},"
            " acts: [{waived: exam, on: 2026-03-10, for: P10D, reason: machine, by: joe}]}",
            "2026-03-11",
            "{award: valid}",
        ),
        {"waive": "{by: [chief], max: P30D}"},
    ),
    "a waiver of all": (
        case("{acts: [{waived: all, on: 2026-03-10, until: 2026-04-01, reason: machine}]}", "2026-03-11", "{award: valid}"),
        {"waive": "{max: P30D}"},
    ),
    "a waiver by somebody else": (
        case(
            "{people: {joe: {}}, acts: [{waived: exam, on: 2026-03-10, reason: machine, by: joe}]}",
            "2026-03-11",
            "{award: none, rejected: [not_authorized]}",
        ),
        {"waive": "{by: [chief]}"},
    ),
    "an exemption": (
        case(
            "{position: {job: operator}, acts: [{exempted: true, on: 2026-03-10, reason: retires}]}",
            "2026-03-11",
            "{assignment: exempt}",
        ),
        {},
    ),
    "an extension": (
        case(
            "{position: {job: operator}, acts: [{extended: 2026-06-01, on: 2026-03-10, reason: ill}]}",
            "2026-03-11",
            "{due_on: 2026-06-01}",
        ),
        {"due": "{within: P30D}"},
    ),
    "a revocation": (
        case(
            "{statements: [{passed: exam, on: 2026-03-10, score: 1}], acts: [{revoked: true, on: 2026-03-12, reason: fraud}]}",
            "2026-03-13",
            "{award: revoked}",
        ),
        {},
    ),
    "leave moves the due date": (
        case(
            "{person: {name: Ada, hired_on: 2026-01-05, leave: [{from: 2026-01-20, to: 2026-02-02}]},"
            " position: {from: 2026-01-05, job: operator, site: us-1}, sites: {us-1: {timezone: America/New_York}}}",
            "2026-02-01",
            "{due_on: 2026-02-18}",
        ),
        {"due": "{after: role_start, within: P30D}", "clock": "{pause_on: [leave]}", "timezone": "site"},
    ),
    "tiers": (
        case(
            "{position: {from: 2026-01-05, job: operator}, statements: [{passed: a, on: 2026-01-10}]}",
            "2026-02-01",
            "{tiers: {x: {progress: met, due_on: 2026-02-04, met_on: 2026-01-10}, y: {met_on: null}}}",
        ),
        {
            "require": "",
            "valid": "",
            "renew": "",
            "tiers": "[{id: x, due: {within: P30D}, require: {passed: a}}, {id: y, require: {passed: b}}]",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_given_is_decided(name: str) -> None:
    tests, changes = RIGHT[name]
    more = dict(changes)
    if "more" in more:
        del more["more"]
        other = "\n---\n" + base(id="other", for_="")
        draft = load_draft(load(base(tests=f"[{tests}]", **more) + other + ACTIVITIES + SOURCES, "p.yaml"))
        found = run(draft.ruleset, draft.trials[0])
    else:
        found = outcome(tests, **more)
    assert found.differences == (), found.decision


def test_what_differs_is_told_with_both_values() -> None:
    found = outcome(
        case(
            statements("{failed: exam, on: 2026-03-10, score: 0.5}"),
            "2026-03-11",
            "{award: valid, flags: [late], gaps: [], rejected: [cooldown], due_on: null}",
        )
    )
    assert [(one.key, one.expected, one.got) for one in found.differences] == [
        ("award", "valid", "none"),
        ("flags", ["late"], []),
        ("gaps", [], ["exam"]),
        ("rejected", ["cooldown"], ["score_below_min"]),
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
@pytest.mark.parametrize("day", ["1900-01-01", "2999-12-31", "2026-03-08"])
def test_any_day_can_be_given(zone: str, day: str) -> None:
    said = statements(f"{{passed: exam, on: {day}, known: {day}, voided: {day}, score: 1}}")
    assert outcome(case(said, day, "{award: none}"), timezone=zone).is_ok


MISTAKES: dict[str, tuple[str, list[str]]] = {
    "no list": ("7", ["11:8: expected a list here, found 7"]),
    "no mapping": (
        "[x]",
        [
            "11:9: expected keys and values here, found 'x' | such as {name: …}; known here: name, given, as_of, known_at, expect"
        ],
    ),
    "nothing": (
        "[{}]",
        [
            "11:9: a test needs name | for example name: a pass certifies",
            "11:9: a test needs as_of | for example as_of: 2026-03-31",
            "11:9: a test needs expect | for example expect: {award: valid}",
        ],
    ),
    "unknown key": (
        "[{name: x, as_of: 2026-01-01, expect: {award: valid}, givn: {}}]",
        ["11:62: a test has no key 'givn' | did you mean 'given'?"],
    ),
    "no date": (
        "[{name: x, as_of: soon, expect: {award: valid}}]",
        ["11:26: expected a date such as 2026-03-31, or an instant such as 2026-03-31T12:00:00Z, found 'soon'"],
    ),
    "a year of long ago": (
        "[{name: x, as_of: 0206-01-01, expect: {award: valid}}]",
        ["11:26: expected a date such as 2026-03-31, or an instant such as 2026-03-31T12:00:00Z, found '0206-01-01'"],
    ),
    "unknown word": (
        "[{name: x, as_of: 2026-01-01, expect: {award: vaild}}]",
        [
            "11:54: expected one of none, valid, suspended, expired, lapsed, revoked, found 'vaild' | did you mean 'valid'?"
        ],
    ),
    "expects nothing": (
        "[{name: x, as_of: 2026-01-01, expect: {}}]",
        ["11:46: this expects nothing | for example {award: valid, expires_on: 2027-03-10}"],
    ),
    "unknown gap": (
        "[{name: x, as_of: 2026-01-01, expect: {gaps: [exma]}}]",
        ["11:54: no criterion of this program is called 'exma' | did you mean 'exam'?"],
    ),
    "unknown tier": (
        "[{name: x, as_of: 2026-01-01, expect: {tiers: {first: {progress: met}}}}]",
        ["11:55: no tier is called 'first' | it has no tiers"],
    ),
    "unknown activity": (
        "[{name: x, given: {statements: [{passed: exma, on: 2026-01-01}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:49: no activity is called 'exma' | did you mean 'exam'?"],
    ),
    "unknown source": (
        "[{name: x, given: {statements: [{passed: exam, on: 2026-01-01, from: moodle}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:77: no source is called 'moodle' | sources stand in documents of kind: source"],
    ),
    "unknown observer": (
        "[{name: x, given: {statements: [{passed: exam, on: 2026-01-01, by: eve}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:75: nobody of this test is called 'eve' | list them under people:"],
    ),
    "no word": (
        "[{name: x, given: {statements: [{on: 2026-01-01}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        [f"11:40: this statement does not say what happened | one of {', '.join(SAID)} is needed"],
    ),
    "two words": (
        "[{name: x, given: {statements: [{passed: a, failed: a, on: 2026-01-01}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:40: 'passed' and 'failed' cannot stand in one statement | write two"],
    ),
    "no day": (
        "[{name: x, given: {statements: [{passed: exam}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:40: this needs on, the day on which it happened | for example on: 2026-03-10"],
    ),
    "no score": (
        "[{name: x, given: {statements: [{passed: exam, on: 2026-01-01, score: {max: 3}}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:78: a score says raw or scaled | for example {raw: 24, max: 30}"],
    ),
    "no amount": (
        "[{name: x, given: {statements: [{passed: exam, on: 2026-01-01, credits: {type: x}}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:80: credits have a type and an amount | for example {type: CEU, amount: 0.5}"],
    ),
    "half a statement": (
        "[{name: x, given: {statements: [{statement: {verb: passed}, on: 2026-01-01}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:52: a statement needs its verb and its object | for example {verb: attended, object: ehs/briefing}"],
    ),
    "an act without a reason": (
        "[{name: x, given: {acts: [{waived: exam, on: 2026-01-01}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:34: an act of office needs a reason | for example reason: machine under repair"],
    ),
    "an act of no": (
        "[{name: x, given: {acts: [{revoked: false, on: 2026-01-01, reason: x}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:44: expected true, found false | revoked: true, and reason: says why"],
    ),
    "a waiver of nothing": (
        "[{name: x, given: {acts: [{waived: [], on: 2026-01-01, reason: x}]}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:43: this waives nothing | name criteria, or all"],
    ),
    "the learner among the others": (
        "[{name: x, given: {people: {learner: {}}}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:36: this is the person the test is about | call somebody else otherwise"],
    ),
    "an unknown site": (
        "[{name: x, given: {position: {job: a, site: us-1}}, as_of: 2026-01-01, expect: {award: valid}}]",
        [
            "11:52: no site is called 'us-1' | list it under 'sites' with its timezone; in a CSV file the column site_timezone does that"
        ],
    ),
    "an unknown manager": (
        "[{name: x, given: {people: {eve: {}}, position: {job: a, managers: [eva]}}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:76: no person has the id, mail address or account 'eva' | did you mean 'eve'?"],
    ),
    "a leave without an end": (
        "[{name: x, given: {person: {leave: [{from: 2026-01-01}]}}, as_of: 2026-01-01, expect: {award: valid}}]",
        ["11:44: a leave needs 'to'"],
    ),
    "the same name twice": (
        "[{name: x, as_of: 2026-01-01, expect: {award: none}}, {name: x, as_of: 2026-01-01, expect: {award: none}}]",
        ["11:69: two tests have the name 'x'"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_in_tests_point_at_their_place(name: str) -> None:
    tests, expected = MISTAKES[name]
    assert errors(base(tests=tests) + ACTIVITIES) == expected


def test_a_statement_that_no_source_could_send_is_a_mistake() -> None:
    text = base(tests=f"[{case(statements('{passed: quiz, on: 2026-01-01}'), '2026-01-02', '{award: none}')}]")
    assert errors(text + ACTIVITIES + SOURCES) == [
        "11:68: activity 'quiz' has no IRI without a source | say from: which source it comes"
    ]


def test_tests_are_no_part_of_a_version() -> None:
    plain = load_programs(load(base() + ACTIVITIES, "p.yaml"))
    tested = load_programs(load(base(tests=f"[{case('{}', '2026-01-01', '{award: none}')}]") + ACTIVITIES, "p.yaml"))
    assert tested.hash == plain.hash
    version = plain.programs["base"][0]
    assert program_hash(tested, tested.programs["base"][0]) == program_hash(plain, version)
    assert tested.programs["base"][0] == version


def test_what_was_published_is_read_without_its_tests() -> None:
    broken = base(tests="[{nonsense: true}]") + ACTIVITIES
    assert load_programs(load(broken, "p.yaml"), is_published=True).programs


def test_a_test_of_an_old_version_is_judged_by_the_versions_up_to_it() -> None:
    given = statements("{passed: exam, on: 2026-03-10, score: 0.85}")
    first = base(tests=f"[{case(given, '2026-03-11', '{award: valid, version: 1}')}]")
    second = base(
        version="2",
        effective="2025-01-01",
        require="{all: [{id: exam, passed: exam, min_score: 0.9}]}",
        tests=f"[{case(given, '2026-03-11', '{award: none, version: 2}')}]",
    )
    draft = load_draft(load(f"{first}\n---\n{second}{ACTIVITIES}", "p.yaml"))
    assert [run(draft.ruleset, trial).differences for trial in draft.trials] == [(), ()]


def test_the_words_are_those_of_decisions() -> None:
    assert get_args(AwardState) == AWARDS
    assert get_args(Kind) == ASSIGNMENTS
    assert get_args(Progress) == PROGRESSES
    assert {verb: word for word, (verb, _) in ACTS.items()} == DECIDED_ACTS
    assert MOODLE.meaning(SAID["completed"][0], "object", None, None) & COMPLETED
    found = outcome(case("{}", "2026-01-01", "{award: none}"))
    assert found.decision.keys() >= {
        *EXPECTED_DAYS,
        "award",
        "assignment",
        "progress",
        "version",
        "flags",
        "gaps",
        "tiers",
    }


def test_the_demo_keeps_its_own_promises() -> None:
    draft = load_draft(Path(__file__).resolve().parents[2] / "reports" / "demo" / "programs")
    assert [run(draft.ruleset, trial).differences for trial in draft.trials] == [(), ()]
    assert lint(Ground(draft, date(2026, 1, 1))) == []


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    good = case(statements("{passed: exam, on: 2026-03-10, score: 0.85}"), "2026-03-11", "{award: valid}")
    bad = case(
        statements("{failed: exam, on: 2026-03-10, score: 0.5}"), "2026-03-11", "{award: valid, due_on: 2026-01-01}"
    ).replace("name: it", "name: that")
    (tmp_path / "p.yaml").write_text(base(tests=f"\n  - {good}\n  - {bad}") + ACTIVITIES)
    return tmp_path


def run_test(path: Path, *options: str) -> Result:
    return CliRunner().invoke(trial_command, [str(path), *options])


def test_the_command_tells_what_failed_and_why(programs: Path) -> None:
    result = run_test(programs)
    assert result.exit_code == 1
    file = programs / "p.yaml"
    assert result.stdout.splitlines() == [
        "base v1",
        "  ok    it",
        "  FAIL  that",
        f"        {file}:13:140: award",
        "          expected  valid",
        "          got       none",
        f"        {file}:13:154: due_on",
        "          expected  2026-01-01",
        "          got       nothing",
        "        missing exam: pass Exam with at least 0.80 (score_below_min)",
        "        rejected line 13, failed exam on 2026-03-10: score_below_min",
        "1 passed, 1 failed",
    ]


def test_the_command_for_scripts(programs: Path) -> None:
    said: Any = json.loads(run_test(programs, "--json").stdout)
    assert (said["ok"], said["passed"], said["failed"]) == (False, 1, 1)
    assert [(one["name"], one["ok"], one["line"], one["column"]) for one in said["tests"]] == [
        ("it", True, 12, 5),
        ("that", False, 13, 5),
    ]
    assert said["tests"][1]["differences"][0] == {"key": "award", "expected": "valid", "got": "none"}
    chosen = run_test(programs, "-k", "it", "--json")
    assert chosen.exit_code == 0
    assert json.loads(chosen.stdout)["passed"] == 1


def test_the_command_without_tests_and_with_mistakes(programs: Path) -> None:
    (programs / "p.yaml").write_text(base() + ACTIVITIES)
    assert run_test(programs).stdout == "no tests\n"
    (programs / "p.yaml").write_text(base(tests="[{}]") + ACTIVITIES)
    assert run_test(programs).exit_code == 1
    assert json.loads(run_test(programs, "--json").stdout)["errors"][0]["message"] == "a test needs name"


def test_a_path_that_cannot_be_read_is_not_complained_of_again_by_its_tests() -> None:
    tests = "[{name: x, as_of: 2026-01-01, expect: {gaps: [exam]}}]"
    found = errors(base(tests=tests, require="[{passed: exam}]", renew="") + ACTIVITIES)
    assert len(found) == 1
    assert found[0].endswith("start a list of requirements with all:, any: or in_order:")
