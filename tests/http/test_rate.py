"""How fast one key may ask (S-59)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.clock import ManualClock
from lrs.errors import TooManyRequests
from lrs.http.rate import Rate
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.http.conftest import NOON
from tests.servers import sqlite_at


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def served(serve: Callable[..., Served], tmp_path: Path, clock: ManualClock) -> Served:
    return serve(sqlite_at(tmp_path / "store.db"), clock=clock, PROWESS_LIMITS_REQUESTS_PER_SECOND="0.5")


def test_s_59_too_many_requests_are_429_and_say_when_to_come_back(served: Served, clock: ManualClock) -> None:
    one, other = asker(served), asker(served)
    assert one.get().status_code == 200
    refused = one.get()
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "2"
    assert refused.headers["X-Experience-API-Version"] == "1.0.3"
    assert refused.json()["hint"]
    assert other.get().status_code == 200
    clock.move(seconds=2)
    assert one.get().status_code == 200
    assert one.get().status_code == 429


def test_s_59_the_api_counts_too_and_a_wrong_secret_costs_nobody(served: Served) -> None:
    one = asker(served, ["admin"])
    assert [one.with_secret("x").api("GET", "keys").status_code for _ in range(3)] == [401] * 3
    assert one.api("GET", "keys").status_code == 200
    assert one.api("GET", "keys").status_code == 429


def test_s_59_each_launch_has_a_bucket_of_its_own(served: Served, clock: ManualClock) -> None:
    lms = asker(served, ["launch"])
    body = {"actor": {"mbox": "mailto:ada@example.org"}, "activity": "https://x.example"}
    launched = lms.api("POST", "launches", body).json()
    content = Asker(served, launched["key"], launched["secret"])
    assert [content.get().status_code for _ in range(2)] == [200, 429]
    assert lms.api("POST", "launches", body).status_code == 429


def test_without_the_setting_nobody_is_refused(serve: Callable[..., Served], tmp_path: Path) -> None:
    one = asker(serve(sqlite_at(tmp_path / "store.db")))
    assert {one.get().status_code for _ in range(30)} == {200}


def refusals(rate: Rate, key: str, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            rate.take(key)
        except TooManyRequests:
            count += 1
    return count


def test_a_bucket_holds_two_seconds_and_refills_as_time_passes(clock: ManualClock) -> None:
    rate = Rate(clock, 10)
    assert refusals(rate, "a", 25) == 5
    clock.move(seconds=0.5)
    assert refusals(rate, "a", 25) == 20
    clock.move(days=1)
    assert refusals(rate, "a", 25) == 5


def test_a_clock_that_steps_back_takes_nothing_away_and_gives_nothing(clock: ManualClock) -> None:
    rate = Rate(clock, 10)
    assert refusals(rate, "a", 15) == 0
    clock.move(seconds=-3_600)
    assert refusals(rate, "a", 6) == 1


def test_buckets_are_not_kept_without_end(clock: ManualClock) -> None:
    rate = Rate(clock, 10)
    for number in range(10_050):
        rate.take(str(number))
    assert len(rate._buckets) == 10_000
