"""What is measured instead of passed: samples of an indicator, and credits that add up.

Both look back over a window of their own, as far as the judging's `floor`: what earned an award counts for it once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from rules.decide.calendar import FOREVER, after
from rules.decide.evidence import Evidence
from rules.decide.judging import Judging
from rules.decide.logic import MET, UNKNOWN, UNMET, Steps, first_met, followed
from rules.decide.office import credits_said
from rules.decide.single import Single
from rules.language.model import Credits, Kpi
from rules.language.period import Period


class Amount(NamedTuple):
    """A value, from when until when it counts, and where it comes from; one source counts once at a time."""

    at: int
    until: int
    value: Decimal
    row: Evidence
    source: str


@dataclass(frozen=True, slots=True)
class KpiCriterion(Single):
    """Samples combined, within bounds; too few of them leave it unknown."""

    leaf: Kpi
    track: int
    token: str

    def amounts(self, judging: Judging, since: int) -> list[Amount]:
        """All samples from the start of the window on, in order."""
        start = since if self.leaf.window is None else judging.floor
        entries = judging.record.tracks[self.track]
        return [
            Amount(row.at, _window_end(judging, row.at, self.leaf.window), row.raw, row, row.statement)
            for row in entries.rows
            if row.at >= start and row.raw is not None
        ]

    def steps(self, judging: Judging, since: int) -> Steps:
        """Unknown from the beginning, for no sample says nothing (program-language 3.4)."""
        samples = self.amounts(judging, since)
        return _summed(samples, since, lambda at: self.value(self.counted(samples, at)))

    def counted(self, samples: Sequence[Amount], at: int) -> list[Amount]:
        """Those that count at an instant."""
        return [one for one in samples if one.at <= at < one.until]

    def value(self, samples: Sequence[Amount]) -> int:
        """Of the samples that count, in order."""
        if len(samples) < self.leaf.min_samples:
            return UNKNOWN
        found, times = combined(self.leaf.agg, [one.value for one in samples])
        if self.leaf.least is not None and found < self.leaf.least * times:
            return UNMET
        return UNMET if self.leaf.most is not None and found > self.leaf.most * times else MET

    def started(self, judging: Judging, since: int) -> int:
        return min((one.at for one in self.amounts(judging, since)), default=FOREVER)

    def tokens(self, _judging: Judging, _since: int, _at: int, _least: int) -> set[str]:
        return {self.token}


def combined(agg: str, values: Sequence[Decimal]) -> tuple[Decimal, int]:
    """The aggregate as a sum and what to divide it by, so that a mean is compared exactly."""
    match agg:
        case "sum":
            return sum(values, Decimal(0)), 1
        case "mean":
            return sum(values, Decimal(0)), len(values)
        case "min":
            return min(values), 1
        case "max":
            return max(values), 1
        case _:
            return values[-1], 1


@dataclass(frozen=True, slots=True)
class CreditsCriterion(Single):
    """Credits of one type that add up, with what was left over when the award before was earned."""

    leaf: Credits
    track: int
    """Of the credits that statements name."""
    earned: tuple[tuple[int, Decimal, str], ...]
    """Tracks of activities that are worth credits: (track, amount, activity)."""

    def steps(self, judging: Judging, since: int) -> Steps:
        amounts = self.amounts(judging, since)
        opening = {max(since, judging.before.renewable_at)} if judging.before and self.leaf.carry_over else ()

        def value(at: int) -> int:
            own = self.total(amounts, at)
            return MET if own + self.carried(judging, own, at) >= self.leaf.least else UNMET

        return _summed(amounts, since, value, opening)

    def amounts(self, judging: Judging, since: int) -> list[Amount]:
        """All credits from the start of the window on, in order."""
        start = since if self.leaf.window is None else judging.floor
        found = [one for one in self._all(judging) if one.at >= start]
        return sorted(found, key=lambda one: (one.at, one.row.tie, one.source))

    def _all(self, judging: Judging) -> Iterator[Amount]:
        tracks, window = judging.record.tracks, self.leaf.window
        for row in tracks[self.track].rows:
            value = sum(self._amounts_said(row), Decimal(0))
            if value > 0:
                yield Amount(row.at, _window_end(judging, row.at, window), value, row, row.statement)
        for track, value, activity in self.earned:
            entries = tracks[track]
            for row, verdict in zip(entries.rows, entries.verdicts, strict=True):
                if verdict == MET:
                    yield Amount(row.at, _window_end(judging, row.at, window), value, row, activity)

    def _amounts_said(self, row: Evidence) -> Iterator[Decimal]:
        for credit in credits_said(row):
            accredited = not self.leaf.accredited_by or credit.get("accredited_by") in self.leaf.accredited_by
            if accredited and (amount := _positive(credit)):
                yield amount

    def counted(self, amounts: Sequence[Amount], at: int) -> list[Amount]:
        """Those that count at an instant: the same activity once, by its first time in the window."""
        first: dict[str, Amount] = {}
        for one in amounts:
            if one.at <= at < one.until:
                first.setdefault(one.source, one)
        return list(first.values())

    def passed_over(self, judging: Judging, since: int, at: int, early: str) -> Iterator[tuple[Evidence, str]]:
        """Credits that do not count at an instant, and why not; early: what those from before counting began are called."""
        amounts = self.amounts(judging, since)
        start = since if self.leaf.window is None else judging.floor
        counted = {id(one) for one in self.counted(amounts, at)}
        for row in judging.record.tracks[self.track].rows:
            if row.at <= at and not any(self._amounts_said(row)) and any(_positive(one) for one in credits_said(row)):
                yield row, "not_accredited"
        for one in self._all(judging):
            if one.at < start and one.at <= at:
                yield one.row, early if one.at < judging.since else "out_of_order"
        for one in amounts:
            if one.at <= at and id(one) not in counted:
                yield one.row, "too_old" if at >= one.until else "duplicate"

    def total(self, amounts: Sequence[Amount], at: int) -> Decimal:
        return sum((one.value for one in self.counted(amounts, at)), Decimal(0))

    def carried(self, judging: Judging, own: Decimal, at: int) -> Decimal:
        """What is carried over at an instant; until the window opens only beside credits of its own."""
        if judging.before is None or not self.leaf.carry_over or (at < judging.before.renewable_at and not own):
            return Decimal(0)
        if self.id not in judging.carried:
            judging.carried[self.id] = self._kept(*judging.before[:2])
        return judging.carried[self.id]

    def _kept(self, before: Judging, met_at: int) -> Decimal:
        """As much as may be kept of what the award before left over: of this criterion, else of the one that left least."""
        found = [one for one in before.path.criteria.values() if isinstance(one, CreditsCriterion)]
        left = {one.id: one.left_over(before, met_at) for one in found if one.leaf.type == self.leaf.type}
        left = {id_: amount for id_, amount in left.items() if amount >= 0}
        return min(self.leaf.carry_over, left.get(self.id, min(left.values(), default=Decimal(0))))

    def left_over(self, judging: Judging, at: int) -> Decimal:
        """How many more there were than needed at an instant; below zero where there were not enough."""
        own = self.total(self.amounts(judging, judging.start_of(self.id)), at)
        return own + self.carried(judging, own, at) - self.leaf.least

    def started(self, judging: Judging, since: int) -> int:
        """With the first credit, or when what was carried over is enough."""
        first = min((one.at for one in self.amounts(judging, since)), default=FOREVER)
        met = first_met(judging.steps(self, since), since) if judging.before and self.leaf.carry_over else None
        return first if met is None else min(first, met)

    def tokens(self, _judging: Judging, _since: int, _at: int, _least: int) -> set[str]:
        return {f"#{self.id}"}


def _positive(credit: Mapping[str, object]) -> Decimal | None:
    """How much a credit is worth; None where it is nothing."""
    amount = _decimal(credit.get("amount"))
    return amount if amount is not None and amount > 0 else None


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return Decimal(value)
    try:
        return Decimal(value) if isinstance(value, str) else None
    except ArithmeticError:
        return None


def _window_end(judging: Judging, at: int, window: Period | None) -> int:
    """Until when something counts that a window looks back on."""
    if window is None:
        return FOREVER
    return after(judging.zones.at(at), judging.zones.day_at(at), at, window)[1]


def _summed(amounts: Sequence[Amount], since: int, value: Callable[[int], int], more: Iterable[int] = ()) -> Steps:
    """What a sum comes to from an instant on."""
    return followed([since, *edges(amounts, since), *more], value)


def edges(amounts: Sequence[Amount], since: int) -> set[int]:
    """The instants at which the sum may change, from the one on at which counting begins."""
    return {max(since, edge) for one in amounts for edge in (one.at, one.until) if edge < FOREVER}
