"""`prowess simulate`: the cases of program-language 5 that speak of notices, credentials or deliveries, and its promises."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs.clock import to_datetime
from lrs.people.roster import load_roster
from rules.commands.simulate import simulate_command
from rules.facts.files import FileFacts
from rules.language import load_programs
from rules.simulation import Run
from rules.simulation.run import Walk, Window
from rules.tables import emission
from tests.rules import office as stores
from tests.rules.world import ACTIVITIES, ADL, World, at, base, noon, passed, said, voiding
from tests.servers import sqlite_at

LADDER = """
---
kind: escalation
id: standard
calendar: {business_days: GB, quiet: "18:00-08:00"}
catch_up: latest
steps:
  - {at: due-P7D, tell: [learner]}
  - {at: due+P1D, tell: [learner, manager]}
  - {at: due+P7D, tell: [manager, skip-manager], if_missing: next-up}
  - {at: due+P14D, tell: [hr-partner], do: flag-noncompliant}
stop_when: [met, waived, withdrawn]
"""

PEOPLE = """
sites: {gb-1: {timezone: Europe/London}, us-1: {timezone: America/New_York}}
people:
  - {id: top, name: Top, email: top@example.org, positions: [{from: 2024-01-01, job: head, site: gb-1}]}
  - {id: grace, name: Grace, email: grace@example.org, positions: [{from: 2024-01-01, job: lead, site: gb-1, managers: [top]}]}
  - id: ada
    name: Ada Byron
    email: ada@example.org
    identifiers: [{mbox: "mailto:ada@example.org"}]
    hired_on: 2026-01-28
    positions: [{from: 2026-01-28, job: operator, site: gb-1, managers: [grace]}]
  - {id: hr, name: Harry, email: hr@example.org, positions: [{from: 2024-01-01, job: hr-partner, site: gb-1}]}
