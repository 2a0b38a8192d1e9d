"""`prowess explain`: what holds for somebody in the store, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_datetime
from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.prowess import Prowess
from lrs.store.tables import DEFAULT_TENANT
from rules.composition import published_of
from rules.decide import EVERYTHING, Evidence, Facts, decide, decide_withdrawn
from rules.decide.zones import Zones
from rules.facts_reader import FactsReader
from rules.language import Ruleset
from rules.moments import moment


@click.command(name="explain")
@click.argument("person")
@click.argument("program")
@click.option("--as-of", help="A date or an RFC 3339 instant; default now.")
@click.option("--known-at", help="Judge by what was known at that date or instant; default everything.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
@pass_prowess
def explain_command(
    prowess: Prowess, person: str, program: str, as_of: str | None, known_at: str | None, as_json: bool
) -> None:
    """Say what holds for a person in a program, on any day and as known on any day, and why.

    Example: prowess explain ada forklift-operator --as-of 2026-12-31
    """
    found = explain(prowess, person, program, as_of, known_at)
    document = found.document
    click.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else explain_text(found))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and what it was decided from."""

    document: Mapping[str, Any]
    evidence: Mapping[str, Evidence]
    ruleset: Ruleset
    withdrawn: int | None = None
    """When the program was withdrawn, if it was: decided is then what held at that moment and stays."""

    def of_statement(self, id_: str) -> str:
        """A statement in a few words: when, which score, whose."""
        row = self.evidence.get(id_)
        if row is None:
            return id_
        parts = [id_, to_datetime(row.at).strftime("%Y-%m-%d %H:%M")]
        if row.raw is not None and row.max is not None:
            parts.append(f"score {row.raw} of {row.max}")
        elif row.scaled is not None:
            parts.append(f"scaled {row.scaled}")
        if row.credential:
            parts.append(f"from {row.credential}")
        return ", ".join(parts)


def explain(
    prowess: Prowess, person: str, program: str, as_of: str | None = None, known_at: str | None = None
) -> Explanation:
    """The decision of a stored person.  Raises NotFound, BadRequest."""
    published = published_of(prowess)
    ruleset = published.current().ruleset
    withdrawn = published.withdrawn(DEFAULT_TENANT, known_at=prowess.clock.now()).get(program)
    if withdrawn is not None:
        ruleset = published.current(known_at=withdrawn - 1).ruleset
    if program not in ruleset.programs:
        hint = did_you_mean(program, ruleset.programs) if ruleset.programs else "publish programs with: prowess apply"
        raise NotFound(f"no program '{program}' is published", hint=hint)
    roster = prowess.people.roster()
    if person not in roster.people:
        raise NotFound(f"no person has the id '{person}'", hint=did_you_mean(person, roster.people))
    zones = Zones(ruleset.programs[program][-1].timezone, Facts(roster.people[person], (), roster.sites))
    at = prowess.clock.now() if as_of is None else moment(as_of, zones)
    known = None if known_at is None else moment(known_at, zones)
    is_over = withdrawn is not None and at >= withdrawn
    if withdrawn is not None and is_over:
        known = withdrawn if known is None else min(known, withdrawn)
    reader = FactsReader(prowess.database, prowess.people)
    facts = reader.read(DEFAULT_TENANT, ruleset, [person], known_at=known)
    if person not in facts:
        raise BadRequest(f"'{person}' was not known at {known_at}")
    if withdrawn is not None and is_over:
        decision = decide_withdrawn(ruleset, program, facts[person], at=withdrawn)[0]
    else:
        decision = decide(ruleset, program, facts[person], as_of=at, known_at=EVERYTHING if known is None else known)
    return Explanation(
        decision.as_json(),
        {row.statement: row for row in facts[person].evidence},
        ruleset,
        withdrawn if is_over else None,
    )


def explain_text(found: Explanation) -> str:
    """A decision for reading: verdict, dates, what is missing, what it was built on."""
    document = found.document
    lines = [
        f"{document['person']} in {document['program']} v{document['version']}, as of {document['as_of']}",
        *_withdrawal(found),
        f"  assignment  {document['assignment']}",
        f"  progress    {document['progress']}",
        f"  award       {document['award']}  {' '.join(document['flags'])}".rstrip(),
    ]
    dates = ("due_on", "met_on", "valid_from", "expires_on", "renewable_from", "grace_until", "next_change_at")
    lines += [f"  {name.replace('_', ' '):<15} {document[name]}" for name in dates if document[name]]
    if document["gaps"]:
        lines.append("still missing:")
        lines += [f"  - {gap['text']} ({gap['reason']})" for gap in document["gaps"]]
    lines.append("proof:")
    lines += _proof_lines(found, document["proof"], 1)
    return "\n".join(lines)


def _withdrawal(found: Explanation) -> list[str]:
    if found.withdrawn is None:
        return []
    day = to_datetime(found.withdrawn).date()
    return [f"  withdrawn {day}: nobody is asked for it any more; what was earned by then stays to its date"]


def _proof_lines(found: Explanation, node: Any, depth: int) -> list[str]:
    lines: list[str] = []
    if isinstance(node, Mapping):
        if "result" in node:
            lines.append(f"{'  ' * depth}{node['result']:<8} {_title(found, str(node.get('criterion') or 'all'))}")
            deeper = "  " * (depth + 1)
            lines += [f"{deeper}used {found.of_statement(one)}" for one in node.get("used", [])]
            lines += [
                f"{deeper}rejected {found.of_statement(one['statement'])}: {one['reason']}"
                for one in node.get("rejected", [])
            ]
            depth += 1
        for key, child in node.items():
            if key not in {"used", "rejected"}:
                lines += _proof_lines(found, child, depth)
    elif isinstance(node, list):
        for child in node:
            lines += _proof_lines(found, child, depth)
    return lines


def _title(found: Explanation, criterion: str) -> str:
    """A criterion that was given no id is named by its activity's title."""
    kind, _, activity = criterion.partition(":")
    known = found.ruleset.activities.get(activity)
    return f"{kind}: {known.title}" if known and known.title else criterion
