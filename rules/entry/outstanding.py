"""The sign-offs that an open path lacks now, read from what was decided.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from rules.explain.part import Turns, every_gap, open_path
from rules.language import Program, Ruleset
from rules.language.model import Leaf, Node
from rules.language.walk import walk

Json = Mapping[str, Any]

WAITS: Final = "waits_for_step_before"
_FAILED: Final = "failed"


class Word(NamedTuple):
    """A statement for which somebody answers, in the order in which words are said."""

    at: int
    tie: bytes
    statement: str
    has_score: bool


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A sign-off that could be given now, of the version of a program that asks for it.

    due_on: the last good day.  counted, failed: ids of the statements that say yes and no so far, of nobody whose word does
    not count.
    """

    program: Program
    leaf: Leaf
    due_on: date | None
    counted: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()

    @property
    def is_panel(self) -> bool:
        return self.leaf.terms.by is not None and self.leaf.terms.by.is_panel

    def has_word_of(self, words: Mapping[str, Word]) -> bool:
        """Whether the latest word of somebody counts already, of all their words; a score counts whatever the verdict."""
        said = [words[id_] for id_ in (self.counted | self.failed) & words.keys()]
        if not said:
            return False
        last, by = max(said), self.leaf.terms.by
        return last.has_score if by is not None and by.mean is not None else last.statement in self.counted


def outstanding(ruleset: Ruleset, document: Json, today: date, due_on: date | None) -> list[Outstanding]:
    """What a decision lacks, without what would not count yet; of a choice, what its nearest way lacks.

    today: on which versions of the program are in force.  due_on: of the whole; a tier may have a day of its own.
    """
    path, turns = open_path(document), Turns(document)
    found: dict[str, Outstanding] = {}
    for gap in every_gap(document["gaps"]):
        if "cheapest" in gap or "blocked" in gap or gap["reason"] == WAITS:
            continue
        asked = _asked(ruleset, document, path, today, gap["criterion"])
        if asked is None:
            continue
        program, leaf = asked
        if leaf.terms.after is not None and not turns.is_met(leaf.terms.after):
            continue
        proof = turns.proofs.get(leaf.id, {})
        one = Outstanding(
            program,
            leaf,
            _due_on(document, path, program, leaf, due_on),
            frozenset(proof.get("used", ())),
            frozenset(said["statement"] for said in proof.get("rejected", ()) if said["reason"] == _FAILED),
        )
        found.setdefault(leaf.activity, one)
    return list(found.values())


def sign_offs(program: Program) -> Iterator[Leaf]:
    """Every sign-off that one version may ask for, for an award, its renewal or its return."""
    for node in (*_initial(program), *_nodes_of_renewal(program), *_remedies(program)):
        if isinstance(node, Leaf) and node.kind == "signed_off":
            yield node


def _asked(ruleset: Ruleset, document: Json, path: Json, today: date, id_: str) -> tuple[Program, Leaf] | None:
    """The sign-off of this id, in the likeliest version that has the id on the path; None: it is something else."""
    for program in _versions(ruleset.programs.get(document["program"], ()), document["version"], path, today):
        roots = _nodes_of_renewal(program) if path.get("criterion") == "renewal" else ()
        nodes = {node.id: node for node in (*_remedies(program), *(roots or _initial(program) if path else ()))}
        if id_ in nodes:
            node = nodes[id_]
            return (program, node) if isinstance(node, Leaf) and node.kind == "signed_off" else None
    return None


def _versions(versions: tuple[Program, ...], number: int, path: Json, today: date) -> list[Program]:
    """The versions that may be meant, the likeliest first: renewals and amendments are those of later ones."""
    own = [one for one in versions if one.version == number]
    later = [
        one for one in reversed(versions) if one.version > number and one.effective <= today and one.apply.how != "new"
    ]
    return [*later, *own] if path.get("criterion") in ("renewal", "amendment") else [*own, *reversed(versions)]


def _initial(program: Program) -> list[Node]:
    required = [program.require, *(tier.require for tier in program.tiers)]
    return list(walk(required if any(required) else program.suggest))


def _nodes_of_renewal(program: Program) -> list[Node]:
    """Empty where a renewal asks for the same again."""
    return list(walk([program.renew.require])) if program.renew is not None else []


def _remedies(program: Program) -> list[Node]:
    return list(walk(one.until for one in program.suspend))


def _due_on(document: Json, path: Json, program: Program, leaf: Leaf, due_on: date | None) -> date | None:
    if path.get("criterion") != "initial":
        return due_on
    days = {tier["id"]: tier["due_on"] for tier in document["tiers"]}
    for tier in program.tiers:
        if tier.id in days and any(node.id == leaf.id for node in walk([tier.require])):
            return date.fromisoformat(days[tier.id]) if days[tier.id] else None
    return due_on
