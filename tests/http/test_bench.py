"""The benchmark over HTTP runs and measures what it says; it times nothing in a test."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lrs.bench.traffic import QUESTIONS

pytestmark = pytest.mark.journey


def test_the_benchmark_loads_floor_product_and_peer() -> None:
    command = [sys.executable, "-m", "lrs.cli", "bench", "http", "--seconds", "0.2", "--statements", "200"]
    done = subprocess.run(
        [*command, "--connections", "2", "--json"], check=False, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    names = [load["what"] for load in told["loads"]]
    assert names[:3] == [
        "floor, Flask that does nothing: POST 1, 2 connections",
        "Prowess: POST 1, 2 connections",
        "Prowess: POST 100, 4 connections (statements)",
    ]
    assert names[3:] == [f"Prowess: GET 50 by {question}" for question in QUESTIONS]
    assert all(load["errors"] == 0 and load["per_second"] > 0 for load in told["loads"])
    assert 0 < told["loads"][1]["ratio"] < 1
    assert "MiB resident when idle" in told["memory"]
