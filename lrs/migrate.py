"""Migrations: one Alembic version table for each plug-in, so that removing a plug-in breaks nobody else's history."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from lrs.db import Database
from lrs.errors import ConfigError
from lrs.plugins import Plugin

_LOCK = 0x4D494752  # "MIGR"


def migrate(database: Database, plugins: tuple[Plugin, ...]) -> list[str]:
    """Bring every plug-in's tables up to date; returns the names of those that changed.  Safe to run from everywhere."""
    changed = []
    due = pending(database, plugins)  # a restart that has nothing to change takes no lock
    for plugin in plugins:
        if plugin.name not in due:
            continue
        with database.writing.begin() as conn:
            if database.dialect.name == "postgresql":
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                conn.execute(text("SET LOCAL lock_timeout = '10s'"))
            before = _revision(conn, plugin)
            command.upgrade(_config(plugin, conn), "head")
            if _revision(conn, plugin) != before:
                changed.append(plugin.name)
    return changed


def pending(database: Database, plugins: tuple[Plugin, ...]) -> list[str]:
    """The plug-ins whose tables are not at this code's version."""
    with database.read() as conn:
        return [plugin.name for plugin in plugins if plugin.migrations and _revision(conn, plugin) != _head(plugin)]


def require_current(database: Database, plugins: tuple[Plugin, ...]) -> None:
    """Raises ConfigError when a migration is due."""
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
    return ScriptDirectory.from_config(_config(plugin, None)).get_current_head()


def _table(plugin: Plugin) -> str:
    return f"migration_{plugin.name}"


def _config(plugin: Plugin, conn: Connection | None) -> Config:
    assert plugin.migrations is not None
    package = import_module(plugin.migrations)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(Path(str(package.__path__[0]))))
    attributes: dict[str, Any] = {"connection": conn, "version_table": _table(plugin), "metadata": plugin.metadata}
    config.attributes.update(attributes)
    return config
