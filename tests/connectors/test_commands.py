"""`prowess connect`, as people and scripts use it, and the page that tells them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner
from marshmallow.fields import Nested

from connectors import metrics
from connectors.composition import registry_of
from connectors.decisions import LOSSES, Transition
from connectors.deliveries import DeliveryWriter, standing
from connectors.moodle.connector import FUNCTIONS
from connectors.outbox import State
from connectors.registry import ConnectorsSchema, kinds
from lrs.cli import build
from lrs.clock import SECOND, SystemClock
from lrs.config import load_settings
from lrs.store import audit

from .conftest import HOOK_SECRET, TOKEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


@pytest.fixture
def run(house, monkeypatch):
    """Run `prowess --config … connect …` on the house's database."""
    monkeypatch.setenv("MOODLE_TOKEN", TOKEN)
    monkeypatch.setenv("HOOK_SECRET", HOOK_SECRET)
    config = house.prowess.settings.directory / "config.yaml"
    monkeypatch.setattr("lrs.cli_context.installed_plugins", lambda: house.prowess.plugins[1:])

    def invoke(*args, code=0):
        result = CliRunner().invoke(build(), ["--config", str(config), "connect", *args])
        assert result.exit_code == code, result.output
        return result.output

    yield invoke
    structlog.reset_defaults()


def test_list_shows_systems_and_what_waits(house, run):
    house.emit("assigned")
    house.work()
    assert "assign, find_people, read_progress, unassign, write_result" in run("list")
    rows = {row["name"]: row for row in json.loads(run("list", "--json"))}
    assert rows["moodle-hq"]["deliveries"] == {"pending": 0, "sent": 1, "dead": 0, "cancelled": 0}
    assert rows["hr"]["capabilities"] == ["notify"]


def test_a_system_that_was_added_did_nothing_and_nothing_said_that_the_server_has_to_be_restarted(run):
    told = "restart prowess serve after a change\n"
    assert run("list").endswith(told)
    assert run("backfill", "moodle-hq").endswith(told)
    assert told not in run("backfill", "moodle-hq", "--dry-run")


def test_test_calls_the_system(house, run):
    house.standin.clock = SystemClock()  # commands sign by the real time
    assert "Stand-in Moodle" in run("test", "moodle-hq")
    assert "signed ping" in run("test", "hr")


def test_test_says_what_is_wrong_and_how_to_mend_it(house, run):
    house.standin.token = "changed"
    output = run("test", "moodle-hq", code=1)
    assert "invalidtoken" in output
    assert "Manage tokens" in output


def test_the_test_said_all_was_well_of_a_moodle_without_the_courses_and_the_people(house, run):
    """A course and an activity that are not there came out when the first delivery was given up."""
    house.standin.world.seed.courses[2] = replace(house.standin.world.seed.courses[2], modules=())
    del house.standin.world.seed.courses[3]
    for person in ("ada", "ben", "emp-0001"):
        house.person(person)
    assert run("test", "moodle-hq", code=1).splitlines()[1:] == [
        "moodle-hq: forklift: course 2 there; nobody is enrolled, so activity 8 cannot be looked up",
        "moodle-hq: ladder: course 3 not found",
        "moodle-hq: 2 of 3 people not matched (by account-id, idnumber, email): ada, ben",
        "error: a course or an activity is not as configured",
        "  hint: mend course and grade under programs: of 'moodle-hq'",
    ]
    house.emit("assigned")
    house.work()
    told = run("test", "moodle-hq", code=1)
    assert "forklift: course 2 there, activity 8 not found; graded there: none" in told
    assert "2 courses or activities are not as configured" in told
    assert not house.seen()["grades"], "it changes nothing there"


def test_the_test_looks_at_what_is_mapped_and_finds_it(house, run):
    house.person("emp-0001")
    house.emit("assigned")
    house.work()
    assert run("test", "moodle-hq").splitlines()[1:] == [
        "moodle-hq: forklift: course 2 there, activity 8 there",
        "moodle-hq: ladder: course 3 there",
        "moodle-hq: 1 of 1 people matched",
    ]
    world = house.standin.world
    page, quiz, assign = world.seed.courses[2].modules
    world.seed.courses[2] = replace(
        world.seed.courses[2], modules=(page, replace(quiz, cmid=8), replace(assign, cmid=9))
    )
    assert "activity 8 is mod_quiz, not mod_assign" in run("test", "moodle-hq", code=1)


def test_an_unknown_system_is_answered_with_the_nearest(run):
    assert "did you mean 'moodle-hq'?" in run("test", "moodle-qh", code=1)


