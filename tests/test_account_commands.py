"""`prowess account` and `prowess people`, as operators use them beside a running store."""

from __future__ import annotations

import re
from pathlib import Path

from lrs.web.accounts import verify
from tests.test_key_commands import Shell, shell

__all__ = ["shell"]


def password_of(said: str) -> str:
    found = re.search(r"/ (\S+)", said)
    assert found
    return found[1]


def test_a_sign_in_is_listed_disabled_and_enabled_again(shell: Shell) -> None:
    assert "nobody may sign in yet" in shell.run("account", "list")
    password = password_of(shell.run("account", "create", "grace", "--role", "observer"))
    assert shell.json("account", "list") == [
        {"username": "grace", "role": "observer", "person": None, "disabled": None}
    ]
    shell.run("account", "disable", "grace")
    (listed,) = shell.json("account", "list")
    assert listed["disabled"] is not None
    assert "disabled 2" in shell.run("account", "list")
    with shell.open() as prowess:
        assert verify(prowess, "grace", password) is None
    shell.run("account", "enable", "grace")
    with shell.open() as prowess:
        assert verify(prowess, "grace", password) is not None
    refused = shell.try_("account", "disable", "gracie")
    assert refused.exit_code == 1
    assert "there is no account 'gracie'" in refused.stderr


def test_people_are_listed_with_the_jobs_of_today(shell: Shell, tmp_path: Path) -> None:
    assert "nobody is known yet" in shell.run("people", "list")
    file = tmp_path / "people.csv"
    file.write_text(
        "id,name,email,from,to,job,left_on\nada,Ada,a@x.example,2020-01-01,,operator,\nada,,,2019-01-01,2019-12-31,picker,\nbob,Bob,,,,,2020-01-31\n"
    )
    shell.run("people", "import", str(file))
    assert shell.json("people", "list") == [
        {"id": "ada", "name": "Ada", "email": "a@x.example", "jobs": ["operator"], "left_on": None},
        {"id": "bob", "name": "Bob", "email": None, "jobs": [], "left_on": "2020-01-31"},
    ]
    assert re.search(r"ada +Ada +operator\n", shell.run("people", "list"))


def test_one_person_was_shown_as_raw_json(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.yaml"
    file.write_text("""
sites: {hq: {timezone: Europe/London}}
people:
  - {id: grace, name: Grace Hopper}
  - id: ada
    name: Ada Byron
    email: ada@example.org
    identifiers: [{account: {homePage: "https://lms.example", name: "17"}}]
    hired_on: 2025-01-06
    leave: [{from: 2026-01-20, to: 2026-02-02}]
    positions:
      - {from: 2025-01-06, to: 2025-12-31, job: picker}
      - {from: 2026-01-01, job: driver, level: individual-contributor, unit: yard, site: hq, managers: [grace]}
""")
    shell.run("people", "import", str(file))
    assert (
        shell.run("people", "show", "ada")
        == """ada (Ada Byron)
  mail address  ada@example.org
  hired on      2025-01-06
  known as      https://lms.example|17
  known as      mailto:ada@example.org
  away          2026-01-20 to 2026-02-02
  position      2025-01-06 to 2025-12-31: picker
  position      from 2026-01-01: driver, individual-contributor, yard, hq; reports to grace (Grace Hopper)
"""
    )
    bare = shell.run("people", "show", "grace")
    assert "nothing names this person in statements" in bare
    assert "programs find people by their positions" in bare
    told = shell.json("people", "show", "ada")
    assert (told["id"], told["positions"][1]["managers"]) == ("ada", ["grace"])
    refused = shell.try_("people", "show", "adam", "--json")
    assert (refused.exit_code, "did you mean 'ada'?" in refused.stderr) == (1, True)


def test_a_file_of_people_may_be_csv_wherever_one_is_asked_for(shell: Shell, tmp_path: Path) -> None:
    """What `people import` took was no file of people to `lint`, `decide` and `simulate`."""
    people, programs = tmp_path / "people.csv", tmp_path / "programs.yaml"
    people.write_text("id,name,from,job\nada,Ada,2020-01-01,operator\n")
    programs.write_text(
        "{kind: certification, id: p, for: {job: operator}, require: {passed: x}}\n---\n"
        '{kind: activity, id: x, iris: ["https://x.example/x"]}\n'
    )
    shell.run("lint", str(programs), "--people", str(people))
    statements = tmp_path / "s.jsonl"
    statements.write_text("")
    files = ("--programs", str(programs), "--people", str(people), "--statements", str(statements))
    assert "ada" in shell.run("decide", *files, "--person", "ada", "--program", "p", "--as-of", "2026-01-01")
    shell.run("lint", str(programs), "--people", str(people.rename(tmp_path / "people.CSV")))


def test_a_file_that_is_not_utf_8_says_how_to_save_it(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_bytes("id,name\nada,Zo\u00eb\n".encode("latin-1"))
    refused = shell.try_("people", "import", str(file))
    assert "CSV UTF-8" in refused.stderr


def test_a_refused_import_did_not_say_that_nobody_was_imported(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("id,name,from,to\nada,Ada,2026-01-05,\n,Bo,2026-01-05,\ncy,Cy,2026-01-05,2026-01-04\n")
    refused = shell.try_("people", "import", str(file))
    assert (refused.exit_code, refused.stdout) == (1, "")
    first, hint, second, other, last, mend = refused.stderr.splitlines()
    assert first.endswith(":3:1: this row has no id")
    assert second.endswith(":4:4: the position ends before it begins")
    assert "repeat the id in every row of the same person" in hint
    assert "correct one of the two days" in other
    assert last.endswith("people.csv cannot be imported as it is, so nobody was")
    assert mend == "  hint: mend it and import the whole file again"
    assert shell.json("people", "list") == []
