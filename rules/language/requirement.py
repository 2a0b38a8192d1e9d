"""Reads the tree of a requirement: groups of criteria down to leaves."""

from __future__ import annotations

from collections.abc import Iterable

from lrs.yaml_slips import key_meant, lacking
from rules.language.entry import Entry, shown
from rules.language.leaf import LEAF_KEYS, LeafReader
from rules.language.model import AllOf, AnyOf, Holds, InOrder, Node, NOf, Not
from rules.language.ordering import check_order
from rules.language.references import References
from rules.language.vocabulary import GROUPS, LEAF_NOTES, LEAVES

_WORDS = (*LEAVES, *GROUPS)
_TERMS = {"id", "waivable", *LEAF_NOTES}.union(*LEAF_KEYS.values())


class RequirementReader:
    """Reads the trees of one path; criterion ids are unique in a path, the ones nobody wrote are made up."""

    def __init__(self, program: str, references: References) -> None:
        self.program = program
        self.references = references
        self.taken: set[str] = set()
        self.leaves = LeafReader(program, references, self._id)

    def path(self, entries: Iterable[Entry]) -> tuple[Node | None, ...]:
        """The trees of one path, which may refer to each other's criteria."""
        nodes = tuple(map(self.node, entries))
        self.finish(nodes)
        return nodes

    def finish(self, nodes: Iterable[Node | None]) -> None:
        """Looks up what the path's own criteria say of each other."""
        check_order([node for node in nodes if node is not None], self.references.criteria)
        self.references.criteria.clear()

    def node(self, entry: Entry) -> Node | None:
        if not isinstance(entry.value, dict):
            hint = lacking(entry.value, _WORDS) if isinstance(entry.value, str) else None
            if hint is None and isinstance(entry.value, str):
                hint = f"say what has to be done with it: {{passed: {entry.value}}}, {{completed: {entry.value}}}"
            if isinstance(entry.value, list):
                hint = "start a list of requirements with all:, any: or in_order:"
            entry.fail(f"expected a requirement such as {{passed: …}}, found {shown(entry.value)}", hint=hint)
            return None
        words = [key for key in entry.value if key in _WORDS]
        if len(words) != 1:
            self._without_one_word(entry, words)
            return None
        word = words[0]
        return self.leaves.leaf(word, entry) if word in LEAVES else self._group(word, entry)

    def nodes(self, entry: Entry) -> tuple[Node, ...]:
        """The parts of a list; an empty list is a mistake, never vacuously true (program-language 3.4)."""
        if entry.value == []:
            entry.fail("an empty list asks for nothing", hint="name at least one requirement")
        return tuple(node for node in map(self.node, entry.items()) if node is not None)

    def _without_one_word(self, entry: Entry, words: list[str]) -> None:
        if words:
            entry.fail(f"'{words[0]}' and '{words[1]}' cannot stand in one requirement", hint="put them under all:")
            return
        for key, member in entry.members().items():
            if key not in _TERMS:
                member.fail(f"there is no requirement '{key}'", hint=key_meant(key, _WORDS), key=True)
                return
        entry.fail("this requirement names nothing", hint=f"one of {', '.join(_WORDS)} is needed")

    def _group(self, word: str, entry: Entry) -> Node | None:
        own = ("of", "distinct") if word == "n_of" else ()
        fields = entry.fields((word, "id", *own), f"'{word}'")
        if word not in fields:
            entry.child(word, None).fail(f"'{word}' names nothing", key=True)
            return None
        identity = self._id(fields.get("id"), word)
        if word == "n_of":
            return self._n_of(identity, fields, entry)
        if word == "in_order":
            return self._in_order(identity, fields[word])
        if word == "not":
            part = self.node(fields[word])
            return None if part is None else Not(identity, (part,))
        of = self.nodes(fields[word])
        return AllOf(identity, of) if word == "all" else AnyOf(identity, of)

    def _in_order(self, identity: str, entry: Entry) -> Node:
        if not isinstance(entry.value, dict):
            return InOrder(identity, self.nodes(entry))
        fields = entry.fields(("steps", "mode"), "'in_order'")
        strict = "mode" not in fields or fields["mode"].choice(("strict", "lenient")) != "lenient"
        if "steps" not in fields:
            entry.fail("'in_order' needs steps")
            return InOrder(identity, ())
        return InOrder(identity, self.nodes(fields["steps"]), strict)

    def _n_of(self, identity: str, fields: dict[str, Entry], entry: Entry) -> Node | None:
        count = fields["n_of"].integer(1)
        distinct = fields["distinct"].boolean() if "distinct" in fields else True
        if "of" not in fields:
            entry.fail(
                "'n_of' needs a list 'of'", hint="for example {n_of: 2, of: [{passed: a}, {passed: b}, {passed: c}]}"
            )
            return None
        of = self.nodes(fields["of"])
        total = len(fields["of"].value) if isinstance(fields["of"].value, list) else count
        if count is not None and total is not None and total and count > total:
            fields["n_of"].fail(f"{count} of a list of {total} can never be met")
        return NOf(identity, count or 1, of, distinct is not False)

    def _id(self, entry: Entry | None, otherwise: str) -> str:
        identity = entry.text() if entry is not None else None
        if entry is not None and identity in self.taken:
            entry.fail(
                f"two criteria have the id '{identity}'", hint="give one of them another: reports and waivers go by it"
            )
        if identity is None:
            identity, number = otherwise, 1
            while identity in self.taken:
                number += 1
                identity = f"{otherwise}#{number}"
        self.taken.add(identity)
        return identity


def needs_no_evidence(node: Node) -> bool:
    """Whether awards of other programs alone can meet this, or nothing at all."""
    return _is_met_by((Holds, Not), node)


def is_met_by_nothing(node: Node) -> bool:
    """Whether this is met before anything ever happened."""
    return _is_met_by((Not,), node)


def _is_met_by(kinds: tuple[type, ...], node: Node) -> bool:
    """Whether criteria of these kinds suffice to meet a node."""
    if not isinstance(node, AllOf | AnyOf | InOrder | NOf):
        return isinstance(node, kinds)
    free = sum(_is_met_by(kinds, part) for part in node.of)
    if isinstance(node, NOf):
        return free >= node.count
    return free > 0 if isinstance(node, AnyOf) else 0 < free == len(node.of)
