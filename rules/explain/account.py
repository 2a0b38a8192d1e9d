"""The account of a decision in words: the verdict, what to do next, and each criterion with what spoke for and against it.

Command, API and page all take their sentences from here, so they cannot say different things.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from lrs.days import day_words
from lrs.xapi.naming import last_word, score_words
from lrs.xapi.timestamp import instant
from rules.decide import EVERYTHING, Evidence, source_finder
from rules.decide.office import details
from rules.decide.record import SourceOf
from rules.decide.scores import share_of
from rules.explain.explanation import Explanation
from rules.explain.part import TOO_FEW, Turns
from rules.explain.reasons import in_words, mending
from rules.explain.requirement import Wording, below, nodes_of
from rules.explain.words import said_words, share_words
from rules.language import Program
from rules.language.model import InOrder, Kpi, Leaf, Node
from rules.language.walk import walk
from rules.owed import last_good_day

Json = Mapping[str, Any]

_WAITS: Final = "waits_for_step_before"
_NO_SAMPLES: Final = "no_samples"
_WAITING: Final = frozenset({_WAITS, "not_reviewed", TOO_FEW, _NO_SAMPLES, "happened"})
"""About these a learner can do nothing just now."""
_UNASKED: Final = "not_asked"
_OUTCOMES: Final = frozenset({"passed", "completed", "failed", "mastered"})
_FEW: Final = 3
_PATHS: Final = {
    "initial": "What it takes",
    "renewal": "What renewing it takes",
    "amendment": "What a newer version asks for in addition",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is missing: what it is, why what was done does not do, and what to do.

    is_closed: for a time, or for good, nothing that is done about it counts.
    """

    criterion: str
    text: str
    reason: str
    why: str
    mend: str
    node: Node | None = None
    is_closed: bool = False

    @property
    def is_doable(self) -> bool:
        return self.reason not in _WAITING and not self.is_closed


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement that was looked at; `by`: who answers for it; `why` says why it does not count, if so.

    at: microseconds since the epoch, if the statement is known; day: that day in words, in the program's calendar.
    """

    statement: str
    at: int | None
    day: str
    what: str
    source: str
    reason: str = ""
    why: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A criterion with its result and what it was judged by."""

    criterion: str
    text: str
    result: str
    used: tuple[Seen, ...]
    rejected: tuple[Seen, ...]
    note: str
    parts: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A way to the award: the one that earned it, or the one that is open."""

    name: str
    title: str
    result: str
    met_on: str
    findings: tuple[Finding, ...]


class Account:
    """Tells one explanation."""

    def __init__(self, found: Explanation, *, to_you: bool = False) -> None:
        self._found = found
        self._document = found.document
        self._to_you = to_you

    def steps(self) -> list[Step]:
        """What is missing, the next step first; what would not count yet comes last, with what opens it."""
        path = self._open_path()
        texts = self._texts(path, {gap["criterion"] for gap in self._document["gaps"]})
        nodes = self._nodes(path)
        flat = [step for gap in self._document["gaps"] for step in _flat(gap)]
        steps = []
        for gap in flat:
            id_, reason = gap["criterion"], gap["reason"]
            opener = self._opener(id_, reason, nodes)
            if opener is not None:
                reason = _WAITS
            elif reason == "no_evidence" and self._unasked(nodes.get(id_)):
                reason = _UNASKED
            elif reason == TOO_FEW and not self._turns.proofs.get(id_, {}).get("samples"):
                reason = _NO_SAMPLES
            text = texts.get(id_) or gap["text"][:1].upper() + gap["text"][1:]
            why = self._why(gap, reason, opener)
            is_closed = "blocked" in gap or "blocked" in self._document
            steps.append(Step(id_, text, reason, why, mending(reason), nodes.get(id_), is_closed))
        return sorted(steps, key=lambda step: not step.is_doable)

    def brief(self, step: Step) -> str:
        """A step without the small print."""
        if step.node is None:
            return step.text
        said = self._line(step.node)
        return said[:1].upper() + said[1:]

    def _opener(self, id_: str, reason: str, nodes: Mapping[str, Node]) -> Node | None:
        """What has to be met before anything counts for a criterion, if it is not met yet."""
        node = nodes.get(id_)
        if isinstance(node, Leaf) and node.terms.after is not None and not self._turns.is_met(node.terms.after):
            return nodes.get(node.terms.after)
        if reason != _WAITS:
            return None
        rows = (one.of for one in nodes.values() if isinstance(one, InOrder))
        before = (_before(row, id_) for row in rows)
        return next((part for parts in before for part in parts if not self._turns.is_met(part.id)), None)

    @cached_property
    def _turns(self) -> Turns:
        return Turns(self._document)

    def _why(self, gap: Json, reason: str, opener: Node | None) -> str:
        """Why it is missing; where a try would not count yet, from when on, or after what, it would."""
        if opener is not None:
            return f"It counts only once this is done: {self._line(opener)}."
        blocked = gap.get("blocked")
        if blocked is None:
            return in_words(reason)
        if blocked["until"] is None:
            return f"{in_words(reason)} {in_words(blocked['why'])}"
        day = day_words(self._found.zones.day_at(instant(blocked["until"])))
        return f"{in_words(reason)} The next try counts from {day} on."

    def _line(self, node: Node) -> str:
        """A criterion of the open path, shortly."""
        path = self._open_path()
        versions = self._versions(path)
        program = next((one for one in versions if node.id in _nodes_of(one, path["criterion"])), versions[0])
        return self._wording(program).line(node)

    def _unasked(self, node: Node | None) -> list[str]:
        """The latest outcomes of an activity for which nothing speaks as yet: the criterion asks for another verb."""
        if not isinstance(node, Leaf):
            return []
        iris = {iri.iri for iri in self._found.ruleset.activities[node.activity].iris}
        told = [row for row in self._outcomes if row.activity in iris]
        return [row.statement for row in told[-_FEW:]]

    @cached_property
    def _outcomes(self) -> list[Evidence]:
        """What was reported to be done, or not, by the day that is told, as known then; in the order it happened."""
        at, known = (_instant_or_ever(self._document[name]) for name in ("as_of", "known_at"))
        rows = [
            row
            for row in self._found.evidence.values()
            if row.at <= at and row.known <= known and row.voided is None and row.relation == "object"
        ]
        return sorted((row for row in rows if last_word(row.verb) in _OUTCOMES), key=lambda row: row.at)

    def choices(self) -> list[str]:
        """The choices of which the steps are only the nearest way, in words."""
        ids = [gap["criterion"] for gap in self._document["gaps"] if gap.get("cheapest")]
        path = self._open_path()
        for program in self._versions(path) if ids else ():
            nodes, wording = _nodes_of(program, path["criterion"]), self._wording(program)
            if all(id_ in nodes for id_ in ids):
                return [wording.line(nodes[id_]) for id_ in ids]
        return []

    def paths(self) -> list[Path]:
        """Each path of the proof, criterion by criterion."""
        return [self._path(node) for node in self._document["proof"].get("of", ())]

    def acts(self) -> list[Seen]:
        """Acts of office, and why one does not count."""
        return [
            self._seen(act["statement"], act.get("rejected", ""), what=self._act(act))
            for act in self._document["proof"].get("acts", ())
        ]

    def _act(self, act: Json) -> str:
        """What somebody in office did, until when, and why."""
        row = self._found.evidence.get(act["statement"])
        reason = str(details(row).get("reason") or "") if row is not None else ""
        until = day_words(self._found.zones.day_at(instant(act["until"]) - 1)) if act.get("until") else ""
        said = f"{act['act']} until {until}" if until else str(act["act"])
        return f"{said}, because: {reason}" if reason else said

    def dates(self) -> list[tuple[str, str]]:
        """The dates that are known, each with what it is."""
        return [(label, day_words(self._document[key])) for key, label in _DATES.items() if key in self.days()]

    def parts(self) -> list[tuple[str, str]]:
        """The tiers that are asked for, each with its days in words."""
        return [
            (f"Part {number}: {tier['id']}", tier_words(tier)) for number, tier in enumerate(self._document["tiers"], 1)
        ]

    def days(self) -> list[str]:
        """The dates that are known, by their keys; of an award that was lost, no due date that its last day came after."""
        found = self._document
        owed = last_good_day(found["award"], found["due_on"], found["expires_on"])
        is_past = owed is not None and owed[0] == "expiry"
        return [key for key in _DATES if found[key] and not (key == "due_on" and is_past)]

    def _open_path(self) -> Json:
        paths = self._document["proof"].get("of", ())
        return paths[-1] if paths else {"criterion": "initial"}

    def _path(self, node: Json) -> Path:
        name = str(node["criterion"])
        texts, nodes = self._texts(node, set(_ids(node["of"]))), self._nodes(node)
        findings = tuple(self._finding(part, texts, nodes) for part in node["of"])
        met_on = day_words(self._found.zones.day_at(instant(node["met_at"]))) if "met_at" in node else ""
        return Path(name, _PATHS.get(name, name), node["result"], met_on, findings)

    def _finding(self, node: Json, texts: Mapping[str, str], nodes: Mapping[str, Node]) -> Finding:
        parts = [*node.get("of", ()), *node.get("accepted", ())]
        is_bare = node["result"] == "unmet" and not node["used"] and not node["rejected"]
        unasked = self._unasked(nodes.get(node["criterion"])) if is_bare else []
        return Finding(
            node["criterion"],
            texts.get(node["criterion"]) or node["criterion"],
            node["result"],
            tuple(self._seen(id_) for id_ in node["used"]),
            (
                *(self._seen(one["statement"], one["reason"]) for one in node["rejected"]),
                *(self._seen(statement, _UNASKED) for statement in unasked),
            ),
            _note(node, nodes.get(node["criterion"])),
            tuple(self._finding(part, texts, nodes) for part in parts),
        )

    def _seen(self, id_: str, reason: str = "", what: str = "") -> Seen:
        row = self._found.evidence.get(id_)
        why = in_words(reason) if reason else ""
        if row is None:
            return Seen(id_, None, "", what or "a statement", "", reason, why)
        day = day_words(self._found.zones.day_at(row.at))
        what = what or deed(row, self._source_of)
        return Seen(id_, row.at, day, what, row.credential or "", reason, why, self._found.observer(id_))

    @cached_property
    def _source_of(self) -> SourceOf:
        return source_finder(self._found.ruleset.sources)

    def _nodes(self, path: Json) -> dict[str, Node]:
        """The criteria of a path by id, the likeliest version's first."""
        found: dict[str, Node] = {}
        for program in self._versions(path):
            found = {**_nodes_of(program, path["criterion"]), **found}
        return found

    def _texts(self, path: Json, ids: set[str]) -> dict[str, str]:
        """Criteria of a path in words, by the version that has them all: it need not be the one that is in force."""
        found: dict[str, str] = {}
        for program in self._versions(path):
            texts = _texts_of(program, path["criterion"], self._wording(program))
            if len(ids & texts.keys()) > len(ids & found.keys()):
                found = texts
        return found

    def _wording(self, program: Program) -> Wording:
        return Wording(self._found.ruleset, program, to_you=self._to_you)

    def _versions(self, path: Json) -> list[Program]:
        """The versions that may have been meant: the one that judged the path, then the newer ones first."""
        versions = list(reversed(self._found.ruleset.programs[self._document["program"]]))
        number = path.get("version", self._document["version"])
        return [*(one for one in versions if one.version == number), *versions]


