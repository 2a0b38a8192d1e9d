"""The true traffic of a Moodle, sent to a server that decides behind it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lrs import yaml_door
from lrs.people.roster import roster_from
from rules import tables as r
from rules.plugin import plugin as rules
from rules.published.store import Published, Source
from tests.conftest import Served

PROGRAMS = """
kind: source
id: moodle
match: {platform: Moodle}
profile: moodle-logstore
---
kind: activity
id: quiz
iris: ["http://127.0.0.1:8088/mod/quiz/view.php?id=7"]
---
kind: activity
id: report
iris: ["http://127.0.0.1:8088/mod/assign/view.php?id=8"]
---
kind: certification
id: half-of-the-quiz
for: {job: learner}
require: {passed: quiz, min_score: 0.50}
---
kind: certification
id: seventy-of-the-report
for: {job: learner}
require: {passed: report, min_score: 0.70}
"""


@pytest.mark.journey
def test_a_moodle_s_traffic_certifies_exactly_those_whose_raw_score_reaches_the_rule(
    serve: Callable[..., Served], database_url: str, corpus: Path
) -> None:
    served = serve(database_url, (rules,), PROWESS_RUNNER_KIND="none")
    lines = (corpus / "moodle_live" / "requests.jsonl").read_text().splitlines()
    posts = [row["body"] for row in map(json.loads, lines) if row["method"] == "POST" and "statements" in row["path"]]
    with served.session() as session:
        for body in posts:
            assert session.post(f"{served.xapi}/statements", json=body).status_code == 200
    statements = [statement for body in posts for statement in body]
    people = {statement["actor"]["mbox"] for statement in statements if "mbox" in statement["actor"]}
    served.prowess.people.record(roster_from(yaml_door.load(json.dumps(roster(people)), "people")[0]))
    Published(served.prowess.database, served.prowess.feed).apply([Source("moodle.yaml", PROGRAMS)])
    served.prowess.work.drain("main")

    quiz = scores(statements, "/mod/quiz/attempt.php")
    report = scores(statements, "view.php?id=8#submission")
    for program, scored, least in (
        ("half-of-the-quiz", quiz, Decimal("0.50")),
        ("seventy-of-the-report", report, Decimal("0.70")),
    ):
        reached = {who for who, raw, _, _ in scored if raw >= least}
        assert certified(served, program) == reached
        assert reached != {who for who, _, scaled, _ in scored if scaled >= least}, "the trap is not in this corpus"
        assert reached != {who for who, _, _, success in scored if success}, "the trap is not in this corpus"


def roster(people: set[str]) -> dict[str, Any]:
    position = {"from": "2026-01-01", "job": "learner"}
    return {
        "people": [{"id": mbox, "identifiers": [{"mbox": mbox}], "positions": [position]} for mbox in sorted(people)]
    }


def scores(statements: list[dict[str, Any]], part: str) -> list[tuple[str, Decimal, Decimal, bool]]:
    """Actor, share reached, what the sender calls scaled, and the teacher's verdict, of every scored statement."""
    found = []
    for statement in statements:
        score = statement.get("result", {}).get("score")
        if score and part in statement["object"]["id"]:
            raw = Decimal(str(score["raw"])) / Decimal(str(score["max"]))
            scaled = Decimal(str(score["scaled"]))
            found.append((statement["actor"]["mbox"], raw, scaled, statement["result"]["success"]))
    return found


def certified(served: Served, program: str) -> set[str]:
    with served.prowess.database.read() as conn:
        rows = conn.execute(select(r.decision).where(r.decision.c.program_id == program))
        return {row.person_id for row in rows if json.loads(row.document)["award"] == "valid"}
