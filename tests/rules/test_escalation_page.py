"""docs/escalation.md: its ladder is one, its commands work, and it names every word; `prowess notices` on the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lrs.yaml_door import load
from rules.escalation.preview import foresee
from rules.escalation.states import ConsequenceState, NoticeState
from rules.language import load_programs
from rules.language.escalation import _KEYS, _STEP_KEYS, ACTIONS, STOPS
from rules.language.naming import RECIPIENTS
from rules.published.composition import published_of
from tests.commanding import prowess
from tests.rules.office import Office, office_at
from tests.servers import sqlite_at

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "escalation.md").read_text()
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(COMMANDS,) = re.findall(r"```\n(prowess.*?)```", PAGE, re.DOTALL)


def test_the_example_is_a_ladder() -> None:
    ladder = load_programs(load(EXAMPLE, "escalation.md")).escalations["standard"]
    assert len(ladder.steps) == 5


@pytest.mark.parametrize(
    "word",
    [*NoticeState, *ConsequenceState, *ACTIONS, *RECIPIENTS, *STOPS, *_STEP_KEYS, *_KEYS[4:], "business_days", "quiet"],
)
def test_every_word_is_on_the_page(word: str) -> None:
    assert re.search(rf"`[^`\n]*{word}[^`\n]*`|^{word}:", PAGE, re.MULTILINE)


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    prowess("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    prowess("people", "import", "people.yaml", cwd=mine, check=True)
    program = next(file for file in (mine / "programs").glob("*.yaml") if "kind: certification" in file.read_text())
    program.write_text(program.read_text().replace("kind: certification", "kind: certification\nescalate: standard", 1))
    (mine / "programs" / "ladder.yaml").write_text(EXAMPLE)
    for line in COMMANDS.splitlines():
        done = prowess(*line.partition("#")[0].split()[1:], cwd=mine)
        assert done.returncode == 0, (line, done.stderr)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A store with a notice that was sent, one that was refused and one that waits; its commands run in tmp_path."""
    url = sqlite_at(tmp_path / "office.db")
    with office_at(url) as office:
        office.until("2026-02-20T12:00Z")
        office.people(
            "people: [{id: grace, name: Grace, positions: [{from: 2024-01-01, job: lead, site: hq, managers: [hopper]}]}]"
        )
        office.until("2026-03-02T12:00Z")
        office.post.is_configured = False
        office.until("2026-03-06T12:00Z")
        (tmp_path / "config.yaml").write_text(f'database: {{url: "{url}"}}\n')
        return office


def test_notices_are_listed_with_what_became_of_them(office: Office, tmp_path: Path) -> None:
    done = prowess("notices", "list", cwd=tmp_path, check=True)
    first, second, *_ = done.stdout.splitlines()
    assert re.fullmatch(r"[0-9a-f-]{36}  2026-03-06T09:00:00.000000Z  waiting", first)
    assert second == "    grace as manager, about ada in forklift: due 2026-02-27, step due+P7D"
    assert "no mail server is configured" in done.stderr
    assert "dead (has no e-mail address)" in done.stdout
    told = json.loads(prowess("notices", "list", "--json", "--person", "ada", cwd=tmp_path, check=True).stdout)
    assert (told[-1]["state"], told[-1]["recipient"], told[-1]["step"]) == ("sent", "ada", "due-P14D")
    assert "no notice is corrected" in prowess("notices", "list", "--state", "corrected", cwd=tmp_path).stdout


def test_a_notice_is_tried_again_by_id_or_all_at_once(office: Office, tmp_path: Path) -> None:
    (dead,) = json.loads(prowess("notices", "list", "--state", "dead", "--json", cwd=tmp_path).stdout)
    assert prowess("notices", "retry", cwd=tmp_path).returncode == 1
    assert "1 notice will be sent" in prowess("notices", "retry", dead["id"], cwd=tmp_path).stdout
    again = prowess("notices", "retry", dead["id"], cwd=tmp_path)
    assert again.returncode == 1
    assert "prowess notices list --state dead" in again.stderr
    assert "0 notices will be sent" in prowess("notices", "retry", "--all", cwd=tmp_path).stdout


def test_the_text_of_a_letter_could_not_be_seen_before_it_went_out(tmp_path: Path) -> None:
    """What is foreseen is what the postman sends, letter by letter."""
    with office_at(sqlite_at(tmp_path / "office.db")) as office:
        office.until("2026-02-10T12:00Z")
        found = foresee(office.prowess, published_of(office.prowess), 1, "ada", "forklift")
        assert office.post.letters == []
        office.until("2026-03-31T12:00Z")
        sent = [(letter.to, letter.subject, letter.text, letter.html) for letter in office.post.letters]
    letters = [one.message for one in found if one.message]
    assert len(sent) == 6
    assert [(one.to, one.subject, one.text, one.html) for one in letters] == sent
    assert [(one.rung.step.at, one.why) for one in found if one.message is None] == [
        ("due+P14D", "The learner is marked as not compliant"),
        (
            "due+P30D",
            "Connected systems are told to restrict the learner's access, once hr-partner or an administrator has approved it; what they lock is up to them",
        ),
    ]


def test_letters_are_previewed_by_command(office: Office, tmp_path: Path) -> None:
    shown = prowess("notices", "preview", "ada", "forklift", cwd=tmp_path, check=True).stdout
    assert (
        "--- due+P7D of 2026-02-27, Fri 2026-03-06 09:00 America/New_York\nTo: hopper@example.org as skip-manager"
        in shown
    )
    assert "Subject: Forklift: Ada Byron, was due 27 February 2026" in shown
    assert "manager: no letter: 'grace' has no e-mail address" in shown
    only = prowess("notices", "preview", "ada", "forklift", "--step", "due-P14D", "--json", cwd=tmp_path, check=True)
    (one,) = json.loads(only.stdout)
    assert (one["step"], one["recipient"], one["to"], one["why_not"]) == ("due-P14D", "ada", "ada@example.org", None)
    assert "You have not completed Forklift. The last good day is 27 February 2026, in 14 days." in one["text"]
    for rest, why in (
        (("ada", "forklift", "--step", "due"), "known here: due-P14D, due+P1D"),
        (("ada", "forklfit"), "did you mean 'forklift'?"),
        (("grace", "forklift"), "'grace' owes nothing in 'forklift' by any day"),
    ):
        refused = prowess("notices", "preview", *rest, cwd=tmp_path)
        assert (refused.returncode, why in refused.stderr) == (1, True), refused.stderr


def test_a_ladder_that_changes_is_part_of_the_plan(tmp_path: Path) -> None:
    """Publishing it was `nothing would change` once."""
    prowess("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    prowess("apply", cwd=mine, check=True)
    assert prowess("plan", "--exit-code", cwd=mine).returncode == 0
    (mine / "programs" / "ladder.yaml").write_text(EXAMPLE)
    planned = prowess("plan", "--exit-code", cwd=mine)
    assert planned.returncode == 3
    assert "ladder   standard" in planned.stdout
