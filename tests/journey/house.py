"""A whole installation for a test: configuration, programs, people, a stand-in LMS, and processes as operators run them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any
from uuid import uuid4

import requests
from sqlalchemy import Table, column, func, select, table

from connectors.standin import StandIn
from connectors.standin.seed import load_seed
from connectors.tables import delivery
from lrs.app import create_app
from lrs.cli_context import Invocation
from lrs.feed.items import OURS
from lrs.jobs import LANES
from lrs.migrate import migrate
from lrs.people.csv_file import load_csv
from lrs.people.roster import load_roster
from lrs.prowess import Prowess
from lrs.server import Server
from lrs.store import tables as t
from rules import tables as r
from rules.published.store import Published, read_sources
from tests.store.rebuilding import forget

ADL = "http://adlnet.gov/expapi/verbs/"
EXAM = "https://lms.example/exam"
PATIENCE = 30.0

CONFIG = """
database: {{url: "{database}"}}
server: {{port: 0, public_url: "https://prowess.example"}}
runner: {{kind: {kind}, sweep_seconds: 0.25}}
{more}
connectors:
  systems:
    - name: moodle-hq
      kind: moodle
      url: {standin}
      token: stand-in-token
      allow_http: true
      allow_private: true
      programs:
        forklift: {{course: 2, grade: {{component: mod_assign, cmid: 8, lost: 0}}}}
    - name: hr
      kind: webhook
      url: {standin}/webhook
      secret: stand-in-webhook-secret
      allow_http: true
      allow_private: true
"""

PROGRAM = f"""
kind: certification
id: forklift
title: Forklift
version: 1
effective: 2024-01-01
timezone: site
for: {{job: operator}}
due: {{after: assigned, within: P60D}}
require: {{all: [{{passed: exam, min_score: 0.80}}]}}
valid: {{for: P1Y}}
renew: {{window: P60D, grace: P14D, basis: expiry}}
---
{{kind: activity, id: exam, title: Exam, iris: ["{EXAM}"]}}
"""

PEOPLE = """
sites: {hq: {timezone: Europe/London}}
people:
  - id: grace
    name: Grace Hopper
    email: grace@example.org
    positions: [{from: 2024-01-05, job: team-lead, site: hq}]
  - id: ada
    name: Ada Byron
    email: ada@example.org
    positions: [{from: 2024-01-05, job: operator, site: hq, managers: [grace]}]
"""

CSV = """id,name,email,account,from,job,site,site_timezone,managers
grace,Grace Hopper,grace@example.org,,2024-01-05,team-lead,hq,,
bob,Bob Noyce,bob@example.org,https://lms.example|17,2024-01-05,operator,hq,Europe/London,grace
cleo,Cleo,cleo@example.org,,2024-01-05,operator,hq,,
dan,Dan,dan@example.org,,2024-01-05,operator,hq,,
eve,Eve,eve@example.org,,2024-01-05,operator,hq,,
fay,Fay,fay@example.org,,2024-01-05,operator,hq,,
gil,Gil,gil@example.org,,2024-01-05,operator,hq,,
"""
LATECOMERS = ("bob", "cleo", "dan", "eve", "fay", "gil")
USERS = ("ada", "grace", *LATECOMERS)


def passed(email: str, *, score: float = 0.9, **changes: Any) -> dict[str, Any]:
    """Somebody passed the exam just now."""
    return {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{email}"},
        "verb": {"id": f"{ADL}passed"},
        "object": {"id": EXAM},
        "result": {"success": True, "score": {"scaled": score}},
        **changes,
    }


def voiding(target: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "actor": {"mbox": "mailto:grace@example.org"},
        "verb": {"id": f"{ADL}voided"},
        "object": {"objectType": "StatementRef", "id": target},
    }


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait for something to become true; returns it."""
    deadline = monotonic() + seconds
    while not (found := condition()):
        assert monotonic() < deadline, f"waited {seconds} s for: {what}"
        sleep(0.03)
    return found


def waiting_for_locks(prowess: Prowess) -> int:
    """How many transactions of a PostgreSQL database wait for another one."""
    sessions = table("pg_stat_activity", column("wait_event_type"), column("datname"))
    mine = sessions.c.datname == func.current_database()
    query = select(func.count()).select_from(sessions).where(mine, sessions.c.wait_event_type == "Lock")
    with prowess.database.read() as conn:
        return conn.scalar(query) or 0


@dataclass
class Process:
    """A process of ours and the first line it printed."""

    popen: subprocess.Popen[str]
    first: str
    log: Path

    @property
    def url(self) -> str:
        return self.first.split()[2]

    def stop(self, number: int = signal.SIGTERM, seconds: float = 20) -> int:
        """Stop it; returns its exit code."""
        with suppress(ProcessLookupError):
            self.popen.send_signal(number)
        return self.wait(seconds)

    def wait(self, seconds: float = PATIENCE) -> int:
        try:
            return self.popen.wait(seconds)
        finally:
            if self.popen.poll() is None:
                self.popen.kill()
                self.popen.wait(5)
            if self.popen.stdout:
                self.popen.stdout.close()


