"""The curriculum of a position: which programs, in which order, how taught, what proves them, what they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lrs.app import create_app
from lrs.server import Server
from lrs.web.accounts import create_account
from rules.curricula.audience import Place, fits, meant
from rules.language import load_programs
from tests.cadence.conftest import Newsroom, Open
from tests.web.browser import Browser

PASSWORD = "a quiet morning walk"
PROGRAMS = """
kind: certification
id: lift
title: Lift driver
version: 1
effective: 2024-01-01
timezone: UTC
description: Who may drive a lift.
for:
  - {job: [driver, lead], site: us-1}
  - {job: driver, site: de-1, assign: suggested}
due: {after: assigned, within: P30D}
require:
  in_order:
    - {passed: theory, method: [classroom, online]}
    - {passed: exam, min_score: 0.80, proctored: true}
    - {n_of: 1, of: [{completed: case-a}, {completed: case-b}]}
valid: {for: P1Y}
benefit: {learner: May drive everywhere., company: Insured.}
recognised_by: {name: Institute X, standard: ISO/IEC 17024, url: "https://x.example/lift", value: {learner: Counts elsewhere.}}
---
kind: curriculum
id: start
title: First days
version: 1
effective: 2024-01-01
timezone: UTC
for: {job: "*"}
cadence: {cohort: monthly, starts: first-monday}
tiers:
  - {id: first-30, title: The first 30 days, due: {within: P30D}, require: {completed: conduct}, suggest: [{completed: history}]}
  - {id: later, after: first-30, due: {within: P90D}, require: {responded: survey}}
---
kind: certification
id: leaders
title: Leaders
version: 1
effective: 2024-01-01
timezone: UTC
for: {manages: {depth: ">=1"}}
require: {all: [{holds: lift}, {passed: exam}]}
---
{kind: activity, id: theory, title: Theory, iris: ["https://x.example/theory"], hours: 1.5, kirkpatrick: 2, credits: {type: CEU, amount: 0.5}}
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"], kirkpatrick: 2}
---
{kind: activity, id: case-a, title: Case A, iris: ["https://x.example/a"], method: game, design: case-study}
---
{kind: activity, id: case-b, title: Case B, iris: ["https://x.example/b"]}
---
{kind: activity, id: conduct, title: Conduct, iris: ["https://x.example/conduct"]}
---
{kind: activity, id: history, title: History, iris: ["https://x.example/history"]}
---
{kind: activity, id: survey, title: Survey, iris: ["https://x.example/survey"], kirkpatrick: 1}
"""


@dataclass
class House:
    room: Newsroom
    url: str

    def browser(self, name: str) -> Browser:
        browser = Browser(self.url)
        browser.sign_in(name, PASSWORD)
        return browser


@pytest.fixture
def house(newsroom: Open) -> Iterator[House]:
    room = newsroom()
    room.rows.person("ada", "Ada", job="driver", site="us-1")
    room.rows.person("bob", "Bob", job="driver", site="de-1", manager="lee")
    room.rows.person("lee", "Lee", job="lead", site="us-1")
    room.rows.person("cy", "Cy", job="clerk", site="us-1")
    room.publish(PROGRAMS)
    room.work()
    create_account(room.prowess, "root", PASSWORD, "analyst")
    create_account(room.prowess, "cy", PASSWORD, "member", person="cy")
    server = Server(create_app(room.prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    yield House(room, server.url)
    stop()


def test_a_position_s_page_says_everything(house: House) -> None:
    browser = house.browser("cy")
    page = browser.page("/curricula/driver")
    assert page.faults == []
    for words in (
        "2 required 0 suggested",
        "First days required",
        "Next cohort 6 July 2026, then the first Monday of each month",
        "The first 30 days within 30 days of starting in the position",
        "later within 90 days of starting in the position and after “The first 30 days”",
        "Conduct required - Complete Conduct -",
        "History suggested - Complete History -",
        "Survey required - Answer Survey 1 reaction",
        "Lift driver required Who may drive a lift.",
        "Not for all For site us-1",
        "Within 30 days of being assigned",
        "Good for 1 year",
        "1. Theory required classroom or online, open test, 1.5 h Pass Theory earns 0.5 CEU 2 learning",
        "2. Exam required proctored test Pass Exam with at least 80 %; watched by a proctor 2 learning",
        "3. Case A 1 of these 2 required game, case study Complete Case A -",
        "For the learner May drive everywhere.",
        "For the company Insured.",
        "Recognised by Institute X , ISO/IEC 17024: Counts elsewhere.",
    ):
        assert words in page.words.replace("\N{EN DASH}", "-"), words
    assert page.words.index("First days") < page.words.index("Lift driver")
    assert "Leaders" not in page.words


def test_who_manages_is_told_by_who_has_it(house: House) -> None:
    page = house.browser("root").page("/curricula/lead")
    assert "Leaders required" in page.words
    assert page.words.index("Lift driver") < page.words.index("Leaders")
    assert "Lift driver" not in house.browser("root").page("/curricula/clerk").words


def test_positions_are_listed_one_s_own_first(house: House) -> None:
    page = house.browser("cy").page("/curricula")
    assert page.faults == []
    assert "Yours clerk All positions clerk driver lead" in page.words
    assert "driver 2 people hold it today" in house.browser("root").page("/curricula").words
    assert house.browser("cy").get("/curricula/drivr").status_code == 404
    assert "did you mean" in house.browser("cy").get("/curricula/drivr").text
    assert Browser(house.url).get("/curricula").status_code == 303


def test_a_job_nobody_holds_shows_the_programs_that_name_it() -> None:
    from lrs.yaml_door import load

    ruleset = load_programs(load(PROGRAMS, "p.yaml"))
    lift, start, leaders = (ruleset.programs[name][-1] for name in ("lift", "start", "leaders"))
    assert [one.everybody for one in meant(lift, "lead", [], ())] == [False]
    assert [one.everybody for one in meant(start, "astronaut", [], ())] == [True]
    assert meant(leaders, "lead", [], ()) == []
    assert meant(lift, "driver", [Place("driver", site="fr-1")], ()) == []
    assert fits(lift.audiences[0].match, Place("lead", site="us-1"))
