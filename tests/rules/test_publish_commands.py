"""`prowess plan | apply | rollback | history` as people and scripts call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commanding import Done, prowess

PROGRAM = """
kind: certification
id: first-aid
title: First aid
version: 1
effective: 2024-01-01
for: {job: operator}
due: {after: assigned, within: P30D}
require: {completed: course}
---
{kind: activity, id: course, iris: ["https://x.example/course"]}
"""
SECOND = (
    PROGRAM
    + "---"
    + PROGRAM.partition("---")[0]
    .replace("version: 1", "version: 2\napply: at_renewal")
    .replace("2024-01-01", "2025-01-01")
    .replace("P30D", "P60D")
)
PEOPLE = """
people:
  - {id: ada, name: Ada, positions: [{from: 2025-06-01, job: operator}]}
  - {id: bob, name: Bob, positions: [{from: 2025-06-01, job: lead}]}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A store with two people and nothing published."""
    prowess("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    for file in (mine / "programs").iterdir():
        file.unlink()
    (mine / "people.yaml").write_text(PEOPLE)
    prowess("people", "import", "people.yaml", cwd=mine, check=True)
    (mine / "programs" / "first-aid.yaml").write_text(PROGRAM)
    return mine


def run(mine: Path, *arguments: str, code: int = 0) -> Done:
    done = prowess(*arguments, cwd=mine)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def test_a_plan_exits_with_3_when_anything_would_change(mine: Path) -> None:
    told = run(mine, "plan", "--exit-code", code=3).stdout
    assert told.splitlines()[:3] == [
        "new      first-aid",
        "1 of 2 people: 1 newly asked, 1 overdue at once",
        "announced would be: 1 assigned",
    ]
    run(mine, "apply")
    assert run(mine, "plan", "--exit-code", "--json", code=3)
    assert json.loads(run(mine, "plan", "--json").stdout)["totals"] == {"asked": 1, "overdue": 1}


@pytest.mark.parametrize(
    ("runner", "worker"), [("auto", "serve"), ("embedded", "serve"), ("rq", "work"), ("none", "work")]
)
def test_who_decides_after_publishing_is_who_does_as_it_is_configured(mine: Path, runner: str, worker: str) -> None:
    """It said "(or: prowess work)" where prowess work refuses."""
    (mine / "config.yaml").write_text(f"runner: {{kind: {runner}}}\nredis: {{url: 'redis://127.0.0.1:1'}}\n")
    if runner == "auto":
        (mine / "config.yaml").write_text("")
    assert run(mine, "apply").stdout.splitlines()[1:] == [f"prowess {worker} decides everybody anew"]


def test_a_plan_is_written_looked_at_and_applied(mine: Path) -> None:
    run(mine, "apply", "--by", "grace")
    (mine / "programs" / "first-aid.yaml").write_text(SECOND)
    told = run(mine, "plan", "--out", "plan.json")
    assert "publish it with: prowess apply plan.json" in told.stderr
    kept = json.loads((mine / "plan.json").read_text())
    assert kept["plan"] == 2
    assert {"hash", "current", "digest", "made_at", "planned_at", "after"} <= kept.keys()
    (mine / "programs" / "first-aid.yaml").write_text("no longer of importance")
    assert "published: first-aid v2" in run(mine, "apply", "plan.json", "--by", "hr").stdout
    assert "nothing new: first-aid v2" in run(mine, "apply", "plan.json").stdout
    found = json.loads(run(mine, "history", "--json").stdout)
    assert [(one["number"], one["by"], one["restores"]) for one in found] == [(2, "hr", None), (1, "grace", None)]
    assert (found[0]["changed"], found[1]["added"]) == (["first-aid"], ["first-aid"])


def test_a_plan_says_itself_whether_history_is_announced(mine: Path) -> None:
    run(mine, "plan", "--out", "plan.json", "--announce-history")
    assert json.loads((mine / "plan.json").read_text())["announce_history"]
    assert "plan with --announce-history" in run(mine, "apply", "plan.json", "--announce-history", code=1).stderr


def test_a_stale_plan_is_refused_with_a_hint(mine: Path) -> None:
    run(mine, "plan", "--out", "plan.json")
    (mine / "people.yaml").write_text(PEOPLE.replace("job: lead", "job: operator"))
    run(mine, "people", "import", "people.yaml")
    refused = run(mine, "apply", "plan.json", code=1).stderr
    assert "1 outcome differs from the plan: bob in first-aid changes too" in refused
    assert "--tolerance 1" in refused
    assert run(mine, "history").stdout == "nothing was published yet; publish programs with: prowess apply\n"
    assert "published" in run(mine, "apply", "plan.json", "--tolerance", "1").stdout


def test_rolling_back_asks_first(mine: Path) -> None:
    assert "nothing was published before" in run(mine, "rollback", "--yes", code=1).stderr
    run(mine, "apply")
    (mine / "programs" / "first-aid.yaml").write_text(SECOND)
    run(mine, "apply")
    refused = run(mine, "rollback", code=1)
    assert "changed  first-aid" in refused.stdout
    assert "--yes" in refused.stderr
    told = run(mine, "rollback", "--yes", "--by", "grace").stdout.splitlines()
    assert told[0].startswith("edition 1 of ")
    assert told[-2] == "published: first-aid v1"
    lines = run(mine, "history").stdout.splitlines()
    assert lines[0].split()[0] == "3"
    assert lines[0].endswith("by grace  edition 1 again")
    assert lines[1] == "      changed first-aid"


def test_a_roll_back_can_be_planned_and_applied_by_somebody_else(mine: Path) -> None:
    run(mine, "apply")
    (mine / "programs" / "first-aid.yaml").write_text(SECOND)
    run(mine, "apply")
    run(mine, "rollback", "--to", "1", "--out", "back.json", "--exit-code", code=3)
    assert len(json.loads(run(mine, "history", "--json").stdout)) == 2, "planning published nothing"
    done = json.loads(run(mine, "apply", "back.json", "--json").stdout)
    assert (done["applied"], done["programs"]) == (True, {"first-aid": 1})
    assert json.loads(run(mine, "history", "--json").stdout)[0]["restores"] == 1
    told = json.loads(run(mine, "rollback", "--to", "2", "--yes", "--json").stdout)
    assert told["programs"] == {"first-aid": 2}


def test_what_is_no_plan_is_named(mine: Path) -> None:
    (mine / "plan.json").write_text("{}")
    refused = run(mine, "apply", "plan.json", code=1).stderr
    assert "plan.json is no plan" in refused
    assert "prowess plan programs --out PLAN.json" in refused
    assert run(mine, "apply", "nothing.json", code=2)


def test_publishing_and_going_back_are_in_the_audit(mine: Path) -> None:
    run(mine, "apply", "--by", "grace")
    run(mine, "apply")
    (mine / "programs" / "first-aid.yaml").write_text(SECOND)
    run(mine, "apply")
    run(mine, "rollback", "--yes")
    found = [one for one in json.loads(run(mine, "audit", "--json").stdout) if one["action"].startswith("programs.")]
    assert [one["action"] for one in found] == ["programs.publish", "programs.publish", "programs.rollback"]
    assert [one["details"]["programs"] for one in found] == [["first-aid v1"], ["first-aid v2"], ["first-aid v1"]]
    assert found[0]["details"]["by"] == "grace"
    assert found[0]["kind"] == "command"
    assert [one["subject"] for one in found] == ["edition 1", "edition 2", "edition 3"]
    assert found[2]["details"]["restores"] == 1
