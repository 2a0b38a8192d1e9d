"""The demo, played in its own processes, judged by somebody else, and counted at both ends."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.commanding import prowess
from tests.journey.oracle import awards

pytestmark = pytest.mark.journey


def play(directory: Path, statements: int) -> None:
    command = [sys.executable, "-m", "reports.demo", "--once", "--directory", str(directory), "--port", "0"]
    played = subprocess.run(
        [*command, "--statements", str(statements)], capture_output=True, text=True, timeout=500, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.timeout(600)
def test_a_demo_organisation_verifies_clean(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROWESS_DATABASE_URL", database_url)
    play(tmp_path / "demo", 500)
    said = prowess("verify", "--format", "json", cwd=tmp_path / "demo")
    proof = json.loads(said.stdout)
    assert (said.returncode, proof["findings"], proof["statements"] > 500) == (0, [], True)
    assert proof["compared"]["rules.evidence"]["status"] > 500


def test_the_demo_certifies_whom_an_independent_oracle_certifies_and_the_lms_has_what_was_pushed(
    tmp_path: Path,
) -> None:
    directory = tmp_path / "demo"
    play(directory, 2500)

    summary = json.loads((directory / "summary.json").read_text())
    people = yaml.safe_load((directory / "people.yaml").read_text())
    lines = [json.loads(line) for line in (directory / "statements.jsonl").read_text().splitlines()]
    judged = awards(people, lines, datetime.now(UTC))

    assert {tuple(award) for award in summary["awards"]} == judged
    assert len(judged) > 30
    assert summary["sent"] == summary["stored"] == len(lines)
    assert summary["pushed"] == summary["received"] > 100
    assert summary["emitted"]["revoked"] == 1
