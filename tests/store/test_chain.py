"""The chain of the audit: every edit of the table is told with its line, on both databases, and what is kept stays kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command as alembic
from click.testing import CliRunner, Result
from sqlalchemy import Connection, select, text

from lrs.cli import build
from lrs.clock import ManualClock
from lrs.migrate import _config, migrate
from lrs.plugin import plugin as core
from lrs.prowess import Prowess
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.backup import back_up, restore
from lrs.store.chain import Chain, Fault, examine, hash_of
from lrs.store.tenants import ensure_tenant
from lrs.verify.record import AUDIT, check_record
from tests.migrating import open_store

NOON = 1_795_521_600_000_000
OF_BEFORE = (
    "INSERT INTO audit (id, tenant_id, at, kind, name, address, action, subject, details)"
    " VALUES (:id, :tenant, :at, 'command', 'grace', NULL, 'key.create', :subject, :details)"
)
"""As the version before the chain adds a line."""


@pytest.fixture
def store(database_url: str) -> Iterator[Prowess]:
    with open_store(database_url) as prowess:
        yield prowess


def act(store: Prowess, *subjects: str, tenant_id: int = t.DEFAULT_TENANT) -> None:
    for subject in subjects:
        store.database.write(
            lambda conn, subject=subject: audit.record(
                conn, "key.create", subject, {"scopes": ["all"], "näme": "☃"}, at=NOON, tenant_id=tenant_id
            )
        )


def looked(store: Prowess, *, tenant_id: int = t.DEFAULT_TENANT, since: bytes | None = None) -> Chain:
    with store.database.read(snapshot=True) as conn:
        return examine(conn, tenant_id, since=since)


def found(store: Prowess) -> list[tuple[Fault, int]]:
    return [(one.fault, one.line) for one in looked(store).breaks]


def spoil(store: Prowess, sql: str, **values: object) -> None:
    with store.database.writing.begin() as conn:
        assert conn.execute(text(sql), values).rowcount > 0


def ids(store: Prowess) -> list[int]:
    with store.database.read() as conn:
        return list(conn.scalars(select(t.audit.c.id).order_by(t.audit.c.id)))


def test_an_untouched_audit_holds_and_each_line_names_the_one_before(store: Prowess) -> None:
    assert looked(store) == Chain(0, (), None, (), True)
    act(store, "a", "b", "c")
    chain = looked(store)
    assert (chain.lines, chain.holds, chain.unchained) == (3, True, ())
    with store.database.read() as conn:
        rows = conn.execute(select(t.audit).order_by(t.audit.c.id)).all()
    assert [row.previous for row in rows] == [None, rows[0].hash, rows[1].hash]
    assert chain.head == (rows[-1].id, rows[-1].hash)
    said = [rows[0].hash.hex(), 1, NOON, "prowess", "prowess", None, "key.create", "b", rows[1].details]
    assert rows[1].hash == hash_of(rows[0].hash, rows[1]._asdict())
    assert json.dumps(said, separators=(",", ":")).isascii()


@pytest.mark.parametrize(
    "column", ["at", "kind", "name", "address", "action", "subject", "details", "hash", "previous"]
)
def test_an_edited_line_of_the_audit_went_unseen(store: Prowess, column: str) -> None:
    act(store, "a", "b", "c")
    _, second, _ = ids(store)
    value: object = b"x" * 32 if column in {"hash", "previous"} else 5 if column == "at" else "nobody"
    spoil(store, f"UPDATE audit SET {column} = :value WHERE id = :id", value=value, id=second)
    assert found(store) == [(Fault.ALTERED, second)]


def test_a_removed_line_of_the_audit_went_unseen(store: Prowess) -> None:
    act(store, "a", "b", "c", "d")
    first, second, third, _ = ids(store)
    spoil(store, "DELETE FROM audit WHERE id = :id", id=second)
    (one,) = looked(store).breaks
    assert (one.fault, one.line) == (Fault.REMOVED, third)
    assert f"between lines {first} and {third}" in one.words
    spoil(store, "DELETE FROM audit WHERE id = :id", id=first)
    (one,) = looked(store).breaks
    assert one.words == f"what stood before line {third}, the first, was removed"


def test_a_line_put_into_the_audit_with_a_hash_of_its_own_went_unseen(store: Prowess) -> None:
    act(store, "a", "b")
    first, second = ids(store)
    spoil(store, "UPDATE audit SET id = :new WHERE id = :id", id=second, new=second + 10)
    for place, previous in ((second, "previous"), (second + 1, "hash")):
        spoil(store, OF_BEFORE, id=place, tenant=1, at=NOON, subject="evil", details="{}")
        spoil(
            store,
            f"UPDATE audit SET previous = (SELECT {previous} FROM audit WHERE subject = 'b') WHERE id = :id",
            id=place,
        )
        with store.database.read() as conn:
            row = conn.execute(select(t.audit).where(t.audit.c.id == place)).one()
        spoil(
            store, "UPDATE audit SET hash = :hash WHERE id = :id", hash=hash_of(row.previous, row._asdict()), id=place
        )
    assert found(store) == [(Fault.PUT_IN, second), (Fault.PUT_IN, second + 1)]
    assert looked(store).breaks[0].words == f"line {second} was put in: line {second + 10} follows {first}"


def test_a_line_whose_hash_was_recomputed_or_taken_away_is_told(store: Prowess) -> None:
    act(store, "a", "b", "c")
    _, second, third = ids(store)
    with store.database.read() as conn:
        row = conn.execute(select(t.audit).where(t.audit.c.id == second)).one()
    hash_ = hash_of(row.previous, row._asdict() | {"subject": "other"})
    spoil(store, "UPDATE audit SET subject = 'other', hash = :hash WHERE id = :id", hash=hash_, id=second)
    assert found(store) == [(Fault.REMOVED, third)]
    spoil(store, "UPDATE audit SET subject = 'b', hash = NULL WHERE id = :id", id=second)
    assert found(store) == [(Fault.ALTERED, second)]


def test_two_lines_that_changed_places_are_told(store: Prowess) -> None:
    act(store, "a", "b", "c", "d")
    _, second, third, fourth = ids(store)
    for old, new in ((second, fourth + 9), (third, second), (fourth + 9, third)):
        spoil(store, "UPDATE audit SET id = :new WHERE id = :old", old=old, new=new)
    assert {line for _, line in found(store)} <= {second, third}
    assert not looked(store).holds


def test_lines_taken_away_at_the_end_show_against_a_head_that_was_noted(store: Prowess) -> None:
    act(store, "a", "b", "c")
    head = looked(store).head
    assert head is not None
    act(store, "d")
    assert looked(store, since=head[1]).holds
    spoil(store, "DELETE FROM audit WHERE id >= :id", id=head[0])
    assert looked(store).holds
    chain = looked(store, since=head[1])
    assert (chain.breaks, chain.holds_since, chain.holds) == ((), False, False)
    act(store, "e")
    assert not looked(store, since=head[1]).holds


def test_a_former_version_on_the_new_tables_adds_lines_which_are_told_apart_from_edits(store: Prowess) -> None:
    act(store, "a")
    (first,) = ids(store)
    former = OF_BEFORE.replace("(id, ", "(").replace("(:id, ", "(")
    spoil(store, former, tenant=1, at=NOON, subject="theirs", details="{}")
    act(store, "b")
    _, theirs, last = ids(store)
    chain = looked(store)
    assert (chain.holds, chain.lines, chain.unchained) == (True, 2, (theirs,))
    assert chain.head is not None
    assert chain.head[0] == last
    assert [line.hash is None for line in audit.lines(store.database, 1, limit=9)] == [False, True, False]
    assert audit.lines(store.database, 1, limit=2)[1].facts()["hash"] is None
    spoil(store, "DELETE FROM audit WHERE id = :id", id=first)
    assert [fault for fault, _ in found(store)] == [Fault.REMOVED]


def test_each_tenant_has_a_chain_of_its_own(store: Prowess) -> None:
    there = ensure_tenant(store.database, "elsewhere")
    act(store, "a", "b")
    act(store, "theirs", tenant_id=there)
    act(store, "c")
    assert [looked(store, tenant_id=one).lines for one in (1, there)] == [3, 1]
    spoil(store, "UPDATE audit SET tenant_id = 1 WHERE subject = 'theirs'")
    assert not looked(store).holds


def test_two_processes_that_act_at_once_make_one_chain(database_url: str) -> None:
    with open_store(database_url) as one, open_store(database_url) as other, ThreadPoolExecutor(4) as pool:
        done = [pool.submit(act, which, *"abcdefghij") for which in (one, other, one, other)]
        for each in done:
            each.result()
        chain = looked(one)
    assert (chain.lines, chain.breaks, chain.unchained) == (40, (), ())


def test_several_lines_of_one_act_and_an_act_that_fails(store: Prowess) -> None:
    def twice(conn: Connection) -> None:
        for subject in ("a", "b"):
            audit.record(conn, "deliveries.retry", subject, at=NOON)

    def failing(conn: Connection) -> None:
        twice(conn)
        raise RuntimeError

    store.database.write(twice)
    with pytest.raises(RuntimeError):
        store.database.write(failing)
    store.database.write(twice)
    assert (looked(store).lines, looked(store).holds) == (4, True)


def test_lines_of_before_the_chain_get_theirs_when_it_is_migrated(empty_database_url: str) -> None:
    with open_store(empty_database_url) as store:
        with store.database.writing.begin() as conn:
            alembic.upgrade(_config(core, conn), "lrs_0005")
            conn.execute(text("INSERT INTO tenant (id, slug) VALUES (2, 'other')"))
            rows = [
                {"id": n, "tenant": 1 + n % 2, "at": NOON + n, "subject": f"ä{n}", "details": '{"a": "ö"}'}
                for n in range(2_500)
            ]
            conn.execute(text(OF_BEFORE), rows)
        migrate(store.database, store.plugins)
        for tenant in (1, 2):
            chain = looked(store, tenant_id=tenant)
            assert (chain.lines, chain.holds, chain.unchained) == (1_250, True, ())
        if store.database.dialect.name == "postgresql":
            spoil(store, "SELECT setval(pg_get_serial_sequence('audit', 'id'), 5000)")
        act(store, "new")
        assert (looked(store).lines, looked(store).holds) == (1_251, True)


def test_a_backup_and_what_is_restored_from_it_keep_the_chain(
    store: Prowess, empty_database_url: str, tmp_path: Path
) -> None:
    act(store, "a", "b")
    head = looked(store).head
    assert head is not None
    back_up(store.database, store.plugins, tmp_path / "backup.db", ManualClock(NOON))
    with open_store(empty_database_url) as restored:
        restore(restored.database, restored.plugins, tmp_path / "backup.db", ManualClock(NOON))
        assert looked(restored) == looked(store)
        act(restored, "c")
        assert (looked(restored).lines, looked(restored, since=head[1]).holds) == (3, True)


def test_verifying_the_store_names_the_line_that_was_altered(store: Prowess) -> None:
    act(store, "a", "b")
    assert list(check_record(store)) == []
    first, _ = ids(store)
    spoil(store, "UPDATE audit SET name = 'nobody' WHERE id = :id", id=first)
    (one,) = check_record(store)
    assert (one.table, one.key, one.column, one.mend) == ("audit", f"tenant_id=1 id={first}", "hash", AUDIT)


@pytest.fixture
def run(database_url: str) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(build(), ["audit", *words], env={"PROWESS_DATABASE_URL": database_url})


def test_the_command_says_what_holds_and_what_does_not(store: Prowess, run: Callable[..., Result]) -> None:
    empty = run("verify")
    assert (empty.exit_code, empty.stdout) == (0, "no line has a hash\nthe audit is as it was written\n")
    act(store, "a", "b", "c")
    _, second, last = ids(store)
    whole = run("verify")
    assert whole.exit_code == 0
    head = whole.stdout.splitlines()[1].split()[1]
    assert whole.stdout == f"3 lines have a hash\nhead {head} (line {last})\nthe audit is as it was written\n"
    assert json.loads(run("--json").stdout)[-1]["hash"] == head
    assert run("--csv").stdout.splitlines()[-1].endswith(f",{head}")
    assert run("verify", "--since", head.upper()).exit_code == 0
    spoil(store, "UPDATE audit SET subject = 'x' WHERE id = :id", id=second)
    told = run("verify")
    assert told.exit_code == 1
    assert f"WRONG line {second} was altered" in told.stdout
    assert told.stdout.endswith("the audit is not what was written\n")
    lost = run("verify", "--since", "0" * 64, "--json")
    assert lost.exit_code == 1
    assert json.loads(lost.stdout) == {
        "ok": False,
        "lines": 3,
        "without_hash": [],
        "head": head,
        "head_line": last,
        "holds_since": False,
        "findings": [
            {
                "line": second,
                "fault": "altered",
                "words": f"line {second} was altered: its hash is not that of what it says",
            }
        ],
    }
    spoil(store, "DELETE FROM audit WHERE id = :id", id=last)
    assert "the head of --since is not in the chain" in run("verify", "--since", head).stdout


def test_a_head_that_is_none_and_options_in_the_wrong_place_are_refused(run: Callable[..., Result]) -> None:
    assert run("verify", "--since", "2026-11-01").exit_code == 2
    refused = run("--json", "verify")
    assert (refused.exit_code, "Options of 'verify' are written behind it" in refused.stderr) == (2, True)


def test_many_faults_are_told_up_to_twenty(store: Prowess, run: Callable[..., Result]) -> None:
    act(store, *(f"k{n}" for n in range(25)))
    spoil(store, "UPDATE audit SET name = 'x'")
    told = run("verify").stdout
    assert told.count("was altered") == 20
    assert "WRONG and 5 more" in told
    spoil(store, "UPDATE audit SET hash = NULL, previous = NULL")
    told = run("verify")
    assert (told.exit_code, "25 have none" in told.stdout, told.stdout.count(" …")) == (0, True, 1)
