"""Walls between tenants and between keys (D-11, reliability 21): whatever is done, a canary is seen by those alone who may.

Every key puts a text of its own into everything it sends.  After random operations of many keys in two tenants, every
byte that a key was answered is searched for the texts it may not see, and every statement id for those it may not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lrs.store.tenants import ensure_tenant
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.store.sending import ADL, reference, statement, void

SHARED = "https://x.example/course"


@dataclass(eq=False)
class Actor:
    """A key, what it planted, and whose texts it may see."""

    who: Asker
    tenant: int
    reads: str
    parent: Actor | None = None
    """The key that launched it, whose own its statements are."""
    canary: str = field(default_factory=lambda: f"canary{uuid4().hex}")
    ids: list[str] = field(default_factory=list)

    @property
    def agent(self) -> dict[str, Any]:
        return {"account": {"homePage": "https://x.example", "name": self.canary}}

    def may_see(self, other: Actor) -> bool:
        return self in {other, other.parent} or (self.reads == "tenant" and other.tenant == self.tenant)


KINDS: dict[str, tuple[list[str], str]] = {
    "all": (["all"], "tenant"),
    "reader": (["statements/write", "statements/read"], "tenant"),
    "mine": (["statements/write", "statements/read/mine"], "own"),
    "voider": (["statements/write", "statements/read/mine", "void"], "own"),
    "writer": (["statements/write"], "own"),
    "lms": (["launch", "statements/read/mine", "statements/write"], "own"),
}


class World:
    """Two tenants, each with one key of every kind and a launch."""

    def __init__(self, served: Served, random: Random) -> None:
        self.random = random
        self.actors: list[Actor] = []
        self.seen: list[tuple[Actor, str, str]] = []
        for _ in range(2):
            tenant = ensure_tenant(served.prowess.database, f"t{uuid4().hex}")
            for name, (scopes, reads) in KINDS.items():
                who = asker(served, scopes, tenant_id=tenant, bad_statements=random.choice(["refuse", "quarantine"]))
                self.actors.append(Actor(who, tenant, reads))
                if name == "lms":
                    self.actors.append(self._launched(served, self.actors[-1], tenant))

    def _launched(self, served: Served, lms: Actor, tenant: int) -> Actor:
        made = Actor(lms.who, tenant, "own", lms)
        body = {"actor": made.agent, "activity": SHARED}
        launched = lms.who.api("POST", "launches", body).json()
        made.who = Asker(served, launched["key"], launched["secret"])
        return made

    def answered(self, actor: Actor, answer: Any) -> Any:
        text = answer.text + json.dumps(dict(answer.headers))
        self.seen.append((actor, f"{answer.request.method} {answer.request.url}", text))
        return answer

    def some_id(self) -> str:
        """Of anybody's statement, as somebody may have guessed or heard it."""
        return self.random.choice([id_ for actor in self.actors for id_ in actor.ids] or [str(uuid4())])

    def made(self, actor: Actor, **changes: Any) -> dict[str, Any]:
        made = statement(
            actor=actor.agent,
            object={"id": SHARED, "definition": {"name": {"en": actor.canary}}},
            result={"response": actor.canary},
            **changes,
        )
        actor.ids.append(made["id"])
        return made

    # What they do

    def write(self, actor: Actor) -> None:
        self.answered(actor, actor.who.post([self.made(actor) for _ in range(self.random.randint(1, 3))]))

    def write_badly(self, actor: Actor) -> None:
        self.answered(actor, actor.who.post([self.made(actor), self.made(actor, verb={"id": actor.canary})]))

    def overwrite(self, actor: Actor) -> None:
        """Send other content under somebody's id."""
        body = statement(self.some_id(), actor=actor.agent, result={"response": actor.canary})
        parameters = {"statementId": body["id"]}
        answer = self.answered(actor, actor.who.ask("PUT", "/xapi/statements", params=parameters, json=body))
        if answer.status_code == 204:  # nobody in this tenant has it: the id is this key's now
            actor.ids.append(body["id"])

    def refer(self, actor: Actor) -> None:
        made = reference(self.some_id(), actor=actor.agent, result={"response": actor.canary})
        actor.ids.append(made["id"])
        self.answered(actor, actor.who.post(made))

    def void(self, actor: Actor) -> None:
        made = {**void(self.some_id()), "actor": actor.agent}
        actor.ids.append(made["id"])
        self.answered(actor, actor.who.post(made))

    def ask_by_id(self, actor: Actor) -> None:
        name = self.random.choice(["statementId", "voidedStatementId"])
        method = self.random.choice(["GET", "HEAD"])
        parameters = {name: self.some_id(), "format": self.random.choice(["exact", "ids", "canonical"])}
        self.answered(actor, actor.who.ask(method, "/xapi/statements", params=parameters))

    def ask(self, actor: Actor) -> None:
        """A list with any filters, and whatever its more links lead to, for whoever gets hold of them."""
        filters = {
            "agent": json.dumps(self.random.choice(self.actors).agent),
            "activity": SHARED,
            "verb": f"{ADL}experienced",
            "related_agents": "true",
            "related_activities": "true",
            "ascending": "true",
            "format": self.random.choice(["exact", "ids", "canonical"]),
        }
        chosen = {name: filters[name] for name in self.random.sample(sorted(filters), self.random.randint(0, 3))}
        answer = self.answered(actor, actor.who.get(limit=self.random.randint(1, 4), **chosen))
        if answer.status_code == 200 and answer.json()["more"]:
            finder = self.random.choice(self.actors)
            self.answered(finder, finder.who.ask("GET", answer.json()["more"]))
            self.answered(actor, actor.who.ask("GET", answer.json()["more"]))

    def measure(self, actor: Actor) -> None:
        """The size that HEAD tells is that of what the same key gets."""
        head = actor.who.ask("HEAD", "/xapi/statements")
        body = self.answered(actor, actor.who.get())
        if body.status_code == 200:
            assert head.headers["Content-Length"] == body.headers["Content-Length"]

    def administer(self, actor: Actor) -> None:
        for path in ("keys", "quarantine?state=all"):
            answer = self.answered(actor, actor.who.api("GET", path))
            if answer.status_code == 200:
                for entry in answer.json().get("entries", []):
                    self.answered(actor, actor.who.api("GET", f"quarantine/{entry['id']}"))

    # What must hold

    def check(self) -> None:
        for actor, asked, text in self.seen:
            for other in self.actors:
                if not actor.may_see(other):
                    assert other.canary not in text.replace(asked, ""), (actor.canary, asked)
        for actor in self.actors:
            known = {id_ for other in self.actors if actor.may_see(other) for id_ in other.ids}
            answer = actor.who.get()
            if answer.status_code == 200:
                assert {one["id"] for one in answer.json()["statements"]} <= known


OPERATIONS = ("write", "write_badly", "overwrite", "refer", "void", "ask_by_id", "ask", "measure", "administer")


@pytest.mark.journey
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a failure names the key and its request; making it smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 13)), min_size=15, max_size=60),
)
def test_d_11_no_canary_is_ever_seen_by_those_who_may_not(
    shared: Served, seed: int, steps: list[tuple[str, int]]
) -> None:
    world = World(shared, Random(seed))
    for actor in world.actors:
        world.write(actor)
    for operation, number in steps:
        getattr(world, operation)(world.actors[number % len(world.actors)])
    world.check()


def test_the_search_for_canaries_finds_one(shared: Served) -> None:
    """The property could not fail if nobody ever saw any: those who may, do."""
    world = World(shared, Random(1))
    for actor in world.actors:
        world.write(actor)
    reader = next(actor for actor in world.actors if actor.reads == "tenant")
    text = world.answered(reader, reader.who.get()).text
    neighbours = [actor for actor in world.actors if actor.tenant == reader.tenant]
    assert len(neighbours) > 5
    assert all(actor.canary in text for actor in neighbours)
