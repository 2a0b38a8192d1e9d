"""What docs/badges.md has people type works as it stands there, and it names every setting and every reason."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from lrs import yaml_door
from rules.language import load_programs
from rules.recognition.credential import PURPOSE
from rules.recognition.picture import picture
from rules.recognition.settings import RulesSchema
from rules.recognition.status_list import TTL_SECONDS
from rules.recognition.words import REASONS
from tests.commanding import prowess
from tests.recognition.scene import PROGRAMS
from tests.recognition.test_commands import listed, mine, signed  # noqa: F401 - a fixture

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "badges.md").read_text("utf-8")


def test_the_page_names_every_setting_and_every_reason() -> None:
    for name in RulesSchema().fields:
        assert f"`rules.{name}`" in PAGE, name
    for reason in REASONS:
        assert f"| `{reason}` |" in PAGE, reason
    assert f"purpose `{PURPOSE}`" in PAGE
    assert TTL_SECONDS == 5 * 60
    assert "five minutes" in PAGE


def test_the_commands_of_the_page_work_as_written(mine: Path) -> None:  # noqa: F811 - the fixture
    token = signed(mine)
    (mine / "forklift.jwt").write_text(token)
    (mine / "forklift.svg").write_text(picture("Counterbalance forklift", "Example", token))
    commands = re.findall(r"^(prowess badges .+)$", PAGE, re.MULTILINE)
    assert len(commands) >= 6
    for command in commands:
        done = prowess(*shlex.split(command)[1:], cwd=mine)
        is_somebody_else_s = "--email ada" in command
        assert done.returncode == int(is_somebody_else_s), (command, done.stderr)
        assert not is_somebody_else_s or "not given to ada@example.org" in done.stderr
    for command in set(re.findall(r"`(prowess badges [^`]+)`", PAGE)):
        group = shlex.split(command)[1:3]
        assert prowess(*group, "--help", cwd=mine).returncode == 0, command


def test_the_program_and_the_configuration_of_the_page_can_be_used(mine: Path) -> None:  # noqa: F811 - the fixture
    award, config = (re.sub(r"(?m)^   ", "", one) for one in re.findall(r"```yaml\n(.*?)   ```", PAGE, re.DOTALL))
    without = re.sub(r"(?s)award:\n  badge: forklift.*?(?=---)", award, PROGRAMS, count=1)
    assert load_programs(yaml_door.load(without, "p.yaml")).programs["forklift"][0].notes["award"]["type"] == "License"
    file = mine / "config.yaml"
    url = re.search(r"^database: .*$", file.read_text(), re.MULTILINE)
    assert url is not None
    file.write_text(f"{url[0]}\n{config}")
    assert listed(mine, "bob")[0]["id"].startswith("https://prowess.example.org/badges/credentials/")
