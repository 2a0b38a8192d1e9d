"""Why: the tree of criteria with the statements used and the ones rejected, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rules.decide.calendar import FOREVER, instant_text
from rules.decide.choice import cheapest
from rules.decide.criteria import (
    AllCriterion,
    AnyCriterion,
    Criterion,
    Group,
    GroupCriterion,
    HoldsCriterion,
    InOrderCriterion,
    LeafCriterion,
    NOfCriterion,
    NotCriterion,
)
from rules.decide.facts import Evidence
from rules.decide.history import History, Phase
from rules.decide.judging import Judging
from rules.decide.leaves import Judged, judged_rows, too_old_at
from rules.decide.logic import MET, UNKNOWN, UNMET, WORDS, value_at
from rules.decide.measures import CreditsCriterion, KpiCriterion, combined
from rules.decide.record import RETRACTS, Track
from rules.decide.scores import reaches
from rules.decide.terms import Term
from rules.language.model import PLAIN, Credits
from rules.vocabulary import DECLINED, PRESENTED

Json = dict[str, Any]
LeafNode = LeafCriterion | HoldsCriterion | KpiCriterion | CreditsCriterion

_VERBS = {
    "passed": "pass",
    "completed": "complete",
    "done": "finish",
    "attended": "attend",
    "responded": "answer",
    "signed_off": "have signed off:",
    "credential": "hand in",
    "competent": "show the competency",
    "statement": "do",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is still missing: the criterion, a reason code, and the next step in words.

    Of a choice `cheapest` is what the nearest way to meet it still needs.
    """

    criterion: str
    reason: str
    text: str
    cheapest: tuple[Gap, ...] = ()

    def as_json(self) -> Json:
        said: Json = {"criterion": self.criterion, "reason": self.reason, "text": self.text}
        return {**said, "cheapest": [gap.as_json() for gap in self.cheapest]} if self.cheapest else said

    def steps(self) -> Iterator[Gap]:
        """What there is to do: the gap itself, or what the cheapest way through a choice asks for."""
        if not self.cheapest:
            yield self
        for gap in self.cheapest:
            yield from gap.steps()


