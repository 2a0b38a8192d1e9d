"""Moodle: whom it takes our people for, what it is asked, what it says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qsl
from uuid import UUID

import pytest

from connectors.composition import registry_of
from connectors.contract import Match, PersonKeys
from connectors.errors import RemoteError, SystemDown, UnknownPerson
from connectors.http import Answer
from connectors.moodle.caller import MoodleCaller, flattened
from connectors.moodle.progress import ProgressReader
from connectors.moodle.refusals import refusal
from connectors.outbox import State
from connectors.standin import forms
from lrs.settings import Secret

from .conftest import TOKEN


@pytest.fixture
def moodle(house):
    return registry_of(house.prowess).get("moodle-hq")


def at_moodle(house, name):
    return {"account": {"homePage": f"{house.standin.url}/", "name": name}}


def test_nested_parameters_are_written_as_php_reads_them():
    params = {"a": 1, "rows": [{"id": 4, "ok": True}, {"id": 5, "grade": Decimal("9.50")}], "data": {"x": {"y": "z"}}}
    assert flattened(params) == [
        ("a", "1"),
        ("rows[0][id]", "4"),
        ("rows[0][ok]", "1"),
        ("rows[1][id]", "5"),
        ("rows[1][grade]", "9.50"),
        ("data[x][y]", "z"),
    ]


def test_more_than_a_hundred_items_never_leave():
    with pytest.raises(ValueError, match="at most 100"):
        flattened({"values": list(range(101))})


def test_people_are_found_a_hundred_at_a_time(house, moodle):
    people = [PersonKeys(f"emp-{number:04}") for number in range(1, 201)]
    found = moodle.find_people([*people, PersonKeys("stranger")])
    assert len(found) == 200
    assert found["emp-0007"].username == "learner7"
    sizes = [len(call["params"]["values"]) for call in house.standin.world.journal if "values" in call["params"]]
    assert max(sizes) <= 100


def test_an_account_of_this_moodle_comes_before_other_keys(house):
    house.person("emp-0001", **at_moodle(house, "9"))
    house.emit("assigned")
    house.work()
    assert [row["user"] for row in house.seen()["enrolments"]] == [9]


def test_an_account_elsewhere_and_an_unknown_idnumber_leave_the_email(house):
    house.person("ada", email="LEARNER3@example.org", account={"homePage": "https://other.example", "name": "9"})
    house.emit("assigned", person="ada")
    house.work()
    assert [row["user"] for row in house.seen()["enrolments"]] == [6]


def test_a_match_is_remembered_until_its_key_is_no_longer_theirs(house, moodle):
    house.person("ada", email="learner3@example.org")
    house.emit("assigned", person="ada")
    house.work()
    matcher = moodle._matcher
    assert matcher.known("ada") == "6"
    assert house.seen()["calls"]["core_user_get_users_by_field"] == 2, "idnumber, then email"
    house.emit("awarded", person="ada")
    house.work()
    assert house.seen()["calls"]["core_user_get_users_by_field"] == 2

    matcher._people.remember("moodle-hq", "ada", Match("6", "email:somebody-else@example.org"))
    assert matcher.known("ada") is None


def test_two_users_for_one_key_match_nobody(house):
    users = house.standin.world.seed.users
    users[900] = type(users[4])(900, "twin", "emp-0001", "twin@example.org", "T", "Win")
    house.emit("assigned")
    house.work()
    assert house.seen()["enrolments"] == []
    assert "Moodle has 2 users for idnumber:emp-0001, so none is taken for person 'emp-0001'" in house.only().last_error


def test_a_user_who_was_made_anew_is_looked_up_again_at_once(house, moodle):
    moodle._matcher._people.remember("moodle-hq", "emp-0001", Match("4000", "idnumber:emp-0001"))
    house.emit("assigned")
    house.work()
    assert house.only().state is State.SENT
    assert [row["user"] for row in house.seen()["enrolments"]] == [4]
    assert moodle._matcher.known("emp-0001") == "4"


def test_nobody_known_by_any_key_is_explained(house, moodle):
    with pytest.raises(UnknownPerson, match=r"tried idnumber:nobody") as caught:
        moodle._matcher.look_up("nobody")
    assert caught.value.retryable


def test_unenrolment_instead_of_suspension(open_house):
    from .conftest import CONFIG

    house = open_house(config=CONFIG.replace("      programs:\n", "      on_unassign: unenrol\n      programs:\n", 1))
    house.emit("assigned")
    house.emit("unassigned")
    house.work()
    assert house.seen()["enrolments"] == []
    assert house.seen()["calls"]["enrol_manual_unenrol_users"] == 1


@pytest.mark.parametrize(
    ("code", "message", "retryable", "down"),
    [
        ("invalidtoken", "Invalid token - token not found", True, True),
        ("accessexception", "Access control exception", True, True),
        ("sitemaintenance", "", True, True),
        ("dmlwriteexception", "", True, True),
        ("invalidrecord", "Can't find data record in database table external_functions.", True, True),
        ("invalidrecord", "Can't find data record in database table course.", False, False),
        ("invalidparameter", "Invalid parameter value detected", False, False),
        ("wsnoinstance", "", False, False),
        ("nopermissions", "", True, False),
        ("somethingnew", "", True, False),
    ],
)
def test_what_an_error_code_means(code, message, retryable, down):
    error = refusal("f", {"exception": "x", "errorcode": code, "message": message})
    assert (error.retryable, isinstance(error, SystemDown), error.remote_code) == (retryable, down, code)
    assert error.hint or code == "somethingnew"


@pytest.mark.parametrize(
    ("locked", "courseid", "text"), [(True, 2, "4 (the grade item is locked)"), (False, 3, "1 (failed)")]
)
def test_a_grade_that_is_not_taken_is_dead_and_explained(house, locked, courseid, text):
    course = house.standin.world.seed.courses[2]
    modules = tuple(type(one)(one.cmid, one.modname, one.instance, one.name, locked=locked) for one in course.modules)
    house.standin.world.seed.courses[2] = type(course)(2, "c", "C", modules)
    settings = registry_of(house.prowess).get("moodle-hq")._settings
    target = settings.programs["forklift"]
    settings.programs["forklift"] = type(target)(courseid, target.grade, None)
    house.emit("awarded")
    house.work()
    assert house.only().state is State.DEAD
    assert text in house.only().last_error


def test_a_wrong_token_costs_no_delivery(house):
    house.standin.token = "changed"
    house.emit("assigned")
    house.work()
    assert house.only().state is State.PENDING
    assert "invalidtoken" in house.only().last_error
    assert "Manage tokens" in house.only().last_error
    house.standin.token = TOKEN
    house.clock.move(seconds=10)
    house.send()
    assert house.only().state is State.SENT


def complete(house, user, cmid, state, at=1_795_500_000):
    house.standin.administer("/_standin/completion", {"user": user, "cmid": cmid, "state": state, "completed_at": at})


def test_progress_joins_completions_and_grades(house, moodle):
    house.emit("assigned")
    house.emit("awarded", score="0.77")
    house.work()
    for cmid, state in ((5, 1), (7, 3), (8, 2)):
        complete(house, 4, cmid, state)
    course, page, quiz, assign = moodle.read_progress("2")
    assert (course.activity, course.completed_at, course.passed) == (None, None, None), "the quiz was failed"
    assert (page.activity, page.completed_at, page.passed, page.raw) == (
        "5",
        datetime.fromtimestamp(1_795_500_000, UTC),
        None,
        None,
    )
    assert (quiz.activity, quiz.passed, quiz.raw) == ("7", False, None)
    assert (assign.activity, assign.title, assign.passed) == ("8", "Certification 1", True)
    assert (assign.raw, assign.minimum, assign.maximum) == (77, 0, 100)
    assert assign.person.idnumber == "emp-0001"
    complete(house, 4, 7, 2)
    course, *_ = moodle.read_progress("2")
    assert (course.completed_at, course.passed) == (datetime.fromtimestamp(1_795_500_000, UTC), True)


def test_a_course_without_completion_criteria_is_asked_once(house, moodle):
    course = house.standin.world.seed.courses[2]
    house.standin.world.seed.courses[2] = type(course)(2, "c", "C", course.modules, criteria=False)
    house.emit("assigned")
    house.emit("assigned", person="emp-0002")
    house.work()
    rows = list(moodle.read_progress("2"))
    assert len(rows) == 8
    assert house.seen()["calls"]["core_completion_get_course_completion_status"] == 1


def test_the_connection_test_names_what_the_service_lacks(house, moodle, monkeypatch):
    from connectors.standin import moodle as functions

    assert next(iter(moodle.test())) == (
        f"Stand-in Moodle at {house.standin.url}, as Prowess Service, all functions there"
    )
    fewer = {name: told for name, told in functions.FUNCTIONS.items() if name != "core_grades_update_grades"}
    monkeypatch.setattr(functions, "FUNCTIONS", fewer)
    with pytest.raises(SystemDown, match=r"lacks core_grades_update_grades \(writing results\)"):
        list(moodle.test())


# What a real Moodle 4.5 was asked and what it said, where the corpus is there.


class Recorded:
    """A door that answers what a real Moodle answered, and keeps what it was sent."""

    def __init__(self, response):
        self.response = response
        self.sent = {}

    def post(self, path, body, headers):
        self.sent = dict(parse_qsl(body.decode(), keep_blank_values=True))
        return Answer(200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(self.response).encode())

    def parsed(self, answer):
        return json.loads(answer.body, parse_float=Decimal)

    def redacted(self, text):
        return text


@pytest.fixture
def recordings(corpus):
    found = {path.stem: json.loads(path.read_text()) for path in sorted((corpus / "moodle_ws").glob("*.json"))}
    if not found:
        pytest.skip(f"no recordings in {corpus / 'moodle_ws'}")
    return found


def test_recorded_calls_are_sent_with_the_recorded_parameters(recordings):
    for name, recording in recordings.items():
        door = Recorded(recording["response"])
        caller = MoodleCaller(door, Secret("t"))
        if name.endswith("__error"):
            with pytest.raises(RemoteError) as caught:
                caller.call(recording["function"], recording["params"])
            assert caught.value.remote_code == recording["response"]["errorcode"]
        else:
            assert caller.call(recording["function"], recording["params"]) == json.loads(
                json.dumps(recording["response"]), parse_float=Decimal
            )
        sent = {key: value for key, value in door.sent.items() if not key.startswith(("ws", "moodlews"))}
        assert forms.parse(_encoded(sent)) == _texts(recording["params"]), name


def test_recorded_answers_are_understood(recordings):
    answers = {name: recording["response"] for name, recording in recordings.items()}

    class Caller:
        def call(self, function, params=None, key=None):
            return answers[function]

    rows = list(ProgressReader(Caller(), "2").read())
    assert {row.person.id for row in rows} >= {"4", "5"}
    first = [row for row in rows if row.person.id == "4"]
    assert [(row.activity, row.passed) for row in first] == [
        (None, True),
        ("5", None),
        ("6", None),
        ("7", False),
        ("8", None),
    ]
    assert first[0].completed_at == datetime.fromtimestamp(1795451713, UTC)


def test_the_stand_in_answers_recorded_calls_in_the_recorded_shape(recordings, standin):
    from connectors.standin.seed import seed_from

    users = [{"username": f"u{n}", "idnumber": f"EMP-51585-{n}", "email": f"u{n}@example.org"} for n in range(1, 6)]
    standin.world.seed = seed_from({"users": users})
    compared = []
    order = ["enrol_manual_enrol_users", "core_user_get_users_by_field", "core_enrol_get_enrolled_users"]
    for name in [*order, *(name for name in recordings if name not in order)]:
        recording = recordings[name]
        if recording["function"] not in forms_of(standin) or name.endswith("nocriteriaset"):
            continue
        form = {"wstoken": TOKEN, "wsfunction": recording["function"], "moodlewsrestformat": "json"}
        _, body = standin.function({**form, **forms.parse(_encoded(dict(flattened(recording["params"]))))}, "")
        said = json.loads(body)
        if name.endswith("__error"):
            continue
        problems = list(_unlike(said, recording["response"], name))
        assert not problems, problems
        compared.append(name)
    assert len(compared) >= 8, compared


def test_the_stand_in_refuses_in_the_recorded_shape(recordings, standin):
    wrong_token = recordings["core_webservice_get_site_info__error"]
    _, body = standin.function({"wstoken": "wrong", "wsfunction": wrong_token["function"]}, "")
    told = json.loads(body)
    assert "started with" in told.pop("debuginfo")
    assert told == wrong_token["response"]
    unknown = recordings["no_such_function__error"]
    form = {"wstoken": TOKEN, "wsfunction": unknown["function"], "moodlewsrestformat": "json"}
    told = json.loads(standin.function(form, "")[1])
    assert "no function 'no_such_function'" in told.pop("debuginfo")
    assert told == unknown["response"]


def forms_of(standin):
    from connectors.standin.moodle import FUNCTIONS

    return FUNCTIONS


def _encoded(form):
    from urllib.parse import urlencode

    return urlencode(form).encode()


def _texts(value):
    if isinstance(value, dict):
        return {key: _texts(child) for key, child in value.items()}
    return [_texts(child) for child in value] if isinstance(value, list) else str(value)


def _unlike(ours, theirs, at):
    """Where an answer of the stand-in has a key or a type that Moodle's has not."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key, value in ours.items():
            if key in theirs:
                yield from _unlike(value, theirs[key], f"{at}.{key}")
            elif key != "cmid":  # of grade items of modules, of which the recording has none
                yield f"{at}.{key}: Moodle has no such key"
    elif isinstance(theirs, list) and isinstance(ours, list):
        for value in ours if theirs else ():
            if not any(not list(_unlike(value, one, at)) for one in theirs) and value:
                yield from _unlike(value, theirs[0], f"{at}[]")
    elif ours is not None and theirs is not None and not _same_type(ours, theirs):
        yield f"{at}: {ours!r} against {theirs!r}"


def _same_type(ours, theirs):
    numbers = (int, float)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return isinstance(ours, bool) and isinstance(theirs, bool)
    return type(ours) is type(theirs) or (isinstance(ours, numbers) and isinstance(theirs, numbers))


def test_a_key_goes_with_every_changing_call(house):
    house.emit("assigned")
    house.work()
    calls = {call["call"]: call["key"] for call in house.standin.world.journal if call["call"].startswith("enrol")}
    assert UUID(calls["enrol_manual_enrol_users"]).version == 5
