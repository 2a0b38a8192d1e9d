"""Migrations: what they make is what the code expects, on both databases, however often they run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Integer, LargeBinary, MetaData, inspect, text

from lrs.config import load_settings
from lrs.dialects import sqlite
from lrs.errors import ConfigError, ProwessError
from lrs.migrate import _config, _head, _history, migrate, pending, require_current
from lrs.prowess import Plugin, Prowess, installed_plugins
from lrs.store import audit
from lrs.store.backup import restore
from lrs.store.chain import examine
from rules.plugin import plugin as rules
from tests.commanding import prowess
from tests.journey.house import house_in, passed
from tests.migrating import open_store, snapshot
from tests.servers import fresh_database, sqlite_at


@pytest.fixture
def store(empty_database_url: str) -> Prowess:
    return Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": empty_database_url}), installed_plugins())


def test_a_migrated_schema_is_the_declared_one(store: Prowess) -> None:
    with store:
        migrate(store.database, store.plugins)
        declared = {name for plugin in store.plugins if plugin.metadata for name in plugin.metadata.tables}
        for plugin in store.plugins:
            if plugin.metadata is None:
                continue
            mine = set(plugin.metadata.tables)

            def own(
                _object: object, name: str | None, kind: str, _reflected: bool, _other: object, mine: set[str] = mine
            ) -> bool:
                return (
                    kind != "table" or name in mine or (name not in declared and not str(name).startswith("migration_"))
                )

            with store.database.writing.connect() as conn:
                context = MigrationContext.configure(conn, opts={"include_object": own, "compare_type": True})
                assert compare_metadata(context, plugin.metadata) == [], plugin.name


def test_migrating_twice_changes_nothing_the_second_time(store: Prowess) -> None:
    with store:
        names = [plugin.name for plugin in store.plugins if plugin.migrations]
        assert pending(store.database, store.plugins) == names
        assert migrate(store.database, store.plugins) == names
        assert migrate(store.database, store.plugins) == []
        require_current(store.database, store.plugins)


def test_an_old_schema_is_refused_and_the_cure_named(store: Prowess) -> None:
    with store, pytest.raises(ConfigError) as caught:
        require_current(store.database, store.plugins)
    assert caught.value.hint == "run: prowess migrate"


def test_a_plug_in_s_history_is_its_own(store: Prowess) -> None:
    """Leaving a plug-in out must not break the others' migrations."""
    with store:
        migrate(store.database, store.plugins)
        assert migrate(store.database, store.plugins[:1]) == []
        require_current(store.database, store.plugins[:1])


def test_references_that_waited_when_it_was_migrated_are_still_made_good(store: Prowess) -> None:
    """The list was one of referrers once; now it is one of their targets."""
    target, referrer = b"t" * 16, b"r" * 16
    with store, store.database.writing.begin() as conn:
        (core,) = [plugin for plugin in store.plugins if plugin.name == "lrs"]
        command.upgrade(_config(core, conn), "lrs_0001")
        key = "INSERT INTO statement_key (tenant_id, id, seq, content_hash, hash_version) VALUES (1, :id, :seq, :id, 1)"
        conn.execute(text(key), [{"id": target, "seq": 7}, {"id": referrer, "seq": 5}])
        conn.execute(text("INSERT INTO ref VALUES (1, :id, 5)"), {"id": target})
        conn.execute(text("INSERT INTO ref_pending VALUES (1, 5)"))
        command.upgrade(_config(core, conn), "head")
        assert [tuple(row) for row in conn.execute(text("SELECT tenant_id, seq, passed FROM ref_pending"))] == [
            (1, 7, 0)
        ]


def furnish(store: Prowess) -> None:
    """The first day's tables of every plug-in, with rows in each."""
    for plugin in store.plugins:
        if plugin.migrations:
            with store.database.writing.begin() as conn:
                command.upgrade(_config(plugin, conn), f"{plugin.name}_0001")
    with store.database.writing.begin() as conn:
        _fill(conn)
        conn.execute(text("INSERT INTO ref VALUES (1, :id, 5)"), {"id": b"t" * 16})
        key = "INSERT INTO statement_key (tenant_id, id, seq, content_hash, hash_version) VALUES (1, :id, 7, :id, 1)"
        conn.execute(text(key), {"id": b"t" * 16})
        conn.execute(text("INSERT INTO ref_pending VALUES (1, 5)"))


