"""What a plan says other systems would be told is what they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.tables import delivery
from rules.published.composition import published_of
from rules.published.store import load_sources, read_sources
from rules.publishing.plan import Plan, plan
from tests.journey.house import PROGRAM, House, house_in, passed
from tests.journey.test_withdrawal import BOB

LOWER = (
    PROGRAM.partition("---")[0]
    .replace("version: 1", "version: 2\napply: at_renewal")
    .replace("2024-01-01", "2024-02-01")
)
SECOND = LOWER.replace("0.80", "0.50") + "---" + PROGRAM


@pytest.fixture
def house(tmp_path: Path, database_url: str) -> Iterator[House]:
    """Ada was awarded; bob's score is too low."""
    with house_in(tmp_path, database_url, light=True) as house:
        house.write("bob.csv", BOB)
        house.furnish()
        house.serve_here()
        house.import_people("bob.csv")
        house.drain()
        house.post(passed("ada@example.org"))
        house.post(passed("bob@example.org", score=0.6))
        house.drain()
        yield house


def told(house: House) -> Counter[tuple[str, str, str]]:
    with house.prowess.database.read() as conn:
        rows = conn.execute(delivery.select()).all()
    return Counter((row.person_id, row.connector, row.kind) for row in rows)


def foreseen(found: Plan) -> Counter[tuple[str, str, str]]:
    return Counter((push.person, push.system, push.action) for push in found.pushes)


@pytest.mark.journey
@pytest.mark.parametrize("announce", [False, True])
def test_a_plan_foresees_every_delivery(house: House, announce: bool) -> None:
    other = "---\n" + PROGRAM.partition("---")[0].replace("id: forklift", "id: crane") if announce else ""
    house.write("programs/forklift.yaml", SECOND + other)
    sources = read_sources(house.directory / "programs")
    found = plan(house.prowess, published_of(house.prowess), load_sources(sources), announce_history=announce)
    before = told(house)
    published_of(house.prowess).apply(sources, announce_history=announce)
    house.drain()
    assert told(house) - before == foreseen(found)
    assert found.by_program["forklift"]["moodle-hq write_result"] == 1
    assert found.totals["hr notify"] == (4 if announce else 1)
    house.write("programs/forklift.yaml", PROGRAM)
    found = plan(house.prowess, published_of(house.prowess), load_sources(read_sources(house.directory / "programs")))
    before = told(house)
    house.apply()
    house.drain()
    assert told(house) - before == foreseen(found)
    assert ("bob", "moodle-hq", "write_result") in foreseen(found), "the grade is taken back"
