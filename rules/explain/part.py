"""What one statement did to a decision: whether the proof used it, and why it did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def part_of(proof: Any, statement_id: str) -> tuple[bool, set[str]]:
    """Whether a proof used a statement, and for which reasons it rejected it."""
    used = False
    reasons: set[str] = set()
    for node in every_node(proof):
        if "act" in node:
            refused = node.get("rejected")
            if node["statement"] == statement_id:
                used |= refused is None
                reasons.update([refused] if refused else [])
            continue
        used |= statement_id in node.get("used", ())
        reasons.update(one["reason"] for one in node.get("rejected", ()) if one["statement"] == statement_id)
    return used, reasons


def every_node(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a proof: criteria, what they rejected, acts."""
    if isinstance(node, Mapping):
        yield node
        for child in node.values():
            yield from every_node(child)
    elif isinstance(node, list):
        for child in node:
            yield from every_node(child)
