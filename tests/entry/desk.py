"""A store with people, activities and accounts, where something can be entered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.people.roster import roster_from
from lrs.prowess import Prowess, installed_plugins
from lrs.web.accounts import create_account
from rules.published.composition import published_of
from rules.published.store import Source
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"
NOW = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)

PEOPLE = """
sites: {hq: {timezone: Europe/London}}
people:
  - {id: ada, name: Ada Byron, email: ada@example.org, positions: [{from: 2025-01-06, job: operator, site: hq, managers: [grace]}]}
  - {id: bob, name: Bob Noyce, email: bob@example.org, positions: [{from: 2025-01-06, job: operator, site: hq, managers: [grace]}]}
  - {id: grace, name: Grace Hopper, email: grace@example.org, positions: [{from: 2024-03-01, job: team-lead, site: hq, managers: [mary]}]}
  - {id: mary, name: Mary Shaw, email: mary@example.org, positions: [{from: 2024-03-01, job: head, site: hq}]}
  - {id: olga, name: Olga Tufnell, email: olga@example.org, positions: [{from: 2024-03-01, job: evaluator, site: hq}]}
  - {id: nemo, name: Nemo}
  - {id: gone, name: Gone Already, email: gone@example.org, left_on: 2026-01-31, positions: [{from: 2024-03-01, to: 2026-01-31, job: operator}]}
"""

PROGRAMS = """
kind: certification
id: forklift
title: Forklift
version: 1
effective: 2025-01-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D}
require: {all: [{id: exam, passed: exam}]}
valid: {for: P1Y}
---
kind: certification
id: yard
title: Yard lead
version: 1
effective: 2025-01-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D}
require:
  all:
    - {id: practical, signed_off: practical, rubric: {items: all, critical: [pedestrian-stop]}, by: {not: [self]}}
    - {id: talk, attended: toolbox-talk}
    - {id: asked, responded: toolbox-talk}
    - {id: safe, kpi: near-misses, max: 5}
    - {id: pit, credential: pit-operator, issuer: Pit Board}
    - {id: units, credits: {type: CEU, min: 0.2}}
waive: {by: [team-lead]}
valid: {for: P1Y}
---
{kind: activity, id: exam, title: Exam, iris: ["https://lms.example/exam"]}
---
kind: activity
id: practical
title: Practical checklist
iris: ["https://lms.example/practical"]
rubric: {load-centre: Keeps the load centre low, pedestrian-stop: Stops for pedestrians, horn: Sounds the horn at corners}
---
{kind: activity, id: toolbox-talk, title: Toolbox talk, iris: ["https://lms.example/talk"]}
---
{kind: activity, id: near-misses, title: Near misses, iris: ["https://lms.example/near-misses"]}
---
{kind: activity, id: pit-operator, title: Pit operator, iris: ["https://lms.example/pit-operator"]}
---
{kind: activity, id: only-moodle, title: Only in Moodle, iris: [{iri: "https://lms.example/7", source: moodle}]}
---
{kind: source, id: moodle, match: {credential: moodle}}
"""

ACCOUNTS = {"ada": "member", "grace": "member", "mary": "analyst", "olga": "observer", "gone": "observer"}
"""Sign-ins of people; `root` is an administrator who is nobody of them, `stray` a member who is nobody either."""


@dataclass
class Office:
    """The store, and what was entered in it."""

    served: Served

    def browser(self, name: str) -> Browser:
        browser = Browser(self.served.url)
        assert browser.sign_in(name, PASSWORD).status_code == 303
        return browser

    def statements(self, **parameters: str) -> list[dict[str, Any]]:
        """What `/xapi/statements` gives a client, oldest first."""
        with self.served.session() as session:
            answer = session.get(
                f"{self.served.xapi}/statements", params={"ascending": "true", **parameters}, timeout=20
            )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["statements"])


def open_office(
    serve: Callable[..., Served], url: str, programs: str = PROGRAMS, *, now: datetime = NOW, **environment: str
) -> Office:
    """A store without anybody who works behind the requests."""
    office = open_furnished(serve, url, now=now, **environment)
    furnish(office.served.prowess, programs)
    return office


def open_furnished(serve: Callable[..., Served], url: str, *, now: datetime = NOW, **environment: str) -> Office:
    """The same, of a store that has its people, programs and sign-ins."""
    return Office(serve(url, installed_plugins(), clock=ManualClock(now), PROWESS_RUNNER_KIND="none", **environment))


@contextmanager
def store_at(url: str) -> Iterator[Prowess]:
    """The store of an office before anybody serves it."""
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    environ = {"PROWESS_DATABASE_URL": url, "PROWESS_RUNNER_KIND": "none"}
    with Prowess(load_settings(None, environ=environ, sections=sections), plugins, ManualClock(NOW)) as prowess:
        yield prowess


def office_template(url: str) -> None:
    """What `office` and `each_office` begin with."""
    with store_at(url) as prowess:
        furnish(prowess)


def furnish(prowess: Prowess, programs: str = PROGRAMS) -> None:
    """People, programs and sign-ins."""
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    prowess.people.record(roster_from(document))
    published_of(prowess).apply([Source("programs.yaml", programs)])
    for name, role in ACCOUNTS.items():
        create_account(prowess, name, PASSWORD, role, person=name)
    create_account(prowess, "root", PASSWORD, "admin")
    create_account(prowess, "stray", PASSWORD, "member")


def fill_in(browser: Browser, path: str, to: str | None = None, **fields: Any) -> requests.Response:
    """Open a page and send its form, with what its hidden fields hold."""
    page = browser.page(path)
    assert page.faults == []
    hidden = {one["name"]: one["value"] for one in page.all("input") if one.get("type") == "hidden"}
    return browser.post(to or path.partition("?")[0], **{**hidden, **fields})


def sound(text: str) -> Page:
    """A page that has nothing it must not have."""
    page = Page(text)
    assert page.faults == []
    assert len(page.all("h1")) == 1
    labels = {one["for"] for one in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for control in page.all(tag):
            assert control.get("type") == "hidden" or control.get("id") in labels, control
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    return page


def database_in(directory: Path) -> str:
    return sqlite_at(directory / "store.db")
