"""The house itself: commands say how they are used, a bare store stands alone, imports point down."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from contextlib import suppress
from pathlib import Path
from zipfile import ZipFile

import click
import pytest
import requests
import structlog
from click.testing import CliRunner
from hatchling.builders.wheel import WheelBuilder

from lrs import __version__, logs
from lrs.app import create_app
from lrs.cli import build
from lrs.config import load_settings
from lrs.logs import Caller, configure_logs, get_logger, log_answer
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.server import Server
from lrs.settings import LogSettings
from tests.commanding import prowess
from tests.conftest import Served

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("lrs", "rules", "connectors", "reports")


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, (*path, name))
    else:
        yield path, command


@pytest.mark.parametrize("path", [path for path, _ in commands(build())], ids=" ".join)
def test_every_command_s_help_has_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(build(), [*path, "--help"])
    assert shown.exit_code == 0
    assert "Example:" in shown.output


def test_the_unit_of_the_docs_starts_a_command_that_there_is_where_it_may_write() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(r"```ini\n(.*?)```", page, re.DOTALL)
    assert found
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read_string(found[1])
    service = unit["Service"]
    program, *arguments = service["ExecStart"].split()
    assert f"{program} init {service['ReadWritePaths']}" in page
    assert service["WorkingDirectory"] == service["ReadWritePaths"]
    assert tuple(arguments) in {path for path, _ in commands(build())}
    assert f"--home-dir {service['WorkingDirectory']} --create-home {service['User']}" in page


def test_init_leaves_a_directory_whose_programs_can_be_published(tmp_path: Path) -> None:
    made = prowess("init", "mine", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert re.search(r"sign-in: admin / \S{20,}", made.stdout)
    mine = tmp_path / "mine"
    assert prowess("people", "import", "people.yaml", cwd=mine).returncode == 0
    assert prowess("check", "programs", cwd=mine).returncode == 0
    assert prowess("lint", "--strict", cwd=mine).stdout == "0 warnings\n"
    assert prowess("test", cwd=mine).stdout.endswith("2 passed, 0 failed\n")
    assert (mine / "programs.schema.json").read_text() == prowess("schema", cwd=mine).stdout
    assert prowess("plan", "--exit-code", cwd=mine).returncode == 3
    assert "published: first-aid v1" in prowess("apply", cwd=mine).stdout
    first = mine / "programs" / "first-aid.yaml"
    first.write_text(first.read_text().replace("is not enough", "is a little too low"))
    assert "nothing new" in prowess("apply", cwd=mine).stdout
    again = prowess("init", "mine", cwd=tmp_path)
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr


def test_failure_is_1_and_misuse_is_2_with_a_hint_and_no_traceback(tmp_path: Path) -> None:
    missing = prowess("--config", "nope.yaml", "migrate", cwd=tmp_path)
    assert missing.returncode == 1
    assert missing.stderr.splitlines() == [
        "error: no configuration at nope.yaml",
        "  hint: create one with: prowess init DIR",
    ]
    assert prowess("decide", cwd=tmp_path).returncode == 2


def test_a_secret_is_shown_once_and_kept_nowhere(tmp_path: Path) -> None:
    prowess("init", "mine", cwd=tmp_path)
    mine = tmp_path / "mine"
    made = json.loads(prowess("key", "create", "--name", "lms", "--json", cwd=mine).stdout)
    assert len(made["secret"]) >= 43
    kept = b"".join(file.read_bytes() for file in mine.rglob("*") if file.is_file())
    assert made["key"].encode() in kept
    assert made["secret"].encode() not in kept
    assert made["secret"] not in prowess("key", "list", "--json", cwd=mine).stdout
    taken = prowess("key", "create", "--name", "lms", cwd=mine)
    assert taken.returncode == 1
    assert "exists already" in taken.stderr
    assert prowess("key", "revoke", "lms", cwd=mine).returncode == 0
    assert json.loads(prowess("key", "list", "--json", cwd=mine).stdout)[0]["revoked"]


def test_init_that_had_failed_could_not_be_typed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that there is a configuration, and there was neither a database nor a sign-in."""
    with monkeypatch.context() as patch:
        patch.setenv("PROWESS_DATABASE_URL", "postgresql://prowess:secret@127.0.0.1:1/prowess")
        failed = prowess("init", "mine", cwd=tmp_path)
        assert (failed.returncode, "Connection refused" in failed.stderr) == (1, True)
    assert not (tmp_path / "mine" / "config.yaml").exists()
    assert "sign-in: admin / " in prowess("init", "mine", cwd=tmp_path).stdout