def start_process(module: str, *arguments: str, directory: Path, log: Path, **environment: str) -> Process:
    """Start a process of ours and wait for the first line it prints."""
    with log.open("w") as errors:
        popen = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **environment},
            cwd=directory,
        )
    assert popen.stdout is not None
    return started(popen, popen.stdout, log)


def started(popen: Any, stdout: IO[str], log: Path) -> Process:
    """A process, once it has said its first line."""
    process = Process(popen, stdout.readline(), log)
    if not process.first:
        process.wait()
        raise AssertionError(log.read_text())
    return process


@dataclass
class House:
    directory: Path
    database: str
    redis: str | None = None
    light: bool = False
    """Stand-in and server in threads of this process, and nobody works behind the requests unless asked."""
    users: Sequence[str] = USERS
    """Whom the stand-in knows."""
    reached: Callable[[str], str] = str
    """By which address the stand-in at an address is reached: its own, or that of somebody between."""
    processes: list[Process] = field(default_factory=list)
    stops: list[Callable[[], Any]] = field(default_factory=list)
    _prowess: Prowess | None = None
    _numbers: int = 0

    def __post_init__(self) -> None:
        (self.directory / "programs").mkdir(parents=True)
        self.write("programs/forklift.yaml", PROGRAM)
        self.write("people.yaml", PEOPLE)
        self.write("people.csv", CSV)
        seed = {"users": [{"username": name, "idnumber": name} for name in self.users]}
        self.write("seed.json", json.dumps(seed))
        self.standin = self._start_standin(self.directory / "seed.json")
        more = f'redis: {{url: "{self.redis}"}}' if self.redis else ""
        self.config = self.write(
            "config.yaml",
            CONFIG.format(
                database=self.database,
                standin=self.reached(self.standin),
                kind="none" if self.light else "auto",
                more=more,
            ),
        )
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["X-Experience-API-Version"] = "1.0.3"

    def _start_standin(self, seed: Path) -> str:
        if not self.light:
            return str(json.loads(self._start("connectors.standin", "--seed-file", str(seed)).first)["url"])
        running = StandIn(load_seed(seed)).__enter__()
        self.stops.append(lambda: running.__exit__(None, None, None))
        return running.url

    def write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, "utf-8")
        return path

    @property
    def prowess(self) -> Prowess:
        """The same installation, opened in this process to look at it."""
        if self._prowess is None:
            self._prowess = Invocation(self.config).open(current=False)
            migrate(self._prowess.database, self._prowess.plugins)
        return self._prowess

    def furnish(self) -> None:
        """Tables, people, program and key, without processes of their own."""
        self.import_people("people.yaml")
        self.apply()
        self.open_key()

    def apply(self) -> None:
        Published(self.prowess.database, self.prowess.feed).apply(read_sources(self.directory / "programs"))

    def open_key(self) -> None:
        prowess = self.prowess
        credential, secret = prowess.credentials.create("lms", ["all"])
        self.session.auth = (credential.key, str(secret))

    def serve_here(self) -> None:
        """Serve from a thread; work waits for `drain`."""
        server = Server(create_app(self.prowess), port=0)
        self.stops.append(server.serve_in_thread())
        self.url = server.url

    def import_people(self, name: str) -> None:
        path = self.directory / name
        self.prowess.people.record(load_csv(path) if path.suffix == ".csv" else load_roster(path))

    def hire(self, people: Iterable[str]) -> None:
        """Give everybody the job that the program is for."""
        head = "id,name,email,account,from,job,site,site_timezone,managers"
        rows = [f"{one},{one},{one}@example.org,,2024-01-05,operator,hq,Europe/London," for one in people]
        self.write("hired.csv", "\n".join([head, *rows, ""]))
        self.import_people("hired.csv")

    def cli(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lrs.cli", "--config", str(self.config), *arguments]
        env = {**os.environ, **environment}
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=check, cwd=self.directory, env=env
        )

    def create_key(self) -> None:
        told = json.loads(self.cli("key", "create", "--name", "lms", "--scope", "all", "--json").stdout)
        self.session.auth = (told["key"], told["secret"])

    def serve(self, *, command: str = "lrs.cli", **environment: str) -> Process:
        return self.served(self._start(command, "--config", str(self.config), "serve", "--port", "0", **environment))

    def served(self, process: Process) -> Process:
        """A process that serves this house from now on."""
        self.url = process.url
        return process

    def work(self, *arguments: str, **environment: str) -> Process:
        return self._start("lrs.cli", "--config", str(self.config), "work", *arguments, **environment)

    def _start(self, module: str, *arguments: str, **environment: str) -> Process:
        return self.keep(
            start_process(module, *arguments, directory=self.directory, log=self.log_of(module), **environment)
        )

    def log_of(self, module: str) -> Path:
        """Where the next process writes its log."""
        self._numbers += 1
        return self.directory / f"{module}-{self._numbers}.log"

    def keep(self, process: Process) -> Process:
        """A process that ends with this house."""
        self.processes.append(process)
        return process

    def close(self) -> None:
        for stop in reversed(self.stops):
            stop()
        for process in reversed(self.processes):
            if process.popen.poll() is None:
                process.stop()
        self.session.close()
        if self._prowess is not None:
            self._prowess.close()

    # Over HTTP

    def post(self, body: Any) -> list[str]:
        answer = self.session.post(f"{self.url}/xapi/statements", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def statements(self, **parameters: str) -> list[dict[str, Any]]:
        """Everything that fits, oldest first."""
        found: list[dict[str, Any]] = []
        answer = self.session.get(f"{self.url}/xapi/statements", params={"ascending": "true", **parameters}, timeout=20)
        while True:
            assert answer.status_code == 200, answer.text
            found += answer.json()["statements"]
            if not answer.json()["more"]:
                return found
            answer = self.session.get(self.url + answer.json()["more"], timeout=20)

    def announced(self) -> list[tuple[str, str]]:
        """(transition, person) of every statement of ours, as a client reads them."""
        return [
            (told["transition"], told["person"])
            for one in self.statements()
            for key, told in one.get("context", {}).get("extensions", {}).items()
            if key.endswith("/decision")
        ]

    def seen(self) -> dict[str, Any]:
        """What the stand-in knows."""
        return dict(self.session.get(f"{self.standin}/_standin/state", timeout=10).json())

    def told(self) -> list[tuple[str, str]]:
        """(transition, person) of every event that the webhook took, in order."""
        return [(event["transition"], event["person"]) for event in self.seen()["events"].values()]

    def grade(self, user: str) -> float | None:
        """Somebody's grade in the stand-in; users are numbered from 4 in the order of the seed."""
        number = 4 + self.users.index(user)
        grades = [one["grade"] for one in self.seen()["grades"] if one["user"] == number]
        return grades[-1] if grades else None

    # In the database

    def rows(self, table: Table, **where: Any) -> list[Any]:
        query = select(table).where(*(table.c[name] == value for name, value in where.items()))
        with self.prowess.database.read() as conn:
            return list(conn.execute(query))

    def ours(self) -> int:
        query = select(func.count()).select_from(t.statement).where(t.statement.c.origin == OURS)
        with self.prowess.database.read() as conn:
            return conn.scalar(query) or 0

    def award(self, person: str) -> str | None:
        """What the status rows say holds now."""
        now = self.prowess.clock.now()
        held = [row.award for row in self.rows(r.status, person_id=person) if row.from_us <= now < row.until_us]
        assert len(held) <= 1, "status segments overlap"
        return held[0] if held else None

    def decisions(self) -> dict[str, Mapping[str, Any]]:
        """What is decided about each person, without what moves with the clock."""
        moving = {"as_of", "known_at"}
        return {
            row.person_id: {key: value for key, value in json.loads(row.document).items() if key not in moving}
            for row in self.rows(r.decision)
        }

    def tail(self) -> int:
        with self.prowess.database.read() as conn:
            return max(conn.scalar(select(func.max(table.c.seq))) or 0 for table in (t.statement, t.event))

    def is_settled(self) -> bool:
        """Everything is followed, decided, announced and delivered."""
        tail = self.tail()
        cursors = [row.cursor for row in self.rows(t.consumer)]
        return (
            len(cursors) == len(self.prowess.work.consumers)
            and min(cursors) == tail
            and not self.rows(r.dirty)
            and not self.rows(r.emission, recorded=0)
            and not self.rows(delivery, state="pending")
            and self.tail() == tail
        )

    def settle(self) -> None:
        until(self.is_settled, "everything to settle")

    def drain(self) -> None:
        """Do all work in this process."""
        while any([self.prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
            pass


@contextmanager
def house_in(
    directory: Path, database: str, redis: str | None = None, *, light: bool = False, **more: Any
) -> Iterator[House]:
    house = House(directory / "house", database, redis, light, **more)
    try:
        yield house
    finally:
        house.close()


def counts(house: House) -> dict[str, int]:
    tables = (t.statement, t.event, r.evidence, r.decision, r.decision_log, r.status, r.emission, delivery)
    return {table.name: len(house.rows(table)) for table in tables} | {"told": len(house.told())}


def check_rebuild(house: House) -> None:
    decisions, before = house.decisions(), counts(house)
    announced = house.announced()
    forget(house.prowess)
    house.drain()
    assert house.decisions() == decisions
    assert house.announced() == announced
    assert counts(house) == before
