"""Migrations: what they make is what the code expects, on both databases, however often they run."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.migrate import _config, migrate, pending, require_current
from lrs.plugins import installed_plugins
from lrs.prowess import Prowess


@pytest.fixture
def prowess(empty_database_url: str) -> Prowess:
    return Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": empty_database_url}), installed_plugins())


def test_a_migrated_schema_is_the_declared_one(prowess: Prowess) -> None:
    with prowess:
        migrate(prowess.database, prowess.plugins)
        declared = {name for plugin in prowess.plugins if plugin.metadata for name in plugin.metadata.tables}
        for plugin in prowess.plugins:
            if plugin.metadata is None:
                continue
            mine = set(plugin.metadata.tables)

            def own(
                _object: object, name: str | None, kind: str, _reflected: bool, _other: object, mine: set[str] = mine
            ) -> bool:
                return (
                    kind != "table" or name in mine or (name not in declared and not str(name).startswith("migration_"))
                )

            with prowess.database.writing.connect() as conn:
                context = MigrationContext.configure(conn, opts={"include_object": own, "compare_type": True})
                assert compare_metadata(context, plugin.metadata) == [], plugin.name


def test_migrating_twice_changes_nothing_the_second_time(prowess: Prowess) -> None:
    with prowess:
        names = [plugin.name for plugin in prowess.plugins if plugin.migrations]
        assert pending(prowess.database, prowess.plugins) == names
        assert migrate(prowess.database, prowess.plugins) == names
        assert migrate(prowess.database, prowess.plugins) == []
        require_current(prowess.database, prowess.plugins)


def test_an_old_schema_is_refused_and_the_cure_named(prowess: Prowess) -> None:
    with prowess, pytest.raises(ConfigError) as caught:
        require_current(prowess.database, prowess.plugins)
    assert caught.value.hint == "run: prowess migrate"


def test_a_plug_in_s_history_is_its_own(prowess: Prowess) -> None:
    """Leaving a plug-in out must not break the others' migrations."""
    with prowess:
        migrate(prowess.database, prowess.plugins)
        assert migrate(prowess.database, prowess.plugins[:1]) == []
        require_current(prowess.database, prowess.plugins[:1])


def test_references_that_waited_when_it_was_migrated_are_still_made_good(prowess: Prowess) -> None:
    """The list was one of referrers once; now it is one of their targets."""
    target, referrer = b"t" * 16, b"r" * 16
    with prowess, prowess.database.writing.begin() as conn:
        (core,) = [plugin for plugin in prowess.plugins if plugin.name == "lrs"]
        command.upgrade(_config(core, conn), "lrs_0001")
        key = "INSERT INTO statement_key (tenant_id, id, seq, content_hash, hash_version) VALUES (1, :id, :seq, :id, 1)"
        conn.execute(text(key), [{"id": target, "seq": 7}, {"id": referrer, "seq": 5}])
        conn.execute(text("INSERT INTO ref VALUES (1, :id, 5)"), {"id": target})
        conn.execute(text("INSERT INTO ref_pending VALUES (1, 5)"))
        command.upgrade(_config(core, conn), "head")
        assert [tuple(row) for row in conn.execute(text("SELECT tenant_id, seq, passed FROM ref_pending"))] == [
            (1, 7, 0)
        ]


def test_every_table_says_what_erasing_a_person_does_to_it() -> None:
    with_tables = [plugin for plugin in installed_plugins() if plugin.metadata is not None]
    for plugin in with_tables:
        assert plugin.metadata is not None
        assert plugin.erasure.keys() == plugin.metadata.tables.keys(), plugin.name
        assert set(plugin.erasure.values()) <= {"keep", "scrub", "delete"}
