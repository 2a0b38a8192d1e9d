"""One process's Prowess, and the seam: what a package can add to it.

`lrs`, `rules`, `connectors` and `reports` use the seam themselves, so outsiders get exactly what we have.  A plug-in is one
object in a `plugin.py`, found by the entry-point group `prowess.plugins`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import click
from flask import Blueprint
from sqlalchemy import Connection, MetaData, Table

from lrs.clock import Clock, SystemClock
from lrs.complaints import Complaint, looked
from lrs.db import Database
from lrs.erasure.policies import Policy
from lrs.erasure.remembered import Erasures
from lrs.errors import ConfigError, Unavailable
from lrs.feed.consumer import Consumer
from lrs.feed.feed import Feed
from lrs.ids import Ids, RandomIds
from lrs.jobs import EmbeddedRunner, Job, NoRunner, Runner, Work
from lrs.mail import MailDoor, Mailer
from lrs.metrics.counts import Counts
from lrs.people.register import Register
from lrs.settings import SectionSchema, Settings
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

if TYPE_CHECKING:
    from lrs.bench.findings import Bench
    from lrs.metrics.exposition import Family
    from lrs.verify.comparison import Views
    from lrs.verify.finding import Finding
    from lrs.web.panels import Panel
    from lrs.web.visitors import SignedIn

GROUP: Final = "prowess.plugins"
CORE: Final = "lrs"
ORDER: Final = (CORE, "rules", "connectors", "reports")

READERS_ONLY: Final = "reports"
ADMINISTRATORS_ONLY: Final = "admin"


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the pages' navigation; its scope says for whom: those who read everybody's, administrators, or everybody.

    also_for: says of somebody else who is signed in whether it is for them too.
    """

    label: str
    endpoint: str
    order: int = 100
    scope: str = READERS_ONLY
    also_for: Callable[[SignedIn], bool] | None = None


class Push(NamedTuple):
    """What another system would be told of a statement of ours, and how: `assign`, `write_result`, `notify`."""

    system: str
    action: str


class Place(NamedTuple):
    """Where a program is learnt in another system: the system's name, and an http(s) address of it there."""

    system: str
    url: str


class Standing(NamedTuple):
    """How somebody stands.  evidence: how many statements of theirs are evidence.  programs: by id, what holds as JSON."""

    evidence: int
    programs: Mapping[str, Mapping[str, Any]]


