"""`prowess lint`: each rule finds what it is for, where it stands, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings

from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.people.roster import Person, Position, Roster, roster_from
from lrs.prowess import Prowess, installed_plugins
from lrs.yaml_door import Location, load
from rules.commands.lint import lint_command
from rules.decide import Facts, timeline
from rules.language import Ruleset, load_draft, load_programs
from rules.lint import RULES, Ground, lint
from rules.lint.dead import dead_criterion
from tests.rules.drawing import yaml_of
from tests.rules.test_properties import facts_of, seeds
from tests.rules.world import ACTIVITIES, base

TODAY = date(2026, 3, 1)
REVIEW = "{every: P1Y, owner: lead}"
PEOPLE = """
sites: {us-1: {timezone: America/New_York}}
people:
  - {id: ada, positions: [{from: 2024-01-01, job: operator, site: us-1, managers: [bob]}]}
  - {id: bob, positions: [{from: 2024-01-01, job: lead, site: us-1}]}
  - {id: eve, positions: [{from: 2024-01-01, to: 2025-12-31, job: trainer, unit: warehouse}]}
"""


def program(**changes: str) -> str:
    """A program without any warning, but for its changes."""
    return base(**{"due": "{within: P30D}", "review": REVIEW, **changes})


def roster() -> Roster:
    return roster_from(load(PEOPLE, "people.yaml")[0])


def warnings(text: str, *, people: Roster | None = None) -> list[str]:
    found = lint(Ground(load_draft(load(text, "p.yaml")), TODAY, people))
    return [f"{finding.line}:{finding.column} {rule.id}: {finding.message}" for rule, finding in found]


def of(rule: str, text: str) -> list[str]:
    """What one rule finds, with people."""
    found = warnings(text + ACTIVITIES, people=roster())
    return [one.replace(f" {rule}:", "") for one in found if f" {rule}:" in one]


SIX = "{all: [{passed: exam}, {passed: a}, {passed: b}, {passed: c}, {completed: a}, {completed: b}]}"
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    ("too-many-required", {"require": SIX}, ["8:1 6 things are required at once; more than 5 are seldom held to"]),
    ("too-many-required", {"require": SIX.replace("{completed: b}", "{any: [{completed: b}, {not: {passed: a2}}]}")}, []),
    ("too-many-required", {"require": "{n_of: 2, of: [{passed: a}, {in_order: [{passed: b}, {passed: c}]}, {passed: exam}]}"}, []),
    (
        "too-many-tiers",
        {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {passed: a}}, {id: y, suggest: [{passed: b}]}, {id: z, suggest: [{passed: b}]}, {id: q, suggest: [{passed: b}]}]"},
        ["9:1 4 tiers have due dates of their own; start with two, by time in the role"],
    ),
    ("too-many-tiers", {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {passed: a}}]"}, []),
    (
        "dead-criterion",
        {"require": "{any: [{passed: a, min_score: 0.5}, {id: x, passed: a, min_score: 0.8}]}"},
        ["8:46 this changes nothing: whoever meets it meets the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{all: [{passed: a, min_score: 0.8}, {passed: a}, {passed: b}]}"},
        ["8:46 this changes nothing: it is asked for already by the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{any: [{passed: a}, {passed: a, method: online}]}"},
        ["8:30 this changes nothing: whoever meets it meets the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{any: [{passed: a}, {all: [{passed: a}, {passed: b}]}]}"},
        ["8:30 this changes nothing: whoever meets it meets the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{any: [{passed: a}, {in_order: [{passed: b}, {passed: a}]}]}"},
        ["8:30 this changes nothing: whoever meets it meets the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{all: [{kpi: a, max: 0.1}, {kpi: a, max: 0.2}, {passed: b}]}"},
        ["8:37 this changes nothing: it is asked for already by the one on line 8"],
    ),
    (
        "dead-criterion",
        {"require": "{all: [{credits: {type: CEU, min: 2}}, {credits: {type: CEU, min: 1}}]}"},
        ["8:49 this changes nothing: it is asked for already by the one on line 8"],
    ),
    (
        "dead-criterion",
        {"renew": "{window: P60D, require: {any: [{passed: a}, {any: [{passed: b}, {passed: a}]}]}}"},
        ["10:39 this changes nothing: whoever meets it meets the one on line 10"],
    ),
    ("dead-criterion", {"require": "{any: [{passed: a}, {passed: b}]}"}, []),
    ("dead-criterion", {"require": "{any: [{passed: a}, {completed: a}]}"}, []),
    ("dead-criterion", {"require": "{any: [{passed: a, max_age: P1Y}, {passed: a}]}"}, []),
    ("dead-criterion", {"require": "{any: [{passed: a, waivable: false}, {passed: a}]}"}, []),
    ("dead-criterion", {"require": "{all: [{passed: a, min_score: 0.8}, {id: x, passed: a}]}", "accept": "{credential: b, for: x}"}, []),
    ("dead-criterion", {"require": "{all: [{kpi: a, max: 0.1}, {kpi: a, min: 0.05}, {passed: b}]}"}, []),
    ("dead-criterion", {"require": "{n_of: 2, of: [{passed: a}, {passed: a}, {passed: b}]}"}, []),
    ("dead-criterion", {"require": "{n_of: 1, of: [{any: [{passed: a}, {passed: a}]}, {passed: b}]}"}, []),
    ("contradiction", {"require": "{all: [{passed: a}, {not: {passed: a}}]}"}, ["8:30 whoever does what the one on line 8 asks for fails this"]),
    ("contradiction", {"require": "{all: [{not: {passed: a}}, {all: [{passed: b}, {passed: a, min_score: 0.8}]}]}"}, ["8:17 whoever does what the one on line 8 asks for fails this"]),
    ("contradiction", {"require": "{all: [{passed: a}, {not: {passed: a, min_score: 0.8}}]}"}, []),
    ("contradiction", {"require": "{any: [{passed: a}, {all: [{not: {passed: a}}, {passed: b}]}]}"}, []),
    ("contradiction", {"require": "{all: [{passed: a}, {not: {passed: b}}]}"}, []),
    ("contradiction", {"require": "{all: [{id: x, passed: a}, {not: {passed: a}}]}", "accept": "{passed: b, for: x}"}, []),
    ("n-of-all", {"require": "{n_of: 2, of: [{passed: a}, {passed: b}]}"}, ["8:11 2 of a list of 2 is all of it"]),
    ("n-of-all", {"require": "{n_of: 1, of: [{passed: a}, {passed: b}]}"}, []),
    ("n-of-all", {"require": "{n_of: 2, of: [{passed: a}, {completed: a}]}"}, []),
    ("unreachable", {"require": "{all: [{passed: bare}]}"}, ["8:17 no statement can ever be about 'bare': it has no IRI"]),
    ("unreachable", {"require": "{kpi: bare, max: 1}"}, ["8:10 no statement can ever be about 'bare': it has no IRI"]),
    ("unreachable", {"require": "{passed: served}"}, []),
    (
        "unreachable",
        {"require": "{all: [{statement: {verb: mute, object: a}}, {statement: {verb: attended, object: a}}]}"},
        ["8:17 no statement can ever say 'mute': it has no IRI"],
    ),
    (
        "unreachable",
        {"require": "{n_of: 2, of: [{passed: a}, {completed: a}]}"},
        ["8:10 2 different activities are asked for, and fewer are named"],
    ),
    ("unreachable", {"require": "{n_of: 2, distinct: false, of: [{passed: a}, {completed: a}]}"}, []),
    ("unreachable", {"suspend": "[{when: {verb: attended, object: a}, until: {passed: bare}}]"}, ["13:54 no statement can ever be about 'bare': it has no IRI"]),
    ("unreachable", {"suspend": "{when: {verb: attended, object: a}, until: {not: {passed: bare}}}"}, ["13:59 no statement can ever be about 'bare': it has no IRI"]),
    (
        "tier-never-reached",
        {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {any: [{passed: bare}]}}, {id: y, after: x, require: {passed: a}}, {id: z, after: y, suggest: [{passed: a}]}]"},
        ["9:67 this tier is never reached: 'x' cannot be met", "9:108 this tier is never reached: 'y' cannot be met"],
    ),
    (
        "tier-never-reached",
        {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {any: [{passed: bare}, {n_of: 1, of: [{passed: a}, {passed: bare}]}]}}, {id: y, after: x, require: {passed: a}}]"},
        [],
    ),
    (
        "after-an-alternative",
        {"require": "{all: [{any: [{id: x, passed: a}, {passed: b}]}, {passed: c, after: x}]}"},
        ["8:78 'x' is one of several ways of an any: whoever takes another can never meet this"],
    ),
    (
        "after-an-alternative",
        {"require": "{any: [{id: x, passed: a}, {passed: c, after: x}]}"},
        ["8:56 'x' is one of several ways of an any: whoever takes another can never meet this"],
    ),
    (
        "after-an-alternative",
        {"require": "{all: [{n_of: 1, of: [{id: x, passed: a}, {passed: b}]}, {passed: c, after: x}]}"},
        ["8:86 'x' is one of several ways of an n_of: whoever takes another can never meet this"],
    ),
    ("after-an-alternative", {"require": "{any: [{all: [{id: x, passed: a}, {passed: c, after: x}]}, {passed: b}]}"}, []),
    ("after-an-alternative", {"require": "{all: [{id: x, any: [{passed: a}, {passed: b}]}, {passed: c, after: x}]}"}, []),
    ("after-an-alternative", {"require": "{all: [{id: x, passed: a}, {any: [{passed: c, after: x}, {passed: b}]}]}"}, []),
    (
        "accepted-for-a-group",
        {"require": "{id: both, all: [{id: x, passed: a}, {id: y, any: [{passed: b}, {passed: c}]}]}", "accept": "[{passed: c, for: x}, {passed: bare, for: [x, y, both]}]"},
        ["13:55 'y' is a group, and nothing stands in for a group", "13:58 'both' is a group, and nothing stands in for a group"],
    ),
    ("accepted-for-a-group", {"require": "{all: [{id: x, passed: a}, {passed: b}]}", "accept": "{passed: c, for: x}"}, []),
    ("accepted-for-a-group", {"require": "{id: both, all: [{passed: a}, {passed: b}]}", "accept": "{passed: c, for: both}"}, ["13:26 'both' is a group, and nothing stands in for a group"]),
    (
        "between-too-late",
        {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P60D, P90D]}]}", "renew": ""},
        ["8:68 this can only be shown after the due date (P30D)"],
    ),
    (
        "between-too-late",
        {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P60D, P90D]}]}", "renew": "", "due": "", "valid": "{for: P1M}"},
        ["8:68 this window opens later than an award lasts (P1M)"],
    ),
    (
        "between-too-late",
        {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P80D, P90D]}]}", "due": "{within: P100D}"},
        ["8:68 this cannot be renewed: the renewal is open for P60D and P14D only"],
    ),
    (
        "between-too-late",
        {"renew": "{window: P60D, require: {all: [{id: x, passed: a}, {passed: b, after: x, between: [P80D, P90D]}]}}"},
        ["10:90 this cannot be renewed: the renewal is open for P60D only"],
    ),
    (
        "between-too-late",
        {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: t, due: {within: P10D}, require: {all: [{id: x, passed: a}, {passed: b, after: x, between: [P20D, P90D]}]}}]"},
        ["9:105 this can only be shown after the due date (P10D)"],
    ),
    ("between-too-late", {"require": "{all: [{id: x, passed: a}, {passed: b, after: x, between: [P20D, P90D]}]}"}, []),
    (
        "attempts-outlast-validity",
        {"require": "{passed: a, attempts: {max: 3, per: P2Y}}"},
        ["8:46 tries of P2Y are counted, and an award lasts P1Y: tries for one award use up those for the next"],
    ),
    ("attempts-outlast-validity", {"require": "{passed: a, attempts: {max: 3, per: P12M}}"}, []),
    ("attempts-outlast-validity", {"require": "{passed: a, attempts: {max: 3, per: P2Y}}", "valid": "", "renew": ""}, []),
    (
        "window-outlasts-validity",
        {"renew": "{window: P12M}"},
        ["10:17 the renewal is open for P12M of an award of P1Y: it may be renewed at any time"],
    ),
    ("window-outlasts-validity", {"renew": "{window: P11M}"}, []),
    ("grace-outlasts-validity", {"renew": "{window: P60D, grace: P2Y}"}, ["10:30 the grace of P2Y is longer than the award of P1Y"]),
    ("grace-outlasts-validity", {"renew": "{window: P60D, grace: {for: P1Y}}"}, []),
    (
        "waiver-outlasts-validity",
        {"waive": "{max: P2Y}"},
        ["13:14 a waiver may last P2Y, and an award P1Y: somebody may never have to show anything"],
    ),
    ("waiver-outlasts-validity", {"waive": "{max: P30D}"}, []),
    ("waiver-outlasts-validity", {"waive": "{reason: required}"}, []),
    ("required-without-due", {"due": ""}, ["7:1 this is required, and never due: nobody is ever late"]),
    (
        "required-without-due",
        {"due": "", "for_": "[{job: lead, assign: suggested}, {job: operator}, {job: operator, due: {within: P3D}}]"},
        ["7:39 this is required, and never due: nobody is ever late"],
    ),
    (
        "required-without-due",
        {"require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {passed: a}}, {id: y, suggest: [{passed: a}]}, {id: z, due: {within: P3D}, require: {passed: b}}]"},
        ["9:14 tier 'x' is required, and never due: nobody is ever late"],
    ),
    ("required-without-due", {"for_": ""}, []),
    ("no-owner", {"review": ""}, ["2:5 nobody is named who looks after this program"]),
    ("no-owner", {"review": "{owner: lnd}"}, []),
    ("no-review", {"review": "{owner: lnd}"}, ["2:5 nothing says when this program is looked at again"]),
    ("no-review", {"review": "{every: P1Y}"}, []),
    ("far-future", {"effective": "2027-03-03"}, ["5:12 this version takes effect more than a year from now, on 2027-03-03"]),
    ("far-future", {"effective": "2027-03-02"}, []),
    ("far-future", {"effective": ""}, []),
    ("unknown-name", {"for_": "{job: [operator, oparator], site: 'eu-*'}"}, ["7:23 no position has job 'oparator'", "7:40 no position has site 'eu-*'"]),
    ("unknown-name", {"for_": "{job: operator, not: {level: senior}}"}, ["7:35 no position has level 'senior'"]),
    ("unknown-name", {"require": "{signed_off: a, by: {job: trainr}}"}, ["8:36 no position has job 'trainr'"]),
    ("unknown-name", {"require": "{passed: a, proctored: {job: [lead, guard]}}"}, ["8:46 no position has job 'guard'"]),
    ("unknown-name", {"waive": "{by: [boss, lead]}"}, ["13:14 no position has job 'boss'"]),
    ("unknown-name", {"for_": "{job: 'op*', unit: warehouse}"}, []),
    ("unknown-name", {"review": "{every: P1Y, owner: lad}"}, ["12:29 owner: nobody is called 'lad'"]),
    ("unknown-name", {"review": "{every: P1Y, owner: trainer}"}, ["12:29 owner: nobody has the job 'trainer' any more"]),
    ("unknown-name", {"report": "{to: [hr, lead, ada, a@x.example], every: P1M}"}, ["13:15 to: nobody is called 'hr'"]),
    ("empty-audience", {"for_": "[{job: operator}, {job: trainer}]"}, ["7:24 nobody is in this audience, today or later"]),
    ("empty-audience", {"for_": "{manages: {depth: '>=2'}}"}, ["7:6 nobody is in this audience, today or later"]),
    ("empty-audience", {"for_": "{manages: {depth: 1}}"}, []),
    ("empty-audience", {"for_": "{job: oparator}"}, []),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: role_start, within: P30D}"}, ["11:6 1 person is overdue at once, on 2025-02-01: P30D counts from role_start and is over by then"]),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: role_start, within: P30D}", "for_": "{job: [operator, lead]}"}, ["11:6 2 people are overdue at once, on 2025-02-01: P30D counts from role_start and is over by then"]),
    ("overdue-at-once", {"effective": "2025-02-01", "for_": "[{job: lead}, {job: operator, due: {after: role_start, within: P1Y}}]"}, ["7:41 1 person is overdue at once, on 2025-02-01: P1Y counts from role_start and is over by then"]),
    ("overdue-at-once", {"effective": "2025-02-01", "require": "", "valid": "", "renew": "", "due": "", "tiers": "[{id: x, require: {passed: a}, due: {within: P30D}}, {id: y, suggest: [{passed: b}], due: {within: P3D}}]"}, ["9:44 1 person is overdue at once, on 2025-02-01: P30D counts from role_start and is over by then"]),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: role_start, within: P30D, floor: P14D}"}, []),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: role_start, within: P5Y}"}, []),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: hired, within: P30D}"}, []),
    ("overdue-at-once", {"effective": "2025-02-01", "due": "{after: role_start, within: P30D}", "for_": "{job: operator, assign: suggested}"}, []),
    ("overdue-at-once", {"due": "{after: role_start, within: P30D}", "effective": ""}, []),
    ("overdue-at-once", {"due": "{after: role_start, within: P30D}"}, []),
    ("source-without-activities", {}, []),
]  # fmt: skip

MORE = """
---
{kind: activity, id: bare, iris: []}
---
{kind: activity, id: served, iris: []}
---
{kind: activity, id: serving, iris: ["https://x.example/serving"], counts_for: [{id: served}]}
---
{kind: verb, id: mute, iris: []}
"""


LEFT_OUT = "7:{column} {who} job '{name}', which '{pattern}' leaves out: capitals and spaces count"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            "operator",
            [
                LEFT_OUT.format(column=12, who="1 person has", name="OPERATOR", pattern="operator"),
                LEFT_OUT.format(column=12, who="2 people have", name="Operator", pattern="operator"),
            ],
        ),
        ("[operator, Operator]", [LEFT_OUT.format(column=13, who="1 person has", name="OPERATOR", pattern="operator")]),
        ("[operator, OPERATOR, Operator]", []),
        ("lead", []),
        ("'Lead'", []),
    ],
)
def test_people_who_are_left_out_for_a_capital_are_told(wanted: str, expected: list[str]) -> None:
    """Others were in the audience, so nobody noticed."""
    jobs = ["operator", "Operator", "Operator", "OPERATOR", "operatorin", "lead"]
    everybody = {f"p{place}": working(f"p{place}", job) for place, job in enumerate(jobs)}
    everybody["left"] = working("left", "oPERATOR", end=TODAY - timedelta(days=1))
    found = warnings(program(for_=f"{{job: {wanted}}}") + ACTIVITIES, people=Roster(everybody, {}))
    assert [one.replace(" other-case:", "") for one in found if " other-case:" in one] == expected


def working(id_: str, job: str, end: date | None = TODAY) -> Person:
    return Person(id_, positions=(Position(date(2024, 1, 1), end, job=job),))


@pytest.mark.parametrize(("rule", "changes", "expected"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_a_rule_finds_what_it_is_for(rule: str, changes: dict[str, str], expected: list[str]) -> None:
    assert of(rule, program(**changes) + MORE) == expected


def test_a_sound_program_has_no_warnings() -> None:
    text = program(require="{all: [{passed: exam}, {passed: a}, {passed: b}, {passed: c}]}") + ACTIVITIES
    assert warnings(text, people=roster()) == []
    assert warnings(text) == []


def test_nothing_is_said_of_people_nobody_knows() -> None:
    assert not [one for one in warnings(program(for_="{job: nobody}") + ACTIVITIES) if "unused" not in one]


def test_a_weaker_part_beside_a_sender_with_a_pass_mark_of_its_own_is_not_dead() -> None:
    require = "{any: [{passed: a}, {passed: a, min_score: 0.3}]}"
    moodle = "\n---\n{kind: source, id: m, match: {credential: m}, profile: moodle-logstore}"
    assert of("dead-criterion", program(require=require))
    assert of("dead-criterion", program(require=require) + moodle) == []


def test_only_the_newest_version_is_looked_at() -> None:
    old = base(require=SIX)
    new = program(version="2", effective="2025-01-01")
    assert not of("too-many-required", f"{old}\n---\n{new}")


def test_a_source_that_no_iri_is_for() -> None:
    text = (
        program(require="{passed: q}")
        + """