def _instant_or_ever(text: str | None) -> int:
    """An instant of a document, which has none for what is beyond the calendar or was not asked."""
    return EVERYTHING if text is None else instant(text)


_DATES: Final = {
    "due_on": "Due",
    "met_on": "Done",
    "valid_from": "Valid from",
    "expires_on": "Good until",
    "renewable_from": "Can be renewed from",
    "grace_until": "Can be renewed until",
}


def tier_words(tier: Json) -> str:
    """By when a tier is due and when it was done, as far as there are such days."""
    due = f"due {day_words(tier['due_on'])}" if tier["due_on"] else "no due date"
    if tier["met_on"]:
        return f"{due}, done {day_words(tier['met_on'])}"
    return f"{due}, done" if tier["progress"] == "met" else f"{due}, not done yet"


def deed(row: Evidence, source_of: SourceOf) -> str:
    """What a statement says was done, and with which score, on the scale of whoever sent it."""
    parts = [said_words(row.verb)]
    if row.raw is not None and row.max is not None:
        parts.append(f"score {score_words(row.raw)} of {score_words(row.max)}")
    elif (share := share_of(row, source_of(row)[1].scale)) is not None:
        parts.append(f"score {share_words(share)}")
    elif row.raw is not None:
        parts.append(score_words(row.raw))
    return ", ".join(parts)