def test_a_system_that_is_connected_later_is_told_where_things_stand(house, run):
    """Programs are published first and the LMS connected later: nobody who was assigned by then was ever enrolled."""
    for person in ("emp-0001", "emp-0002", "emp-0003"):
        house.emit("assigned", person=person)
    house.emit("awarded", score="0.9")
    house.emit("lapsed")
    house.emit("awarded", score="0.8")
    house.emit("unassigned", person="emp-0002")
    house.emit("notified", person="emp-0003", escalation={"step": "due", "deadline": "due", "day": "2026-12-01"})
    while house.prowess.feed.step(DeliveryWriter(house.outbox, (), house.clock)):
        pass
    house.work()
    assert house.deliveries("moodle-hq") == []
    assert "2 assign, 1 write_result to tell; 0 told" in run("backfill", "moodle-hq", "--dry-run")
    assert house.deliveries("moodle-hq") == []
    run("backfill", "moodle-hq")
    house.clock.now = lambda: max(one.not_before for one in house.deliveries("moodle-hq"))
    house.send()
    told = [(one.person_id, one.capability, one.state) for one in house.deliveries("moodle-hq")]
    assert sorted(told) == [
        ("emp-0001", "assign", "sent"),
        ("emp-0001", "write_result", "sent"),
        ("emp-0003", "assign", "sent"),
    ]
    assert "nothing to tell; 3 told, waiting or given up already" in run("backfill", "moodle-hq")
    assert "3 notify to tell" in run("backfill", "hr", "--dry-run")


def test_what_was_taken_back_is_not_told_as_standing_to_a_system_that_takes_nothing_back(house, monkeypatch):
    moodle = registry_of(house.prowess).get("moodle-hq")
    wants = moodle.wants
    losing = LOSSES | {Transition.UNASSIGNED}
    monkeypatch.setattr(moodle, "wants", lambda decision: None if decision.transition in losing else wants(decision))
    house.emit("assigned", person="emp-0001")
    house.emit("awarded", person="emp-0001", score="0.9")
    house.emit("revoked", person="emp-0001")
    house.emit("assigned", person="emp-0002")
    house.emit("unassigned", person="emp-0002")
    told = [(one.person_id, one.capability) for one in standing(house.prowess.feed, moodle, 1)]
    assert told == [("emp-0001", "assign")]


def test_sync_prints_what_the_system_says_and_changes_nothing(house, run):
    house.emit("assigned")
    house.emit("awarded", score="0.5")
    house.work()
    before = house.seen()["effects"]
    assert "activity 8 (Certification 1): not completed, 50 of 0 to 100" in re.sub(
        r"\.0\b", "", run("sync", "moodle-hq", "--dry-run")
    )
    rows = [json.loads(line) for line in run("sync", "moodle-hq", "--dry-run", "--json").splitlines()]
    assert rows[0]["person"]["idnumber"] == "emp-0001"
    assert rows[-1] == {"recorded": 0, "told": 0, "fresh": 0, "strangers": [], "failed": {}}
    assert house.seen()["effects"] == before
    assert "cannot read progress" in run("sync", "hr", "--dry-run", code=1)


def test_deliveries_are_shown_and_dead_ones_tried_again(house, run):
    assert "no deliveries" in run("deliveries")
    course = house.standin.world.seed.courses.pop(2)
    house.emit("assigned")
    house.work()
    assert "invalidparameter" in run("deliveries", "--state", "dead")
    (row,) = json.loads(run("deliveries", "--state", "dead", "--json"))
    assert (row["connector"], row["person"], row["attempts"], row["kind"]) == ("moodle-hq", "emp-0001", 1, "assign")
    house.standin.world.seed.courses[2] = course
    assert json.loads(run("deliveries", "--retry", row["id"], "--json")) == {"pending": 1, "cancelled": 0}
    assert "no dead delivery" in run("deliveries", "--retry", row["id"], code=1)
    assert "0 will be tried again" in run("deliveries", "--retry-dead")
    house.clock.move(seconds=(SystemClock().now() - house.clock.now()) / SECOND)  # commands live in real time
    house.send()
    assert house.only().state is State.SENT


def test_what_was_given_up_kept_doctor_at_1_for_a_month(house, run):
    house.standin.world.seed.courses.pop(2)
    for person in ("emp-0001", "emp-0002"):
        house.emit("assigned", person=person)
    house.work()
    assert len(house.prowess.complaints()) == 1
    first, second = json.loads(run("deliveries", "--state", "dead", "--json"))
    assert first["acknowledged_at"] is None
    assert json.loads(run("deliveries", "--acknowledge", first["id"], "--json")) == {"acknowledged": 1}
    (left,) = house.prowess.complaints()
    assert left.what.startswith("moodle-hq: 1 delivery given up")
    assert run("deliveries", "--acknowledge-dead") == "1 acknowledged\n"
    assert house.prowess.complaints() == []
    assert run("deliveries", "--acknowledge-dead") == "0 acknowledged\n"
    assert "  acknowledged" in run("deliveries", "--state", "dead")
    assert "no dead delivery" in run("deliveries", "--acknowledge", "0" * 32, code=1)
    assert "one of the two" in run("deliveries", "--acknowledge-dead", "--retry-dead", code=2)
    lines = [one for one in audit.lines(house.prowess.database, 1, limit=9) if one.action == "deliveries.acknowledge"]
    assert [one.details for one in lines] == [{"deliveries": 1}, {"deliveries": 1, "id": first["id"]}]
    run("deliveries", "--retry", second["id"])
    house.clock.move(seconds=(SystemClock().now() - house.clock.now()) / SECOND)  # commands live in real time
    house.send()
    assert len(house.prowess.complaints()) == 1, "it was given up once more"