@pytest.mark.journey
def test_the_nightly_backup_of_the_docs_makes_one_and_takes_old_ones_away(tmp_path: Path) -> None:
    """The command of the unit as systemd passes it on, with this checkout in place of the installation."""
    page = (ROOT / "docs" / "operations.md").read_text()
    units = re.findall(r"```ini\n(.*?)```", page, re.DOTALL)
    assert not any(re.search(r"(?m)^[^#\n].*[ \t]#", unit) for unit in units), "systemd takes no comment behind a value"
    (command,) = re.findall(r"ExecStart=/bin/sh -c '(.*prowess backup.*)'", page)
    assert prowess("init", "mine", cwd=tmp_path).returncode == 0
    old = tmp_path / "mine" / "backups" / "2020-01-01T000000.db"
    old.parent.mkdir()
    old.touch()
    os.utime(old, (0, 0))
    script = (
        command.replace("%%", "%")
        .replace("$$", "$")
        .replace("/opt/prowess/bin/prowess", f"{sys.executable} -m lrs.cli")
    )
    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path / "mine", check=True, timeout=60)
    (made,) = old.parent.iterdir()
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d{6}\.db", made.name)


def test_a_bare_store_serves_statements_without_any_plug_in(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(f"sqlite:///{tmp_path / 'bare.db'}")
    assert [plugin.name for plugin in served.prowess.plugins] == ["lrs"]
    statement = {
        "actor": {"mbox": "mailto:a@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced"},
        "object": {"id": "https://x.example/a"},
    }
    with served.session() as session:
        assert session.post(f"{served.xapi}/statements", json=statement).status_code == 200
        assert len(session.get(f"{served.xapi}/statements").json()["statements"]) == 1


def test_our_packages_come_as_plug_ins_in_the_order_of_their_layers() -> None:
    assert [plugin.name for plugin in installed_plugins()] == ["lrs", "rules", "connectors", "reports"]


def test_the_wheel_holds_the_four_packages_with_their_pages_and_nothing_of_development(tmp_path: Path) -> None:
    with ZipFile(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path)))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in wheel.namelist()} - {""}
        metadata = wheel.read(f"prowess-{__version__}.dist-info/METADATA").decode()
    files = {file for name in PACKAGES for file in (ROOT / name).rglob("*") if file.is_file()}
    demo = ROOT / "reports" / "demo"
    meant = {file for file in files if file.suffix not in {".pyc", ".mako"} and demo not in file.parents}
    assert held == {file.relative_to(ROOT).as_posix() for file in meant}
    assert {f"{name}/py.typed" for name in PACKAGES} <= held
    assert {name for name in about if name.startswith("licenses/")} == {
        "licenses/LICENSE",
        "licenses/lrs/web/static/atkinson-hyperlegible-next-LICENSE.txt",
    }
    assert "License-Expression: Apache-2.0 AND OFL-1.1" in metadata.splitlines()
    assert {"lrs/bench/command.py", "connectors/standin/__main__.py"} <= held, "docs tell operators of both"
    assert "the pages named here come with the source" in metadata, "on an index their links lead nowhere"


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text()
    assert len(text.splitlines()) <= 120
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_the_program_in_the_readme_is_one(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    program = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
    activities = (ROOT / "lrs" / "templates" / "activities.yaml").read_text()
    (tmp_path / "program.yaml").write_text(f"{program}---\n{activities}")
    assert prowess("check", str(tmp_path), cwd=tmp_path).returncode == 0


@pytest.mark.journey
def test_the_set_up_of_the_readme_works_as_written(tmp_path: Path) -> None:
    """Each command in order; the served part over HTTP, with the statement that the page sends by curl."""
    text = (ROOT / "README.md").read_text().partition("## Set it up for yourself")[2].partition("## A program")[0]
    steps, curl = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    commands = [line.partition("#")[0].split()[1:] for line in steps.splitlines() if re.match(r"\S*prowess ", line)]
    assert [command[0] for command in commands] == ["init", "people", "check", "plan", "apply", "key", "serve"]
    assert prowess(*commands[0], cwd=tmp_path).returncode == 0
    mine = tmp_path / "my-prowess"
    for command in commands[1:5]:
        assert prowess(*command, cwd=mine).returncode == 0, command
    made = json.loads(prowess(*commands[5], "--json", cwd=mine).stdout)
    sent = re.search(r"-d '(.*?)'", curl, re.DOTALL)
    assert sent is not None
    headers = dict(re.findall(r"-H '([^:]+): ([^']+)'", curl))
    command = [sys.executable, "-m", "lrs.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=mine, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[2]
        auth = (made["key"], made["secret"])
        answer = requests.post(f"{url}/xapi/statements", data=sent[1], headers=headers, auth=auth, timeout=20)
        server.terminate()
    assert answer.status_code == 200, answer.text
    for line in curl.splitlines():
        if line.startswith("prowess "):
            done = prowess(*line.partition("#")[0].split()[1:], cwd=mine)
            assert done.returncode == 0, done.stderr
            assert "complete First aid practice day" in done.stdout or "compliance-overview" in line


def test_a_server_that_has_stopped_already_may_be_stopped_again(tmp_path: Path) -> None:
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": f"sqlite:///{tmp_path / 'bare.db'}"})
    prowess = Prowess(settings)
    migrate(prowess.database, prowess.plugins)
    server = Server(create_app(prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    stop()
    stop()


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Afterwards nobody has configured the logs."""
    monkeypatch.setattr(logs, "_write_line", None)
    yield
    structlog.reset_defaults()


@pytest.mark.usefixtures("unconfigured")
def test_a_log_that_takes_nothing_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk, or behind a pipe that nobody reads, statements were stored and answered with 500."""
    reader, writer = os.pipe()
    os.close(reader)
    nobody = os.fdopen(writer, "w")
    monkeypatch.setattr(sys, "stderr", nobody)
    configure_logs(LogSettings(level="info", format="json"))
    try:
        get_logger("tests").info("request")
        log_answer("POST", "/", 200, 1.5, "id", Caller())
    finally:
        with suppress(BrokenPipeError):
            nobody.close()


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize("path", ["/xapi/statements", '/a"b\\c\n\u00e9\u2028\U0001f600'])
@pytest.mark.parametrize("caller", [Caller(), Caller("2001:db8::7", 'a "key"\n', "gr\u00e4fin")])
def test_the_access_log_is_written_as_every_other_line(
    path: str, caller: Caller, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs(LogSettings(level="info", format="json"))
    log_answer("POST", path, 200, 1.5, "id", caller)
    monkeypatch.setattr(logs, "_write_line", None)
    log_answer("POST", path, 200, 1.5, "id", caller)
    fast, usual = capsys.readouterr().err.splitlines()
    stamp = re.compile(r'"timestamp": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"')
    assert stamp.sub("", fast) == stamp.sub("", usual) != usual


@pytest.mark.usefixtures("unconfigured")
def test_an_access_log_that_is_not_wanted_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(LogSettings(level="warning", format="json"))
    log_answer("POST", "/", 200, 1.5, "id", Caller())
    assert not capsys.readouterr().err
