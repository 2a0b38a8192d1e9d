"""What becomes of a word that was just given: the programs for which it does not count, and why.

Decisions follow behind the requests; whoever signs off is told at once, from the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from rules.decide import affected
from rules.entry.aftermath import Aftermath
from rules.entry.wanted import leaves
from rules.explain.part import every_node
from rules.explain.reasons import in_words
from rules.language import Ruleset
from rules.language.model import Leaf, Rubric
from rules.language.vocabulary import ASKED
from rules.vocabulary import RUBRIC_EXTENSION


class Lack(NamedTuple):
    """What a checklist lacks: how many of these items, critical ones first.  Ids of the person, the activity and its items."""

    person: str
    activity: str
    needed: int
    items: tuple[str, ...]


class Objection(NamedTuple):
    """A program for which a statement does not count, and why, in words; lack: where its checklist is why."""

    program: str
    why: str
    lack: Lack | None = None


def objections(after: Aftermath) -> list[Objection]:
    """For each program that is asked of a learner and looks at what a statement of ours is about, why it does not count."""
    ruleset, found = after.ruleset, []
    for learner, one in after.statements:
        for program in sorted(affected(ruleset).get(one["object"]["id"], ())):
            decided = after.decided(learner, program)
            used, reasons = decided.part(str(one["id"]))
            if reasons and not used and decided.document["assignment"] in ASKED:
                title = ruleset.programs[program][-1].title or program
                lack = _lack(ruleset, program, decided.document["proof"], one)
                lacks = Lack(learner, *lack) if lack is not None else None
                found.append(Objection(title, " ".join(sorted(map(in_words, reasons))), lacks))
    return found


def _lack(
    ruleset: Ruleset, program: str, proof: Any, statement: Mapping[str, Any]
) -> tuple[str, int, tuple[str, ...]] | None:
    """The activity whose checklist is why a sign-off does not count, how many of which items it lacks; None: it is not."""
    refusing = {
        node["criterion"]
        for node in every_node(proof)
        for one in node.get("rejected", ())
        if isinstance(one, Mapping) and one["statement"] == statement["id"] and one["reason"] in _CHECKLIST
    }
    marks = ticks(statement)
    for version in reversed(ruleset.programs[program]):
        for leaf in leaves(version):
            if isinstance(leaf, Leaf) and leaf.id in refusing and leaf.terms.rubric is not None:
                listed = ruleset.activities[leaf.activity].rubric
                return leaf.activity, *_missing(leaf.terms.rubric, list(listed) or list(marks), marks)
    return None


_CHECKLIST: Final = ("critical_item_failed", "rubric_incomplete")


def ticks(statement: Mapping[str, Any]) -> Mapping[str, bool]:
    """What was ticked in a sign-off, by item."""
    marks: Mapping[str, bool] = statement.get("result", {}).get("extensions", {}).get(RUBRIC_EXTENSION, {})
    return marks


def _missing(rubric: Rubric, items: Sequence[str], marks: Mapping[str, bool]) -> tuple[int, tuple[str, ...]]:
    """How many items have to be ticked still, and which those are or may be."""
    open_ = [item for item in dict.fromkeys((*rubric.critical, *items)) if marks.get(item) is not True]
    critical = tuple(item for item in open_ if item in rubric.critical)
    if rubric.items is None:
        return len(critical), critical
    wanted = len(open_) if rubric.items == "all" else rubric.items - sum(mark is True for mark in marks.values())
    if wanted <= len(critical):
        return len(critical), critical
    return wanted, tuple(open_)
