"""Reading back: what an LMS knows and no statement has told certifies learners, once, and nothing is counted double."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import select

from connectors.composition import registry_of
from connectors.contract import Connector, Progress, RemotePerson, Subject, Surroundings
from connectors.people import PeopleDirectory
from connectors.plugin import plugin as connectors
from connectors.readback.claim import Score, claim_of
from connectors.readback.outcome import Outcome
from connectors.readback.reading import Reading
from connectors.readback.statement import claim_id, statement_of
from connectors.readback.told import untold
from connectors.registry import kinds
from connectors.standin import StandIn
from connectors.standin.canvas.site import Enrolment as CanvasEnrolment
from connectors.standin.openedx.campus import Enrollment, Standing
from connectors.standin.world import Completion, Enrolment, Grade
from lrs import yaml_door
from lrs.cli import build
from lrs.clock import SECOND, ManualClock
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.people.roster import roster_from
from lrs.prowess import Prowess
from lrs.recorder import Recorder
from lrs.store import audit
from lrs.store import tables as t
from rules import tables as r
from rules.decide import evidence_of
from rules.language.profiles import ADL, SCORED
from rules.plugin import plugin as rules
from rules.published.composition import published_of
from rules.published.store import Source
from tests.servers import sqlite_at

from .conftest import TOKEN

MARCH = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
RUN = "course-v1:StandIn+course-1+2026"
COMMON = "allow_http: true, allow_private: true, timeout: 2"
SYSTEMS = f"""
    - {{name: moodle, kind: moodle, url: "URL", token: "${{LMS_TOKEN}}", {COMMON},
        programs: {{p: {{course: 2, grade: {{component: mod_assign, cmid: 8}}}}, other: {{course: 3}}}}}}
    - {{name: canvas, kind: canvas, url: "URL", token: "${{LMS_TOKEN}}", {COMMON},
        programs: {{p: {{course: 2, grade: {{assignment: 8}}}}}}}}
    - {{name: edx, kind: openedx, url: "URL", client_id: stand-in-client, client_secret: "${{LMS_TOKEN}}", {COMMON},
        programs: {{p: {{course: "{RUN}"}}}}}}
