"""The demo, act by act.  Everything but the set-up goes over HTTP, to real processes on this machine."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from random import Random
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import click
import requests
import yaml
from sqlalchemy import func, select

from connectors.tables import delivery
from lrs.cli_context import Invocation
from lrs.errors import ProwessError
from lrs.feed.items import OURS
from lrs.migrate import migrate
from lrs.people.roster import load_roster
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.web.accounts import create_account
from reports.demo.histories import LIVE_DAYS, Histories, Sent
from reports.demo.organisation import MOODLE, SITES, Member, organisation
from reports.demo.senders import Sender, sender_of
from rules import tables as r
from rules import vocabulary as v
from rules.facts import dirty
from rules.published.composition import published_of
from rules.published.store import read_sources

PROGRAMS = Path(str(resources.files("reports.demo") / "programs"))
SOURCES = ("moodle", "open-edx", "content")
_PATIENCE = 120.0


class DemoFailed(ProwessError):
    """The demo could not be played to its end."""

    code = "demo-failed"


@dataclass
class Play:
    """One performance: its directory, its processes and what it counted."""

    directory: Path
    port: int
    seed: int
    count: int
    times: dict[str, float] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stack.close()

    def run(self) -> None:
        """All acts, then the summary."""
        random = Random(self.seed)  # noqa: S311 - the same demo for the same seed
        today = self.today = datetime.now(UTC).date()
        self.people = organisation(random, today)
        histories = Histories(random, today)
        sent = histories.of(self.people, self.count)
        with self._act("Setting the stage"):
            self._set_stage(sent)
        self.prowess = self._stack.enter_context(Invocation(self.directory / "config.yaml").open())
        start = datetime.combine(today - timedelta(days=LIVE_DAYS), time(), UTC)
        self._send("History", [one for one in sent if one.at < start])
        with self._act("Publishing three programs"):
            published_of(self.prowess).apply(read_sources(PROGRAMS), announce_history=True)
            self._settle()
        self._send(f"The last {LIVE_DAYS} days", [one for one in sent if one.at >= start])
        mistake = self._somebody_certified(sent)
        if mistake is not None:
            void = histories.void(mistake.statement)
            _append_lines(self.directory / "statements.jsonl", [void])
            self._send("A result is taken back", [void])
        self._summarise()

    def say_how_to_come_back(self) -> None:
        """For `--once`: the addresses above answer no more."""
        click.echo(f"It has stopped.  To look at it: .venv/bin/prowess --config {self.directory}/config.yaml serve")

    def keep_serving(self) -> None:
        click.echo("Serving until you press Ctrl-C.")
        try:
            self.server.wait()
        except KeyboardInterrupt:
            click.echo("\nbye")

    def _set_stage(self, sent: Sequence[Sent]) -> None:
        if self.directory.exists():
            click.echo(f"making {self.directory}/ anew, sign-in included")
        shutil.rmtree(self.directory, ignore_errors=True)
        (self.directory / "programs").mkdir(parents=True)
        for file in sorted(PROGRAMS.glob("*.yaml")):
            shutil.copy(file, self.directory / "programs")
        _write_people(self.directory / "people.yaml", self.people)
        _append_lines(self.directory / "statements.jsonl", sent)
        self.standin = self._start_standin()
        wanted, self.port = self.port, _free_port(self.port)
        if self.port != wanted:
            click.echo(f"port {wanted} is taken: serving at {self.port}")
        (self.directory / "config.yaml").write_text(_configuration(self.standin["url"], self.port), "utf-8")
        with Invocation(self.directory / "config.yaml").open(current=False) as prowess:
            migrate(prowess.database, prowess.plugins)
            self.password = create_account(prowess, "admin", None, "admin")
            prowess.people.record(load_roster(self.directory / "people.yaml"))
            keys = {name: prowess.credentials.create(name, ["statements/write", "void"]) for name in SOURCES}
        self.url = f"http://127.0.0.1:{self.port}"
        self.senders: dict[str, Sender] = {
            name: sender_of(name, self.url, credential.key, str(secret)) for name, (credential, secret) in keys.items()
        }
        self.server = self._start_server()

    def _start_standin(self) -> dict[str, Any]:
        seed = self.directory / "moodle.json"
        seed.write_text(json.dumps(_moodle_seed(self.people)), "utf-8")
        command = [sys.executable, "-m", "connectors.standin", "--token", "demo-token", "--seed-file", str(seed)]
        process = self._spawn([*command, "--webhook-secret", "demo-webhook-secret"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        return told

    def _start_server(self) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self.directory / "server.log").open("wb"))
        command = [sys.executable, "-m", "lrs.cli", "--config", str(self.directory / "config.yaml"), "serve"]
        process = self._spawn(command, stdout=log, stderr=log)
        deadline = monotonic() + _PATIENCE
        while monotonic() < deadline and process.poll() is None:
            try:
                if requests.get(f"{self.url}/health/ready", timeout=2).ok:
                    return process
            except requests.ConnectionError:
                sleep(0.1)
        raise DemoFailed("the server did not start", hint=f"see {self.directory / 'server.log'}")

    def _spawn(self, command: Sequence[str], **streams: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, **streams)  # noqa: S603 - our own modules
        self._stack.callback(_end, process)
        return process

    def _send(self, title: str, sent: Sequence[Sent]) -> None:
        started = monotonic()
        with click.progressbar(length=len(sent), label=f"{title:<26}", show_pos=True, file=sys.stdout) as bar:
            for name, batch in _batches(sent):
                self.senders[name].send([one.statement for one in batch])
                bar.update(len(batch))
        seconds = monotonic() - started
        if not sys.stdout.isatty():
            click.echo(f"  {len(sent):,} statements in {seconds:.1f} s")
        self._took("sending", seconds)
        started = monotonic()
        self._settle()
        self._took("deciding and pushing the rest", monotonic() - started)

    def _took(self, what: str, seconds: float) -> None:
        self.times[what] = self.times.get(what, 0) + seconds

    def _act(self, title: str) -> _Act:
        return _Act(title, self.times)

    def _settle(self) -> None:
        """Wait until nothing is left to follow, decide, emit or push."""
        deadline = monotonic() + _PATIENCE
        while monotonic() < deadline:
            if self.server.poll() is not None:
                raise DemoFailed("the server stopped", hint=f"see {self.directory / 'server.log'}")
            if _is_settled(self.prowess):
                return
            sleep(0.1)
        raise DemoFailed("the work behind the requests did not end in time", hint="see prowess doctor")

    def _somebody_certified(self, sent: Iterable[Sent]) -> Sent | None:
        """The supervised drive of somebody whose forklift award rests on it."""
        query = (
            select(r.decision.c.document)
            .where(r.decision.c.program_id == "forklift-operator")
            .order_by(r.decision.c.person_id)
        )
        with self.prowess.database.read() as conn:
            documents = [json.loads(text) for text in conn.scalars(query)]
        by_id = {one.statement["id"]: one for one in sent}
        for document in documents:
            if (
                document["award"] == "valid"
                and document["valid_from"] >= (self.today - timedelta(days=300)).isoformat()
            ):
                drive = [one for id_, one in by_id.items() if f'"{id_}"' in json.dumps(document["proof"])]
                for one in drive:
                    if one.statement["object"]["id"] == f"{MOODLE}/mod/assign/view.php?id=12":
                        return one
        return None

    def _summarise(self) -> None:
        summary = summarise(self.prowess, self.senders.values(), self.standin["url"], self.times)
        (self.directory / "summary.json").write_text(json.dumps(summary, indent=2), "utf-8")
        click.echo()
        for line in summary["lines"]:
            click.echo(line)
        click.echo()
        click.echo(f"  pages    {self.url}/    sign in as admin / {self.password!s}")
        click.echo(f"  reports  {self.url}/reports    xAPI {self.url}/xapi")
        click.echo(f"  files    {self.directory}/  (people, statements, programs, configuration, log)")
        click.echo()


@dataclass
class _Act:
    """Times a step and says that it is over."""

    title: str
    times: dict[str, float]
    started: float = 0.0

    def __enter__(self) -> None:
        click.echo(f"{self.title} ... ", nl=False)
        self.started = monotonic()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.times[self.title.lower()] = monotonic() - self.started
        click.echo("failed" if error else f"{self.times[self.title.lower()]:.1f} s")


def summarise(prowess: Prowess, senders: Iterable[Sender], standin: str, times: dict[str, float]) -> dict[str, Any]:
    """What was sent, stored, decided, awarded, pushed and received, each counted where it happened."""
    with prowess.database.read() as conn:
        stored = conn.scalar(select(func.count()).select_from(t.statement).where(t.statement.c.origin != OURS)) or 0
        decisions = [json.loads(text) for text in conn.scalars(select(r.decision.c.document))]
        emitted = Counter(conn.scalars(select(r.emission.c.transition)).all())
        deliveries = Counter(conn.scalars(select(delivery.c.state)).all())
    state = requests.get(f"{standin}/_standin/state", timeout=10).json()
    received = sum(1 for key in state["effects"] if key)
    sent = sum(sender.sent for sender in senders)
    valid = Counter(one["program"] for one in decisions if one["award"] == "valid")
    standing = Counter(name for one in decisions for name in (one["award"], *one["flags"]))
    counts = state["counts"]
    lines = [
        f"  sent       {sent:>6,} statements over HTTP (1.0.3 through tincan, 2.0 by plain requests)",
        f"  stored     {stored:>6,}",
        f"  decided    {len(decisions):>6,} people x programs",
        *(f"  {name:<10} {emitted[name]:>6,}" for name in v.VERBS if emitted[name]),
        f"  certified  {sum(valid.values()):>6,} today: "
        + ", ".join(f"{n} {name}" for name, n in sorted(valid.items())),
        "  standing           " + ", ".join(f"{standing[name]} {name}" for name in _STANDINGS),
        f"  pushed     {deliveries['sent']:>6,} deliveries ({deliveries['pending']} waiting, {deliveries['dead']} dead)",
        (
            f"  received   {received:>6,} by the stand-in LMS: {counts['enrolments']} enrolments, "
            f"{counts['grades']} grades, {counts['events']} signed events"
        ),
        "  time       " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in times.items()),
    ]
    return {
        "sent": sent,
        "stored": stored,
        "decided": len(decisions),
        "emitted": dict(emitted),
        "awards": sorted(
            [one["person"], one["program"], one["expires_on"]] for one in decisions if one["award"] == "valid"
        ),
        "pushed": deliveries["sent"],
        "received": received,
        "lines": lines,
    }


_STANDINGS = ("renewable", "in_grace", "lapsed", "overdue")


def _is_settled(prowess: Prowess) -> bool:
    tail = prowess.feed.read(min(prowess.feed.cursor(name) for name in _consumers(prowess)), 1)
    if tail:
        return False
    with prowess.database.read() as conn:
        waiting = conn.scalar(select(func.count()).select_from(r.emission).where(r.emission.c.recorded == 0)) or 0
        pending = conn.scalar(select(func.count()).select_from(delivery).where(delivery.c.state == "pending")) or 0
        return not (waiting or pending or dirty.pending(conn))


def _consumers(prowess: Prowess) -> list[str]:
    return [consumer.name for consumer in prowess.work.consumers]


def _batches(sent: Sequence[Sent]) -> Iterable[tuple[str, list[Sent]]]:
    """Runs of one source in order of time, at most fifty statements each."""
    window = 300
    for start in range(0, len(sent), window):
        part = sent[start : start + window]
        for name in SOURCES:
            mine = [one for one in part if one.source == name]
            for first in range(0, len(mine), 50):
                yield name, mine[first : first + 50]


def _write_people(path: Path, people: Sequence[Member]) -> None:
    document = {
        "sites": {site: {"timezone": zone} for site, zone in SITES.items()},
        "people": [member.as_document() for member in people],
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_style=None), "utf-8")


def _append_lines(path: Path, sent: Iterable[Sent]) -> None:
    with path.open("a", encoding="utf-8") as file:
        for one in sent:
            file.write(json.dumps({"source": one.source, "statement": one.statement}, ensure_ascii=False) + "\n")


def _moodle_seed(people: Sequence[Member]) -> dict[str, Any]:
    users = [
        {
            "id": member.number,
            "username": member.id,
            "idnumber": member.id,
            "email": member.email,
            "firstname": member.name.split()[0],
            "lastname": member.name.split()[-1],
        }
        for member in people
    ]
    courses = [
        {
            "id": number,
            "shortname": name,
            "modules": [{"cmid": number * 10 + 8, "modname": "assign", "instance": number, "name": "Certification"}],
        }
        for number, name in enumerate(_PROGRAM_COURSES, start=2)
    ]
    return {"users": users, "courses": courses}


_PROGRAM_COURSES = ("forklift-operator", "new-hire", "leader-of-leaders")


def _configuration(standin: str, port: int) -> str:
    programs = {
        name: {"course": number, "grade": {"component": "mod_assign", "cmid": number * 10 + 8, "max": 100, "lost": 0}}
        for number, name in enumerate(_PROGRAM_COURSES, start=2)
    }
    gains = ["assigned", "awarded", "renewed", "revoked"]
    systems = [
        {
            "name": "moodle-demo",
            "kind": "moodle",
            "url": standin,
            "token": "demo-token",
            "home_page": MOODLE,
            "push": gains,
            "programs": programs,
            "allow_http": True,
            "allow_private": True,
        },
        {
            "name": "hr-system",
            "kind": "webhook",
            "url": f"{standin}/webhook",
            "secret": "demo-webhook-secret",
            "push": ["awarded", "renewed", "revoked"],
            "allow_http": True,
            "allow_private": True,
        },
    ]
    document = {
        "database": {"url": "sqlite:///prowess.db"},
        "server": {"host": "127.0.0.1", "port": port},
        "organisation": {"name": "Example Forwarding Ltd"},
        "connectors": {"systems": systems},
        "log": {"level": "info", "format": "json"},
    }
    return "# Written by the demo.\n" + yaml.safe_dump(document, sort_keys=False)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("no free port on 127.0.0.1")


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
