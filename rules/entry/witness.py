"""Somebody who could sign off now, and whether their word would count: asked of the programs' own rule.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from lrs.clock import to_datetime
from lrs.people.roster import Person
from rules.decide import Facts
from rules.decide.leaves import ANYBODY_ELSE
from rules.decide.observers import objection
from rules.language.model import Leaf, Observers

_STRANGER: Final = Person("")


@dataclass(frozen=True, slots=True)
class Witness:
    """person: who they are among the people, None for nobody; holds: the programs whose award is valid for them now.

    Without an identifier no statement can name them, so they are as good as nobody.
    """

    person: Person | None
    holds: frozenset[str]
    now: int

    def counts_for(self, learner: Person, leaf: Leaf, day: date) -> bool:
        """Whether their word about a learner would meet what a sign-off asks of observers; day: where the learner is."""
        return self.objection(learner, leaf, day) is None

    def objection(self, learner: Person, leaf: Leaf, day: date) -> str | None:
        """Why it would not, as a reason code."""
        return self._objection(learner, leaf.terms.by or ANYBODY_ELSE, day)

    def may_count(self, leaf: Leaf) -> bool:
        """Whether there may be learners for whom it would: as the rule has it, whatever they are to each other."""
        alone = replace(leaf.terms.by or ANYBODY_ELSE, relations=())
        return any(self._objection(_STRANGER, alone, day) is None for day in self._days())

    def _objection(self, learner: Person, wanted: Observers, day: date) -> str | None:
        observer = Facts(self.person) if self.person is not None and self.person.identifiers else None
        return objection(observer, learner, wanted, day, lambda _, program: program in self.holds)

    def _days(self) -> Iterator[date]:
        """The days that it is now anywhere."""
        today = to_datetime(self.now).date()
        yield from (today + timedelta(days=days) for days in (-1, 0, 1))
