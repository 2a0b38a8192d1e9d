"""What is known about one person: evidence, and their place in the organisation.  Flat, immutable, nothing looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lrs.people.depths import Depth
from lrs.people.roster import Person, Site
from rules.decide.dossiers import Dossier, dossiers_of
from rules.decide.evidence import Evidence


@dataclass(frozen=True)
class Facts:
    """Everything a decision about a person may read.

    Organisation facts are those known at the `known_at` of the decision: whoever gathers them reads them as of then.
    """

    person: Person
    evidence: Sequence[Evidence] = ()
    sites: Mapping[str, Site] = field(default_factory=dict)
    depths: Sequence[Depth] = ()
    observers: Mapping[str, Facts] = field(default_factory=dict, repr=False, compare=False)
    """Facts of those who answer for statements, by the identifier that stands there; all share this one mapping."""

    @cached_property
    def dossiers(self) -> Mapping[str, Dossier]:
        """The evidence by activity, sorted once however many programs read it."""
        return dossiers_of(self.evidence)

    def observer(self, row: Evidence) -> Facts | None:
        """Who answers for a row, where that is somebody of the organisation."""
        return self.observers.get(row.instructor or "")
