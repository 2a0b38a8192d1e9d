"""Open edX: whom it takes our people for, what it is asked, what its refusals mean, how its tokens come and go."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from connectors.composition import registry_of
from connectors.contract import Capability, Match, PersonKeys
from connectors.deliveries import delivery_key
from connectors.errors import RemoteError, SystemDown
from connectors.http import Answer
from connectors.openedx.caller import OpenEdxCaller
from connectors.openedx.progress import ProgressReader
from connectors.openedx.refusals import refusal
from connectors.openedx.token import Token
from connectors.outbox import State
from connectors.registry import ConnectorsSchema
from connectors.standin.openedx.campus import Enrollment
from lrs.cli import build
from lrs.clock import SECOND
from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.retries import FIRST_BACKOFF
from lrs.settings import Secret

from .conftest import TOKEN

COURSE = "course-v1:StandIn+course-1+2026"
OTHER = "course-v1:StandIn+course-2+2026"
SUBSECTION = "block-v1:StandIn+course-1+2026+type@sequential+block@8"
UUID_NAME = "32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb"

CONFIG = """
database: {{url: "{database}"}}
connectors:
  systems:
    - name: edx
      kind: openedx
      url: {url}
      client_id: stand-in-client
      client_secret: ${{MOODLE_TOKEN}}
      allow_http: true
      allow_private: true
      timeout: 2
      programs:
        forklift: {{course: course-v1:StandIn+course-1+2026, grade: {{usage_id: block-v1:StandIn+course-1+2026+type@sequential+block@8, lost: 0}}}}
        ladder: {{course: course-v1:StandIn+course-2+2026, mode: verified}}