"""
PROGRAMS = """
{kind: activity, id: theory, title: Theory, iris: ["URL/mod/quiz/view.php?id=7", "URL/courses/2/assignments/7"]}
---
{kind: activity, id: course, title: Course, iris: ["URL/course/view.php?id=2", "URL/courses/2", "URL/course/RUN"]}
---
kind: certification
id: p
title: P
version: 1
effective: 2026-01-01
for: {job: learner}
require: ASKED
"""


@dataclass
class House:
    """A Prowess that decides, beside one stand-in that is a Moodle, a Canvas and an Open edX."""

    prowess: Prowess
    lms: StandIn
    clock: ManualClock

    def publish(self, asked: str) -> None:
        text = PROGRAMS.replace("URL", self.lms.url).replace("RUN", RUN).replace("ASKED", asked)
        published_of(self.prowess).apply([Source("p.yaml", text)])

    def people(self, *people: dict[str, Any]) -> None:
        listed = [{"positions": [{"from": "2026-01-01", "job": "learner"}], **person} for person in people]
        document = yaml_door.load(json.dumps({"people": listed}), "people")[0]
        self.prowess.people.record(roster_from(document))

    def sync(self, name: str, *courses: str, is_dry: bool = False) -> Outcome:
        connector = registry_of(self.prowess).get(name)
        asked = courses or sorted(set(connector.courses().values()))
        outcome = Reading(self.prowess, connector, is_dry=is_dry).read(asked)
        self.work()
        return outcome

    def work(self) -> None:
        self.prowess.work.drain("main")

    def send(self, *statements: dict[str, Any]) -> None:
        """What an LMS's own plug-in sends."""
        key = self.prowess.credentials.own("lms")
        given = [{"id": str(self.prowess.ids.uuid()), **one} for one in statements]
        Recorder(self.prowess, 1, key).record(given)
        self.work()

    def award(self, person: str = "emp-0001") -> str | None:
        with self.prowess.database.read() as conn:
            c = r.decision.c
            text = conn.scalar(select(c.document).where(c.person_id == person, c.program_id == "p"))
        return json.loads(text)["award"] if text else None

    def recorded(self, name: str) -> list[dict[str, Any]]:
        """What was read back from a system, in the order of the store."""
        with self.prowess.database.read() as conn:
            key = select(t.credential.c.id).where(t.credential.c.name == f"connector:{name}").scalar_subquery()
            query = select(t.body.c.bytes).join(t.statement, t.statement.c.seq == t.body.c.seq)
            rows = conn.scalars(query.where(t.statement.c.credential_id == key).order_by(t.statement.c.seq)).all()
        return [json.loads(row, parse_float=Decimal) for row in rows]

    # What learners do in the LMSs.  User 4 is learner1, whose ID number is emp-0001.

    def moodle(self, user: int = 4, cmid: int = 7, *, state: int = 2, raw: float | None = 17.0, at: datetime = MARCH):
        world, seconds = self.lms.world, int(at.timestamp())
        world.enrolments[user, 2] = Enrolment(user, 2, 5)
        if state:
            world.completions[user, cmid] = Completion(user, cmid, state, seconds)
        if raw is not None:
            world.grades[user, cmid] = Grade(user, cmid, raw, "", seconds)

    def canvas(self, user: int = 4, *, score: float = 17.0, at: datetime = MARCH):
        site = self.lms.canvas.site
        site.enrolments[900 + user] = CanvasEnrolment(900 + user, user, 2, 21, "StudentEnrollment", "active")
        told = {"state": "graded", "score": score, "grade": str(score), "submitted_at": at.isoformat()}
        site.learn({"user": user, "assignment": 7, **told})

    def edx(self, user: str = "learner1", *, percent: float = 0.85, certified_at: str | None = MARCH.isoformat()):
        campus = self.lms.openedx.campus
        campus.enrollments[user, RUN] = Enrollment(user, RUN, "audit", True, MARCH.isoformat())
        campus.standings[user, RUN] = Standing(user, RUN, percent, "Pass", certified_at)


@pytest.fixture
def open_it(tmp_path: Path, standin: StandIn, clock: ManualClock) -> Iterator[Callable[..., House]]:
    opened: list[Prowess] = []

    def start(database: str | None = None, asked: str = "{passed: theory, min_score: 0.15}") -> House:
        path = tmp_path / "config.yaml"
        url = database or sqlite_at(tmp_path / "store.db")
        systems = SYSTEMS.replace("URL", standin.url)
        path.write_text(f'database: {{url: "{url}"}}\nconnectors:\n  systems:{systems}')
        plugins = (rules, connectors)
        settings = load_settings(path, environ={"LMS_TOKEN": TOKEN}, sections={"connectors": connectors.settings})
        prowess = Prowess(settings, plugins, clock, SeededIds(1))
        opened.append(prowess)
        house = House(prowess, standin, clock)
        house.publish(asked)
        house.people(
            {"id": "emp-0001", "name": "Ada", "email": "learner1@example.org"},
            {"id": "emp-0002", "name": "Ben", "email": "learner2@example.org"},
        )
        house.work()
        return house

    yield start
    for prowess in opened:
        registry_of(prowess).close()
        prowess.close()


@pytest.fixture
def house(open_it: Callable[..., House]) -> House:
    return open_it()


def account(house: House, name: str) -> dict[str, Any]:
    """Ada, with her account in the LMS."""
    there = {"account": {"homePage": house.lms.url, "name": name}}
    return {"id": "emp-0001", "name": "Ada", "email": "learner1@example.org", "identifiers": [there]}


# From an LMS to an award.


