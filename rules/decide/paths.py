"""How paths are put together: what a path knows of its criteria and where each stands, and the paths of a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rules.decide.criteria import GroupCriterion, HoldsCriterion, NotCriterion
from rules.decide.judging import CompiledTier, Criterion, Path
from rules.decide.leaves import LeafCriterion
from rules.decide.measures import CreditsCriterion
from rules.language.model import Program


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
    suspends: tuple[CompiledSuspend, ...] = ()


def placed(criterion: Criterion | None, tiers: tuple[CompiledTier, ...] = ()) -> Path:
    """A path that knows each of its criteria and where it stands."""
    criteria: dict[str, Criterion] = {}
    places: dict[str, tuple[GroupCriterion, int] | None] = {}
    forbidden: set[str] = set()

    def place(one: Criterion, where: tuple[GroupCriterion, int] | None) -> None:
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