"""


@pytest.fixture
def house(open_house):
    return open_house(config=CONFIG)


@pytest.fixture
def edx(house):
    return registry_of(house.prowess).get("edx")


@pytest.fixture
def ada(house):
    """Somebody whom Open edX knows by e-mail address, as learner1."""
    house.person("ada", email="learner1@example.org")
    return "ada"


def campus(house):
    return house.standin.openedx.campus


def enrolled(house):
    return [(one.user, one.course, one.mode, one.is_active) for one in campus(house).enrollments.values()]


def only(house):
    return house.only("edx")


def calls(house):
    return {name: count for name, count in house.seen()["calls"].items() if name}


# What is pushed


def test_an_assignment_becomes_an_enrolment(house_anywhere_edx):
    house = house_anywhere_edx
    house.person("ada", email="LEARNER1@example.org")
    statement_id = house.emit("assigned", person="ada", due_on="2026-12-24")
    house.work()
    assert enrolled(house) == [("learner1", COURSE, "audit", True)]
    assert only(house).state is State.SENT
    key = str(delivery_key("edx", statement_id))
    assert house.seen()["effects"] == {key: 1}
    (body,) = [call["params"]["body"] for call in house.standin.world.journal if call["call"] == "enroll"]
    assert body == {"user": "learner1", "course_details": {"course_id": COURSE}, "is_active": True}


@pytest.fixture
def house_anywhere_edx(open_house, database_url):
    return open_house(database_url, CONFIG)


def test_a_whole_life_is_pushed_in_order(house, ada):
    for transition, told in (
        ("assigned", {}),
        ("awarded", {"score": "0.875", "expires_on": "2027-11-24"}),
        ("expired", {}),
        ("renewed", {}),
        ("unassigned", {}),
    ):
        house.emit(transition, person=ada, **told)
    house.work()
    rows = [call["params"]["body"][0] for call in house.standin.world.journal if call["call"] == "bulk_update"]
    assert [row["user_id"] for row in rows] == [4, 4, 4]
    assert {row["usage_id"] for row in rows} == {SUBSECTION}
    assert [(row["grade"]["earned_all_override"], row["grade"]["comment"]) for row in rows] == [
        (87.5, "Awarded, valid until 2027-11-24 (Prowess)"),
        (0.0, "Expired (Prowess)"),
        (100.0, "Renewed (Prowess)"),
    ]
    assert {row["grade"]["possible_graded_override"] for row in rows} == {100.0}
    assert enrolled(house) == [("learner1", COURSE, "audit", False)]
    assert all(count == 1 for count in house.seen()["effects"].values())
    assert {one.state for one in house.deliveries("edx")} == {State.SENT}
    assert calls(house)["give_token"] == 1
    assert calls(house)["search_emails"] == 1, "whom they are is remembered"


def test_only_mapped_programs_and_what_a_grade_tells_are_pushed(house, ada):
    house.emit("awarded", person=ada, program="ladder")  # a course without a grade
    house.emit("assigned", person=ada, program="unmapped")
    house.work()
    assert house.deliveries("edx") == []


def test_what_it_offers_and_where_a_course_is_opened(house, edx, open_house):
    assert edx.capabilities == {
        Capability.FIND_PEOPLE,
        Capability.READ_PROGRESS,
        Capability.ASSIGN,
        Capability.UNASSIGN,
        Capability.WRITE_RESULT,
    }
    assert edx.courses() == {"forklift": COURSE, "ladder": OTHER}
    assert edx.place("forklift") == f"{house.standin.url}/courses/{COURSE}/course/"
    assert edx.place("unmapped") is None
    learning = "      learning_url: https://apps.lms.example.org/learning/\n      timeout: 2\n"
    other = registry_of(open_house(config=CONFIG.replace("      timeout: 2\n", learning)).prowess).get("edx")
    assert other.place("forklift") == f"https://apps.lms.example.org/learning/course/{COURSE}/home"


def test_a_mode_that_is_asked_for_is_given_and_another_is_left_alone(house, ada):
    house.emit("assigned", person=ada, program="ladder")
    campus(house).enrollments[("learner1", COURSE)] = Enrollment("learner1", COURSE, "verified", False, "2026-01-01")
    house.emit("assigned", person=ada)
    house.work()
    assert sorted(enrolled(house)) == [("learner1", COURSE, "verified", True), ("learner1", OTHER, "verified", True)]


def test_a_mode_that_the_course_has_not_is_dead_and_explained(house, ada):
    campus(house).runs[OTHER].modes = ("audit",)
    house.emit("assigned", person=ada, program="ladder")
    house.work()
    assert only(house).state is State.DEAD
    assert "The [verified] course mode is expired or otherwise unavailable" in only(house).last_error
    assert "Admin > Course modes" in only(house).last_error


def test_whoever_was_never_enrolled_was_enrolled_and_deactivated_by_being_unassigned(house, ada):
    """Open edX makes an inactive enrolment of a deactivation that finds none."""
    house.emit("unassigned", person=ada)
    house.work()
    assert only(house).state is State.SENT
    assert enrolled(house) == []
    assert "enroll" not in calls(house)


def test_on_unassign_keep_leaves_them_in(open_house):
    house = open_house(config=CONFIG.replace("      programs:\n", "      on_unassign: keep\n      programs:\n", 1))
    house.person("ada", email="learner1@example.org")
    house.emit("assigned", person="ada")
    house.emit("unassigned", person="ada")
    house.work()
    assert enrolled(house) == [("learner1", COURSE, "audit", True)]


@pytest.mark.parametrize(
    "closed",
    [
        {"invite_only": True},
        {"enrollment_end": "2026-11-24T00:00:00Z"},
        {"enrollment_start": "2026-11-25T00:00:00Z"},
    ],
)
def test_closed_enrolment_waits_and_is_explained_unless_it_is_forced(house, ada, open_house, closed):
    run = campus(house).runs[COURSE]
    for name, value in closed.items():
        setattr(run, name, value)
    house.emit("assigned", person=ada)
    house.work()
    assert only(house).state is State.PENDING
    assert "force_enrollment" in only(house).last_error
    forced = open_house(config=CONFIG.replace("      timeout: 2\n", "      timeout: 2\n      force_enrollment: true\n"))
    forced.clock.move(seconds=FIRST_BACKOFF)
    forced.send()
    assert enrolled(forced) == [("learner1", COURSE, "audit", True)]


def test_what_is_accepted_and_not_done_is_tried_again(house, ada, monkeypatch):
    openedx = house.standin.openedx
    monkeypatch.setattr(openedx, "_told", lambda one: {"user": one.user, "is_active": False, "mode": one.mode})
    house.emit("assigned", person=ada)
    house.work()
    assert only(house).state is State.PENDING
    assert "left the enrolment of user learner1" in only(house).last_error


# Whom it takes our people for


def test_an_account_name_that_is_a_uuid_was_taken_for_a_user_name(house, edx):
    """event-routing-backends names people by a UUID that nothing looks up."""
    known = PersonKeys("ada", None, ((house.standin.url, UUID_NAME),))
    both = PersonKeys("ben", None, ((f"{house.standin.url}/", UUID_NAME), (house.standin.url, "Learner2")))
    elsewhere = PersonKeys("eve", None, (("https://other.example", "learner3"),))
    found = edx.find_people([known, both, elsewhere])
    assert {person: remote.username for person, remote in found.items()} == {"ben": "learner2"}
    assert [call["params"] for call in house.standin.world.journal if call["call"] == "accounts"] == [
        {"username": "Learner2"}
    ]


def test_people_are_found_a_hundred_addresses_and_fifty_names_at_a_time(open_house):
    config = CONFIG.replace("      programs:\n", "      match: [username, email]\n      programs:\n", 1)
    house = open_house(config=config)
    edx = registry_of(house.prowess).get("edx")
    by_name = [PersonKeys(f"learner{number}") for number in range(1, 101)]
    by_address = [PersonKeys(f"p{number}", f"LEARNER{number}@example.org") for number in range(101, 201)]
    found = edx.find_people([*by_name, *by_address, PersonKeys("stranger", "no@example.org"), PersonKeys("a,learner7")])
    assert len(found) == 200
    assert found["p150"].id == "learner150"
    journal = house.standin.world.journal
    names = [call["params"]["username"].count(",") + 1 for call in journal if call["call"] == "accounts"]
    assert max(names) == 50
    assert [len(call["params"]["body"]["emails"]) for call in journal if call["call"] == "search_emails"] == [100, 1]


def test_two_users_for_one_address_match_nobody(house, ada):
    users = house.standin.world.seed.users
    users[900] = type(users[4])(900, "twin", "", "learner1@example.org", "T", "Win")
    house.emit("assigned", person=ada)
    house.work()
    assert enrolled(house) == []
    assert "Open edX has 2 users for email:learner1@example.org, so none is taken for person 'ada'" in (
        only(house).last_error
    )


def test_nobody_known_by_any_key_is_explained_and_tried_again(house):
    house.emit("assigned", person="nobody")
    house.work()
    assert only(house).state is State.PENDING
    assert "nothing: no configured key is known of them" in only(house).last_error


@pytest.mark.parametrize(("transition", "told"), [("assigned", {}), ("unassigned", {}), ("awarded", {"score": "1"})])
def test_a_user_who_is_called_otherwise_by_now_is_looked_up_again_at_once(house, edx, ada, transition, told):
    campus(house).enrollments[("learner1", COURSE)] = Enrollment(
        "learner1", COURSE, "audit", transition != "assigned", "2026-01-01"
    )
    edx._matcher._people.remember("edx", ada, Match("old-name", "email:learner1@example.org"))
    house.emit(transition, person=ada, **told)
    house.work()
    assert only(house).state is State.SENT, only(house).last_error
    assert edx._matcher.known(ada) == "learner1"
    assert enrolled(house) == [("learner1", COURSE, "audit", transition != "unassigned")]
    assert [one.user_id for one in campus(house).overrides.values()] == ([4] if transition == "awarded" else [])


# What fails


BAD_DAYS = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "drop"},
    {"kind": "drop_after"},
    {"kind": "half"},
    {"kind": "gzip"},
    {"kind": "huge"},
    {"kind": "html"},
    {"kind": "echo"},
]


@pytest.mark.parametrize(
    ("on", "fault"),
    [
        *(("enroll", fault) for fault in BAD_DAYS),
        *((on, fault) for on in ("search_emails", "give_token") for fault in BAD_DAYS[-2:]),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value['kind']} {value.get('status', '')}".strip(),
)
def test_a_failure_is_tried_again_and_has_one_effect(house, ada, on, fault):
    house.fault(**fault, on=on)
    statement_id = house.emit("assigned", person=ada)
    house.work()
    assert (only(house).state, only(house).attempts) == (State.PENDING, 1)
    assert only(house).last_error
    assert "the connector itself failed" not in only(house).last_error
    assert TOKEN not in only(house).last_error
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert (only(house).state, only(house).attempts, only(house).last_error) == (State.SENT, 2, None)
    assert house.seen()["effects"] == {str(delivery_key("edx", statement_id)): 1}
    assert enrolled(house) == [("learner1", COURSE, "audit", True)]


def test_a_slow_answer_is_a_failure_and_its_late_effect_counts_once(house, ada):
    house.fault("delay", seconds=20, on="enroll")
    house.emit("assigned", person=ada)
    house.work()
    assert "did not answer within 2 s" in only(house).last_error
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert only(house).state is State.SENT
    assert house.standin.wait_idle(), "the delayed request is carried out now, after its repetition"
    assert calls(house)["enroll"] == 2
    assert set(house.seen()["effects"].values()) == {1}


def test_a_crash_after_a_grade_was_taken_repeats_it_without_a_second_effect(house, ada):
    house.emit("assigned", person=ada)
    house.work()
    house.fault("drop_after", on="bulk_update")
    statement_id = house.emit("awarded", person=ada, score="0.9")
    house.work()
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    key = str(delivery_key("edx", statement_id))
    assert calls(house)["bulk_update"] == 2
    assert house.seen()["effects"][key] == 1
    (override,) = campus(house).overrides.values()
    assert (override.earned, override.possible) == (90.0, 100.0)


def test_too_many_calls_a_minute_pause_the_whole_system_as_long_as_it_asks(house):
    house.standin.openedx.rate = 3
    for number in range(1, 6):
        house.person(f"p{number}", email=f"learner{number}@example.org")
        house.emit("assigned", person=f"p{number}")
    house.work()
    assert len(enrolled(house)) == 3
    assert sorted(one.attempts for one in house.deliveries("edx")) == [0, 1, 1, 1, 1], "nobody tried the fifth"
    assert house.sender.next_due() == house.clock.now() + 60 * SECOND
    house.clock.move(seconds=60)
    house.send()
    house.clock.move(seconds=60)
    house.send()
    assert len(enrolled(house)) == 5
    assert {one.state for one in house.deliveries("edx")} == {State.SENT}


def test_a_course_that_is_not_there_is_dead_at_once(house, ada):
    run = campus(house).runs.pop(COURSE)
    house.emit("assigned", person=ada)
    house.work()
    assert only(house).state is State.DEAD
    assert f"No course '{COURSE}' found for enrollment" in only(house).last_error
    campus(house).runs[COURSE] = run
    house.outbox.retry(None)
    house.send()
    assert only(house).state is State.SENT


def test_an_application_whose_user_is_not_staff_costs_no_delivery(house, ada):
    house.standin.openedx.staff = False
    for _ in range(2):
        house.emit("assigned", person=ada)
    house.work()
    assert {one.state for one in house.deliveries("edx")} == {State.PENDING}
    assert "Admin > Users > Staff status" in house.deliveries("edx")[0].last_error
    house.standin.openedx.staff = True
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert {one.state for one in house.deliveries("edx")} == {State.SENT}


@pytest.mark.parametrize(
    ("wrong", "state", "text"),
    [
        ({"writable_gradebook": False}, State.PENDING, "grades.writable_gradebook"),
        ({"grades_frozen": True}, State.DEAD, "thirty days after its end"),
        ({"subsections": {}}, State.DEAD, "is grade.usage_id the subsection's"),
    ],
)
def test_a_grade_that_is_not_taken_is_explained(house, ada, wrong, state, text):
    house.emit("assigned", person=ada)
    house.work()
    for name, value in wrong.items():
        setattr(campus(house).runs[COURSE], name, value)
    house.emit("awarded", person=ada, score="1")
    house.work()
    last = house.deliveries("edx")[-1]
    assert last.state is state
    assert text in last.last_error
    assert campus(house).overrides == {}


def test_a_grade_of_somebody_who_is_not_enrolled_is_dead_and_explained(house, ada):
    house.emit("awarded", person=ada, score="1")
    house.work()
    assert only(house).state is State.DEAD
    assert "CourseEnrollment matching query does not exist" in only(house).last_error
    assert "enrol them" in only(house).last_error


# Tokens


def test_a_token_is_kept_until_its_last_minute(house, ada):
    for minutes, tokens in ((0, 1), (58, 1), (1, 2)):
        house.clock.move(seconds=60 * minutes)
        house.emit("assigned" if tokens == 1 else "unassigned", person=ada)
        house.work()
        assert calls(house)["give_token"] == tokens, minutes
    assert {one.state for one in house.deliveries("edx")} == {State.SENT}


def test_a_token_that_is_no_longer_believed_is_made_anew_within_the_delivery(house, ada):
    house.emit("assigned", person=ada)
    house.work()
    house.standin.openedx.tokens.clear()
    house.emit("unassigned", person=ada)
    house.work()
    assert [one.attempts for one in house.deliveries("edx")] == [1, 1]
    assert calls(house)["give_token"] == 2
    assert enrolled(house) == [("learner1", COURSE, "audit", False)]


def test_a_new_token_that_is_not_believed_either_is_tried_later(house, ada, monkeypatch):
    monkeypatch.setattr("connectors.standin.openedx.api.TOKEN_SECONDS", -1)
    house.emit("assigned", person=ada)
    house.work()
    assert only(house).state is State.PENDING
    assert "does not believe a token that it has just given" in only(house).last_error
    assert calls(house)["give_token"] == 2


def test_a_wrong_secret_costs_no_delivery_and_is_not_told(house, ada):
    house.standin.openedx.client_secret = "changed"
    house.emit("assigned", person=ada)
    house.work()
    assert only(house).state is State.PENDING
    assert "Open edX gives no token: 401 invalid_client" in only(house).last_error
    assert "client_id and client_secret" in only(house).last_error
    assert TOKEN not in only(house).last_error
    house.standin.openedx.client_secret = TOKEN
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert only(house).state is State.SENT


class Careless:
    """A door behind which somebody repeats what they were told."""

    def __init__(self, clock):
        self.clock = clock

    def send(self, method, path, headers, body=None):
        if path == "/oauth2/access_token":
            said = {"access_token": "very-secret-jwt", "expires_in": 3600, "token_type": "JWT"}
            return Answer(200, {"Content-Type": "application/json"}, json.dumps(said).encode())
        said = {"message": f"no luck with {headers['Authorization']} of {TOKEN}"}
        return Answer(400, {"Content-Type": "application/json"}, json.dumps(said).encode())

    def judge(self, answer):
        assert answer.status < 300

    def parsed(self, answer):
        return json.loads(answer.body)

    def redacted(self, text):
        return text.replace(TOKEN, "***")


def test_neither_secret_nor_token_is_told_when_the_other_side_repeats_them(clock):
    door = Careless(clock)
    caller = OpenEdxCaller(door, Token("id", Secret(TOKEN), door, clock))
    with pytest.raises(RemoteError) as caught:
        caller.get("/api/user/v1/me")
    assert caught.value.message == "Open edX refused GET /api/user/v1/me: 400 no luck with JWT *** of ***"


def test_no_secret_is_logged_or_shown(house, ada, edx, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    house.emit("assigned", person=ada)
    house.work()
    house.standin.openedx.tokens.clear()
    list(edx.test())
    (*_, token) = house.standin.openedx.tokens
    shown = caplog.text + "".join(capsys.readouterr()) + repr(edx._settings)
    assert TOKEN not in shown
    assert token not in shown


# What refusals mean


@pytest.mark.parametrize(
    ("status", "body", "retryable", "down", "code"),
    [
        (400, {"message": "No course 'x' found for enrollment"}, False, False, "no-course"),
        (400, {"message": "No course found for course ID 'x'"}, False, False, "no-course"),
        (400, {"message": "The [v] course mode is expired or otherwise unavailable for course run [x]."}, False, False, "no-mode"),
        (400, {"message": "An error occurred while creating the new course enrollment for user"}, True, False, "enrollment-closed"),
        (400, {"message": "something new"}, True, False, None),
        (400, None, True, False, None),
        (403, {"message": "Enrollment is not allowed here", "localizedMessage": "x"}, True, False, None),
        (403, {"developer_message": "no", "error_code": "user_permissions"}, True, False, "user_permissions"),
        (403, {"developer_message": "no", "error_code": "grades_frozen"}, False, False, "grades_frozen"),
        (404, None, True, True, "nothing-found"),
        (404, b"<h1>Page not found</h1>", True, True, None),
        (404, {"developer_message": "not_found", "user_message": "Not Found"}, True, True, None),
        (404, {"developer_message": "no", "error_code": "course_does_not_exist"}, False, False, "course_does_not_exist"),
        (405, {"detail": 'Method "POST" not allowed.'}, True, True, None),
        (406, {"message": "The user x does not exist."}, False, False, "no-user"),
        (422, [{"success": True, "reason": None}, {"success": False, "reason": "User matching query does not exist."}], False, False, "no-user"),
        (422, [{"success": False, "reason": "usage_key k does not exist in this course."}], False, False, "no-subsection"),
    ],
)  # fmt: skip
def test_what_a_refusal_means(status, body, retryable, down, code):
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    error = refusal("POST /x", Answer(status, {}, raw), str)
    assert (error.retryable, isinstance(error, SystemDown), error.remote_code) == (retryable, down, code)
    assert error.remote_status == status
    assert error.message.startswith(f"Open edX refused POST /x: {status}")
    assert error.hint or status == 400


# What is read


def stand(house, username, percent, letter=None, certified_at=None):
    values = {"username": username, "course": COURSE, "percent": percent, "letter_grade": letter}
    house.standin.administer("/_standin/openedx", {**values, "certified_at": certified_at})


def enroll(house, *usernames):
    for name in usernames:
        campus(house).enrollments[(name, COURSE)] = Enrollment(name, COURSE, "audit", True, "2026-01-01T00:00:00Z")


def test_progress_joins_grades_and_certificates(house, edx):
    enroll(house, "learner1", "learner2", "learner3")
    stand(house, "learner1", 0.83, "B", "2026-11-03T13:14:28+0000")
    stand(house, "learner2", 0.9, "A")
    campus(house).enrollments[("learner4", COURSE)] = Enrollment("learner4", COURSE, "audit", False, "2026-01-01")
    first, second, third = edx.read_progress(COURSE)
    assert (first.person.username, first.course, first.activity) == ("learner1", COURSE, None)
    assert (first.passed, first.raw, first.minimum, first.maximum) == (True, Decimal("0.83"), 0, 1)
    assert first.completed_at == datetime(2026, 11, 3, 13, 14, 28, tzinfo=UTC)
    assert (second.passed, second.completed_at) == (True, None), "no certificate yet"
    assert (third.passed, third.raw, third.completed_at) == (None, 0, None), "not passed yet, and not failed"
    assert calls(house)["certificate"] == 2, "of those who passed only"


def test_what_was_passed_without_a_certificate_was_printed_as_not_completed(house, monkeypatch):
    enroll(house, "learner1", "learner2", "learner3")
    stand(house, "learner1", 0.83, "B", "2026-11-03T13:14:28+0000")
    stand(house, "learner2", 0.9, "A")
    monkeypatch.setenv("MOODLE_TOKEN", TOKEN)
    monkeypatch.setattr("lrs.cli_context.installed_plugins", lambda: house.prowess.plugins[1:])
    config = house.prowess.settings.directory / "config.yaml"
    said = CliRunner().invoke(build(), ["--config", str(config), "connect", "sync", "edx", "--dry-run"])
    structlog.reset_defaults()
    assert said.exit_code == 0, said.output
    lines = [line.partition("the course: ")[2] for line in said.output.splitlines() if COURSE in line]
    assert lines == [
        "completed 2026-11-03, passed, 0.83 of 0 to 1",
        "passed, 0.9 of 0 to 1",
        "not completed, 0.0 of 0 to 1",
    ]


def test_progress_of_more_than_a_page(house, edx):
    enroll(house, *(f"learner{number}" for number in range(1, 201)), *(f"x{number}" for number in range(50)))
    rows = list(edx.read_progress(COURSE))
    assert len({row.person.username for row in rows}) == 250
    assert calls(house)["grades"] == 3


class Circling:
    """A platform whose second page names itself as the third."""

    quoted = staticmethod(OpenEdxCaller.quoted)

    def get(self, path, query=None):
        return {"next": f"https://lms.example{path}?cursor=1", "results": []}

    def next_page(self, address):
        return {"next": address, "results": []}


def test_pages_that_never_end_are_given_up():
    with pytest.raises(SystemDown, match="the same page of grades twice"):
        list(ProgressReader(Circling(), COURSE).read())


def test_progress_of_a_course_that_is_not_there_is_explained(edx):
    with pytest.raises(RemoteError, match="Unknown course course-v1:A\\+B\\+C") as caught:
        list(edx.read_progress("course-v1:A+B+C"))
    assert not caught.value.retryable


# prowess connect test


def test_the_connection_test_looks_at_courses_grades_and_people(house, edx, ada):
    house.person("stranger", email="no@example.org")
    assert list(edx.test()) == [
        f"Open edX at {house.standin.url}, as prowess-service, who is staff",
        f"forklift: course {COURSE} there, subsection {SUBSECTION} there",
        f"ladder: course {OTHER} there",
        "1 of 2 people not matched (by account-username, email): stranger",
    ]
    assert house.seen()["effects"] == {}, "it changes nothing"


def looked(edx):
    """The lines of a test that fails at last, and why."""
    lines = []
    try:
        for line in edx.test():
            lines.append(line)
    except RemoteError as error:
        return lines, error
    raise AssertionError(lines)


@pytest.mark.parametrize(
    ("run", "wrong", "line"),
    [
        (OTHER, {"modes": ("audit",)}, f"ladder: course {OTHER} there, mode verified not; modes there: audit"),
        (OTHER, {"invite_only": True}, f"ladder: course {OTHER} there, but enrolment is by invitation only"),
        (
            OTHER,
            {"enrollment_end": "2026-11-01T00:00:00Z"},
            f"ladder: course {OTHER} there, but enrolment ended on 2026-11-01",
        ),
        (
            OTHER,
            {"enrollment_start": "2026-12-01T00:00:00Z"},
            f"ladder: course {OTHER} there, but enrolment begins on 2026-12-01",
        ),
        (
            COURSE,
            {"subsections": {"block-v1:x": "Exam"}},
            f"forklift: course {COURSE} there, subsection {SUBSECTION} not found; there: block-v1:x (Exam)",
        ),
        (
            COURSE,
            {"grades_frozen": True},
            f"forklift: course {COURSE} there, its grades are frozen, thirty days after its end",
        ),
    ],
)
def test_the_connection_test_says_what_is_not_as_configured(house, edx, run, wrong, line):
    for name, value in wrong.items():
        setattr(campus(house).runs[run], name, value)
    lines, error = looked(edx)
    assert error.message == "a course or an activity is not as configured"
    assert line in lines


def test_the_connection_test_names_a_course_that_is_not_there_and_a_flag_that_is_off(house, edx):
    campus(house).runs.pop(OTHER)
    campus(house).runs[COURSE].writable_gradebook = False
    lines, error = looked(edx)
    assert error.message == "2 courses or activities are not as configured"
    assert lines[2] == f"ladder: course {OTHER} not found"
    assert "The writable gradebook feature is not enabled" in lines[1]
    assert "grades.writable_gradebook" in lines[1]


def test_closed_enrolment_is_no_fault_where_it_is_forced(open_house):
    house = open_house(config=CONFIG.replace("      timeout: 2\n", "      timeout: 2\n      force_enrollment: true\n"))
    campus(house).runs[OTHER].invite_only = True
    lines = list(registry_of(house.prowess).get("edx").test())
    assert f"ladder: course {OTHER} there, enrolment is by invitation only, which force_enrollment overrides" in lines


def test_a_mode_that_has_expired_is_there_where_enrolment_is_forced(house, edx, open_house):
    house.person("ada", email="learner1@example.org")
    campus(house).runs[OTHER].modes, campus(house).runs[OTHER].expired = ("audit",), ("verified",)
    lines, _ = looked(edx)
    assert f"ladder: course {OTHER} there, mode verified not; modes there: audit" in lines
    config = CONFIG.replace("      timeout: 2\n", "      timeout: 2\n      force_enrollment: true\n")
    forced = open_house(config=config)
    assert f"ladder: course {OTHER} there" in list(registry_of(forced.prowess).get("edx").test())
    forced.emit("assigned", person="ada", program="ladder")
    forced.work()
    assert enrolled(forced) == [("learner1", OTHER, "verified", True)]


def test_the_connection_test_says_that_the_user_is_not_staff(house, edx):
    house.standin.openedx.staff = False
    with pytest.raises(SystemDown, match="prowess-service, is not staff") as caught:
        list(edx.test())
    assert caught.value.hint == "give them staff status: Admin > Users"


# Settings

BASE = "name: e, kind: openedx, url: 'https://lms.example', client_id: a, client_secret: b"


def load(tmp_path, *systems):
    path = tmp_path / "config.yaml"
    path.write_text("connectors:\n  systems:\n" + "".join(f"    - {{{system}}}\n" for system in systems))
    return load_settings(path, environ={}, sections={"connectors": ConnectorsSchema}).sections["connectors"].systems


def test_defaults(tmp_path):
    (edx,) = load(tmp_path, BASE + f", programs: {{p: {{course: '{COURSE}', grade: {{usage_id: '{SUBSECTION}'}}}}}}")
    assert (edx.match, edx.on_unassign, edx.force_enrollment) == (("account-username", "email"), "deactivate", False)
    assert (edx.learning_url, edx.accounts_at) == (None, "https://lms.example")
    program = edx.programs["p"]
    assert (program.course, program.mode, program.close_after_days) == (COURSE, None, None)
    grade = program.grade
    assert (grade.usage_id, grade.max, grade.without_score, grade.lost) == (SUBSECTION, 100, 100, None)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (", client_secrt: x", "did you mean 'client_secret'?"),
        (", programs: {p: {course: 2}}", "programs.p"),
        (", programs: {p: {course: 'course-v1:Org+Run'}}", "a course run, such as course-v1:Org+Course+Run"),
        (f", programs: {{p: {{course: '{COURSE}', close_after_days: 3}}}}", "unknown setting"),
        (f", programs: {{p: {{course: '{COURSE}', mode: 'Verified!'}}}}", "such as audit or verified"),
        (
            f", programs: {{p: {{course: '{COURSE}', grade: {{usage_id: 'block-v1:A+B+C+type@problem+block@x'}}}}}}",
            "a subsection, such as block-v1:",
        ),
        (
            f", programs: {{p: {{course: '{OTHER}', grade: {{usage_id: '{SUBSECTION}'}}}}}}",
            f"this subsection is not of {OTHER}",
        ),
        (", match: [idnumber]", "match"),
        (", on_unassign: unenrol", "on_unassign"),
        (", learning_url: apps.example", "learning_url"),
    ],
)
def test_a_setting_that_is_wrong_is_named(tmp_path, more, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, BASE + more)
    assert message in str(caught.value)


@pytest.mark.parametrize("page", ["openedx.md", "connectors.md"])
def test_the_configuration_on_the_pages_is_one(tmp_path, page):
    text = (Path(__file__).resolve().parents[2] / "docs" / page).read_text("utf-8")
    (block,) = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "kind: openedx" in block]
    path = tmp_path / "config.yaml"
    path.write_text(block if block.startswith("connectors:") else f"connectors:\n  systems:\n{block}")
    settings = load_settings(path, environ={"OPENEDX_SECRET": "x"}, sections={"connectors": ConnectorsSchema})
    (edx,) = settings.sections["connectors"].systems
    assert edx.programs["forklift-operator"].course == "course-v1:Acme+SAFE+2026"
