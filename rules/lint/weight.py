"""Lint: a program that asks for too much.  Few things required, and those held to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rules.language.model import AllOf, AnyOf, InOrder, Node, NOf, Not
from rules.lint.ground import Finding, Ground, Written
from rules.lint.places import initial_roots

MOST_REQUIRED: Final = 5
MOST_TIERS: Final = 3


def too_many_required(written: Written, _: Ground) -> Iterator[Finding]:
    for root in initial_roots(written):
        asked = fewest(root.node)
        if asked > MOST_REQUIRED:
            yield written.finding(
                root.at,
                f"{asked} things are required at once; more than {MOST_REQUIRED} are seldom held to",
                "move what matters less to suggest:, or to a later tier",
                key=True,
            )


def too_many_tiers(written: Written, _: Ground) -> Iterator[Finding]:
    count = len(written.program.tiers)
    if count > MOST_TIERS:
        yield written.finding(
            ("tiers",),
            f"{count} tiers have due dates of their own; start with two, by time in the role",
            "merge tiers, or make a program of its own for a later role",
            key=True,
        )


def fewest(node: Node) -> int:
    """How many criteria have to be shown at least."""
    if isinstance(node, AllOf | InOrder):
        return sum(map(fewest, node.of))
    if isinstance(node, AnyOf):
        return min(map(fewest, node.of))
    if isinstance(node, NOf):
        return sum(sorted(map(fewest, node.of))[: node.count])
    return 0 if isinstance(node, Not) else 1
