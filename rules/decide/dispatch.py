"""Which programs a statement can matter to: the index by which the projection routes evidence."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rules.decide.compiled import compiled
from rules.language.model import Match, Ruleset


@lru_cache(maxsize=64)
def affected(ruleset: Ruleset) -> Mapping[str, frozenset[str]]:
    """Each activity IRI with the programs whose verdict its evidence can change, dependants through `holds` included."""
    readers = dependants(ruleset)
    index: dict[str, set[str]] = {}
    for program in ruleset.programs:
        for iri in compiled(ruleset, program).routes:
            index.setdefault(iri, set()).update((program, *readers[program]))
    return {iri: frozenset(programs) for iri, programs in sorted(index.items())}


@lru_cache(maxsize=64)
def dependants(ruleset: Ruleset) -> Mapping[str, frozenset[str]]:
    """Each program with all that hold it, directly or through others."""
    above: dict[str, set[str]] = {program: set() for program in ruleset.programs}
    for level in reversed(ruleset.strata):
        for program in level:
            for below in compiled(ruleset, program).held:
                above[below].update((program, *above[program]))
    return {program: frozenset(readers) for program, readers in above.items()}


@lru_cache(maxsize=64)
def judged_by(ruleset: Ruleset) -> Mapping[str, frozenset[str]]:
    """Each program whose holders may observe, with the programs of the people they observe, dependants included."""
    above = dependants(ruleset)
    found: dict[str, set[str]] = {}
    for program in ruleset.programs:
        for observers in compiled(ruleset, program).observed:
            found.setdefault(observers, set()).update((program, *above[program]))
    return {observers: frozenset(programs) for observers, programs in found.items()}


def rejudged(before: Ruleset, after: Ruleset) -> frozenset[str]:
    """The programs of a ruleset whose verdicts, proofs or ladders may differ from what the one before it says.

    Nearly always few: a program is judged alike when it compiles alike and its sources, ladders and titles are the same.
    """
    if before.sources != after.sources or before.escalations != after.escalations:
        return frozenset(after.programs)
    above, observed = dependants(after), judged_by(after)
    found: set[str] = set()
    for program in after.programs:
        if program not in before.programs or _meaning(before, program) != _meaning(after, program):
            found.update((program, *above[program]))
    return frozenset(found.union(*(observed.get(program, ()) for program in found)))


def _meaning(ruleset: Ruleset, program: str) -> tuple[object, ...]:
    """Everything that deciding reads of a program, in a form that can be compared."""
    own = compiled(ruleset, program)
    titles = {
        track.activity: ruleset.activities[track.activity].title
        for track in own.tracks
        if track.activity in ruleset.activities
    }
    return own.versions, own.tracks, own.routes, own.held, own.observed, titles


@lru_cache(maxsize=64)
def asks_for_depth(ruleset: Ruleset) -> bool:
    """Whether any audience asks who reports to whom, which is dear to find out."""
    return any(
        _names_depth(audience.match)
        for versions in ruleset.programs.values()
        for program in versions
        for audience in program.audiences
    )


def _names_depth(match: Match | None) -> bool:
    return match is not None and (match.depth is not None or _names_depth(match.exclude))
