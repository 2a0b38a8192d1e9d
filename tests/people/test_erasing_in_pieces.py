"""An erasure that is killed between two of its pieces: nothing is half seen, and whoever comes next goes on."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Integer, LargeBinary, event, func, select, update

from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.dialects.sqlite import in_the_way
from lrs.erasure import pieces, under_way
from lrs.erasure.erasing import Erased, erase, foresee, go_on, under_way_of
from lrs.erasure.turn import policies_of
from lrs.errors import Conflict
from lrs.failpoints import AFTER_COMMIT, BEFORE_COMMIT, EXIT_CODE, in_charge
from lrs.people.roster import roster_from
from lrs.prowess import Prowess, installed_plugins
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.backup import back_up, restore
from lrs.store.chain import examine
from lrs.verify.proof import prove
from rules import tables as r
from tests.commanding import prowess as command
from tests.conftest import Served
from tests.people.erased import (
    ACCOUNT,
    ADA,
    BOB,
    MAIL,
    NAME,
    NOW,
    PEOPLE,
    WORDS,
    counted,
    rows_with,
    said,
    settle,
    statements,
)
from tests.servers import sqlite_at


class Died(BaseException):
    """Nobody catches it, as nobody catches the end of a process."""


@contextmanager
def dying_at(point: str, times: int = 1) -> Iterator[None]:
    """The process dies when a failpoint is reached for the n-th time."""
    reached = 0

    def decide(name: str) -> None:
        nonlocal reached
        reached += name == point
        if reached == times and name == point:
            raise Died

    with in_charge(decide):
        yield


def killed(prowess: Prowess, point: str, times: int = 1) -> str:
    """Begin to erase them and die; returns the pseudonym."""
    with pytest.raises(Died), dying_at(point, times):
        erase(prowess, "ottilie")
    begun = under_way_of(prowess, MAIL)
    assert begun is not None
    return begun.who.name


def finished(prowess: Prowess, name: str, words: tuple[str, ...] = WORDS) -> Erased:
    done = go_on(prowess, name)
    assert done is not None
    settle(prowess)
    assert rows_with(prowess, words) == []
    assert [str(one) for one in prove(prowess).findings] == []
    return done


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_killed_before_and_after_every_single_write_it_is_ended_all_the_same(
    seeded: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run gets one write further, and before that dies in front of it."""
    monkeypatch.setattr(pieces, "STATEMENTS", 7)
    monkeypatch.setattr(pieces, "ROWS", 3)
    prowess = seeded.prowess
    before, deaths, foreseen = counted(prowess), 0, foresee(prowess, "ottilie")
    prowess.erasures.prepare()
    while deaths < 2 or under_way.all_under_way(prowess.database):
        point = BEFORE_COMMIT if deaths % 2 == 0 else AFTER_COMMIT
        with pytest.raises(Died), dying_at(point):
            erase(prowess, "ottilie") if deaths < 2 else go_on(prowess, name_of(prowess))
        deaths += 1
        check_nothing_is_half_seen(prowess, before, is_begun=deaths > 1)
    assert deaths > 40
    settle(prowess)
    assert rows_with(prowess, WORDS) == []
    assert counted(prowess) == before
    assert [str(one) for one in prove(prowess).findings] == []
    assert audit.lines(prowess.database, 1, limit=1)[0].details["body"] == foreseen.statements


def name_of(prowess: Prowess) -> str:
    (begun,) = under_way.all_under_way(prowess.database)
    return begun.who.name


def check_nothing_is_half_seen(prowess: Prowess, before: dict[str, Any], *, is_begun: bool) -> None:
    """Each statement is wholly of the person or wholly of the pseudonym, with its evidence; the audit's chain holds."""
    counts = counted(prowess)
    assert {name: counts[name] for name in ("statements", "keys", "evidence", "decisions", "status", "people")} == {
        name: before[name] for name in ("statements", "keys", "evidence", "decisions", "status", "people")
    }
    with prowess.database.read() as conn:
        assert examine(conn, 1).holds
    people = prowess.people.roster().people
    if is_begun and all(one.turned_at is not None for one in under_way.all_under_way(prowess.database)):
        assert [one.name for id_, one in people.items() if id_ not in ("bob", "grace")] == [""]
    else:
        assert people["ottilie"].email == MAIL


