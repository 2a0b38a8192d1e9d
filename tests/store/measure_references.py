"""How long late targets hold the sequencer: `python -m tests.store.measure_references DATABASE_URL [HOW_MANY]`.

The database has to be empty.  Shown for each case: the commit that brings the late target, the longest slice of the work
left over, how many slices, and a page of the answer before and after they ran.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any, NamedTuple
from uuid import uuid4

from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.store import references
from lrs.store.search import Filter, Search
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.store.sending import reference, statement

BATCH = 1_000


def main() -> None:
    url, many = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    prowess = Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url, "PROWESS_RUNNER_KIND": "none"}))
    migrate(prowess.database, prowess.plugins)
    print(f"{prowess.database.dialect.name}, {many:,} referrers")  # noqa: T201
    for name, case in CASES.items():
        measure(prowess, name, *case(f"https://x.example/{name.replace(' ', '-')}", many))
    prowess.close()


def fan_in(verb: str, many: int) -> tuple[list[Any], list[Any]]:
    late = statement(verb={"id": verb})
    return [reference(late["id"]) for _ in range(many)], [late]


def chain(verb: str, many: int, own: Callable[[int], dict[str, Any]] = lambda _: {}) -> tuple[list[Any], list[Any]]:
    links = [statement(verb={"id": verb})]
    for number in range(many):
        links.append(reference(links[-1]["id"], **own(number)))
    return links[1:], links[:1]


def distinct(verb: str, many: int) -> tuple[list[Any], list[Any]]:
    return chain(verb, many, lambda number: {"actor": {"mbox": f"mailto:{uuid4().hex}-{number}@x.example"}})


def newest_first(verb: str, many: int) -> tuple[list[Any], list[Any]]:
    early, late = chain(verb, many)
    return early[::-1], late


CASES: dict[str, Callable[[str, int], tuple[list[Any], list[Any]]]] = {
    "fan-in": fan_in,
    "chain": chain,
    "chain sent backwards": newest_first,
    "chain of distinct actors": distinct,
}


def measure(prowess: Prowess, name: str, early: list[Any], late: list[Any]) -> None:
    verb = late[0]["verb"]["id"]
    with Held(prowess) as intake:
        for start in range(0, len(early), BATCH):
            record(prowess, early[start : start + BATCH])
    early_slices = drained(prowess)
    with Held(prowess) as commit:
        record(prowess, late)
    before = page(prowess, verb)
    slices = drained(prowess)
    after = page(prowess, verb)
    print(  # noqa: T201
        f"{name}\n  commits of {BATCH}: {told(intake)}\n  their slices: {told(early_slices)}"
        f"\n  late target: {told(commit)}\n  its slices: {told(slices)}"
        f"\n  a page while waiting: {before[0]:.1f} ms, {before[1]} in all; after: {after[0]:.1f} ms, {after[1]} in all",
        flush=True,
    )


class Took(NamedTuple):
    """Milliseconds by the clock on the wall, and of them those that this thread computed (a busy machine tells less)."""

    wall: float
    busy: float


class Held:
    """Milliseconds of each writing transaction inside the block."""

    def __init__(self, prowess: Prowess) -> None:
        self._database: Any = prowess.database
        self._turns: Any = prowess.database._turns
        self._transact = prowess.database._transact
        self.took: list[Took] = []

    def __enter__(self) -> list[Took]:
        self._put(self._timed)
        return self.took

    def __exit__(self, *_: object) -> None:
        self._put(self._transact)

    def _put(self, transact: Any) -> None:
        self._database._transact = transact
        if self._turns is not None:
            self._turns._transact = transact

    def _timed(self, work: Any) -> Any:
        began, busy = perf_counter(), thread_time()
        try:
            return self._transact(work)
        finally:
            self.took.append(Took((perf_counter() - began) * 1000, (thread_time() - busy) * 1000))


def drained(prowess: Prowess) -> list[Took]:
    database = prowess.database
    with Held(prowess) as took:
        while references.is_waiting(database):
            database.write(lambda conn: references.drain(conn, database.dialect))
    return took


def page(prowess: Prowess, verb: str) -> tuple[float, int]:
    """Milliseconds of the first page, and how many there are in all."""
    search = Search(1, (Filter("verb", verb),), limit=100)
    began = perf_counter()
    prowess.reader.search(search)
    took = (perf_counter() - began) * 1000
    return took, len(prowess.reader.search(Search(1, (Filter("verb", verb),), limit=1_000_000)))


def record(prowess: Prowess, sent: list[Any]) -> None:
    authority = {"mbox": "mailto:a@b.example"}
    batch = prepare(json.dumps(sent).encode(), version=Version.V1_0_3, authority=authority, new_id=uuid4)
    prowess.statements.record(Intake(1, 1, batch.statements, Version.V1_0_3))


def told(took: list[Took]) -> str:
    if not took:
        return "none"
    walls, busy = sorted(one.wall for one in took), sorted(one.busy for one in took)
    half = len(took) // 2
    shown = f"median {walls[half]:.0f} ms ({busy[half]:.0f} busy), max {walls[-1]:.0f} ({busy[-1]:.0f} busy)"
    return f"{len(took)}: {shown}, together {sum(walls) / 1000:.1f} s"


if __name__ == "__main__":
    main()
