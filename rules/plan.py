"""What publishing would change: everybody decided by the new ruleset, compared with what was last said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lrs.store.tables import DEFAULT_TENANT
from rules.decide import decide, decide_withdrawn
from rules.facts_reader import FactsReader
from rules.language import Ruleset
from rules.published import Published
from rules.said import Said, logged, standing
from rules.transitions import transitions

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
    ladders: tuple[str, ...] = ()
    """Escalations that are new, read differently, or are gone."""

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.changed or self.changes or self.ladders)

    def as_json(self) -> dict[str, Any]:
        return {
            "programs": {"added": self.added, "removed": self.removed, "changed": self.changed},
            "ladders": self.ladders,
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
    reader = FactsReader(prowess.database, prowess.people)
    facts = reader.read(tenant_id, ruleset)
    removed = sorted(current.programs.keys() - ruleset.programs.keys())
    with prowess.database.read() as conn:
        said = {**logged(conn, tenant_id), **standing(conn, tenant_id)}
    now = prowess.clock.now()
    after: Said = {
        (person, program): decide(ruleset, program, one, as_of=now).as_json()
        for person, one in facts.items()
        for level in ruleset.strata
        for program in level
    }
    if removed:
        known = reader.read(tenant_id, current)
        ending = [pair for pair in said if pair[0] in known and pair[1] in removed]
        after |= {pair: decide_withdrawn(current, pair[1], known[pair[0]], at=now)[0].as_json() for pair in ending}
    changes = tuple(_changes(said, after))
    return Plan(
        tuple(sorted(ruleset.programs.keys() - current.programs.keys())),
        tuple(removed),
        tuple(sorted(_changed(current, ruleset))),
        changes,
        len(facts),
        Counter(name for change in changes for name in change.transitions),
        tuple(sorted(_changed_ladders(current, ruleset))),
    )


def _changed(current: Ruleset, ruleset: Ruleset) -> Iterator[str]:
    for program, versions in ruleset.programs.items():
        before = current.programs.get(program)
        if before is not None and before != versions:
            yield program


def _changed_ladders(current: Ruleset, ruleset: Ruleset) -> Iterator[str]:
    for name in current.escalations.keys() | ruleset.escalations.keys():
        if current.escalations.get(name) != ruleset.escalations.get(name):
            yield name


def _changes(before: Said, after: Said) -> Iterator[Change]:
    for pair, new in sorted(after.items()):
        old = before.get(pair)
        seen_old = {key: (old or {}).get(key) for key in _SHOWN}
        seen_new = {key: new.get(key) for key in _SHOWN}
        silent = old is None and new["assignment"] == "none" and new["award"] == "none"
        if seen_old != seen_new and not silent:
            yield Change(*pair, seen_old, seen_new, tuple(transitions(old, new)))
