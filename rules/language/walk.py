"""Goes through the requirements of a program: every criterion of every path, outermost first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rules.language.model import AllOf, AnyOf, InOrder, Node, NOf, Not, Program


def walk(nodes: Iterable[Node | None]) -> Iterator[Node]:
    """The nodes and everything below them."""
    for node in nodes:
        if node is not None:
            yield node
            yield from walk(parts_of(node))


def parts_of(node: Node) -> tuple[Node, ...]:
    return node.of if isinstance(node, AllOf | AnyOf | InOrder | NOf | Not) else ()


def paths_of(program: Program) -> Iterator[Node]:
    """The roots of all that awards, renews or reinstates, but not of what is suggested."""
    roots = [program.require, *(tier.require for tier in program.tiers)]
    roots += [program.renew.require if program.renew else None, *(one.until for one in program.suspend)]
    yield from (root for root in roots if root is not None)
