"""A ruleset made ready for folding: criteria with their tracks, and for each IRI the tracks its evidence serves.

Compiled once for a ruleset and a program, whatever the person; everything here is immutable or a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rules.decide.criteria import (
    AllCriterion,
    AnyCriterion,
    Criterion,
    HoldsCriterion,
    InOrderCriterion,
    LeafCriterion,
    NOfCriterion,
)
from rules.decide.facts import Evidence
from rules.decide.record import Followed, Reading, ReadingOf, Route, SourceOf, Track
from rules.language.model import AnyOf, Holds, InOrder, Leaf, Node, NOf, Program, Ruleset, Source, Tier
from rules.language.profiles import DEFAULT, Profile

_DONE: dict[str | None, tuple[Followed, ...]] = {
    "Passed": ("passed",),
    "Completed": ("completed",),
    "CompletedAndPassed": ("completed", "passed"),
    "CompletedOrPassed": ("completed", "passed"),
    "NotApplicable": ("begun",),
}
"""cmi5's moveOn as the tracks to follow; no activity that a program wants done is without one."""


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
    tiers: tuple[CompiledTier, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    program: Program
    initial: Path
    renewal: Path | None
    awards: bool
    """False when everything in it is only suggested."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every version of one program, oldest first."""

    id: str
    versions: tuple[Version, ...]
    tracks: tuple[Track, ...]
    routes: Mapping[str, tuple[Route, ...]]
    source_of: SourceOf
    reading_of: ReadingOf
    held: tuple[str, ...]


@lru_cache(maxsize=4096)
def compiled(ruleset: Ruleset, program_id: str) -> Compiled:
    """The program, ready for folding.  KeyError when the ruleset has none of that id."""
    tracks: dict[Track, int] = {}
    held: dict[str, None] = {}
    compiler = _Compiler(ruleset, tracks, held)
    versions = tuple(compiler.version(program) for program in ruleset.programs[program_id])
    routes: dict[str, list[Route]] = {}
    for track, index in tracks.items():
        for iri, route in _routes(ruleset, track.activity, index):
            routes.setdefault(iri, []).append(route)
    return Compiled(
        program_id,
        versions,
        tuple(tracks),
        {iri: tuple(found) for iri, found in routes.items()},
        source_finder(ruleset.sources),
        _reader(ruleset.sources),
        tuple(held),
    )


def _routes(ruleset: Ruleset, activity: str, track: int) -> Iterator[tuple[str, Route]]:
    for iri in ruleset.activities[activity].iris:
        yield iri.iri, Route(track, iri.source)
    for other in ruleset.activities.values():
        for target in other.counts_for:
            if target.activity == activity:
                for iri in other.iris:
                    yield iri.iri, Route(track, iri.source, target.start, target.end)


class _Compiler:
    def __init__(self, ruleset: Ruleset, tracks: dict[Track, int], held: dict[str, None]) -> None:
        self.ruleset = ruleset
        self.tracks = tracks
        self.held = held
        self.kin = _kin(ruleset)

    def version(self, program: Program) -> Version:
        required = program.require is not None or bool(program.tiers)
        if program.tiers:
            initial = self.tiers(program.tiers)
        elif program.require is not None:
            initial = Path(self.criterion(program.require))
        else:
            initial = Path(AllCriterion("suggested", tuple(self.criterion(node) for node in program.suggest)))
        renewal = None
        if program.renew is not None:
            own = program.renew.require
            renewal = initial if own is None else Path(self.criterion(own))
        return Version(program, initial, renewal, required)

    def tiers(self, tiers: Iterable[Tier]) -> Path:
        required = [(tier, tier.require) for tier in tiers if tier.require is not None]
        places: dict[str | None, int] = {tier.id: place for place, (tier, _) in enumerate(required)}
        return Path(
            None, tuple(CompiledTier(tier, self.criterion(of), places.get(tier.after)) for tier, of in required)
        )

    def criterion(self, node: Node) -> Criterion:
        if isinstance(node, Leaf):
            return self.leaf(node)
        if isinstance(node, Holds):
            self.held[node.program] = None
            return HoldsCriterion(node)
        of = tuple(self.criterion(part) for part in node.of)
        if isinstance(node, NOf):
            return NOfCriterion(node.id, of, node.count, simple=not node.distinct or _all_apart(of))
        if isinstance(node, AnyOf):
            return AnyCriterion(node.id, of)
        if isinstance(node, InOrder) and node.strict:
            return InOrderCriterion(node.id, of)
        return AllCriterion(node.id, of)

    def leaf(self, leaf: Leaf) -> LeafCriterion:
        move_on = self.ruleset.activities[leaf.activity].move_on
        kinds = _DONE[move_on] if leaf.kind == "done" else (leaf.kind,)
        tracks = tuple((self.track(Track(what, leaf.activity, leaf.min_score)), what) for what in kinds)
        return LeafCriterion(leaf, tracks, move_on == "CompletedAndPassed", self.kin[leaf.activity])

    def track(self, track: Track) -> int:
        if track.what != "passed":
            track = track._replace(min_score=None)
        return self.tracks.setdefault(track, len(self.tracks))


def _all_apart(criteria: tuple[Criterion, ...]) -> bool:
    """Whether no two of the parts can be served by the same activity."""
    if any(isinstance(criterion, AnyCriterion) for criterion in criteria):
        return False
    tokens = [criterion.token if isinstance(criterion, LeafCriterion) else _name(criterion) for criterion in criteria]
    return len(set(tokens)) == len(tokens)


def _name(criterion: Criterion) -> str:
    return f"holds:{criterion.leaf.program}" if isinstance(criterion, HoldsCriterion) else f"#{criterion.id}"


def _kin(ruleset: Ruleset) -> dict[str, str]:
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


def source_finder(sources: Iterable[Source]) -> SourceOf:
    """Finds the source of a row: the one whose match says most; of equals the credential, and then the name, decides."""
    find = _finder(sources)

    def source_of(row: Evidence) -> tuple[str | None, Profile]:
        return find(row.credential, row.authority, row.platform, row.home_page)

    return source_of


def _finder(sources: Iterable[Source]) -> Callable[..., tuple[str | None, Profile]]:
    ranked = sorted(sources, key=lambda source: (-len(source.match), "credential" not in source.match, source.id))

    def find(
        credential: str | None, authority: str | None, platform: str | None, home_page: str | None
    ) -> tuple[str | None, Profile]:
        marks = {"credential": credential, "authority": authority, "platform": platform, "home_page": home_page}
        for source in ranked:
            if all(marks[key] == wanted for key, wanted in source.match.items()):
                return source.id, source.profile
        return None, DEFAULT

    return lru_cache(maxsize=4096)(find)


def _reader(sources: Iterable[Source]) -> ReadingOf:
    """What a row proves by the profile of its source; rows repeat themselves, so what was found is kept."""
    find = _finder(sources)

    @lru_cache(maxsize=8192)
    def reading_of(
        verb: str,
        relation: str,
        object_type: str | None,
        activity_type: str | None,
        *marks: str | None,
    ) -> Reading:
        source, profile = find(*marks)
        return Reading(source, profile, profile.meaning(verb, relation, object_type, activity_type))

    return reading_of
