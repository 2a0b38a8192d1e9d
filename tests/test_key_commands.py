"""`prowess key` and `prowess statements quarantine`, as operators use them beside a running store."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs.cli import build
from lrs.config import load_settings
from lrs.ids import RandomIds
from lrs.prowess import Prowess
from lrs.xapi.versions import Version
from tests.store.sending import statement


class Shell:
    """Runs commands on one database."""

    def __init__(self, url: str) -> None:
        self.environment = {"PROWESS_DATABASE_URL": url}

    def try_(self, *arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(build(), list(arguments), env=self.environment, input=text)

    def run(self, *arguments: str, text: str | None = None) -> str:
        done = self.try_(*arguments, text=text)
        assert done.exit_code == 0, done.output
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def open(self) -> Prowess:
        return Prowess(load_settings(None, environ=self.environment))


@pytest.fixture
def shell(database_url: str) -> Shell:
    shell = Shell(database_url)
    shell.run("migrate")
    return shell


def test_a_key_is_made_changed_rotated_and_listed(shell: Shell) -> None:
    policies = ("--expires", "P90D", "--bad-statements", "quarantine", "--missing-ids", "content")
    made = shell.json("key", "create", "--name", "moodle", "--scope", "statements/write", *policies)
    assert (made["bad_statements"], made["missing_ids"]) == ("quarantine", "content")
    assert made["expires"] is not None
    with shell.open() as prowess:
        assert prowess.credentials.verify(made["key"], made["secret"]).name == "moodle"
    (listed,) = shell.json("key", "list")
    assert listed["last_used"] is not None
    assert "secret" not in listed
    assert re.search(r"last used \d{4}-\d\d-\d\d", shell.run("key", "list"))
    rotated = shell.json("key", "rotate", "moodle", "--keep-old", "P1D")
    assert rotated["key"] == made["key"]
    with shell.open() as prowess:
        for secret in (made["secret"], rotated["secret"]):
            prowess.credentials.verify(made["key"], secret)
    assert "former secret until" in shell.run("key", "list")
    shell.run("key", "set", "moodle", "--expires", "never", "--bad-statements", "refuse")
    (listed,) = shell.json("key", "list")
    assert (listed["expires"], listed["bad_statements"], listed["missing_ids"]) == (None, "refuse", "content")
    shell.run("key", "revoke", "moodle")
    assert "revoked" in shell.run("key", "list")


def test_what_cannot_be_is_explained(shell: Shell) -> None:
    shell.run("key", "create", "--name", "moodle")
    assert shell.try_("key", "set", "moodle").exit_code == 2
    assert shell.try_("key", "set", "moodle", "--scope", "all").exit_code == 2
    for arguments in (("set", "nobody", "--expires", "P1D"), ("rotate", "nobody"), ("revoke", "nobody")):
        assert shell.try_("key", *arguments).exit_code == 1
    late = shell.try_("key", "create", "--name", "late", "--expires", "2020-01-01")
    assert late.exit_code == 1
    assert "is over already" in late.output
    assert shell.try_("key", "create", "--name", "import").exit_code == 1


def test_a_tenant_is_made_when_first_named_and_keeps_its_keys_apart(shell: Shell) -> None:
    made = shell.json("key", "create", "--name", "suite", "--scope", "all", "--tenant", "run-1")
    again = shell.json("key", "create", "--name", "suite", "--scope", "all", "--tenant", "run-2")
    other = shell.json("key", "create", "--name", "second", "--tenant", "run-1")
    with shell.open() as prowess:
        one, two, three = (prowess.credentials.verify(key["key"], key["secret"]) for key in (made, again, other))
    assert one.tenant_id == three.tenant_id != two.tenant_id
    assert 1 not in {one.tenant_id, two.tenant_id}
    assert shell.json("key", "list") == []
    assert [key["name"] for key in shell.json("key", "list", "--tenant", "run-1")] == ["suite", "second"]
    assert shell.try_("key", "list", "--tenant", "run-3").exit_code == 1
    assert shell.try_("key", "create", "--name", "x", "--tenant", "Run 1").exit_code == 1
    assert "--tenant" not in shell.run("key", "create", "--help")


def test_the_quarantine_is_emptied_one_by_one(shell: Shell, tmp_path: Path) -> None:
    from lrs.http.senders import set_aside_ids
    from lrs.store.statements import Intake
    from lrs.xapi.intake import prepare

    made = shell.json("key", "create", "--name", "edx", "--bad-statements", "quarantine")
    sent = [{**statement(), "verb": number} for number in range(3)]
    with shell.open() as prowess:
        key = prowess.credentials.verify(made["key"], made["secret"])
        body, version = json.dumps(sent).encode(), Version.V1_0_3
        aside = set_aside_ids(key)
        batch = prepare(body, version=version, authority=key.authority, new_id=prowess.ids.uuid, set_aside_id=aside)
        keep = prowess.quarantine.keeping(key, version, batch.set_aside)
        prowess.statements.record(Intake(key.tenant_id, key.id, batch.statements, version, also=keep))

    def waiting() -> list[dict[str, Any]]:
        return sorted(shell.json("statements", "quarantine", "list"), key=lambda entry: entry["place"])

    entries = waiting()
    assert [entry["statement_id"] for entry in entries] == [one["id"] for one in sent]
    assert "$[0].verb" in shell.run("statements", "quarantine", "list")
    assert "--before" in shell.run("statements", "quarantine", "list", "--limit", "2")
    shown = shell.try_("statements", "quarantine", "show", entries[0]["id"])
    assert json.loads(shown.stdout) == sent[0]
    assert "hint" in shown.stderr or "$[0].verb" in shown.stderr
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps({**sent[0], "verb": {"id": "https://x.example/v"}}))
    assert sent[0]["id"] in shell.run("statements", "quarantine", "fix", entries[0]["id"], str(mended))
    assert shell.try_("statements", "quarantine", "replay", entries[1]["id"]).exit_code == 1
    shell.run("statements", "quarantine", "discard", entries[1]["id"])
    assert [entry["place"] for entry in waiting()] == [2]
    assert len(shell.json("statements", "quarantine", "list", "--state", "all")) == 3
    assert len(shell.run("statements", "export").splitlines()) == 1


def test_no_secret_is_taken_for_an_option_of_a_command_line() -> None:
    """One in 64 was, and the public suite did not begin."""
    assert not any(RandomIds().secret().startswith("-") for _ in range(2_000))


SOURCE = """
{kind: source, id: moodle-hq, match: {credential: moodle}, profile: moodle-logstore}
---
{kind: activity, id: quiz, iris: ["https://lms.example.org/mod/quiz/view.php?id=7"]}
---
{kind: certification, id: quiz-passed, title: Quiz, version: 1, effective: 2026-01-01, require: {passed: quiz, min_score: 0.8}}
"""


def test_a_key_that_no_source_names_was_made_without_a_word(shell: Shell, tmp_path: Path) -> None:
    """What came with the key 'lms' was read as any sender's, as the source waited for a key 'moodle'."""
    (tmp_path / "programs.yaml").write_text(SOURCE)
    assert "moodle" not in shell.try_("doctor").output, "nothing is published"
    shell.run("apply", str(tmp_path))
    reader = shell.try_("key", "create", "--name", "dashboards", "--scope", "statements/read")
    assert (reader.exit_code, reader.stderr) == (0, ""), "it sends nothing"
    made = shell.try_("key", "create", "--name", "lms", "--json")
    assert json.loads(made.stdout)["name"] == "lms"
    told = (
        "no source of the programs names the key 'lms', so what comes with it is read as any sender's; sources match "
        "{credential: moodle}, and there is no key of that name: make one so named, or change the source"
    )
    assert made.stderr == f"warning: {told}\n"
    assert f"to mend: {told}\n  see: prowess key list" in shell.try_("doctor").stdout
    right = shell.try_("key", "create", "--name", "moodle")
    assert (right.exit_code, right.stderr) == (0, "")
    assert "no source" not in shell.try_("doctor").stdout
    assert shell.try_("key", "create", "--name", "content").stderr == "", "ordinary content needs no source"