@pytest.mark.parametrize(
    ("lms", "asked"),
    [
        ("moodle", "{passed: theory, min_score: 0.15}"),
        ("canvas", "{passed: theory, min_score: 0.15}"),
        ("edx", "{passed: course, min_score: 0.80}"),
    ],
)
def test_what_a_learner_did_in_an_lms_that_told_nothing_certifies_them_once(open_it, database_url, lms, asked):
    house = open_it(database_url, asked)
    getattr(house, lms)()
    assert house.award() != "valid"
    assert house.sync(lms, is_dry=True).recorded == 1
    assert house.recorded(lms) == []
    done = house.sync(lms)
    assert (done.recorded, done.told, done.failed, done.strangers) == (1, 0, {}, {})
    assert house.award() == "valid"
    again = house.sync(lms)
    assert (again.recorded, again.told) == (0, 1)
    assert len(house.recorded(lms)) == 1


def test_statements_are_those_of_the_lms_s_own_kind(house):
    house.people(account(house, "4"))
    house.moodle()
    house.canvas(score=90)
    house.edx()
    for lms in ("moodle", "canvas", "edx"):
        house.sync(lms)
    (quiz,), (assignment,), (course,) = (house.recorded(lms) for lms in ("moodle", "canvas", "edx"))
    url = house.lms.url
    assert quiz["actor"] == {"objectType": "Agent", "name": "Ada", "account": {"homePage": url, "name": "4"}}
    assert quiz["verb"]["id"] == f"{ADL}passed"
    assert quiz["object"] == {
        "objectType": "Activity",
        "id": f"{url}/mod/quiz/view.php?id=7",
        "definition": {"type": "http://adlnet.gov/expapi/activities/assessment", "name": {"en": "Theory test 1"}},
    }
    assert quiz["result"] == {
        "score": {"raw": 17, "min": 0, "max": 100},
        "success": True,
        "completion": True,
    }
    (parent,) = quiz["context"]["contextActivities"]["parent"]
    assert parent["id"] == f"{url}/course/view.php?id=2"
    assert quiz["timestamp"] == "2026-03-02T09:20:00.000000Z"
    assert quiz["authority"]["name"] == "connector:moodle"
    assert (assignment["verb"]["id"], "success" in assignment["result"]) == (SCORED, False)
    assert assignment["object"]["id"] == f"{url}/courses/2/assignments/7"
    assert course["object"]["id"] == f"{url}/course/{RUN}"
    assert course["result"]["score"] == {"raw": Decimal("0.85"), "min": 0, "max": 1}
    assert "context" not in course


def test_a_grade_that_was_corrected_is_recorded_once_more(house):
    house.moodle(state=0, raw=10)
    house.sync("moodle")
    assert house.award() == "none"
    house.moodle(state=0, raw=80)
    assert house.sync("moodle").recorded == 1
    assert house.award() == "valid"
    assert [one["result"]["score"]["raw"] for one in house.recorded("moodle")] == [10, 80]
    assert house.sync("moodle").recorded == 0


def test_whoever_is_nobody_here_is_named_and_nothing_is_recorded_of_them(house):
    for user in (4, 5, 6):
        house.moodle(user)
    done = house.sync("moodle")
    assert (done.recorded, done.facts()["strangers"]) == (2, [{"id": "6", "username": "learner3", "name": "learner3"}])
    house.people({"id": "emp-0003", "name": "Cleo", "email": "cleo@example.org"})
    assert house.sync("moodle").recorded == 1


def test_somebody_whom_no_statement_can_name_is_nobody_yet(house):
    house.people({"id": "emp-0003", "name": "Cleo"})
    house.moodle(6)
    assert set(house.sync("moodle").strangers) == {"6"}


def test_of_two_people_who_could_be_meant_neither_gets_it(house):
    house.people({"id": "ada-twice", "identifiers": [{"account": {"homePage": house.lms.url, "name": "4"}}]})
    house.moodle()
    done = house.sync("moodle")
    assert (done.recorded, set(done.strangers)) == (0, {"4"})


def test_what_prowess_wrote_as_a_grade_came_back_as_evidence(house):
    """Each award writes a grade into the LMS; read back, it would be a score that nobody reached."""
    house.moodle(cmid=8, state=0, raw=100)
    assert house.sync("moodle").recorded == 0
    assert registry_of(house.prowess).get("canvas").subject(progress(activity="8")) is None


