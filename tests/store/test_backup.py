"""Backups: one instant of a store in one file, from either database and back into either."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import select

from lrs.cli import build
from lrs.clock import SystemClock
from lrs.errors import Conflict, ProwessError
from lrs.jobs import MAIN
from lrs.migrate import _config, _scripts, pending
from lrs.prowess import installed_plugins
from lrs.store.backup import back_up, contents, copy_file, restore
from rules import tables as r
from tests.commanding import prowess
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.store.sending import Client, statement, void
from tests.store.test_feed import furnish, passes

Serve = Callable[..., Served]
PLUGINS = installed_plugins()
CLOCK = SystemClock()


def opened(url: str):
    from lrs.config import load_settings
    from lrs.prowess import Prowess

    return Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), PLUGINS)


@pytest.mark.journey
def test_what_is_restored_is_the_store_as_it_was_and_goes_on(
    serve: Serve, database_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    served = serve(database_url, PLUGINS, PROWESS_RUNNER_KIND="none")
    furnish(served.prowess)
    client, first = Client(served), statement()
    client.post(first)
    client.post([statement() for _ in range(30)])
    client.post(void(first["id"]))
    passes(served.prowess)
    served.prowess.work.drain(MAIN)
    before = client.get(limit=100).json()
    with served.prowess.database.read() as conn:
        decided = {tuple(row) for row in conn.execute(select(r.decision.c.person_id, r.decision.c.hash))}
    saved = back_up(served.prowess.database, served.prowess.plugins, tmp_path / "b" / "one.db", CLOCK)
    assert saved == contents(served.prowess.database, served.prowess.plugins)
    with opened(empty_database_url) as empty:
        assert restore(empty.database, empty.plugins, tmp_path / "b" / "one.db", CLOCK) == saved
    again = serve(empty_database_url, PLUGINS, PROWESS_RUNNER_KIND="none")
    copy = Client(again)
    copy.session.auth = client.session.auth
    assert copy.get(limit=100).json()["statements"] == before["statements"]
    assert copy.status(first["id"]) == (404, 200)
    last = max(one["stored"] for one in before["statements"])
    new = statement()
    assert copy.post(new).json() == [new["id"]]
    assert copy.get(statementId=new["id"]).json()["stored"] > last
    again.prowess.credentials.create("one more", ["all"])
    again.prowess.work.drain(MAIN)
    with again.prowess.database.read() as conn:
        assert decided == {tuple(row) for row in conn.execute(select(r.decision.c.person_id, r.decision.c.hash))}
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["one.db"]


@pytest.mark.journey
def test_a_backup_under_writers_is_one_instant(serve: Serve, database_url: str, tmp_path: Path) -> None:
    """Batches of ten: a backup that holds half of one would be of no instant."""
    served = serve(database_url, PROWESS_RUNNER_KIND="none")
    stopping, acknowledged = threading.Event(), [0]

    def write() -> None:
        writer = Client(served)
        while not stopping.is_set():
            assert writer.post([statement() for _ in range(10)]).status_code == 200
            acknowledged[0] += 10

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    for number in range(4):
        before = acknowledged[0]
        saved = back_up(served.prowess.database, served.prowess.plugins, tmp_path / f"{number}.db", CLOCK)
        assert saved.statements % 10 == 0
        assert before <= saved.statements
    stopping.set()
    for writer in writers:
        writer.join()


def test_nothing_is_overwritten_and_nothing_is_mixed(serve: Serve, database_url: str, tmp_path: Path) -> None:
    served = serve(database_url, PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(served).post(statement())
    file = tmp_path / "one.db"
    saved = back_up(served.prowess.database, served.prowess.plugins, file, CLOCK)
    with pytest.raises(Conflict, match="exists already"):
        back_up(served.prowess.database, served.prowess.plugins, file, CLOCK)
    with pytest.raises(Conflict, match="not empty"):
        restore(served.prowess.database, served.prowess.plugins, file, CLOCK)
    assert contents(served.prowess.database, served.prowess.plugins) == saved


@pytest.mark.parametrize("damage", ["cut", "not a database", "another database", "missing"])
def test_a_file_that_is_no_whole_backup_is_refused_and_nothing_is_kept(
    serve: Serve, tmp_path: Path, damage: str
) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(served).post([statement() for _ in range(200)])
    file = tmp_path / "one.db"
    back_up(served.prowess.database, served.prowess.plugins, file, CLOCK)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "not a database":
        file.write_text("hello")
    elif damage == "another database":
        file.unlink()
        with closing(sqlite3.connect(file)) as conn:
            conn.execute("CREATE TABLE x (y)")
    else:
        file.unlink()
    with opened(sqlite_at(tmp_path / "another.db")) as empty:
        with pytest.raises(ProwessError):
            restore(empty.database, empty.plugins, file, CLOCK)
        assert contents(empty.database, empty.plugins).statements == 0


def changed(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:
        found = raw.execute(
            "UPDATE body SET bytes = CAST(replace(bytes, 'true', 'false') AS BLOB) WHERE instr(bytes, 'true')"
        )
        assert found.rowcount == 1
        raw.commit()


def test_a_pass_that_was_made_a_failure_in_a_backup_was_restored_all_the_same(
    serve: Serve, database_url: str, tmp_path: Path
) -> None:
    served = serve(database_url, PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(served).post([statement(), statement(result={"success": True}), statement()])
    file = tmp_path / "one.db"
    saved = back_up(served.prowess.database, served.prowess.plugins, file, CLOCK)
    changed(file)
    with opened(sqlite_at(tmp_path / "another.db")) as empty:
        with pytest.raises(ProwessError, match="are not those that were backed up"):
            restore(empty.database, empty.plugins, file, CLOCK)
        assert contents(empty.database, empty.plugins).statements == 0
    with opened(f"sqlite:///{file}") as store:
        assert contents(store.database, store.plugins).digest != saved.digest


def test_a_backup_of_before_there_were_seals_is_restored(serve: Serve, tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(served).post(statement())
    file = tmp_path / "one.db"
    saved = back_up(served.prowess.database, served.prowess.plugins, file, CLOCK)
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("DROP TABLE backup_seal")
    with opened(sqlite_at(tmp_path / "another.db")) as empty:
        assert restore(empty.database, empty.plugins, file, CLOCK) == saved


def test_a_backup_that_was_served_is_restored_with_what_came_since(serve: Serve, tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(served).post(statement(result={"success": True}))
    first, second = tmp_path / "one.db", tmp_path / "two.db"
    back_up(served.prowess.database, served.prowess.plugins, first, CLOCK)
    with opened(f"sqlite:///{first}") as store:
        made, secret = store.credentials.create("more", ["all"])
    again = serve(f"sqlite:///{first}", PLUGINS, PROWESS_RUNNER_KIND="none")
    Client(replace(again, key=made.key, secret=str(secret))).post(statement())
    saved = back_up(again.prowess.database, again.prowess.plugins, second, CLOCK)
    plain = tmp_path / "plain.db"
    copy_file(first, plain)
    for number, file in enumerate((plain, second)):
        with opened(sqlite_at(tmp_path / f"{number}.db")) as empty:
            assert restore(empty.database, empty.plugins, file, CLOCK).digest == saved.digest
    changed(plain)
    with opened(sqlite_at(tmp_path / "third.db")) as empty, pytest.raises(ProwessError, match="backed up"):
        restore(empty.database, empty.plugins, plain, CLOCK)


def test_a_backup_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path, empty_database_url: str) -> None:
    with opened(f"sqlite:///{tmp_path / 'old.db'}") as old:
        for plugin in old.plugins:
            if plugin.migrations:
                revisions = list(_scripts(plugin).walk_revisions())
                with old.database.writing.begin() as conn:
                    command.upgrade(_config(plugin, conn), revisions[min(1, len(revisions) - 1)].revision)
        assert pending(old.database, old.plugins)
    with opened(empty_database_url) as new:
        restore(new.database, new.plugins, tmp_path / "old.db", CLOCK)
        assert pending(new.database, new.plugins) == []


def spoil(file: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    with closing(sqlite3.connect(file)) as conn:
        (size,) = conn.execute("PRAGMA page_size").fetchone()
        (page,) = conn.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)


def test_a_damaged_database_is_explained_and_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROWESS_DATABASE_URL", sqlite_at(tmp_path / "store.db"))
    spoil(tmp_path / "store.db", "statement_key")
    saved = prowess("backup", "saved.db", cwd=tmp_path)
    first = "error: the database is damaged: database disk image is malformed"
    assert (saved.returncode, saved.stderr.splitlines()[0]) == (1, first)
    assert [path.name for path in tmp_path.iterdir() if "saved" in path.name] == []


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_everybody_on_the_machine_could_read_store_configuration_and_backups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "people.yaml").write_text("people: []\n")
    (tmp_path / "here" / "people.yaml").chmod(0o644)
    before = os.umask(umask)
    try:
        for words in ("init here", "--config here/config.yaml backup saved/one.db"):
            assert CliRunner().invoke(build(), words.split()).exit_code == 0
        with opened(f"sqlite:///{tmp_path / 'here' / 'prowess.db'}") as store:
            store.credentials.create("lms", ["all"])
            modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.glob("*/*") if file.is_file()}
    finally:
        os.umask(before)
    private = {"config.yaml", "prowess.db", "prowess.db-wal", "prowess.db-shm", "one.db"}
    assert {modes.pop(name) for name in private} == {"0o600"}
    assert modes["people.yaml"] == "0o644", "what is there is left alone"


def test_the_commands_say_what_they_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in ("init here", "--config here/config.yaml backup saved/one.db"):
        assert CliRunner().invoke(build(), words.split()).exit_code == 0
    monkeypatch.setenv("PROWESS_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    found = CliRunner().invoke(build(), ["--config", "here/config.yaml", "restore", "saved/one.db"])
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("restored from saved/one.db: 0 statements, ")
    again = CliRunner().invoke(build(), ["--config", "here/config.yaml", "backup", "saved/one.db"])
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
