"""Migrations: one Alembic version table for each plug-in, so that removing a plug-in breaks nobody else's history."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from lrs.db import Database
from lrs.errors import ConfigError
from lrs.prowess import Plugin

_LOCK = 0x4D494752  # "MIGR"
_CREATE_FLOOR = text(
    "CREATE TABLE IF NOT EXISTS migration_floor (plugin VARCHAR(63) NOT NULL PRIMARY KEY, revision VARCHAR(32) NOT NULL)"
)


def migrate(database: Database, plugins: tuple[Plugin, ...]) -> list[str]:
    """Bring every plug-in's tables up to date; returns the names of those that changed.  Safe to run from everywhere.

    Each plug-in's migrations are one transaction: cut short they leave nothing, and the next one begins again.  Raises
    ConfigError when a later version has been here on whose tables this one cannot run, or the database is somebody else's.
    """
    changed = []
    due = pending(database, plugins)  # a restart that has nothing to change takes no lock
    for plugin in plugins:
        if plugin.name not in due:
            continue
        with database.migrating() as conn:
            if database.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                conn.execute(text("SET LOCAL lock_timeout = '10s'"))
            before = _revision(conn, plugin)
            if before == _head(plugin):  # somebody else was faster
                continue
            command.upgrade(_config(plugin, conn), "head")
            _record_floor(conn, plugin)
            changed.append(plugin.name)
    return changed


def pending(database: Database, plugins: tuple[Plugin, ...]) -> list[str]:
    """The plug-ins whose tables are behind this code.

    Raises ConfigError as `migrate` does, and for a database that cannot become a store.
    """
    due = []
    with database.read(snapshot=True) as conn:
        for plugin in plugins:
            found = _revision(conn, plugin) if plugin.migrations else None
            if plugin.migrations and found != _head(plugin):
                if found is None:
                    database.dialect.require_fit(conn)
                    _require_room(conn, plugin)
                elif found not in _history(plugin):
                    _require_floor(conn, plugin, found)
                    continue
                due.append(plugin.name)
    return due


def ahead(database: Database, plugins: tuple[Plugin, ...]) -> dict[str, str]:
    """The plug-ins whose tables a later version has migrated, each with the revision, which this code does not know."""
    with database.read() as conn:
        revisions = {plugin.name: _revision(conn, plugin) for plugin in plugins if plugin.migrations}
    history = {plugin.name: _history(plugin) for plugin in plugins if plugin.migrations}
    return {name: found for name, found in revisions.items() if found is not None and found not in history[name]}


def revisions(database: Database, plugins: tuple[Plugin, ...]) -> dict[str, str | None]:
    """What each plug-in's tables were migrated to, without looking at what this code knows, which takes a hundred times as long."""
    with database.read() as conn:
        return {plugin.name: _revision(conn, plugin) for plugin in plugins if plugin.migrations}


def require_current(database: Database, plugins: tuple[Plugin, ...]) -> None:
    """Raises ConfigError when a migration is due, or a later version was here as for `migrate`."""
    names = pending(database, plugins)
    if names:
        raise ConfigError(f"the database is not up to date for: {', '.join(names)}", hint="run: prowess migrate")


def version_tables(plugins: Sequence[Plugin]) -> list[str]:
    """The tables in which each plug-in's version stands."""
    return [_table(plugin) for plugin in plugins if plugin.migrations]


def _revision(conn: Connection, plugin: Plugin) -> str | None:
    context = MigrationContext.configure(conn, opts={"version_table": _table(plugin)})
    return context.get_current_revision()


def _head(plugin: Plugin) -> str | None:
    return _scripts(plugin).get_current_head()


def _history(plugin: Plugin) -> dict[str, ModuleType]:
    """Every revision this code knows, the newest first."""
    return {one.revision: one.module for one in _scripts(plugin).walk_revisions()}


def _scripts(plugin: Plugin) -> ScriptDirectory:
    assert plugin.migrations is not None
    return _scripts_in(plugin.migrations)


@cache
def _scripts_in(package: str) -> ScriptDirectory:
    """The migrations of a package; Alembic runs each of them to read it, and they stay what they are."""
    return ScriptDirectory.from_config(_scripts_config(package))


def _record_floor(conn: Connection, plugin: Plugin) -> None:
    """Note from which revision on code can run on these tables: the newest whose migration is not additive (0012)."""
    history = _history(plugin)
    floor = next(name for name, module in history.items() if not getattr(module, "additive", False))
    conn.execute(_CREATE_FLOOR)
    conn.execute(text("DELETE FROM migration_floor WHERE plugin = :plugin"), {"plugin": plugin.name})
    row = {"plugin": plugin.name, "revision": floor}
    conn.execute(text("INSERT INTO migration_floor (plugin, revision) VALUES (:plugin, :revision)"), row)


def _require_floor(conn: Connection, plugin: Plugin, found: str) -> None:
    """Raises ConfigError unless whoever made the tables what they are said that this code can run on them."""
    query = text("SELECT revision FROM migration_floor WHERE plugin = :plugin")
    is_said = inspect(conn).has_table("migration_floor")
    floor = conn.scalar(query, {"plugin": plugin.name}) if is_said else None
    if floor not in _history(plugin):
        needs = f"needs code that knows '{floor}'" if floor else "does not say who else can run on it"
        raise ConfigError(
            f"a later version of Prowess has migrated the tables of '{plugin.name}' to '{found}', which {needs}; this one"
            f" knows no more than '{_head(plugin)}'",
            hint="start the later version again, or restore the backup that was made before it into a new database",
        )


def _require_room(conn: Connection, plugin: Plugin) -> None:
    """Raises ConfigError when tables that are to be made are there, and nobody said that they were ours."""
    ours = plugin.metadata.tables if plugin.metadata is not None else {}
    if taken := sorted(set(inspect(conn).get_table_names()).intersection(ours)):
        raise ConfigError(
            f"the database has tables that are not of Prowess and are called like its own: {', '.join(taken)}",
            hint="name another database in database.url",
        )


def _table(plugin: Plugin) -> str:
    return f"migration_{plugin.name}"


def _config(plugin: Plugin, conn: Connection) -> Config:
    assert plugin.migrations is not None
    config = _scripts_config(plugin.migrations)
    attributes: dict[str, Any] = {"connection": conn, "version_table": _table(plugin), "metadata": plugin.metadata}
    config.attributes.update(attributes)
    return config


def _scripts_config(package: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(Path(str(import_module(package).__path__[0]))))
    return config