def test_a_grade_was_not_read_where_moodle_tracks_no_completion(house):
    course = house.lms.world.seed.courses[2]
    untracked = tuple(replace(module, tracked=False) for module in course.modules)
    house.lms.world.seed.courses[2] = replace(course, modules=untracked)
    house.moodle(state=0, raw=90)
    house.sync("moodle")
    (one,) = house.recorded("moodle")
    assert (one["verb"]["id"], one["result"]) == (SCORED, {"score": {"raw": 90, "min": 0, "max": 100}})


# Nothing is doubled beside statements.


def moodle_says(house: House, *, score: int = 17, success: bool = True, at: datetime = MARCH) -> list[dict[str, Any]]:
    """A quiz as the plug-in of Moodle tells it: the attempt with its score, and that the module was completed."""
    url, text = house.lms.url, f"{at:%Y-%m-%dT%H:%M:%S.000Z}"
    actor = {"mbox": "mailto:learner1@example.org"}
    quiz = {
        "id": f"{url}/mod/quiz/view.php?id=7",
        "definition": {"type": "http://adlnet.gov/expapi/activities/assessment"},
    }
    attempt = {
        "id": f"{url}/mod/quiz/attempt.php?attempt={at.day}&cmid=7",
        "definition": {"type": "http://adlnet.gov/expapi/activities/attempt"},
    }
    verb = {"id": f"{ADL}completed"}
    scored = {
        "score": {"raw": score, "min": 0, "max": 100, "scaled": Decimal("0.7")},
        "completion": True,
        "success": success,
    }
    context = {"platform": "Moodle", "contextActivities": {"parent": [quiz]}}
    return [
        {"actor": actor, "verb": verb, "object": attempt, "result": scored, "context": context, "timestamp": text},
        {"actor": actor, "verb": verb, "object": quiz, "result": {"completion": True}, "timestamp": text},
    ]


MOODLE_SOURCE = "{kind: source, id: moodle, match: {platform: Moodle}, profile: moodle-logstore}\n---\n"


def test_what_moodle_s_own_statements_tell_is_not_recorded_again(open_it, database_url):
    house = open_it(database_url)
    house.send(*moodle_says(house))
    house.moodle()
    done = house.sync("moodle")
    assert (done.recorded, done.told) == (0, 1)
    assert house.recorded("moodle") == []


def test_what_open_edx_s_own_statements_tell_is_not_recorded_again(open_it):
    """It tells by one statement that a course was passed, and by another with what grade; of completion it says nothing."""
    house = open_it(asked="{passed: course}")
    actor = {"mbox": "mailto:learner1@example.org"}
    course = {
        "id": f"{house.lms.url}/course/{RUN}",
        "definition": {"type": "http://adlnet.gov/expapi/activities/course"},
    }
    score = {"scaled": Decimal("0.85"), "raw": Decimal("0.85"), "min": 0, "max": 1}
    told = {"actor": actor, "object": course, "timestamp": "2026-03-02T09:20:00.543562+00:00"}
    earned = {"id": "http://id.tincanapi.com/verb/earned"}
    house.edx()
    house.send({**told, "verb": {"id": f"{ADL}passed"}}, {**told, "verb": earned, "result": {"score": score}})
    done = house.sync("edx")
    assert (done.recorded, done.told, house.award()) == (0, 1, "valid")
    house.edx(percent=0.95)
    assert house.sync("edx").recorded == 1


def test_what_moodle_says_of_a_course_is_not_recorded_again_though_it_says_so_a_day_later(open_it):
    house = open_it(asked="{completed: course}")
    for cmid in (5, 7, 8):
        house.moodle(cmid=cmid, state=1, raw=None)
    actor, verb = {"mbox": "mailto:learner1@example.org"}, {"id": f"{ADL}completed"}
    course = {"id": f"{house.lms.url}/course/view.php?id=2"}
    house.send({"actor": actor, "verb": verb, "object": course, "timestamp": "2026-03-03T09:00:00Z"})
    house.sync("moodle")
    assert not [one for one in house.recorded("moodle") if "/course/" in one["object"]["id"]]


