"""The stand-in: it does what Moodle does, refuses what Moodle refuses, and says why."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from dataclasses import fields
from pathlib import Path

import pytest
import requests

from connectors.standin import StandIn
from connectors.standin.forms import parse
from connectors.standin.seed import Course, Module, User, invented_seed, load_seed

from .conftest import TOKEN

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


@pytest.fixture
def call(standin):
    """Call a function over HTTP with any form."""
    session = requests.Session()
    session.trust_env = False

    def send(function, key="", **form):
        common = {"wstoken": TOKEN, "wsfunction": function, "moodlewsrestformat": "json"}
        url = f"{standin.url}/webservice/rest/server.php"
        answer = session.post(url, data={**common, **form}, headers={"Idempotency-Key": key}, timeout=5)
        assert answer.status_code == 200, "Moodle's errors are HTTP 200"
        return answer.json()

    yield send
    session.close()


ENROL = {"enrolments[0][roleid]": "5", "enrolments[0][userid]": "4", "enrolments[0][courseid]": "2"}


@pytest.mark.parametrize(
    ("function", "form", "code", "why"),
    [
        ("enrol_manual_enrol_users", ENROL | {"wstoken": "no"}, "invalidtoken", "not the one"),
        ("enrol_manual_enrol_users", ENROL | {"moodlewsrestformat": "xml"}, "invalidresponseformat", "send moodlews"),
        ("enrol_manual_enrol_users", ENROL | {"enrolments[0][courseid]": "9"}, "invalidparameter", "courses: 2, 3"),
        ("enrol_manual_enrol_users", ENROL | {"enrolments[0][userid]": "9999"}, "codingerror", "does not exist:9999"),
        ("enrol_manual_enrol_users", ENROL | {"enrolments[0][roleid]": "1"}, "wsusercannotassign", "accepted: 5"),
        ("enrol_manual_enrol_users", ENROL | {"enrolments[0][due]": "1"}, "invalidparameter", "unexpected keys due"),
        ("enrol_manual_enrol_users", ENROL | {"enrolments[0][userid]": "x"}, "invalidparameter", "an integer was"),
        ("enrol_manual_enrol_users", {"enrolments[0][userid]": "4"}, "invalidparameter", "missing keys roleid"),
        ("enrol_manual_enrol_users", {"enrolments": "4"}, "invalidparameter", "a list was expected"),
        (
            "enrol_manual_unenrol_users",
            {"enrolments[0][userid]": "9999", "enrolments[0][courseid]": "2"},
            "invalidparameter",
            "not exist",
        ),
        ("core_user_get_users_by_field", {"field": "shoe", "values[0]": "1"}, "invalidparameter", "accepted: id"),
        (
            "core_completion_get_activities_completion_status",
            {"courseid": "2", "userid": "1"},
            "invalidrecord",
            "user 1",
        ),
        ("core_course_delete_courses", {}, "invalidrecord", "no function"),
    ],
)
def test_refusals_say_what_was_wrong_and_what_would_do(standin, call, function, form, code, why):
    said = call(function, **form)
    assert said["errorcode"] == code
    assert {"exception", "message"} <= set(said)
    assert why in said["debuginfo"]
    (refusal,) = standin.world.state()["refusals"]
    assert (refusal["call"], refusal["code"]) == (function, code)
    assert standin.world.state()["counts"]["enrolments"] == 0


def test_more_than_a_hundred_items_are_refused(call):
    form = {f"values[{number}]": f"emp-{number}" for number in range(101)}
    said = call("core_user_get_users_by_field", field="idnumber", **form)
    assert "101 items; at most 100" in said["debuginfo"]


def test_a_batch_is_all_or_nothing(standin, call):
    second = {"enrolments[1][roleid]": "5", "enrolments[1][userid]": "9999", "enrolments[1][courseid]": "2"}
    assert "errorcode" in call("enrol_manual_enrol_users", **ENROL, **second)
    assert standin.world.enrolments == {}


def test_repeating_changes_nothing_and_is_null(standin, call):
    assert call("enrol_manual_enrol_users", "k1", **ENROL) is None
    assert call("enrol_manual_enrol_users", "k1", **ENROL) is None
    state = standin.world.state()
    assert state["effects"] == {"k1": 1}
    assert state["tries"] == {"k1": 2}


def test_grades_stay_inside_the_bounds_of_their_item(standin, call):
    form = {"source": "x", "courseid": "2", "component": "mod_assign", "activityid": "8", "itemnumber": "0"}
    grade = {"grades[0][studentid]": "4", "grades[0][grade]": "140.5"}
    assert call("core_grades_update_grades", **form, **grade) == 0
    assert [one["grade"] for one in standin.world.state()["grades"]] == [100.0]
    assert call("core_grades_update_grades", **(form | {"component": "mod_quiz"}))["errorcode"] == "invalidcoursemodule"


def test_forms_are_read_as_php_reads_them():
    assert parse(b"a=1&rows[0][id]=4&rows[1][id]=5&o[k]=v&e=&odd]=x") == {
        "a": "1",
        "rows": [{"id": "4"}, {"id": "5"}],
        "o": {"k": "v"},
        "e": "",
    }


def test_state_faults_and_completions_over_http(standin):
    with requests.Session() as session:
        session.trust_env = False

        def post(path, body):
            return session.post(f"{standin.url}/_standin/{path}", json=body, timeout=5)

        wrong = post("fault", {"kind": "explode"})
        assert wrong.status_code == 400
        assert "kinds: status" in wrong.json()["error"]
        assert post("fault", {"kind": "status", "status": 503, "on": "webhook"}).status_code == 200
        assert session.post(f"{standin.url}/webhook", data=b"{}", timeout=5).status_code == 503
        assert session.post(f"{standin.url}/webhook", data=b"{}", timeout=5).status_code == 401
        assert post("completion", {"user": 4, "cmid": 8, "state": 2}).status_code == 200
        assert post("nothing", {}).status_code == 404
        state = session.get(f"{standin.url}/_standin/state", timeout=5).json()
        assert state["counts"]["users"] == 200
        assert state["refusals"][0]["why"] == "the header is not t=<seconds>,v1=<hex>"
        assert session.get(f"{standin.url}/elsewhere", timeout=5).status_code == 404


def test_some_of_many_who_came_at_once_were_turned_away_on_a_busy_machine(standin):
    """Nobody answers yet: they wait at the door, which holds five unless it is told."""
    standin._server.shutdown()
    waiting = []
    try:
        for _ in range(60):
            waiting.append(socket.create_connection(standin._server.server_address, timeout=0.5))
    finally:
        for one in waiting:
            one.close()
        standin._thread.join()
        standin._thread = threading.Thread(target=standin._server.serve_forever, args=(0.05,), daemon=True)
        standin._thread.start()


def test_many_threads_at_once_lose_nothing(standin, call):
    def enrol(user):
        form = ENROL | {"enrolments[0][userid]": str(user)}
        data = {"wstoken": TOKEN, "wsfunction": "enrol_manual_enrol_users", "moodlewsrestformat": "json", **form}
        with requests.Session() as session:
            session.trust_env = False
            session.post(f"{standin.url}/webservice/rest/server.php", data=data, timeout=10)

    threads = [threading.Thread(target=enrol, args=(user,)) for user in range(4, 24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert standin.world.state()["counts"]["enrolments"] == 20


def test_the_seed_file_on_the_page_is_read_as_it_says(tmp_path):
    text = PAGE.read_text("utf-8").partition("`--seed-file FILE`")[2]
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (tmp_path / "seed.json").write_text(example)
    seed = load_seed(tmp_path / "seed.json")
    assert [(user.id, user.username, user.email) for user in seed.users.values()] == [
        (4, "ada", "ada@example.org"),
        (17, "ben", ""),
    ]
    (course,) = seed.courses.values()
    assert (course.id, course.fullname, course.criteria) == (12, "Safety at work", True)
    assert [(one.cmid, one.modname, one.grademax, one.locked) for one in course.modules] == [
        (112, "quiz", 20, False),
        (8, "assign", 100.0, False),
    ]
    for kind in (User, Course, Module):
        for one in fields(kind):
            assert f'"{one.name}"' in example or one.name == "modules", one.name
    (tmp_path / "least.json").write_text(json.dumps({"users": [{"username": "eve"}]}))
    least = load_seed(tmp_path / "least.json")
    assert (least.users[4].username, len(least.courses)) == ("eve", 2)


def test_it_runs_in_its_own_process_with_a_seed_file(tmp_path):
    seed = tmp_path / "users.json"
    users = [{"username": f"u{n}", "idnumber": f"E{n}", "email": f"u{n}@example.org"} for n in range(250)]
    seed.write_text(json.dumps({"users": users}))
    command = [sys.executable, "-m", "connectors.standin", "--port", "0", "--token", "abc", "--seed-file", str(seed)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        told = json.loads(process.stdout.readline())
        assert (told["users"], told["courses"]) == (250, 2)
        with requests.Session() as session:
            session.trust_env = False
            form = {"wstoken": "abc", "wsfunction": "core_webservice_get_site_info", "moodlewsrestformat": "json"}
            answer = session.post(f"{told['url']}/webservice/rest/server.php", data=form, timeout=10)
            assert answer.json()["siteurl"] == told["url"]
    finally:
        process.terminate()
        assert process.wait(10) == 0
        process.stdout.close()


def test_invented_people_are_as_many_as_asked():
    seed = invented_seed(300, 3)
    assert (len(seed.users), len(seed.courses)) == (300, 3)
    assert [module.cmid for module in seed.courses[4].modules] == [25, 27, 28]


def test_two_stand_ins_do_not_share_anything():
    with StandIn(invented_seed(1)) as one, StandIn(invented_seed(2)) as other:
        assert one.url != other.url
        assert len(other.world.seed.users) == 2
