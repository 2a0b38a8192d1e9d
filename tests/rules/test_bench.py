"""The benchmark runs, measures what it says, and times nothing in a test."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from lrs.bench import measure
from lrs.bench.measure import Figure, markdown
from rules.bench.command import bench_rules


def test_the_benchmark_measures_everything_on_a_small_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SECONDS", 0.001)
    found = CliRunner().invoke(bench_rules, ["--pairs", "40", "--seconds", "1", "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    told = json.loads(found.output)
    names = [figure["name"] for figure in told["figures"]]
    assert names[0].startswith("route a statement")
    assert names[-1] == "decide a pair again"
    assert all(figure["cpu_us"] > 0 for figure in told["figures"])
    assert "p99" in told["decision visible at 1,000 statements a second"]


def test_a_figure_says_its_ratio_and_what_was_asked_for() -> None:
    text = markdown([Figure("fold", 50, 25, 25, "floor: sorting")], {"machine": "small"})
    assert "| fold | 50 | 25 | 2 | ≤ 25 | floor: sorting |" in text
    assert "- machine: small" in text
