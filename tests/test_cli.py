"""The command line as operators use it: what `init` leaves serves at once, secrets stay out of logs, files go in and out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import insert

from lrs.cli import build
from lrs.cli_context import Invocation
from lrs.clock import SECOND, to_text
from lrs.migrate import migrate
from lrs.store import tables as t
from tests import commanding
from tests.commanding import Done
from tests.journey.house import Process
from tests.store.sending import VERSION, statement


def prowess(*arguments: str, cwd: Path, check: bool = True) -> Done:
    return commanding.prowess(*arguments, cwd=cwd, check=check)


@contextmanager
def serving(directory: Path) -> Iterator[Process]:
    log = directory / "serve.log"
    with log.open("a") as errors:
        popen = subprocess.Popen(
            [sys.executable, "-m", "lrs.cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=directory,
        )
    assert popen.stdout is not None
    process = Process(popen, popen.stdout.readline(), log)
    assert process.first, log.read_text()
    try:
        yield process
    finally:
        process.stop()


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cli")
    prowess("init", "mine", cwd=directory)
    return directory / "mine"


@contextmanager
def speaking(mine: Path, name: str) -> Iterator[tuple[requests.Session, str]]:
    """A client with a key of its own, and that key's secret."""
    made = json.loads(prowess("key", "create", "--name", name, "--scope", "all", "--json", cwd=mine).stdout)
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (made["key"], made["secret"])
        session.headers[VERSION] = "2.0.0"
        yield session, made["secret"]


@pytest.mark.journey
def test_what_init_leaves_serves_at_once_and_keeps_secrets_out_of_the_log(mine: Path) -> None:
    with serving(mine) as process, speaking(mine, "lms") as (session, secret):
        url = f"{process.url}/xapi/statements"
        assert session.post(url, json=[statement()]).status_code == 200
        assert session.get(f"{process.url}/health/ready").json()["status"] == "ready"
        assert isinstance(session.auth, tuple)
        session.auth = (session.auth[0], secret + "x")
        assert session.get(url).status_code == 401
        session.auth = None
        assert session.get(url, headers={"Authorization": f"Bearer {secret}"}).status_code == 401
        assert process.stop(signal.SIGTERM) == 0
    log = (mine / "serve.log").read_text()
    assert '"status": 401' in log
    assert secret not in log
    assert all(json.loads(line) for line in log.splitlines()), "one event is one line of JSON"


@pytest.mark.journey
def test_a_server_on_another_port_is_the_same_one_to_statements_and_letters(mine: Path) -> None:
    """A worker beside `serve --port` gave programs other names than the server did."""
    with serving(mine) as process, speaking(mine, "lms-2") as (session, _):
        sent = statement()
        assert session.post(f"{process.url}/xapi/statements", json=[sent]).status_code == 200
        stored = session.get(f"{process.url}/xapi/statements", params={"statementId": sent["id"]}).json()
        assert stored["authority"]["account"]["homePage"] == "http://127.0.0.1:8080"
        wanted = {"actor": sent["actor"], "activity": "https://lms.example/a"}
        launched = session.post(f"{process.url}/api/v1/launches", json=wanted).json()
        assert launched["endpoint"] == f"{process.url}/xapi/", "this is where it can be reached"
    assert '"known_as": "http://127.0.0.1:8080"' in (mine / "serve.log").read_text()


@pytest.mark.journey
def test_interrupting_the_server_is_a_clean_stop(mine: Path) -> None:
    with serving(mine) as process:
        assert requests.get(f"{process.url}/health/live", timeout=20).ok
        assert process.stop(signal.SIGINT) == 0


