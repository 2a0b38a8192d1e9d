"""Whatever order things come in, the store answers as the definition says, and paging misses and repeats nothing.

Few runs here; `make properties` makes a thousand of each on both databases.  A failure prints the seed:
`PROWESS_PROPERTY_SEED=… make properties` plays it again, PROWESS_PROPERTY_RUNS says how many runs.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from lrs.store import inheritance, references
from tests.conftest import Served
from tests.store.model import Model
from tests.store.sending import Client, ids
from tests.store.worlds import asked, drawn, found_by, parameters, pool, single_questions

Serve = Callable[..., Served]

RUNS = int(os.environ.get("PROWESS_PROPERTY_RUNS", "8"))
SEED = int(os.environ.get("PROWESS_PROPERTY_SEED", "1"))
PATIENCE = 60 + 4 * RUNS
TURNS = 4

_tenants = itertools.count(100)


BOUNDS: dict[tuple[ModuleType, str], list[int]] = {
    (inheritance, "MOST"): [3, 8, 100],
    (inheritance, "MOST_KEYS"): [9, 5, 256],
    (inheritance, "MOST_LINKS"): [3, 1, 500],
    (inheritance, "MOST_READ"): [12, 1, 8_000],
    (inheritance, "_CHUNK"): [2, 1, 128],
    (references, "MOST_TARGETS"): [2, 1, 100],
}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small worlds meet all the time; whoever changes them further is undone as well."""
    for (module, name), values in BOUNDS.items():
        monkeypatch.setattr(module, name, values[0])


def fresh_client(served: Served, tenant_id: int, scope: str = "all") -> Client:
    """Somebody in a tenant of one's own."""
    scopes = [scope, "statements/write", "void"]
    credential, secret = served.prowess.credentials.create(uuid4().hex, scopes, tenant_id=tenant_id)
    return Client(Served(served.url, served.app, served.prowess, credential.key, str(secret)))


class Orders(RuleBasedStateMachine):
    """Posts, references, voids and late targets in any order, drained at any moment, asked in between."""

    served: Served
    ids = pool(14)

    def __init__(self) -> None:
        super().__init__()
        self.tenant_id = next(_tenants)
        self.everybody = fresh_client(self.served, self.tenant_id)
        self.one = fresh_client(self.served, self.tenant_id, "statements/read/mine")
        self.model = Model()
        self.free = list(self.ids)
        self.changes = 0
        self.turn: int | None = None

    @initialize(data=st.data())
    def bound(self, data: st.DataObject) -> None:
        for (module, name), values in BOUNDS.items():
            setattr(module, name, data.draw(st.sampled_from(values)))

    @rule(data=st.data(), size=st.integers(1, 4), mine=st.booleans())
    def post(self, data: st.DataObject, size: int, mine: bool) -> None:
        taken = [self.free.pop(data.draw(st.integers(0, len(self.free) - 1))) for _ in range(min(size, len(self.free)))]
        batch = [drawn(_choice(data), id_, self.ids) for id_ in taken]
        self._send(self.one if mine else self.everybody, batch)

    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        known = [{k: v for k, v in one.items() if k != "authority"} for one in self.model.statements]
        if known:
            self._send(self.everybody, [data.draw(st.sampled_from(known))])

    @rule()
    def drain(self) -> None:
        self._change()
        database = self.served.prowess.database
        database.write(lambda conn: references.drain(conn, database.dialect))

    @rule(data=st.data(), ascending=st.booleans(), limit=st.integers(1, 4), mine=st.booleans())
    def ask(self, data: st.DataObject, ascending: bool, limit: int, mine: bool) -> None:
        question = asked(_choice(data))
        client = self.one if mine else self.everybody
        bounds = self._bounds(data)
        wanted = self.model.search(
            **question,
            **{name: place for name, (place, _) in bounds.items()},
            ascending=ascending,
            authority={"key": client.served.key} if mine else None,
        )
        got = client.found(
            **parameters(question),
            **{name: stored for name, (_, stored) in bounds.items()},
            ascending="true" if ascending else "false",
            limit=limit,
        )
        assert got == wanted, (question, bounds)

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        id_ = data.draw(st.sampled_from(self.ids))
        expected = tuple(200 if self.model.get(id_, voided=voided) else 404 for voided in (False, True))
        assert self.everybody.status(id_) == expected

    @invariant()
    def every_single_filter_finds_what_it_means(self) -> None:
        """After each change another few of them, past HTTP and in one page, because it is asked so often."""
        turn, self.turn = self.turn, None
        for question in itertools.islice(single_questions(), turn, None, TURNS) if turn is not None else ():
            assert found_by(self.served.prowess.reader, self.tenant_id, question) == self.model.search(**question), (
                question
            )

    def teardown(self) -> None:
        """The work that is left over comes to an end, and nobody keeps a connection that the next ones need."""
        for client in (self.everybody, self.one):
            client.session.close()
        for _ in range(1_000):
            if not references.is_waiting(self.served.prowess.database):
                return
            self.drain()
        raise AssertionError("draining does not end")

    def _change(self) -> None:
        self.changes += 1
        self.turn = self.changes % TURNS

    def _send(self, client: Client, batch: Sequence[Any]) -> None:
        answer = client.post(batch)
        assert answer.status_code == 200, answer.text
        assert answer.json() == ids(list(batch))
        self._change()
        self.model.post(batch, {"key": client.served.key})

    def _stored(self, id_: str) -> Any:
        answers = (self.everybody.get(statementId=id_), self.everybody.get(voidedStatementId=id_))
        return next(answer.json() for answer in answers if answer.status_code == 200)

    def _bounds(self, data: st.DataObject) -> dict[str, tuple[int, str]]:
        """Since and until at the moments of statements, in half of the questions."""
        known = self.model.statements
        wanted = data.draw(st.sampled_from([(), (), ("since",), ("until",), ("since", "until")])) if known else ()
        places = {name: data.draw(st.integers(0, len(known) - 1)) for name in wanted}
        return {name: (place, self._stored(known[place]["id"])["stored"]) for name, place in places.items()}


