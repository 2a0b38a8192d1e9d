"""The product as histories play with it: the application in this process, which can be thrown away at any commit, or a
process as operators run it, which can be killed.

In this process clock, ids and the moment of a crash come from the history, so that it can be played again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep, time_ns
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, text
from werkzeug.routing import Map, RuleFactory

from lrs import failpoints
from lrs.app import create_app
from lrs.clock import SECOND, ManualClock, SystemClock
from lrs.config import load_settings
from lrs.db import Database
from lrs.feed.items import OURS
from lrs.ids import SeededIds
from lrs.jobs import LANES
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.tenants import ensure_tenant
from rules.plugin import plugin as rules
from tests.journey.house import Process, start_process
from tests.servers import fresh_database, sqlite_at
from tests.store.sending import VERSION
from tests.store.worlds import found_by

NOON = 1_795_521_600_000_000
SQLITE, POSTGRESQL, PROCESS = "sqlite", "postgresql", "process"
PATIENCE = 30.0
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - directories of our own are made in it
"""Files that live for a second need no disk."""
TENANTS = ("default", "other", "mirror")


class Client(NamedTuple):
    """Somebody with a key; tenant: a place in TENANTS."""

    name: str
    tenant: int
    scopes: tuple[str, ...]
    version: str

    @property
    def may_do_all(self) -> bool:
        return "all" in self.scopes


CLIENTS = (
    Client("lms", 0, ("all",), "1.0.3"),
    Client("app", 0, ("all",), "2.0.0"),
    Client("game", 0, ("statements/write", "statements/read/mine"), "1.0.3"),
    Client("stranger", 1, ("all",), "1.0.3"),
    Client("copyist", 2, ("all",), "1.0.3"),
    Client("scribe", 2, ("all",), "2.0.0"),
)
"""The last two only tell everything again at the end; see `tests.histories.play`."""
MIRROR = (4, 5)


WHO_READS = (0, 3, MIRROR[0])
"""A client for each tenant that may see everything."""


class Key(NamedTuple):
    key: str
    secret: str
    authority: dict[str, Any]
    tenant_id: int


@dataclass(frozen=True)
class Ask:
    """A request of a client."""

    client: int
    method: str
    path: str
    query: Mapping[str, str | int]
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Crash(BaseException):
    """The process is gone, and with it the answer."""


class Fault(NamedTuple):
    """When to crash: at the `nth` time that a point is reached, counted from now."""

    point: str
    nth: int = 1


class Here:
    """The application in this process, without a socket."""

    is_replayable = True

    def __init__(self, url: str, seed: int, *, has_rules: bool) -> None:
        self.url = url
        self.clock = ManualClock(NOON)
        self._latest = NOON
        self.has_rules = has_rules
        self._ids = SeededIds(seed)
        self._open()
        self.keys = make_keys(self.prowess)

    def _open(self) -> None:
        settings = load_settings(None, environ={"PROWESS_DATABASE_URL": self.url, "PROWESS_RUNNER_KIND": "none"})
        self.prowess = Prowess(settings, (rules,) if self.has_rules else (), self.clock, self._ids)
        self._afterwards = _Afterwards()
        self.prowess.credentials._last_used._writer = self._afterwards
        _share_what_is_compiled(self.prowess.database)
        with _sharing_routes(has_rules=self.has_rules):
            self._client: FlaskClient = create_app(self.prowess).test_client(use_cookies=False)

    def now(self) -> int:
        return self.clock.now()

    def ask(self, one: Ask) -> Answer:
        answer = self._ask(one)
        self._afterwards.do()
        return answer

    def _ask(self, one: Ask) -> Answer:
        key = self.keys[one.client]
        answer = self._client.open(
            f"{one.path}?{urlencode(one.query)}" if one.query else one.path,
            method=one.method,
            headers={VERSION: CLIENTS[one.client].version, **one.headers},
            auth=(key.key, key.secret),
            data=one.body,
        )
        return Answer(answer.status_code, answer.headers, answer.data)

    @contextmanager
    def dying(self, fault: Fault | None) -> Iterator[None]:
        """Raises Crash where the fault says; what happens in other threads does not count."""
        mine, left = threading.get_ident(), fault.nth if fault else 0

        def decide(name: str) -> None:
            nonlocal left
            if fault and name == fault.point and threading.get_ident() == mine:
                left -= 1
                if not left:
                    raise Crash

        with failpoints.in_charge(decide):
            yield

    def ask_and_die(self, one: Ask, fault: Fault) -> Answer:
        """Raises Crash when the answer is lost."""
        with self.dying(fault):
            answer = self._ask(one)
        self._afterwards.do()
        return answer

    def ask_together(self, asks: Sequence[Ask]) -> list[Answer]:
        """Requests that all wait while somebody writes: the first is committed alone, the others in one transaction."""
        answers: dict[int, Answer] = {}

        def ask(place: int) -> None:
            answers[place] = self._ask(asks[place])

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(asks))]

        def queue(conn: Any) -> None:
            self.prowess.database.dialect.lock(conn)
            for place, thread in enumerate(threads):
                thread.start()
                _wait(lambda begun=threads[: place + 1]: self._waits(begun))  # type: ignore[misc]

        self.prowess.database.write(queue)
        for thread in threads:
            thread.join(PATIENCE)
        self._afterwards.do()
        return [answers[place] for place in range(len(asks))]

    def _waits(self, begun: Sequence[threading.Thread]) -> bool:
        """Whether the last of them is queued, or refused at once; those before it are."""
        alive = sum(thread.is_alive() for thread in begun)
        grouper = self.prowess.statements._intake
        return not begun[-1].is_alive() or (grouper._led and len(grouper._waiting) == alive - 1)

    def work(self, fault: Fault | None = None) -> None:
        """Everything that is to be done behind the requests."""
        with self.dying(fault):
            while any([self.prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
                pass

    def jump(self, seconds: float) -> None:
        self.clock.move(seconds=seconds)
        self._latest = max(self._latest, self.clock.now())

    def catch_up(self) -> None:
        """It is as late as it ever was."""
        self.clock.move(seconds=(self._latest - self.clock.now()) / SECOND)

    def restart(self, *, clean: bool) -> None:
        """clean: stopped in order; else thrown away as it is, with its journal not yet moved into the database."""
        before = self.prowess
        if clean:
            before.close()
            self._open()
            return
        self._open()
        with self.prowess.database.read() as conn:
            conn.execute(select(t.sequencer)).all()
            _let_go(before)

    def announced(self, known: int) -> list[str]:
        """Ids of what Prowess itself recorded, in order, but for the first so many."""
        c = t.statement.c
        query = select(t.statement.c.id).where(c.origin == OURS).order_by(c.seq).offset(known)
        with self.prowess.database.read() as conn:
            return [str(UUID(bytes=id_)) for id_ in conn.scalars(query)]

    def found(self, tenant: int, question: Mapping[str, Any]) -> list[str]:
        """Ids of everything that fits a question with one filter, past HTTP."""
        return found_by(self.prowess.reader, self.keys[WHO_READS[tenant]].tenant_id, question)

    def check(self) -> None:
        check_integrity(self.prowess)

    def close(self) -> None:
        self.prowess.close()


class _Afterwards:
    """In place of the thread that notes when keys were used, at moments of its own: a request that meets it at its writing
    is promised less.  The notes are written after the answer; a crash loses them.
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []

    def submit(self, write: Callable[..., object], *arguments: object) -> None:
        self._waiting.append(partial(write, *arguments))

    def do(self) -> None:
        while self._waiting:
            self._waiting.pop(0)()

    def shutdown(self) -> None:
        self._waiting.clear()


