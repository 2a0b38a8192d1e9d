"""The clock of a serving Prowess is turned back and forth (reliability 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connectors.standin import StandIn
from connectors.standin.seed import seed_from
from tests.faults.clocked import FILE, SteppedClock
from tests.faults.crowd import Crowd
from tests.faults.kept import Kept
from tests.faults.sound import check_database, check_effects
from tests.journey.house import House, Process, house_in
from tests.store.sending import THROUGH

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
HOUR, DAY = 3600, 86_400
STEPS = (0, -HOUR, 0, DAY, 0, -HOUR, DAY + HOUR)
"""Seconds by which the clock is wrong, one after the other.  What was dated ahead is due at the last."""
PEOPLE = [f"p{number}" for number in range(2 * len(STEPS))]


@pytest.fixture
def clock(tmp_path: Path) -> SteppedClock:
    clock = SteppedClock(tmp_path / "clock")
    clock.turn(0)
    return clock


@pytest.fixture
def house(tmp_path: Path, database_url: str, clock: SteppedClock) -> Iterator[House]:
    """The systems have the same wrong clock, as they would refuse what is signed an hour ago."""
    users = ("ada", "grace", *PEOPLE)
    seed = seed_from({"users": [{"username": name, "idnumber": name} for name in users]})
    with (
        StandIn(seed, clock=clock) as standin,
        house_in(tmp_path, database_url, users=users, reached=lambda _: standin.url) as house,
    ):
        house.standin = standin.url
        house.furnish()
        house.hire(PEOPLE)
        yield house


def serve(house: House, clock: SteppedClock) -> Process:
    environment = {FILE: str(clock.file), "PYTHONPATH": str(ROOT), "PROWESS_LIMITS_PAGE": "10000"}
    return house.serve(command="tests.faults.clocked", **environment)


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_stored_rises_and_pages_neither_skip_nor_repeat(
    house: House, clock: SteppedClock, restarted: bool, tell: Callable[[str], None]
) -> None:
    """At every step somebody reads in small pages while others write; once more, each step comes with a restart."""
    server = serve(house, clock)
    crowd, kept, pages = Crowd(house.session.auth, PEOPLE), Kept(house.session), Pages(house)
    for turn, wrong_by in enumerate(STEPS):
        crowd.widen(2 * turn + 2)
        with crowd.sending(house.url, Random(turn)):
            crowd.answered(20)
            pages.begin()
            clock.turn(wrong_by)
            pages.go_on(3)
            crowd.answered(20)
            pages.finish()
        if restarted:
            assert server.stop(seconds=90) == 0
            server = serve(house, clock)
        crowd.finish(house.url)
        kept.look(house.url)
        crowd.check(kept)
    pages.check(kept)
    announced = check_effects(house, crowd, kept)
    check_database(house.prowess)
    assert server.stop(seconds=90) == 0
    tell(
        f"{len(STEPS)} steps; {len(kept.texts)} statements in strict order, {pages.read} read in {pages.number} pages; {dict(announced)}"
    )


class Pages:
    """A reader in small pages, from where everything was certain to where it is now, and a check that nothing is missed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._through = ""
        self._answers: list[dict[str, Any]] = []
        self._seen: list[str] = []
        self.number = self.read = 0

    def begin(self) -> None:
        """Read on from the Consistent-Through of the last time."""
        since = {"since": self._through} if self._through else {}
        answer = self._house.session.get(
            f"{self._house.url}/xapi/statements", params={"ascending": "true", "limit": "25", **since}, timeout=30
        )
        assert answer.headers[THROUGH] >= self._through, "Consistent-Through went backwards"
        self._through = answer.headers[THROUGH]
        self._take(answer.json())

    def go_on(self, most: int) -> bool:
        """Read so many pages more; False when there are no more."""
        for _ in range(most):
            more = self._answers[-1]["more"]
            if not more:
                return False
            answer = self._house.session.get(self._house.url + more, timeout=30)
            assert answer.status_code == 200, answer.text
            self._take(answer.json())
        return True

    def finish(self) -> None:
        while self.go_on(100):
            pass

    def check(self, kept: Kept) -> None:
        """What was read is the beginning of what there is."""
        assert self._seen == list(kept.texts)[: len(self._seen)]

    def _take(self, answer: dict[str, Any]) -> None:
        self._answers.append(answer)
        self._seen += [one["id"] for one in answer["statements"]]
        self.number += 1
        self.read = len(self._seen)