def _choice(data: st.DataObject) -> Callable[[Sequence[Any]], Any]:
    return lambda values: values[data.draw(st.integers(0, len(values) - 1))]


@pytest.mark.journey
@pytest.mark.timeout(PATIENCE)
@pytest.mark.usefixtures("narrow")
def test_every_order_of_references_voids_and_targets_is_answered_as_defined(serve: Serve, database_url: str) -> None:
    served = serve(database_url, PROWESS_RUNNER_KIND="none")
    machine = seed(SEED)(type("Orders", (Orders,), {"served": served}))
    print(f"PROWESS_PROPERTY_SEED={SEED}")  # noqa: T201 - shown when it fails
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


class Written:
    """What several clients send to a tenant: what they have announced, and what was acknowledged, in no order."""

    def __init__(self) -> None:
        self.announced: list[Any] = []
        self.acknowledged: list[Any] = []

    def send(self, client: Client, batch: Sequence[Any]) -> None:
        self.announced += batch
        answer = client.post(batch)
        assert answer.status_code == 200, answer.text
        self.acknowledged += batch


@pytest.mark.journey
@pytest.mark.timeout(PATIENCE)
@pytest.mark.usefixtures("narrow")
def test_paging_under_live_writers_misses_nothing_and_repeats_nothing(serve: Serve, database_url: str) -> None:
    served = serve(database_url)
    print(f"PROWESS_PROPERTY_SEED={SEED}")  # noqa: T201 - shown when it fails
    with ThreadPoolExecutor(WRITERS) as pool_:
        for run in range(RUNS):
            page_while_writing(served, random.Random(f"{SEED} {run}"), pool_, f"run {run} of seed {SEED}")


WRITERS = 3


def page_while_writing(served: Served, rng: random.Random, threads: ThreadPoolExecutor, name: str) -> None:
    """A tenant that three clients fill while a fourth asks the same question until they are done, and once more."""
    tenant_id = next(_tenants)
    world = pool(24)
    rng.shuffle(world)
    written = Written()
    batches = [[drawn(rng.choice, id_, world) for id_ in world[at : at + 2]] for at in range(0, len(world), 2)]
    written.send(fresh_client(served, tenant_id), [one for batch in batches[:3] for one in batch])
    question, ascending, limit = asked(rng.choice), rng.choice(["true", "false"]), rng.randint(1, 7)
    reader = fresh_client(served, tenant_id)

    def write(mine: list[Any]) -> None:
        client = fresh_client(served, tenant_id)
        for batch in mine:
            written.send(client, batch)

    writing = [threads.submit(write, batches[3 + number :: WRITERS]) for number in range(WRITERS)]
    asked_after_the_end = False
    while not asked_after_the_end:
        asked_after_the_end = all(one.done() for one in writing)
        judge(written, reader, question, ascending, limit, name)
    for one in writing:
        one.result(30)


def judge(written: Written, reader: Client, question: Any, ascending: str, limit: int, name: str) -> None:
    """Everything that was there before must come once; what comes must fit; only what is voided may be missing."""
    before = Model(written.acknowledged[:])
    rows: list[Any] = []
    for _, page in reader.pages(**parameters(question), ascending=ascending, limit=limit):
        assert len(page) <= limit, name
        rows += page
    after = Model(written.announced[:])
    got, stored = ids(rows), [one["stored"] for one in rows]
    assert len(set(got)) == len(got), f"{name}: something came twice"
    assert stored == sorted(set(stored), reverse=ascending == "false"), f"{name}: out of order"
    needed = {id_ for id_ in before.search(**question) if after.get(id_)}
    assert needed <= set(got), f"{name}: {question} misses {needed - set(got)}"
    allowed = set(after.search(**question)) | {one["id"] for one in after.statements if after.is_voided(one)}
    assert set(got) <= allowed, f"{name}: {question} does not mean {set(got) - allowed}"
