"""Where each criterion of a program was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lrs.yaml_door import Location
from rules.language.model import AllOf, AnyOf, InOrder, Node, NOf, Not
from rules.lint.ground import Written


@dataclass(frozen=True, slots=True)
class Placed:
    """A criterion, where it stands, and what is above it, outermost first."""

    node: Node
    at: Location
    above: tuple[Placed, ...] = ()

    @property
    def root(self) -> Placed:
        return self.above[0] if self.above else self


def initial_roots(written: Written) -> Iterator[Placed]:
    """The requirement, or those of the tiers."""
    program = written.program
    if program.require is not None:
        yield Placed(program.require, ("require",))
    for number, tier in enumerate(program.tiers):
        if tier.require is not None:
            yield Placed(tier.require, ("tiers", number, "require"))


def renewal_root(written: Written) -> Placed | None:
    """The requirement of the renewal, if it has its own."""
    renew = written.program.renew
    return Placed(renew.require, ("renew", "require")) if renew is not None and renew.require is not None else None


def roots(written: Written) -> Iterator[Placed]:
    """The requirements of all paths."""
    yield from initial_roots(written)
    if (renewal := renewal_root(written)) is not None:
        yield renewal
    for number, suspend in enumerate(written.program.suspend):
        if suspend.until is not None:
            yield Placed(suspend.until, (*written.item(("suspend",), number), "until"))


def below(written: Written, placed: Placed) -> Iterator[Placed]:
    """The criterion and everything below it."""
    yield placed
    for part in parts(written, placed):
        yield from below(written, part)


def parts(written: Written, placed: Placed) -> Iterator[Placed]:
    """What a group consists of."""
    node, above = placed.node, (*placed.above, placed)
    if isinstance(node, Not):
        yield Placed(node.of[0], (*placed.at, "not"), above)
    elif isinstance(node, AllOf | AnyOf | InOrder | NOf):
        at = (*placed.at, _word(node))
        if isinstance(node, InOrder) and isinstance(written.value(at), dict):
            at = (*at, "steps")
        yield from (Placed(part, (*at, number), above) for number, part in enumerate(node.of))


def _word(node: AllOf | AnyOf | InOrder | NOf) -> str:
    if isinstance(node, NOf):
        return "of"
    return "all" if isinstance(node, AllOf) else "any" if isinstance(node, AnyOf) else "in_order"
