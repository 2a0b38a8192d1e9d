"""One course of a curriculum: how it is taught, what proves it, at which level.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from rules.explain.requirement import Wording, lead
from rules.language import Ruleset
from rules.language.model import AllOf, AnyOf, Credits, Holds, InOrder, Kpi, Leaf, Node, NOf, Not

LEVELS: Final = {1: "reaction", 2: "learning", 3: "behaviour", 4: "results"}
"""Kirkpatrick's."""
_TESTS: Final = ("passed", "done")


@dataclass(frozen=True, slots=True)
class Course:
    """One line of a curriculum.  choice: of which group it is a part, unless all of it is asked for.

    step: its place, where the order counts.
    """

    title: str
    proves: str
    methods: tuple[str, ...]
    design: str
    level: int | None
    hours: Decimal | None
    choice: str
    step: int | None = None
    credits: tuple[str, ...] = ()

    @property
    def taught(self) -> str:
        """Method and design in a line."""
        hours = f"{self.hours.normalize():f} h" if self.hours else ""
        return ", ".join(filter(None, (" or ".join(self.methods), self.design, hours)))

    @property
    def level_text(self) -> str:
        return f"{self.level} {LEVELS[self.level]}" if self.level in LEVELS else ""


def courses(ruleset: Ruleset, wording: Wording, nodes: Iterable[Node | None]) -> list[Course]:
    """Every leaf of some requirements, in the order in which they stand."""
    return [course for node in nodes if node is not None for course in _courses(ruleset, wording, node, "", None)]


def _courses(ruleset: Ruleset, wording: Wording, node: Node, choice: str, step: int | None) -> Iterator[Course]:
    if isinstance(node, AllOf | AnyOf | InOrder | NOf | Not):
        within = choice if isinstance(node, AllOf | InOrder) else lead(node)
        counts = step is None and isinstance(node, InOrder) and node.strict
        for place, part in enumerate(node.of, start=1):
            yield from _courses(ruleset, wording, part, within, place if counts else step)
        return
    activity = ruleset.activities.get(node.activity) if isinstance(node, Leaf | Kpi) else None
    said: dict[str, Any] = {**(activity.notes if activity else {}), **node.notes}
    earned = tuple(f"{one.amount:f} {one.type}" for one in activity.credits) if activity else ()
    yield Course(
        _title(wording, node),
        wording.clause(node).text,
        _methods(said.get("method")),
        _design(node, said.get("design")),
        said["kirkpatrick"] if isinstance(said.get("kirkpatrick"), int) else None,
        said.get("hours"),
        choice,
        step,
        earned,
    )


def _title(wording: Wording, node: Leaf | Kpi | Credits | Holds) -> str:
    if isinstance(node, Holds):
        return wording.program(node.program)
    return f"{node.type} credits" if isinstance(node, Credits) else wording.activity(node.activity)


def _methods(said: Any) -> tuple[str, ...]:
    """Leaves keep what was written: a word, or a list of them."""
    return tuple(_plain(one) for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))


def _design(node: Node, said: Any) -> str:
    design = _plain(said) if isinstance(said, str) else ""
    if not isinstance(node, Leaf) or node.kind not in _TESTS:
        return design
    test = "proctored test" if node.terms.proctored is not None else "open test"
    return f"{design}, {test}" if design else test


def _plain(word: str) -> str:
    return word.replace("-", " ")
