"""The benchmark runs, measures what it says, and times nothing in a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.bench import measure as measures
from lrs.bench.findings import Findings, Setting
from lrs.bench.measure import Figure
from rules.bench.store import measure


@pytest.mark.journey
def test_the_benchmark_measures_everything_on_a_small_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "SECONDS", 0.001)
    found = measure(Setting(tmp_path, statements=120, seconds=1))
    names = [row["what"] for row in found.rows]
    assert names[0].startswith("route a statement")
    assert names[-2:] == [
        "decide a pair again",
        "pass over a pair on equal grounds",
    ]
    assert all(row["cpu_us"] > 0 for row in found.rows)
    assert found.facts["pairs of a person and a program"] == "40"
    assert "p99" in found.facts["decision visible at 1,000 statements a second"]


def test_findings_are_a_table_with_its_facts() -> None:
    text = Findings({"machine": "small"}, [Figure("fold", 50, 25, 25, "floor: sorting").told()]).as_markdown()
    assert "| fold | 50 | 25 | 2.0 | 25 | floor: sorting |" in text
    assert "- machine: small" in text
