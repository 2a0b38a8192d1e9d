"""Random histories are answered as the model answers them; and a store that is broken on purpose is found out.

A few dozen seeds here; `make histories` plays a thousand that were never played before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lrs.dialects.sqlite import SqliteDialect
from lrs.store import documents, references, search, statements
from tests.histories.history import drawn_from
from tests.histories.shortest import Failure, failure_of, played
from tests.histories.stores import POSTGRESQL, PROCESS, SQLITE

LITE = range(1, 25)
ENOUGH = 150
"""Histories in which every planted fault has to be found."""


@pytest.mark.parametrize("seeds", [LITE[at::4] for at in range(4)], ids=str)
def test_whatever_happens_every_answer_is_the_model_s(seeds: range) -> None:
    for seed in seeds:
        check(seed, SQLITE)


@pytest.mark.twice
@pytest.mark.parametrize("seed", range(1, 4))
def test_the_same_on_postgresql(seed: int, request: pytest.FixtureRequest) -> None:
    check(seed, POSTGRESQL, request.getfixturevalue("postgres_url"))


@pytest.mark.journey
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(1, 7))
def test_the_same_of_a_process_that_is_killed(seed: int) -> None:
    check(seed, PROCESS)


def check(seed: int, place: str, postgres: str = "") -> None:
    failure = failure_of(drawn_from(seed, place), lambda: postgres)
    assert failure is None, str(failure)


@dataclass(frozen=True)
class Fault:
    """A fault to plant.  first: the seed to begin with; steps: how short the script must become that shows it."""

    name: str
    plant: Callable[[pytest.MonkeyPatch], None]
    first: int
    steps: int


def voids_are_not_awaited(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(statements, "_awaited_voids", lambda *_: {})


def a_voiding_is_voided(patch: pytest.MonkeyPatch) -> None:
    """Whoever comes after its voiding is hidden, were it a voiding itself."""
    rows = statements._rows

    def all_voided(new: Any, waiting: Any) -> Any:
        keys, made, bodies = rows(new, waiting)
        return keys, [(*row[:-1], waiting.get((row[1], row[2]))) for row in made], bodies

    patch.setattr(statements, "_rows", all_voided)


def pages_overlap(patch: pytest.MonkeyPatch) -> None:
    values = search._values

    def with_the_last_one(one: search.Search) -> dict[str, Any]:
        return values(one if one.after is None else replace(one, after=one.after - 1))

    patch.setattr(search, "_values", with_the_last_one)


def late_targets_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(references, "_from_waiting", lambda *_: ([], {}))


def all_tenants_share_their_documents(patch: pytest.MonkeyPatch) -> None:
    keys = documents._keys
    patch.setattr(documents, "_keys", lambda shelf, name: {**keys(shelf, name), "tenant_id": 1})


def promises_are_forgotten_in_a_crash(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SqliteDialect, "_save_floor", lambda *_: True)


def a_batch_is_committed_in_two_halves(patch: pytest.MonkeyPatch) -> None:
    """The first statement of a batch is stored by itself."""
    record = statements.Statements.record

    def halves(self: statements.Statements, intake: statements.Intake) -> int:
        if len(intake.statements) > 1:
            record(self, replace(intake, statements=intake.statements[:1]))
        return record(self, intake)

    patch.setattr(statements.Statements, "record", halves)


def answers_of_a_group_are_exchanged(patch: pytest.MonkeyPatch) -> None:
    """Of requests that are committed together the last one gets the answer of the first."""
    commit = statements.Statements._commit
    patch.setattr(statements.Statements, "_commit", lambda self, intakes: commit(self, intakes)[::-1])


FAULTS = [
    Fault("tenants-share-documents", all_tenants_share_their_documents, 1, 2),
    Fault("voids-are-not-awaited", voids_are_not_awaited, 8, 2),
    Fault("half-a-batch", a_batch_is_committed_in_two_halves, 4, 2),
]
MORE_FAULTS = [
    Fault("a-voiding-is-voided", a_voiding_is_voided, 9, 2),
    Fault("pages-overlap", pages_overlap, 6, 4),
    Fault("late-targets-are-forgotten", late_targets_are_forgotten, 4, 2),
    Fault("promises-are-forgotten", promises_are_forgotten_in_a_crash, 11, 5),
    Fault("answers-are-exchanged", answers_of_a_group_are_exchanged, 1, 2),
]
"""They take longer to find or to shorten."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "fault",
    [
        *(pytest.param(fault, id=fault.name) for fault in FAULTS),
        *(pytest.param(fault, id=fault.name, marks=pytest.mark.journey) for fault in MORE_FAULTS),
    ],
)
def test_a_planted_fault_is_found_and_shortened_and_found_again(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        fault.plant(patch)
        found = next(failures(fault.first), None)
        assert found is not None, f"none of {ENOUGH} histories notices it"
        again = played(drawn_from(found.history.seed, SQLITE), str)
    assert again is not None, "the seed does not play it again"
    assert len(found.history.script) <= fault.steps, str(found)
    assert f"PROWESS_HISTORY_SEED={found.history.seed}" in str(found)
    assert played(drawn_from(found.history.seed, SQLITE), str) is None, "it fails without the fault too"


def failures(first: int) -> Iterator[Failure]:
    for seed in range(first, first + ENOUGH):
        failure = failure_of(drawn_from(seed, SQLITE), str)
        if failure is not None:
            yield failure
