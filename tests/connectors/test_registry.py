"""The section `connectors` of the configuration, and what a connector declares."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from connectors.composition import registry_of
from connectors.contract import Capability, Connector, Order, Surroundings
from connectors.decisions import Decision, Transition
from connectors.errors import Unsupported
from connectors.moodle import MoodleConnector
from connectors.outbox import State
from connectors.registry import ConnectorsSchema, Registry, kinds
from connectors.webhook import WebhookConnector
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import BadRequest, ConfigError, NotFound

MOODLE = "name: m, kind: moodle, url: 'https://lms.example/moodle/', token: abc"
HOOK = "name: h, kind: webhook, url: 'https://hr.example/in', secret: 0123456789abcdef"


def load(tmp_path, *systems):
    path = tmp_path / "config.yaml"
    path.write_text("connectors:\n  systems:\n" + "".join(f"    - {{{system}}}\n" for system in systems))
    return load_settings(path, environ={}, sections={"connectors": ConnectorsSchema}).sections["connectors"].systems


def test_defaults(tmp_path):
    moodle, hook = load(tmp_path, MOODLE, HOOK)
    assert (moodle.url, moodle.match, moodle.on_unassign) == (
        "https://lms.example/moodle",
        ("account-id", "idnumber", "email"),
        "suspend",
    )
    assert moodle.push == hook.push == frozenset(Transition)
    assert not moodle.allow_http
    assert not moodle.allow_private
    assert "abc" not in repr(moodle)


def test_nothing_configured_is_fine(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("{}")
    assert (
        load_settings(path, environ={}, sections={"connectors": ConnectorsSchema}).sections["connectors"].systems == ()
    )


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (MOODLE + ", tokn: x", "unknown setting; did you mean 'token'?"),
        (MOODLE + ", programs: {p: {course: 2, grdae: {}}}", "did you mean 'grade'?"),
        (MOODLE + ", programs: {p: {course: 2, grade: {component: mod_quiz, cmidd: 1}}}", "did you mean 'cmid'?"),
        (MOODLE + ", programs: {p: {course: two}}", "programs.p"),
        (MOODLE + ", match: [shoe-size]", "match"),
        (MOODLE + ", push: [promoted]", "push"),
        (MOODLE.replace("moodle,", "moodel,"), "no kind of connector is called 'moodel'; did you mean 'moodle'?"),
        (MOODLE.replace("https", "http"), "allow_http: true"),
        (MOODLE.replace(", token: abc", ""), "token"),
        (MOODLE.replace("name: m", "name: M Q"), "small letters"),
        (HOOK.replace("0123456789abcdef", "short"), "at least 16"),
        ("just-text: 1", "no kind of connector is called ''"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path, system, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, system)
    assert message in str(caught.value)
    assert caught.value.line == 3


def test_every_mistake_in_every_system_is_told_at_once(tmp_path):
    """Only the first unknown key of the first system was."""
    wrong = MOODLE + ", tokn: x, timeot: 1, push: [promoted], programs: {p: {course: two, grade: {cmidd: 1}}}"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, wrong, HOOK.replace("0123456789abcdef", "short"))
    assert [(one.line, one.message.removeprefix("'connectors.systems.")) for one in caught.value.errors] == [
        (3, "0.tokn': unknown setting; did you mean 'token'?"),
        (3, "0.timeot': unknown setting; did you mean 'timeout'?"),
        (
            3,
            "0.push.0': Must be one of: assigned, unassigned, awarded, renewed, expired, lapsed, suspended, revoked, reinstated, notified, flagged, restricted, cleared.",
        ),
        (3, "0.programs.p.course': Not a valid integer."),
        (3, "0.programs.p.grade.component': Missing data for required field."),
        (3, "0.programs.p.grade.cmidd': unknown setting; did you mean 'cmid'?"),
        (4, "1.secret': at least 16 characters"),
    ]


def test_two_systems_cannot_share_a_name(tmp_path):
    with pytest.raises(ConfigError, match="two systems are called 'm'"):
        load(tmp_path, MOODLE, MOODLE)


def test_kinds_are_found_by_entry_points():
    assert kinds()["moodle"] is MoodleConnector
    assert kinds()["webhook"] is WebhookConnector


@pytest.fixture
def registry(tmp_path):
    opened = Registry(
        type("S", (), {"systems": load(tmp_path, MOODLE, HOOK)})(), Surroundings(ManualClock(0), people=None)
    )
    yield opened
    opened.close()


def test_an_unknown_name_is_answered_with_the_nearest(registry):
    with pytest.raises(NotFound) as caught:
        registry.get("mm")
    assert caught.value.hint == "did you mean 'm'?"


METHODS = {
    Capability.FIND_PEOPLE: lambda one: one.find_people([]),
    Capability.READ_PROGRESS: lambda one: one.read_progress("2"),
    Capability.ASSIGN: lambda one: one.assign(None, UUID(int=1)),
    Capability.UNASSIGN: lambda one: one.unassign(None, UUID(int=1)),
    Capability.WRITE_RESULT: lambda one: one.write_result(None, UUID(int=1)),
    Capability.NOTIFY: lambda one: one.notify(None, UUID(int=1)),
}


@pytest.mark.parametrize("name", ["m", "h"])
def test_what_is_not_declared_is_refused_and_what_is_declared_is_there(registry, name):
    connector = registry.get(name)
    for capability, call in METHODS.items():
        overridden = getattr(type(connector), capability.value) is not getattr(Connector, capability.value)
        assert overridden == (capability in connector.capabilities), capability
        if capability not in connector.capabilities:
            with pytest.raises(Unsupported, match=f"'{name}' .* cannot {capability.replace('_', ' ')}") as caught:
                call(connector)
            assert "it offers" in caught.value.hint


def test_an_order_for_an_undeclared_capability_is_refused(registry):
    decision = Decision(
        statement_id=UUID(int=1),
        transition=Transition.AWARDED,
        timestamp="2026-11-24T12:00:00Z",
        person="p",
        program="q",
        title="Q",
        version=1,
    )
    for name, capability in (("m", Capability.NOTIFY), ("h", Capability.ASSIGN)):
        connector = registry.get(name)
        if name == "m":
            connector._settings.programs["q"] = None
        with pytest.raises(Unsupported):
            connector.deliver(Order(UUID(int=1), capability, decision))


def test_a_delivery_that_no_connector_can_do_is_dead_and_says_why(house):
    from sqlalchemy import update

    from connectors.tables import delivery as table

    house.emit("assigned")
    house.follow()
    house.prowess.database.write(lambda conn: conn.execute(update(table).values(kind="notify")))
    house.send()
    assert house.only("moodle-hq").state is State.DEAD
    assert "'moodle-hq' (moodle) cannot notify" in house.only("moodle-hq").last_error


def test_a_program_that_is_no_longer_mapped_is_dead_and_says_why(house):
    house.emit("assigned")
    house.follow()
    registry_of(house.prowess).get("moodle-hq")._settings.programs.clear()
    house.send()
    assert "no course for program 'forklift' any more" in house.only("moodle-hq").last_error


def test_a_decision_survives_its_json():
    decision = Decision(
        statement_id=UUID(int=1),
        transition=Transition.RENEWED,
        timestamp="2026-11-24T12:00:00Z",
        person="p",
        program="q",
        title="Ω",
        version=3,
        period=2,
        assignment="required",
        award="valid",
        due_on=date(2026, 12, 1),
        score=Decimal("0.950"),
    )
    assert Decision.from_json(decision.to_json()) == decision
    assert decision.to_json()["score"] == "0.950"


@pytest.mark.parametrize(
    "wrong",
    [
        {"transition": "promoted"},
        {"due_on": "tomorrow"},
        {"score": "high"},
        {"person": None},
        {"person": ""},
        {"version": None},
        {"due_on": 5},
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(wrong):
    values = {"statement_id": str(UUID(int=1)), "transition": "awarded", "timestamp": "", "person": "p"}
    with pytest.raises(BadRequest):
        Decision.from_json({**values, "program": "q", "title": "", "version": 1, **wrong})