"""
"""Ada has thirty days: until Friday 2026-02-27."""


class Theatre(World):
    """A world that is played."""

    def play(self, *options: str, start: str = "2026-01-01", end: str = "2026-12-31") -> Result:
        assert self.directory is not None
        programs, people, statements = (self.directory / name for name in ("programs", "people.yaml", "s.jsonl"))
        programs.mkdir(exist_ok=True)
        (programs / "all.yaml").write_text(self.programs)
        people.write_text(self.people)
        statements.write_text("".join(json.dumps(statement) + "\n" for statement in self.statements))
        files = ["--programs", programs, "--people", people, "--statements", statements]
        arguments = [*map(str, files), "--from", start, "--to", end, *options]
        return CliRunner().invoke(simulate_command, arguments, catch_exceptions=False)

    def text(self, *options: str, **days: str) -> str:
        result = self.play(*options, **days)
        assert result.exit_code == 0, result.output
        return result.stdout

    def events(self, *options: str, **days: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.text("--json", *options, **days))["events"]
        return found

    def told(self, kind: str, *names: str, **days: str) -> list[tuple[Any, ...]]:
        """When, what, and these facts of every event of a kind."""
        found = [event for event in self.events(**days) if event["kind"] == kind]
        return [(event["at"], event["what"], *(event.get(name) for name in names)) for event in found]


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    programs = base(timezone="site", due="{after: assigned, within: P30D}", escalate="standard") + ACTIVITIES + LADDER
    return Theatre(tmp_path, programs, PEOPLE)


def test_a_backdated_statement_corrects_the_notice_that_was_sent(theatre: Theatre) -> None:
    """program-language 5: timestamp 2026-02-20, stored 2026-03-05; the notice stays in the log as corrected."""
    theatre.statements = [passed(noon("2026-02-20"), stored="2026-03-05T12:00:00Z")]
    assert (
        theatre.told("transition", "valid_from", "expires_on")
        == [
            ("2026-01-28T00:00:00Z", "assigned", None, None),
            ("2026-03-05T12:00:00Z", "awarded", "2026-02-20", "2027-02-20"),
            ("2027-01-01T00:00:00Z", "nothing", None, None),
        ][:2]
    )
    assert theatre.told("notice", "step", "recipient", "reason", "sent_at", end="2026-04-30") == [
        ("2026-02-20T09:00:00Z", "sent", "due-P7D", "ada", None, None),
        ("2026-03-02T09:00:00Z", "sent", "due+P1D", "ada", None, None),
        ("2026-03-02T09:00:00Z", "sent", "due+P1D", "grace", None, None),
        ("2026-03-05T12:00:00Z", "corrected", "due+P1D", "ada", "met", "2026-03-02T09:00:00Z"),
        ("2026-03-05T12:00:00Z", "corrected", "due+P1D", "grace", "met", "2026-03-02T09:00:00Z"),
    ]
    known = theatre.events("--known-at", "2026-03-04", end="2026-03-31")
    assert [event["what"] for event in known if event["kind"] == "transition"] == ["assigned"]
    assert [event["what"] for event in known if event["what"] in ("corrected", "issued")] == []


def test_a_void_revokes_the_credential_and_asks_again_by_the_original_day(theatre: Theatre) -> None:
    """program-language 5: pass 03-10, voided 04-01."""
    theatre.people = theatre.people.replace("2026-01-28", "2026-03-01")
    pass_ = passed(noon("2026-03-10"))
    theatre.statements = [pass_, voiding(pass_, "2026-04-01T12:00:00Z")]
    assert theatre.told("transition", "assignment", "award", "due_on", end="2026-04-02") == [
        ("2026-03-01T00:00:00Z", "assigned", "required", "none", "2026-03-31"),
        ("2026-03-10T17:00:00Z", "awarded", "required", "valid", "2026-03-31"),
        ("2026-04-01T12:00:00Z", "revoked", "required", "none", "2026-03-31"),
    ]
    assert theatre.told("credential", "valid_from", "expires_on", "reason", end="2026-04-02") == [
        ("2026-03-10T17:00:00Z", "issued", "2026-03-10", "2027-03-10", None),
        ("2026-04-01T12:00:00Z", "revoked", "2026-03-10", "2027-03-10", "evidence_voided"),
    ]
    assert theatre.told("delivery", "about", "valid_from", end="2026-04-02") == [
        ("2026-03-01T00:00:00Z", "assign", "assigned", None),
        ("2026-03-10T17:00:00Z", "write_result", "awarded", "2026-03-10"),
        ("2026-04-01T12:00:00Z", "write_result", "revoked", None),
    ]
    assert theatre.told("status", end="2026-04-02") == [("2026-04-01T12:00:00Z", "overdue")]
    sent = [one for one in theatre.told("notice", "step", "day", end="2026-04-02") if one[1] == "sent"]
    assert sent == [("2026-04-01T12:00:00Z", "sent", "due+P1D", "2026-03-31")] * 2, "the ladder goes on at once"
    theatre.statements.append(passed(noon("2026-04-10")))
    assert theatre.told("credential", "valid_from", start="2026-04-02")[0] == (
        noon("2026-04-10"),
        "issued",
        "2026-04-10",
    )


def test_a_short_absence_sends_no_notice_twice(theatre: Theatre) -> None:
    """program-language 5: audience out 03-01, back 03-03."""
    here = "positions: [{from: 2026-01-28, job: operator, site: gb-1, managers: [grace]}]"
    again = here.replace("2026-01-28,", "2026-01-28, to: 2026-02-28,").replace(
        "}]", "}, {from: 2026-03-03, job: operator, site: gb-1, managers: [grace]}]"
    )
    theatre.people = theatre.people.replace(here, again)
    notices = theatre.told("notice", "step", "recipient", "day", end="2026-03-05")
    assert [notice[1:] for notice in notices] == [
        ("sent", "due-P7D", "ada", "2026-02-27"),
        ("sent", "due+P1D", "ada", "2026-02-27"),
        ("sent", "due+P1D", "grace", "2026-02-27"),
    ]
    assert notices[1][0] == "2026-03-03T08:00:00Z", "nobody is told while she is away, or at night"
    dues = theatre.told("transition", "due_on", end="2026-03-31")
    assert [one[1:] for one in dues] == [("assigned", "2026-02-27"), ("unassigned", None), ("assigned", "2026-02-27")]
    keys = [event["key"] for event in theatre.events(end="2026-03-31") if event["kind"] == "delivery"]
    assert len(set(keys)) == len(keys) == 3


def test_a_missed_step_is_for_the_managers_of_the_day_on_which_it_was_told(theatre: Theatre) -> None:
    """Between being written down at midnight and being told at eight, it added the managers of the day it was missed."""
    here = "positions: [{from: 2026-01-28, job: operator, site: gb-1, managers: [grace]}]"
    moved = here.replace("2026-01-28,", "2026-01-28, to: 2026-03-04,").replace(
        "}]", "}, {from: 2026-03-05, job: operator, site: gb-1, managers: [top]}]"
    )
    theatre.people = theatre.people.replace(here, moved)
    events = theatre.events("--down", "2026-02-26..2026-03-04", start="2026-02-26", end="2026-03-05")
    told = [(e["at"], e["recipient"]) for e in events if e["kind"] == "notice"]
    assert told == [("2026-03-05T08:00:00Z", "ada"), ("2026-03-05T08:00:00Z", "top")]


def test_who_was_told_before_a_short_absence_is_not_told_again(theatre: Theatre) -> None:
    here = "positions: [{from: 2026-01-28, job: operator, site: gb-1, managers: [grace]}]"
    again = here.replace("2026-01-28,", "2026-01-28, to: 2026-03-03,").replace(
        "}]", "}, {from: 2026-03-06, job: operator, site: gb-1, managers: [grace]}]"
    )
    theatre.people = theatre.people.replace(here, again)
    sent = [(one[0][:10], *one[1:]) for one in theatre.told("notice", "step", "recipient", end="2026-03-09")]
    assert sent == [
        ("2026-02-20", "sent", "due-P7D", "ada"),
        ("2026-03-02", "sent", "due+P1D", "ada"),
        ("2026-03-02", "sent", "due+P1D", "grace"),
        ("2026-03-06", "sent", "due+P7D", "grace"),
        ("2026-03-06", "sent", "due+P7D", "top"),
    ]


def test_a_step_on_a_saturday_comes_on_monday(theatre: Theatre) -> None:
    """program-language 5: due Fri 2026-02-27, step due+P1D, business days, 09:00 recipient zone."""
    notices = theatre.told("notice", "step", "local", start="2026-02-27", end="2026-03-03")
    assert notices == [("2026-03-02T09:00:00Z", "sent", "due+P1D", "Mon 2026-03-02 09:00 Europe/London")] * 2


def test_after_an_outage_only_the_highest_step_is_sent(theatre: Theatre) -> None:
    """program-language 5: engine down over +1D and +7D; only +7D sent."""
    events = theatre.events("--down", "2026-02-26..2026-03-08", start="2026-02-25", end="2026-03-12")
    notices = [
        (e["at"], e["what"], e["step"], e["recipient"], e.get("reason")) for e in events if e["kind"] == "notice"
    ]
    assert sorted(notices) == [
        ("2026-03-09T00:00:00Z", "skipped", "due+P1D", "ada", "superseded"),
        ("2026-03-09T00:00:00Z", "skipped", "due+P1D", "grace", "superseded"),
        ("2026-03-09T08:00:00Z", "sent", "due+P7D", "grace", None),
        ("2026-03-09T08:00:00Z", "sent", "due+P7D", "top", None),
    ]
    assert [e["at"] for e in events if e["what"] == "overdue"] == ["2026-03-09T00:00:00Z"]


def test_a_life_is_told_in_order(theatre: Theatre) -> None:
    theatre.statements = [passed(noon("2026-02-10")), passed(noon("2027-02-01"))]
    found = [(e["at"][:10], e["kind"], e["what"]) for e in theatre.events(end="2028-12-31")]
    assert [one for one in found if one[1] in ("transition", "credential", "status")] == [
        ("2026-01-28", "transition", "assigned"),
        ("2026-02-10", "transition", "awarded"),
        ("2026-02-10", "credential", "issued"),
        ("2026-12-12", "status", "renewable"),
        ("2027-02-01", "transition", "renewed"),
        ("2027-02-01", "credential", "issued"),
        ("2027-12-12", "status", "renewable"),
        ("2028-02-11", "transition", "expired"),
        ("2028-02-11", "status", "in_grace"),
        ("2028-02-25", "transition", "lapsed"),
        ("2028-02-25", "status", "overdue"),
    ]


def test_an_outage_collapses_what_nobody_saw(theatre: Theatre) -> None:
    theatre.statements = [passed(noon("2026-02-10"))]
    events = theatre.events("--down", "2027-02-01..2027-03-31", start="2027-01-01", end="2027-12-31")
    assert [(e["at"], e["what"]) for e in events if e["kind"] == "transition"] == [("2027-04-01T00:00:00Z", "lapsed")]


def test_consequences_come_and_go(theatre: Theatre) -> None:
    theatre.statements = [passed(noon("2026-03-20"))]
    assert theatre.told("consequence", "step", "action", "reason", end="2026-04-01") == [
        ("2026-03-13T09:00:00Z", "in_force", "due+P14D", "flag-noncompliant", None),
        (noon("2026-03-20"), "lifted", "due+P14D", "flag-noncompliant", "met"),
    ]


def test_whoever_has_no_address_cannot_be_told(theatre: Theatre) -> None:
    theatre.people = theatre.people.replace("    email: ada@example.org\n", "")
    assert theatre.told("notice", "recipient", "reason", end="2026-02-28") == [
        ("2026-02-20T09:00:00Z", "dead", "ada", "no_address")
    ]


def test_the_days_are_those_of_the_program_s_zone(theatre: Theatre) -> None:
    theatre.programs = base(due="{after: assigned, within: P30D}") + ACTIVITIES
    (assigned,) = theatre.told("transition", start="2026-01-28", end="2026-01-28")
    assert assigned == ("2026-01-28T05:00:00Z", "assigned")
    assert theatre.told("transition", start="2026-01-28T05:00:00.000001Z", end="2026-01-29") == []
    assert theatre.told("status", end="2026-02-27") == []
    assert theatre.told("status", end="2026-02-28") == [("2026-02-28T05:00:00Z", "overdue")]


def test_one_person_and_one_program(theatre: Theatre) -> None:
    other = base(id="other").replace("for: {job: operator}", "for: {job: lead}")
    theatre.programs = theatre.programs + "---\n" + other
    everything = theatre.events(start="2023-01-01")
    assert {(e["person"], e["program"]) for e in everything} == {("ada", "base"), ("grace", "other")}
    assert theatre.events("--person", "ada", start="2023-01-01") == [e for e in everything if e["person"] == "ada"]
    assert theatre.events("--program", "other", start="2023-01-01") == [
        e for e in everything if e["program"] == "other"
    ]


@pytest.mark.parametrize("option", ["person", "program"])
def test_who_is_not_known_is_named(theatre: Theatre, option: str) -> None:
    with pytest.raises(Exception, match=r"no (program is called|person has the id, mail address or account) 'nobody'"):
        theatre.play(f"--{option}", "nobody")


@pytest.mark.parametrize(
    ("options", "days", "why"),
    [
        (["--down", "2026-01-01"], {}, "expected FROM..TO"),
        (["--down", "2026-03-02..2026-03-01"], {}, "is not after"),
        (["--down", "soon..later"], {}, "neither a date nor an instant"),
        (["--known-at", "soon"], {}, "neither a date nor an instant"),
        ([], {"start": "soon"}, "neither a date nor an instant"),
        ([], {"start": "2026-02-01", "end": "2026-01-01"}, "is before 2026-02-01"),
    ],
)
def test_what_is_no_time_is_misuse(theatre: Theatre, options: list[str], days: dict[str, str], why: str) -> None:
    done = theatre.play(*options, **days)
    assert done.exit_code == 2
    assert why in done.stderr


def test_the_text_says_the_same(theatre: Theatre) -> None:
    theatre.statements = [passed(noon("2026-02-20"), stored="2026-03-05T12:00:00Z")]
    lines = theatre.text(end="2026-03-31").splitlines()
    assert lines[0].split() == [
        *("2026-01-28T00:00:00Z", "ada", "base", "transition", "assigned:", "assignment", "required,"),
        *("award", "none,", "version", "1,", "due", "on", "2026-02-27"),
    ]
    assert any("corrected: due+P1D of 2026-02-27 to ada as learner" in line for line in lines)
    assert "2 notice corrected" in lines[-1]
    assert theatre.text(end="2026-01-02") == "nothing happens\n"


CONFIG = """
database: {url: "sqlite:///store.db"}
connectors:
  systems:
    - {name: moodle-hq, kind: moodle, url: "https://lms.example", token: t, programs: {base: {course: 2}}}
    - {name: hr, kind: webhook, url: "https://hr.example", secret: a-secret-that-is-long-enough-for-anybody, push: [awarded]}