class Elsewhere:
    """A process as operators run it, under its own clock, working behind its requests by itself."""

    is_replayable = False
    has_rules = False

    def __init__(self, url: str, directory: Path) -> None:
        self._environment = {"PROWESS_DATABASE_URL": url, "PROWESS_LOG_LEVEL": "error"}
        self._directory = directory
        self._session = requests.Session()
        self._session.trust_env = False
        self._starts = 0
        with self._opened() as prowess:
            self.keys = make_keys(prowess)
        self._start()

    def _opened(self) -> Prowess:
        return Prowess(load_settings(None, environ=self._environment), (rules,), SystemClock())

    def _start(self) -> None:
        self._starts += 1
        log = self._directory / f"serve-{self._starts}.log"
        self._process: Process = start_process(
            "lrs.cli", "serve", "--port", "0", directory=self._directory, log=log, **self._environment
        )

    def now(self) -> int:
        return time_ns() // 1000

    def ask(self, one: Ask) -> Answer:
        key = self.keys[one.client]
        answer = self._session.request(
            one.method,
            self._process.url + one.path,
            params=dict(one.query),
            headers={VERSION: CLIENTS[one.client].version, **one.headers},
            auth=(key.key, key.secret),
            data=one.body,
            timeout=PATIENCE,
        )
        return Answer(answer.status_code, answer.headers, answer.content)

    def ask_and_die(self, one: Ask, fault: Fault) -> Answer:
        """The process is killed while it is being asked.  Raises Crash when that was before the answer."""
        process = self._process
        killing = threading.Timer(
            fault.nth * (0.001 if fault.point == failpoints.BEFORE_COMMIT else 0.004), process.popen.kill
        )
        killing.start()
        try:
            answer = self.ask(one)
        except requests.RequestException:
            answer = None
        killing.join(PATIENCE)
        if answer is None:
            raise Crash
        self.restart(clean=False)
        return answer

    def ask_together(self, asks: Sequence[Ask]) -> list[Answer]:
        return [self.ask(one) for one in asks]

    def work(self, fault: Fault | None = None) -> None:
        """It works when it likes; with a fault it is killed while it may be at it."""
        if fault:
            raise Crash

    def jump(self, seconds: float) -> None:
        """Nobody moves the machine's clock."""

    def catch_up(self) -> None:
        """It only goes on."""

    def restart(self, *, clean: bool) -> None:
        self._process.stop(15 if clean else 9)
        self._session.close()
        self._start()

    def announced(self, known: int) -> list[str]:
        return []

    def check(self) -> None:
        with self._opened() as prowess:
            check_integrity(prowess)

    def close(self) -> None:
        self._session.close()
        assert self._process.stop() == 0, self._process.log.read_text()


