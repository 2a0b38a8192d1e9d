"""The page on cadence says what is so: its configuration is read, its programs are published, its commands run."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from lrs import yaml_door
from reports.settings import SECTIONS, DigestSchema
from rules.language.about import REVIEW_INPUTS
from rules.language.recurrence import UNITS
from tests.commanding import prowess

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cadence.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PEOPLE = """
sites: {hq: {timezone: Europe/London}}
people:
  - {id: grace, name: Grace, email: grace@example.org, positions: [{from: 2025-01-01, job: lead, site: hq}]}
  - {id: ada, name: Ada, email: ada@example.org, positions: [{from: 2025-01-01, job: clerk, site: hq, managers: [grace]}]}
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A directory as the page leaves it."""
    prowess("init", "mine", cwd=tmp_path, check=True)
    here = tmp_path / "mine"
    settings, program, activity = BLOCKS
    config = here / "config.yaml"
    config.write_text(f"{config.read_text()}\n{settings}")
    (here / "people.yaml").write_text(PEOPLE)
    for old in (here / "programs").glob("*.yaml"):
        old.unlink()
    (here / "programs" / "cadence.yaml").write_text(f"{program}---\n{activity}")
    prowess("people", "import", "people.yaml", cwd=here, check=True)
    prowess("check", "programs", cwd=here, check=True)
    prowess("apply", cwd=here, check=True)
    return here


def test_the_commands_of_the_page_run_in_their_order(mine: Path) -> None:
    commands = re.findall(r"^prowess (.*?)(?: +#.*)?$", PAGE, re.MULTILINE)
    assert len(commands) == 9
    for command in commands:
        done = prowess(*shlex.split(command), cwd=mine)
        assert done.returncode == 0, (command, done.stderr)


def test_a_letter_can_be_seen_before_it_goes_out(mine: Path) -> None:
    prowess("decide", "--help", cwd=mine, check=True)
    listed = json.loads(prowess("digest", "list", "--json", cwd=mine, check=True).stdout)
    assert [(one["name"], one["readers"], one["unknown"]) for one in listed] == [("managers", 1, [])]
    plain = prowess("digest", "list", cwd=mine, check=True).stdout
    assert plain.endswith("restart prowess serve after a change\n"), "a new digest did nothing, and nothing said why"
    shown = prowess("digest", "send", "managers", "--dry-run", cwd=mine, check=True)
    assert "of 1 readers" in shown.stderr
    unknown = prowess("digest", "send", "manager", "--dry-run", cwd=mine)
    assert "did you mean 'managers'?" in unknown.stderr
    assert prowess("digest", "send", "managers", "--for", "ada", "--dry-run", cwd=mine).returncode == 1
    assert prowess("digest", "send", "managers", "--as-of", "-1d", cwd=mine).returncode == 1
    assert "1 of 1 letters" in prowess("digest", "send", "managers", cwd=mine, check=True).stdout
    again = prowess("digest", "send", "managers", cwd=mine, check=True)
    assert "0 of 1 letters will be written; 1 were made today already" in again.stdout
    assert "grace  waiting" in prowess("digest", "log", cwd=mine, check=True).stdout
    prowess("digest", "stop", "managers", "grace", cwd=mine, check=True)
    assert json.loads(prowess("digest", "list", "--json", cwd=mine).stdout)[0]["readers"] == 0
    assert prowess("digest", "retry", cwd=mine).returncode == 1


def test_a_mistake_in_a_digest_is_named_where_it_stands(mine: Path) -> None:
    config = mine / "config.yaml"
    text = config.read_text()
    for old, new, said in (
        ("day: first-monday ", "day: monday ", "a day of the month is needed here"),
        ("timezone: Europe/London", "timezone: London", "An IANA time zone"),
        ("every: monthly", "every: month", "Must be one of: weekly, monthly, quarterly"),
        ('at: "08:00"', 'at: "8"', "A time of day in quotes"),
        ("rows: 20", "row: 20", "unknown setting 'reports.digests.0.row'\n  hint: did you mean 'rows'?"),
        ("filters: {}", "filters: {units: [x]}", "Must be one of"),
        ("to: [managers]", "to: []", "Shorter than minimum length"),
    ):
        assert old in text
        config.write_text(text.replace(old, new))
        failed = prowess("digest", "list", cwd=mine)
        assert failed.returncode == 1
        assert said in failed.stderr, failed.stderr
        assert re.search(r"config\.yaml:\d+:\d+", failed.stderr)


def test_every_word_is_on_the_page() -> None:
    keys = set(yaml_door.load(BLOCKS[0], "page")[0].value["reports"]["digests"][0])
    assert keys == set(DigestSchema().fields)
    for word in (*UNITS, *SECTIONS, *REVIEW_INPUTS):
        assert word in PAGE, word
