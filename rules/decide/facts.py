"""What is known about one person: evidence, and their place in the organisation.  Flat, immutable, nothing looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from lrs.people.depths import Depth
from lrs.people.roster import Person, Site
from rules.decide.dossiers import Dossier, dossiers_of
from rules.vocabulary import SIGNED_OFF


class Evidence(NamedTuple):
    """One statement seen from one activity: a row of the database projection, and what the fold reads.

    A named tuple, so that a row of the database becomes evidence by `Evidence(*row)`, seven times as fast as a frozen
    dataclass (docs/decisions/0103).
    """

    statement: str
    """Its id."""
    verb: str
    activity: str
    """The IRI this row is about."""
    activity_type: str | None
    relation: str
    """`object`, or `parent` when the statement is about a part of the activity, such as an attempt."""
    object_type: str | None
    """Type of the statement's own object."""
    at: int
    """When it happened: `timestamp` in microseconds."""
    known: int
    """When it became known: `stored` in microseconds, the store's own sequence."""
    tie: bytes
    """Hash of its content without id, stored, authority and timestamp: orders simultaneous statements, marks repeats."""
    voided: int | None = None
    """When the statement that voids it became known."""
    raw: Decimal | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    scaled: Decimal | None = None
    success: bool | None = None
    completion: bool | None = None
    credential: str | None = None
    authority: str | None = None
    platform: str | None = None
    home_page: str | None = None
    instructor: str | None = None
    """Who answers for it: a key of `Facts.observers`."""
    attempt: str | None = None
    """What tells attempts apart where the statement is about a part of the activity; rows that share it are one try."""
    details: str | None = None
    """The extensions of our profile, as JSON: rubric, proctored, override, credential, credits; and `reviews`, the id of the
    statement that a review is about."""

    @property
    def is_vouched(self) -> bool:
        """Whether a rule may ask who answers for it; most statements name an instructor that no rule asks about."""
        return bool(self.details) or self.relation == "override" or self.verb == SIGNED_OFF


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
