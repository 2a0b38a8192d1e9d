"""What is still missing, and the nearest next step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rules.decide.blocking import leaf_block
from rules.decide.calendar import FOREVER, instant_text
from rules.decide.choice import cheapest
from rules.decide.criteria import (
    AllCriterion,
    AnyCriterion,
    GroupCriterion,
    HoldsCriterion,
    InOrderCriterion,
    NOfCriterion,
    NotCriterion,
)
from rules.decide.judging import Criterion, Judging
from rules.decide.leaves import LeafCriterion
from rules.decide.logic import MET, UNKNOWN, value_at
from rules.decide.measures import CreditsCriterion, KpiCriterion
from rules.decide.state import Blocked
from rules.decide.testimony import Testimony
from rules.language.model import Credits, Observers, Relation, Ruleset

Json = dict[str, Any]

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
    blocked: Blocked | None = None
    """Until when doing it would not count, and why not; other things may be open meanwhile."""

    def as_json(self) -> Json:
        said: Json = {"criterion": self.criterion, "reason": self.reason, "text": self.text}
        if self.blocked is not None:
            said["blocked"] = {"until": instant_text(self.blocked.until), "why": self.blocked.why}
        return {**said, "cheapest": [gap.as_json() for gap in self.cheapest]} if self.cheapest else said

    def steps(self) -> Iterator[Gap]:
        """What there is to do: the gap itself, or what the cheapest way through a choice asks for."""
        if not self.cheapest:
            yield self
        for gap in self.cheapest:
            yield from gap.steps()


class Gaps:
    """Finds what an open path needs at an instant.  early: what evidence from before the path was open is called."""

    def __init__(self, ruleset: Ruleset, testimony: Testimony, at: int, early: str) -> None:
        self._ruleset = ruleset
        self._testimony = testimony
        self._at = at
        self._early = early

    def of(self, judging: Judging, criterion: Criterion, since: int) -> Iterator[Gap]:
        value = value_at(judging.steps(criterion, since), self._at)
        if value == MET:
            return
        if isinstance(criterion, AllCriterion | InOrderCriterion):
            for part, start in zip(criterion.of, starts_of(criterion, judging, since, self._at), strict=True):
                yield from self.of(judging, part, start)
        else:
            reason = self._gap_reason(judging, criterion, since, value)
            nearest = tuple(self._cheapest(judging, criterion, since))
            blocked = leaf_block(judging, criterion, since, self._at) if since <= self._at else None
            yield Gap(criterion.id, reason, self._text(criterion), nearest, blocked)

    def _cheapest(self, judging: Judging, criterion: Criterion, since: int) -> Iterator[Gap]:
        """Of a choice, what its nearest alternatives still need."""
        if not isinstance(criterion, AnyCriterion | NOfCriterion):
            return
        gaps = {id(part): list(self.of(judging, part, since)) for part in criterion.of}
        steps = {key: len([step for gap in found for step in gap.steps()]) for key, found in gaps.items()}
        for part in cheapest(judging, criterion, since, self._at, lambda part: steps[id(part)]):
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
        _, rejected = self._testimony.statements(judging, criterion, since, self._at, self._early)
        if value == UNKNOWN:
            return next((one["reason"] for one in reversed(rejected) if one["reason"] in _UNKNOWNS), "unscalable")
        if since == FOREVER:
            return "waits_for_step_before"
        return str(rejected[-1]["reason"]) if rejected else "no_evidence"

    def _text(self, criterion: Criterion) -> str:
        """The next step in words."""
        ruleset = self._ruleset
        if isinstance(criterion, LeafCriterion):
            leaf = criterion.leaf
            score = f" with at least {leaf.min_score:f}" if leaf.min_score is not None else ""
            return f"{_VERBS[leaf.kind]} {ruleset.activities[leaf.activity].title}{score}{self._by(leaf.terms.by)}"
        if isinstance(criterion, HoldsCriterion):
            return f"hold a valid {ruleset.programs[criterion.leaf.program][-1].title}"
        if isinstance(criterion, KpiCriterion | CreditsCriterion):
            return self._measure_text(criterion)
        assert isinstance(criterion, GroupCriterion)
        parts = [self._text(part) for part in criterion.of]
        if isinstance(criterion, NotCriterion):
            return f"not: {parts[0]}"
        if isinstance(criterion, AnyCriterion):
            return "one of: " + "; ".join(parts)
        if isinstance(criterion, NOfCriterion):
            return f"{criterion.count} of: " + "; ".join(parts)
        return (", then " if isinstance(criterion, InOrderCriterion) else " and ").join(parts)

    def _by(self, observers: Observers | None) -> str:
        """Who may answer for it, where a program says so: one of the relations, with one of the jobs and the award, together."""
        if observers is None:
            return ""
        who = [" or ".join(_a(relation) for relation in observers.relations)] if observers.relations else []
        if observers.jobs:
            who.append(" or ".join(observers.jobs))
        if observers.holds is not None:
            who.append(f"a holder of {self._ruleset.programs[observers.holds][-1].title}")
        some = f"{observers.count} of them: " if observers.count > 1 else ""
        others = " or ".join(_a(relation) for relation in observers.exclude if relation != "self")
        mean = f", with a mean of at least {observers.mean:f}" if observers.mean is not None else ""
        named = ", who is also ".join(who) or ("somebody else" if some or others or mean else "")
        return f" by {some}{named}{others and f', but not {others}'}{mean}" if named else ""

    def _measure_text(self, criterion: KpiCriterion | CreditsCriterion) -> str:
        leaf = criterion.leaf
        window = f" within {leaf.window.text}" if leaf.window is not None else ""
        if isinstance(leaf, Credits):
            return f"collect {leaf.least:f} {leaf.type}{window}"
        bounds = [f"at least {leaf.least:f}"] if leaf.least is not None else []
        bounds += [f"at most {leaf.most:f}"] if leaf.most is not None else []
        title = self._ruleset.activities[leaf.activity].title
        return f"bring {title} ({leaf.agg}) to {' and '.join(bounds)}{window}"


def _a(relation: Relation) -> str:
    return "the learner" if relation == "self" else f"a {relation.replace('-', ' ')}"


_UNKNOWNS = frozenset({"unscalable", "no_score", "not_reviewed"})


def starts_of(criterion: GroupCriterion, judging: Judging, since: int, at: int) -> list[int]:
    """From when each part of a group counts evidence; a step that is not open yet counts none."""
    return [start if start <= at else FOREVER for start in criterion.starts(judging, since)]
