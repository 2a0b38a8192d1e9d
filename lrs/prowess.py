"""The composition root: everything one process needs, built once from settings and plug-ins."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from lrs.clock import Clock, SystemClock
from lrs.config import Settings
from lrs.db import Database
from lrs.errors import Unavailable
from lrs.feed import Consumer, Feed
from lrs.ids import Ids, RandomIds
from lrs.jobs import EmbeddedRunner, Job, NoRunner, Runner, Work
from lrs.mail import MailDoor, Mailer
from lrs.metrics.counts import Counts
from lrs.people.register import Register
from lrs.plugin import plugin as core
from lrs.plugins import Plugin
from lrs.rq_runner import RqRunner
from lrs.store.attachments import Attachments
from lrs.store.blobs.choice import blobs_of
from lrs.store.credentials import Credentials
from lrs.store.directory import Directory
from lrs.store.documents import Documents
from lrs.store.launches import Launches
from lrs.store.quarantine import Quarantine
from lrs.store.search import StatementReader
from lrs.store.server_secrets import make_server_secrets
from lrs.store.statements import Statements


@dataclass(eq=False)
class Prowess:
    """One process's Prowess.  Open it after any fork and close it when done; it is its own context manager.

    plugins: without the core, which is always there.  runner: `embedded`, `rq` or `none`, else what the settings say.
    """

    settings: Settings
    plugins: tuple[Plugin, ...] = ()
    clock: Clock = field(default_factory=SystemClock)
    ids: Ids = field(default_factory=RandomIds)
    counts: Counts = field(init=False, default_factory=Counts)
    database: Database = field(init=False)
    statements: Statements = field(init=False)
    reader: StatementReader = field(init=False)
    documents: Documents = field(init=False)
    directory: Directory = field(init=False)
    attachments: Attachments = field(init=False)
    credentials: Credentials = field(init=False)
    launches: Launches = field(init=False)
    quarantine: Quarantine = field(init=False)
    feed: Feed = field(init=False)
    people: Register = field(init=False)
    mail: Mailer = field(init=False)
    runner: Runner = field(init=False, default_factory=NoRunner)

    def __post_init__(self) -> None:
        self.plugins = (core, *(plugin for plugin in self.plugins if plugin.name != core.name))
        self.database = Database(self.settings.database.url, self.clock)
        self.statements = Statements(self.database, self._committed, self.counts.statements)
        self.reader = StatementReader(self.database)
        self.documents = Documents(self.database)
        self.directory = Directory(self.database)
        self.attachments = Attachments(self.database, blobs_of(self.settings.attachments, self.database), self.clock)
        self.credentials = Credentials(self.database, self.clock, self.ids, self.settings.public_url)
        self.launches = Launches(self.database, self.clock, self.ids, self.credentials)
        self.quarantine = Quarantine(self.database, self.clock, self.statements, self.credentials)
        self.feed = Feed(self.database, self.clock)
        self.people = Register(self.database, self.feed)
        self.mail = MailDoor(self.settings.mail, self.clock)
        self._work: Work | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def work(self) -> Work:
        """What this process's plug-ins have to do behind the requests."""
        if self._work is None:
            consumers: Iterable[Consumer] = [c for plugin in self.plugins for c in plugin.consumers(self)]
            jobs: Iterable[Job] = [j for plugin in self.plugins for j in plugin.jobs(self)]
            self._work = Work(self.feed, self.clock, tuple(consumers), tuple(jobs), self.counts.jobs)
        return self._work

    @property
    def runner_kind(self) -> str:
        """`embedded` or `rq` (chosen by whether Redis is configured, unless said otherwise), or `none`."""
        kind = self.settings.runner.kind
        if kind == "auto":
            return "rq" if self.settings.redis.url else "embedded"
        return kind

    @property
    def worker(self) -> str:
        """The command that follows the feed and decides, as this store is configured."""
        return "prowess serve" if self.runner_kind == "embedded" else "prowess work"

    def start(self) -> None:
        """Begin to work behind the requests."""
        with suppress(Unavailable):  # without its database a store starts too, and says 503
            make_server_secrets(self.database, self.ids)
        sweep = self.settings.runner.sweep_seconds
        if self.runner_kind == "rq":
            self.runner = RqRunner(self.settings, sweep_seconds=sweep)
        elif self.runner_kind == "embedded":
            self.runner = EmbeddedRunner(self.work, sweep_seconds=sweep)

    def close(self) -> None:
        """Refuse, drain, let go."""
        self.statements.close()
        self.runner.close()
        self.credentials.close()
        self.database.close()

    def _committed(self) -> None:
        self.runner.wake()
