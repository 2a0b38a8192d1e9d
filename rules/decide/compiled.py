"""A ruleset made ready for folding: criteria with their tracks, and for each IRI the tracks its evidence serves.

Compiled once for a ruleset and a program, whatever the person; everything here is immutable or a cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from rules.decide.criteria import (
    AllCriterion,
    AnyCriterion,
    HoldsCriterion,
    InOrderCriterion,
    NOfCriterion,
    NotCriterion,
)
from rules.decide.judging import CompiledTier, Criterion, Path
from rules.decide.leaves import LeafCriterion
from rules.decide.measures import CreditsCriterion, KpiCriterion
from rules.decide.paths import CompiledSuspend, Version, accepting, placed
from rules.decide.record import Followed, JudgesOf, Route, SourceOf, Track
from rules.decide.sources import judge_finder, source_finder
from rules.language.model import (
    AnyOf,
    Credits,
    Holds,
    InOrder,
    Kpi,
    Leaf,
    Node,
    NOf,
    Not,
    Observers,
    Program,
    Ruleset,
    Tier,
)
from rules.language.profiles import ADL
from rules.language.vocabulary import ADL_VERBS
from rules.vocabulary import credits_iri, program_iri

_DONE: dict[str | None, tuple[Followed, ...]] = {
    "Passed": ("passed",),
    "Completed": ("completed",),
    "CompletedAndPassed": ("completed", "passed"),
    "CompletedOrPassed": ("completed", "passed"),
    "NotApplicable": ("begun",),
}
"""cmi5's moveOn as the tracks to follow; no activity that a program wants done is without one."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every version of one program, oldest first."""

    id: str
    versions: tuple[Version, ...]
    tracks: tuple[Track, ...]
    routes: Mapping[str, tuple[Route, ...]]
    source_of: SourceOf
    judges_of: JudgesOf
    held: tuple[str, ...]
    observed: tuple[str, ...]
    """Programs whose holders may observe: their awards are asked about other people."""
    overrides: int
    """Track of the acts of office."""


@lru_cache(maxsize=4096)
def compiled(ruleset: Ruleset, program_id: str) -> Compiled:
    """The program, ready for folding.  KeyError when the ruleset has none of that id."""
    tracks: dict[Track, int] = {}
    held: dict[str, None] = {}
    observed: dict[str, None] = {}
    compiler = _Compiler(ruleset, tracks, held, observed)
    overrides = compiler.track(Track("override", program_iri(program_id)))
    versions = tuple(compiler.version(program) for program in ruleset.programs[program_id])
    routes: dict[str, list[Route]] = {}
    for track, index in tracks.items():
        for iri, route in _routes(ruleset, track, index):
            routes.setdefault(iri, []).append(route)
    fixed = {iri: tuple(found) for iri, found in routes.items()}
    return Compiled(
        program_id,
        versions,
        tuple(tracks),
        fixed,
        source_finder(ruleset.sources),
        judge_finder(ruleset.sources, tuple(tracks), fixed),
        tuple(held),
        tuple(observed),
        overrides,
    )


def _routes(ruleset: Ruleset, followed: Track, track: int) -> Iterator[tuple[str, Route]]:
    activity = followed.activity
    if followed.what in ("override", "credit"):
        yield activity, Route(track)
        return
    for iri in ruleset.activities[activity].iris:
        yield iri.iri, Route(track, iri.source)
    for other in ruleset.activities.values():
        for target in other.counts_for:
            if target.activity == activity:
                for iri in other.iris:
                    yield iri.iri, Route(track, iri.source, target.start, target.end)


