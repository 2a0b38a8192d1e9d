"""The server is killed by signal 9 while clients write, again and again (reliability 1 and 6)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from tests.faults.crowd import Crowd
from tests.faults.kept import Kept
from tests.faults.nursery import serve
from tests.faults.sound import check_database, check_effects
from tests.journey.house import house_in

pytestmark = pytest.mark.fault

KILLS = int(os.environ.get("PROWESS_FAULT_KILLS", "200"))
AT_WORK = 0.9
"""Which part of the kills must have cut off a request."""
PAGES = {"PROWESS_LIMITS_PAGE": "10000"}


@pytest.mark.timeout(1200 + 30 * KILLS)
def test_nothing_acknowledged_is_lost_and_nothing_happens_twice(
    tmp_path: Path, database_url: str, tell: Callable[[str], None]
) -> None:
    people = [f"p{number}" for number in range(KILLS)]
    with house_in(tmp_path, database_url, users=("ada", "grace", *people)) as house:
        house.furnish()
        house.hire(people)
        crowd, kept = Crowd(house.session.auth, people), Kept(house.session)
        at_work = cut_off = arrived = 0
        for turn in range(KILLS):
            server = serve(house, **PAGES)
            kept.look(house.url)
            arrived += crowd.check(kept)
            crowd.widen(turn + 1)
            draw, began = Random(turn), monotonic()
            with crowd.sending(house.url, draw):
                crowd.answered(draw.randint(1, 60))
                sleep(draw.uniform(0, 0.02))  # so that kills fall everywhere between two answers
                killed = monotonic()
                assert server.stop(9) == -9, server.log.read_text()
            lost = crowd.lost_between(began, killed)
            at_work += lost > 0
            cut_off += lost

        server = serve(house, **PAGES)
        kept.look(house.url)
        arrived += crowd.check(kept)
        crowd.finish(house.url)
        announced = check_effects(house, crowd, kept)
        check_database(house.prowess)
        assert server.stop(seconds=90) == 0
        tell(
            f"{KILLS} kills, {at_work} with requests on their way; {len(crowd.acknowledged)} statements acknowledged and"
            f" none lost; {cut_off} requests without an answer, {arrived} of them stored, no batch by half;"
            f" {crowd.resent} sent again; {dict(announced)}, each once"
        )
        assert at_work >= AT_WORK * KILLS
