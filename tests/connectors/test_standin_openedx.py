"""The stand-in Open edX: it does what Open edX does, refuses what Open edX refuses, and says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from connectors.standin import StandIn
from connectors.standin.openedx.api import ROUTES
from connectors.standin.seed import invented_seed

from .conftest import TOKEN

COURSE = "course-v1:StandIn+course-1+2026"
EXAM = "block-v1:StandIn+course-1+2026+type@sequential+block@8"
CREDENTIALS = {
    "grant_type": "client_credentials",
    "token_type": "jwt",
    "client_id": "stand-in-client",
    "client_secret": TOKEN,
}
ENROLL = {"user": "learner1", "course_details": {"course_id": COURSE}, "is_active": True}
GRADE = {
    "earned_all_override": 9,
    "possible_all_override": 10,
    "earned_graded_override": 9,
    "possible_graded_override": 10,
    "comment": "",
}


@pytest.fixture
def session():
    with requests.Session() as made:
        made.trust_env = False
        yield made


@pytest.fixture
def ask(standin, session):
    """Ask as the application that the stand-in knows, or with another `authorization`."""
    said = session.post(f"{standin.url}/oauth2/access_token", data=CREDENTIALS, timeout=5).json()

    def send(method, path, body=None, key="", authorization=f"JWT {said['access_token']}"):
        headers = {"Authorization": authorization, "Idempotency-Key": key}
        return session.request(method, f"{standin.url}{path}", json=body, headers=headers, timeout=5)

    return send


def enroll(ask, key="", **more):
    return ask("POST", "/api/enrollment/v1/enrollment", {**ENROLL, **more}, key)


def override(ask, **more):
    row = {"user_id": 4, "usage_id": EXAM, "grade": GRADE, **more}
    return ask("POST", f"/api/grades/v1/gradebook/{COURSE}/bulk-update", [row])


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "no"}, 401, "invalid_client"),
        ({"client_id": "no"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"token_type": "bearer"}, 400, "invalid_request"),
    ],
)
def test_a_token_is_given_for_the_right_form_only(standin, session, form, status, error):
    answer = session.post(f"{standin.url}/oauth2/access_token", data={**CREDENTIALS, **form}, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["standin"]


def test_a_token_opens_for_an_hour(standin, clock, ask):
    assert ask("GET", "/api/user/v1/me").json() == {"username": "prowess-service"}
    clock.move(seconds=3599)
    assert ask("GET", "/api/user/v1/me").status_code == 200
    clock.move(seconds=1)
    answer = ask("GET", "/api/user/v1/me")
    assert (answer.status_code, answer.json()["detail"]) == (401, "Token has expired.")
    for wrong in ("Bearer x", "JWT x", ""):
        assert ask("GET", "/api/user/v1/me", authorization=wrong).status_code == 401


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"user": "nobody"}, 406, "The user nobody does not exist."),
        ({"course_details": {}}, 400, "Course ID must be specified to create a new enrollment."),
        ({"course_details": {"course_id": "course-v1:A+B+C"}}, 400, "No course 'course-v1:A+B+C' found for enrollment"),
        ({"mode": "masters"}, 400, "The [masters] course mode is expired or otherwise unavailable"),
        ({"is_active": "yes"}, 400, "'yes' is an invalid enrollment activation status."),
        ({"force_enrollment": 1}, 400, "'1' is an invalid force enrollment status."),
        ({"is_actve": True}, 400, ""),
    ],
)
def test_enrolments_are_refused_in_open_edx_s_words(standin, ask, change, status, text):
    answer = enroll(ask, **change)
    assert answer.status_code == status
    assert text in answer.json()["message"]
    assert answer.json()["standin"]
    (refusal,) = standin.world.state()["refusals"]
    assert (refusal["call"], refusal["code"]) == ("enroll", str(status))
    assert standin.openedx.campus.enrollments == {}


def test_what_a_refusal_would_have_accepted_is_said(standin, ask):
    unknown = {"course_details": {"course_id": "course-v1:A+B+C"}}
    assert enroll(ask, **unknown).json()["standin"] == f"courses: {', '.join(standin.openedx.campus.runs)}"
    assert enroll(ask, mode="masters").json()["standin"] == "modes: audit, verified"
    assert "unexpected: is_actve" in enroll(ask, is_actve=True).json()["standin"]


def test_repeating_changes_nothing_and_a_mode_is_kept(standin, ask):
    assert enroll(ask, "k1", mode="verified").json()["mode"] == "verified"
    assert enroll(ask, "k1", mode="verified").json()["is_active"] is True
    assert enroll(ask, "k2", is_active=False).json()["is_active"] is False
    assert enroll(ask, "k3").json() == {**enroll(ask).json(), "mode": "verified", "is_active": True}
    assert standin.world.state()["effects"] == {"k1": 1, "k2": 1, "k3": 1}
    wrong = enroll(ask, is_active=False, mode="audit")
    assert (wrong.status_code, wrong.json()["standin"]) == (400, "leave mode out when you deactivate")


def test_a_deactivation_that_finds_none_makes_an_inactive_enrolment(standin, ask):
    assert enroll(ask, is_active=False).json()["is_active"] is False
    assert len(standin.openedx.campus.enrollments) == 1


def test_an_enrolment_that_is_not_there_is_an_empty_answer(ask):
    answer = ask("GET", f"/api/enrollment/v1/enrollment/learner1,{COURSE}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_who_is_not_staff_is_answered_nothing(standin, ask):
    standin.openedx.staff = False
    for answer in (enroll(ask), ask("GET", f"/api/enrollment/v1/enrollment/learner1,{COURSE}")):
        assert (answer.status_code, answer.content) == (404, b"")
    assert ask("GET", "/api/enrollment/v1/roles/").json() == {"roles": [], "is_staff": False}
    assert ask("POST", "/api/user/v1/accounts/search_emails", {"emails": []}).status_code == 404
    assert ask("GET", f"/api/grades/v1/courses/{COURSE}/").status_code == 403
    assert override(ask).json()["error_code"] == "user_permissions"


def test_the_enrolment_api_counts_calls_a_minute(standin, clock, ask):
    standin.openedx.rate = 2
    enroll(ask)
    enroll(ask)
    clock.move(seconds=20)
    answer = enroll(ask)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "40")
    assert answer.json()["detail"] == "Request was throttled. Expected available in 40 seconds."
    assert ask("GET", "/api/user/v1/me").status_code == 200, "other places are not counted"
    clock.move(seconds=40)
    assert enroll(ask).status_code == 200


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user_id": 9999}, "User matching query does not exist."),
        ({"user_id": 5}, "CourseEnrollment matching query does not exist."),
        ({"usage_id": "block-v1:x"}, "usage_key block-v1:x does not exist in this course."),
    ],
)
def test_a_row_of_a_bulk_update_is_refused_with_its_reason(standin, ask, change, reason):
    enroll(ask)
    answer = override(ask, **change)
    assert answer.status_code == 422
    (row,) = answer.json()
    assert (row["success"], row["reason"]) == (False, reason)
    assert standin.openedx.campus.overrides == {}


def test_a_bulk_update_is_taken_once(standin, ask):
    enroll(ask)
    assert [override(ask).status_code for _ in range(2)] == [202, 202]
    (one,) = standin.openedx.campus.overrides.values()
    assert (one.user_id, one.usage_id, one.earned, one.possible) == (4, EXAM, 9.0, 10.0)
    standin.openedx.campus.runs[COURSE].writable_gradebook = False
    assert override(ask).json()["error_code"] == "feature_not_enabled"


def test_grades_come_by_a_cursor_and_certificates_one_by_one(standin, session, ask):
    for number in range(1, 4):
        enroll(ask, user=f"learner{number}")
    standing = {"username": "learner2", "course": COURSE, "percent": 0.9, "letter_grade": "A"}
    url = f"{standin.url}/_standin/openedx"
    assert session.post(url, json={**standing, "certified_at": "2026-11-03T13:14:28Z"}, timeout=5).status_code == 200
    wrong = session.post(url, json={"username": "x", "grade": 1}, timeout=5)
    assert (wrong.status_code, "grade" in wrong.json()["error"]) == (400, True)
    page = ask("GET", f"/api/grades/v1/courses/{COURSE}/?page_size=2").json()
    assert [(row["username"], row["passed"], row["percent"]) for row in page["results"]] == [
        ("learner1", False, 0.0),
        ("learner2", True, 0.9),
    ]
    last = ask("GET", page["next"].removeprefix(standin.url)).json()
    assert ([row["username"] for row in last["results"]], last["next"]) == (["learner3"], None)
    place = "/api/certificates/v0/certificates/{}/courses/" + COURSE + "/"
    assert ask("GET", place.format("learner2")).json()["created_date"] == "2026-11-03T13:14:28Z"
    assert ask("GET", place.format("learner1")).json()["error_code"] == "no_certificate_for_user"


def test_users_are_found_by_name_and_by_address(ask):
    found = ask("GET", "/api/user/v1/accounts?username=LEARNER1,learner2,nobody").json()
    assert [(one["id"], one["username"]) for one in found] == [(4, "learner1"), (5, "learner2")]
    assert ask("GET", "/api/user/v1/accounts?username=nobody").content == b""
    assert ask("GET", "/api/user/v1/accounts/learner3").json()["email"] == "learner3@example.org"
    assert ask("GET", "/api/user/v1/accounts/nobody").status_code == 404
    body = {"emails": ["Learner4@example.org", "no@example.org"]}
    assert ask("POST", "/api/user/v1/accounts/search_emails", body).json() == [
        {"username": "learner4", "email": "learner4@example.org", "id": 7}
    ]


def test_the_state_of_both_systems_is_shown_and_no_secret(standin, session, ask):
    enroll(ask, "k1")
    state = session.get(f"{standin.url}/_standin/state", timeout=5).json()
    assert [one["user"] for one in state["openedx"]["enrollments"]] == ["learner1"]
    assert EXAM in state["openedx"]["courses"][COURSE]
    assert state["counts"]["enrolments"] == 0, "those of Moodle"
    journal = session.get(f"{standin.url}/_standin/journal", timeout=5).text
    assert "give_token" in journal
    assert TOKEN not in json.dumps(state) + journal


def test_everything_it_answers_stands_on_the_page():
    page = (Path(__file__).resolve().parents[2] / "docs" / "openedx.md").read_text("utf-8")
    for route in ROUTES:
        path = route.path.pattern.replace(r"(?P<course>[^/+]+\+[^/+]+\+[^/?]+)", "{course}")
        path = path.replace(r"(?P<username>[\w .@_+-]+)", "{username}")
        assert f"`{route.method} {path}`" in page, path


def test_it_is_nobody_s_moodle_as_well():
    with StandIn(invented_seed(1)) as one:
        assert one.openedx.operation("GET", "/webservice/rest/server.php") is None
        assert one.openedx.operation("POST", "/api/user/v1/me") is None
        assert one.openedx.operation("GET", "/api/grades/v1/courses/course-v1%3AA%2BB%2BC/?page_size=1") == "grades"