def test_tries_were_counted_twice_beside_the_statements_of_moodle(open_it):
    """Two tries are allowed: the failed one and the one that passes.  Read back as well, the second would be the third."""
    asked = "{passed: theory, min_score: 0.80, attempts: {max: 2}}"
    house = open_it(asked=asked)
    text = PROGRAMS.replace("URL", house.lms.url).replace("RUN", RUN).replace("ASKED", asked)
    published_of(house.prowess).apply([Source("p.yaml", MOODLE_SOURCE + text)])
    (first, _) = moodle_says(house, score=40, success=False)
    house.send(first)
    house.moodle(state=3, raw=40)
    assert house.sync("moodle").told == 0, "that it was completed nobody told"
    later = MARCH + timedelta(days=3)
    house.send(*moodle_says(house, score=90, at=later))
    house.moodle(state=2, raw=90, at=later)
    assert house.sync("moodle").recorded == 0
    assert house.award() == "valid"


def test_of_a_quiz_whose_attempt_is_told_only_its_completion_is_recorded(house):
    (attempt, _) = moodle_says(house)
    house.send(attempt)
    house.moodle()
    assert house.sync("moodle").recorded == 1
    (one,) = house.recorded("moodle")
    assert (one["verb"]["id"], one["result"]) == (f"{ADL}completed", {"completion": True})
    assert house.sync("moodle").recorded == 0


def test_what_the_lms_may_still_tell_itself_is_left_to_it_for_an_hour(house):
    now = datetime.fromtimestamp(house.clock.now() / SECOND, UTC)
    house.moodle(at=now - timedelta(minutes=10))
    house.canvas(at=now - timedelta(minutes=10))
    done = house.sync("moodle")
    assert (done.recorded, done.fresh) == (0, 1)
    assert house.sync("canvas").recorded == 1, "Canvas tells nothing itself"
    house.clock.move(seconds=3600)
    assert house.sync("moodle").fresh == 0


def test_one_lms_s_statement_was_told_again_as_another_s(house):
    """An activity has an address in each LMS; what was reached in one is not reached twice."""
    house.canvas()
    house.sync("canvas")
    house.moodle(state=0)
    assert house.sync("moodle").told == 1


def test_what_was_voided_stays_voided(house):
    house.moodle()
    house.sync("moodle")
    (one,) = house.recorded("moodle")
    voiding = {
        "actor": {"mbox": "mailto:hr@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": one["id"]},
    }
    house.send(voiding)
    assert house.award() == "none"
    assert (house.sync("moodle").recorded, house.award()) == (0, "none")


def test_two_readings_at_once_double_nothing(open_it, database_url):
    house = open_it(database_url)
    for user in range(4, 24):
        house.moodle(user)
    house.people(*({"id": f"emp-{n:04}", "email": f"learner{n}@example.org"} for n in range(1, 21)))
    connector = registry_of(house.prowess).get("moodle")
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(Reading(house.prowess, connector).read, ["2"]) for _ in range(2)]
        outcomes = [one.result(timeout=60) for one in found]
    assert sum(one.recorded for one in outcomes) == 20
    assert len(house.recorded("moodle")) == 20


def test_a_grade_without_a_date_is_dated_when_it_was_first_seen_and_recorded_once(house):
    house.edx(certified_at=None)
    house.sync("edx")
    house.clock.move(days=3)
    assert house.sync("edx").recorded == 0
    (one,) = house.recorded("edx")
    assert one["timestamp"] == "2026-11-24T12:00:00.000000Z"
    assert one["result"]["success"] is True
    assert "completion" not in one["result"]


# When the LMS fails.


def test_a_system_that_went_down_in_the_middle_loses_no_other_course(house):
    house.moodle(4)
    house.moodle(5)
    house.lms.world.enrolments[4, 3] = Enrolment(4, 3, 5)
    house.lms.world.completions[4, 17] = Completion(4, 17, 2, int(MARCH.timestamp()))
    house.lms.faults.add({"kind": "status", "on": "core_completion_get_activities_completion_status", "status": 503})
    done = house.sync("moodle")
    assert list(done.failed) == ["2"]
    assert [one["object"]["id"][-5:] for one in house.recorded("moodle")] == ["id=17"]
    assert house.sync("moodle").failed == {}
    assert len(house.recorded("moodle")) == 3


