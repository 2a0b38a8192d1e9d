"""A whole installation under a clock that is moved: people, a program with a ladder, and a pigeonhole for the letters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Table, select

from lrs.clock import ManualClock, to_datetime, to_us
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.jobs import LANES
from lrs.mail import MailError, Message
from lrs.migrate import migrate
from lrs.people.roster import roster_from
from lrs.prowess import Prowess, installed_plugins
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from lrs.yaml_door import load
from rules.escalation.tables import consequence, notice
from rules.published.composition import published_of
from rules.published.store import Source
from rules.vocabulary import KEY_NAME

PEOPLE = """
sites: {hq: {timezone: Europe/London}, ny: {timezone: America/New_York}}
people:
  - {id: top, name: Top, email: top@example.org, positions: [{from: 2024-01-01, job: director, site: hq}]}
  - {id: hopper, name: Hopper, email: hopper@example.org, positions: [{from: 2024-01-01, job: head, site: ny, managers: [top]}]}
  - {id: grace, name: Grace Hopper, email: grace@example.org, positions: [{from: 2024-01-01, job: lead, site: hq, managers: [hopper]}]}
  - {id: ada, name: Ada Byron, email: ada@example.org, positions: [{from: 2026-01-28, job: operator, site: hq, managers: [grace]}]}
  - {id: hr, name: Harry, email: hr@example.org, positions: [{from: 2024-01-01, job: hr-partner, site: hq}]}
"""

PROGRAM = """
kind: certification
id: forklift
title: Forklift
version: 1
effective: 2024-01-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P30D}
require: {all: [{id: exam, passed: exam, min_score: 0.80}]}
valid: {for: P1Y}
renew: {window: P60D, grace: P14D, basis: expiry}
escalate: standard
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
---
"""

LADDER = """
kind: escalation
id: standard
calendar: {business_days: GB, quiet: "18:00-08:00"}
catch_up: latest
steps:
  - {at: due-P14D, tell: [learner]}
  - {at: due+P1D, tell: [learner, manager]}
  - {at: due+P7D, tell: [manager, skip-manager], if_missing: next-up}
  - {at: due+P14D, tell: [hr-partner], do: flag-noncompliant}
  - {at: due+P30D, do: restrict-access, approve: hr-partner}
stop_when: [met, waived, withdrawn]
"""

DUE = "2026-02-27"
"""Ada's: a Friday, thirty days after she began."""


@dataclass
class Pigeonhole:
    """A mailer that keeps letters; `refusals` are raised first, one for each letter."""

    letters: list[Message] = field(default_factory=list)
    refusals: list[MailError] = field(default_factory=list)
    is_configured: bool = True

    def send(self, message: Message) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.letters.append(message)

    def told(self) -> list[tuple[str, str]]:
        return [(letter.to.partition("@")[0], letter.subject) for letter in self.letters]


class Office:
    """The installation, and what happens in it."""

    def __init__(self, url: str, start: str, programs: str, public_url: str) -> None:
        environ = {"PROWESS_DATABASE_URL": url, "PROWESS_SERVER_PUBLIC_URL": public_url}
        self.clock = ManualClock(us(start))
        plugins = installed_plugins()
        sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
        settings = load_settings(None, environ=environ, sections=sections)
        self.prowess = Prowess(settings, plugins, self.clock, SeededIds(7))
        migrate(self.prowess.database, self.prowess.plugins)
        self.post = Pigeonhole()
        self.prowess.mail = self.post
        self.people(PEOPLE)
        self.publish(programs)

    def people(self, text: str) -> None:
        """Those in it are exactly so."""
        known = self.prowess.people.roster()
        self.prowess.people.record(roster_from(load(text, "people.yaml")[0], known, whole=True))

    def publish(self, text: str) -> None:
        published_of(self.prowess).apply([Source("programs.yaml", text)])

    def statement(self, person: str = "ada", verb: str = "passed", at: str | None = None, **more: Any) -> str:
        """Somebody did the exam; returns the statement's id."""
        id_ = str(uuid4())
        said = {
            "id": id_,
            "actor": {"mbox": f"mailto:{person}@example.org"},
            "verb": {"id": verb if ":" in verb else f"http://adlnet.gov/expapi/verbs/{verb}"},
            "object": {"id": "https://x.example/exam"},
            "timestamp": at or to_datetime(self.clock.now()).isoformat(),
            **more,
        }
        if verb == "passed":
            said["result"] = {"success": True, "score": {"scaled": 0.9}}
        self._record(said)
        return id_

    def void(self, id_: str) -> None:
        self.statement("grace", "voided", object={"objectType": "StatementRef", "id": id_})

    def _record(self, statement: dict[str, Any]) -> None:
        """Under a key of the LMS; acts of office under our own, which is trusted with them."""
        credential = self.prowess.credentials.own(KEY_NAME if statement.get("context") else "lms")
        batch = prepare(
            json.dumps([statement]).encode(),
            version=Version.V1_0_3,
            authority=credential.authority,
            new_id=self.prowess.ids.uuid,
        )
        self.prowess.statements.record(Intake(1, credential.id, batch.statements, Version.V1_0_3))

    def drain(self) -> None:
        while any([self.prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
            pass

    def until(self, instant: str) -> None:
        """Live until an instant, waking whenever there is something to do."""
        end = us(instant)
        self.drain()
        while True:
            jobs = [job for job in self.prowess.work.jobs if job.name.startswith("rules.")]
            due = [at for job in jobs if (at := job.next_due()) is not None and at > self.clock.now()]
            if not due or min(due) > end:
                break
            self.clock.move(seconds=(min(due) - self.clock.now()) / 1_000_000)
            self.drain()
        self.sleep_until(instant)

    def sleep_until(self, instant: str) -> None:
        """The engine is down until an instant, and then works."""
        self.clock.move(seconds=(us(instant) - self.clock.now()) / 1_000_000)
        self.drain()

    def rows(self, table: Table, **where: Any) -> list[Any]:
        query = select(table).where(*(table.c[name] == value for name, value in where.items()))
        with self.prowess.database.read() as conn:
            return list(conn.execute(query))

    def notices(self) -> list[tuple[str, str, str, str | None]]:
        rows = sorted(self.rows(notice), key=lambda row: (row.planned_at, row.recipient_id))
        return [(row.step, row.recipient_id, row.state, row.reason) for row in rows]

    def consequences(self) -> list[tuple[str, str]]:
        rows = sorted(self.rows(consequence), key=lambda row: row.raised_at)
        return [(row.action, row.state) for row in rows]

    def sent_at(self) -> list[str]:
        rows = sorted(self.rows(notice, state="sent"), key=lambda row: (row.sent_at, row.recipient_id))
        return [f"{row.recipient_id} {to_datetime(row.sent_at):%a %m-%d %H:%M}" for row in rows]


def us(text: str) -> int:
    return to_us(datetime.fromisoformat(text))


@contextmanager
def office_at(
    url: str,
    start: str = "2026-01-28T10:00Z",
    programs: str = PROGRAM + LADDER,
    public_url: str = "http://prowess.example",
) -> Iterator[Office]:
    office = Office(url, start, programs, public_url)
    try:
        yield office
    finally:
        office.prowess.close()
