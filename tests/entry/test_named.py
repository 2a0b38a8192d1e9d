"""Whom a text names is the same wherever people are typed: id, mail address or account, and never one of two."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs import yaml_door
from lrs.errors import BadRequest, NotFound
from lrs.people.named import identity_meant, person_in
from lrs.people.roster import Person, roster_from
from tests.commanding import prowess
from tests.entry.desk import Office, sound
from tests.entry.test_sheets import installed

__all__ = ["installed"]

ACCOUNT = "https://lms.example/|17"
MORE = """
people:
  - {id: eve, name: Eve, email: eve@example.org, identifiers: [{account: {homePage: "https://lms.example/", name: "17"}}], positions: [{from: 2025-01-06, job: operator}]}
  - {id: adam, name: Adam, email: adam@example.org, positions: [{from: 2025-01-06, job: operator}]}
  - {id: Adam@example.org, name: Other, email: other@example.org, positions: [{from: 2025-01-06, job: operator}]}
"""
NAMES = ("eve", "Eve@example.org", "mailto:eve@example.org", ACCOUNT)


@pytest.fixture
def office(installed: Office) -> Office:
    people = installed.served.prowess.people
    people.record(roster_from(yaml_door.load(MORE, "people.yaml")[0], people.roster()))
    return installed


@pytest.mark.parametrize("name", NAMES)
def test_a_person_was_named_by_id_here_and_by_mail_there(office: Office, tmp_path: Path, name: str) -> None:
    run: Callable[..., str] = lambda *arguments: prowess(*arguments, cwd=tmp_path, check=True).stdout  # noqa: E731
    assert json.loads(run("people", "show", name, "--json"))["id"] == "eve"
    assert json.loads(run("explain", name, "forklift", "--json"))["person"] == "eve"
    assert run("act", "exempt", name, "forklift", "--reason", "x", "--by", name).startswith("recorded")
    (tmp_path / "a.csv").write_text(f"person,activity,date\n{name},toolbox-talk,2026-06-29\n")
    assert "1 recorded" in run("attendance", "import", "a.csv")
    run("account", "create", "somebody", "--person", name)
    assert {one["username"]: one["person"] for one in json.loads(run("account", "list", "--json"))}["somebody"] == "eve"
    run("account", "change", "somebody", "--person", name)
    assert json.loads(run("notices", "list", "--person", name, "--json")) == []
    acts = sound(office.browser("root").get("/acts", params={"person": name}).text)
    assert "person=eve" in " ".join(one.get("href", "") for one in acts.all("a")) or "Eve" in acts.words


def test_a_text_that_may_be_two_people_named_the_first(office: Office, tmp_path: Path) -> None:
    for arguments in (
        ("people", "show"),
        ("explain",),
        ("notices", "list", "--person"),
        ("account", "create", "x", "--person"),
    ):
        after = ("forklift",) if arguments == ("explain",) else ()
        done = prowess(*arguments, "Adam@example.org", *after, cwd=tmp_path)
        assert done.returncode == 1, done.stdout
        assert "'Adam@example.org' may be 'Adam@example.org' and 'adam'" in done.stderr
        assert "by account as HOMEPAGE|NAME" in done.stderr
    act = prowess("act", "exempt", "Adam@example.org", "forklift", "--reason", "x", cwd=tmp_path)
    assert "may be 'Adam@example.org' and 'adam'" in act.stderr
    listed = sound(office.browser("root").get("/acts", params={"person": "Adam@example.org"}).text)
    assert "Adam" in listed.words
    assert "Other" in listed.words


def test_nobody_is_told_who_is_near(office: Office, tmp_path: Path) -> None:
    refused = prowess("explain", "evee", "forklift", cwd=tmp_path).stderr
    assert "no person has the id, mail address or account 'evee'" in refused
    assert "did you mean 'eve'?" in refused
    for name in ("https://lms.example/|18", "x\0y", "|", ""):
        with pytest.raises(NotFound):
            office.served.prowess.people.find(name)


def test_people_of_files_are_named_in_the_same_way() -> None:
    mine = identity_meant("a@x.example")
    people = {"a": Person("a", identifiers=(str(mine), str(identity_meant("https://l.example|1")))), "b": Person("b")}
    assert [person_in(people, name) for name in ("a", "A@x.example", "https://l.example|1", "b")] == ["a"] * 3 + ["b"]
    people["a@x.example"] = Person("a@x.example")
    with pytest.raises(BadRequest, match=r"'a@x\.example' may be 'a' and 'a@x\.example'"):
        person_in(people, "a@x.example")
