"""A history: what happens, where, and in which order, all of it drawn from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random

from lrs.failpoints import AFTER_COMMIT, BEFORE_COMMIT
from tests.histories.documents import ACTIVITY_PROFILE, AGENT_PROFILE, JSON, STATE, Condition, Content, Shelf
from tests.histories.play import DATA, Run
from tests.histories.steps import (
    Ask,
    Bound,
    Change,
    Employ,
    Fetch,
    Jump,
    Look,
    Names,
    Publish,
    ReadOn,
    Restart,
    Script,
    Send,
    Steal,
    Step,
    Together,
    Work,
)
from tests.histories.stores import CLIENTS, MIRROR, POSTGRESQL, PROCESS, SQLITE, Fault, opened
from tests.http.attached import attachment
from tests.store.model import VOIDED, Statement
from tests.store.rebuilding import FIRST, SECOND, happening
from tests.store.worlds import ACTIVITIES, AGENTS, REGISTRATIONS, asked, drawn, parameters, pool, single_questions

PLACES = {SQLITE: 189, POSTGRESQL: 10, PROCESS: 1}
"""Where histories are played, of two hundred."""
SENDERS = [number for number in range(len(CLIENTS)) if number not in MIRROR]
WEIGHTS = [5, 3, 2, 3]
POINTS = (BEFORE_COMMIT, AFTER_COMMIT)
TIMESTAMPS = ("2026-03-01T12:00:00.000Z", "2026-03-01T12:00:01Z", None)
DAY = 86_400.0
JUMPS = (0.000001, 0.0004, 0.5, 1.5, 60.0, 3_600.0, 2 * DAY, 200 * DAY, -0.000002, -0.3, -2.0, -3_600.0, -3 * DAY)
NAMES = ("bookmark", "na/me ü?")
CONTENTS = (
    Content(JSON, b'{"a":1,"b":[2]}'),
    Content(JSON, b'{"b":null,"c":{"d":1.50}}'),
    Content(JSON, b"[1]"),
    Content(JSON, b'{"a":'),
    Content("text/plain", b"words"),
    Content("application/octet-stream", b"\x00\xff"),
)


@dataclass(frozen=True)
class History:
    """A seed and what follows from it."""

    seed: int
    place: str
    has_rules: bool
    script: Script
    order: int

    def play(self, postgres: Callable[[], str]) -> None:
        """Raises AssertionError, or whatever broke, when the store and the model do not agree."""
        with opened(self.place, self.seed, postgres, has_rules=self.has_rules) as store:
            run = Run(store)
            for step in self.script:
                step.play(run)
            run.check(self.order)


def drawn_from(seed: int, place: str | None = None) -> History:
    """The history of a seed.  place: where to play it instead of where the seed says."""
    random = Random(seed)
    has_rules, order = _head(random)
    steps = random.randint(4, 32)
    drawing = Drawing(random, has_rules=has_rules)
    script = [*drawing.beginning(), *(drawing.step() for _ in range(steps))]
    return History(seed, place or _place(order), has_rules, script, order)


def place_of(seed: int) -> str:
    """Where the history of a seed is played."""
    return _place(_head(Random(seed))[1])


def _head(random: Random) -> tuple[bool, int]:
    """Whether there are rules, and a number for all that is chosen outside the script."""
    return random.random() < 0.15, random.getrandbits(32)


def _place(order: int) -> str:
    return [place for place, share in PLACES.items() for _ in range(share)][order % sum(PLACES.values())]


class Drawing:
    """Draws one step after the other; it knows what was drawn before, and nothing of how it was answered."""

    def __init__(self, random: Random, *, has_rules: bool) -> None:
        self._random = random
        self._ids = pool(random.choice((8, 16, 32)))
        self._told: list[Statement] = []
        self._readers = 0
        self._has_rules = has_rules
        self._kinds: dict[Callable[[], Step], int] = {
            self._send: 30,
            self._together: 4,
            self._ask: 16,
            self._read_on: 12,
            self._steal: 1,
            self._look: 8,
            self._change: 12,
            self._fetch: 4,
            self._names: 3,
            self._work: 12 if has_rules else 4,
            self._jump: 10,
            self._restart: 2,
            self._administer: 6 if has_rules else 0,
        }

    def beginning(self) -> Iterator[Step]:
        """Something to ask about, and mostly an office to decide for."""
        if self._has_rules and self._random.random() < 0.8:
            yield Publish(FIRST)
            yield Employ("joan")
        yield Send(0, self._batch(self._random.randint(2, 8)))

    def step(self) -> Step:
        (draw,) = self._random.choices([*self._kinds], [*self._kinds.values()])
        return draw()

    def _client(self) -> int:
        return self._random.choices(SENDERS, WEIGHTS)[0]

    def _fault(self, chance: float) -> Fault | None:
        if self._random.random() >= chance:
            return None
        return Fault(self._random.choice(POINTS), self._random.choice((1, 1, 1, 2, 3)))

    # Statements

    def _send(self) -> Send:
        chance, random = self._random.random, self._random
        how = random.choices(("batch", "one", "put"), (5, 3, 2))[0]
        batch = self._batch(random.choice((1, 2, 3, 5)) if how == "batch" else 1)
        if how == "put" or chance() < 0.9:
            batch = tuple(one if "id" in one else {**one, "id": self._id()} for one in batch)
        with_data = any("attachments" in one for one in batch) and chance() < 0.9
        fault = self._fault(0.1) if all("id" in one for one in batch) else None
        if fault and not with_data:
            fault = fault._replace(nth=1)
        times = random.choice((1, 1, 1, 2, 3)) + (1 if fault and chance() < 0.7 else 0)
        return Send(self._client(), batch, how, with_data, times, fault)

    def _batch(self, size: int) -> tuple[Statement, ...]:
        """Statements whose ids differ, nearly always."""
        batch: dict[str, Statement] = {}
        for number in range(size):
            one = self._statement()
            batch.setdefault(one.get("id", str(number)), one)
        repeated = [self._random.choice([*batch.values()])] if size > 1 and self._random.random() < 0.05 else []
        return (*batch.values(), *repeated)

    def _together(self) -> Together:
        sends = [replace(self._send(), with_data=False, times=1, fault=None) for _ in range(self._random.randint(2, 4))]
        return Together(tuple(sends))

    def _statement(self) -> Statement:
        """New, told before, or told before in other words; rarely one that is not valid."""
        chance, random = self._random.random, self._random
        if self._told and chance() < 0.3:
            return self._told_again(random.choice(self._told))
        id_ = self._id()
        made = happening(random) if self._has_rules and chance() < 0.5 else drawn(random.choice, id_, self._ids)
        made["id"] = id_
        if chance() < 0.15:
            made = {**made, "verb": {"id": VOIDED}, "object": {"objectType": "StatementRef", "id": self._id(0.3)}}
            made.pop("result", None)
        if chance() < 0.3:
            made = self._dated(made)
        if chance() < 0.08:
            made["attachments"] = [attachment(random.choice([*DATA.values()])) for _ in range(random.randint(1, 2))]
        if chance() < 0.02:
            del made["actor"]
        self._told.append(made)
        if chance() < 0.1:
            made = {key: value for key, value in made.items() if key != "id"}
        return made

    def _id(self, new: float = 0.8) -> str:
        """An id, mostly one under which nothing was told yet; new: how often that is."""
        told = {one["id"] for one in self._told}
        untold = [id_ for id_ in self._ids if id_ not in told]
        return self._random.choice(untold if untold and self._random.random() < new else self._ids)

    def _told_again(self, one: Statement) -> Statement:
        """The same, mostly; else with another date, another name of its verb, or with other content."""
        how = self._random.random()
        if how < 0.5:
            return one
        if how < 0.7:
            return self._dated(one)
        if how < 0.85:
            return {**one, "verb": {**one["verb"], "display": {"en": self._random.choice(("did", "has done"))}}}
        return {**one, "result": {"response": self._random.choice(("yes", "no"))}}

    def _dated(self, one: Statement) -> Statement:
        moment = self._random.choice(TIMESTAMPS)
        rest = {key: value for key, value in one.items() if key != "timestamp"}
        return {**rest, "timestamp": moment} if moment else rest

    # Questions

    def _ask(self) -> Ask:
        random, self._readers = self._random, self._readers + 1
        return Ask(
            self._client(),
            self._readers,
            random.choices(({}, random.choice([*single_questions()]), asked(random.choice)), (4, 3, 3))[0],
            ascending=random.random() < 0.5,
            limit=random.choice((0, 1, 1, 2, 3, 5)),
            since=self._bound(),
            until=self._bound(),
            with_data=random.random() < 0.1,
        )

    def _bound(self) -> Bound | None:
        if self._random.random() < 0.7:
            return None
        return Bound(self._random.choice(("stored", "mark")), self._random.randrange(100))

    def _read_on(self) -> ReadOn:
        return ReadOn(max(1, self._readers - self._random.choice((0, 0, 0, 1, 1, 2, 3))))

    def _steal(self) -> Steal:
        return Steal(self._client(), max(1, self._readers))

    def _look(self) -> Look:
        return Look(self._client(), self._random.choice(self._ids))

    # Documents

    def _shelf(self) -> Shelf:
        choice = self._random.choice
        resource = choice((STATE, STATE, AGENT_PROFILE, ACTIVITY_PROFILE))
        return Shelf(
            resource,
            None if resource == AGENT_PROFILE else choice(ACTIVITIES),
            None if resource == ACTIVITY_PROFILE else parameters({"agent": choice(AGENTS[:2])})["agent"],
            choice((None, *REGISTRATIONS)) if resource == STATE else None,
        )

    def _change(self) -> Change:
        random, shelf = self._random, self._shelf()
        method = random.choices(("PUT", "POST", "DELETE"), (5, 4, 2))[0]
        everything = method == "DELETE" and shelf.resource == STATE and random.random() < 0.4
        return Change(
            self._client(),
            method,
            shelf,
            None if everything else random.choice(NAMES),
            None if method == "DELETE" else random.choice(CONTENTS),
            self._condition(),
            fault._replace(nth=1) if (fault := self._fault(0.1)) else None,
        )

    def _condition(self) -> Condition | None:
        if self._random.random() < 0.4:
            return None
        header = self._random.choice(("If-Match", "If-None-Match"))
        return Condition(header, self._random.choice(("*", "current", "else")))

    def _fetch(self) -> Fetch:
        return Fetch(self._client(), self._shelf(), self._random.choice(NAMES), self._random.random() < 0.3)

    def _names(self) -> Names:
        since = self._random.randrange(100) if self._random.random() < 0.5 else None
        return Names(self._client(), self._shelf(), since)

    # Around them

    def _work(self) -> Work:
        return Work(self._fault(0.3))

    def _jump(self) -> Jump:
        return Jump(self._random.choice(JUMPS))

    def _restart(self) -> Restart:
        return Restart(self._random.random() < 0.3)

    def _administer(self) -> Step:
        if self._random.random() < 0.5:
            return Publish(self._random.choice((FIRST, FIRST, SECOND)), self._fault(0.2))
        return Employ(self._random.choice(("joan", "eve")), self._fault(0.2))