def _fill(conn: Connection) -> None:
    metadata = MetaData()
    metadata.reflect(conn)
    for table in metadata.sorted_tables:
        if not table.name.startswith(("migration_", "sequencer", "tenant", "ref_pending")):
            conn.execute(table.insert(), [{c.name: _value(c.type, n) for c in table.columns} for n in (3, 4)])


def _value(kind: Any, n: int) -> object:
    if isinstance(kind, LargeBinary):
        return bytes([n % 256]) * 16
    return n if isinstance(kind, Integer) else f"{n}"


def migrating(url: str, how: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.migrating", url, how], capture_output=True, text=True, timeout=1700, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'one.db'}", f"sqlite:///{tmp_path / 'other.db'}"
    else:
        server = request.getfixturevalue("postgres_url")
        with fresh_database(server, is_empty=True) as one, fresh_database(server, is_empty=True) as other:
            yield one, other


def migrated_twice(databases: tuple[str, str], *, with_data: bool) -> tuple[str, dict[str, list[str]]]:
    """A database still to be migrated, and what an equal one is after it was, without interruption."""
    one, other = databases
    for url in databases:
        with open_store(url) as store:
            if with_data:
                furnish(store)
            if url == other:
                migrate(store.database, store.plugins)
    return one, snapshot(other)


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_killed_on_the_way_a_migration_leaves_nothing_half_done_and_the_next_one_ends_it(
    databases: tuple[str, str],
) -> None:
    url, whole = migrated_twice(databases, with_data=True)
    deaths = migrating(url, "17")
    assert len(deaths) > 5
    assert snapshot(url) == whole


@pytest.mark.fault
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("with_data", [True, False], ids=["with data", "empty"])
def test_killed_in_front_of_every_single_statement_a_migration_is_ended_by_the_next_one(
    databases: tuple[str, str], with_data: bool
) -> None:
    url, whole = migrated_twice(databases, with_data=with_data)
    deaths = migrating(url, "1")
    assert len(deaths) > 60
    assert snapshot(url) == whole


BEFORE_THE_CHAIN = "lrs_0005"
"""What comes after it: the chain over the audit, who was erased, the order of managers, erasures that are under way."""
LINES = 1_003
"""More lines of the audit than are chained at once."""


def furnish_before_the_chain(store: Prowess) -> MetaData:
    """The store as it was then, with rows where the later migrations look; returns its tables."""
    found = MetaData()
    for plugin in store.plugins:
        if plugin.migrations:
            with store.database.writing.begin() as conn:
                command.upgrade(_config(plugin, conn), BEFORE_THE_CHAIN if plugin.name == "lrs" else "head")
    with store.database.writing.begin() as conn:
        found.reflect(conn)
        line = {"kind": "command", "name": "grace", "address": None, "action": "key.create", "details": "{}"}
        lines = [{**line, "tenant_id": 1 + i % 2, "at": i, "subject": f"key {i}"} for i in range(1, LINES + 1)]
        conn.execute(found.tables["audit"].insert(), lines)
        manager = {"tenant_id": 1, "person_id": "bob", "known_from": 5, "ordinal": 0, "from_day": 1}
        conn.execute(found.tables["manager"].insert(), [{**manager, "manager_id": one} for one in ("zoe", "ada")])
    return found


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_killed_in_front_of_every_statement_of_the_migrations_since_the_chain_they_are_ended_by_the_next_one(
    databases: tuple[str, str],
) -> None:
    """The audit was empty where the chain was made under kills, so its lines never were."""
    url, other = databases
    for one in databases:
        with open_store(one) as store:
            furnish_before_the_chain(store)
            if one == other:
                migrate(store.database, store.plugins)
    deaths = migrating(url, "1")
    assert len(deaths) > 20
    assert snapshot(url) == snapshot(other)
    with open_store(url) as store, store.database.read() as conn:
        for tenant, count in ((1, LINES // 2), (2, LINES - LINES // 2)):
            chain = examine(conn, tenant)
            assert (chain.holds, chain.lines, chain.unchained) == (True, count, ())


def test_what_the_version_before_the_chain_writes_is_taken_by_the_tables_of_now(store: Prowess) -> None:
    with store:
        then = furnish_before_the_chain(store)
        migrate(store.database, store.plugins)
        names = [name for name in then.tables if not name.startswith(("migration_", "sequencer", "tenant"))]
        with store.database.writing.begin() as conn:
            for name in names:
                table = then.tables[name]
                row = {column.name: _value(column.type, 7_777) for column in table.columns}
                conn.execute(table.insert(), {**row, "tenant_id": 1} if "tenant_id" in row else row)
            audit.record(conn, "key.create", "moodle", at=1)
        with store.database.read() as conn:
            chain = examine(conn, 1)
            managers = conn.execute(text("SELECT place FROM manager")).scalars().all()
        assert (chain.holds, chain.unchained, set(managers)) == (True, (7_777,), {None})


@pytest.mark.journey
def test_of_two_that_migrate_at_once_one_waits_and_both_end_well(databases: tuple[str, str]) -> None:
    url, whole = migrated_twice(databases, with_data=True)
    assert migrating(url, "twice") == [0, 0]
    assert snapshot(url) == whole


def test_every_table_says_what_erasing_a_person_does_to_it() -> None:
    with_tables = [plugin for plugin in installed_plugins() if plugin.metadata is not None]
    for plugin in with_tables:
        assert plugin.metadata is not None
        assert plugin.erasure.keys() == plugin.metadata.tables.keys(), plugin.name
        for name, policy in plugin.erasure.items():
            assert policy.word in {"keep", "scrub", "delete"}, name
            assert set(policy.columns()) <= set(plugin.metadata.tables[name].c.keys()), name


ADDS = """
    op.add_column("evidence", sa.Column("remark", sa.Text()))
    op.add_column("evidence", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_evidence_remark", "evidence", ["tenant_id", "remark"])
    op.create_table("later", sa.Column("id", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("id"))
"""
TAKES = 'op.drop_table("dirty")'


def later_version(directory: Path, upgrade: str, *, additive: bool) -> tuple[Plugin, ...]:
    """Today's plug-ins, but the rules of a version that has one migration more."""
    name = f"later_{uuid4().hex}"
    versions = directory / name / "versions"
    shutil.copytree(Path(str(import_module("rules.migrations.versions").__path__[0])), versions)
    (versions / "rules_9999_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "rules_9999"\ndown_revision = "{_head(rules)}"\nadditive = {additive}\n\n\n'
        f"def upgrade() -> None:\n    {upgrade.strip()}\n"
    )
    sys.path.insert(0, str(directory))
    try:
        import_module(f"{name}.versions")
    finally:
        sys.path.remove(str(directory))
    later = replace(rules, migrations=f"{name}.versions")
    return tuple(later if plugin is rules else plugin for plugin in installed_plugins())


def migrate_later(url: str, plugins: tuple[Plugin, ...]) -> None:
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), plugins) as later:
        assert migrate(later.database, later.plugins)[-1:] == ["rules"]


def test_this_version_works_on_the_tables_of_a_later_one_that_only_added_to_them(
    tmp_path: Path, database_url: str
) -> None:
    migrate_later(database_url, later_version(tmp_path, ADDS, additive=True))
    with house_in(tmp_path, database_url, light=True) as house:
        house.furnish()
        house.serve_here()
        house.post(passed("ada@example.org"))
        house.drain()
        assert house.award("ada") == "valid"
        said = prowess("--config", str(house.config), "migrate", cwd=tmp_path, check=True)
        assert (
            said.stdout
            == "up to date\na later version has migrated 'rules' to 'rules_9999', on which this one can run\n"
        )
        assert prowess("--config", str(house.config), "doctor", cwd=tmp_path).returncode == 0
        with house.prowess.database.read() as conn:
            assert set(conn.scalars(text("SELECT weight FROM evidence"))) == {1}


@pytest.mark.journey
def test_it_is_served_on_them_and_the_log_says_so(tmp_path: Path, database_url: str) -> None:
    with house_in(tmp_path, database_url) as house:
        house.furnish()
        migrate_later(database_url, later_version(tmp_path, ADDS, additive=True))
        server = house.serve()
        house.post(passed("ada@example.org"))
        house.settle()
        assert house.award("ada") == "valid"
        assert server.stop() == 0
        assert "a later version has migrated the tables; this one can run on them" in server.log.read_text()


@pytest.mark.parametrize(("command", "code"), [("migrate", 1), ("serve --port 0", 1), ("doctor", 2)])
def test_on_tables_of_a_later_version_that_took_something_away_this_one_says_why_it_does_not_start(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, command: str, code: int
) -> None:
    """It was a traceback: Can't locate revision identified by 'rules_9999'."""
    monkeypatch.setenv("PROWESS_DATABASE_URL", database_url)
    migrate_later(database_url, later_version(tmp_path, TAKES, additive=False))
    before = snapshot(database_url)
    said = prowess(*command.split(), cwd=tmp_path)
    later = (
        "a later version of Prowess has migrated the tables of 'rules' to 'rules_9999', which needs code that knows"
        f" 'rules_9999'; this one knows no more than '{_head(rules)}'"
    )
    assert (said.returncode, said.stdout) == (code, "")
    assert said.stderr.splitlines() == [
        f"error: {later}",
        "  hint: start the later version again, or restore the backup that was made before it into a new database",
    ]
    assert snapshot(database_url) == before


def test_a_revision_of_which_nothing_is_said_is_refused(tmp_path: Path, database_url: str) -> None:
    with open_store(database_url) as store:
        with store.database.writing.begin() as conn:
            conn.execute(text("DROP TABLE migration_floor"))
            conn.execute(text("UPDATE migration_rules SET version_num = 'rules_7777'"))
        with pytest.raises(ConfigError, match="'rules_7777', which does not say who else can run on it"):
            require_current(store.database, store.plugins)


def test_a_backup_of_a_later_version_is_not_restored_by_one_that_would_lose_of_it(tmp_path: Path) -> None:
    migrate_later(sqlite_at(tmp_path / "later.db"), later_version(tmp_path, ADDS, additive=True))
    with (
        open_store(f"sqlite:///{tmp_path / 'new.db'}") as store,
        pytest.raises(ProwessError, match="a later version, for: rules"),
    ):
        restore(store.database, store.plugins, tmp_path / "later.db", store.clock)


def taken(url: str, plugin: Plugin) -> list[str]:
    """What migrations that call themselves additive do besides adding, revision by revision."""
    found: list[str] = []
    before: dict[str, dict[str, Any]] = {}
    with open_store(url) as store:
        for revision, module in reversed(_history(plugin).items()):
            with store.database.writing.begin() as conn:
                command.upgrade(_config(plugin, conn), revision)
            with store.database.writing.connect() as conn:
                names = inspect(conn).get_table_names()
                after = {name: {one["name"]: one for one in inspect(conn).get_columns(name)} for name in names}
            if getattr(module, "additive", False):
                found += [f"{revision}: {what}" for what in _besides_adding(before, after)]
            before = after
    return found


def _besides_adding(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[str]:
    for table, columns in before.items():
        now = after.get(table, {})
        yield from (f"{table}.{name}" for name, one in columns.items() if repr(now.get(name)) != repr(one))
        added = [one for name, one in now.items() if name not in columns]
        yield from (f"{table}.{one['name']}" for one in added if not one["nullable"] and one["default"] is None)


def test_a_migration_that_says_that_it_only_adds_does_no_more(tmp_path: Path) -> None:
    """And the check itself sees a column that goes."""
    for plugin in installed_plugins():
        if plugin.migrations:
            assert taken(f"sqlite:///{tmp_path / plugin.name}.db", plugin) == []
    (honest,) = [one for one in later_version(tmp_path, ADDS, additive=True) if one.name == "rules"]
    assert taken(f"sqlite:///{tmp_path / 'honest'}.db", honest) == []
    (liar,) = [one for one in later_version(tmp_path, TAKES, additive=True) if one.name == "rules"]
    assert [one.split(".")[0] for one in taken(f"sqlite:///{tmp_path / 'liar'}.db", liar)][:1] == ["rules_9999: dirty"]


def test_whoever_migrates_waits_for_whoever_writes_however_long_that_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second server that was started during a long migration gave up after ten seconds: the database is locked."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setattr(sqlite, "_BUSY_MS", 50)
    with open_store(url) as first, open_store(url) as second, ThreadPoolExecutor(1) as pool:
        with first.database.writing.begin() as conn:
            conn.exec_driver_sql("CREATE TABLE long (x)")
            waiting = pool.submit(migrate, second.database, second.plugins)
            with pytest.raises(TimeoutError):
                waiting.result(1)
        assert "lrs" in waiting.result(60)
