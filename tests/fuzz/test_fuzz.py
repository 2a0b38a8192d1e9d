"""A few seconds of what `make fuzz` does for minutes, always with the same inputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import campaign, documented
from tests.fuzz.campaign import Result
from tests.fuzz.cost import check_cost
from tests.fuzz.installation import Installation, installation
from tests.fuzz.mutating import Broken, inputs, run
from tests.fuzz.oracle import complaint
from tests.fuzz.recipe import Recipe, recipe_from
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.traffic import Traffic
from tests.fuzz.wire import Connection, Reply
from tests.servers import sqlite_at

SEED = 20261126
INPUTS = 120
REQUESTS = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("fuzz")
    with installation(directory, sqlite_at(directory / "store.db")) as found:
        yield found


@pytest.mark.parametrize("name", TARGETS)
def test_readers_keep_their_promises(name: str) -> None:
    assert run(TARGETS[name], SEED, most=INPUTS) == INPUTS


@pytest.mark.journey
@pytest.mark.parametrize("name", TARGETS)
def test_long_inputs_cost_in_proportion(name: str) -> None:
    target = TARGETS[name]
    for unit in target.units:
        check_cost(target, b"", unit, b"")


def test_a_broken_promise_is_found_and_its_input_told() -> None:
    def check(data: bytes) -> None:
        assert b"\xff" not in data

    with pytest.raises(Broken, match="AssertionError") as caught:
        run(Target("probe", check, check, (b"a",), (b"a",)), SEED)
    assert b"\xff" in caught.value.data


@pytest.mark.journey
def test_what_grows_faster_than_its_input_is_found() -> None:
    def quadratic(data: bytes) -> None:
        for at in range(0, len(data), 3):
            data[at:].count(b"?")

    def hungry(data: bytes) -> list[int]:
        return [number + 1_000 for number in data]

    probe = Target("probe", quadratic, quadratic, (b"a",), (b"xyzz",))
    with pytest.raises(AssertionError, match="100 kB take"):
        check_cost(probe, b"", b"xyzzy", b"")
    with pytest.raises(AssertionError, match="bytes of memory"):
        check_cost(Target("probe", hungry, lambda data: hungry(data * 20), (b"a",), (b"a",)), b"", b"a", b"")


@pytest.mark.journey
def test_inputs_and_requests_follow_from_their_seed(made: Installation) -> None:
    for one, other in zip(
        range(50), zip(inputs(TARGETS["json"], 1), inputs(TARGETS["json"], 1), strict=False), strict=False
    ):
        assert other[0] == other[1], one
    first, second = Traffic(made, SEED), Traffic(made, SEED)
    for number in (7, 3, 900, 3):
        assert first.recipe(number) == second.recipe(number)
        assert recipe_from(first.recipe(number).text()) == first.recipe(number)
    assert first.recipe(7) != Traffic(made, SEED + 1).recipe(7)


@pytest.mark.journey
def test_a_server_answers_whatever_it_is_asked(made: Installation) -> None:
    traffic, result = Traffic(made, SEED), Result()
    with Connection(made.port, patience=30) as connection:
        for number in range(REQUESTS):
            recipe = traffic.recipe(number)
            status, why, answer, _ = campaign.judged(recipe, connection, made.secrets)
            assert why is None, (recipe.text(), why, answer)
            result.answers[recipe.kind, status] += 1
    assert result.of_status("5") == 0
    assert result.of_status("2") > REQUESTS // 10, result.told()
    assert result.of_status("4") > REQUESTS // 4, result.told()
    assert {"statements", "search", "operation", "document", "page", "form"} <= {kind for kind, _ in result.answers}
    assert made.is_alive()
    assert not made.faults()


@pytest.mark.journey
def test_answers_are_what_the_openapi_document_says(made: Installation, tmp_path: Path) -> None:
    result = documented.run(made, SEED, 60, tmp_path, most=4)
    assert result.count >= 4
    assert not result.complaints


@pytest.mark.journey
def test_a_campaign_counts_and_writes_down_what_it_finds(made: Installation, tmp_path: Path) -> None:
    told: list[str] = []
    result = campaign.run(
        made, SEED, processes=2, seconds=30, count=100, failures=tmp_path, say=told.append, most_megabytes=10_000
    )
    assert result.count >= 100
    assert result.complaints == {}
    news = campaign.News({}, [("1-2", "a 500", Recipe("page", "GET", "/").text(), "500")], 0.0)
    campaign.note(news, result, tmp_path)
    (path,) = result.failures
    assert json.loads(path.read_text())["complaint"] == "a 500"
    assert "1 times" in result.told()
    assert list(campaign.replayed(made, path))[-1] == campaign.FINE


OURS = {"server": "prowess", "x-experience-api-version": "1.0.3", "content-type": "application/problem+json"}
PROBLEM = b'{"type":"x","title":"x","status":400,"detail":"x"}'
ASKED = Recipe("search", "GET", "/xapi/statements")


@pytest.mark.parametrize(
    ("recipe", "reply", "wanted"),
    [
        (ASKED, Reply(400, OURS, PROBLEM, 0.1), None),
        (ASKED, Reply(500, OURS, PROBLEM, 0.1), "a 500"),
        (ASKED, Reply(400, {}, b"", 0.1), "an answer that is not ours"),
        (ASKED, Reply(404, OURS, PROBLEM, 0.1), "a problem that lacks something"),
        (ASKED, Reply(400, OURS, b"{}", 0.1), "a problem that lacks something"),
        (ASKED, Reply(400, OURS, b"x", 0.1), "a problem that is no JSON"),
        (ASKED, Reply(400, {**OURS, "content-type": "text/x"}, b"x", 0.1), "a refusal that is no problem"),
        (ASKED, Reply(200, {"server": "prowess"}, b"", 0.1), "no version header"),
        (ASKED, Reply(400, OURS, PROBLEM, 99.0), "an answer after"),
        (ASKED, Reply(400, OURS, PROBLEM, 0.1, left=3), "3 bytes after the answer"),
        (ASKED, Reply(200, {**OURS, "content-type": "application/json"}, b"{", 0.1), "an answer that is no JSON"),
        (Recipe("page", "GET", "/"), Reply(200, {**OURS, "content-type": "text/html"}, b"", 0.1), "a page without"),
        (Recipe("mess", "GET", "/", framing="raw", is_rude=True), Reply(400, {}, b"", 0.1), None),
    ],
)
def test_the_oracle_notices(recipe: Recipe, reply: Reply, wanted: str | None) -> None:
    found = complaint(recipe, reply)
    assert (found is None) if wanted is None else (found or "").startswith(wanted)
