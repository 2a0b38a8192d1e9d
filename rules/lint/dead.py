"""Lint: criteria that cannot change anything, because what stands beside them already decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from rules.language.model import PLAIN, AllOf, AnyOf, Credits, Holds, InOrder, Kpi, Leaf, Node, NOf, Not, Ruleset
from rules.language.walk import parts_of, walk
from rules.lint.ground import Finding, Ground, Written
from rules.lint.places import Placed, below, parts, roots


def dead_criterion(written: Written, ground: Ground) -> Iterator[Finding]:
    compare = _Comparison(ground.ruleset)
    named = {name for accept in written.program.accept for name in accept.criteria}
    for root in roots(written):
        for group in below(written, root):
            if isinstance(group.node, AllOf | AnyOf) and not _counts_activities(group):
                yield from _dead_parts(written, group, compare, named)


def _dead_parts(written: Written, group: Placed, compare: _Comparison, named: set[str]) -> Iterator[Finding]:
    """Of an `all` what another part asks for already; of an `any` what only repeats a weaker part."""
    of = list(parts(written, group))
    is_any = isinstance(group.node, AnyOf)
    dead: set[int] = set()
    for one, part in enumerate(of):
        if named & {node.id for node in walk([part.node])}:
            continue
        for other, rival in enumerate(of):
            if other != one and other not in dead and compare.outdoes(rival.node, part.node, is_any, first=other < one):
                dead.add(one)
                line = written.document.mark(rival.at).line
                how = "whoever meets it meets" if is_any else "it is asked for already by"
                yield written.finding(
                    part.at, f"this changes nothing: {how} the one on line {line}", "leave one of them out"
                )
                break


def _counts_activities(group: Placed) -> bool:
    """Whether an `n_of` above counts different activities: then even what is met anyway may bring another one."""
    return any(isinstance(above.node, NOf) and above.node.distinct for above in group.above)


def contradiction(written: Written, ground: Ground) -> Iterator[Finding]:
    compare = _Comparison(ground.ruleset)
    if written.program.accept:
        return  # what is accepted stands in for one of the two, and not inside `not`
    for root in roots(written):
        for group in below(written, root):
            if isinstance(group.node, AllOf):
                yield from _denied_parts(written, list(parts(written, group)), compare)


def _denied_parts(written: Written, of: list[Placed], compare: _Comparison) -> Iterator[Finding]:
    """A `not` of what another part of the same `all` asks for."""
    for part in of:
        denied = parts_of(part.node) if isinstance(part.node, Not) else ()
        rivals = (rival for rival in of if any(compare.implies(rival.node, one) for one in denied))
        if (rival := next(rivals, None)) is not None:
            line = written.document.mark(rival.at).line
            yield written.finding(
                part.at, f"whoever does what the one on line {line} asks for fails this", "leave one of them out"
            )


def n_of_all(written: Written, _: Ground) -> Iterator[Finding]:
    for root in roots(written):
        for placed in below(written, root):
            node = placed.node
            if isinstance(node, NOf) and node.count == len(node.of) and not is_short(node):
                yield written.finding(
                    (*placed.at, "n_of"),
                    f"{node.count} of a list of {node.count} is all of it",
                    "write all: [...]",
                    key=True,
                )


def is_short(node: NOf) -> bool:
    """Whether the list names fewer activities than have to be different."""
    if not node.distinct or not all(isinstance(part, Leaf | Kpi) for part in node.of):
        return False
    return len({part.activity for part in node.of if isinstance(part, Leaf | Kpi)}) < node.count


class _Comparison:
    """Whether meeting one criterion always means meeting another, as far as can be told without any evidence."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._sender_may_differ = any(source.profile.verdict == "ours" for source in ruleset.sources)

    def outdoes(self, rival: Node, part: Node, is_any: bool, *, first: bool) -> bool:
        """Whether a part changes nothing beside its rival; of two that say the same, the later one does not."""
        forth, back = self.implies(part, rival), self.implies(rival, part)
        return first if forth and back else (forth if is_any else back)

    def implies(self, one: Node, other: Node) -> bool:
        if isinstance(other, AllOf):
            return all(self.implies(one, part) for part in other.of)
        if isinstance(one, AnyOf):
            return all(self.implies(part, other) for part in one.of)
        is_sum = isinstance(one, AllOf) or (isinstance(one, InOrder) and _is_plain(one))
        if is_sum and any(self.implies(part, other) for part in parts_of(one)):
            return True
        if isinstance(other, AnyOf):
            return any(self.implies(one, part) for part in other.of)
        return self._leaf_implies(one, other)

    def _leaf_implies(self, one: Node, other: Node) -> bool:
        if isinstance(one, Leaf) and isinstance(other, Leaf):
            return _bare(one) == _bare(other) and self._reaches(one.min_score, other.min_score)
        if isinstance(one, Kpi) and isinstance(other, Kpi):
            return _bare(one) == _bare(other) and _is_within(one, other)
        if isinstance(one, Credits) and isinstance(other, Credits):
            return _bare(one) == _bare(other) and one.least >= other.least
        return isinstance(one, Holds) and isinstance(other, Holds) and _bare(one) == _bare(other)

    def _reaches(self, one: Decimal | None, other: Decimal | None) -> bool:
        """Where the score alone decides, passing by our mark does not mean passing by the sender's."""
        if other is None:
            return one is None or not self._sender_may_differ
        return one is not None and one >= other


def _is_plain(group: InOrder) -> bool:
    """A step counts less evidence than the same leaf elsewhere: only without terms is that never more."""
    return all(isinstance(node, InOrder) or (isinstance(node, Leaf) and node.terms == PLAIN) for node in walk([group]))


def _bare(leaf: Leaf | Kpi | Credits | Holds) -> Leaf | Kpi | Credits | Holds:
    """A leaf without its name, its notes and its bounds."""
    if isinstance(leaf, Leaf):
        return replace(leaf, id="", notes={}, min_score=None)
    if isinstance(leaf, Kpi):
        return replace(leaf, id="", notes={}, least=None, most=None)
    if isinstance(leaf, Credits):
        return replace(leaf, id="", notes={}, least=Decimal(1))
    return replace(leaf, id="", notes={})


def _is_within(one: Kpi, other: Kpi) -> bool:
    low = other.least is None or (one.least is not None and one.least >= other.least)
    return low and (other.most is None or (one.most is not None and one.most <= other.most))
