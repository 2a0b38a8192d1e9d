"""Parts of a decision: what one statement did to it, and which criteria of the open path have their turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

Json = Mapping[str, Any]

_RUNNING: Final = frozenset({"valid", "suspended", "expired"})
"""While an award runs, its proof begins with the path that earned it."""
TOO_FEW: Final = "too_few_samples"
_MET: Final = frozenset({"met", "waived"})


def part_of(proof: Any, statement_id: str) -> tuple[bool, set[str]]:
    """Whether a proof used a statement, and for which reasons it rejected it."""
    return parts_of(proof).get(statement_id, (False, set()))


def parts_of(proof: Any) -> dict[str, tuple[bool, set[str]]]:
    """Of every statement in a proof, whether it was used, and for which reasons it was rejected."""
    used: set[str] = set()
    reasons: dict[str, set[str]] = {}
    for node in every_node(proof):
        if "act" in node:
            refused = node.get("rejected")
            if refused is None:
                used.add(node["statement"])
            else:
                reasons.setdefault(node["statement"], set()).add(refused)
            continue
        used.update(node.get("used", ()))
        for one in node.get("rejected", ()):
            reasons.setdefault(one["statement"], set()).add(one["reason"])
    return {id_: (id_ in used, reasons.get(id_, set())) for id_ in used | reasons.keys()}


def every_node(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a proof: criteria, what they rejected, acts."""
    if isinstance(node, Mapping):
        yield node
        for child in node.values():
            yield from every_node(child)
    elif isinstance(node, list):
        for child in node:
            yield from every_node(child)


def every_gap(gaps: Iterable[Json]) -> Iterator[Json]:
    """Every gap, and those of the nearest way through each choice."""
    for gap in gaps:
        yield gap
        yield from every_gap(gap.get("cheapest", ()))


def open_path(document: Json) -> Json:
    """The path that is open; empty where there is none, and gaps are about what ends a suspension."""
    paths = document["proof"].get("of", ())
    path: Json = paths[-1] if len(paths) > (document["award"] in _RUNNING) else {}
    return path


class Turns:
    """What is met on the open path of a decision; `proofs`: its criteria by id."""

    def __init__(self, document: Json) -> None:
        self.proofs = {node["criterion"]: node for node in every_node(open_path(document)) if "criterion" in node}
        self._lacking = {gap["criterion"] for gap in every_gap(document["gaps"])}

    def is_met(self, criterion: str) -> bool:
        """Whether what comes after a criterion counts now: evidence from before it was met does not."""
        if criterion in self._lacking:
            return False
        return criterion not in self.proofs or self.proofs[criterion]["result"] in _MET


class Unjudged(NamedTuple):
    """What cannot be judged on the open path: measures that lack values, and whether anything else is reported so."""

    measures: tuple[Json, ...]
    is_reported: bool


def unjudged(document: Json) -> Unjudged:
    """Of a decision whose evidence is pending.  A measure is a node of the proof with `samples`, how many values there are."""
    nodes = [node for node in every_node(open_path(document)) if node.get("result") == "unknown" and not node.get("of")]
    measures = tuple(node for node in nodes if "samples" in node)
    return Unjudged(measures, len(measures) < len(nodes))


def lacks_only_measures(document: Json) -> bool:
    """Whether values are all that is missing."""
    reasons = {gap["reason"] for gap in every_gap(document["gaps"]) if not gap.get("cheapest")}
    return reasons == {TOO_FEW}
