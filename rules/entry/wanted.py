"""What programs ask for, so that pages offer it first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.language import Program, Ruleset
from rules.language.model import Activity, Kpi, Leaf, Node
from rules.language.walk import parts_of, walk


@dataclass(frozen=True, slots=True)
class Offer:
    """Activities to choose from: those that some program asks for in this way, and all others, by title."""

    wanted: tuple[Activity, ...]
    others: tuple[Activity, ...]
    left_out: int = 0
    """How many others there are that are not offered."""

    @property
    def is_empty(self) -> bool:
        return not (self.wanted or self.others)

    def narrowed(self, chosen: str | None, *, to_all: bool) -> Offer:
        """Only what programs ask for, where they ask for anything and nothing else is chosen or wanted."""
        if to_all or not self.wanted or chosen in {one.id for one in self.others}:
            return self
        return Offer(self.wanted, (), len(self.others))


def offer(ruleset: Ruleset, *kinds: str) -> Offer:
    """The activities of a ruleset; kinds: of leaves, such as signed_off.  People are judged by former versions too."""
    wanted = {
        leaf.activity
        for versions in ruleset.programs.values()
        for version in versions
        for leaf in leaves(version)
        if (isinstance(leaf, Leaf) and leaf.kind in kinds) or (isinstance(leaf, Kpi) and "kpi" in kinds)
    }
    activities = sorted(ruleset.activities.values(), key=lambda one: (one.title.lower(), one.id))
    return Offer(
        tuple(one for one in activities if one.id in wanted),
        tuple(one for one in activities if one.id not in wanted),
    )


def asks_score(ruleset: Ruleset, activity: str) -> bool:
    """Whether some program looks at the score of sign-offs of an activity."""
    by_score = (leaf.terms.by is not None and leaf.terms.by.mean is not None for leaf in _signed_off(ruleset, activity))
    return any(by_score) or any(leaf.min_score is not None for leaf in _signed_off(ruleset, activity))


def critical_items(ruleset: Ruleset, activity: str) -> frozenset[str]:
    """The items of an activity's rubric without which some program takes no sign-off."""
    rubrics = (leaf.terms.rubric for leaf in _signed_off(ruleset, activity))
    return frozenset(item for rubric in rubrics if rubric is not None for item in rubric.critical)


def criteria_of(ruleset: Ruleset, program: Program) -> Mapping[str, str]:
    """The ids of a program's criteria that may be waived, each with a word for what it asks for.

    Those of this version come first, then what others ask for: whoever began earlier is judged by a former one, and who
    will be judged by a later one may be let off today.
    """
    versions = [program, *(one for one in reversed(ruleset.programs[program.id]) if one is not program)]
    found: dict[str, str] = {}
    for version in versions:
        for leaf in _required(version):
            if getattr(leaf, "waivable", True):
                found.setdefault(leaf.id, _subject(leaf))
    return found


def leaves(program: Program) -> Iterator[Any]:
    """Everything a program looks at, required or suggested, or taken in its place."""
    yield from _required(program)
    for tier in program.tiers:
        for node in tier.suggest:
            yield from _leaves(node)
    for node in program.suggest:
        yield from _leaves(node)
    for accept in program.accept:
        yield from _leaves(accept.what)
    for suspend in program.suspend:
        if suspend.until is not None:
            yield from _leaves(suspend.until)


def _signed_off(ruleset: Ruleset, activity: str) -> list[Leaf]:
    return [
        leaf
        for versions in ruleset.programs.values()
        for version in versions
        for leaf in leaves(version)
        if isinstance(leaf, Leaf) and (leaf.kind, leaf.activity) == ("signed_off", activity)
    ]


def _required(program: Program) -> Iterator[Any]:
    renewal = (program.renew.require,) if program.renew else ()
    for node in (program.require, *(tier.require for tier in program.tiers), *renewal):
        if node is not None:
            yield from _leaves(node)


def _leaves(node: Node) -> Iterator[Node]:
    return (one for one in walk([node]) if not parts_of(one))


def _subject(leaf: Any) -> str:
    return next((str(getattr(leaf, name)) for name in ("activity", "program", "type") if hasattr(leaf, name)), "")
