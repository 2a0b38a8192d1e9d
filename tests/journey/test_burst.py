"""A burst of statements while a rule is active: every one of them is judged (lrs-lessons 8, case 8)."""

from __future__ import annotations

from pathlib import Path

from rules import tables as r
from tests.journey.house import House, house_in, passed

PEOPLE = 400
STATEMENTS = 20_000
BATCH = 2_000


def roster(house: House) -> None:
    head = "id,name,email,account,from,job,site,site_timezone,managers\n"
    rows = [f"p{n},P{n},p{n}@example.org,,2024-01-05,operator,hq,Europe/London," for n in range(PEOPLE)]
    house.write("burst.csv", head + "\n".join(rows) + "\n")
    house.import_people("burst.csv")


def test_a_burst_of_20_000_statements_is_judged_to_the_last_one(tmp_path: Path, database_url: str) -> None:
    """Everybody fails fifty times but for one pass, which comes last for half of them and first for the others."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.furnish()
        roster(house)
        house.serve_here()
        rounds = STATEMENTS // PEOPLE
        burst = [
            passed(f"p{n}@example.org", score=0.9 if turn == (rounds - 1) * (n % 2) else 0.1)
            for turn in range(rounds)
            for n in range(PEOPLE)
        ]
        for start in range(0, STATEMENTS, BATCH):
            house.post(burst[start : start + BATCH])
        house.drain()
        assert [one for one in range(PEOPLE) if house.award(f"p{one}") != "valid"] == []
        announced = [person for transition, person in house.announced() if transition == "awarded"]
        assert sorted(announced) == sorted(f"p{n}" for n in range(PEOPLE))
        assert len(house.rows(r.evidence)) == STATEMENTS
        assert house.is_settled()
