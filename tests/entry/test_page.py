"""The page on evidence says what is so: its commands run, its files are read, its rights are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from rules.entry import attendance, samples
from rules.entry.acts import KINDS
from rules.entry.pages import blueprint
from tests.commanding import prowess

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "evidence.md").read_text("utf-8")


def test_the_commands_of_the_page_run_in_their_order(tmp_path: Path) -> None:
    prowess("init", "mine", cwd=tmp_path, check=True)
    mine = tmp_path / "mine"
    (document,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (mine / "programs" / "entered.yaml").write_text(document)
    for name, text in re.findall(r"```csv (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (mine / name).write_text(text)
    prowess("people", "import", "people.yaml", cwd=mine, check=True)
    prowess("apply", cwd=mine, check=True)
    commands = re.findall(r"^prowess (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        done = prowess(*shlex.split(command), cwd=mine)
        assert done.returncode == 0, (command, done.stderr)
    again = prowess("attendance", "import", "sessions.csv", "--json", cwd=mine, check=True)
    assert json.loads(again.stdout)["known"] == 2


@pytest.mark.parametrize("column", sorted({*attendance.SHEET.columns, *samples.SHEET.columns}))
def test_every_column_is_on_the_page(column: str) -> None:
    assert f"`{column}`" in PAGE


@pytest.mark.parametrize("name", KINDS)
def test_every_act_is_on_the_page(name: str) -> None:
    assert f"prowess act {name} " in PAGE


def test_every_page_is_on_the_page() -> None:
    from flask import Flask

    app = Flask("entry", static_folder=None)
    app.register_blueprint(blueprint())
    shown = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and "<" not in rule.rule}
    for path in shown:
        assert f"`{path}`" in PAGE, path