@pytest.mark.parametrize("point", ["begun", "body", "turn", "audit", "decision_log", "end"])
def test_killed_there_it_is_gone_on_with_by_any_name(seeded: Served, point: str) -> None:
    prowess = seeded.prowess
    before = counted(prowess)
    with pytest.raises(Died), dying_at(f"lrs.erasure.{point}"):
        erase(prowess, "ottilie")
    if point == "end":
        assert under_way_of(prowess, MAIL) is None
        settle(prowess)
    else:
        begun = under_way_of(prowess, MAIL)
        assert begun is not None
        assert under_way_of(prowess, begun.who.name) == under_way_of(prowess, "ottilie") == begun
        assert [one.table for one in prove(prowess).findings] == ["erasing"]
        assert any("an erasure" in one.what for one in prowess.complaints())
        finished(prowess, begun.who.name)
    assert counted(prowess) == before
    assert under_way_of(prowess, MAIL) is None
    assert not any("an erasure" in one.what for one in prowess.complaints())


def test_from_the_first_piece_on_nothing_of_theirs_comes_in(served: Served) -> None:
    prowess = served.prowess
    with served.session() as client:
        url = f"{served.xapi}/statements"
        batch = statements()
        assert client.post(url, json=batch, timeout=20).status_code == 200
        name = killed(prowess, "lrs.erasure.begun")
        assert client.post(url, json=batch, timeout=20).status_code == 200, "a batch that is sent again is no conflict"
        otherwise = {**batch[0], "verb": {"id": "http://adlnet.gov/expapi/verbs/failed"}}
        assert client.post(url, json=otherwise, timeout=20).status_code == 409
        new = said(ADA)
        assert client.post(url, json=new, timeout=20).status_code == 200
        found = client.get(url, params={"statementId": new["id"]}, timeout=20).json()
        assert name in json.dumps(found["actor"])
        state = {"activityId": "https://x.example/a", "agent": json.dumps({"mbox": ADA["mbox"]}), "stateId": "x"}
        assert client.put(f"{served.xapi}/activities/state", params=state, data="x", timeout=20).status_code == 403
    settle(prowess)
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    assert prowess.people.record(roster_from(document)).erased == 1
    with pytest.raises(Conflict, match="is being erased"):
        prowess.people.merge("o2", "ottilie")
    finished(prowess, name, (MAIL, ACCOUNT, NAME))


def test_what_comes_in_half_way_counts_for_them_still(served: Served) -> None:
    """It says the pseudonym, while the register still has the person: both are theirs until then."""
    prowess, exam = served.prowess, said(ADA)
    name = killed(prowess, "lrs.erasure.begun")
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=exam, timeout=20).status_code == 200
    settle(prowess)
    (document,) = decided(prowess, "ottilie")
    assert exam["id"] in document
    finished(prowess, name, (MAIL, ACCOUNT, NAME))
    assert decided(prowess, name) == [document.replace('"ottilie"', f'"{name}"')]


def decided(prowess: Prowess, person: str) -> list[str]:
    with prowess.database.read() as conn:
        return list(conn.scalars(select(r.decision.c.document).where(r.decision.c.person_id == person)))


def test_two_who_erase_the_same_person_at_once_do_it_once(seeded: Served) -> None:
    """One has looked for what is left when the other does it."""
    prowess = seeded.prowess
    before = counted(prowess)
    name = killed(prowess, "lrs.erasure.begun")
    with Prowess(prowess.settings, installed_plugins(), clock=prowess.clock) as other:
        found: list[Erased | None] = []

        def decide(point: str) -> None:
            if point == "lrs.erasure.body" and not found:
                found.append(None)
                found[0] = go_on(other, name)

        with in_charge(decide):
            assert go_on(prowess, name) is None
        assert found[0] is not None
    settle(prowess)
    assert rows_with(prowess, WORDS) == []
    assert counted(prowess) == before
    assert [str(one) for one in prove(prowess).findings] == []
    with prowess.database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.event).where(t.event.c.kind == "erasure")) == 1


def test_erasing_again_goes_on_under_the_pseudonym_of_then(seeded: Served) -> None:
    prowess = seeded.prowess
    name = killed(prowess, "lrs.erasure.body")
    done = erase(prowess, "ottilie")
    assert done is not None
    assert done.pseudonym == name
    settle(prowess)
    assert rows_with(prowess, WORDS) == []


