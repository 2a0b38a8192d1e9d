"""The seam: what a package can add to the record store.

`lrs`, `rules`, `connectors` and `reports` use it themselves, so outsiders get exactly what we have.  A plug-in is one
object in a `plugin.py`, found by the entry-point group `prowess.plugins`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from flask import Blueprint
from sqlalchemy import Connection, MetaData, Table

from lrs.config import SectionSchema
from lrs.errors import ConfigError

if TYPE_CHECKING:
    from lrs.bench.findings import Bench
    from lrs.complaints import Complaint
    from lrs.feed import Consumer
    from lrs.jobs import Job
    from lrs.metrics.exposition import Family
    from lrs.prowess import Prowess
    from lrs.verify.comparison import Views
    from lrs.verify.finding import Finding
    from lrs.web.panels import Panel
    from lrs.web.sessions import SignedIn

GROUP = "prowess.plugins"
ORDER = ("lrs", "rules", "connectors", "reports")


READERS_ONLY = "reports"
ADMINISTRATORS_ONLY = "admin"


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
    erasure: what happens to a person's rows of each table on erasure: keep, scrub or delete (data-model 12).
    pushes: which systems it would tell if a statement of ours were recorded, from settings alone; nothing is sent.
    places: where a program (by its id) is learnt, from settings alone.
    derived: which of its tables follow from the record.  checks: what of the others is not as it must be.
    complaints: what will not mend itself, for the home page of administrators and `prowess doctor`.
    metrics: what `/metrics` reads of its tables; nothing there may take longer the more there is.
    """

    name: str
    settings: type[SectionSchema] | None = None
    metadata: MetaData | None = None
    migrations: str | None = None
    erasure: Mapping[str, str] = field(default_factory=dict)
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
    derived: Sequence[Derived] = ()
    checks: Callable[[Prowess], Iterable[Finding]] = lambda _: ()
    complaints: Callable[[Prowess], Iterable[Complaint]] = lambda _: ()
    metrics: Callable[[Prowess, Connection], Iterable[Family]] = lambda *_: ()


def installed_plugins() -> tuple[Plugin, ...]:
    """Every plug-in the environment offers, ours first and in layer order.

    Raises ConfigError when one cannot be loaded: a store that silently lost its rules would be worse.
    """
    found: dict[str, Plugin] = {}
    for point in entry_points(group=GROUP):
        try:
            plugin = point.load()
        except Exception as error:
            raise ConfigError(f"plug-in '{point.name}' ({point.value}) cannot be loaded: {error}") from error
        if not isinstance(plugin, Plugin):
            raise ConfigError(f"plug-in '{point.name}' ({point.value}) is not a lrs.plugins.Plugin")
        found[plugin.name] = plugin
    return tuple(sorted(found.values(), key=_rank))


def _rank(plugin: Plugin) -> tuple[int, str]:
    return (ORDER.index(plugin.name) if plugin.name in ORDER else len(ORDER), plugin.name)
