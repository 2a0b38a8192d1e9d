"""What publishing would change: everybody decided by the new ruleset, compared with what was last said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lrs.store.tables import DEFAULT_TENANT
from rules import tables as r
from rules.decide import decide
from rules.facts_reader import FactsReader
from rules.language import Ruleset
from rules.published import Published
from rules.transitions import Document, transitions

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_SHOWN = ("assignment", "progress", "award", "due_on", "valid_from", "expires_on")


@dataclass(frozen=True, slots=True)
class Change:
    """One pair that would be decided otherwise; `transitions` are what would be announced and pushed."""

    person: str
    program: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    transitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The outcome: which programs change, and every pair that does."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    changes: tuple[Change, ...]
    people: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed or self.changes)

    def as_json(self) -> dict[str, Any]:
        return {
            "programs": {"added": self.added, "removed": self.removed, "changed": self.changed},
            "people": self.people,
            "announcements": dict(self.counts),
            "changes": [
                {
                    "person": change.person,
                    "program": change.program,
                    "before": change.before,
                    "after": change.after,
                    "announced": change.transitions,
                }
                for change in self.changes
            ],
        }


def plan(prowess: Prowess, published: Published, ruleset: Ruleset, *, tenant_id: int = DEFAULT_TENANT) -> Plan:
    """Compare a ruleset that is not published with what holds."""
    current = published.current(tenant_id).ruleset
    facts = FactsReader(prowess.database, prowess.people).read(tenant_id, ruleset)
    said = _said(prowess, tenant_id)
    now = prowess.clock.now()
    after = {
        (person, program): decide(ruleset, program, one, as_of=now).as_json()
        for person, one in facts.items()
        for level in ruleset.strata
        for program in level
    }
    changes = tuple(_changes(said, after))
    return Plan(
        tuple(sorted(ruleset.programs.keys() - current.programs.keys())),
        tuple(sorted(current.programs.keys() - ruleset.programs.keys())),
        tuple(sorted(_changed(current, ruleset))),
        changes,
        len(facts),
        Counter(name for change in changes for name in change.transitions),
    )


def _said(prowess: Prowess, tenant_id: int) -> dict[tuple[str, str], Document]:
    d = r.decision.c
    with prowess.database.read() as conn:
        rows = conn.execute(select(d.person_id, d.program_id, d.document).where(d.tenant_id == tenant_id))
        return {(row.person_id, row.program_id): json.loads(row.document) for row in rows}


def _changed(current: Ruleset, ruleset: Ruleset) -> Iterator[str]:
    for program, versions in ruleset.programs.items():
        before = current.programs.get(program)
        if before is not None and before != versions:
            yield program


def _changes(before: Mapping[tuple[str, str], Document], after: Mapping[tuple[str, str], Document]) -> Iterator[Change]:
    for pair in sorted(before.keys() | after.keys()):
        old, new = before.get(pair), after.get(pair)
        seen_old = {key: (old or {}).get(key) for key in _SHOWN}
        seen_new = {key: (new or {}).get(key) for key in _SHOWN}
        silent = old is None and new is not None and new["assignment"] == "none" and new["award"] == "none"
        if seen_old != seen_new and not silent:
            names = transitions(old, new) if new is not None else []
            yield Change(*pair, seen_old, seen_new, tuple(names))
