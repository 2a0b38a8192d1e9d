"""The decision about a stored person, on any day and as known on any day, with what it was decided from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from lrs.errors import BadRequest
from lrs.people.roster import Person, Roster
from lrs.store.tables import DEFAULT_TENANT
from rules.decide import EVERYTHING, Decision, Evidence, Facts, decide, decide_withdrawn
from rules.decide.zones import Zones
from rules.facts.projector import CONSUMER
from rules.facts.reader import FactsReader
from rules.language import Program, Ruleset
from rules.moments import moment
from rules.published.composition import published_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess

_STAYING: Final = ("in_grace", "provisional")
"""Flags of an award that are still true of it when its program is withdrawn."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision, and what it was decided from."""

    document: Mapping[str, Any]
    evidence: Mapping[str, Evidence]
    ruleset: Ruleset
    person: Person
    zones: Zones
    withdrawn: int | None = None
    """When the program was withdrawn, if it was: decided is then what stays of what held at that moment."""
    observers: Mapping[str, Person] = field(default_factory=dict)
    """By statement, whoever answers for it, where that is somebody of the organisation."""
    undigested_since: int | None = None
    """When the oldest thing arrived that this may lack, because rules have it still before them; None when they keep up."""

    @property
    def program(self) -> Program:
        """The version by which it was decided."""
        versions = self.ruleset.programs[str(self.document["program"])]
        return next((one for one in versions if one.version == self.document["version"]), versions[-1])

    @property
    def is_certified(self) -> bool:
        """Whether the award counts."""
        return bool(self.document["award"] == "valid")

    @property
    def withdrawn_on(self) -> date | None:
        """The day on which the program was withdrawn, in its own calendar."""
        return None if self.withdrawn is None else self.zones.day_at(self.withdrawn)

    def observer(self, id_: str) -> str:
        """Who answers for a statement, as people call them; empty where that is nobody of the organisation."""
        person = self.observers.get(id_)
        return "" if person is None else person.name or person.id


def explain(
    prowess: Prowess,
    person: str,
    program: str,
    as_of: str | None = None,
    known_at: str | None = None,
    *,
    tenant_id: int = DEFAULT_TENANT,
) -> Explanation:
    """The decision of a stored person.  Raises NotFound, BadRequest.

    Of somebody who was merged since, only as known before that.
    """
    undigested = prowess.feed.oldest_before([CONSUMER])  # asked first: what is digested meanwhile is in the answer
    edition, withdrawn = published_of(prowess).last_with(tenant_id, program, known_at=prowess.clock.now())
    ruleset = edition.ruleset
    roster = _roster(prowess, tenant_id, person, is_past=known_at is not None)
    zones = Zones(ruleset.programs[program][-1].timezone, Facts(roster.people[person], (), roster.sites))
    at = prowess.clock.now() if as_of is None else moment(as_of, zones)
    known = None if known_at is None else moment(known_at, zones)
    is_over = withdrawn is not None and at >= withdrawn
    if withdrawn is not None and is_over:
        known = withdrawn if known is None else min(known, withdrawn)
    reader = FactsReader(prowess.database, prowess.people)
    facts = reader.read(tenant_id, ruleset, [person], known_at=known)
    if person not in facts:
        if prowess.people.known_as(person, tenant_id) != person:
            raise prowess.people.nobody(person, tenant_id)
        raise BadRequest(f"'{person}' was not known at {known_at}")
    if withdrawn is not None and is_over:
        decision = _what_stays(ruleset, program, facts[person], withdrawn, at)
    else:
        decision = decide(ruleset, program, facts[person], as_of=at, known_at=EVERYTHING if known is None else known)
    return Explanation(
        decision.as_json(),
        {row.statement: row for row in facts[person].evidence},
        ruleset,
        facts[person].person,
        zones,
        withdrawn if is_over else None,
        dict(_observers(facts[person])),
        undigested if undigested is not None and (known is None or undigested <= known) else None,
    )


def _roster(prowess: Prowess, tenant_id: int, person: str, *, is_past: bool) -> Roster:
    """A person and all sites; where the past is asked for also somebody who was merged since, as known last."""
    roster = prowess.people.roster(tenant_id=tenant_id, people=[person])
    if person not in roster.people:
        merge = prowess.people.merges(tenant_id).get(person) if is_past else None
        if merge is None:
            raise prowess.people.nobody(person, tenant_id)
        roster = prowess.people.roster(tenant_id=tenant_id, people=[person], known_at=merge.since - 1)
    return roster


def _what_stays(ruleset: Ruleset, program: str, facts: Facts, withdrawn: int, at: int) -> Decision:
    """The last decision about a withdrawn program, with what is left of it at a later instant."""
    last, segments = decide_withdrawn(ruleset, program, facts, at=withdrawn)
    state = next(segment.state for segment in segments if at < segment.until_us)
    if state.award == "valid":
        held = decide(ruleset, program, facts, as_of=at, known_at=withdrawn).state
        flags = tuple(one for one in held.flags if one in _STAYING)
        state = state._replace(flags=flags, grace_until=held.grace_until if "in_grace" in flags else None)
    return replace(last, as_of=at, state=state)


def _observers(facts: Facts) -> Iterator[tuple[str, Person]]:
    for row in facts.evidence:
        if (observer := facts.observer(row)) is not None:
            yield row.statement, observer.person
