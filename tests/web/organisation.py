"""A seeded organisation for looking at pages: 60 people, three programs, their history and their statements.

Run it to serve the store and sign in as `ada` with `correct horse battery`:
`python -m tests.web.organisation [--port 8123]`
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from lrs.app import create_app
from lrs.clock import DAY, ManualClock, to_text
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.server import Server
from lrs.store import tables as t
from lrs.web.accounts import create_account
from reports.plugin import plugin as reports_plugin
from rules import tables as r
from tests.reports.rows import FOREVER, Rows, us
from tests.servers import sqlite_at

TODAY = date(2026, 6, 30)
NOON = us(TODAY.isoformat()) + 12 * 3_600_000_000 + 17 * 60_000_000
PASSWORD = "correct horse battery"
FIRST = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "Frances",
    "Ken",
    "Radia",
    "Tim",
    "Margaret",
    "Dennis",
    "Adele",
    "Niklaus",
    "Joan",
    "Leslie",
    "Hedy",
    "Linus",
    "Sophie",
    "Tony",
]
LAST = [
    "Okafor",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Silva",
    "Haddad",
    "Novak",
    "Oyelaran",
    "Petrov",
    "Brandt",
    "Castillo",
    "Iyer",
    "Kowalski",
    "Marsh",
    "Tanaka",
]
UNITS = {"warehouse": "forklift-operator", "line-3": "machine-operator", "dispatch": "yard-lead", "office": "clerk"}
PROGRAMS = {
    "forklift-operator": ("Counterbalance forklift operator", "certification", {"warehouse", "dispatch"}, 365),
    "data-protection": ("Data protection basics", "certification", set(UNITS), 730),
    "ic-first-90": ("New-hire individual contributor", "curriculum", {"line-3", "office"}, None),
}
ACTIVITIES = {
    "forklift-operator": [("forklift/theory", "Forklift theory"), ("forklift/exam", "Forklift theory exam")],
    "data-protection": [("security/phishing", "Recognise phishing"), ("privacy/basics", "Privacy basics")],
    "ic-first-90": [("onboarding/code-of-conduct", "Code of conduct"), ("role/product-101", "Product 101")],
}
BASE = "https://content.example/"


def seed(prowess: Prowess, clock: ManualClock) -> None:
    """Fill an empty store; always with the same rows."""
    random, rows = Random(7), Rows(prowess)
    for name in ("moodle-hq", "game-studio", "badge-reader"):
        prowess.credentials.create(name, ["all"])
    for id_, (title, kind, _, _) in PROGRAMS.items():
        rows.program(id_, title, kind, version=1, current=0)
        rows.program(id_, title, kind, version=2)
        for activity, label in ACTIVITIES[id_]:
            rows.activity(activity, label, BASE + activity)
    rows.add(t.event, seq=us("2024-01-01"), kind="ruleset", ref="seed")
    people = list(_people(random))
    for id_, name, unit, manager in people:
        site = random.choice(["us-1", "us-2", "de-1"])
        rows.person(id_, name, unit=unit, job=UNITS[unit], site=site, manager=manager)
        for program, (_, _, units, valid) in PROGRAMS.items():
            if unit in units:
                _history(rows, random, id_, program, valid)
    _statements(rows, clock, random, people)


def _people(random: Random) -> Iterator[tuple[str, str, str, str | None]]:
    names = random.sample([f"{first} {last}" for first in FIRST for last in LAST], 60)
    bosses: dict[str, str] = {}
    for place, name in enumerate(names):
        unit = list(UNITS)[place % 4]
        id_ = f"p{place + 1:03}"
        yield id_, name, unit, bosses.get(unit)
        bosses.setdefault(unit, id_)


def _history(rows: Rows, random: Random, person: str, program: str, valid: int | None) -> None:
    """From being assigned to where the person stands today, and what time alone will do."""
    hired = TODAY - timedelta(days=random.randint(20, 700))
    due = hired + timedelta(days=60)
    fate = random.random()
    if fate < 0.05:
        rows.status(person, program, hired.isoformat(), assignment="exempt")
        return
    met = hired + timedelta(days=random.randint(5, 70)) if fate < 0.82 else None
    if met is not None and met >= TODAY:
        met = None
    open_ = {"due": due.isoformat(), "version": 2}
    if met is None:
        lost = (due + timedelta(days=1)).isoformat()
        progress = "in_progress" if random.random() < 0.5 else "not_started"
        rows.status(person, program, hired.isoformat(), lost, progress=progress, **open_)
        rows.status(person, program, lost, progress=progress, overdue=1, **open_)
        return
    rows.status(person, program, hired.isoformat(), met.isoformat(), progress="in_progress", **open_)
    if valid is None:
        rows.status(person, program, met.isoformat(), progress="met", met=met.isoformat(), award="valid", **open_)
        return
    _certificate(rows, random, person, program, met, valid)


def _certificate(rows: Rows, random: Random, person: str, program: str, met: date, valid: int) -> None:
    expires = met + timedelta(days=valid)
    while expires < TODAY and random.random() < 0.9:
        rows.status(
            person,
            program,
            met.isoformat(),
            (expires + timedelta(days=1)).isoformat(),
            version=1,
            progress="met",
            award="valid",
            met=met.isoformat(),
            valid_from=met.isoformat(),
            expires=expires.isoformat(),
        )
        met, expires = expires + timedelta(days=1), expires + timedelta(days=valid)
    window = expires - timedelta(days=60)
    dates = {"met": met.isoformat(), "valid_from": met.isoformat(), "expires": expires.isoformat()}
    dates |= {"renewable_from": window.isoformat(), "due": expires.isoformat()}
    ends = expires + timedelta(days=1)
    grace = ends + timedelta(days=14)
    more: dict[str, Any] = {"version": 2, "grace": (grace - timedelta(days=1)).isoformat(), **dates}
    rows.status(person, program, met.isoformat(), window.isoformat(), progress="met", award="valid", **more)
    rows.status(person, program, window.isoformat(), ends.isoformat(), award="valid", renewable=1, **more)
    rows.status(person, program, ends.isoformat(), grace.isoformat(), award="expired", overdue=1, **more)
    rows.status(person, program, grace.isoformat(), FOREVER, award="lapsed", overdue=1, **more)
    rows.emission(person, program, UUID(int=random.getrandbits(128), version=4))


def _statements(rows: Rows, clock: ManualClock, random: Random, people: list[Any]) -> None:
    moments = sorted(NOON - random.randint(0, 30 * DAY) for _ in range(420))
    activities = [pair for pairs in ACTIVITIES.values() for pair in pairs]
    last: dict[str, Any] | None = None
    for place, moment in enumerate(moments):
        id_, name, _, _ = random.choice(people)
        if random.random() < 0.04:
            id_, name = f"stranger{place % 7}", "Unknown Learner"
        activity, title = random.choice(activities)
        verb = random.choice(["launched", "completed", "passed", "passed", "failed"])
        raw = random.randint(24, 30) if verb == "passed" else random.randint(11, 23) if verb == "failed" else None
        id_statement = str(UUID(int=random.getrandbits(128), version=4))
        happened = moment - random.choice([2, 5, 9, 40, 3600]) * 1_000_000
        statement = _statement(id_statement, id_, name, verb, activity, title, raw, happened)
        rows.sent([statement], credential_id=1 + place % 3, clock=clock, at=moment)
        rows.evidence(
            id_,
            BASE + activity,
            happened,
            verb,
            seq=clock.now(),
            raw=None if raw is None else str(raw),
            most=None if raw is None else "30",
            success={"passed": 1, "failed": 0}.get(verb),
            completion=1 if verb == "completed" else None,
            credential_id=1 + place % 3,
        )
        if place == 400 and last is not None:
            void = {
                "actor": {"name": "Moodle", "account": {"homePage": "https://lms.example", "name": "admin"}},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/voided", "display": {"en": "voided"}},
                "object": {"objectType": "StatementRef", "id": last["id"]},
            }
            rows.sent([void], credential_id=1, clock=clock, at=moment + 60_000_000)
        last = statement
    rows.add(t.consumer, name="rules.evidence", shard=0, generation=0, cursor=clock.now(), fence=0)
    clock.move(seconds=(NOON - clock.now()) / 1_000_000)


def _statement(
    id_: str, person: str, name: str, verb: str, activity: str, title: str, raw: int | None, happened: int
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "id": id_,
        "actor": {"name": name, "mbox": f"mailto:{person}@example.org"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {"id": BASE + activity, "definition": {"name": {"en": title}}},
        "timestamp": to_text(happened),
    }
    if raw is not None:
        statement["result"] = {
            "score": {"raw": raw, "min": 0, "max": 30, "scaled": round(raw / 30, 3)},
            "success": verb == "passed",
        }
        statement["context"] = {"platform": "Moodle", "language": "en"}
    if verb == "completed":
        statement["result"] = {"completion": True, "duration": "PT14M"}
    return statement


def build(directory: Path) -> Prowess:
    """A seeded store in a directory, with somebody who may sign in."""
    clock = ManualClock(us("2026-05-01"))
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": sqlite_at(directory / "store.db")})
    prowess = Prowess(settings, (reports_plugin,), clock, SeededIds(3))
    migrate(prowess.database, prowess.plugins)
    r.metadata.create_all(prowess.database.writing)
    seed(prowess, clock)
    create_account(prowess, "ada", PASSWORD, "admin")
    return prowess


def main() -> None:
    port = int(sys.argv[sys.argv.index("--port") + 1]) if "--port" in sys.argv else 8123
    server = Server(create_app(build(Path(tempfile.mkdtemp(prefix="prowess-look-")))), host="127.0.0.1", port=port)
    server.stop_on_signals()
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve()


if __name__ == "__main__":
    main()