class Proof:
    """Explains one instant of a history."""

    def __init__(self, history: History, at: int) -> None:
        self.history = history
        self.record = history.record
        self.at = at
        self.phase: Phase = history.phase_at(at)

    def tree(self) -> Json:
        """The path that earned the running term, the path that is open, and the acts of office."""
        phase = self.phase
        parts, result = [], "unmet"
        if phase.running is not None:
            parts.append(self._earned(phase.running))
        judging = self._open_judging()
        if judging is not None:
            parts.append(self._path(judging, self._open_name(), self.at))
            result = parts[-1]["result"]
        node = _node(self.history.compiled.id, "met" if phase.award == "valid" else result, of=parts)
        if acts := self._acts():
            node["acts"] = acts
        suspended = phase.running and self.history.suspensions.at(phase.running, self.at)
        if suspended and phase.award == "suspended":
            node["suspended_by"] = suspended.why
        return node

    def gaps(self) -> list[Gap]:
        """What the open path still needs, each with the nearest next step."""
        judging = self._open_judging()
        if judging is None:
            return []
        return [gap for criterion in judging.roots() for gap in self._gaps(judging, criterion, judging.since)]

    def _open_judging(self) -> Judging | None:
        return None if self.phase.open_run is None else self.phase.open_run.judging

    def _open_name(self) -> str:
        if self.phase.amendment is not None:
            return "amendment"
        return "initial" if self.phase.running is None else "renewal"

    def _acts(self) -> list[Json]:
        """Acts of office up to now, with why one does not count; those of nobody in office come from the record."""
        compiled = self.history.compiled
        found = []
        for act in self.history.office(self.at).acts:
            if act.at <= self.at:
                one: Json = {"act": act.what, "statement": act.row.statement}
                found.append(
                    {**one, "rejected": act.refused} if act.refused else {**one, "until": instant_text(act.end)}
                )
        found += [
            {"act": row.verb.rpartition("/")[2], "statement": row.statement, "rejected": reason}
            for track, row, reason in self.record.aside
            if track == compiled.overrides and row.at <= self.at
        ]
        return found

    def _earned(self, term: Term) -> Json:
        node = self._path(term.run.judging, "renewal" if term.is_renewal else "initial", term.met_at)
        node["met_at"] = instant_text(term.met_at)
        if term.series is not None:
            node["counted"] = {
                "from": term.series.anchor.isoformat(),
                "period": term.series.period.text,
                "times": term.series.count,
            }
        return node

    def _path(self, judging: Judging, name: str, at: int) -> Json:
        path, since, early = judging.path, judging.since, _early(name)
        if path.criterion is not None:
            tree = self._explain(judging, path.criterion, since, at, early)
            return _node(name, tree["result"], of=[tree])
        parts = []
        for tier in path.tiers:
            tree = self._explain(judging, tier.criterion, since, at, early)
            parts.append(_node(tier.tier.id, tree["result"], of=[tree]))
        return _node(name, min((part["result"] for part in parts), key=_rank), of=parts)

    def _explain(self, judging: Judging, criterion: Criterion, since: int, at: int, early: str) -> Json:
        value = value_at(judging.steps(criterion, since), at)
        result = WORDS[value]
        if value == MET and value_at(judging.own_steps(criterion, since), at) != MET:
            result = "waived"
        if isinstance(criterion, GroupCriterion):
            starts = _starts(criterion, judging, since, at)
            of = [
                self._explain(judging, part, start, at, early) for part, start in zip(criterion.of, starts, strict=True)
            ]
            return _node(criterion.id, result, of=of)
        return self._leaf(judging, criterion, since, at, early, result)

    def _leaf(self, judging: Judging, criterion: LeafNode, since: int, at: int, early: str, result: str) -> Json:
        if isinstance(criterion, HoldsCriterion):
            node = {**_node(criterion.id, result), "program": criterion.leaf.program}
        elif isinstance(criterion, KpiCriterion | CreditsCriterion):
            node = {
                **_node(criterion.id, result, _counted(judging, criterion, since, at)),
                **_sum(judging, criterion, since, at),
            }
        else:
            used, rejected = self._statements(judging, criterion, since, at, early)
            node = _node(criterion.id, result, used, rejected)
        instead = [
            self._explain(judging, other, since, at, early)
            for other in judging.path.accepted.get(criterion.id, ())
            if value_at(judging.steps(other, since), at) == MET
        ]
        return {**node, "accepted": instead} if instead else node

    def _statements(
        self, judging: Judging, criterion: LeafCriterion, since: int, at: int, early: str
    ) -> tuple[list[str], list[Json]]:
        used: list[str] = []
        rejected: list[tuple[Evidence, str]] = []
        for number, (track, _) in enumerate(criterion.tracks):
            early_rows = self._early(track, since, at)
            rejected += [(row, early if row.at < judging.since else "out_of_order") for row in early_rows]
            counting, others = self._split(judging, criterion, number, since, at)
            used += counting
            rejected += others
            rejected += [(row, reason) for other, row, reason in self.record.aside if other == track and row.at <= at]
        rejected.sort(key=lambda item: (item[0].at, item[0].tie, item[0].statement))
        seen = {(row.statement, reason): None for row, reason in rejected}
        return list(dict.fromkeys(used)), [{"statement": statement, "reason": reason} for statement, reason in seen]

    def _early(self, track: int, since: int, at: int) -> Iterator[Evidence]:
        """What would have met the criterion before evidence began to count."""
        entries = self.record.tracks[track]
        for row, verdict in zip(entries.rows, entries.verdicts, strict=True):
            if row.at < since and row.at <= at and verdict == MET:
                yield row

    def _split(
        self, judging: Judging, criterion: LeafCriterion, number: int, since: int, at: int
    ) -> tuple[list[str], list[tuple[Evidence, str]]]:
        """The statements that make a track met, and the others with the reason why they do not."""
        rows = [one for one in judged_rows(judging, criterion, number, since) if one.at <= at]
        rejected = [(one.row, one.refused) for one in rows if one.refused is not None]
        good = [one for one in rows if one.refused is None]
        counting: list[Judged] = []
        completions = {one.at for one in good if one.verdict == MET}
        for one in good:
            if one.verdict == MET:
                counting.append(one)
            elif one.verdict == RETRACTS:
                if counting and one.at not in completions:
                    rejected += [(counted.row, "taken_back") for counted in counting[:1]]
                    counting = []
            elif one.verdict in (UNKNOWN, UNMET):
                rejected.append((one.row, self._reason(one.row, criterion.tracks[number][0], one.verdict)))
        used, passed_over = _choose(judging, criterion, counting, at)
        return [one.row.statement for one in used], rejected + passed_over

    def _reason(self, row: Evidence, track: int, verdict: int) -> str:
        if verdict == UNKNOWN:
            return "not_reviewed" if row.verb == PRESENTED else "unscalable"
        if row.verb == DECLINED:
            return "declined"
        asked: Track = self.history.compiled.tracks[track]
        if asked.min_score is None:
            return "failed"
        _, profile = self.history.compiled.source_of(row)
        return "score_below_min" if reaches(row, asked.min_score, profile.scale) is False else "failed"

    def _gaps(self, judging: Judging, criterion: Criterion, since: int) -> Iterator[Gap]:
        value = value_at(judging.steps(criterion, since), self.at)
        if value == MET:
            return
        if isinstance(criterion, AllCriterion | InOrderCriterion):
            for part, start in zip(criterion.of, _starts(criterion, judging, since, self.at), strict=True):
                yield from self._gaps(judging, part, start)
        else:
            reason = self._gap_reason(judging, criterion, since, value)
            yield Gap(criterion.id, reason, self._text(criterion), tuple(self._cheapest(judging, criterion, since)))

    def _cheapest(self, judging: Judging, criterion: Criterion, since: int) -> Iterator[Gap]:
        """Of a choice, what its nearest alternatives still need."""
        if not isinstance(criterion, AnyCriterion | NOfCriterion):
            return
        gaps = {id(part): list(self._gaps(judging, part, since)) for part in criterion.of}
        steps = {key: sum(1 for gap in found for _ in gap.steps()) for key, found in gaps.items()}
        for part in cheapest(judging, criterion, since, self.at, lambda part: steps[id(part)]):
            yield from gaps[id(part)]

    def _gap_reason(self, judging: Judging, criterion: Criterion, since: int, value: int) -> str:
        if isinstance(criterion, LeafCriterion):
            return self._leaf_reason(judging, criterion, since, value)
        if isinstance(criterion, HoldsCriterion):
            return "not_held"
        if isinstance(criterion, KpiCriterion):
            return "too_few_samples" if value == UNKNOWN else "out_of_bounds"
        return "happened" if isinstance(criterion, NotCriterion) else "needs_more"

    def _leaf_reason(self, judging: Judging, criterion: LeafCriterion, since: int, value: int) -> str:
        _, rejected = self._statements(judging, criterion, since, self.at, _early(self._open_name()))
        if value == UNKNOWN:
            return next((one["reason"] for one in reversed(rejected) if one["reason"] in _UNKNOWNS), "unscalable")
        if since == FOREVER:
            return "waits_for_step_before"
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
        if isinstance(criterion, KpiCriterion | CreditsCriterion):
            return self._measure_text(criterion)
        parts = [self._text(part) for part in criterion.of]
        if isinstance(criterion, NotCriterion):
            return f"not: {parts[0]}"
        if isinstance(criterion, AnyCriterion):
            return "one of: " + "; ".join(parts)
        if isinstance(criterion, NOfCriterion):
            return f"{criterion.count} of: " + "; ".join(parts)
        return (", then " if isinstance(criterion, InOrderCriterion) else " and ").join(parts)

    def _measure_text(self, criterion: KpiCriterion | CreditsCriterion) -> str:
        leaf = criterion.leaf
        window = f" within {leaf.window.text}" if leaf.window is not None else ""
        if isinstance(leaf, Credits):
            return f"collect {leaf.least:f} {leaf.type}{window}"
        bounds = [f"at least {leaf.least:f}"] if leaf.least is not None else []
        bounds += [f"at most {leaf.most:f}"] if leaf.most is not None else []
        title = self.history.ruleset.activities[leaf.activity].title
        return f"bring {title} ({leaf.agg}) to {' and '.join(bounds)}{window}"


