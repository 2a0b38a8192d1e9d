"""What holds once statements that were just given are followed: decisions follow behind the requests, and people are told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import Any, Final, TypeAlias

from lrs.people.owners import agent_key
from lrs.prowess import Prowess
from rules.decide import Evidence, Facts, affected, decide, evidence_of
from rules.decide.zones import Zones
from rules.explain.part import parts_of
from rules.facts.reader import FactsReader
from rules.language import Ruleset
from rules.published.composition import published_of
from rules.vocabulary import KEY_NAME

Document: TypeAlias = Mapping[str, Any]
Statement: TypeAlias = Mapping[str, Any]
_NO_PART: Final[tuple[bool, set[str]]] = (False, set())


@dataclass(frozen=True)
class Decided:
    """A decision, and what each statement did to it."""

    document: Document

    def part(self, id_: str) -> tuple[bool, set[str]]:
        """Whether a statement was used, and for which reasons it was rejected."""
        return self._parts.get(id_, _NO_PART)

    @cached_property
    def _parts(self) -> Mapping[str, tuple[bool, set[str]]]:
        return parts_of(self.document["proof"])


class Aftermath:
    """The facts about everybody concerned, with what was just said of them, and what is decided by those.

    credential: the name of the key that the statements came with.  most: pairs of person and program that are to be decided;
    of the first statement, whatever it takes.  seen: how many of the statements are looked at, the first ones.
    statements: those of them that are about somebody known, each with the id of that person.
    """

    def __init__(
        self,
        prowess: Prowess,
        tenant_id: int,
        statements: Sequence[Statement],
        credential: str = KEY_NAME,
        *,
        most: int | None = None,
    ) -> None:
        self.now = prowess.clock.now()
        self.ruleset: Ruleset = published_of(prowess).current(tenant_id).ruleset
        actors = {key for one in statements if (key := agent_key(one["actor"]))}
        self._owners = prowess.people.person_of(sorted(actors), tenant_id=tenant_id)
        seen = list(statements if most is None else self._bounded(statements, most))
        self.seen = len(seen)
        observers = {key for one in seen for agent in _agents(one) if (key := agent_key(agent))}
        self._owners |= prowess.people.person_of(sorted(observers - actors), tenant_id=tenant_id)
        self.statements = [(person, one) for one in seen if (person := self._owner(one["actor"]))]
        people = {owner for one in seen for agent in _agents(one) if (owner := self._owner(agent))}
        facts = FactsReader(prowess.database, prowess.people).read(tenant_id, self.ruleset, sorted(people))
        fresh: dict[str, list[Evidence]] = {}
        vouching: dict[str, dict[str, Facts]] = {}
        for person, one in self.statements:
            rows = evidence_of(one, known=self.now, credential=credential)
            fresh.setdefault(person, []).extend(rows)
            if (observer := facts.get(self._answers(one) or "")) is not None:
                vouching.setdefault(person, {}).update({row.instructor: observer for row in rows if row.instructor})
        self._facts = {person: _with(facts[person], rows, vouching.get(person, {})) for person, rows in fresh.items()}
        self._decided: dict[tuple[str, str], Decided] = {}

    def decided(self, person: str, program: str) -> Decided:
        """The decision about somebody of whom something was said; made once."""
        key = (person, program)
        if key not in self._decided:
            self._decided[key] = Decided(self._decide(program, self._facts[person]))
        return self._decided[key]

    def name_of(self, person: str) -> str:
        """What somebody of whom something was said is called; their id where that is not known."""
        return self._facts[person].person.name or person

    def zones_of(self, person: str, program: str) -> Zones:
        """The calendar in which a program's days begin and end for somebody of whom something was said."""
        return Zones(self.ruleset.programs[program][-1].timezone, self._facts[person])

    def decide_without(self, person: str, program: str, id_: str) -> Document:
        """The decision that it would be without one of the statements."""
        known = self._facts[person]
        return self._decide(program, replace(known, evidence=[row for row in known.evidence if row.statement != id_]))

    def _decide(self, program: str, facts: Facts) -> Document:
        return decide(self.ruleset, program, facts, as_of=self.now).as_json()

    def _bounded(self, statements: Sequence[Statement], most: int) -> Iterator[Statement]:
        readers, pairs = affected(self.ruleset), set[tuple[str | None, str]]()

        def is_little(one: Statement) -> bool:
            pairs.update((self._owner(one["actor"]), program) for program in readers.get(one["object"]["id"], ()))
            return one is statements[0] or len(pairs) <= most

        return takewhile(is_little, statements)

    def _owner(self, agent: Mapping[str, Any]) -> str | None:
        key = agent_key(agent)
        return self._owners.get(key) if key else None

    def _answers(self, statement: Statement) -> str | None:
        instructor = (statement.get("context") or {}).get("instructor")
        return self._owner(instructor) if instructor else None


def _with(known: Facts, rows: Sequence[Evidence], observers: Mapping[str, Facts]) -> Facts:
    """Facts with evidence that may be among them already, and with those who answer for it."""
    said = {row.statement for row in rows}
    kept = [row for row in known.evidence if row.statement not in said]
    return replace(known, evidence=[*kept, *rows], observers={**known.observers, **observers})


def _agents(statement: Statement) -> Iterator[Mapping[str, Any]]:
    yield statement["actor"]
    if instructor := (statement.get("context") or {}).get("instructor"):
        yield instructor
