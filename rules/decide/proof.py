"""Why: the tree of criteria with the statements used and the ones rejected, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rules.decide.calendar import FOREVER, instant_text
from rules.decide.compiled import Path
from rules.decide.criteria import (
    AllCriterion,
    AnyCriterion,
    Criterion,
    HoldsCriterion,
    InOrderCriterion,
    LeafCriterion,
    NOfCriterion,
)
from rules.decide.facts import Evidence
from rules.decide.history import History, Phase
from rules.decide.logic import MET, UNKNOWN, UNMET, WORDS, value_at
from rules.decide.record import RETRACTS, Track
from rules.decide.scores import reaches
from rules.decide.terms import Term

Json = dict[str, Any]

Group = AllCriterion | AnyCriterion | InOrderCriterion | NOfCriterion

_VERBS = {"passed": "pass", "completed": "complete", "done": "finish"}


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is still missing: the criterion, a reason code, and the next step in words."""

    criterion: str
    reason: str
    text: str

    def as_json(self) -> Json:
        return {"criterion": self.criterion, "reason": self.reason, "text": self.text}


class Proof:
    """Explains one instant of a history."""

    def __init__(self, history: History, at: int) -> None:
        self.history = history
        self.record = history.record
        self.at = at
        self.phase: Phase = history.phase_at(at)

    def tree(self) -> Json:
        """The path that earned the running term, and the path that is open."""
        phase = self.phase
        parts, result = [], "unmet"
        if phase.running is not None:
            parts.append(self._earned(phase.running))
        path = self._open_path()
        if path is not None:
            parts.append(self._path(path, self._open_name(), phase.since, self.at))
            result = parts[-1]["result"]
        return _node(self.history.compiled.id, "met" if phase.award == "valid" else result, of=parts)

    def gaps(self) -> list[Gap]:
        """What the open path still needs, each with the nearest next step."""
        path = self._open_path()
        if path is None:
            return []
        return [gap for criterion in _criteria(path) for gap in self._gaps(criterion, self.phase.since)]

    def _open_path(self) -> Path | None:
        if self.phase.open_run is None:
            return None
        version = self.history.compiled.versions[self.history.award.version_at(self.at)]
        return version.initial if self.phase.running is None else version.renewal

    def _open_name(self) -> str:
        return "initial" if self.phase.running is None else "renewal"

    def _earned(self, term: Term) -> Json:
        version = self.history.compiled.versions[term.version]
        path = version.renewal if term.is_renewal else version.initial
        assert path is not None
        node = self._path(path, "renewal" if term.is_renewal else "initial", term.since, term.met_at)
        node["met_at"] = instant_text(term.met_at)
        if term.series is not None:
            node["counted"] = {
                "from": term.series.anchor.isoformat(),
                "period": term.series.period.text,
                "times": term.series.count,
            }
        return node

    def _path(self, path: Path, name: str, since: int, at: int) -> Json:
        early = _early(name)
        if path.criterion is not None:
            tree = self._explain(path.criterion, since, at, since, early)
            return _node(name, tree["result"], of=[tree])
        parts = []
        for tier in path.tiers:
            tree = self._explain(tier.criterion, since, at, since, early)
            parts.append(_node(tier.tier.id, tree["result"], of=[tree]))
        return _node(name, min((part["result"] for part in parts), key=WORDS.index), of=parts)

    def _explain(self, criterion: Criterion, since: int, at: int, path_since: int, early: str) -> Json:
        result = WORDS[value_at(criterion.steps(self.record, since, []), at)]
        if isinstance(criterion, LeafCriterion):
            used, rejected = self._statements(criterion, since, at, path_since, early)
            return _node(criterion.id, result, used, rejected)
        if isinstance(criterion, HoldsCriterion):
            return {**_node(criterion.id, result), "program": criterion.leaf.program}
        starts = _starts(criterion, self, since, at)
        of = [
            self._explain(part, start, at, path_since, early) for part, start in zip(criterion.of, starts, strict=True)
        ]
        return _node(criterion.id, result, of=of)

    def _statements(
        self, criterion: LeafCriterion, since: int, at: int, path_since: int, early: str
    ) -> tuple[list[str], list[Json]]:
        used: list[str] = []
        rejected: list[tuple[Evidence, str]] = []
        for number, _ in criterion.tracks:
            counted: Evidence | None = None
            completions = {row.at for row, verdict in self._rows(number, at) if verdict == MET}
            for row, verdict in self._rows(number, at):
                if row.at < since:
                    if verdict == MET:
                        rejected.append((row, early if row.at < path_since else "out_of_order"))
                elif verdict == MET:
                    counted = counted or row
                elif verdict == RETRACTS:
                    if counted is not None and row.at not in completions:
                        rejected.append((counted, "taken_back"))
                        counted = None
                elif verdict in (UNKNOWN, UNMET):
                    rejected.append((row, self._reason(row, number, verdict)))
            if counted is not None:
                used.append(counted.statement)
            rejected += [(row, reason) for track, row, reason in self.record.aside if track == number and row.at <= at]
        rejected.sort(key=lambda item: (item[0].at, item[0].tie, item[0].statement))
        seen = {(row.statement, reason): None for row, reason in rejected}
        return list(dict.fromkeys(used)), [{"statement": statement, "reason": reason} for statement, reason in seen]

    def _rows(self, track: int, at: int) -> Iterator[tuple[Evidence, int]]:
        entries = self.record.tracks[track]
        for row, verdict in zip(entries.rows, entries.verdicts, strict=True):
            if row.at > at:
                return
            yield row, verdict

    def _reason(self, row: Evidence, track: int, verdict: int) -> str:
        if verdict == UNKNOWN:
            return "unscalable"
        asked: Track = self.history.compiled.tracks[track]
        if asked.min_score is None:
            return "failed"
        _, profile = self.history.compiled.source_of(row)
        return "score_below_min" if reaches(row, asked.min_score, profile.scale) is False else "failed"

    def _gaps(self, criterion: Criterion, since: int) -> Iterator[Gap]:
        value = value_at(criterion.steps(self.record, since, []), self.at)
        if value == MET:
            return
        if isinstance(criterion, LeafCriterion):
            yield Gap(criterion.id, self._leaf_reason(criterion, since, value), self._text(criterion))
        elif isinstance(criterion, HoldsCriterion):
            yield Gap(criterion.id, "not_held", self._text(criterion))
        elif isinstance(criterion, AllCriterion | InOrderCriterion):
            for part, start in zip(criterion.of, _starts(criterion, self, since, self.at), strict=True):
                yield from self._gaps(part, start)
        else:
            yield Gap(criterion.id, "needs_more", self._text(criterion))

    def _leaf_reason(self, criterion: LeafCriterion, since: int, value: int) -> str:
        if value == UNKNOWN:
            return "unscalable"
        if since == FOREVER:
            return "waits_for_step_before"
        _, rejected = self._statements(criterion, since, self.at, self.phase.since, _early(self._open_name()))
        return str(rejected[-1]["reason"]) if rejected else "no_evidence"

    def _text(self, criterion: Criterion) -> str:
        """The next step in words."""
        ruleset = self.history.ruleset
        if isinstance(criterion, LeafCriterion):
            leaf = criterion.leaf
            score = f" with at least {leaf.min_score:f}" if leaf.min_score is not None else ""
            return f"{_VERBS[leaf.kind]} {ruleset.activities[leaf.activity].title}{score}"
        if isinstance(criterion, HoldsCriterion):
            return f"hold a valid {ruleset.programs[criterion.leaf.program][-1].title}"
        parts = [self._text(part) for part in criterion.of]
        if isinstance(criterion, AnyCriterion):
            return "one of: " + "; ".join(parts)
        if isinstance(criterion, NOfCriterion):
            return f"{criterion.count} of: " + "; ".join(parts)
        return (", then " if isinstance(criterion, InOrderCriterion) else " and ").join(parts)


def _starts(criterion: Group, proof: Proof, since: int, at: int) -> list[int]:
    """From when each part of a group counts evidence; a step that is not open yet counts none."""
    if not isinstance(criterion, InOrderCriterion):
        return [since] * len(criterion.of)
    starts = [start if start <= at else FOREVER for start, _ in criterion.walk(proof.record, since, [])]
    return starts + [FOREVER] * (len(criterion.of) - len(starts))


def _early(name: str) -> str:
    """Why evidence from before a path was open does not count: older than the lapse, or before the window."""
    return "too_old" if name == "initial" else "too_early"


def _criteria(path: Path) -> list[Criterion]:
    return [path.criterion] if path.criterion is not None else [tier.criterion for tier in path.tiers]


def _node(
    criterion: str, result: str, used: list[str] | None = None, rejected: list[Json] | None = None, of: Any = None
) -> Json:
    node: Json = {"criterion": criterion, "result": result, "used": used or [], "rejected": rejected or []}
    if of is not None:
        node["of"] = of
    return node
