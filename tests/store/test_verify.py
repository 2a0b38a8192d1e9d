"""`prowess verify`: a store that is what its record says is found whole, and every planted damage is named and mended."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from connectors.tables import delivery
from lrs.cli_context import Invocation
from lrs.plugin import plugin as core
from lrs.prowess import Prowess, installed_plugins
from lrs.store import tables as t
from lrs.store.statements import Intake
from lrs.verify.finding import RESTORE
from lrs.verify.proof import Proof, parts_of, prove, rebuild
from lrs.verify.record import COPY, check_record
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from rules import tables as r
from rules.escalation.tables import consequence, notice
from tests.commanding import prowess
from tests.http.attached import attachment, body_of, data
from tests.journey.house import PROGRAM, House, house_in, passed, voiding
from tests.servers import sqlite_at
from tests.store.sending import ADL, reference, statement
from tests.store.test_backup import spoil

LADDER = """
---
kind: escalation
id: standard
catch_up: all
steps:
  - {at: due-P14D, tell: [learner]}
  - {at: due+P1D, tell: [learner, manager], do: flag-noncompliant}
"""
NAMED = {"en": "Ladders", "de": "Leitern"}
CONTENT = b"the data of an attachment\n"
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()


def furnish(house: House) -> None:
    """A year's work in small: certificates, letters, a ladder, voids, references, data and documents."""
    house.write("programs/forklift.yaml", PROGRAM.replace("due:", "escalate: standard\ndue:", 1) + LADDER)
    house.furnish()
    house.import_people("people.csv")
    house.serve_here()
    house.drain()
    house.post([passed("ada@example.org"), passed("cleo@example.org"), passed("dan@example.org", score=0.5)])
    (taken_back,) = house.post(passed("eve@example.org"))
    house.drain()
    house.post(voiding(taken_back))
    unsaid, spoken = (
        statement(timestamp=None),
        statement(object={"id": "https://x.example/l", "definition": {"name": NAMED}}),
    )
    house.post([reference(unsaid["id"]), voiding(spoken["id"]), voiding(str(statement()["id"]))])
    house.post([spoken, unsaid, reference(spoken["id"])])
    with_data = statement(attachments=[attachment(CONTENT, 512)])
    parts = [
        ({"Content-Type": "application/json"}, json.dumps(with_data).encode()),
        data(CONTENT, with_data["attachments"][0]["sha2"]),
    ]
    boundary = "-------314159265358979323846"
    answer = house.session.post(
        f"{house.url}/xapi/statements",
        data=body_of(parts, boundary),
        headers={"Content-Type": f'multipart/mixed; boundary="{boundary}"'},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    profile = {"activityId": "https://x.example/l", "profileId": "colours"}
    answer = house.session.put(
        f"{house.url}/xapi/activities/profile",
        params=profile,
        json={"a": 1},
        headers={"If-None-Match": "*"},
        timeout=20,
    )
    assert answer.status_code == 204, answer.text
    house.drain()


@pytest.mark.journey
def test_a_store_is_what_its_record_says_on_either_database(tmp_path: Path, database_url: str) -> None:
    with house_in(tmp_path, database_url, light=True) as house:
        furnish(house)
        proof = prove(house.prowess)
        assert list(map(str, proof.findings)) == []
        assert set(proof.behind.values()) == {0}
        made = {table: rows for tables in proof.compared.values() for table, rows in tables.items()}
        assert min(made[name] for name in ("evidence", "status", "canonical", "inherited", "void_wait", "ladder")) > 0


@pytest.mark.journey
def test_what_consumers_have_not_followed_yet_is_followed_in_the_copy_alone(tmp_path: Path, database_url: str) -> None:
    with house_in(tmp_path, database_url, light=True) as house:
        furnish(house)
        house.post([passed("fay@example.org"), passed("bob@example.org")])
        before = house.tail(), house.told()
        proof = prove(house.prowess)
        assert proof.behind == {"lrs.directory": 2, "rules.evidence": 2, "connectors.deliveries": 2}
        assert proof.findings == []
        assert house.award("fay") != "valid"
        assert (house.tail(), house.told()) == before


@dataclass
class Kept:
    """A store that was found whole, to be damaged in copies."""

    config: Path
    file: Path

    def copy(self, file: Path) -> Prowess:
        shutil.copyfile(self.file, file)
        return self.open(file)

    def open(self, file: Path) -> Prowess:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PROWESS_DATABASE_URL", f"sqlite:///{file}")
            return Invocation(self.config).open()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    directory = tmp_path_factory.mktemp("verify")
    file = directory / "store.db"
    with house_in(directory, sqlite_at(file), light=True) as house:
        furnish(house)
        config = house.config
    return Kept(config, file)


KEYS = {
    name: ", ".join(f'"{column.name}"' for column in table.primary_key)
    for plugin in (core, *installed_plugins())
    if plugin.metadata is not None
    for name, table in plugin.metadata.tables.items()
}


@dataclass(frozen=True)
class Damage:
    """What is done to the first row of a table that fits; `change` None takes the row away."""

    part: str
    table: str
    change: str | None
    column: str | None = None
    where: str = "TRUE"
    named: str | None = None
    """The table that is named, where it is another one."""

    def plant(self, file: Path) -> None:
        key, table = KEYS[self.table], self.table
        verb = f"DELETE FROM {table}" if self.change is None else f"UPDATE {table} SET {self.change}"
        first = f"SELECT {key} FROM {table} WHERE {self.where} ORDER BY {key} LIMIT 1"
        with closing(sqlite3.connect(file, isolation_level=None)) as conn:
            assert conn.execute(f"{verb} WHERE ({key}) = ({first})").rowcount == 1

    def is_named(self, proof: Proof) -> bool:
        return (self.part, self.table, self.column) in {(one.part, one.table, one.column) for one in proof.findings}


RULES, INDEX, DIRECTORY, PROGRAMS = "rules.evidence", "lrs.index", "lrs.directory", "rules.programs"
NOBODY_S_KEY = "x'00112233445566778899aabbccddeeff'"
DERIVED = {
    "evidence changed": Damage(RULES, "evidence", "score_scaled = '0.1'", "score_scaled", "score_scaled = '0.9'"),
    "evidence missing": Damage(RULES, "evidence", None),
    "evidence too much": Damage(RULES, "evidence", "seq = seq + 1"),
    "evidence unvoided": Damage(RULES, "evidence", "voided_seq = NULL", "voided_seq", "voided_seq IS NOT NULL"),
    "decision changed": Damage(
        RULES,
        "decision",
        """document = replace(document, '"valid"', '"none"')""",
        "document",
        "document LIKE '%valid%'",
    ),
    "decision missing": Damage(RULES, "decision", None),
    "status wrong": Damage(RULES, "status", "award = 'none'", "award", "award = 'valid'"),
    "status of nobody": Damage(RULES, "status", "person_id = 'nobody'"),
    "ladder missing": Damage(RULES, "ladder", None),
    "ladder late": Damage(RULES, "ladder", "next_at = 4102444800000000", "next_at", "next_at IS NOT NULL"),
    "program renamed": Damage(PROGRAMS, "program", "title = 'Bicycle'", "title"),
    "activity missing": Damage(PROGRAMS, "activity", None),
    "directory missing": Damage(DIRECTORY, "canonical", None),
    "directory changed": Damage(
        DIRECTORY, "canonical", "document = replace(document, 'Ladders', 'x')", "document", "document LIKE '%Ladders%'"
    ),
    "key wrong": Damage(INDEX, "posting", f"key = {NOBODY_S_KEY}"),
    "key missing": Damage(INDEX, "posting", None),
    "term wrong": Damage(INDEX, "term", "text = 'x'", "text"),
    "reference missing": Damage(INDEX, "ref", None),
    "inherited key missing": Damage(INDEX, "inherited", None),
    "void forgotten": Damage(INDEX, "statement", "voided_seq = NULL", "voided_seq", "voided_seq IS NOT NULL"),
    "voided by nobody": Damage(
        INDEX, "statement", "voided_seq = 7", "voided_seq", "voids IS NULL AND voided_seq IS NULL"
    ),
    "awaited void missing": Damage(INDEX, "void_wait", None),
}


@pytest.mark.journey
@pytest.mark.parametrize("damage", DERIVED.values(), ids=DERIVED)
def test_damage_to_what_is_derived_is_named_and_made_anew(kept: Kept, tmp_path: Path, damage: Damage) -> None:
    file = tmp_path / "store.db"
    with kept.copy(file) as store:
        damage.plant(file)
        proof = prove(store)
        assert damage.is_named(proof), [*map(str, proof.findings)]
        assert {one.mend for one in proof.findings} == {f"prowess rebuild {damage.part}"}
        told = history(store)
        rebuild(store, parts_of(store)[damage.part])
        assert [*map(str, prove(store).findings)] == []
        assert history(store) == told, "making anew is no news"


@pytest.mark.journey
def test_all_that_is_derived_and_wrong_is_named_at_once_and_the_command_makes_it_anew(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "store.db"
    names = "evidence changed", "status wrong", "program renamed", "directory missing", "key missing", "void forgotten"
    with kept.copy(file) as store:
        told = history(store)
    for name in names:
        DERIVED[name].plant(file)
    monkeypatch.setenv("PROWESS_DATABASE_URL", f"sqlite:///{file}")
    said = prowess("--config", str(kept.config), "verify", cwd=tmp_path)
    assert (said.returncode, said.stderr) == (1, "")
    for name in names:
        assert re.search(rf"^WRONG {DERIVED[name].part}: {DERIVED[name].table} \[\S+=", said.stdout, re.MULTILINE), name
    assert "score_scaled is '0.1', should be '0.9'" in said.stdout
    mends = sorted(set(re.findall(r"^  mend: prowess rebuild (\S+)$", said.stdout, re.MULTILINE)))
    assert mends == sorted({DERIVED[name].part for name in names})
    made = prowess("--config", str(kept.config), "rebuild", *mends, cwd=tmp_path, check=True)
    assert made.stdout.splitlines() == [f"made anew: {part}" for part in (INDEX, DIRECTORY, PROGRAMS, RULES)]
    again = prowess("--config", str(kept.config), "verify", "--format", "json", cwd=tmp_path, check=True)
    assert json.loads(again.stdout)["ok"] is True
    with kept.open(file) as store:
        assert history(store) == told


def test_the_page_of_operations_runs_and_says_of_every_table_whether_it_can_be_made_anew(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE[PAGE.index("## Proving that the store is right") : PAGE.index("## Looking after it")]
    block = re.search(r"^```console\n\$ prowess (.*)\n((?:.*\n)*?)```$", page, re.MULTILINE)
    assert block is not None
    monkeypatch.setenv("PROWESS_DATABASE_URL", f"sqlite:///{kept.file}")
    said = prowess("--config", str(kept.config), *block[1].split(), cwd=tmp_path, check=True)
    figures = re.compile(r"[\d,]*\d[\d:.TZ,-]*")
    assert figures.sub("N", said.stdout) == figures.sub("N", block[2])
    parts = re.findall(r"^\| `([a-z]+\.[a-z]+)` \| (.*) \|$", page, re.MULTILINE)
    with kept.open(kept.file) as store:
        for name, part in parts_of(store).items():
            assert set(re.findall(r"`(\w+)`", dict(parts)[name])) == {table.name for table in part.tables}
        assert set(KEYS) <= set(re.findall(r"`(\w+)`", page))
        assert set(KEYS) == {name for one in store.plugins if one.metadata for name in one.metadata.tables}


def test_a_damaged_file_is_named(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "store.db"
    shutil.copyfile(kept.file, file)
    spoil(file, "statement_key")
    monkeypatch.setenv("PROWESS_DATABASE_URL", f"sqlite:///{file}")
    said = prowess("--config", str(kept.config), "verify", cwd=tmp_path)
    assert (said.returncode, said.stderr) == (1, "")
    assert "WRONG lrs.file: database integrity_check is" in said.stdout


def test_nothing_is_made_anew_under_somebody_s_hands(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROWESS_DATABASE_URL", database_url)
    with Invocation(None).open() as somebody, somebody.database.read() as conn:
        conn.execute(select(t.tenant)).all()
        said = prowess("rebuild", "lrs.directory", cwd=tmp_path)
    assert (said.returncode, "somebody works with this store" in said.stderr) == (1, True)
    assert prowess("rebuild", "lrs.directory", cwd=tmp_path).stdout == "made anew: lrs.directory\n"
    unknown = prowess("rebuild", "lrs.directories", cwd=tmp_path)
    assert (unknown.returncode, "did you mean 'lrs.directory'?" in unknown.stderr) == (1, True)


def history(store: Prowess) -> list[int | None]:
    """How much was said so far, to anybody."""
    with store.database.read() as conn:
        tables = (r.decision_log, r.emission, notice, consequence, delivery)
        return [conn.scalar(select(func.count()).select_from(table)) for table in tables]


RECORD, OURS, PUSHED = "lrs.record", "rules.record", "connectors.record"
BY_LMS = "instr(bytes, CAST('\"lms\"' AS BLOB))"
FLIPPED = "CAST(replace(bytes, '0.9', '0.8') AS BLOB)"
KEPT = {
    "a result changed": Damage(RECORD, "body", f"bytes = {FLIPPED}", "content", "instr(bytes, CAST('0.9' AS BLOB))"),
    "a statement cut short": Damage(RECORD, "body", "bytes = substr(bytes, 1, 90)", "bytes"),
    "blanks between members": Damage(
        RECORD, "body", "bytes = CAST(replace(bytes, ',\"verb\"', ', \"verb\"') AS BLOB)", "bytes"
    ),
    "another authority": Damage(
        RECORD, "body", "bytes = CAST(replace(bytes, '\"lms\"', '\"lns\"') AS BLOB)", "authority", BY_LMS
    ),
    "a body missing": Damage(RECORD, "body", None),
    "a key missing": Damage(RECORD, "statement_key", None),
    "another hash": Damage(RECORD, "statement_key", "content_hash = zeroblob(32)", "content", named="body"),
    "another id": Damage(RECORD, "statement", f"id = {NOBODY_S_KEY}", named="statement_key"),
    "another instant": Damage(RECORD, "statement", "timestamp = timestamp + 1", "timestamp"),
    "another target": Damage(RECORD, "statement", f"voids = {NOBODY_S_KEY}", "voids", "voids IS NOT NULL"),
    "a statement missing": Damage(RECORD, "statement", None, named="body"),
    "a number given twice": Damage(RECORD, "event", "seq = (SELECT max(seq) FROM statement)", "seq"),
    "data flipped": Damage(
        RECORD, "blob_chunk", "bytes = CAST(replace(bytes, 'data', 'dada') AS BLOB)", "data", named="blob"
    ),
    "data missing": Damage(RECORD, "blob_chunk", None, "data", named="blob"),
    "data of another size": Damage(RECORD, "blob", "size = size + 1", "size"),
    "data without a name": Damage(RECORD, "attachment", "sha2 = upper(sha2)", "sha2"),
    "data of another type": Damage(RECORD, "attachment", "content_type = 'text/html'", "content_type"),
    "a document changed": Damage(RECORD, "document", "bytes = CAST(replace(bytes, '1', '2') AS BLOB)", "etag"),
    "a document renamed": Damage(RECORD, "document", "name = 'colors'", "name_key"),
    "a person known too early": Damage(RECORD, "person", "known_from = known_from - 1", "known_from"),
    "an identifier of somebody else": Damage(RECORD, "identity_link", f"agent = {NOBODY_S_KEY}", "agent"),
    "programs changed": Damage(OURS, "ruleset", "documents = replace(documents, '0.80', '0.70')", "documents"),
    "programs unreadable": Damage(OURS, "ruleset", "documents = replace(documents, 'kind:', 'kid:')", "documents"),
    "a verdict changed in the log": Damage(
        OURS, "decision_log", "document = replace(document, '2024', '2023')", "document", "document LIKE '%2024%'"
    ),
    "an announcement changed": Damage(
        OURS, "emission", "body = CAST(replace(body, 'ada', 'eve') AS BLOB)", "body", "person_id = 'ada'"
    ),
    "an announcement missing": Damage(OURS, "emission", None),
    "a delivery changed": Damage(PUSHED, "delivery", "payload = replace(payload, 'forklift', 'bicycle')", "payload"),
    "a delivery to somebody else": Damage(PUSHED, "delivery", "person_id = 'grace'", "person_id", "person_id = 'ada'"),
}


@pytest.mark.parametrize("damage", KEPT.values(), ids=KEPT)
def test_damage_to_the_record_is_named_and_no_rebuild_is_said_to_mend_it(
    kept: Kept, tmp_path: Path, damage: Damage
) -> None:
    file = tmp_path / "store.db"
    with kept.copy(file) as store:
        damage.plant(file)
        named = [one for plugin in store.plugins for one in plugin.checks(store)]
    about = [one for one in named if one.part == damage.part]
    assert about, [*map(str, named)]
    assert (damage.named or damage.table) in {one.table for one in about}
    assert damage.column in {None, *(one.column for one in about)}
    assert {one.mend for one in about} <= {RESTORE, COPY}


@pytest.mark.journey
def test_a_byte_flipped_anywhere_in_a_statement_is_noticed_where_something_vouches_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing does for the names of verbs and activities, nor for the patch of a version: no two statements differ by them."""
    spoken = statement(
        verb={"id": f"{ADL}experienced", "display": {"en": "went through"}},
        object={"id": "https://x.example/l", "definition": {"name": NAMED}},
        result={"score": {"scaled": 0.9}, "response": "a"},
    )
    monkeypatch.setenv("PROWESS_DATABASE_URL", sqlite_at(tmp_path / "store.db"))
    with Invocation(None).open() as store:
        credential, _ = store.credentials.create("lms", ["all"])
        batch = prepare(
            json.dumps(spoken).encode(), version=Version.V2_0, authority=credential.authority, new_id=store.ids.uuid
        )
        store.statements.record(Intake(1, credential.id, batch.statements, Version.V2_0))
        body = batch.statements[0].body
        assert [*check_record(store)] == []
        unnoticed = [at for at in range(len(body)) if not _is_flip_noticed(store, body, at)]
    free = [
        body.index(text) + at
        for text in (b'"went through"', b'"Ladders"', b'"Leitern"')
        for at in range(1, len(text) - 1)
    ]
    patch = body.index(b'"2.0.0"') + len('"2.0.')
    assert set(unnoticed) <= {*free, *_keys_of(body, b'"en"'), *_keys_of(body, b'"de"'), patch}


def _is_flip_noticed(store: Prowess, body: bytes, at: int) -> bool:
    flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    store.database.write(lambda conn: conn.execute(update(t.body).values(bytes=flipped)))
    return any(check_record(store))


def _keys_of(body: bytes, key: bytes) -> set[int]:
    return {found.start() + at for found in re.finditer(re.escape(key), body) for at in (1, 2)}
