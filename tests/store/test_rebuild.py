"""What is derived can be thrown away: made anew from the feed it comes out equal, byte for byte, and announces nothing."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from lrs.clock import ManualClock
from lrs.jobs import MAIN
from lrs.prowess import Prowess
from rules.plugin import plugin as rules
from tests.store.rebuilding import FIRST, SECOND, employ, forget, happening, publish, rows
from tests.store.sending import void
from tests.store.test_feed import NOON, open_store
from tests.store.test_observers import send


@pytest.fixture
def office(database_url: str) -> Iterator[Prowess]:
    with open_store(database_url, rules, clock=ManualClock(NOON)) as prowess:
        yield prowess


def live(prowess: Prowess, random: Random) -> None:
    """A year in any order: people, rules, evidence and voids, decided all along."""
    sent: list[dict[str, Any]] = []
    employ(prowess, "joan")
    publish(prowess, FIRST)
    for turn in range(60):
        if turn == 20:
            employ(prowess, "eve")
        if turn == 40:
            publish(prowess, SECOND)
        if sent and random.random() < 0.15:
            send(prowess, void(random.choice(sent)["id"]))
        else:
            sent.append(send(prowess, happening(random)))


@pytest.mark.journey
@pytest.mark.parametrize("seed", [1])
def test_made_anew_from_the_feed_everything_is_the_same_and_nothing_is_announced(office: Prowess, seed: int) -> None:
    live(office, Random(seed))
    before = rows(office)
    assert min(len(before[name]) for name in before) > 3
    forget(office)
    office.work.drain(MAIN)
    assert rows(office) == before
