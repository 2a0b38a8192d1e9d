"""The benchmark runs and measures what it says; it times nothing in a test."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from lrs.bench.findings import each_size
from lrs.bench.traffic import QUESTIONS
from reports.catalogue import CATALOGUE

pytestmark = pytest.mark.journey


def bench(*words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "lrs.cli", "bench", *words, "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_the_benchmark_loads_floor_and_product_as_the_store_grows() -> None:
    told = bench("http", "--seconds", "0.2", "--statements", "300", "--connections", "2")["http"]
    names = [load["what"] for load in told["rows"]]
    assert names == [
        "floor, Flask that does nothing: POST 1, 2 connections",
        *(f"Prowess, 2,000 statements: GET 50 by {question}" for question in QUESTIONS),
        "Prowess: POST 1, 2 connections",
        "Prowess: POST 100, 4 connections (statements)",
    ]
    assert all(load["errors"] == 0 and load["per_second"] > 0 for load in told["rows"])
    assert 0 < told["rows"][-2]["ratio"] < 1
    assert "MiB resident when idle" in told["facts"]["memory"]


def test_the_benchmark_reads_every_report() -> None:
    told = bench("reports", "--seconds", "0.4", "--statements", "300")["reports"]
    assert [load["what"] for load in told["rows"]] == [f"{name}.json" for name in CATALOGUE]
    assert all(load["errors"] == 0 and load["per_second"] > 0 for load in told["rows"])


def test_sizes_grow_by_powers_of_ten() -> None:
    assert [each_size(most) for most in (0, 500, 10_000, 1_000_000, 3_000_000)] == [
        [],
        [500],
        [10_000],
        [10_000, 100_000, 1_000_000],
        [10_000, 100_000, 1_000_000, 3_000_000],
    ]


def test_one_database_serves_one_part() -> None:
    command = [sys.executable, "-m", "lrs.cli", "bench", "--database", "postgresql://nowhere/x"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "name one part" in done.stderr
