"""`prowess check` and `prowess decide`, as scripts call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lrs.errors import ConfigError, NotFound
from rules.commands.check import COMMANDS, check, decide_command
from tests.rules.world import ACTIVITIES, PEOPLE, World, base, passed, said, voiding


def run_check(path: Path, *options: str) -> Result:
    return CliRunner().invoke(check, [str(path), *options])


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    directory = tmp_path / "programs"
    directory.mkdir()
    (directory / "base.yaml").write_text(base(due="{within: P30D}") + ACTIVITIES)
    return directory


def test_check_says_what_it_found(programs: Path) -> None:
    tiers = "{kind: curriculum, id: t, title: T, tiers: [{id: x, require: {passed: a}}]}"
    (programs / "more.yaml").write_text(tiers)
    result = run_check(programs)
    assert result.exit_code == 0
    first, second, last = result.stdout.splitlines()
    assert first == "certification base v1: Base, valid for P1Y, due within P30D"
    assert second == "curriculum t v1: T, 1 tiers, nobody is assigned"
    assert last.startswith("ok: 2 programs, 5 activities, hash ")


def test_check_as_json(programs: Path) -> None:
    said_ = json.loads(run_check(programs, "--json").stdout)
    assert (said_["ok"], len(said_["hash"])) == (True, 64)
    assert said_["programs"] == [
        {
            "id": "base",
            "kind": "certification",
            "title": "Base",
            "versions": [{"version": 1, "effective": "2024-01-01"}],
        }
    ]
    (programs / "base.yaml").write_text("{kind: certification, id: x, require: {passed: a}}" + ACTIVITIES)
    assert json.loads(run_check(programs, "--json").stdout)["programs"][0]["versions"] == [
        {"version": 1, "effective": None}
    ]


def test_check_prints_every_mistake(programs: Path) -> None:
    file = programs / "base.yaml"
    file.write_text(base(require="{pased: exam}", valid="{for: P0D}") + ACTIVITIES)
    result = run_check(programs)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{file}:8:11: there is no requirement 'pased'",
        "    did you mean 'passed'?",
        f"{file}:9:14: 'P0D' lasts no time at all",
        "2 mistakes",
    ]
    assert json.loads(run_check(programs, "--json").stdout) == {
        "ok": False,
        "errors": [
            {
                "file": str(file),
                "line": 8,
                "column": 11,
                "message": "there is no requirement 'pased'",
                "hint": "did you mean 'passed'?",
            },
            {"file": str(file), "line": 9, "column": 14, "message": "'P0D' lasts no time at all", "hint": None},
        ],
    }


def test_a_file_that_is_not_utf_8_is_named_with_its_line(programs: Path) -> None:
    (programs / "base.yaml").write_bytes(b"kind: certification\nid: base\ntitle: caf\xe9\n")
    result = run_check(programs)
    assert result.exit_code == 1
    assert "base.yaml:3: not UTF-8 text" in result.stdout + result.stderr


def test_check_of_nothing(tmp_path: Path) -> None:
    result = run_check(tmp_path / "none")
    assert result.exit_code == 1
    assert "there is no directory" in result.stderr
    assert result.stderr.splitlines()[-1] == "1 mistake"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command: Any) -> None:
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "Example:  prowess " in result.stdout


def test_decide_needs_its_options() -> None:
    assert CliRunner().invoke(decide_command, []).exit_code == 2


def test_decide_refuses_a_day_it_cannot_read(world: World) -> None:
    world.decide("2026-03-01")
    directory = world.directory
    assert directory is not None
    arguments = [
        "--programs",
        directory / "programs",
        "--people",
        directory / "people.yaml",
        "--statements",
        directory / "s.jsonl",
    ]
    arguments += ["--person", "ada", "--program", "base", "--as-of"]
    result = CliRunner().invoke(decide_command, [*map(str, arguments), "tomorrow"])
    assert result.exit_code == 2
    assert "'tomorrow' is neither a date nor an instant" in result.stderr
    written = CliRunner().invoke(decide_command, [*map(str, arguments), "31.12.2026"])
    assert "'31.12.2026' is neither a date nor an instant; write 2026-12-31\n" in written.stderr, "it spoke of ISO 8601"


def test_a_date_is_its_last_instant_in_the_zone_of_the_program(world: World) -> None:
    assert world.decide("2026-03-08")["as_of"] == "2026-03-09T03:59:59.999999Z"
    assert world.decide("2026-03-08T12:00:00+01:00")["as_of"] == "2026-03-08T11:00:00Z"
    world.programs = base(timezone="site") + ACTIVITIES
    world.people = world.people.replace("site: us-1}", "site: gb-1}")
    assert world.decide("2026-03-08", "2026-07-01")["as_of"] == "2026-03-08T23:59:59.999999Z"
    assert world.decide("2026-03-08", "2026-07-01")["known_at"] == "2026-07-01T22:59:59.999999Z"


def test_decide_names_what_it_does_not_know(world: World) -> None:
    with pytest.raises(NotFound, match="no program is called 'bass'") as caught:
        world.decide("2026-03-01", program="bass")
    assert caught.value.hint == "did you mean 'base'?"
    with pytest.raises(NotFound, match="no person has the id, mail address or account 'adda'") as caught:
        world.decide("2026-03-01", person="adda")
    assert caught.value.hint == "did you mean 'ada'?"


def test_decide_refuses_wrong_programs_and_people(world: World) -> None:
    world.programs = base(require="{pased: a}") + ACTIVITIES
    with pytest.raises(ConfigError, match=r"all.yaml:8:11: there is no requirement 'pased'"):
        world.decide("2026-03-01")
    world.programs, world.people = base() + ACTIVITIES, PEOPLE.replace("hired_on", "hired")
    with pytest.raises(ConfigError, match=r"people.yaml:8:5: a person has no key 'hired'"):
        world.decide("2026-03-01")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "a member name in double quotes is missing"),
        ("[]", "it is not a JSON object"),
        ('{"verb": {}, "object": {}}', "'actor' is missing"),
        ('{"actor": {}, "verb": "passed", "object": {}}', "'verb' is not an object"),
        ('{"actor": {}, "verb": {}, "object": {}}', "'id' is missing"),
        ('{"actor": {}, "verb": {"id": 7}, "object": {"id": "x:y"}}', "an id is not text"),
        ('{"actor": {}, "verb": {"id": "x:v"}, "object": {"id": "x:y"}}', "it has neither timestamp nor stored"),
        ('{"actor": {}, "verb": {"id": "x:v"}, "object": {}, "timestamp": "2026-03-01T00:00:00Z"}', "'id' is missing"),
        (
            '{"actor": {}, "verb": {"id": "x:v"}, "object": {"id": "x:y"}, "timestamp": "soon"}',
            "not a date and time of ISO 8601",
        ),
        (
            '{"actor": {"account": {}}, "verb": {"id": "x:v"}, "object": {}, "timestamp": "2026-03-01T00:00:00Z"}',
            "'homePage' is missing",
        ),
        (
            '{"actor": {}, "verb": {"id": "x:v"}, "object": {"id": "x:y"}, "result": 5, "timestamp": "2026-03-01T00:00:00Z"}',
            "a part of it is no object",
        ),
        ('{"actor": {}, "actor": {}, "verb": {"id": "x:v"}}', "the key 'actor' stands twice in one object"),
    ],
)
def test_an_unusable_line_is_named(world: World, line: str, why: str) -> None:
    world.decide("2026-03-01")
    assert world.directory is not None
    statements = world.directory / "s.jsonl"
    statements.write_text(f"{json.dumps(passed('2026-03-10T12:00:00Z'))}\n\n{line}\n")
    arguments = [
        "--programs",
        world.directory / "programs",
        "--people",
        world.directory / "people.yaml",
        "--statements",
        statements,
    ]
    arguments += ["--person", "ada", "--program", "base", "--as-of", "2026-03-01"]
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(decide_command, [str(a) for a in arguments], catch_exceptions=False)
    assert caught.value.place == f"{statements}:3"
    assert caught.value.message.startswith("this line is no usable statement: ")
    assert why in caught.value.message


def test_statements_without_id_get_one_from_what_they_say(world: World) -> None:
    """Moodle sends none, so every retry is a new statement; it must still count once."""
    statement = passed("2026-03-10T12:00:00Z")
    del statement["id"]
    world.statements = [statement, dict(statement), {**statement, "stored": "2026-04-01T00:00:00Z"}]
    first = world.decide("2026-03-11")
    leaf = first["proof"]["of"][0]["of"][0]["of"][0]
    assert (first["award"], len(leaf["used"]), leaf["rejected"]) == ("valid", 1, [])
    world.statements.reverse()
    assert world.decide("2026-03-11") == first


def test_a_statement_may_have_stored_alone(world: World) -> None:
    statement = passed("2026-03-10T12:00:00Z", stored="2026-03-10T12:00:00Z")
    del statement["timestamp"]
    world.statements = [statement]
    assert world.decide("2026-03-11")["met_on"] == "2026-03-10"


def test_statements_of_groups_and_voids_are_not_evidence(world: World) -> None:
    group = passed("2026-03-10T12:00:00Z")
    group["actor"] = {**group["actor"], "objectType": "Group"}
    target = passed("2026-03-09T12:00:00Z")
    void = voiding({"id": target["id"].upper()}, "2026-03-11T00:00:00Z")
    void["actor"] = target["actor"]
    world.statements = [group, target, void, said("exam", "2026-03-10T12:00:00Z", "initialized")]
    decision = world.decide("2026-03-12")
    assert (decision["award"], decision["progress"]) == ("none", "in_progress")


def test_exported_statements_are_read_by_the_source_whose_key_sent_them(tmp_path: Path, programs: Path) -> None:
    """`explain` said valid and `decide` on the export of the same store said none: files had no credential."""
    source = "{kind: source, id: hq, profile: cmi5, match: {credential: moodle}}"
    (programs / "base.yaml").write_text(base(require="{passed: exam}") + ACTIVITIES)
    (programs / "source.yaml").write_text(source)
    people = tmp_path / "people.yaml"
    people.write_text(PEOPLE)
    statement = said("exam", "2026-03-01T12:00:00Z", "https://w3id.org/xapi/adl/verbs/satisfied")
    found = {}
    for name in ("moodle", "somebody"):
        authority = {"name": name, "account": {"homePage": "https://prowess.example", "name": "key:1f"}}
        (tmp_path / "s.jsonl").write_text(json.dumps({**statement, "authority": authority}))
        arguments = ["--programs", programs, "--people", people, "--statements", tmp_path / "s.jsonl"]
        asked = ["--person", "ada", "--program", "base", "--as-of", "2026-03-05"]
        done = CliRunner().invoke(decide_command, [*map(str, arguments), *asked])
        assert done.exit_code == 0, done.output
        found[name] = json.loads(done.output)["award"]
    assert found == {"moodle": "valid", "somebody": "none"}