class Outlook(NamedTuple):
    """What a change of people comes to.  standings: by person.  decided_again: everybody whom it may concern."""

    standings: Mapping[str, Standing]
    decided_again: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """Tables that follow from the record: thrown away and made anew they come out equal (data-model 12).

    name: what `prowess rebuild` calls them; where a consumer makes them, its name.
    tables: each with the columns that are read in a way of their own before they are compared, or not at all.
    lasting: history that making anew adds nothing to, as everything was said before.
    forget: throws them away, in a write; the consumers and jobs of the main lane then make them anew.
    """

    name: str
    tables: Mapping[Table, Views]
    lasting: Sequence[Table] = ()
    forget: Callable[[Prowess, Connection], None]


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """What one package adds.  Every part may be left out.

    name: also its section in the configuration and the suffix of its migration table.
    migrations: package path (`rules.migrations`) whose `versions` are Alembic revisions of `metadata`'s tables.
    benches: parts of `prowess bench`.
    starters: files that `prowess init` writes beside the configuration, by name.
    erasure: by table, what erasing a person does to it (data-model 12): `Keep`, `Scrub` or `Delete`, which are what is done.
    extensions: beginnings of the IRIs of extensions that it reads: erasing keeps what is said there, but what was written freely.
    pushes: which systems it would tell if a statement of ours were recorded, from settings alone; nothing is sent.
    places: where a program (by its id) is learnt, from settings alone.
    outlook: how people stand, read in a transaction that may be taken back; of all those who change, how these few stand.
    derived: which of its tables follow from the record.  checks: what of the others is not as it must be.
    complaints: what will not mend itself, for the home page of administrators and `prowess doctor`.
    key_note: what whoever has just made a key of this name, for this tenant, should know; None: nothing.
    metrics: what `/metrics` reads of its tables; nothing there may take longer the more there is.
    """

    name: str
    settings: type[SectionSchema] | None = None
    metadata: MetaData | None = None
    migrations: str | None = None
    erasure: Mapping[str, Policy] = field(default_factory=dict)
    extensions: Sequence[str] = ()
    commands: Sequence[click.Command] = ()
    benches: Sequence[Bench] = ()
    starters: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    links: Sequence[Link] = ()
    blueprints: Callable[[Prowess], Iterable[Blueprint]] = lambda _: ()
    consumers: Callable[[Prowess], Iterable[Consumer]] = lambda _: ()
    jobs: Callable[[Prowess], Iterable[Job]] = lambda _: ()
    panels: Callable[[Prowess], Iterable[Panel]] = lambda _: ()
    pushes: Callable[[Prowess, Mapping[str, Any]], Iterable[Push]] = lambda *_: ()
    places: Callable[[Prowess, str], Iterable[Place]] = lambda *_: ()
    outlook: Callable[[Prowess, Connection, Collection[str], Sequence[str]], Outlook] | None = None
    derived: Sequence[Derived] = ()
    checks: Callable[[Prowess], Iterable[Finding]] = lambda _: ()
    complaints: Callable[[Prowess], Iterable[Complaint]] = lambda _: ()
    key_note: Callable[[Prowess, int, str], str | None] = lambda *_: None
    metrics: Callable[[Prowess, Connection], Iterable[Family]] = lambda *_: ()


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
    erasures: Erasures = field(init=False)
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
        self.plugins = (core(), *(plugin for plugin in self.plugins if plugin.name != CORE))
        self.database = Database(self.settings.database.url, self.clock)
        meant = [prefix for plugin in self.plugins for prefix in plugin.extensions]
        self.erasures = Erasures(self.database, self.ids, meant)
        self.statements = Statements(self.database, self._committed, self.counts.statements, self.erasures)
        self.reader = StatementReader(self.database)
        self.documents = Documents(self.database, self.erasures)
        self.directory = Directory(self.database)
        self.attachments = Attachments(self.database, blobs_of(self.settings.attachments, self.database), self.clock)
        self.credentials = Credentials(self.database, self.clock, self.ids, self.settings.public_url)
        self.launches = Launches(self.database, self.clock, self.ids, self.credentials)
        self.quarantine = Quarantine(self.database, self.clock, self.statements, self.credentials)
        self.feed = Feed(self.database, self.clock)
        self.people = Register(self.database, self.feed, self.erasures)
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

    def complaints(self) -> list[Complaint]:
        """What will not mend itself, of each plug-in in turn; one that cannot look keeps none from looking, and is complained about."""
        found: list[Complaint] = []
        for plugin in self.plugins:
            found += looked(plugin.name, partial(_complaints, plugin, self), found) or ()
        return found

    def start(self) -> None:
        """Begin to work behind the requests."""
        with suppress(Unavailable):  # without its database a store starts too, and says 503
            make_server_secrets(self.database, self.ids)
        sweep = self.settings.runner.sweep_seconds
        if self.runner_kind == "rq":
            from lrs.rq_runner import RqRunner  # noqa: PLC0415 - most stores are woken without Redis

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


def _complaints(plugin: Plugin, prowess: Prowess) -> list[Complaint]:
    return list(plugin.complaints(prowess))


@cache
def installed_plugins() -> tuple[Plugin, ...]:
    """Every plug-in the environment offers, ours first and in layer order.

    Raises ConfigError when one cannot be loaded: a store that silently lost its rules would be worse.
    """
    found = {plugin.name: plugin for plugin in map(_loaded, entry_points(group=GROUP))}
    return tuple(sorted(found.values(), key=_rank))


@cache
def core() -> Plugin:
    """The record store as a plug-in of itself: found as all others are, and always there.  Raises ConfigError."""
    for point in entry_points(group=GROUP, name=CORE):
        return _loaded(point)
    raise ConfigError(f"the plug-in '{CORE}' is not installed", hint="install Prowess with pip, also to work on it")


def _loaded(point: EntryPoint) -> Plugin:
    try:
        plugin = point.load()
    except Exception as error:
        raise ConfigError(f"plug-in '{point.name}' ({point.value}) cannot be loaded: {error}") from error
    if not isinstance(plugin, Plugin):
        raise ConfigError(f"plug-in '{point.name}' ({point.value}) is not a lrs.prowess.Plugin")
    return plugin


def _rank(plugin: Plugin) -> tuple[int, str]:
    return (ORDER.index(plugin.name) if plugin.name in ORDER else len(ORDER), plugin.name)