class _Compiler:
    def __init__(
        self, ruleset: Ruleset, tracks: dict[Track, int], held: dict[str, None], observed: dict[str, None]
    ) -> None:
        self.ruleset = ruleset
        self.tracks = tracks
        self.held = held
        self.observed = observed
        self.kin = kin_of(ruleset)

    def version(self, program: Program) -> Version:
        if program.tiers:
            initial = self.tiers(program.tiers)
        elif program.require is not None:
            initial = self.path(program.require)
        else:
            of = tuple(self.criterion(node) for node in program.suggest)
            initial = placed(AllCriterion("suggested", of))
        renewal = None
        if program.renew is not None:
            own = program.renew.require
            renewal = initial if own is None else self.path(own)
        accepted = self.accepted(program)
        suspends = tuple(
            CompiledSuspend(self.leaf(one.when), None if one.until is None else self.path(one.until))
            for one in program.suspend
        )
        return Version(program, accepting(initial, accepted), renewal and accepting(renewal, accepted), suspends)

    def path(self, node: Node) -> Path:
        return placed(self.criterion(node))

    def tiers(self, tiers: Iterable[Tier]) -> Path:
        required = [(tier, tier.require) for tier in tiers if tier.require is not None]
        places: dict[str | None, int] = {tier.id: place for place, (tier, _) in enumerate(required)}
        return placed(
            None, tuple(CompiledTier(tier, self.criterion(of), places.get(tier.after)) for tier, of in required)
        )

    def accepted(self, program: Program) -> list[tuple[Criterion, tuple[str, ...]]]:
        """What the program accepts instead of its criteria, under names that no criterion has."""
        found = []
        for number, accept in enumerate(program.accept):
            what = replace(accept.what, id=f"accept#{number + 1}:{accept.what.id}")
            found.append((self.criterion(what), accept.criteria))
        return found

    def criterion(self, node: Node) -> Criterion:
        if isinstance(node, Leaf):
            return self.leaf(node)
        if isinstance(node, Holds):
            self.held[node.program] = None
            return HoldsCriterion(node)
        if isinstance(node, Kpi):
            return KpiCriterion(node, self.track(Track("kpi", node.activity)), self.kin[node.activity])
        if isinstance(node, Credits):
            return self.credits(node)
        of = tuple(self.criterion(part) for part in node.of)
        if isinstance(node, NOf):
            return NOfCriterion(node.id, of, node.count, simple=not node.distinct or _all_apart(of))
        if isinstance(node, Not):
            return NotCriterion(node.id, of)
        if isinstance(node, AnyOf):
            return AnyCriterion(node.id, of)
        if isinstance(node, InOrder) and node.strict:
            return InOrderCriterion(node.id, of)
        return AllCriterion(node.id, of)

    def leaf(self, leaf: Leaf) -> LeafCriterion:
        activity = self.ruleset.activities[leaf.activity]
        kinds = _DONE[activity.move_on] if leaf.kind == "done" else (leaf.kind,)
        verbs = self.verbs(leaf.verb) if leaf.verb else ()
        tracks = tuple((self.track(Track(what, leaf.activity, leaf.min_score, verbs)), what) for what in kinds)
        for observers in (leaf.terms.by, leaf.terms.proctored):
            self.observe(observers)
        return LeafCriterion(
            leaf, tracks, activity.move_on == "CompletedAndPassed", self.kin[leaf.activity], tuple(activity.rubric)
        )

    def observe(self, observers: Observers | None) -> None:
        if observers is not None and observers.holds is not None:
            self.observed[observers.holds] = None

    def verbs(self, name: str) -> tuple[str, ...]:
        """The IRIs of a verb: those of its document, or ADL's own."""
        known = self.ruleset.verbs.get(name)
        if known is not None:
            return known.iris
        return (ADL + name,) if name in ADL_VERBS else ()

    def credits(self, node: Credits) -> CreditsCriterion:
        earned = [
            (self.track(Track(worth.on, activity.id)), worth.amount, activity.id)
            for activity in self.ruleset.activities.values()
            for worth in activity.credits
            if worth.type == node.type and (not node.accredited_by or worth.accredited_by in node.accredited_by)
        ]
        return CreditsCriterion(node, self.track(Track("credit", credits_iri(node.type))), tuple(earned))

    def track(self, track: Track) -> int:
        return self.tracks.setdefault(track, len(self.tracks))


def _all_apart(criteria: tuple[Criterion, ...]) -> bool:
    """Whether no two of the parts can be served by the same activity."""
    if any(isinstance(criterion, AnyCriterion) for criterion in criteria):
        return False
    tokens = [
        criterion.token if isinstance(criterion, LeafCriterion | KpiCriterion) else _name(criterion)
        for criterion in criteria
    ]
    return len(set(tokens)) == len(tokens)


def _name(criterion: Criterion) -> str:
    return f"holds:{criterion.leaf.program}" if isinstance(criterion, HoldsCriterion) else f"#{criterion.id}"


@lru_cache(maxsize=64)
def kin_of(ruleset: Ruleset) -> Mapping[str, str]:
    """Activities joined by equivalences, each with the least name among its kin."""
    kin = {name: name for name in ruleset.activities}

    def root(name: str) -> str:
        while kin[name] != name:
            name = kin[name]
        return name

    for activity in ruleset.activities.values():
        for target in activity.counts_for:
            one, other = sorted((root(activity.id), root(target.activity)))
            kin[other] = one
    return {name: root(name) for name in kin}
