"""Lint: documents that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.model import Credits, Kpi, Leaf, Program, Ruleset
from rules.language.walk import paths_of, walk
from rules.lint.ground import Finding, Ground, finding


def unused_activity(ground: Ground) -> Iterator[Finding]:
    used, types = _named(ground.ruleset)
    for activity in ground.ruleset.activities.values():
        serves = any(target.activity in used for target in activity.counts_for)
        if activity.id in used or serves or any(worth.type in types for worth in activity.credits):
            continue
        document = ground.draft.documents[f"activity '{activity.id}'"]
        yield finding(document, ("id",), f"no program asks for '{activity.id}'", "ask for it, or take it away")


def unused_verb(ground: Ground) -> Iterator[Finding]:
    used = {leaf.verb for leaf in _leaves(ground.ruleset)}
    for name in ground.ruleset.verbs:
        if name not in used:
            document = ground.draft.documents[f"verb '{name}'"]
            yield finding(
                document, ("id",), f"no program asks for a statement with '{name}'", "ask for it, or take it away"
            )


def unused_escalation(ground: Ground) -> Iterator[Finding]:
    used = {program.notes.get("escalate") for program in _programs(ground.ruleset)}
    for name in ground.ruleset.escalations:
        if name not in used:
            document = ground.draft.documents[f"escalation '{name}'"]
            yield finding(document, ("id",), f"no program escalates by '{name}'", f"escalate: {name}")


def _programs(ruleset: Ruleset) -> Iterator[Program]:
    yield from (program for versions in ruleset.programs.values() for program in versions)


def _leaves(ruleset: Ruleset) -> Iterator[Leaf]:
    for program in _programs(ruleset):
        suggested = [*program.suggest, *(node for tier in program.tiers for node in tier.suggest)]
        found = walk([*paths_of(program), *suggested])
        yield from (node for node in found if isinstance(node, Leaf))
        yield from (accept.what for accept in program.accept)
        yield from (suspend.when for suspend in program.suspend)


def _named(ruleset: Ruleset) -> tuple[set[str], set[str]]:
    """The activities that programs name, and the types of credits they ask for."""
    used = {leaf.activity for leaf in _leaves(ruleset)}
    types: set[str] = set()
    for program in _programs(ruleset):
        suggested = [*program.suggest, *(node for tier in program.tiers for node in tier.suggest)]
        for node in walk([*paths_of(program), *suggested]):
            if isinstance(node, Kpi):
                used.add(node.activity)
            elif isinstance(node, Credits):
                types.add(node.type)
    return used, types
