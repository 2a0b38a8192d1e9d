"""A store that cannot be opened: each command says on one line what is wrong and where, on the next how it is mended."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError as Operational

from lrs.cli_context import explained
from lrs.db import Database
from lrs.dialects.troubles import is_refusal, trouble
from lrs.errors import Unavailable
from tests.commanding import Done, prowess
from tests.servers import fresh_database, sqlite_at

SERVER = make_url("postgresql://ada:geheim@db.example:5433/store")


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs a command on the database of a URL."""

    def run(url: str, *arguments: str) -> Done:
        monkeypatch.setenv("PROWESS_DATABASE_URL", url)
        return prowess(*arguments, cwd=tmp_path)

    return run


def lines(done: Done) -> list[str]:
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()


def test_a_database_that_is_a_directory_or_no_database_was_told_to_be_tried_again(
    ask: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("dear diary, " * 100)
    (tmp_path / "there").mkdir()
    for name, what, hint in (
        (
            "there",
            f"database.url names a directory: {tmp_path / 'there'}",
            "name a file in it: sqlite:///DIRECTORY/prowess.db",
        ),
        ("text", f"{tmp_path / 'text'} is no SQLite database", "check database.url"),
    ):
        url = f"sqlite:///{tmp_path / name}"
        for command, code in (
            ("doctor", 2),
            ("migrate", 1),
            ("serve --port 0", 1),
            ("people list", 1),
            ("report overdue", 1),
            ("backup b.db", 1),
        ):
            done = ask(url, *command.split())
            assert (done.returncode, lines(done)) == (code, [f"error: {what}", f"  hint: {hint}"]), command
        said = json.loads(ask(url, "doctor", "--json").stdout)
        assert said == {"state": "unknown", "error": what, "hint": hint}


def test_a_database_below_a_file_ended_in_a_traceback(ask: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    url = f"sqlite:///{tmp_path / 'text' / 'store.db'}"
    assert lines(ask(url, "migrate"))[0] == f"error: database.url: no file can be in {tmp_path / 'text'}: File exists"
    assert lines(ask(url, "doctor"))[0] == f"error: there is no database at {tmp_path / 'text' / 'store.db'}"


def test_a_directory_that_is_closed_ended_in_a_traceback(
    ask: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stat = Path.stat

    def closed(self: Path, **more: bool) -> os.stat_result:
        if self.name == "store.db":
            raise PermissionError(13, "Permission denied", str(self))
        return stat(self, **more)

    monkeypatch.setattr("lrs.cli_context.Path.stat", closed)
    done = ask(f"sqlite:///{tmp_path / 'store.db'}", "doctor")
    hint = "  hint: run this as the user whose it is: sudo -u USER"
    assert (done.returncode, lines(done)) == (2, [f"error: {tmp_path / 'store.db'}: Permission denied", hint])


def test_a_server_that_lets_nobody_in_is_told_with_database_and_user_and_without_the_password(
    ask: Callable[..., Done], postgres_url: str
) -> None:
    url = make_url(postgres_url)
    for asked, said, hint in (
        ("postgresql://ada:geheim@127.0.0.1:1/store", "Connection refused", "that the database server runs"),
        (url.set(database="nowhere"), 'database "nowhere" does not exist', "createdb --owner=USER"),
        (url.set(username="nobody_here"), 'role "nobody_here" does not exist', "createuser"),
        (
            url.update_query_dict({"nonsense": "1"}),
            'invalid connection option "nonsense"',
            "libpq knows no such option",
        ),
        (url.update_query_dict({"sslmode": "often"}), 'invalid sslmode value: "often"', "what stands behind ?"),
    ):
        text = asked if isinstance(asked, str) else asked.render_as_string(hide_password=False)
        done = ask(text, "doctor")
        what, mend = lines(done)
        assert done.returncode == 2
        assert what.startswith("error: PostgreSQL at ")
        assert (said in what, hint in mend, "geheim" in done.stderr) == (True, True, False), done.stderr


def test_a_database_of_somebody_else_was_to_be_migrated(
    ask: Callable[..., Done], postgres_url: str, tmp_path: Path
) -> None:
    with fresh_database(postgres_url, is_empty=True) as url, psycopg.connect(url) as theirs:
        theirs.execute("CREATE TABLE statement (id int)")
        theirs.commit()
        both = [(url, "statement")]
        with closing(sqlite3.connect(tmp_path / "theirs.db")) as raw:
            raw.execute("CREATE TABLE audit (x)")
        both.append((f"sqlite:///{tmp_path / 'theirs.db'}", "audit"))
        for each, table in both:
            for command, code in (("doctor", 2), ("migrate", 1)):
                done = ask(each, command)
                what = f"error: the database has tables that are not of Prowess and are called like its own: {table}"
                assert (done.returncode, lines(done)[0]) == (code, what)
        theirs.execute("DROP TABLE statement")
        theirs.commit()
        assert ask(url, "migrate").returncode == 0


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_name_was_taken(
    ask: Callable[..., Done], postgres_url: str, encoding: str
) -> None:
    """A statement with a name in another script was our fault (500), and SQL_ASCII ended in a traceback."""
    url = make_url(postgres_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as conn:
        name = f"odd_{encoding.lower()}"
        conn.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            done = ask(url.set(database=name).render_as_string(hide_password=False), "migrate")
            assert done.returncode == 1
            assert lines(done)[0] == f"error: the database is encoded in {encoding}, which cannot hold every name"
        finally:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def failed(error: Exception) -> DBAPIError:
    return DBAPIError.instance("SELECT 1", None, error, (sqlite3.Error, psycopg.Error))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "said", "hint"),
    [
        (
            pg.InsufficientPrivilege("permission denied for table audit"),
            "permission denied for table audit",
            "OWNER TO",
        ),
        (
            pg.ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction"),
            "read-only",
            "name the primary",
        ),
        (
            pg.FeatureNotSupported("cannot set transaction read-write mode during recovery"),
            "during recovery",
            "primary",
        ),
        (pg.DiskFull('could not extend file "x": No space left on device'), "No space left", "free space"),
        (
            pg.OperationalError(
                'connection failed: connection to server at "10.0.0.5", port 5432 failed: FATAL:  no pg_hba.conf entry\nDETAIL: x'
            ),
            ": no pg_hba.conf entry",
            "pg_hba.conf",
        ),
    ],
)
def test_a_refusal_of_the_server_is_one(error: Exception, said: str, hint: str) -> None:
    wrapped = failed(error)
    assert is_refusal(wrapped)
    found = trouble(wrapped, SERVER)
    assert found is not None
    assert found.what.startswith("PostgreSQL at db.example:5433, database 'store', user 'ada': ")
    assert (said in found.what, "\n" in found.what, hint in found.hint) == (True, False, True)


def test_what_is_a_mistake_of_ours_stays_a_traceback() -> None:
    for error in (pg.UndefinedColumn("column x does not exist"), pg.FeatureNotSupported("no such thing")):
        assert not is_refusal(failed(error))
        assert trouble(failed(error), SERVER) is None
        assert explained(failed(error), SERVER) is None
    assert trouble(failed(sqlite3.ProgrammingError("closed")), make_url("sqlite:///x.db")) is None
    assert explained(OSError("something"), None) is None
    assert explained(ZeroDivisionError(), None) is None


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("attempt to write a readonly database", "the database x.db cannot be written"),
        ("database or disk is full", "the database x.db cannot grow: database or disk is full"),
        ("database is locked", "the database x.db is locked by another process"),
        ("disk I/O error", "the database x.db cannot be read or written: disk I/O error"),
        ("unable to open database file", "the database x.db cannot be opened"),
        ("out of luck", "the database x.db: out of luck"),
    ],
)
def test_what_sqlite_says_is_told_with_the_file(said: str, what: str) -> None:
    found = trouble(failed(sqlite3.OperationalError(said)), make_url("sqlite:///x.db"))
    assert found is not None
    assert found.what == what


