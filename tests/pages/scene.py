"""An organisation with a program that says much of what programs can say, and statements about its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from lrs.jobs import LANES
from lrs.prowess import Prowess
from tests.conftest import Served
from tests.entry.desk import Office, furnish, open_office, store_at

ADL = "http://adlnet.gov/expapi/verbs/"
AT = "https://lms.example/"

PROGRAM = """kind: certification
id: forklift
title: Counterbalance forklift
version: 1
effective: 2026-06-01
timezone: site
for: {job: operator}
due: {after: assigned, within: P60D, floor: P14D}
benefit: {learner: You may drive every truck on the site., company: Fewer near misses.}
recognised_by: {name: Institute X, standard: ISO/IEC 17024, url: "https://institute.example/f", value: {learner: Counts at other employers.}}
require:
  all:
    - {id: theory, passed: theory}
    - any:
        - {all: [{id: course, completed: course}, {id: quiz, passed: quiz}]}
        - {id: exam, passed: exam, min_score: 0.80, attempts: {max: 3, per: P90D, cooldown: P7D}}
    - {id: practical, signed_off: practical, by: {relation: [manager]}, after: theory}
valid: {for: P1Y}
renew: {window: P60D, grace: P14D}
waive: {by: [team-lead], max: P30D, reason: required}
"""

ACTIVITIES = """
---
{kind: activity, id: theory, title: Forklift theory, iris: ["https://lms.example/theory"]}
---
{kind: activity, id: course, title: Driving course, iris: ["https://lms.example/course"]}
---
{kind: activity, id: quiz, title: Driving quiz, iris: ["https://lms.example/quiz"]}
---
{kind: activity, id: exam, title: Driving exam, iris: ["https://lms.example/exam"]}
---
{kind: activity, id: practical, title: Driving practice, iris: ["https://lms.example/practical"]}
"""

PROGRAMS = PROGRAM + ACTIVITIES


def open_scene(serve: Callable[..., Served], url: str, programs: str = PROGRAMS, **environment: str) -> Office:
    """The organisation of `tests.entry.desk` under this program, everybody decided."""
    office = open_office(serve, url, programs, **environment)
    settle(office.served.prowess)
    return office


def scene_template(url: str) -> None:
    """What `scene` and `each_scene` begin with: the same, made once and copied."""
    with store_at(url) as prowess:
        furnish(prowess, PROGRAMS)
        settle(prowess)


def settle(prowess: Prowess) -> None:
    """Do all work that waits."""
    while any([prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
        pass


def send(office: Office, *statements: dict[str, Any]) -> list[str]:
    """Statements over HTTP, decided upon; returns their ids."""
    with office.served.session() as session:
        answer = session.post(f"{office.served.xapi}/statements", json=list(statements), timeout=20)
    assert answer.status_code == 200, answer.text
    settle(office.served.prowess)
    return list(answer.json())


def said(who: str, verb: str, what: str, when: str = "2026-06-29", **more: Any) -> dict[str, Any]:
    """Somebody did something, at noon of a day."""
    return {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{who}@example.org"},
        "verb": {"id": verb if "://" in verb else ADL + verb},
        "object": {"id": AT + what},
        "timestamp": f"{when}T12:00:00Z",
        **more,
    }


def score(scaled: float, *, success: bool | None = None) -> dict[str, Any]:
    result: dict[str, Any] = {"score": {"scaled": scaled}}
    return {"result": result if success is None else {**result, "success": success}}