@pytest.mark.journey
def test_a_port_that_is_taken_is_said_without_a_traceback(mine: Path) -> None:
    with serving(mine) as process:
        port = process.url.rpartition(":")[2]
        command = [sys.executable, "-m", "lrs.cli", "serve", "--port", port]
        done = subprocess.run(command, cwd=mine, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert port in done.stderr
        assert "Traceback" not in done.stderr


def imported(mine: Path, name: str, text: str, **options: Any) -> Done:
    (mine / name).write_text(text, "utf-8")
    return prowess("statements", "import", name, cwd=mine, **options)


def exported(mine: Path) -> dict[str, str]:
    lines = prowess("statements", "export", cwd=mine).stdout.split("\n")
    return {json.loads(line)["id"]: line for line in lines if line}


def test_statements_go_in_and_come_out_and_go_in_again(mine: Path, tmp_path: Path) -> None:
    sent = [statement(stored="2024-05-01T00:00:00Z") for _ in range(3)]
    text = "\n".join(json.dumps(one) for one in sent) + "\n\n"
    assert "3 read, 3 stored, 0 known already" in imported(mine, "s.jsonl", text).stdout
    assert "3 read, 0 stored, 3 known already" in imported(mine, "s.jsonl", text).stdout
    out = exported(mine)
    assert {one["id"] for one in sent} <= out.keys()
    prowess("init", str(tmp_path / "other"), cwd=tmp_path)
    other = tmp_path / "other"
    assert f"{len(out)} stored" in imported(other, "all.jsonl", "\n".join(out.values())).stdout
    assert f"{len(out)} read, 0 stored" in imported(other, "all.json", f"[{','.join(out.values())}]").stdout


@pytest.mark.parametrize("name", ["odd.jsonl", "odd.json"])
def test_an_import_changes_no_number_and_stumbles_over_no_separator(mine: Path, name: str) -> None:
    """JSON text may hold U+2028 and the like unescaped, and numbers with more digits than a float."""
    one = statement(result={"response": "a\u2028b\u0085c", "extensions": {"https://x.example/n": "N"}})
    text = json.dumps(one, ensure_ascii=False).replace('"N"', "12345678901234567890.1234567890")
    assert "1 stored" in imported(mine, name, f"[{text}]" if name.endswith(".json") else text).stdout
    assert "12345678901234567890.1234567890" in exported(mine)[one["id"]]
    assert "a\u2028b\u0085c" in exported(mine)[one["id"]]


def test_a_bad_line_is_named_and_the_exit_code_is_1(mine: Path) -> None:
    for text in ("{\n", json.dumps(statement(actor={})), json.dumps(statement(stored="yesterday")), '{"a": 1}]'):
        done = imported(mine, "bad.jsonl", text, check=False)
        assert done.returncode == 1, text
        assert "bad.jsonl" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_name_of_the_store_s_own_keys_is_refused(mine: Path) -> None:
    """Statements of decisions are signed by the key `prowess`; nobody else may hold it."""
    for name in ("prowess", "import"):
        done = prowess("key", "create", "--name", name, cwd=mine, check=False)
        assert done.returncode == 1
        assert "own" in done.stderr


def test_doctor_says_where_everything_stands(mine: Path) -> None:
    report = json.loads(prowess("doctor", "--json", cwd=mine).stdout)
    assert report["database"] == "sqlite"
    assert report["runner"] == "embedded"
    assert report["parked"] == []
    assert report["state"] == "fine"


def test_doctor_said_that_the_feed_was_followed_to_1970(tmp_path: Path) -> None:
    """Before the first statement nothing was."""
    prowess("init", "fresh", cwd=tmp_path)
    fresh = tmp_path / "fresh"
    for command in (("people", "import", "people.yaml"), ("apply",), ("plan",)):
        prowess(*command, cwd=fresh)
    told = prowess("doctor", cwd=fresh).stdout
    assert "followed the feed nowhere yet" in told
    assert "1970" not in told


def test_doctor_says_that_nobody_works(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker was not running, and everything looked well."""
    (mine / "one.jsonl").write_text(json.dumps(statement()))
    assert prowess("statements", "import", "one.jsonl", cwd=mine).returncode == 0
    assert prowess("doctor", cwd=mine).returncode == 0, "that was just now"
    monkeypatch.setattr("lrs.jobs._STALLED", -3600 * SECOND)
    done = prowess("doctor", cwd=mine, check=False)
    assert done.returncode == 1
    assert "is not worked through; is prowess serve running, or behind?" in done.stderr
    told = prowess("doctor", "--json", cwd=mine, check=False)
    assert json.loads(told.stdout)["state"] == "mend"
    assert (told.returncode, json.loads(told.stdout)["stalled_since"] is None) == (1, False)
    monkeypatch.setenv("PROWESS_RUNNER_KIND", "none")
    assert "is prowess work running, or behind?" in prowess("doctor", cwd=mine, check=False).stderr


def test_doctor_ended_in_a_traceback_where_one_check_failed(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("connectors.outbox.Outbox.failing", fail)
    monkeypatch.setattr("lrs.feed.feed.Feed.parked", fail)
    done = prowess("doctor", cwd=mine, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "to mend: the check of connectors failed: ZeroDivisionError('boom')" in done.stdout
    report = json.loads(prowess("doctor", "--json", cwd=mine, check=False).stdout)
    assert [one["what"].partition(":")[0] for one in report["complaints"]] == [
        "the check of connectors failed",
        "the check of parked items failed",
    ]
    assert (report["state"], report["parked"], report["stalled_since"]) == ("mend", None, None)


def test_doctor_that_cannot_look_is_neither_well_nor_ill(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1 meant both: something to mend, and that nobody could look."""
    for name, value in (("DATABASE_URL", "postgresql://127.0.0.1:1/nothing"), ("SERVER_PORT", "a port")):
        with monkeypatch.context() as patch:
            patch.setenv(f"PROWESS_{name}", value)
            done = prowess("doctor", cwd=mine, check=False)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr.startswith("error: ")


def test_a_token_that_this_shell_lacks_stops_only_what_needs_it(mine: Path, tmp_path: Path) -> None:
    """`report` and `backup` ended with: the environment has no variable 'MOODLE_TOKEN'."""
    text = (mine / "config.yaml").read_text().replace("prowess.db", str(mine / "prowess.db"))
    system = "{name: moodle-hq, kind: moodle, url: 'https://lms.example.org', token: '${NO_TOKEN}', programs: {first-aid: {course: 2}}}"
    (tmp_path / "config.yaml").write_text(f"{text}\nconnectors: {{systems: [{system}]}}\n")
    for needless in (
        ["report", "overdue"],
        ["backup", "copy.db"],
        ["connect", "list"],
        ["plan", str(mine / "programs")],
    ):
        done = prowess(*needless, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
    for needing, code in ((["connect", "test", "moodle-hq"], 1), (["serve"], 1), (["work"], 1), (["doctor"], 2)):
        done = prowess(*needing, cwd=tmp_path, check=False)
        assert done.returncode == code, needing
        assert "the environment has no variable 'NO_TOKEN'" in done.stderr, needing
        assert "set it, or write file:PATH" in done.stderr, needing


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Commands of one installation, run in this process."""

    def invoke(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(build(), ["--config", str(tmp_path / "mine" / "config.yaml"), *arguments])
        assert done.exit_code == code, done.output
        return done

    prowess("init", "mine", cwd=tmp_path)
    yield invoke
    structlog.reset_defaults()


def test_parked_items_are_shown_and_digested_after_all(tmp_path: Path, run: Callable[..., Result]) -> None:
    assert "nothing parked" in run("feed", "retry").output
    with Invocation(tmp_path / "mine" / "config.yaml").open(current=False) as store:
        migrate(store.database, store.plugins)
        seq = store.database.write(lambda conn: store.feed.record(conn, 1, "person", ["ada"]))
        row = {"seq": seq, "error": "ValueError('boom')", "parked_at": seq}
        rows = [{"consumer": name, **row} for name in ("rules.evidence", "gone.plugin")]
        store.database.write(lambda conn: conn.execute(insert(t.parked), rows))

    told = run("doctor", code=1).output  # it was 0, and no monitoring noticed
    assert "prowess feed retry" in told
    assert "to mend: 2 items of the feed were not digested\n  see: prowess feed parked" in told
    report = json.loads(run("doctor", "--json", code=1).output)
    assert report["state"] == "mend"
    assert report["complaints"] == [{"what": "2 items of the feed were not digested", "command": "prowess feed parked"}]
    assert f"rules.evidence {seq} (a fact): ValueError('boom')" in run("feed", "parked").output
    assert json.loads(run("feed", "parked", "--json").output)[1] == {
        "consumer": "rules.evidence",
        "seq": seq,
        "statement": None,
        "error": "ValueError('boom')",
        "parked_at": to_text(seq),
    }
    assert run("feed", "retry", code=1).output.splitlines() == [
        f"gone.plugin {seq}: still parked: its plug-in is not installed here",
        f"rules.evidence {seq}: digested",
        "1 digested, 1 still parked",
    ]
    (retried,) = [one for one in json.loads(run("audit", "--json").output) if one["action"] == "feed.retry"]
    assert (retried["kind"], retried["subject"], retried["details"]) == ("command", "rules.evidence", {"seq": seq})
    assert "nothing parked" in run("feed", "retry", "--consumer", "rules.evidence").output
    assert "did you mean 'rules.evidence'?" in run("feed", "retry", "--consumer", "rules.evidense", code=1).output
    assert "prowess feed parked" in run("feed", "retry", "--seq", "7", code=1).output


def test_a_scope_that_does_not_exist_names_the_nearest(mine: Path) -> None:
    done = prowess("key", "create", "--name", "x", "--scope", "statement/write", cwd=mine, check=False)
    assert done.returncode == 1
    assert "did you mean 'statements/write'?" in done.stderr


def test_a_wrong_path_to_the_database_leaves_no_empty_store_behind(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was said to be "not up to date", and a file was made there."""
    monkeypatch.setenv("PROWESS_DATABASE_URL", "sqlite:///nowhere/typo.db")
    done = prowess("doctor", "--json", cwd=mine, check=False)
    assert done.returncode == 2
    assert "there is no database at" in done.stderr
    said = json.loads(done.stdout)
    assert (said["state"], said["hint"]) == (
        "unknown",
        "check database.url, or make a new one with: prowess migrate",
    )
    assert not (mine / "nowhere").exists()


def test_the_store_s_own_keys_cannot_be_revoked(mine: Path) -> None:
    done = prowess("key", "revoke", "prowess", cwd=mine, check=False)
    assert done.returncode == 1
    assert "one of the store's own keys" in done.stderr


HEAVY = {
    "sqlalchemy",
    "alembic",
    "flask",
    "granian",
    "marshmallow",
    "structlog",
    "redis",
    "yaml",
    "rules",
    "connectors",
}


def test_the_version_is_told_without_loading_what_it_does_not_need() -> None:
    """It took more than a second of imports."""
    told = "import sys, lrs.cli\ntry:\n    lrs.cli.main()\nexcept SystemExit:\n    print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", told, "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    version, modules = done.stdout.splitlines()
    assert version.startswith("prowess, version ")
    assert {name.partition(".")[0] for name in modules.split()} & HEAVY == set()


@pytest.mark.parametrize("command", ["serve", "work"])
def test_why_it_does_not_start_is_a_line_of_json_where_the_log_is_to_be_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A collector of logs got lines of text before the first JSON."""
    monkeypatch.setenv("PROWESS_LOG_FORMAT", "json")
    prowess("init", "mine", cwd=tmp_path)
    (tmp_path / "mine" / "prowess.db").write_text("no database at all, and longer than a header of one" * 40)
    refused = prowess(command, cwd=tmp_path / "mine", check=False)
    (tmp_path / "mine" / "config.yaml").write_text("databse: {}")
    unread = prowess(command, cwd=tmp_path / "mine", check=False)
    for done, word in ((refused, "database"), (unread, "databse")):
        assert done.returncode == 1
        (line,) = map(json.loads, done.stderr.splitlines())
        assert (line["event"], line["level"]) == ("stopped", "error")
        assert word in line["error"]
        assert "hint" in line
    plain = prowess("doctor", cwd=tmp_path / "mine", check=False)
    assert plain.stderr.startswith("error: ")
