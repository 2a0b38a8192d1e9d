"""Canvas: whom it takes our people for, what it is asked, what it says, and that a second time changes nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
import requests

from connectors.canvas.caller import CanvasCaller
from connectors.canvas.refusals import LIMIT_PAUSE, RateLimited, refuse
from connectors.canvas.settings import ENROLMENTS
from connectors.canvas.users import WAYS, path_id
from connectors.composition import registry_of
from connectors.contract import Match, PersonKeys
from connectors.errors import RemoteError, SystemDown
from connectors.http import Answer
from connectors.outbox import State
from connectors.registry import ConnectorsSchema
from connectors.standin.canvas.resources import ROUTES
from connectors.standin.canvas.site import Enrolment, Override
from lrs.clock import SECOND
from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.retries import FIRST_BACKOFF
from lrs.settings import Secret

from .conftest import TOKEN

SYSTEM = """
    - name: canvas-hq
      kind: canvas
      url: {url}
      token: ${{MOODLE_TOKEN}}
      allow_http: true
      allow_private: true
      timeout: 2
      OTHER
      programs:
        forklift:
          course: 2
          close_after_days: 0
          due_assignment: 7
          grade: {{assignment: 8, lost: 0}}
        ladder: {{course: 3}}
"""
ENROL = "POST /courses/:course/enrollments"
GRADE = "PUT /courses/:course/assignments/:assignment/submissions/:user"


def config(other=""):
    return 'database: {{url: "{database}"}}\nconnectors:\n  systems:' + SYSTEM.replace("OTHER", other).replace(
        "      \n", ""
    )


@pytest.fixture
def house(open_house):
    return open_house(config=config())


@pytest.fixture
def canvas(house):
    return registry_of(house.prowess).get("canvas-hq")


@pytest.fixture
def site(house):
    return house.standin.canvas.site


def only(house):
    return house.only("canvas-hq")


def enrolment(user=4, course=2, state="active", **told):
    values = {"id": 900 + user, "section": course * 10 + 1, "kind": "StudentEnrollment"} | told
    return Enrolment(user=user, course=course, state=state, **values)


def put(site, *enrolments):
    for one in enrolments:
        site.enrolments[one.id] = one


# From decisions to effects.


def test_an_assignment_becomes_an_enrolment_with_a_window_and_a_due_date(open_house, database_url):
    house = open_house(database_url, config=config())
    house.emit("assigned", due_on="2026-12-24")
    house.work()
    site = house.standin.canvas.site
    (made,) = site.enrolments.values()
    assert (made.user, made.course, made.kind, made.state) == (4, 2, "StudentEnrollment", "active")
    assert (made.start_at, made.end_at) == ("2026-11-24T11:59:00Z", "2026-12-25T12:00:00Z")
    (due,) = site.overrides.values()
    assert (due.students, due.title) == ([4], "Prowess")
    assert due.due_at == "2026-12-25T06:59:59Z", "23:59:59 in the course's time zone, which is Denver"
    assert only(house).state is State.SENT


def test_a_whole_life_is_pushed_in_order(house, site):
    for transition, told in (
        ("assigned", {}),
        ("awarded", {"score": "0.875", "expires_on": "2027-11-24"}),
        ("expired", {}),
        ("renewed", {}),
        ("unassigned", {}),
    ):
        house.emit(transition, **told)
        house.work()
    submission = site.submissions[4, 8]
    assert [one["comment"] for one in submission.comments] == [
        "Awarded, valid until 2027-11-24 (Prowess)",
        "Expired (Prowess)",
        "Renewed (Prowess)",
    ]
    grades = [call["params"]["submission"] for call in house.standin.world.journal if call["call"] == GRADE]
    assert grades == [{"posted_grade": grade} for grade in ("87.500", "0", "100")]
    assert [one.state for one in site.enrolments.values()] == ["completed"]
    assert {one.state for one in house.deliveries("canvas-hq")} == {State.SENT}


def test_a_loss_writes_nothing_where_no_grade_is_set_for_it(open_house):
    house = open_house(config=config().replace(", lost: 0", ""))
    house.emit("expired")
    house.emit("awarded", program="ladder")
    house.work()
    assert house.deliveries("canvas-hq") == []


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
@pytest.mark.parametrize("on", [ENROL, GRADE], ids=["enrol", "grade"])
def test_a_failure_is_tried_again_and_has_one_effect(house, site, fault, on):
    if on == GRADE:
        put(site, enrolment())
    house.fault(**fault, on=on)
    house.emit("assigned" if on == ENROL else "awarded")
    house.work()
    waiting = only(house)
    assert (waiting.state, waiting.attempts) == (State.PENDING, 1)
    assert waiting.last_error
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    sent = only(house)
    assert (sent.state, sent.attempts, sent.last_error) == (State.SENT, 2, None)
    assert len(site.enrolments) == 1
    if on == GRADE:
        assert site.submissions[4, 8].score == 100
        assert [one["comment"] for one in site.submissions[4, 8].comments] == ["Awarded (Prowess)"]


def test_an_answer_that_is_no_thing_of_canvas_s_is_not_taken_for_an_enrolment(house, site):
    house.fault("echo", on=ENROL)
    house.emit("assigned")
    house.work()
    assert only(house).state is State.PENDING
    assert "with something else" in only(house).last_error


def test_the_token_is_in_no_log_no_error_and_no_output(house, capsys):
    """ASVS 16.2.5: a canary as token, every way to fail, then a search of all that was said."""
    for kind in ("status", "drop", "half", "html", "gzip", "huge", "redirect", "echo"):
        house.fault(kind, location=f"{house.standin.url}/x?token={TOKEN}")
        house.emit("assigned", person=f"emp-{len(kind):04}")
        house.work()
        house.clock.move(days=1)
    house.standin.token = "changed"
    house.emit("awarded")
    house.work()
    said = capsys.readouterr()
    errors = [str(one.last_error) for one in house.outbox.list(None, 1000)]
    assert any("Invalid access token" in text for text in errors)
    for text in (said.out, said.err, repr(house.prowess.settings), *errors):
        assert TOKEN not in text


@pytest.mark.parametrize("transition", ["assigned", "awarded", "unassigned"])
def test_a_delivery_carried_out_again_changes_nothing(house, canvas, site, transition):
    put(site, enrolment(state="invited" if transition == "assigned" else "active"))
    house.emit(transition, due_on="2026-12-24")
    house.follow()
    order = only(house).order
    canvas.deliver(order)
    once = json.dumps(site.state())
    house.clock.move(days=1)
    canvas.deliver(order)
    assert json.dumps(site.state()) == once


def test_the_same_words_are_said_again_after_others(house, site):
    put(site, enrolment())
    for transition in ("awarded", "expired", "reinstated", "expired"):
        house.emit(transition)
    house.work()
    said = [one["comment"] for one in site.submissions[4, 8].comments]
    assert said == [f"{one} (Prowess)" for one in ("Awarded", "Expired", "Reinstated", "Expired")]


def test_what_a_teacher_wrote_between_is_left_and_ours_is_not_repeated(house, canvas, site):
    put(site, enrolment())
    house.emit("awarded")
    house.follow()
    canvas.deliver(only(house).order)
    submission = site.submissions[4, 8]
    submission.comments.append({"id": 7777, "comment": "Well done!", "created_at": "2026-11-24T12:00:00Z"})
    submission.score = 50
    canvas.deliver(only(house).order)
    assert submission.score == 100, "the grade is ours"
    assert [one["comment"] for one in submission.comments] == ["Awarded (Prowess)", "Well done!"]


# Enrolments that are there already.


def test_somebody_in_another_section_is_not_enrolled_twice(house, site):
    put(site, enrolment(section=25))
    house.emit("assigned", due_on="2026-12-24")
    house.work()
    (one,) = site.enrolments.values()
    assert (one.section, one.end_at) == (25, "2026-12-25T12:00:00Z")


def test_who_is_in_a_course_without_a_window_of_ours_is_left_as_they_are(house, site):
    there = enrolment(course=3, start_at="2026-01-01T00:00:00Z", end_at="2026-12-31T00:00:00Z", sis_import_id=5)
    put(site, there)
    house.emit("assigned", program="ladder", due_on="2026-12-24")
    house.work()
    assert only(house).state is State.SENT
    assert list(site.enrolments.values()) == [there]
    assert ENROL not in house.seen()["calls"]


def test_whose_dates_had_run_out_is_let_in_again_though_canvas_calls_them_active(house, site):
    put(site, enrolment(course=3, start_at="2026-01-01T00:00:00Z", end_at="2026-06-30T00:00:00Z"))
    house.emit("assigned", program="ladder")
    house.work()
    (one,) = site.enrolments.values()
    assert (one.state, one.start_at, one.end_at) == ("active", None, None)


@pytest.mark.parametrize("state", ["completed", "inactive", "invited", "rejected"])
def test_an_enrolment_that_ended_comes_to_life_again(house, site, state):
    put(site, enrolment(state=state))
    house.emit("assigned")
    house.work()
    assert [(one.id, one.state) for one in site.enrolments.values()] == [(904, "active")]


def test_a_section_of_the_program_is_where_new_learners_go(open_house):
    house = open_house(config=config().replace("close_after_days: 0", "section: 27"))
    house.emit("assigned")
    house.work()
    assert [one.section for one in house.standin.canvas.site.enrolments.values()] == [27]


@pytest.mark.parametrize(
    ("choice", "state", "after"),
    [
        ("conclude", "active", "completed"),
        ("conclude", "invited", "completed"),
        ("conclude", "inactive", "inactive"),
        ("deactivate", "active", "inactive"),
        ("delete", "inactive", "deleted"),
        ("delete", "completed", "completed"),
    ],
)
def test_what_becomes_of_an_enrolment_on_unassignment(open_house, choice, state, after):
    house = open_house(config=config(f"on_unassign: {choice}"))
    put(house.standin.canvas.site, enrolment(state=state))
    house.emit("unassigned")
    house.work()
    assert only(house).state is State.SENT
    assert [one.state for one in house.standin.canvas.site.enrolments.values()] == [after]


def test_an_enrolment_can_be_kept(open_house):
    house = open_house(config=config("on_unassign: keep"))
    house.emit("unassigned")
    house.work()
    assert house.deliveries("canvas-hq") == []


def test_an_enrolment_of_a_sis_import_and_of_a_teacher_is_not_ended(house, site):
    put(site, enrolment(sis_import_id=5), enrolment(id=950, kind="TeacherEnrollment"))
    house.emit("unassigned")
    house.work()
    assert only(house).state is State.SENT
    assert [one.state for one in site.enrolments.values()] == ["active", "active"]


# Due dates.


def test_a_due_date_that_moves_is_moved_and_keeps_the_other_dates(house, site):
    house.emit("assigned", due_on="2026-12-24")
    house.work()
    (due,) = site.overrides.values()
    due.lock_at = "2027-01-31T00:00:00Z"
    house.emit("assigned", due_on="2026-12-31")
    house.work()
    (due,) = site.overrides.values()
    assert (due.due_at, due.lock_at) == ("2027-01-01T06:59:59Z", "2027-01-31T00:00:00Z")
    house.emit("assigned")
    house.work()
    assert site.overrides == {}, "no due date any more"


def test_a_due_date_that_a_teacher_gave_stays(house, site):
    put(site, enrolment(), enrolment(5))
    theirs = Override(70, 7, "2 students", [4, 5], due_at="2026-12-01T06:59:59Z")
    site.overrides[70] = theirs
    house.emit("assigned", due_on="2026-12-24")
    house.work()
    assert only(house).state is State.SENT
    assert site.overrides == {70: theirs}


# People.


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("id", "17", "17"),
        ("sis_user_id", "emp-0001", "sis_user_id:emp-0001"),
        ("sis_login_id", "ada@example.org", "hex:sis_login_id:616461406578616d706c652e6f7267"),
        ("sis_user_id", "a/b", "hex:sis_user_id:612f62"),
        ("sis_user_id", "Ω", "hex:sis_user_id:cea9"),
    ],
)
def test_an_id_of_another_system_stands_in_the_path_so_that_no_server_misreads_it(field, value, path):
    assert path_id(field, value) == path


def at_canvas(house, name):
    return {"account": {"homePage": f"{house.standin.url}/", "name": name}}


def test_an_account_of_this_canvas_comes_before_other_keys(house, site):
    house.person("emp-0001", **at_canvas(house, "9"))
    house.emit("assigned")
    house.work()
    assert [one.user for one in site.enrolments.values()] == [9]


def test_an_account_elsewhere_and_an_unknown_sis_id_leave_the_address(house, site):
    house.person("ada", email="LEARNER3@example.org", account={"homePage": "https://other.example", "name": "9"})
    house.emit("assigned", person="ada")
    house.work()
    assert [one.user for one in site.enrolments.values()] == [6]


def test_people_are_found_by_their_logins(open_house):
    house = open_house(config=config("match: [login, account-login]"))
    house.person("ada", **at_canvas(house, "learner5"))
    canvas = registry_of(house.prowess).get("canvas-hq")
    keys = PersonKeys("ada", accounts=((house.standin.url, "learner5"),))
    found = canvas.find_people([PersonKeys("learner3"), keys, PersonKeys("nobody")])
    assert {person: (one.id, one.username, one.idnumber) for person, one in found.items()} == {
        "learner3": ("6", "learner3", "emp-0003"),
        "ada": ("8", "learner5", "emp-0005"),
    }


def test_two_users_with_one_address_match_nobody_and_a_part_of_an_address_is_none(house, site):
    users = house.standin.world.seed.users
    users[900] = replace(users[4], id=900, username="twin", idnumber="twin")
    users[901] = replace(users[4], id=901, username="other", idnumber="other", email="xlearner1@example.org")
    house.person("ada", email="learner1@example.org")
    house.emit("assigned", person="ada")
    house.work()
    assert site.enrolments == {}
    told = "Canvas has 2 users for email:learner1@example.org, so none is taken for person 'ada'"
    assert told in only(house).last_error
    del users[900]
    house.clock.move(seconds=FIRST_BACKOFF)
    house.send()
    assert [one.user for one in site.enrolments.values()] == [4]


def test_a_user_who_was_made_anew_is_looked_up_again_at_once(house, canvas, site):
    canvas._matcher._people.remember("canvas-hq", "emp-0001", Match("4000", "sis-id:emp-0001"))
    house.emit("assigned")
    house.work()
    assert only(house).state is State.SENT
    assert [one.user for one in site.enrolments.values()] == [4]
    assert canvas._matcher.known("emp-0001") == "4"


# Refusals.


def test_a_wrong_token_costs_no_delivery(house):
    house.standin.token = "changed"
    house.emit("assigned")
    house.work()
    assert only(house).state is State.PENDING
    assert "Invalid access token." in only(house).last_error
    assert "New Access Token" in only(house).last_error
    house.standin.token = TOKEN
    house.clock.move(seconds=10)
    house.send()
    assert only(house).state is State.SENT


def test_a_missing_permission_waits_and_says_so(house, site):
    site.denied.add("manage_students")
    house.emit("assigned")
    house.work()
    assert only(house).state is State.PENDING
    assert "user not authorized to perform that action" in only(house).last_error
    assert "docs/canvas.md" in only(house).last_error


@pytest.mark.parametrize(
    ("change", "transition", "text"),
    [
        (lambda site: site.seed.courses.pop(2), "assigned", "The specified resource does not exist."),
        (lambda site: site.concluded.add(2), "assigned", "Can't add an enrollment to a concluded course."),
        (lambda site: None, "awarded", "is the user in the course?"),
    ],
    ids=["no course", "concluded", "not a student"],
)
def test_a_refusal_that_cannot_pass_is_dead_at_once_and_says_how_to_mend_it(house, site, change, transition, text):
    change(site)
    house.emit(transition)
    house.work()
    assert (only(house).state, only(house).attempts) == (State.DEAD, 1)
    assert text in only(house).last_error


@pytest.mark.parametrize(
    ("status", "body", "retryable", "down", "code"),
    [
        (401, {"errors": [{"message": "Invalid access token."}]}, True, True, "token"),
        (401, {"errors": [{"message": "Expired access token.", "expired_at": None}]}, True, True, "token"),
        (
            401,
            {"status": "unauthenticated", "errors": [{"message": "user authorization required"}]},
            True,
            True,
            "token",
        ),
        (401, {"errors": [{"message": "Insufficient scopes on access token."}]}, True, False, "scope"),
        (401, {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}, True, False, "permission"),
        (403, {"status": "unauthorized", "errors": [{"message": "user not authorized"}]}, True, False, "permission"),
        (404, {"errors": [{"message": "The specified resource does not exist."}]}, False, False, None),
        (
            400,
            {"errors": {"x": [{"attribute": "x", "type": "taken", "message": "already belongs"}]}},
            False,
            False,
            None,
        ),
        (400, {"error": "invalid grade"}, False, False, None),
        (400, {"error": {"message": "No progress"}}, False, False, None),
        (409, {"message": "busy"}, True, False, None),
        (404, "<h1>Not here</h1>", True, True, None),
        (500, {"errors": [{"message": "An error occurred.", "error_code": "internal_server_error"}]}, True, True, None),
        (302, "", False, False, None),
    ],
)
def test_what_a_refusal_means(canvas, status, body, retryable, down, code):
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(RemoteError) as caught:
        refuse("GET /x", Answer(status, {}, text.encode()), canvas._caller._door)
    error = caught.value
    assert (error.retryable, isinstance(error, SystemDown), error.remote_code) == (retryable, down, code)
    assert error.remote_status == status


def test_a_token_that_a_refusal_quotes_is_not_passed_on(canvas):
    body = json.dumps({"errors": [{"message": f"no luck with {TOKEN}"}]}).encode()
    with pytest.raises(RemoteError) as caught:
        refuse("GET /x", Answer(400, {}, body), canvas._caller._door)
    assert "no luck with ***" in caught.value.message


@pytest.mark.parametrize(
    ("header", "body", "status", "seconds"),
    [
        (None, b"403 Forbidden (Rate Limit Exceeded)\n", 403, LIMIT_PAUSE),
        ("12", b"403 Forbidden (Rate Limit Exceeded)\n", 403, 12),
        (None, b"429 Too Many Requests (Rate Limit Exceeded)\n", 429, LIMIT_PAUSE),
        ("Tue, 24 Nov 2026 12:03:00 GMT", b"", 429, 180),
    ],
)
def test_a_reached_limit_pauses_as_long_as_canvas_says_or_as_its_bucket_needs(canvas, header, body, status, seconds):
    with pytest.raises(RateLimited) as caught:
        refuse("GET /x", Answer(status, {"Retry-After": header} if header else {}, body), canvas._caller._door)
    assert (caught.value.retry_after, caught.value.retryable) == (seconds, True)


def test_a_full_bucket_pauses_the_whole_system_and_nothing_is_lost(house, site):
    site.used, site.touched = 800.0, house.clock.now() / SECOND
    house.emit("assigned")
    house.emit("assigned", person="emp-0002")
    house.work()
    first, second = house.deliveries("canvas-hq")
    assert "the limit of requests is reached" in first.last_error
    assert first.not_before == house.clock.now() + round(LIMIT_PAUSE * SECOND)
    assert (second.state, second.attempts) == (State.PENDING, 0)
    house.clock.move(seconds=LIMIT_PAUSE)
    house.send()
    assert {one.state for one in house.deliveries("canvas-hq")} == {State.SENT}


# Reading.


def graded(site, user, assignment, score, **told):
    one = site.submission(user, assignment)
    one.state, one.score, one.grade, one.graded_at = "graded", score, f"{score}", "2026-11-20T10:00:00Z"
    for name, value in told.items():
        setattr(one, name, value)


def test_progress_joins_requirements_submissions_and_grades(house, canvas, site):
    put(site, enrolment(), enrolment(5, state="completed"), enrolment(6, kind="TeacherEnrollment"))
    site.requirements[4, 2] = "2026-11-21T09:00:00Z"
    graded(site, 4, 7, 77.5, submitted_at="2026-11-19T08:00:00Z")
    graded(site, 4, 8, 100.0, grade="complete")
    graded(site, 5, 8, 0.0, missing=True)
    site.submission(5, 7).state = "submitted"
    site.submission(5, 7).submitted_at = "2026-11-22T08:00:00Z"
    site.submission(5, 5).state = "submitted"
    site.submission(5, 5).submitted_at = "2026-11-23T08:00:00Z"
    course, quiz, assign, other, page, waiting, missing = canvas.read_progress("2")
    assert (course.person.idnumber, course.person.email) == ("emp-0001", "learner1@example.org")
    assert (course.activity, course.completed_at, course.passed) == (None, datetime(2026, 11, 21, 9, tzinfo=UTC), True)
    assert (course.raw, course.minimum, course.maximum) == (Decimal("88.75"), 0, 100)
    assert (quiz.activity, quiz.title, quiz.passed) == ("7", "Theory test 1", None)
    assert (quiz.raw, quiz.minimum, quiz.maximum) == (Decimal("77.5"), 0, 100)
    assert quiz.completed_at == datetime(2026, 11, 19, 8, tzinfo=UTC), "when it was handed in"
    assert (assign.completed_at, assign.passed) == (datetime(2026, 11, 20, 10, tzinfo=UTC), True), "when it was graded"
    assert (other.person.id, other.activity, other.completed_at, other.passed) == ("5", None, None, None)
    assert (page.activity, page.raw) == ("5", None)
    assert page.completed_at == datetime(2026, 11, 23, 8, tzinfo=UTC), "what is never graded is done when handed in"
    assert (waiting.activity, waiting.completed_at, waiting.raw) == ("7", None, None), "waits for its grade"
    assert (missing.activity, missing.completed_at, missing.raw) == ("8", None, 0), "a nought for what never came"


def test_what_is_excused_is_neither_completed_nor_scored(house, canvas, site):
    put(site, enrolment())
    graded(site, 4, 8, 40.0, excused=True, grade="incomplete")
    _, excused = canvas.read_progress("2")
    assert (excused.completed_at, excused.passed, excused.raw) == (None, None, None)


def test_a_course_without_module_requirements_completes_nobody(house, canvas, site):
    site.seed.courses[2] = replace(site.seed.courses[2], criteria=False)
    put(site, enrolment())
    (course,) = canvas.read_progress("2")
    assert (course.completed_at, course.passed) == (None, None)


def test_lists_are_followed_page_by_page_by_the_address_that_canvas_names(house, canvas, site):
    for user in range(4, 204):
        put(site, enrolment(user))
        graded(site, user, 8, 80.0)
    rows = list(canvas.read_progress("2"))
    assert len([row for row in rows if row.activity is None]) == 200
    assert len([row for row in rows if row.activity == "8"]) == 200
    calls = house.seen()["calls"]
    assert calls["GET /courses/:course/users"] == 2
    assert calls["GET /courses/:course/students/submissions"] == 2 + 1
    asked = [call["params"] for call in house.standin.world.journal if call["call"].endswith("/submissions")]
    assert all("body" not in params["response_fields"] for params in asked), "what learners wrote is not read"
    pages = [call["params"].get("page") for call in house.standin.world.journal if call["call"].endswith("/users")]
    assert pages == [None, "bookmark:100"]


def test_reading_waits_where_the_limit_asks_for_it_and_goes_on_with_the_same_page(house, canvas, site):
    for user in range(4, 204):
        put(site, enrolment(user))
    waited = []

    def wait(seconds):
        waited.append(seconds)
        house.clock.move(seconds=seconds)

    canvas._wait = wait
    site.cost, site.used, site.touched = 120.0, 800.0, house.clock.now() / SECOND
    rows = list(canvas.read_progress("2"))
    assert len(rows) == 200
    assert waited[0] == LIMIT_PAUSE, "refused"
    assert all(0 < seconds <= LIMIT_PAUSE for seconds in waited)
    assert len(house.seen()["refusals"]) == 1, "what is left is heeded before Canvas has to refuse again"


def test_reading_gives_up_where_the_limit_stays_reached(house, canvas, site):
    waited = []
    canvas._wait = waited.append
    site.used, site.touched = 800.0, house.clock.now() / SECOND
    with pytest.raises(RateLimited):
        list(canvas.read_progress("2"))
    assert waited == [LIMIT_PAUSE] * 6


class Pages:
    """A door that answers lists with the Link headers it is given."""

    def __init__(self, *links):
        self.links = list(links)
        self.asked = []

    def send(self, method, path, headers, body=None):
        self.asked.append(path)
        link = {"Link": f'<{self.links.pop(0)}>; rel="next"'} if self.links else {}
        return Answer(200, link, b"[1]")

    def parsed(self, answer):
        return json.loads(answer.body)

    def path_of(self, address):
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}"


def test_a_next_page_that_was_there_already_ends_the_reading():
    door = Pages("https://c.example/api/v1/x?page=2", "https://c.example/api/v1/x?page=2")
    with pytest.raises(SystemDown, match="there already"):
        list(CanvasCaller(door, Secret("t")).pages("/x"))
    assert door.asked == ["/api/v1/x?per_page=100", "/api/v1/x?page=2"]


# Testing the connection.


def lines_of(canvas):
    lines = []
    try:
        lines.extend(canvas.test())
    except RemoteError as error:
        lines.append(error.message)
    return lines


def test_the_test_looks_at_what_is_mapped_and_finds_it(house, canvas):
    house.person("emp-0001")
    assert lines_of(canvas) == [
        f"Canvas at {house.standin.url}, as Prowess Service",
        "forklift: course 2 there, assignment 8 there, assignment 7 there",
        "ladder: course 3 there",
        "1 of 1 people matched",
    ]
    assert house.seen()["effects"] == {}, "it changes nothing there"


def test_a_test_that_ends_early_names_every_program(house, canvas):
    lines = iter(canvas.test())
    next(lines)
    assert next(lines).startswith("forklift: ")


def test_the_test_names_what_is_not_as_configured(house, canvas, site):
    house.person("emp-0001")
    house.person("stranger")
    course = site.seed.courses[2]
    page, quiz, assign = course.modules
    site.seed.courses[2] = replace(course, modules=(page, quiz, replace(assign, grademax=10.0)))
    site.concluded.add(3)
    site.denied.add("view_all_grades")
    lacks = "the token's user lacks view_all_grades in it"
    assert lines_of(canvas)[1:] == [
        f"forklift: course 2 there, assignment 8 is out of 10 points, and max is 100, assignment 7 there, {lacks}",
        f"ladder: course 3 there, concluded, so that Canvas enrols nobody in it, {lacks}",
        "1 of 2 people not matched (by account-id, sis-id, email): stranger",
        "2 courses or activities are not as configured",
    ]
    site.grading_types[8] = "pass_fail"
    site.seed.courses[2] = replace(course, modules=(page, assign))
    del site.seed.courses[3]
    told = lines_of(canvas)
    assert "assignment 8 is graded as 'pass_fail', where points are needed" in told[1]
    assert "assignment 7 not found; there: 5 (Handbook 1), 8 (Certification 1)" in told[1]
    assert told[2] == "ladder: course 3 not found"


def test_a_learner_opens_the_course_from_what_is_to_be_done_next(canvas):
    assert canvas.place("forklift").endswith("/courses/2")
    assert canvas.place("unmapped") is None


# The stand-in.


@pytest.fixture
def call(house):
    with requests.Session() as session:
        session.trust_env = False

        def send(method, path, token=TOKEN, **form):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return session.request(
                method, f"{house.standin.url}/api/v1{path}", data=form or None, headers=headers, timeout=5
            )

        yield send


PERSON = {"enrollment[user_id]": "4", "enrollment[type]": "StudentEnrollment"}


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "message", "why"),
    [
        ("GET", "/users/self", {"token": "no"}, 401, "Invalid access token.", "Authorization: Bearer"),
        ("GET", "/users/sis_user_id:none", {}, 404, "The specified resource does not exist.", "is not there"),
        ("GET", "/users/shoe:9", {}, 404, "The specified resource does not exist.", "accepted: a number"),
        ("GET", "/courses/9", {}, 404, "The specified resource does not exist.", "courses: 2, 3"),
        ("GET", "/courses/safety", {}, 404, "The specified resource does not exist.", "numbers are wanted"),
        ("GET", "/nothing", {}, 404, "The specified resource does not exist.", "there are: GET /users/self"),
        ("POST", "/courses/2/enrollments", {}, 400, "No parameters given", "enrollment[user_id]"),
        ("POST", "/courses/2/enrollments", {"enrollment[type]": "Student"}, 400, "Invalid type", "accepted: Student"),
        (
            "POST",
            "/courses/2/enrollments",
            PERSON | {"enrollment[end]": "1"},
            400,
            "not a parameter",
            "would pass over",
        ),
        ("GET", "/accounts/self/users?search_term=ab", {}, 400, "3 or more characters", "search_term 'ab'"),
        ("DELETE", "/courses/2/enrollments/77", {}, 404, "The specified resource does not exist.", "enrolment 77"),
        (
            "PUT",
            "/courses/2/assignments/8/submissions/4",
            {"submission[posted_grade]": "1"},
            404,
            "The specified",
            "not a student",
        ),
    ],
)
def test_refusals_have_canvas_s_body_and_say_what_would_do(house, call, method, path, form, status, message, why):
    answer = call(method, path, **form)
    assert answer.status_code == status
    assert message in answer.text
    assert why in answer.headers["X-Stand-In-Why"]
    assert house.seen()["refusals"][0]["why"]
    assert house.standin.canvas.site.enrolments == {}


def test_the_stand_in_enrols_as_canvas_does_once_a_section(house, call):
    for section in ("21", "21", "22"):
        assert call("POST", "/courses/2/enrollments", **PERSON, **{"enrollment[course_section_id]": section}).ok
    assert [one.section for one in house.standin.canvas.site.enrolments.values()] == [21, 22]


def test_the_stand_in_takes_a_student_into_one_override_at_most(house, call):
    put(house.standin.canvas.site, enrolment())
    form = {"assignment_override[student_ids][]": "4", "assignment_override[due_at]": "2026-12-24T12:00:00Z"}
    assert call("POST", "/courses/2/assignments/7/overrides", **form).ok
    refused = call("POST", "/courses/2/assignments/7/overrides", **form)
    assert (refused.status_code, "already belongs to an assignment override" in refused.text) == (400, True)
    stranger = call("POST", "/courses/2/assignments/7/overrides", **form | {"assignment_override[student_ids][]": "9"})
    assert 'unknown student ids: [\\"9\\"]' in stranger.text


def test_the_state_of_the_stand_in_shows_what_was_done_to_it(house):
    house.emit("assigned")
    house.work()
    with requests.Session() as session:
        session.trust_env = False
        state = session.get(f"{house.standin.url}/_standin/state", timeout=5).json()
    assert [one["user"] for one in state["canvas"]["enrolments"]] == [4]


def test_a_key_goes_with_every_changing_call_and_the_token_in_no_address(house):
    house.emit("assigned", due_on="2026-12-24")
    house.work()
    changing = [one for one in house.standin.world.journal if not one["call"].startswith("GET")]
    assert len(changing) == 2
    assert {UUID(one["key"]).version for one in changing} == {5}
    assert TOKEN not in unquote(json.dumps(house.standin.world.journal))


# The page for administrators.

PAGE = Path(__file__).resolve().parents[2] / "docs" / "canvas.md"


def test_the_example_on_the_page_loads(tmp_path):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "config.yaml").write_text(example)
    environ = {"CANVAS_TOKEN": "t"}
    sections = load_settings(tmp_path / "config.yaml", environ=environ, sections={"connectors": ConnectorsSchema})
    (system,) = sections.sections["connectors"].systems
    assert (system.kind, system.match, system.on_unassign) == ("canvas", ("account-id", "sis-id", "email"), "conclude")
    assert (system.account, system.enrolment) == ("self", "StudentEnrollment")
    target = system.programs["forklift-operator"]
    assert (target.due_assignment, target.grade.assignment, target.grade.without_score) == (8811, 8812, 100)


def test_the_page_lists_every_way_of_finding_people_and_every_scope_that_is_needed():
    page = PAGE.read_text()
    for name in (*WAYS, *ENROLMENTS, "conclude", "deactivate", "delete", "keep"):
        assert f"`{name}`" in page, name
    told = {_nameless(text) for text in re.findall(r"`url:(\w+\\\|\S+)`", page)}
    needed = {_nameless(route.replace(" ", r"\|/api/v1", 1)) for route in ROUTES if route != "GET /users/self"}
    assert told == needed


def _nameless(route):
    return re.sub(r":\w+", ":", route)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("programs: {p: {course: 2, gade: {}}}", "did you mean 'grade'?"),
        ("programs: {p: {course: 2, grade: {assignmnt: 1}}}", "did you mean 'assignment'?"),
        ("programs: {p: {course: sis_course_id:x}}", "programs.p"),
        ("match: [idnumber]", "match"),
        ("account: main", "self, or the account's number"),
        ("enrolment: student", "enrolment"),
        ("on_unassign: suspend", "on_unassign"),
        ("enrolment: TaEnrollment, programs: {p: {course: 2, grade: {assignment: 8}}}", "only a StudentEnrollment has"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_said(tmp_path, told, message):
    system = f"{{name: c, kind: canvas, url: 'https://canvas.example', token: t, {told}}}"
    (tmp_path / "config.yaml").write_text(f"connectors:\n  systems:\n    - {system}\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "config.yaml", environ={}, sections={"connectors": ConnectorsSchema})
    assert message in str(caught.value)


def test_what_learners_do_can_be_told_to_the_stand_in(house, canvas):
    put(house.standin.canvas.site, enrolment())
    with requests.Session() as session:
        session.trust_env = False

        def post(**told):
            return session.post(f"{house.standin.url}/_standin/canvas", json=told, timeout=5).status_code

        assert post(user=4, course=2, completed_at="2026-03-01T09:00:00Z") == 200
        assert post(user=4, assignment=7, state="graded", score=17, submitted_at="2026-03-01T09:00:00Z") == 200
        assert post(user=4) == 400
        assert post(user=4, assignment=7, shoe=1) == 400
    course, quiz = canvas.read_progress("2")
    assert course.completed_at == quiz.completed_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert quiz.raw == 17