def _nodes_of(program: Program, path: str) -> dict[str, Node]:
    """A version's criteria; in the renewal an id means what it says there."""
    nodes = dict(nodes_of(program))
    if path == "renewal" and program.renew is not None:
        nodes |= below(program.renew.require)
    return nodes


def _texts_of(program: Program, path: str, wording: Wording) -> dict[str, str]:
    nodes = _nodes_of(program, path)
    tiers = {tier.id: f"Part {number}: {tier.id}" for number, tier in enumerate(program.tiers, start=1)}
    return {**tiers, **{id_: wording.clause(node).text for id_, node in nodes.items()}}


def _flat(gap: Json) -> Iterator[Json]:
    """The things to do of a gap: itself, or the nearest way through a choice."""
    if not gap.get("cheapest"):
        yield gap
    for one in gap.get("cheapest", ()):
        yield from _flat(one)


def _before(parts: Sequence[Node], id_: str) -> Sequence[Node]:
    """The parts that stand before the one in which a criterion is; none where it is in none of them."""
    place = next((place for place, part in enumerate(parts) if id_ in {one.id for one in walk([part])}), 0)
    return parts[:place]


def _ids(nodes: Iterable[Json]) -> Iterator[str]:
    for node in nodes:
        yield str(node["criterion"])
        yield from _ids(node.get("of", ()))


def _note(node: Json, criterion: Node | None) -> str:
    """What a measure came to."""
    if "total" in node:
        return f"{node['total']} collected" + (f", {node['carried']} of them carried over" if "carried" in node else "")
    if "samples" in node:
        how = criterion.agg if isinstance(criterion, Kpi) else "together"
        return f"{node['samples']} values" + (f", {how} {node['value']}" if "value" in node else "")
    return "stood in for by something accepted instead" if node.get("accepted") else ""