Store = Here | Elsewhere


@contextmanager
def opened(place: str, seed: int, postgres: Callable[[], str], *, has_rules: bool) -> Iterator[Store]:
    """A store of its own for one history.  postgres: gives the URL of a server, where one is needed."""
    with TemporaryDirectory(prefix="prowess-history-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as name:
        directory = Path(name)
        if place == POSTGRESQL:
            with fresh_database(postgres()) as url:
                yield from _closing(Here(url, seed, has_rules=has_rules))
        elif place == PROCESS:
            yield from _closing(Elsewhere(sqlite_at(directory / "store.db"), directory))
        else:
            yield from _closing(Here(sqlite_at(directory / "store.db"), seed, has_rules=has_rules))


def _closing(store: Store) -> Iterator[Store]:
    try:
        yield store
    finally:
        store.close()


def make_keys(prowess: Prowess) -> list[Key]:
    keys = []
    for client in CLIENTS:
        tenant_id = ensure_tenant(prowess.database, TENANTS[client.tenant])
        credential, secret = prowess.credentials.create(client.name, client.scopes, tenant_id=tenant_id)
        keys.append(Key(credential.key, str(secret), dict(credential.authority), tenant_id))
    return keys


def check_integrity(prowess: Prowess) -> None:
    """That the database itself finds nothing wrong with its file."""
    if prowess.database.dialect.name == SQLITE:
        with prowess.database.read() as conn:
            assert conn.scalars(text("PRAGMA integrity_check")).all() == ["ok"]


_compiled: dict[tuple[str, int], Engine] = {}


def _share_what_is_compiled(database: Database) -> None:
    """Of thousands of engines each would compile the same SQL anew, which takes most of a history's time."""
    for place, engine in enumerate((database.reading, database.writing)):
        first = _compiled.setdefault((database.dialect.name, place), engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache


class _Routes(Map):
    """The routes of an application, made once: they are the same in the next one."""

    is_whole = False

    def add(self, rulefactory: RuleFactory) -> None:
        if not self.is_whole:
            super().add(rulefactory)


_routes = {has_rules: _Routes() for has_rules in (False, True)}


@contextmanager
def _sharing_routes(*, has_rules: bool) -> Iterator[None]:
    """Compiling them takes longer than most histories."""
    routes = _routes[has_rules]
    ordinary, Flask.url_map_class = Flask.url_map_class, staticmethod(lambda **_: routes)
    try:
        yield
    finally:
        Flask.url_map_class = ordinary
    routes.is_whole = True


def _let_go(prowess: Prowess) -> None:
    """What the end of a process does: threads and connections are gone.  Nothing is finished or written."""
    prowess.credentials.close()
    prowess.database.reading.dispose()
    prowess.database.writing.dispose()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "a request neither waits nor is answered"
        sleep(0.0002)
