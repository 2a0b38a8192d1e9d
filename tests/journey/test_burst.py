"""A burst of statements while a rule is active: every one of them is judged (lrs-lessons 8, case 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.jobs import MAIN
from rules import tables as r
from tests.journey.house import house_in, passed

pytestmark = pytest.mark.journey

PEOPLE = 400
STATEMENTS = 20_000
BATCH = 2_000


def test_a_burst_of_20_000_statements_is_judged_to_the_last_one(tmp_path: Path, database_url: str) -> None:
    """Everybody fails fifty times but for one pass, which comes last for half of them and first for the others."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.furnish()
        house.hire(f"p{n}" for n in range(PEOPLE))
        house.serve_here()
        rounds = STATEMENTS // PEOPLE
        burst = [
            passed(f"p{n}@example.org", score=0.9 if turn == (rounds - 1) * (n % 2) else 0.1)
            for turn in range(rounds)
            for n in range(PEOPLE)
        ]
        for start in range(0, STATEMENTS, BATCH):
            house.post(burst[start : start + BATCH])
        house.prowess.work.drain(MAIN)
        everybody = sorted(f"p{n}" for n in range(PEOPLE))
        now = house.prowess.clock.now()
        held = [row for row in house.rows(r.status, award="valid") if row.from_us <= now < row.until_us]
        assert sorted(row.person_id for row in held) == everybody
        assert sorted(row.person_id for row in house.rows(r.emission, transition="awarded", recorded=1)) == everybody
        assert len(house.rows(r.evidence)) == STATEMENTS
        assert house.rows(r.dirty) == []
