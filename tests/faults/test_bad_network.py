"""Between Prowess and its systems the network goes wrong, and a system itself fails (reliability 7 and 10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.faults.proxy import KINDS, Proxy, Trouble, proxy_to
from tests.faults.sound import settle
from tests.journey.house import House, house_in, passed, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

PEOPLE = tuple(f"p{number}" for number in range(20))
SYSTEMS = ("hr", "moodle-hq")
SLOWER_THAN_A_TIMEOUT = 12.0
SECONDS = {"latency": SLOWER_THAN_A_TIMEOUT, "trickle": 0.2}


class Line:
    """An installation whose systems are reached over a line that can be spoiled."""

    def __init__(self, house: House, proxy: Proxy) -> None:
        self.house, self.proxy = house, proxy

    def spoil(self, kind: str, seconds: float = 0.0) -> None:
        self.proxy.trouble = Trouble(kind, seconds, on=b"POST ")

    def mend(self) -> None:
        self.proxy.trouble = None

    def deliveries(self, *arguments: str) -> list[dict[str, Any]]:
        """What the command shows."""
        told = self.house.cli("connect", "deliveries", "--limit", "1000", "--json", *arguments).stdout
        return list(json.loads(told))

    def check_everybody_was_told_once(self, people: tuple[str, ...]) -> None:
        settle(self.house)
        seen = self.house.seen()
        assert set(seen["effects"].values()) == {1}, "one effect under each idempotency key"
        told = self.house.told()
        assert sorted(who for what, who in told if what == "awarded") == sorted(people)
        assert sorted(told) == sorted(self.house.announced())
        assert all(self.house.grade(who) == 90 for who in people)


@pytest.fixture
def line(tmp_path: Path, database_url: str) -> Iterator[Line]:
    with ExitStack() as stack:
        proxies: list[Proxy] = []

        def between(url: str) -> str:
            proxy, port = stack.enter_context(proxy_to(("127.0.0.1", urlsplit(url).port or 0)))
            proxies.append(proxy)
            return f"http://127.0.0.1:{port}"

        with house_in(tmp_path, database_url, users=("ada", "grace", *PEOPLE), reached=between) as house:
            house.furnish()
            house.hire(PEOPLE)
            house.serve()
            settle(house)
            yield Line(house, proxies[0])


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_network_does_each_system_is_told_once(line: Line, kind: str, tell: Callable[[str], None]) -> None:
    line.spoil(kind, SECONDS.get(kind, 0.0))
    line.house.post([passed(f"{who}@example.org") for who in PEOPLE[:2]])
    failed = until(lambda: seen_to_fail(line, SYSTEMS), "a failure of each system that can be seen", 240)
    assert all("cannot be reached or hung up" in text or "did not answer within" in text for text in failed), failed
    line.mend()
    line.check_everybody_was_told_once(PEOPLE[:2])
    tries = line.house.seen()["tries"]
    repeated = sum(number > 1 for key, number in tries.items() if key)
    assert bool(repeated) == (kind != "reset"), "the test proves nothing unless what had arrived was sent again"
    tell(f"{line.proxy.met} connections met it; {repeated} deliveries arrived more than once and had one effect each")


def seen_to_fail(line: Line, systems: tuple[str, ...]) -> list[str]:
    """The reasons that pending deliveries show, once there is one of each system."""
    failed = {one["connector"]: one["last_error"] for one in line.deliveries("--state", "pending") if one["last_error"]}
    return [failed[name] for name in systems] if failed.keys() >= set(systems) else []


def test_a_system_that_always_fails_is_left_alone_for_a_while(line: Line, tell: Callable[[str], None]) -> None:
    line.spoil("reset")
    line.house.post([passed(f"{who}@example.org") for who in PEOPLE[:10]])
    until(lambda: line.proxy.met >= 5 * len(SYSTEMS), "five failures of each system", 240)
    sleep(2)  # whatever was on its way
    met = line.proxy.met
    sleep(20)
    assert line.proxy.met == met, "the system was asked while it should be left alone"
    line.mend()
    mended = monotonic()
    line.check_everybody_was_told_once(PEOPLE[:10])
    tell(
        f"{met} tries at 20 deliveries, then silence for 20 s; everything arrived {monotonic() - mended:.0f} s after the mend"
    )


def test_what_a_system_refuses_is_given_up_shown_and_can_be_sent_after_all(line: Line) -> None:
    house = line.house
    requests.post(
        f"{house.standin}/_standin/fault",
        json={"kind": "status", "status": 410, "on": "webhook", "times": 3},
        timeout=10,
    ).raise_for_status()
    house.post([passed(f"{who}@example.org") for who in PEOPLE[:5]])
    settle(house)
    dead = line.deliveries("--state", "dead")
    assert [(one["connector"], one["remote_status"]) for one in dead] == [("hr", 410)] * 3
    assert len(house.told()) == len(house.announced()) - 3
    house.cli("connect", "deliveries", "--retry", dead[0]["id"])
    house.cli("connect", "deliveries", "--retry-dead")
    line.check_everybody_was_told_once(PEOPLE[:5])


def test_intake_does_not_wait_for_a_slow_system(line: Line, tell: Callable[[str], None]) -> None:
    """The bound is generous: this machine may be busy with other things."""
    alone = slowest(line.house, PEOPLE[:10])
    settle(line.house)
    line.spoil("latency", 30.0)
    beside = slowest(line.house, PEOPLE[10:])
    assert line.proxy.met > 0, "nobody waited for the system meanwhile"
    assert beside < 3 * alone + 0.1
    line.mend()
    tell(
        f"99 of 100 answers within {alone * 1000:.0f} ms, and within {beside * 1000:.0f} ms beside a system that takes 30 s"
    )
    line.check_everybody_was_told_once(PEOPLE)


def slowest(house: House, people: tuple[str, ...]) -> float:
    """Seconds in which 99 of 100 statements of a while were acknowledged; some of them certify somebody."""
    took = []
    for turn in range(500):
        who = people[turn // (500 // len(people))]
        statement = passed(f"{who}@example.org", score=0.1 if turn % (500 // len(people)) else 0.9)
        began = monotonic()
        house.post(statement)
        took.append(monotonic() - began)
    return sorted(took)[len(took) * 99 // 100]
