"""`prowess report` on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs.cli_context import Invocation
from lrs.config import load_settings
from lrs.errors import BadRequest, NotFound
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from reports.commands import report
from tests.reports.rows import Rows


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a store of two overdue people behind it."""
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {{url: 'sqlite:///{tmp_path / 'store.db'}'}}\n", "utf-8")
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    with Prowess(load_settings(config, environ={}, sections=sections), plugins) as prowess:
        migrate(prowess.database, prowess.plugins)
        rows = Rows(prowess)
        rows.program("lift", "Lift driver")
        for person, unit in (("ada", "dock"), ("bob", "shop")):
            rows.person(person, unit=unit)
            rows.status(person, "lift", "2020-01-01", overdue=1, due="2020-01-01")
    return config


def _run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(report, list(arguments), obj=Invocation(config))


def test_the_list(config: Path) -> None:
    assert "compliance-overview" in _run(config).output


def test_a_table_for_people(config: Path) -> None:
    output = _run(config, "overdue", "--filter", "unit=dock").output
    assert "Ada" in output
    assert "Bob" not in output
    assert "1 row, as of" in output


def test_files_for_programs(config: Path) -> None:
    table = list(
        csv.DictReader(io.StringIO(_run(config, "overdue", "--format", "csv", "--as-of", "2020-01-31").output))
    )
    assert [(row["person_id"], row["days_late"]) for row in table] == [("ada", "30"), ("bob", "30")]
    lines = _run(config, "overdue", "--format", "ndjson", "--sort", "-person").output.splitlines()
    assert [json.loads(line)["person"] for line in lines] == ["Bob", "Ada"]
    body = json.loads(_run(config, "overdue", "--format", "json", "--limit", "1").output)
    assert (len(body["rows"]), body["totals"]["rows"]) == (1, 2)


def test_mistakes_are_explained(config: Path) -> None:
    assert isinstance(_run(config, "overdu").exception, NotFound)
    assert isinstance(_run(config, "overdue", "--filter", "unit").exception, BadRequest)
    assert isinstance(_run(config, "overdue", "--filter", "unt=x").exception, BadRequest)


@pytest.mark.parametrize("value", ["unit=dok", "person=ad", "manager=ad", "program=lif", "job=driver"])
def test_a_misspelt_value_looked_like_good_news(config: Path, value: str) -> None:
    refused = _run(config, "overdue", "--filter", value).exception
    assert isinstance(refused, BadRequest)
    assert "nothing was ever known as" in refused.message
    assert refused.hint
    assert "0 rows" in _run(config, "overdue", "--filter", "unit=(none)").output