@pytest.mark.parametrize("point", ["body", "turn"])
def test_a_backup_from_the_middle_is_gone_on_with_where_it_is_restored(
    seeded: Served, tmp_path: Path, point: str, served_elsewhere: Callable[[Path], Prowess]
) -> None:
    prowess = seeded.prowess
    before = counted(prowess)
    name = killed(prowess, f"lrs.erasure.{point}")
    back_up(prowess.database, prowess.plugins, tmp_path / "backup.db", prowess.clock)
    restored = served_elsewhere(tmp_path / "restored.db")
    restore(restored.database, restored.plugins, tmp_path / "backup.db", restored.clock)
    assert under_way_of(restored, MAIL) is not None
    finished(restored, name)
    assert counted(restored) == before


ROOT = Path(__file__).parents[2]
POINTS = ("begun", "body", "turn", "event", "audit", "decision_log", "emission")


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_a_command_that_is_stopped_dead_at_each_point_in_turn_is_ended_by_the_same_command(
    seeded: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prowess = seeded.prowess
    before, url = counted(prowess), prowess.settings.database.url
    monkeypatch.setenv("PROWESS_DATABASE_URL", str(url))
    erasing = [sys.executable, "-m", "lrs.cli", "people", "erase", MAIL, "--yes"]
    for point in POINTS:
        environ = {**os.environ, "PROWESS_FAILPOINTS": f"lrs.erasure.{point}", "PYTHONPATH": str(ROOT)}
        died = subprocess.run(erasing, env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert died.returncode == EXIT_CODE, (point, died.stdout, died.stderr)
    told = command("people", "erasures", cwd=tmp_path, check=True).stdout
    assert "0 people were erased" in told
    assert "all 18 statements done, other tables are left" in told
    assert "an erasure" in command("doctor", cwd=tmp_path).stdout
    found = command("verify", cwd=tmp_path)
    assert (found.returncode, "end the erasure: prowess people erase" in found.stdout) == (1, True)
    assert "other tables are left" in command("people", "erase", MAIL, "--dry-run", cwd=tmp_path, check=True).stdout
    facts = json.loads(command("people", "erase", MAIL, "--dry-run", "--json", cwd=tmp_path, check=True).stdout)
    assert {**facts["under_way"], "began": ""} == {"began": "", "statements": 18, "turned": True}
    done = command("people", "erase", MAIL, cwd=tmp_path, check=True)
    assert "erased; erased-" in done.stdout
    settle(prowess)
    assert rows_with(prowess, WORDS) == []
    assert counted(prowess) == before
    assert command("people", "erasures", cwd=tmp_path, check=True).stdout == "1 person was erased\n"
    assert command("verify", cwd=tmp_path).returncode == 0


@pytest.fixture
def served_elsewhere(served: Served) -> Iterator[Callable[[Path], Prowess]]:
    """Another store of the same settings."""
    opened: list[Prowess] = []

    def open_at(file: Path) -> Prowess:
        settings = served.prowess.settings
        here = replace(settings, database=replace(settings.database, url=f"sqlite:///{file}"))
        opened.append(Prowess(here, installed_plugins(), clock=served.prowess.clock))
        return opened[-1]

    yield open_at
    for one in opened:
        one.close()


def test_no_piece_touches_more_rows_than_it_should_however_many_statements_there_are(served: Served) -> None:
    """Six thousand statements in one transaction held all senders for fifteen seconds."""
    prowess, rows = served.prowess, list[int]()
    with served.session() as client:
        for _ in range(5):
            batch = [said(ADA if i % 3 else BOB, result={"response": NAME}) for i in range(60)]
            assert client.post(f"{served.xapi}/statements", json=batch, timeout=30).status_code == 200
    settle(prowess)
    write = prowess.database.write

    def counting(work: Callable[[Any], Any], **how: Any) -> Any:
        changed = len(changes)
        done = write(work, **how)
        rows.append(len(changes) - changed)
        return done

    changes: list[int] = []
    with counted_rows(prowess, changes):
        prowess.database.write = counting  # type: ignore[method-assign]
        erase(prowess, "ottilie")
    assert len(rows) > 200 // pieces.STATEMENTS
    assert max(rows) < 40 * pieces.STATEMENTS, "each statement has some twenty rows in all tables"


@contextmanager
def counted_rows(prowess: Prowess, changes: list[int]) -> Iterator[None]:
    """Notes each row that is written, one by one."""

    def note(_c: Any, cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        if statement.split(" ", 1)[0] in ("UPDATE", "INSERT", "DELETE"):
            changes.extend([1] * max(cursor.rowcount, len(parameters) if many else 1))

    event.listen(prowess.database.writing, "after_cursor_execute", note)
    yield
    event.remove(prowess.database.writing, "after_cursor_execute", note)


def test_the_rows_of_a_piece_are_looked_up_and_no_table_is_read_whole_while_others_wait(tmp_path: Path) -> None:
    """SQLite read a whole table for a list of keys of several columns."""
    url = sqlite_at(tmp_path / "store.db")
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), installed_plugins()) as prowess:
        tables = [
            table for table, policy in policies_of(prowess) if policy.word != "keep" and len(table.primary_key) > 1
        ]
        assert len(tables) > 10
        with prowess.database.read() as conn:
            for table in tables:
                keys = [tuple(value_of(column, n) for column in table.primary_key) for n in range(3)]
                query = select(table).where(pieces.rows_of(table, keys)).compile(dialect=conn.dialect)
                values = tuple(query.params[name] for name in query.positiontup or ())
                plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
                assert not [row for row in plan if str(row[3]).startswith("SCAN")], (table.name, plan)


def value_of(column: Any, n: int) -> object:
    if isinstance(column.type, LargeBinary):
        return bytes([n]) * 16
    return n if isinstance(column.type, Integer) else str(n)


def test_what_it_would_do_is_counted_while_others_write(seeded: Served) -> None:
    """It held the lock of all writers for as long as the erasure itself."""
    prowess = seeded.prowess
    with prowess.database.writing.begin():
        assert foresee(prowess, "ottilie").statements > 15


def test_a_statement_that_nobody_can_read_does_not_keep_an_erasure_from_ending(served: Served) -> None:
    prowess, broken = served.prowess, said(ADA)
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[broken, said(ADA)], timeout=20).status_code == 200
    settle(prowess)
    seq = select(t.statement_key.c.seq).where(t.statement_key.c.id == UUID(broken["id"]).bytes).scalar_subquery()
    damage = update(t.body).where(t.body.c.seq == seq).values(bytes=b"{")
    prowess.database.write(lambda conn: conn.execute(damage))
    foreseen = foresee(prowess, "ottilie").statements
    done = erase(prowess, "ottilie")
    assert done is not None
    assert done.statements == foreseen
    assert rows_with(prowess, (MAIL, NAME)) == []


