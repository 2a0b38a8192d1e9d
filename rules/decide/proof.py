"""Why: the tree of criteria with the statements used and the ones rejected, and what is still missing."""

from __future__ import annotations

from typing import Any

from rules.decide.calendar import instant_text
from rules.decide.criteria import GroupCriterion, HoldsCriterion
from rules.decide.gaps import Gap, Gaps, starts_of
from rules.decide.history import History, Phase
from rules.decide.judging import Criterion, Judging
from rules.decide.leaves import LeafCriterion
from rules.decide.logic import MET, WORDS, value_at
from rules.decide.measures import CreditsCriterion, KpiCriterion
from rules.decide.office import ACTS
from rules.decide.suspension import Suspension
from rules.decide.terms import Term
from rules.decide.testimony import Testimony, counted, sum_of

Json = dict[str, Any]
Said = tuple[tuple[Gap, ...], Json]
"""The gaps and the tree."""


class Proof:
    """Explains one instant of a history."""

    def __init__(self, history: History, at: int) -> None:
        self.history = history
        self.record = history.record
        self.at = at
        self.phase: Phase = history.phase_at(at)
        self.testimony = Testimony(history.compiled, history.record)

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
        if (suspended := self._suspension()) is not None:
            node["suspended_by"] = suspended.why
        return node

    def gaps(self) -> list[Gap]:
        """What the open path still needs, and what ends a suspension, each with the nearest next step."""
        gaps = Gaps(self.history.ruleset, self.testimony, self.at, _early(self._open_name()))
        found: list[Gap] = []
        if (suspended := self._suspension()) is not None and suspended.remedy is not None:
            found += gaps.of(*suspended.remedy)
        judging = self._open_judging()
        if judging is not None:
            found += [gap for criterion in judging.roots() for gap in gaps.of(judging, criterion, judging.since)]
        return found

    def said(self) -> Said:
        return tuple(self.gaps()), self.tree()

    def until(self, said: Said, state_ends: int) -> int:
        """Until when this is said, as long as the state stays."""
        proof = self
        while (at := min((at for at in proof._turns() if proof.at < at < state_ends), default=None)) is not None:
            proof = Proof(self.history, at)
            if proof.said() != said:
                return at
        return state_ends

    def _turns(self) -> set[int]:
        """The instants at which a state may be told in other words: a row more, another path, a try that is open again."""
        found = {*self.history.award.forces, *self.history.turns_beside_the_path()}
        found.update(at for entries in self.record.tracks for at in entries.ats)
        found.update(row.at for _, row, _ in self.record.aside)
        judgings = [self._open_judging()]
        if (suspended := self._suspension()) is not None and suspended.remedy is not None:
            judgings.append(suspended.remedy[0])
        for judging in judgings:
            if judging is not None:
                found |= {judging.since, *judging.turns(), *judging.changes}
        return found

    def _suspension(self) -> Suspension | None:
        running = self.phase.running if self.phase.award == "suspended" else None
        return None if running is None else self.history.suspensions.at(running, self.at)

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
            {"act": ACTS[row.verb], "statement": row.statement, "rejected": reason}
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
        """A path, and the version that judged it where that is not the decision's own."""
        versions = self.history.compiled.versions
        told, judged_by = (versions[one].program.version for one in (self.phase.version, judging.version))
        node = self._path_node(judging, name, at)
        return node if judged_by == told else {**node, "version": judged_by}

    def _path_node(self, judging: Judging, name: str, at: int) -> Json:
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
            starts = starts_of(criterion, judging, since, at)
            of = [
                self._explain(judging, part, start, at, early) for part, start in zip(criterion.of, starts, strict=True)
            ]
            return _node(criterion.id, result, of=of)
        return self._leaf(judging, criterion, since, at, early, result)

    def _leaf(self, judging: Judging, criterion: Criterion, since: int, at: int, early: str, result: str) -> Json:
        if isinstance(criterion, LeafCriterion):
            used, rejected = self.testimony.statements(judging, criterion, since, at, early)
            node = _node(criterion.id, result, used, rejected)
        elif isinstance(criterion, KpiCriterion | CreditsCriterion):
            rejected = []
            if isinstance(criterion, CreditsCriterion):
                rejected = self.testimony.credits(judging, criterion, since, at, early)
            node = {
                **_node(criterion.id, result, counted(judging, criterion, since, at), rejected),
                **sum_of(judging, criterion, since, at),
            }
        else:
            assert isinstance(criterion, HoldsCriterion)
            node = {**_node(criterion.id, result), "program": criterion.leaf.program}
        instead = [
            self._explain(judging, other, since, at, early)
            for other in judging.path.accepted.get(criterion.id, ())
            if value_at(judging.steps(other, since), at) == MET
        ]
        return {**node, "accepted": instead} if instead else node


def _rank(result: str) -> int:
    return WORDS.index("met" if result == "waived" else result)


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
