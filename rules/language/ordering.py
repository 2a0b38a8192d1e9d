"""Checks what criteria of one path say of each other: `after` names another one, and none waits for itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lrs.errors import did_you_mean
from rules.language.entry import Entry
from rules.language.model import InOrder, Node
from rules.language.walk import parts_of


def check_order(nodes: Iterable[Node], after: Sequence[tuple[str, Entry]]) -> None:
    """Notes unknown criteria and circles; `after` has each criterion with the entry that names the one before it."""
    if not after:
        return
    needs: dict[str, set[str]] = {}
    for node in nodes:
        _collect(node, frozenset(), needs)
    for criterion, entry in after:
        if entry.value not in needs:
            entry.fail(
                f"no criterion of this path is called '{entry.value}'", hint=did_you_mean(str(entry.value), needs)
            )
        elif criterion in needs:
            needs[criterion].add(entry.value)
    for criterion, entry in after:
        if entry.value in needs and criterion in _below(entry.value, needs):
            entry.fail(f"'{criterion}' would wait for itself", hint="name a criterion that does not depend on this one")


def _collect(node: Node, waits_for: frozenset[str], needs: dict[str, set[str]]) -> None:
    """What each criterion needs to be judged: its parts, and the steps that come before it."""
    own = needs.setdefault(node.id, set())
    own |= waits_for
    before = waits_for
    for part in parts_of(node):
        own.add(part.id)
        _collect(part, before, needs)
        if isinstance(node, InOrder) and node.strict:
            before = before | {part.id}


def _below(criterion: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [criterion]
    while waiting:
        for one in needs.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return {*found, criterion}