"""


def test_the_systems_of_a_configuration_are_told_apart(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """From settings alone: no database is made, and nothing is sent."""
    theatre.statements = [passed(noon("2026-02-10"))]
    assert theatre.directory is not None
    monkeypatch.chdir(theatre.directory)
    (theatre.directory / "config.yaml").write_text(CONFIG)
    events = theatre.events("--systems", end="2026-03-31")
    told = [(e["system"], e["what"], e["about"]) for e in events if e["kind"] == "delivery"]
    assert told == [("moodle-hq", "assign", "assigned"), ("hr", "notify", "awarded")]
    assert not (theatre.directory / "store.db").exists()
    assert "system hr" in theatre.text("--systems", end="2026-03-31")


STORY = [
    passed(noon("2026-02-20"), stored="2026-03-05T12:00:00Z"),
    said("exam", noon("2026-02-12"), "failed", score={"scaled": 0.2}),
    voiding(passed(noon("2026-02-20"), stored="2026-03-05T12:00:00Z"), "2026-03-20T08:00:00Z"),
    passed(noon("2026-04-02")),
    passed(noon("2027-03-02"), stored="2027-03-09T12:00:00Z"),
]


def test_no_order_of_lines_and_no_repeat_changes_a_byte(theatre: Theatre) -> None:
    """Ten times the same input, in any order, is the same input: no side effect more."""
    found = set()
    for seed in range(10):
        theatre.statements = [statement for statement in STORY for _ in range(1 + seed)]
        random.Random(seed).shuffle(theatre.statements)
        found.add(theatre.text("--json", end="2028-12-31"))
    assert len(found) == 1


def test_waking_again_brings_nothing_new(theatre: Theatre) -> None:
    """Replaying what was digested, ten times: everything is idempotent."""
    theatre.statements = STORY
    theatre.text()
    assert theatre.directory is not None
    ruleset, roster = load_programs(theatre.directory / "programs"), load_roster(theatre.directory / "people.yaml")
    files = FileFacts(ruleset, roster, theatre.directory / "s.jsonl")
    for day in ("2026-02-25", "2026-03-03", "2026-03-06", "2026-03-21", "2026-05-01", "2027-03-10", "2028-12-31"):
        run = Run(ruleset, files, {("ada", "base"): Window(at(noon("2025-01-01")), at(noon(day)))})
        walk = Walk(run, "ada", {"base": 0}, ["hr"])
        assert list(walk)
        again = [event for _ in range(10) for event in walk.wake(walk.at, is_dirty=True)]
        assert again == []


def test_a_store_does_what_was_simulated(theatre: Theatre, tmp_path: Path) -> None:
    """The same life in a whole installation: the same transitions at the same instants, the same notices to the same people."""
    programs = stores.PROGRAM + stores.LADDER
    statements: list[dict[str, Any]] = []
    with stores.office_at(sqlite_at(tmp_path / "office.db")) as office:
        office.until("2026-03-05T12:00:00Z")
        late = office.statement(at="2026-02-20T12:00:00Z")
        office.until("2026-03-19T15:00:00Z")
        office.void(late)
        office.until("2026-04-02T10:00:00Z")
        again = office.statement()
        office.until("2027-06-01T00:00:00Z")
        rows = sorted(office.rows(emission), key=lambda row: row.created_at)
        in_store = [
            (to_datetime(row.created_at).strftime("%Y-%m-%d %H:%M"), row.transition)
            for row in rows
            if row.transition in ("assigned", "awarded", "revoked", "expired", "lapsed") and row.person_id == "ada"
        ]
        kept = sorted(office.notices(), key=str)
    theatre.programs, theatre.people = programs, stores.PEOPLE
    actor = {"mbox": "mailto:ada@example.org"}
    score = {"success": True, "score": {"scaled": 0.9}}
    common = {
        "actor": actor,
        "verb": {"id": ADL + "passed"},
        "object": {"id": "https://x.example/exam"},
        "result": score,
    }
    statements = [
        {**common, "id": late, "timestamp": "2026-02-20T12:00:00Z", "stored": "2026-03-05T12:00:00Z"},
        voiding({"id": late}, "2026-03-19T15:00:00Z"),
        {**common, "id": again, "timestamp": "2026-04-02T10:00:00Z", "stored": "2026-04-02T10:00:00Z"},
    ]
    theatre.statements = statements
    events = theatre.events("--program", "forklift", "--person", "ada", start="2026-01-01", end="2027-06-01")
    simulated = [(e["at"][:16].replace("T", " "), e["what"]) for e in events if e["kind"] == "transition"]
    assert simulated[1:] == in_store[1:], "but for the assignment: the store was opened later"
    last = {(e["step"], e["recipient"], e["day"]): e["what"] for e in events if e["kind"] == "notice"}
    states = {"stands_again": "sent"}
    mine = sorted((step, recipient, states.get(what, what)) for (step, recipient, _), what in last.items())
    assert mine == sorted((step, recipient.removeprefix("?"), state) for step, recipient, state, _ in kept)
