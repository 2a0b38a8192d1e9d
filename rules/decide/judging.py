"""One path judged from an instant on: every criterion's step function, each worked out once.

What a judging asks of a criterion, and of a path, stands here too: criteria are written against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import NamedTuple, Protocol

from rules.decide.attempts import AttemptCounter
from rules.decide.calendar import FOREVER
from rules.decide.case import Case
from rules.decide.evidence import Evidence
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, every, first_met, some
from rules.decide.record import Record
from rules.decide.spans import Span, union
from rules.decide.zones import Zones
from rules.language.model import Tier


class Criterion(Protocol):
    """What a path asks of a person, compiled: a leaf, or a group of others."""

    @property
    def id(self) -> str: ...

    @property
    def is_leaf(self) -> bool: ...

    @property
    def is_waivable(self) -> bool: ...

    def steps(self, judging: Judging, since: int, /) -> Steps:
        """When it is met by itself, counting evidence from an instant on."""

    def started(self, judging: Judging, since: int, /) -> int:
        """The first sign of somebody being at it; FOREVER: there is none."""

    def tokens(self, judging: Judging, since: int, at: int, least: int, /) -> set[str]:
        """What may count for it at an instant as at least a value: parts of an `n_of` that share all they have count once."""


class Group(Criterion, Protocol):
    """A criterion that has parts."""

    def starts(self, judging: Judging, since: int, /) -> Iterable[int]:
        """From when on each part counts evidence, when the group does from `since` on; as far as it is asked for."""


@dataclass(frozen=True, slots=True)
class CompiledTier:
    tier: Tier
    criterion: Criterion
    after: int | None
    """Place of the tier this one follows."""


@dataclass(frozen=True, slots=True)
class Path:
    """What must be met to open a period: one criterion, or tiers that all must be met."""

    criterion: Criterion | None
    tiers: tuple[CompiledTier, ...]
    criteria: Mapping[str, Criterion]
    """Every criterion of the path by its id."""
    places: Mapping[str, tuple[Group, int] | None]
    """Where each stands: in which group, as which part; None: nothing is above it."""
    forbidden: frozenset[str]
    """What nothing stands in for: what is inside a `not`, or what was waived would count as having happened, and what stands
    in itself, or what may not be waived would be."""
    is_watched: bool
    """Whether a criterion has to be met on every later day too."""
    may_block: bool
    """Whether a leaf has a limit on attempts or a window."""
    tier_places: Mapping[str, int]
    """Where each tier stands, by name: another version may have them in another order."""
    accepted: Mapping[str, tuple[Criterion, ...]] = field(default_factory=dict)
    """What stands in for a leaf: prior learning, credentials of somebody else."""


class Judged(NamedTuple):
    """A row of a leaf, and why it does not count, if so."""

    at: int
    verdict: int
    row: Evidence
    refused: str | None


class Earned(NamedTuple):
    """What earned the award before: the judging, when, and from when on that may be renewed."""

    judging: Judging
    met_at: int
    renewable_at: int


class Judging:
    """What a path's criteria share.

    `since`: from when on its evidence counts.  `floor`: how far criteria with a window of their own may look back, which
    for a renewal is the moment the award was earned.  `before`: what earned it.
    """

    __slots__ = (
        "_steps",
        "before",
        "carried",
        "case",
        "changes",
        "counters",
        "floor",
        "judged",
        "path",
        "record",
        "since",
        "unknown",
        "version",
        "zones",
    )

    def __init__(
        self, case: Case, path: Path, version: int, since: int, floor: int, before: Earned | None = None
    ) -> None:
        self.case = case
        self.record: Record = case.record
        self.path = path
        self.version = version
        self.zones: Zones = case.zones[version]
        self.since = since
        self.floor = floor
        self.before = before
        self.unknown: list[Steps] = []
        self.changes: set[int] = set()
        """Instants at which somebody may try again, or no longer, or at which another sum is counted."""
        self.counters: dict[tuple[str, int, int], AttemptCounter] = {}
        self.judged: dict[tuple[str, int, int], list[Judged]] = {}
        self.carried: dict[str, Decimal] = {}
        """By criterion, the credits that the award before left over."""
        self._steps: dict[tuple[str, int], tuple[Steps, Steps]] = {}

    def steps(self, criterion: Criterion, since: int) -> Steps:
        """When a criterion is met, counting evidence from an instant on; a waiver or prior learning may stand in."""
        return self._found(criterion, since)[1]

    def own_steps(self, criterion: Criterion, since: int) -> Steps:
        """The same without waivers."""
        return self._found(criterion, since)[0]

    def _found(self, criterion: Criterion, since: int) -> tuple[Steps, Steps]:
        key = (criterion.id, since)
        found = self._steps.get(key)
        if found is None:
            own = steps = criterion.steps(self, since)
            if criterion.is_leaf:
                own, steps = self._with_others(criterion, own, since)
                if criterion.id in self.path.criteria and UNKNOWN in [value for _, value in steps]:
                    self.unknown.append(steps)
            found = self._steps[key] = (own, steps)
        return found

    def _with_others(self, criterion: Criterion, own: Steps, since: int) -> tuple[Steps, Steps]:
        """A leaf with what stands in for it: what the program accepts instead, and waivers."""
        accepted = self.path.accepted.get(criterion.id, ())
        if accepted:
            own = some([own, *(self.steps(other, since) for other in accepted)])
        waivers = self.waivers(criterion)
        if not waivers:
            return own, own
        waived = [step for start, end in waivers if end > since for step in ((max(start, since), MET), (end, UNMET))]
        return own, some([own, [step for step in waived if step[0] < FOREVER]])

    def waivers(self, criterion: Criterion) -> list[Span]:
        """When a criterion is waived: ranges, in order and apart.

        A waiver given before the path was open counts no more than evidence would, or it would renew an award for ever.
        """
        if not self.case.has_acts or not criterion.is_waivable or criterion.id in self.path.forbidden:
            return []
        waivers = self.case.office(self.version).waivers(criterion.id)
        return union(waiver for waiver in waivers if waiver[0] >= self.since)

    def started(self, criterion: Criterion, since: int) -> int:
        """The first sign of somebody being at it: evidence, or what stands in for it."""
        others = [self.started(other, since) for other in self.path.accepted.get(criterion.id, ())]
        waived = [start for start, _ in self.waivers(criterion)]
        return min([criterion.started(self, since), *others, *waived])

    def start_of(self, criterion_id: str) -> int:
        """From when on a criterion of this path counts evidence: a step's start is the step before it being met."""
        place = self.path.places[criterion_id]
        if place is None:
            return self.since
        parent, index = place
        start = self.start_of(parent.id)
        return next(islice(parent.starts(self, start), index, None))

    def met_at(self, criterion_id: str) -> int | None:
        """When a criterion of this path was first met."""
        start = self.start_of(criterion_id)
        if start == FOREVER:
            return None
        return first_met(self.steps(self.path.criteria[criterion_id], start), start)

    def whole(self) -> tuple[Steps, list[Steps]]:
        """When the whole path is met, and each of its tiers."""
        if self.path.criterion is not None:
            return self.steps(self.path.criterion, self.since), []
        tiers: list[Steps] = []
        for tier in self.path.tiers:
            steps = self.steps(tier.criterion, self.since)
            tiers.append(steps if tier.after is None else every([steps, tiers[tier.after]]))
        return every(tiers), tiers

    def turns(self) -> set[int]:
        """Every instant at which any criterion changes: what is open to the learner changes with them."""
        return {at for _, steps in self._steps.values() for at, _ in steps}

    def roots(self) -> Iterable[Criterion]:
        if self.path.criterion is not None:
            return [self.path.criterion]
        return [tier.criterion for tier in self.path.tiers]
