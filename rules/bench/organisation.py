"""A made-up organisation for measuring: programs, people, and what they did, all from one seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from lrs.clock import DAY, SECOND, to_text
from lrs.people.roster import Person, Position, Roster
from rules.decide import Evidence
from rules.language.profiles import ADL

START = 1_704_067_200 * SECOND
"""2024-01-01, in microseconds."""

_PROGRAM = """
---
kind: certification
id: p{n}
effective: 2024-01-01
timezone: America/New_York
for: {{job: operator}}
due: {{after: assigned, within: P30D}}
require: {{in_order: [{{passed: t{n}}}, {{passed: e{n}, min_score: 0.80}}]}}
valid: {{for: P1Y}}
renew: {{window: P60D, grace: P14D, require: {{passed: e{n}, min_score: 0.80}}}}
---
{{kind: activity, id: t{n}, iris: ["https://x.example/t{n}"]}}
---
{{kind: activity, id: e{n}, iris: ["https://x.example/e{n}"]}}
"""


def programs(count: int) -> str:
    """So many certifications, each with a course, an exam and a yearly renewal."""
    return "".join(_PROGRAM.format(n=n) for n in range(count))


def roster(people: int) -> Roster:
    positions = (Position(date(2024, 1, 1), job="operator"),)
    return Roster(
        {f"u{n}": Person(f"u{n}", identifiers=(_ifi(n),), positions=positions) for n in range(people)},
        {},
    )


def statements(people: range, count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """A course, an exam and a second exam for each person and program."""
    random = Random(seed + people.start)
    for person in people:
        for program in range(count):
            for place, activity in enumerate(("t", "e", "e")):
                day = random.randrange(300) + 330 * (place == 2)
                yield statement(random, person, f"https://x.example/{activity}{program}", START + day * DAY)


def statement(random: Random, person: int, activity: str, at: int) -> dict[str, Any]:
    return {
        "id": str(UUID(int=random.getrandbits(128), version=4)),
        "actor": {"mbox": f"mailto:u{person}@x.example"},
        "verb": {"id": ADL + "passed"},
        "object": {"id": activity},
        "result": {"score": {"scaled": 0.9}, "success": True},
        "timestamp": to_text(at),
    }


def history(rows: int) -> list[Evidence]:
    """The evidence of one person for one exam, passed and failed."""
    random = Random(rows)
    return [
        Evidence(
            statement=f"{n:032x}",
            verb=ADL + random.choice(("passed", "failed", "attempted")),
            activity="https://x.example/e0",
            activity_type=None,
            relation="object",
            object_type=None,
            at=(at := START + random.randrange(800) * DAY),
            known=at,
            tie=n.to_bytes(16, "big"),
            scaled=Decimal(random.choice(("0.5", "0.9"))),
            credential="lms",
            platform="Moodle",
        )
        for n in range(rows)
    ]


def _ifi(person: int) -> str:
    return json.dumps({"mbox": f"mailto:u{person}@x.example"}, separators=(",", ":"))
