"""A real store, real HTTP and a stand-in LMS; time stands still until a test moves it, and chance is what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import insert

from connectors.composition import outbox_of, registry_of
from connectors.deliveries import DeliveryWriter
from connectors.outbox import Delivery, Outbox
from connectors.plugin import plugin
from connectors.sender import Sender
from connectors.standin import StandIn
from lrs.clock import SECOND, ManualClock
from lrs.config import load_settings
from lrs.feed.items import OURS
from lrs.ids import SeededIds
from lrs.migrate import migrate
from lrs.people import tables as people
from lrs.prowess import Prowess
from lrs.store.statements import Intake
from lrs.xapi.actors import ifi_text
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from rules.vocabulary import DECISION_EXTENSION
from tests.servers import sqlite_at

NOON = 1_795_521_600 * SECOND  # 2026-11-24T12:00:00Z
TOKEN = "canary-moodle-token-5f1c"
HOOK_SECRET = "canary-webhook-secret-77aa"

CONFIG = """
database: {{url: "{database}"}}
connectors:
  systems:
    - name: moodle-hq
      kind: moodle
      url: {url}
      token: ${{MOODLE_TOKEN}}
      allow_http: true
      allow_private: true
      timeout: 2
      programs:
        forklift: {{course: 2, close_after_days: 0, grade: {{component: mod_assign, cmid: 8, lost: 0}}}}
        ladder: {{course: 3}}
    - name: hr
      kind: webhook
      url: {url}/webhook
      secret: ${{HOOK_SECRET}}
      allow_http: true
      allow_private: true
      timeout: 2
"""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def standin(clock: ManualClock) -> Iterator[StandIn]:
    with StandIn(token=TOKEN, webhook_secret=HOOK_SECRET, clock=clock) as running:
        yield running


@dataclass
class House:
    """A Prowess with two connected systems, worked by hand."""

    prowess: Prowess
    standin: StandIn
    clock: ManualClock
    chance: list[float] = field(default_factory=lambda: [0.5])
    count: int = 0

    def __post_init__(self) -> None:
        self.outbox: Outbox = outbox_of(self.prowess)
        self.writer = DeliveryWriter(self.outbox, registry_of(self.prowess), self.clock)
        self.sender = self.new_sender()

    def new_sender(self) -> Sender:
        """Another worker, or the same one after a restart."""
        return Sender(self.outbox, registry_of(self.prowess), self.clock, randomness=lambda: self.chance[0])

    def emit(self, transition: str, person: str = "emp-0001", program: str = "forklift", **told: Any) -> UUID:
        """Record a decision statement as the rules do."""
        self.count += 1
        statement_id = uuid5(UUID(int=7), f"{self.count}")
        body = json.dumps(statement(statement_id, transition, person, program, **told)).encode()
        credential = self.prowess.credentials.own("prowess")
        batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=self.prowess.ids.uuid)
        intake = Intake(1, credential.id, batch.statements, Version.V2_0, origin=OURS)
        assert self.prowess.statements.record(intake) == 1
        return statement_id

    def follow(self) -> None:
        while self.prowess.feed.step(self.writer):
            pass

    def send(self) -> None:
        while self.sender.run():
            pass

    def work(self) -> None:
        self.follow()
        self.send()

    def deliveries(self, connector: str) -> list[Delivery]:
        return [one for one in reversed(self.outbox.list(None, 1000)) if one.connector == connector]

    def only(self, connector: str = "moodle-hq") -> Delivery:
        (one,) = self.deliveries(connector)
        return one

    def seen(self) -> dict[str, Any]:
        return self.standin.world.state()

    def fault(self, kind: str, **values: Any) -> None:
        self.standin.faults.add({"kind": kind, **values})

    def person(self, person_id: str, *, email: str | None = None, **actor: Any) -> None:
        """Make somebody known, with an identifier if one is given."""
        common = {"tenant_id": 1, "person_id": person_id, "known_from": self.clock.now()}
        text = ifi_text(actor) or ""

        def write(conn: Any) -> None:
            conn.execute(insert(people.person).values(**common, name=person_id, email=email))
            if actor:
                agent = uuid5(UUID(int=1), text).bytes
                conn.execute(insert(people.identity_link).values(**common, agent=agent, ifi=text))

        self.prowess.database.write(write)


def statement(statement_id: UUID, transition: str, person: str, program: str, **told: Any) -> dict[str, Any]:
    dates = dict.fromkeys(("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until"))
    decision = {
        "transition": transition,
        "person": person,
        "program": program,
        "version": 4,
        "assignment": "required",
        "award": "none",
        **dates,
        "score": None,
        **told,
    }
    return {
        "id": str(statement_id),
        "actor": {"account": {"homePage": "https://prowess.example/people", "name": person}},
        "verb": {"id": f"https://w3id.org/prowess/xapi/verbs/{transition}"},
        "object": {
            "id": f"https://prowess.example/programs/{program}",
            "definition": {"name": {"en": f"The {program} program"}},
        },
        "context": {"extensions": {DECISION_EXTENSION: decision}},
        "timestamp": "2026-11-24T11:59:00.000Z",
    }


@pytest.fixture
def open_house(tmp_path: Path, standin: StandIn, clock: ManualClock) -> Iterator[Callable[..., House]]:
    """Open a Prowess on a database; every one is closed when the test ends."""
    opened: list[Prowess] = []

    def start(database: str | None = None, config: str = CONFIG) -> House:
        path = tmp_path / "config.yaml"
        path.write_text(config.format(database=database or sqlite_at(tmp_path / "store.db"), url=standin.url))
        environ = {"MOODLE_TOKEN": TOKEN, "HOOK_SECRET": HOOK_SECRET}
        settings = load_settings(path, environ=environ, sections={"connectors": plugin.settings})
        prowess = Prowess(settings, (plugin,), clock, SeededIds(1))
        opened.append(prowess)
        migrate(prowess.database, prowess.plugins)
        return House(prowess, standin, clock)

    yield start
    for prowess in opened:
        registry_of(prowess).close()
        prowess.close()


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    return open_house()


@pytest.fixture
def house_anywhere(open_house: Callable[..., House], database_url: str) -> House:
    """The same, once on SQLite and once on PostgreSQL."""
    return open_house(database_url)