_UNKNOWNS = frozenset({"unscalable", "not_reviewed"})


def _choose(
    judging: Judging, criterion: LeafCriterion, counting: list[Judged], at: int
) -> tuple[list[Judged], list[tuple[Evidence, str]]]:
    """Of the rows that would do, those that are used: the first, the newest, or one of each observer."""
    terms = criterion.leaf.terms
    if terms is PLAIN or not counting:
        return counting[:1], []
    fresh = [one for one in counting if too_old_at(judging, one, terms) > at]
    stale = [(one.row, "too_old") for one in counting if one not in fresh]
    if terms.by is not None and (terms.by.count > 1 or terms.by.mean is not None):
        return fresh, stale
    return (fresh[-1:] if terms.score == "latest" else fresh[:1]), stale


def _counted(judging: Judging, criterion: KpiCriterion | CreditsCriterion, since: int, at: int) -> list[str]:
    if isinstance(criterion, KpiCriterion):
        rows = [one.row for one in criterion.samples(judging, since) if one.at <= at < one.until]
    else:
        rows = [one.row for one in criterion.counted(criterion.amounts(judging, since), at)]
    return list(dict.fromkeys(row.statement for row in rows))


def _sum(judging: Judging, criterion: KpiCriterion | CreditsCriterion, since: int, at: int) -> Json:
    """What the measure comes to, as text: decimals are never floats."""
    if isinstance(criterion, CreditsCriterion):
        carried = criterion.carried(judging)
        total = criterion.total(criterion.amounts(judging, since), at)
        return {"total": f"{total + carried:f}", **({"carried": f"{carried:f}"} if carried else {})}
    samples = [one.value for one in criterion.samples(judging, since) if one.at <= at < one.until]
    if not samples:
        return {"samples": 0}
    value, times = combined(criterion.leaf.agg, samples)
    return {"samples": len(samples), "value": f"{_rounded(value / times):f}"}


def _rounded(value: Decimal) -> Decimal:
    """At most six digits after the point, for showing."""
    return value if value == value.to_integral_value() else Decimal(f"{value:.6f}").normalize()


def _rank(result: str) -> int:
    return WORDS.index("met" if result == "waived" else result)


def _starts(criterion: Group, judging: Judging, since: int, at: int) -> list[int]:
    """From when each part of a group counts evidence; a step that is not open yet counts none."""
    starts = [criterion.start_of_part(judging, since, index) for index in range(len(criterion.of))]
    return [start if start <= at else FOREVER for start in starts]


def _early(name: str) -> str:
    """Why evidence from before a path was open does not count: before the window, or older than the lapse."""
    return "too_early" if name == "renewal" else "too_old"


def _node(
    criterion: str, result: str, used: list[str] | None = None, rejected: list[Json] | None = None, of: Any = None
) -> Json:
    node: Json = {"criterion": criterion, "result": result, "used": used or [], "rejected": rejected or []}
    if of is not None:
        node["of"] = of
    return node