def test_what_is_erased_is_not_in_the_file_though_that_is_not_written_anew(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """A large file is not: others would wait for as long as a copy takes."""
    served = serve(
        sqlite_at(tmp_path / "store.db"), installed_plugins(), clock=ManualClock(NOW), PROWESS_RUNNER_KIND="none"
    )
    prowess = served.prowess
    (document,) = yaml_door.load(PEOPLE, "people.yaml")
    prowess.people.record(roster_from(document))
    with served.session() as client:
        assert client.post(f"{served.xapi}/statements", json=[said(ADA)], timeout=20).status_code == 200
    assert MAIL.encode() in b"".join(one.read_bytes() for one in tmp_path.glob("store.db*"))
    erase(prowess, "ottilie")
    assert prowess.database.dialect.clear(prowess.database.writing, whole=False) is None
    raw = b"".join(one.read_bytes() for one in tmp_path.glob("store.db*"))
    assert [word for word in (MAIL, NAME) if word.encode() in raw] == []


def test_what_keeps_a_file_from_being_cleared_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that somebody read the database, also where the disk was full."""
    monkeypatch.setattr("lrs.dialects.sqlite._BUSY_MS", 10)  # who reads here ends only when it was told
    with closing(sqlite3.connect(tmp_path / "full.db")) as raw:
        raw.execute("CREATE TABLE t (x)")
        raw.execute("PRAGMA max_page_count=2")
        with pytest.raises(sqlite3.OperationalError) as full:
            raw.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert "disk is full" in in_the_way(full.value)
    url = sqlite_at(tmp_path / "store.db")
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url}), installed_plugins()) as prowess:
        prowess.credentials.create("one", ["all"])
        with prowess.database.read(snapshot=True) as conn:
            conn.execute(select(t.credential)).all()
            prowess.credentials.create("other", ["all"])
            told = prowess.database.dialect.clear(prowess.database.writing, whole=False)
        assert told == "somebody reads the database; try again later"
        assert prowess.database.dialect.clear(prowess.database.writing) is None
