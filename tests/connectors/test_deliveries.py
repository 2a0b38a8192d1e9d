"""From a decision in the feed to an effect in the LMS: once, in order, whatever fails on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from connectors.composition import registry_of
from connectors.decisions import Transition, load_decision
from connectors.deliveries import DeliveryWriter, delivery_key
from connectors.outbox import State
from connectors.tables import delivery as table
from lrs.clock import SECOND
from lrs.errors import NotFound
from lrs.retries import FIRST_BACKOFF, LONGEST_BACKOFF, backoff
from lrs.store import audit
from tests.journey.house import until, waiting_for_locks


def test_an_assignment_becomes_an_enrolment_and_an_event(house_anywhere):
    house = house_anywhere
    statement_id = house.emit("assigned", due_on="2026-12-24")
    house.work()
    seen = house.seen()
    (enrolment,) = seen["enrolments"]
    assert (enrolment["user"], enrolment["course"], enrolment["suspended"]) == (4, 2, False)
    assert enrolment["timestart"] == int(datetime(2026, 11, 24, 11, 59, tzinfo=UTC).timestamp())
    assert enrolment["timeend"] == int(datetime(2026, 12, 25, 12, tzinfo=UTC).timestamp())
    key = str(delivery_key("hr", statement_id))
    assert seen["events"][key] == {
        "id": key,
        "statement_id": str(statement_id),
        "transition": "assigned",
        "timestamp": "2026-11-24T11:59:00.000000Z",
        "person": "emp-0001",
        "program": "forklift",
        "title": "The forklift program",
        "version": 4,
        "period": None,
        "assignment": "required",
        "award": "none",
        "due_on": "2026-12-24",
        "met_on": None,
        "valid_from": None,
        "expires_on": None,
        "renewable_from": None,
        "grace_until": None,
        "score": None,
        "escalation": None,
    }
    assert {one.state for name in ("moodle-hq", "hr") for one in house.deliveries(name)} == {State.SENT}


def test_a_whole_life_is_pushed_in_order(house):
    for transition, told in (
        ("assigned", {}),
        ("awarded", {"score": "0.875", "expires_on": "2027-11-24"}),
        ("expired", {}),
        ("renewed", {}),
        ("unassigned", {}),
    ):
        house.emit(transition, **told)
    house.work()
    seen = house.seen()
    feedbacks = [
        call["params"]["grades"][0] for call in house.standin.world.journal if call["call"].startswith("core_grades")
    ]
    assert [(row["grade"], row["str_feedback"]) for row in feedbacks] == [
        ("87.500", "Awarded, valid until 2027-11-24 (Prowess)"),
        ("0", "Expired (Prowess)"),
        ("100", "Renewed (Prowess)"),
    ]
    assert seen["enrolments"][0]["suspended"] is True
    assert [event["transition"] for event in seen["events"].values()] == [
        "assigned",
        "awarded",
        "expired",
        "renewed",
        "unassigned",
    ]
    assert all(count == 1 for count in seen["effects"].values())


def test_only_mapped_programs_and_wanted_transitions_are_pushed(house):
    house.emit("awarded", program="ladder")  # a course without a grade
    house.emit("assigned", program="unmapped")
    house.work()
    assert house.deliveries("moodle-hq") == []
    assert len(house.deliveries("hr")) == 2


def test_replaying_the_feed_sends_nothing_twice(house):
    house.emit("assigned")
    house.work()
    before = house.seen()["tries"]
    items = house.prowess.feed.read(0, 100)
    house.prowess.database.write(house.writer.consume(items))
    house.work()
    assert house.seen()["tries"] == before


def test_statements_that_are_not_decisions_are_passed_over(house):
    assert load_decision(UUID(int=1), "", {"verb": {"id": "x"}}) is None
    assert load_decision(UUID(int=1), "", {"context": {"extensions": {}}}) is None


def test_a_decision_that_cannot_be_read_is_parked_and_the_feed_goes_on(house):
    house.emit("promoted")
    house.emit("assigned")
    house.work()
    assert house.only().order.decision.transition is Transition.ASSIGNED


def test_what_the_rules_emit_is_understood(house):
    transitions = pytest.importorskip("rules.decisions.transitions")
    roster = pytest.importorskip("lrs.people.roster")

    class AnyProgram:
        id, kind, title = "forklift", "certification", "Forklift operator"

    after = {"person": "ada", "program": "forklift", "version": 4, "assignment": "required", "award": "valid"}
    after |= {"due_on": None, "met_on": "2026-03-10", "valid_from": "2026-03-10", "expires_on": "2027-03-10"}
    after |= {"renewable_from": None, "grace_until": None, "proof": {}}
    emitted = transitions.statement_of(
        "awarded",
        after,
        id_=UUID(int=5),
        person=roster.Person("ada", "Ada"),
        program=AnyProgram(),
        public_url="https://prowess.example",
        timestamp="2026-03-10T10:00:00.000Z",
        score="0.9",
    )
    decision = load_decision(UUID(int=5), emitted["timestamp"], emitted)
    assert (decision.person, decision.program, decision.title) == ("ada", "forklift", "Forklift operator")
    assert (decision.expires_on, decision.score) == (date(2027, 3, 10), Decimal("0.9"))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "half"},
        {"kind": "html"},
        {"kind": "gzip"},
        {"kind": "huge"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}".strip(),
)
def test_a_failure_is_tried_again_and_has_one_effect(house, fault):
    house.person("emp-0001")
    house.fault(**fault, on="enrol_manual_enrol_users")
    statement_id = house.emit("assigned")
    house.work()
    waiting = house.only()
    assert (waiting.state, waiting.attempts) == (State.PENDING, 1)
    assert waiting.last_error
    assert waiting.not_before == house.clock.now() + round(0.5 * FIRST_BACKOFF * SECOND)
    assert house.sender.next_due() == waiting.not_before

    house.send()
    assert house.only().attempts == 1, "not before its time"
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    sent = house.only()
    assert (sent.state, sent.attempts, sent.last_error) == (State.SENT, 2, None)
    key = str(delivery_key("moodle-hq", statement_id))
    assert house.seen()["effects"][key] == 1
    assert len(house.seen()["enrolments"]) == 1


def test_a_slow_answer_is_a_failure_and_its_late_effect_counts_once(house):
    house.person("emp-0001")
    house.fault("delay", seconds=20, on="enrol_manual_enrol_users")
    house.emit("assigned")
    house.work()
    assert "did not answer within 2 s" in house.only().last_error
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert house.only().state is State.SENT
    assert house.standin.wait_idle(), "the delayed request is carried out now, after its repetition"
    assert house.seen()["calls"]["enrol_manual_enrol_users"] == 2
    assert len(house.seen()["enrolments"]) == 1
    assert set(house.seen()["effects"].values()) == {1}


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("Tue, 24 Nov 2026 12:03:00 GMT", 180), ("999999", 3600)]
)
def test_retry_after_is_kept_to_and_capped(house, header, seconds):
    house.fault("status", status=429, retry_after=header, on="enrol_manual_enrol_users")
    house.emit("assigned")
    house.emit("assigned", person="emp-0002")
    house.work()
    first, second = house.deliveries("moodle-hq")
    assert first.not_before == house.clock.now() + seconds * SECOND
    assert (second.state, second.attempts) == (State.PENDING, 0), "the whole system asked for a pause"
    assert house.sender.next_due() == first.not_before
    house.clock.move(seconds=seconds)
    house.send()
    assert {one.state for one in house.deliveries("moodle-hq")} == {State.SENT}


def test_a_refusal_that_cannot_pass_is_dead_at_once(house):
    house.emit("awarded")
    house.standin.world.seed.courses.pop(2)
    house.work()
    dead = house.only()
    assert (dead.state, dead.attempts, dead.remote_status) == (State.DEAD, 1, 200)
    assert "invalidcoursemodule" in dead.last_error
    assert "grade.cmid" in dead.last_error, "the hint says how to mend it"
    assert house.sender.next_due() is None


def test_it_gives_up_after_72_hours_from_the_first_try_not_from_the_decision(house):
    house.emit("assigned", person="nobody")
    house.follow()
    house.clock.move(days=5)  # nobody was working
    house.send()
    assert house.only().state is State.PENDING
    house.clock.move(seconds=71 * 3600)
    house.send()
    assert house.only().state is State.PENDING
    house.clock.move(seconds=3600)
    house.send()
    dead = house.only()
    assert (dead.state, dead.attempts) == (State.DEAD, 3)
    assert "no user for person 'nobody' (tried " in dead.last_error


def test_backoff_grows_with_full_jitter_up_to_an_hour():
    assert [backoff(attempts, lambda: 1.0) for attempts in (1, 2, 3, 4)] == [10, 20, 40, 80]
    assert backoff(500, lambda: 1.0) == LONGEST_BACKOFF
    assert backoff(9, lambda: 0.0) == 0
    assert backoff(9, lambda: 0.25) == 640


def test_what_fails_is_told_to_those_who_look_after_it(house_anywhere):
    house = house_anywhere
    assert house.prowess.complaints() == []
    house.fault("status", status=503, on="enrol_manual_enrol_users")
    house.emit("assigned")
    house.work()
    assert house.prowess.complaints() == [], "it was tried a moment ago"
    house.clock.move(seconds=3_601)
    (told,) = house.prowess.complaints()
    assert told.what.startswith("moodle-hq: 1 delivery not taken since 2026-11-24T12:00Z, at last because ")
    assert "503" in told.what
    assert told.command == "prowess connect test moodle-hq"


def test_a_delivery_whose_sender_died_is_told_without_a_reason(house):
    house.emit("assigned")
    house.follow()
    assert house.outbox.claim("moodle-hq", 1, 30)
    house.clock.move(seconds=3_601)
    (told,) = house.prowess.complaints()
    assert told.what.endswith("at last because whoever sent it did not come back")


@pytest.mark.journey
def test_what_was_given_up_is_told_for_a_month(house_anywhere):
    house = house_anywhere
    for person in ("nobody", "nobody-else"):
        house.emit("assigned", person=person)
    house.work()
    for _ in range(80):
        house.clock.move(seconds=3_600)
        house.send()
    assert {one.state for one in house.deliveries("moodle-hq")} == {State.DEAD}
    (told,) = house.prowess.complaints()
    assert told.what.startswith("moodle-hq: 2 deliveries given up, at last because ")
    assert "no user for person" in told.what
    assert told.command == "prowess connect deliveries --state dead"
    house.clock.move(seconds=30 * 86_400)
    assert house.prowess.complaints() == []


def test_a_dead_system_is_paused_after_five_failures_and_tried_with_one(house):
    for number in range(1, 13):
        house.emit("assigned", person=f"emp-{number:04}")
    house.fault("status", status=500, times=1000, on="core_user_get_users_by_field")
    house.work()
    assert house.seen()["calls"]["core_user_get_users_by_field"] == 5
    assert len(house.seen()["events"]) == 12, "the other system is served"
    assert house.sender.next_due() == house.clock.now() + 60 * SECOND
    untouched = [one for one in house.deliveries("moodle-hq") if one.attempts == 0]
    assert len(untouched) == 7, "what was claimed and not tried was given back"

    house.clock.move(seconds=60)
    house.send()
    assert house.seen()["calls"]["core_user_get_users_by_field"] == 6
    assert house.sender.next_due() == house.clock.now() + 120 * SECOND

    house.standin.faults.clear()
    house.clock.move(seconds=120)
    house.send()
    assert house.seen()["counts"]["enrolments"] == 12


def test_a_person_the_lms_does_not_know_does_not_pause_it(house):
    for number in range(8):
        house.emit("assigned", person=f"stranger-{number}")
    house.emit("assigned", person="emp-0001")
    house.work()
    assert house.seen()["counts"]["enrolments"] == 1


def test_a_later_delivery_waits_for_an_earlier_one_about_the_same_person_and_program(house):
    house.person("emp-0001")
    house.fault("status", status=500, on="enrol_manual_enrol_users")
    house.emit("assigned")
    house.emit("unassigned")
    house.emit("assigned", person="emp-0002")
    house.work()
    assert [one.state for one in house.deliveries("moodle-hq")] == [State.PENDING, State.PENDING, State.SENT]
    assert house.sender.next_due() == house.clock.now() + 5 * SECOND, "a blocked one is no reason to wake up"
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert [one.state for one in house.deliveries("moodle-hq")] == [State.SENT] * 3
    assert [row["suspended"] for row in house.seen()["enrolments"] if row["user"] == 4] == [True]


def test_a_dead_delivery_does_not_block_the_next(house):
    house.emit("awarded", score="1")
    house.standin.world.seed.courses[2] = courses = house.standin.world.seed.courses.pop(2)
    del house.standin.world.seed.courses[2]
    house.follow()
    house.send()
    house.standin.world.seed.courses[2] = courses
    house.emit("expired")
    house.work()
    assert [one.state for one in house.deliveries("moodle-hq")] == [State.DEAD, State.SENT]


def test_a_dead_delivery_can_be_tried_again_with_its_key(house):
    course = house.standin.world.seed.courses.pop(2)
    statement_id = house.emit("assigned")
    house.work()
    assert house.only().state is State.DEAD
    house.standin.world.seed.courses[2] = course
    key = delivery_key("moodle-hq", statement_id)
    assert house.outbox.retry(key) == (1, 0)
    house.send()
    assert house.only().state is State.SENT
    assert house.seen()["effects"][str(key)] == 1
    with pytest.raises(NotFound):
        house.outbox.retry(key)
    (line,) = [one for one in audit.lines(house.prowess.database, 1, limit=9) if one.action == "deliveries.retry"]
    assert (line.subject, line.details) == ("moodle-hq", {"pending": 1, "cancelled": 0})


def test_the_audit_said_of_each_system_how_many_were_tried_again_in_all(house):
    house.standin.world.seed.courses.pop(2)
    house.emit("assigned")
    house.work()
    with house.prowess.database.read() as conn:
        row = conn.execute(select(table).where(table.c.state == State.DEAD)).one()
    other = {**row._asdict(), "id": b"o" * 16, "connector": "other"}
    house.prowess.database.write(lambda conn: conn.execute(insert(table), {**other, "tenant_id": 7}))
    house.prowess.database.write(lambda conn: conn.execute(insert(table), other))
    assert house.outbox.retry(None) == (3, 0)
    for tenant_id, systems in ((1, ["other", "moodle-hq"]), (7, ["other"])):
        lines = audit.lines(house.prowess.database, tenant_id, limit=9)
        told = [(one.subject, one.details) for one in lines if one.action == "deliveries.retry"]
        assert told == [(system, {"pending": 1, "cancelled": 0}) for system in systems]


def test_a_delivery_that_two_tried_again_at_once_was_sent_twice(postgres_database, open_house):
    """The other one is done, and the delivery is on its way again, when the second comes to it."""
    house = open_house(postgres_database)
    house.standin.world.seed.courses.pop(2)
    house.emit("assigned")
    house.work()
    key, database = house.only().key, house.prowess.database

    def other(conn):
        conn.execute(update(table).where(table.c.id == key.bytes).values(state=State.SENT))
        running.append(pool.submit(house.outbox.retry, key))
        until(lambda: waiting_for_locks(house.prowess), "the second to wait for the row")

    running = []
    with ThreadPoolExecutor(1) as pool:
        database.write(other)
        with pytest.raises(NotFound):
            running[0].result(30)
    assert house.only().state is State.SENT


def test_a_dead_delivery_that_was_overtaken_is_cancelled_not_sent(house):
    course = house.standin.world.seed.courses.pop(2)
    house.emit("assigned")
    house.work()
    house.standin.world.seed.courses[2] = course
    house.emit("unassigned")
    house.work()
    assert house.outbox.retry(None) == (0, 1)
    house.send()
    assert [one.state for one in house.deliveries("moodle-hq")] == [State.CANCELLED, State.SENT]
    assert [row["suspended"] for row in house.seen()["enrolments"]] == [True]


class Stumbling(DeliveryWriter):
    """A writer that cannot digest some decisions."""

    stumbles = True

    def consume(self, items):
        if self.stumbles:
            raise ValueError("stumbled")
        return super().consume(items)


def park(house, transition, **told):
    """Have a decision parked; returns its place and who could not digest it."""
    house.emit(transition, **told)
    stumbling = Stumbling(house.outbox, registry_of(house.prowess), house.clock)
    assert house.prowess.feed.step(stumbling)
    stumbling.stumbles = False
    return house.prowess.feed.parked()[-1].seq, stumbling


@pytest.mark.parametrize("state", ["sent", "being sent"])
def test_a_parked_decision_does_not_overtake_a_later_one_when_it_is_retried(house_anywhere, state):
    """The LMS was told `unassigned`; the assignment of before must not bring the enrolment back."""
    house = house_anywhere
    seq, writer = park(house, "assigned")
    house.emit("unassigned")
    house.follow()
    if state == "sent":
        house.send()
    else:
        assert house.outbox.claim("moodle-hq", 1, 60)
    assert house.prowess.feed.retry(writer, seq) is None
    house.send()
    late, _ = house.deliveries("moodle-hq")
    assert (late.state, late.last_error) == (State.CANCELLED, "something later was delivered already")
    if state == "sent":
        assert [row["suspended"] for row in house.seen()["enrolments"]] == [True]
    assert {one.order.decision.transition for one in house.deliveries("hr")} == {"assigned", "unassigned"}
    assert {one.state for one in house.deliveries("hr")} == {State.SENT}, "a notification overtakes nothing"


def test_a_parked_decision_goes_before_a_later_one_that_still_waits(house_anywhere):
    house = house_anywhere
    seq, writer = park(house, "assigned")
    house.emit("unassigned")
    house.follow()
    assert house.prowess.feed.retry(writer, seq) is None
    house.send()
    assert [one.state for one in house.deliveries("moodle-hq")] == [State.SENT, State.SENT]
    assert [row["suspended"] for row in house.seen()["enrolments"]] == [True]


def test_a_parked_decision_is_delivered_when_what_came_later_is_another_matter(house):
    seq, writer = park(house, "assigned")
    house.emit("awarded")
    house.emit("unassigned", person="emp-0002")
    house.emit("unassigned", program="ladder")
    house.work()
    assert house.prowess.feed.retry(writer, seq) is None
    house.send()
    assert {one.state for one in house.deliveries("moodle-hq")} == {State.SENT}
    assert [row["suspended"] for row in house.seen()["enrolments"] if (row["user"], row["course"]) == (4, 2)] == [False]


def test_a_later_delivery_that_is_just_being_taken_is_seen_by_an_earlier_one_that_comes_late(
    postgres_database, open_house
):
    """The one who takes it holds its row; who comes late waits for that instead of overtaking unseen."""
    house = open_house(postgres_database)
    seq, writer = park(house, "assigned")
    house.emit("unassigned")
    house.follow()
    later = house.only()
    database = house.prowess.database

    def take(conn):
        taken = {"lease_until": house.clock.now() + 60 * SECOND, "attempts": 1}
        conn.execute(update(table).where(table.c.id == later.key.bytes).values(taken))
        running.append(pool.submit(house.prowess.feed.retry, writer, seq))
        until(lambda: waiting_for_locks(house.prowess), "the retry to wait for the row")

    running = []
    with ThreadPoolExecutor(1) as pool:
        database.write(take)
        assert running[0].result(30) is None
    assert house.deliveries("moodle-hq")[0].state is State.CANCELLED


def test_two_workers_do_not_take_the_same_delivery(house_anywhere):
    house = house_anywhere
    for number in range(1, 6):
        house.emit("assigned", person=f"emp-{number:04}")
    house.follow()
    first = house.outbox.claim("moodle-hq", 3, 60)
    second = house.outbox.claim("moodle-hq", 10, 60)
    assert len(first) == 3
    assert len(second) == 2
    assert not {one.key for one in first} & {one.key for one in second}
    assert house.outbox.claim("moodle-hq", 10, 60) == []


def test_a_worker_that_lost_its_lease_records_nothing(house):
    house.emit("assigned")
    house.follow()
    (held,) = house.outbox.claim("moodle-hq", 1, 60)
    house.clock.move(seconds=61)
    (taken,) = house.outbox.claim("moodle-hq", 1, 60)
    assert taken.attempts == 2
    house.outbox.release([held])
    assert house.only().lease_until == taken.lease_until


@pytest.mark.journey
def test_a_crash_between_accepted_and_recorded_repeats_with_the_same_key(house):
    house.person("emp-0001")
    statement_id = house.emit("assigned")
    house.follow()
    program = (
        "import sys; from pathlib import Path; from lrs.config import load_settings; from lrs.prowess import Prowess;"
        "from connectors.plugin import plugin;"
        "settings = load_settings(Path(sys.argv[1]), sections={'connectors': plugin.settings});"
        "[job.run() for job in Prowess(settings, (plugin,)).work.jobs]"
    )
    config = house.prowess.settings.directory / "config.yaml"
    environ = os.environ | {
        "MOODLE_TOKEN": house.standin.token,
        "HOOK_SECRET": house.standin.webhook_secret,
        "PROWESS_FAILPOINTS": "connectors.sent-not-recorded",
    }
    now = {"not_before": 0}
    house.prowess.database.write(lambda conn: conn.execute(update(table).values(now)))
    died = subprocess.run([sys.executable, "-c", program, str(config)], env=environ, check=False, timeout=60)
    assert died.returncode == 86
    key = str(delivery_key("moodle-hq", statement_id))
    assert house.seen()["effects"] == {key: 1}, "the LMS has it, we do not know"
    assert house.only().state is State.PENDING

    house.clock.move(days=2)
    house.prowess.database.write(lambda conn: conn.execute(update(table).values(now)))
    house.send()
    assert house.only().state is State.SENT
    assert house.seen()["effects"][key] == 1
    assert house.seen()["tries"][key] == 2


def test_deliveries_of_a_system_that_is_gone_wait_and_wake_nobody(house, open_house):
    house.fault("status", status=500, times=10)
    house.emit("assigned")
    house.work()
    smaller = open_house(config="database: {{url: '{database}'}}\n")
    assert smaller.sender.next_due() is None
    assert smaller.sender.run() is False
    assert len(smaller.outbox.list(State.PENDING, 10)) == 2


def test_a_system_connected_later_is_not_told_old_history(open_house):
    bare = open_house(config="database: {{url: '{database}'}}\n")
    bare.emit("assigned")
    bare.follow()
    later = open_house()
    later.count = 1
    later.emit("awarded")
    later.work()
    assert [event["transition"] for event in later.seen()["events"].values()] == ["awarded"]


def test_the_plugin_brings_consumer_job_and_an_erasure_policy_for_each_table(house):
    from connectors.plugin import plugin

    work = house.prowess.work
    assert [one.name for one in work.consumers if one.name.startswith("connectors")] == ["connectors.deliveries"]
    assert [one.name for one in work.jobs if one.name.startswith("connectors")] == ["connectors.send"]
    assert set(plugin.erasure) == set(plugin.metadata.tables)
