"""A small organisation, its programs and its statements, as files that the `decide` command reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from click.testing import CliRunner

from lrs.clock import to_us
from lrs.people.roster import Person, Position, Site, roster_from
from lrs.yaml_door import load
from rules.commands.check import decide_command
from rules.decide import Evidence, Facts, decide, evidence_of, voids_of
from rules.language import Ruleset, load_programs

ADL = "http://adlnet.gov/expapi/verbs/"
ADA = {"mbox": "mailto:ada@example.org"}
NEW_YORK = "America/New_York"

ACTIVITIES = """
---
{kind: activity, id: exam, title: Exam, iris: ["https://x.example/exam"]}
---
{kind: activity, id: a, title: A, iris: ["https://x.example/a"]}
---
{kind: activity, id: b, title: B, iris: ["https://x.example/b"]}
---
{kind: activity, id: c, title: C, iris: ["https://x.example/c"]}
---
{kind: activity, id: a2, title: A again, iris: ["https://x.example/a2"], counts_for: [{id: a}]}
"""

TWO_TIERS = """
kind: curriculum
id: base
timezone: UTC
effective: 2026-01-01
tiers: [{id: one, require: {passed: a}}, {id: two, require: {passed: b}}]
"""

PEOPLE = """
sites: {us-1: {timezone: America/New_York}, gb-1: {timezone: Europe/London}}
people:
  - id: ada
    name: Ada Byron
    identifiers: [{mbox: "mailto:ada@example.org"}]
    timezone: America/New_York
    hired_on: 2024-01-01
    positions: [{from: 2024-01-01, job: operator, site: us-1}]
"""

SITES = {"us-1": Site("us-1", "America/New_York"), "gb-1": Site("gb-1", "Europe/London")}
ADA_PERSON = Person("ada", positions=(Position(date(2024, 1, 1), job="operator", site="us-1"),))


def base(**changes: str) -> str:
    """Program B of program-language 5, with some of its lines changed; an empty text leaves a line out."""
    lines = {
        "kind": "certification",
        "id": "base",
        "title": "Base",
        "version": "1",
        "effective": "2024-01-01",
        "timezone": NEW_YORK,
        "for": "{job: operator}",
        "require": "{all: [{id: exam, passed: exam, min_score: 0.80}]}",
        "valid": "{for: P1Y}",
        "renew": "{window: P60D, grace: P14D, basis: expiry, early: ignore}",
    }
    lines.update({key.rstrip("_"): value for key, value in changes.items()})
    if lines["version"] != "1":
        lines.setdefault("apply", "at_renewal")
    return "\n".join(f"{key}: {value}" for key, value in lines.items() if value)


def said(
    activity: str,
    at: str,
    verb: str = "passed",
    *,
    score: Mapping[str, Any] | None = None,
    stored: str | None = None,
    name: str | None = None,
    actor: Mapping[str, Any] = ADA,
    **result: Any,
) -> dict[str, Any]:
    """A statement; its id follows from what it says, unless it has a name."""
    statement: dict[str, Any] = {
        "actor": dict(actor),
        "verb": {"id": verb if ":" in verb else ADL + verb},
        "object": {"id": activity if ":" in activity else f"https://x.example/{activity}"},
        "timestamp": at,
    }
    if score is not None:
        result["score"] = dict(score)
    if result:
        statement["result"] = result
    if stored:
        statement["stored"] = stored
    return {"id": named(name or json.dumps(statement, sort_keys=True)), **statement}


def passed(at: str, activity: str = "exam", scaled: float = 0.9, **more: Any) -> dict[str, Any]:
    return said(activity, at, score={"scaled": scaled}, **more)


def voiding(target: Mapping[str, Any], stored: str, name: str | None = None) -> dict[str, Any]:
    return {
        "id": named(name or f"void {target['id']} {stored}"),
        "actor": {"mbox": "mailto:admin@example.org"},
        "verb": {"id": ADL + "voided"},
        "object": {"objectType": "StatementRef", "id": target["id"]},
        "timestamp": stored,
        "stored": stored,
    }


def named(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))


@dataclass
class World:
    """Programs, people and statements; `decide` goes through the command and its files."""

    directory: Path | None = None
    programs: str = field(default_factory=lambda: base() + ACTIVITIES)
    people: str = PEOPLE
    statements: list[dict[str, Any]] = field(default_factory=list)

    def decide(self, as_of: str, known_at: str | None = None, program: str = "base", person: str = "ada") -> Any:
        return json.loads(self.decide_text(as_of, known_at, program, person))

    def decide_text(self, as_of: str, known_at: str | None = None, program: str = "base", person: str = "ada") -> str:
        assert self.directory is not None
        programs, people, statements = (self.directory / name for name in ("programs", "people.yaml", "s.jsonl"))
        programs.mkdir(exist_ok=True)
        (programs / "all.yaml").write_text(self.programs)
        people.write_text(self.people)
        statements.write_text("".join(json.dumps(statement) + "\n" for statement in self.statements))
        arguments = ["--programs", programs, "--people", people, "--statements", statements]
        arguments += ["--person", person, "--program", program, "--as-of", as_of]
        arguments += ["--known-at", known_at] if known_at else []
        result = CliRunner().invoke(decide_command, [str(a) for a in arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    @property
    def ruleset(self) -> Ruleset:
        return load_programs(load(self.programs, "all.yaml"))

    def facts(self, person: str = "ada") -> Facts:
        roster = roster_from(load(self.people, "people.yaml")[0])
        return Facts(roster.people[person], rows(self.statements), roster.sites)


def rows(statements: Iterable[Mapping[str, Any]]) -> tuple[Evidence, ...]:
    statements = list(statements)
    voids = voids_of(statements)
    return tuple(
        row
        for statement in statements
        if statement["verb"]["id"] != ADL + "voided"
        for row in evidence_of(statement, voided=voids.get(statement["id"]))
    )


def rules(text: str) -> Ruleset:
    """Programs, and the activities they speak of."""
    return load_programs(load(text + ACTIVITIES, "p.yaml"))


def noon(day: str) -> str:
    return f"{day}T17:00:00Z"


def at(text: str) -> int:
    return to_us(datetime.fromisoformat(noon(text) if len(text) == 10 else text))


def state(
    ruleset: Ruleset, day: str, *statements: Any, person: Person = ADA_PERSON, program: str = "base", **more: Any
) -> Any:
    facts = Facts(person, rows(statements), SITES, more.pop("depths", ()))
    return decide(ruleset, program, facts, as_of=at(day), **more).as_json()


def has(decision: dict[str, Any], **expected: Any) -> None:
    assert {key: decision[key] for key in expected} == expected