class Odd(Connector):
    """A connector whose second course is not as it was meant to be."""

    name, kind = "odd", "odd"

    def subject(self, progress: Progress) -> Subject:
        return Subject(f"https://odd.example/{progress.course}/{progress.activity}", "https://odd.example/type")

    def find_people(self, people):
        return {one.id: PERSON for one in people if one.id == "emp-0001"}

    def read_progress(self, course):
        yield progress(course=course, completed_at=MARCH)
        if course == "2":
            raise KeyError("statuses")


def test_a_connector_that_fails_by_itself_loses_no_other_course(house):
    done = Reading(house.prowess, Odd()).read(["1", "2", "3"])
    assert (done.recorded, list(done.failed)) == (2, ["2"])
    assert "KeyError" in done.failed["2"]


def test_addresses_were_those_of_the_inner_network_where_statements_have_the_public_ones(house, clock):
    """A connector may go by another address than learners; statements name the LMS by theirs."""
    told = {
        "name": "m",
        "kind": "moodle",
        "url": "https://10.0.0.7",
        "home_page": "https://lms.example.org/",
        "token": "t",
    }
    settings = kinds()["moodle"].schema().load(told)
    connector = kinds()["moodle"](settings, Surroundings(clock, PeopleDirectory(house.prowess.database, clock)))
    assert connector.subject(progress(sort="quiz")).iri == "https://lms.example.org/mod/quiz/view.php?id=7"
    assert connector.subject(progress(activity=None)).iri == "https://lms.example.org/course/view.php?id=2"
    connector.close()


def test_nothing_is_recorded_while_what_came_in_is_not_evidence_yet(house):
    key = house.prowess.credentials.own("lms")
    Recorder(house.prowess, 1, key).record([{"id": str(house.prowess.ids.uuid()), **moodle_says(house)[0]}])
    house.clock.move(seconds=90)
    house.moodle()
    with pytest.raises(Exception, match="not evidence yet"):
        Reading(house.prowess, registry_of(house.prowess).get("moodle")).read(["2"])
    assert Reading(house.prowess, registry_of(house.prowess).get("moodle"), is_dry=True).read(["2"]).recorded == 1


def test_each_reading_is_in_the_audit(house):
    house.moodle()
    house.sync("moodle")
    house.sync("moodle", is_dry=True)
    lines = [one for one in audit.lines(house.prowess.database, 1, limit=20) if one.action == "connector.sync"]
    (line,) = lines
    assert (line.subject, line.details) == (
        "moodle",
        {"recorded": 1, "told": 0, "fresh": 0, "strangers": 0, "failed": 0},
    )


# The command.


@pytest.fixture
def run(house, monkeypatch):
    monkeypatch.setenv("LMS_TOKEN", TOKEN)
    monkeypatch.setattr("lrs.cli_context.installed_plugins", lambda: (rules, connectors))
    config = house.prowess.settings.directory / "config.yaml"

    def invoke(*args, code=0):
        result = CliRunner().invoke(build(), ["--config", str(config), "connect", "sync", *args])
        assert result.exit_code == code, result.output
        return result.output

    yield invoke
    structlog.reset_defaults()


def test_the_command_says_what_came_of_it(house, run):
    long_ago = datetime(2024, 3, 2, tzinfo=UTC)
    house.moodle(4, at=long_ago)
    house.moodle(6, at=long_ago)
    dry = run("moodle", "--dry-run", "--course", "2").splitlines()
    assert dry[-1] == "moodle: 1 recorded, 0 told already, 1 person who is nobody here"
    assert any("activity 7 (Theory test 1): completed 2024-03-02, passed" in line for line in dry)
    assert json.loads(run("moodle", "--json")) == {
        "recorded": 1,
        "told": 0,
        "fresh": 0,
        "strangers": [{"id": "6", "username": "learner3", "name": "learner3"}],
        "failed": {},
    }
    assert run("moodle") == "moodle: 0 recorded, 1 told already, 1 person who is nobody here\n"
    assert "error: course 99: " in run("moodle", "--course", "99", code=1)