def test_a_disk_that_cannot_be_written_is_told_as_one_and_not_as_a_file_of_somebody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    for said in ("unable to open database file", "attempt to write a readonly database"):
        found = trouble(failed(sqlite3.OperationalError(said)), make_url("sqlite:////srv/x.db"))
        assert found is not None
        assert found.what == "the database /srv/x.db is on a file system that is read-only"


def test_a_full_disk_ended_a_backup_in_a_traceback(
    ask: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_at(tmp_path / "store.db")
    for error in (sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device")):
        with monkeypatch.context() as patch:

            def full(*_: object, error: Exception = error) -> None:
                raise error

            patch.setattr("lrs.store.backup.copy_file", full)
            done = ask(url, "backup", "b.db")
        assert done.returncode == 1
        assert lines(done)[1] == "  hint: free space, where the file is to be and where TMPDIR is"


def test_doctor_was_well_on_a_database_that_nobody_can_write(
    ask: Callable[..., Done], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(database_url, "doctor").returncode == 0

    def away(*_: object, **__: object) -> None:
        cause = failed(pg.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction"))
        raise Unavailable("the database does not answer") from cause

    monkeypatch.setattr(Database, "write", away)
    done = ask(database_url, "doctor")
    assert done.returncode == 1
    assert "to mend: nothing can be written: " in done.stdout
    assert "Traceback" not in done.stderr


def test_a_server_told_strangers_where_its_database_is_and_as_whom_it_asks(tmp_path: Path) -> None:
    error = Operational("SELECT 1", None, Exception('connection to server at "10.0.0.5" failed: user "ada"'))
    with pytest.raises(Unavailable) as caught:
        Database(f"sqlite:///{tmp_path / 'x.db'}", None).write(lambda _: (_ for _ in ()).throw(error))  # type: ignore[arg-type]
    assert "10.0.0.5" not in json.dumps(caught.value.problem())
    assert "10.0.0.5" in (caught.value.why or "")
