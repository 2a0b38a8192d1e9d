"""What verifying a key costs and tells: the same whatever is wrong (reliability 18, 19), and nothing for noting its use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import BadRequest, Unauthorized
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.store import credentials as module
from rules.vocabulary import KEY_NAME

NOON = 1_795_521_600_000_000


@pytest.fixture
def prowess(database_url: str) -> Iterator[Prowess]:
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": database_url, "PROWESS_RUNNER_KIND": "none"})
    with Prowess(settings, clock=ManualClock(NOON)) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield prowess


class Watch:
    """Counts comparisons and queries."""

    def __init__(self, prowess: Prowess, monkeypatch: pytest.MonkeyPatch) -> None:
        self.compared: list[tuple[int, int]] = []
        self.queries = 0
        event.listen(prowess.database.reading, "before_cursor_execute", self._count)
        monkeypatch.setattr(module.hmac, "compare_digest", self._compare)

    def _count(self, *_: Any) -> None:
        self.queries += 1

    def _compare(self, one: bytes, other: bytes) -> bool:
        self.compared.append((len(one), len(other)))
        return one == other

    def of(self, work: Any) -> tuple[list[tuple[int, int]], int]:
        self.compared, self.queries = [], 0
        with pytest.raises(Unauthorized, match="unknown key or wrong secret"):
            work()
        return self.compared, self.queries


def test_row_19_an_unknown_key_and_a_wrong_secret_do_the_same_work(
    prowess: Prowess, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = prowess.credentials.create("plain", ["all"])
    rotated, _ = prowess.credentials.create("rotated", ["all"])
    prowess.credentials.rotate("rotated", keep_until=NOON + 10**9)
    watch = Watch(prowess, monkeypatch)
    verify = prowess.credentials.verify
    tries = [("0" * 32, "wrong"), (plain.key, "wrong"), (rotated.key, "wrong"), (plain.key, "")]
    work = [watch.of(lambda key=key, secret=secret: verify(key, secret)) for key, secret in tries]
    assert len({repr(one) for one in work}) == 1
    assert work[0] == ([(32, 32), (32, 32)], work[0][1])
    assert work[0][1] >= 1


def test_a_verified_key_is_looked_up_once_in_a_while(prowess: Prowess) -> None:
    made, secret = prowess.credentials.create("lms", ["all"])
    prowess.credentials.verify(made.key, str(secret))
    queries: list[str] = []
    event.listen(
        prowess.database.reading, "before_cursor_execute", lambda _c, _cursor, sql, *_: queries.append(str(sql))
    )
    for _ in range(10):
        prowess.credentials.verify(made.key, str(secret))
    assert queries == []


def test_a_former_secret_ends_while_it_is_remembered(prowess: Prowess) -> None:
    made, secret = prowess.credentials.create("lms", ["all"])
    prowess.credentials.rotate("lms", keep_until=NOON + 1_000_000)
    assert prowess.credentials.verify(made.key, str(secret)).name == "lms"
    prowess.clock.move(seconds=1)  # type: ignore[attr-defined]
    with pytest.raises(Unauthorized):
        prowess.credentials.verify(made.key, str(secret))


def test_a_store_that_is_away_lets_known_keys_in_without_a_note(prowess: Prowess) -> None:
    made, secret = prowess.credentials.create("lms", ["all"])
    prowess.credentials.verify(made.key, str(secret))
    prowess.credentials.close()
    assert prowess.credentials.verify(made.key, str(secret)).name == "lms"


def test_policies_are_words_we_know(prowess: Prowess) -> None:
    with pytest.raises(BadRequest, match="keep"):
        prowess.credentials.create("x", ["all"], bad_statements="keep")
    with pytest.raises(BadRequest, match="some"):
        prowess.credentials.change("x", {"missing_ids": "some"})


def test_several_who_needed_a_key_of_our_own_for_the_first_time_met_an_error(prowess: Prowess) -> None:
    start = Barrier(6)

    def first() -> int:
        start.wait(10)
        return prowess.credentials.own(KEY_NAME).id

    with ThreadPoolExecutor(6) as pool:
        assert len({one.result() for one in [pool.submit(first) for _ in range(6)]}) == 1


@pytest.mark.parametrize("named", ["name", "key"])
def test_a_key_of_our_own_could_be_ended_by_its_key(prowess: Prowess, named: str) -> None:
    own = getattr(prowess.credentials.own(KEY_NAME), named)
    for end in (
        lambda: prowess.credentials.revoke(own),
        lambda: prowess.credentials.rotate(own),
        lambda: prowess.credentials.change(own, {"expires_at": NOON}),
    ):
        with pytest.raises(BadRequest, match="one of the store's own keys"):
            end()


def test_of_two_rotations_at_once_one_fresh_secret_never_worked(prowess: Prowess) -> None:
    made, _ = prowess.credentials.create("lms", ["all"])

    def rotate(barrier: Barrier) -> str:
        barrier.wait(30)
        return str(prowess.credentials.rotate("lms", keep_until=NOON + 10**9)[1])

    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            barrier = Barrier(2)
            fresh = [one.result(30) for one in [pool.submit(rotate, barrier) for _ in range(2)]]
            assert [prowess.credentials.verify(made.key, secret).name for secret in fresh] == ["lms", "lms"]