---
{kind: activity, id: q, iris: [{iri: "https://x.example/q", source: one}]}
---
{kind: source, id: one, match: {credential: one}}
---
{kind: source, id: two, match: {credential: two}}
"""
    )
    assert warnings(text) == ["18:20 source-without-activities: no activity has an IRI that 'two' may use"]
    assert "source-without" not in str(warnings(text + ACTIVITIES))


def test_what_all_programs_together_ask_of_one_person() -> None:
    five = "{all: [{passed: exam}, {passed: a}, {passed: b}, {passed: c}, {completed: a}]}"
    texts = [program(id=name, require=five) for name in ("one", "two", "three")]
    most = program(id="most", require="{all: [{completed: exam}]}", for_="{job: 'op*'}")
    suggested = program(id="not", require=five, for_="{job: '*', assign: suggested}")
    assert of("too-much-at-once", "\n---\n".join([*texts, most, suggested])) == [
        "7:1 'ada' have to show up to 16 things for all their programs together; more than 12 are seldom held to"
    ]
    everybody = [text.replace("{job: operator}", "{job: '*'}") for text in texts]
    assert "'bob' and 1 more" in of("too-much-at-once", "\n---\n".join(everybody))[0]
    assert of("too-much-at-once", "\n---\n".join([*texts[:2], most, suggested])) == []


def test_documents_that_nothing_refers_to() -> None:
    text = (
        program(
            require="{all: [{passed: exam}, {credits: {type: CEU, min: 1}}, {statement: {verb: reported, object: b}}]}",
            suggest="[{kpi: k, max: 1}]",
            escalate="used",
        )
        + ACTIVITIES
        + """