def test_the_alarm_on_what_was_given_up_went_on_after_somebody_had_acknowledged_it(house, run):
    def counted():
        with house.prowess.database.read() as conn:
            (family,) = metrics.families(house.prowess, conn)
        return {one.labels["state"]: one.value for one in family.samples if one.labels["system"] == "moodle-hq"}

    house.standin.world.seed.courses.pop(2)
    for person in ("emp-0001", "emp-0002"):
        house.emit("assigned", person=person)
    house.work()
    assert counted() == {"pending": 0, "sent": 0, "dead": 2, "cancelled": 0, "acknowledged": 0}
    first, _ = json.loads(run("deliveries", "--state", "dead", "--json"))
    run("deliveries", "--acknowledge", first["id"])
    assert counted() == {"pending": 0, "sent": 0, "dead": 1, "cancelled": 0, "acknowledged": 1}
    run("deliveries", "--acknowledge-dead")
    run("deliveries", "--retry", first["id"])
    assert counted() == {"pending": 1, "sent": 0, "dead": 0, "cancelled": 0, "acknowledged": 1}


def test_every_command_has_help_with_an_example(run):
    for command in ("list", "test", "sync", "deliveries"):
        assert "Example: prowess connect" in run(command, "--help")


def test_secrets_are_in_no_log_no_error_and_no_output(house, run, capsys):
    """ASVS 16.2.5: canaries in every secret, every way to fail, then a search of all that was said."""
    house.person("emp-0001")
    faults = ["status", "drop", "half", "html", "gzip", "huge", "redirect", "echo"]
    for kind in faults:
        house.fault(kind, location=f"{house.standin.url}/x?token={TOKEN}")
        house.fault(kind, on="webhook")
        house.emit("assigned", person=f"emp-{len(kind):04}")
        house.work()
        house.clock.move(days=1)
    house.standin.token = "changed"
    house.emit("awarded")
    house.work()
    said = capsys.readouterr()
    shown = [said.out, said.err, run("deliveries", "--json"), run("list"), repr(house.prowess.settings)]
    shown += [run("test", "moodle-hq", code=1)]
    shown += [str(one.last_error) for one in house.outbox.list(None, 1000)]
    assert any("no luck with ***" in text for text in shown)
    for text in shown:
        assert TOKEN not in text
        assert HOOK_SECRET not in text


def test_the_database_holds_no_secret(house, tmp_path):
    house.emit("assigned")
    house.work()
    content = b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    assert TOKEN.encode() not in content
    assert HOOK_SECRET.encode() not in content


# The page for administrators.


def test_the_example_on_the_page_loads(tmp_path):
    (example,) = [
        block for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if "systems:" in block
    ]
    path = tmp_path / "config.yaml"
    path.write_text(example)
    environ = {"MOODLE_TOKEN": "t", "HR_WEBHOOK_SECRET": "0123456789abcdef"}
    section = load_settings(path, environ=environ, sections={"connectors": ConnectorsSchema}).sections["connectors"]
    assert [system.kind for system in section.systems] == ["moodle", "webhook"]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_pages_name_every_setting(kind):
    """A kind's own page, where it has one, and what all have in common."""
    own = PAGE.with_name(f"{kind}.md")
    page = PAGE.read_text() + (own.read_text() if own.exists() else "")
    for name in every_setting(kinds()[kind].schema()):
        assert f"`{name}`" in page, name


def every_setting(schema):
    """Names of keys, at any depth."""
    for name, field in schema.fields.items():
        yield name
        inner = getattr(field, "value_field", None) or field
        if isinstance(inner, Nested):
            yield from every_setting(inner.schema)


def test_the_page_names_every_function_transition_state_and_kind():
    page = PAGE.read_text()
    for name in (*FUNCTIONS, *Transition, *State, *kinds()):
        assert f"`{name}`" in page, name


def test_the_verification_snippet_on_the_page_works():
    (snippet,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL) if "hmac" in block]
    from connectors.webhook import signature

    space = {}
    exec(compile(snippet, "docs/connectors.md", "exec"), space)  # noqa: S102 - our own page
    header = signature("a secret of ours", b"{}", 1000)
    assert space["is_genuine"]("a secret of ours", header, b"{}", now=1100)
    assert not space["is_genuine"]("a secret of ours", header, b"{} ", now=1100)
    assert not space["is_genuine"]("a secret of ours", header, b"{}", now=1301)
