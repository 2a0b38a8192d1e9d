"""docs/publishing.md: its commands work, and its simulation prints what stands there."""

from __future__ import annotations

import re
from pathlib import Path

from lrs.yaml_door import load
from rules.language import load_programs
from tests.commanding import prowess

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "publishing.md").read_text()
(COMMANDS,) = re.findall(r"```\n(prowess.*?)```", PAGE, re.DOTALL)
PROGRAM, PEOPLE = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
(STATEMENTS,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
(SIMULATED,) = re.findall(r"```\n\$ (prowess simulate.*?)```", PAGE, re.DOTALL)


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    prowess("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    prowess("people", "import", "people.yaml", cwd=mine, check=True)
    for line in COMMANDS.splitlines():
        done = prowess(*line.partition("#")[0].split()[1:], cwd=mine)
        assert done.returncode == 0, (line, done.stderr)


def test_the_simulation_of_the_page_prints_what_stands_there(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "forklift.yaml").write_text(PROGRAM)
    (tmp_path / "people.yaml").write_text(PEOPLE)
    (tmp_path / "s.jsonl").write_text(STATEMENTS)
    assert load_programs(load(PROGRAM, "publishing.md")).programs
    command, _, output = SIMULATED.partition("\n")
    assert prowess(*command.split()[1:], cwd=tmp_path, check=True).stdout == output