---
{kind: activity, id: k, iris: ["https://x.example/k"]}
---
{kind: activity, id: worth, iris: ["https://x.example/w"], credits: {type: CEU, amount: 1}}
---
{kind: activity, id: other, iris: ["https://x.example/o"], credits: {type: PDH, amount: 1}}
---
{kind: verb, id: reported, iris: ["https://x.example/r"]}
---
{kind: verb, id: forgotten, iris: ["https://x.example/f"]}
---
{kind: escalation, id: used, steps: [{at: due, tell: [learner]}]}
---
{kind: escalation, id: unused, steps: [{at: due, tell: [learner]}]}
"""
    )
    assert [one.partition(" ")[2] for one in warnings(text)] == [
        "unused-activity: no program asks for 'a'",
        "unused-activity: no program asks for 'c'",
        "unused-activity: no program asks for 'a2'",
        "unused-activity: no program asks for 'other'",
        "unused-verb: no program asks for a statement with 'forgotten'",
        "unused-escalation: no program escalates by 'unused'",
    ]


def test_every_rule_is_tried_on_both_sides() -> None:
    elsewhere = {"other-case", "too-much-at-once", "source-without-activities"}
    elsewhere |= {"unused-activity", "unused-verb", "unused-escalation"}
    for rule in RULES:
        sides = {bool(expected) for name, _, expected in CASES if name == rule.id}
        assert sides == {True, False} or rule.id in elsewhere, rule.id


def test_every_rule_is_on_the_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference.md").read_text()
    for rule in RULES:
        assert f"| `{rule.id}` | {rule.about} | {rule.why} |" in page


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(
        program(
            review="", for_="{job: oparator}", require="{any: [{passed: exam}, {passed: a}, {passed: b}, {passed: c}]}"
        )
        + ACTIVITIES
    )
    return tmp_path


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(lint_command, [str(path), *options])


def test_the_command_says_where_why_and_how_to_mend_it(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(programs)
    monkeypatch.delenv("PROWESS_DATABASE_URL", raising=False)
    result = run(programs, "--ignore", "no-review")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{programs}/p.yaml:2:5: nobody is named who looks after this program [no-owner]",
        "    A program nobody looks after falls apart.",
        "    review: {every: P1Y, owner: lnd-lead}",
        "1 warning; audiences are checked with --people people.yaml",
    ]
    assert run(programs, "--strict").exit_code == 1
    assert run(programs, "--strict", "--ignore", "no-owner", "--ignore", "no-review").exit_code == 0


def test_the_command_for_scripts_and_with_people(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    people = tmp_path_factory.mktemp("people") / "people.yaml"
    people.write_text(PEOPLE)
    said = json.loads(
        run(programs, "--people", str(people), "--json", "--ignore", "no-owner", "--ignore", "no-review").stdout
    )
    assert said == {
        "ok": False,
        "people": True,
        "warnings": [
            {
                "rule": "unknown-name",
                "file": f"{programs}/p.yaml",
                "line": 7,
                "column": 12,
                "message": "no position has job 'oparator'",
                "why": "A misspelt job assigns nobody, lets nobody sign off and tells nobody, and nothing else says so.",
                "hint": "did you mean 'operator'?",
            }
        ],
    }


def test_people_come_from_the_store_where_there_is_one(
    programs: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'people.db'}"
    monkeypatch.chdir(programs)
    monkeypatch.setenv("PROWESS_DATABASE_URL", url)
    unread = run(programs)
    assert unread.exit_code == 0
    assert "audiences are not checked: there is no database" in unread.stderr
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), installed_plugins()) as store:
        migrate(store.database, store.plugins)
        assert "unknown-name" not in run(programs).stdout
        store.people.record(roster())
    assert "no position has job 'oparator' [unknown-name]" in run(programs).stdout


def test_mistakes_come_before_warnings(programs: Path) -> None:
    (programs / "p.yaml").write_text(base(require="{pased: exam}") + ACTIVITIES)
    result = run(programs)
    assert result.exit_code == 1
    assert "there is no requirement 'pased'" in result.stderr


LEAVES = (
    "{passed: a}",
    "{passed: exam}",
    "{passed: exam, min_score: 0.8}",
    "{passed: exam, min_score: 0.9}",
    "{completed: b}",
    "{passed: a, max_age: P90D}",
)


def drawn_tree(rng: Random, depth: int) -> Any:
    if not depth or rng.random() < 0.3:
        return load(rng.choice(LEAVES), "leaf.yaml")[0].value
    of = [drawn_tree(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    return rng.choice(({"all": of}, {"any": of}, {"in_order": of}, {"n_of": rng.randint(1, len(of)), "of": of}))


def without(value: Any, at: Location) -> Any:
    """A value with one item of one list left out."""
    step, *rest = at
    if not rest:
        return [*value[:step], *value[step + 1 :]]
    if isinstance(value, list):
        return [*value[:step], without(value[step], tuple(rest)), *value[step + 1 :]]
    return {**value, step: without(value[step], tuple(rest))}


@pytest.mark.journey
@settings(deadline=None, max_examples=150)
@given(seeds)
def test_nobody_s_verdict_changes_without_a_dead_criterion(seed: int) -> None:
    rng = Random(seed)
    program = load(base(effective="2024-02-01", due="{within: P90D}", renew="{window: P60D, grace: P14D}"), "p.yaml")[0]
    document = yaml_of({**program.value, "require": drawn_tree(rng, 3)})
    activities = load(ACTIVITIES, "a.yaml")
    draft = load_draft([document, *activities])
    written = next(Ground(draft, TODAY).newest())
    for found in dead_criterion(written, Ground(draft, TODAY)):
        place = (found.line, found.column)
        at = max(
            (
                at
                for at, mark in document.marks.items()
                if (mark.line, mark.column) == place and isinstance(at[-1], int)
            ),
            key=len,
        )
        less = load_programs([yaml_of(without(document.value, at)), *activities])
        for size in (3, 12, 40):
            facts = facts_of(rng.randrange(2**32), size)
            assert verdicts(less, facts) == verdicts(draft.ruleset, facts), (document.value["require"], at)


def verdicts(ruleset: Ruleset, facts: Facts) -> list[tuple[Any, ...]]:
    """What is ever awarded, and until when, of evidence whose scores can be read."""
    facts = replace(facts, evidence=[row for row in facts.evidence if row.raw is None])
    told = [(segment.award, segment.met_on, segment.expires_on) for segment in timeline(ruleset, "base", facts)]
    return [one for one, before in zip(told, [None, *told], strict=False) if one != before]
