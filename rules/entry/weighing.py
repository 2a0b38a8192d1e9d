"""What becomes of a word that was just given: the programs for which it does not count, and why.

Decisions follow behind the requests; whoever signs off is told at once, from the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from lrs.people.identity import identity_of
from lrs.prowess import Prowess
from lrs.xapi.postings import posting_key
from rules.composition import published_of
from rules.decide import Facts, affected, decide, evidence_of
from rules.explain.part import part_of
from rules.explain.reasons import in_words
from rules.facts_reader import FactsReader
from rules.vocabulary import KEY_NAME


class Objection(NamedTuple):
    """A program for which a statement does not count, and why, in words."""

    program: str
    why: str


def objections(prowess: Prowess, tenant_id: int, statement: Mapping[str, Any]) -> list[Objection]:
    """For each program that is asked of the learner and looks at what a statement of ours is about, why it does not count."""
    ruleset, now = published_of(prowess).current(tenant_id).ruleset, prowess.clock.now()
    programs = sorted(affected(ruleset).get(statement["object"]["id"], ()))
    learner, observer = (
        _person(prowess, tenant_id, agent)
        for agent in (statement["actor"], (statement.get("context") or {}).get("instructor"))
    )
    if learner is None or not programs:
        return []
    people = [learner] if observer is None else [learner, observer]
    known = FactsReader(prowess.database, prowess.people).read(tenant_id, ruleset, people)
    facts = _with(known[learner], known.get(observer or ""), statement, now)
    found = []
    for program in programs:
        document = decide(ruleset, program, facts, as_of=now).as_json()
        used, reasons = part_of(document["proof"], str(statement["id"]))
        if reasons and not used and document["assignment"] in ("required", "suggested"):
            title = ruleset.programs[program][-1].title or program
            found.append(Objection(title, " ".join(sorted(map(in_words, reasons)))))
    return found


def _person(prowess: Prowess, tenant_id: int, agent: Mapping[str, Any] | None) -> str | None:
    """Whom an Agent belongs to, among the people."""
    identifier = identity_of(agent) if agent else None
    if identifier is None:
        return None
    key = posting_key("agent", identifier)
    return prowess.people.person_of([key], tenant_id=tenant_id).get(key)


def _with(facts: Facts, observer: Facts | None, statement: Mapping[str, Any], now: int) -> Facts:
    """The facts of a learner with a statement that may not have been followed yet."""
    rows = evidence_of(statement, known=now, credential=KEY_NAME)
    before = [row for row in facts.evidence if row.statement != statement["id"]]
    said = {row.instructor: observer for row in rows if row.instructor and observer is not None}
    return replace(facts, evidence=[*before, *rows], observers={**facts.observers, **said})
