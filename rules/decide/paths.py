"""What must be met to open a period, compiled: a path that knows each of its criteria and where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules.decide.criteria import (
    Criterion,
    Group,
    GroupCriterion,
    HoldsCriterion,
    LeafCriterion,
    NotCriterion,
)
from rules.decide.measures import CreditsCriterion
from rules.language.model import Program, Tier


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


@dataclass(frozen=True, slots=True)
class CompiledSuspend:
    """The events that suspend an award, and the path that ends it."""

    when: LeafCriterion
    until: Path | None


@dataclass(frozen=True, slots=True)
class Version:
    program: Program
    initial: Path
    renewal: Path | None
    awards: bool
    """False when everything in it is only suggested."""
    suspends: tuple[CompiledSuspend, ...] = ()


def placed(criterion: Criterion | None, tiers: tuple[CompiledTier, ...] = ()) -> Path:
    """A path that knows each of its criteria and where it stands."""
    criteria: dict[str, Criterion] = {}
    places: dict[str, tuple[Group, int] | None] = {}
    forbidden: set[str] = set()

    def place(one: Criterion, where: tuple[Group, int] | None) -> None:
        criteria[one.id] = one
        places[one.id] = where
        if where is not None and (isinstance(where[0], NotCriterion) or where[0].id in forbidden):
            forbidden.add(one.id)
        if isinstance(one, GroupCriterion):
            for index, part in enumerate(one.of):
                place(part, (one, index))

    for root in [criterion] if criterion is not None else [tier.criterion for tier in tiers]:
        place(root, None)
    may_block = any(
        isinstance(one, LeafCriterion) and (one.leaf.terms.attempts or one.leaf.terms.between)
        for one in criteria.values()
    )
    watched = any(map(is_watched, criteria.values()))
    return Path(
        criterion,
        tiers,
        criteria,
        places,
        frozenset(forbidden),
        is_watched=watched,
        may_block=may_block,
        tier_places={one.tier.id: place for place, one in enumerate(tiers)},
    )


def is_watched(criterion: Criterion) -> bool:
    """Whether an award that was built on a criterion rests on it on every later day too."""
    return isinstance(criterion, HoldsCriterion | LeafCriterion | CreditsCriterion) and criterion.leaf.while_held


def accepting(path: Path, accepted: Sequence[tuple[Criterion, tuple[str, ...]]]) -> Path:
    """The path with what stands in for its leaves."""
    found: dict[str, tuple[Criterion, ...]] = {}
    for criterion in path.criteria.values():
        if criterion.is_leaf and criterion.id not in path.forbidden:
            found[criterion.id] = tuple(other for other, names in accepted if _is_for(criterion.id, names))
    return replace(path, accepted=found, forbidden=path.forbidden | {other.id for other, _ in accepted})


def _is_for(criterion: str, names: tuple[str, ...]) -> bool:
    return not names or criterion in names