# Pure.

PERSON = RemotePerson("4", "learner1")
QUIZ = Subject("https://lms.example/quiz", "https://lms.example/types/quiz")
COURSE = Subject("https://lms.example/course", "https://lms.example/types/course")


def progress(**told: Any) -> Progress:
    return Progress(**{"person": PERSON, "course": "2", "activity": "7", **told})


def claimed(**told: Any):
    return claim_of("moodle", progress(**told), QUIZ, COURSE)


def scored(raw: str, **told: Any):
    return claimed(raw=Decimal(raw), minimum=Decimal(0), maximum=Decimal(20), **told)


def test_what_is_not_final_claims_nothing():
    assert claimed() is None
    assert scored("3", activity=None) is None, "the score of a course that goes on still moves"
    assert claimed(raw=Decimal(3)) is None, "nobody knows of what"
    assert scored("3", activity=None, completed_at=MARCH) is not None


def test_the_id_follows_from_the_facts_however_they_are_written():
    one = scored("17", completed_at=MARCH)
    assert claim_id(one) == claim_id(scored("17.00", completed_at=MARCH.astimezone(None)))
    others = [
        scored("16", completed_at=MARCH),
        scored("17"),
        scored("17", completed_at=MARCH, passed=True),
        scored("17", completed_at=MARCH, activity="8"),
        one.completion(),
    ]
    assert len({claim_id(other) for other in (one, *others)}) == 6


def test_points_above_the_maximum_are_left_out():
    said = statement_of(scored("22"), {"mbox": "mailto:ada@example.org"}, 0)
    assert said["result"]["score"] == {"raw": 20, "min": 0, "max": 20}
    assert scored("22").score == Score(Decimal(22), Decimal(0), Decimal(20))


def rows(verb: str = "passed", at: datetime = MARCH, **result: Any):
    return evidence_of(
        {
            "id": "0" * 32,
            "actor": {"mbox": "mailto:ada@example.org"},
            "verb": {"id": verb if ":" in verb else f"{ADL}{verb}"},
            "object": {"id": QUIZ.iri},
            "result": result,
            "timestamp": at.isoformat(),
        },
        known=1,
    )


SAME = {"raw": 85, "min": 0, "max": 100}


@pytest.mark.parametrize(
    ("claim", "evidence", "is_told"),
    [
        (scored("17"), rows(score=SAME), True),
        (scored("17.004"), rows(score=SAME), True),
        (scored("17.1"), rows(score=SAME), False),
        (scored("17"), rows(score={"scaled": 0.85}), False),
        (scored("17", passed=True), rows(score=SAME), True),
        (scored("17", passed=False), rows(score=SAME), False),
        (scored("17", passed=True), rows() + rows(SCORED, score=SAME), True),
        (scored("17", passed=True, completed_at=MARCH), rows(score=SAME, completion=True), True),
        (claimed(completed_at=MARCH), rows("completed"), True),
        (claimed(completed_at=MARCH), rows("completed", completion=False), False),
        (claimed(completed_at=MARCH), rows("completed", MARCH + timedelta(minutes=4)), True),
        (claimed(completed_at=MARCH), rows("completed", MARCH - timedelta(days=400)), False),
        (claimed(completed_at=MARCH, activity=None), rows("completed", MARCH + timedelta(days=1)), True),
        (claimed(completed_at=MARCH, activity=None, passed=True), rows("completed"), True),
        (scored("17", completed_at=MARCH, passed=True), rows(at=MARCH - timedelta(days=400), score=SAME), False),
        (claimed(passed=True), [], False),
    ],
)
def test_what_evidence_tells(claim, evidence, is_told):
    assert (untold(claim, evidence) is None) is is_told
