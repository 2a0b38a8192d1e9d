"""Which statements speak for a leaf and which do not, each with the reason why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from rules.decide.calendar import BEGINNING
from rules.decide.compiled import Compiled
from rules.decide.evidence import Evidence
from rules.decide.judging import Judged, Judging
from rules.decide.leaves import LeafCriterion, assignments, counts_from, judged_rows, reviewed_at, too_old_at
from rules.decide.logic import MET, UNKNOWN, UNMET, last_of
from rules.decide.measures import CreditsCriterion, KpiCriterion, combined, edges
from rules.decide.record import RETRACTS, Record, Track
from rules.decide.scores import reaches
from rules.vocabulary import DECLINED, PRESENTED

Json = dict[str, Any]


class Testimony:
    """Reads a record for the proof of one program."""

    def __init__(self, compiled: Compiled, record: Record) -> None:
        self._compiled = compiled
        self._record = record
        self._found: dict[tuple[Judging, str, int, int, str], tuple[list[str], list[Json]]] = {}

    def statements(
        self, judging: Judging, criterion: LeafCriterion, since: int, at: int, early: str
    ) -> tuple[list[str], list[Json]]:
        """Those used at an instant, and those rejected, in order."""
        key = (judging, criterion.id, since, at, early)
        if key not in self._found:
            self._found[key] = self._statements(judging, criterion, since, at, early)
        return self._found[key]

    def _statements(
        self, judging: Judging, criterion: LeafCriterion, since: int, at: int, early: str
    ) -> tuple[list[str], list[Json]]:
        used: list[str] = []
        rejected: list[tuple[Evidence, str]] = []
        for number, (track, _) in enumerate(criterion.tracks):
            rejected += self._early(judging, track, since, at, early)
            counting, others = self._split(judging, criterion, number, since, at)
            used += counting
            rejected += others
            rejected += [(row, reason) for other, row, reason in self._record.aside if other == track and row.at <= at]
        return list(dict.fromkeys(used)), _told(rejected)

    def credits(self, judging: Judging, criterion: CreditsCriterion, since: int, at: int, early: str) -> list[Json]:
        """The statements whose credits do not count at an instant, in order, each with the reason."""
        rejected = list(criterion.passed_over(judging, since, at, early))
        rejected += [
            (row, reason) for track, row, reason in self._record.aside if track == criterion.track and row.at <= at
        ]
        return _told(rejected)

    def _early(self, judging: Judging, track: int, since: int, at: int, early: str) -> Iterator[tuple[Evidence, str]]:
        """What would have met the criterion before evidence began to count; where nothing would, why what was said did not.

        That a score came too early is no help to whoever would be told, after doing it again, that it is too low.
        """
        entries = self._record.tracks[track]
        rows = [
            Judged(row.at, verdict, row, None)
            for row, verdict in zip(entries.rows, entries.verdicts, strict=True)
            if row.at <= at
        ]
        before = [one for one in rows if one.at < since]
        good = [one for one in before if one.verdict == MET]
        for one in good or before:
            if one.verdict == MET or (one.verdict == UNKNOWN and one.row.verb != PRESENTED):
                yield one.row, early if one.at < judging.since else "out_of_order"
            elif one.verdict in (UNMET, UNKNOWN) and reviewed_at(judging, one, rows) > at:
                yield one.row, self._reason(one.row, track, one.verdict)

    def _split(
        self, judging: Judging, criterion: LeafCriterion, number: int, since: int, at: int
    ) -> tuple[list[str], list[tuple[Evidence, str]]]:
        """The statements that make a track met, and the others with the reason why they do not."""
        start = last_of(assignments(judging, criterion.leaf.terms), at)
        rows = [
            one if one.refused or one.at >= start else one._replace(refused="before_assignment")
            for one in judged_rows(judging, criterion, number, since)
            if one.at <= at
        ]
        rejected = [(one.row, one.refused) for one in rows if one.refused is not None]
        good = [one for one in rows if one.refused is None]
        counting: list[Judged] = []
        completions = {one.at for one in good if one.verdict == MET}
        for one in good:
            if one.verdict == MET:
                counting.append(one)
            elif one.verdict == RETRACTS:
                if one.at not in completions:
                    rejected += [(counted.row, "taken_back") for counted in counting[:1]]
                    counting = []
            elif one.verdict in (UNKNOWN, UNMET) and reviewed_at(judging, one, rows) > at:
                rejected.append((one.row, self._reason(one.row, criterion.tracks[number][0], one.verdict)))
        if criterion.leaf.terms.score != "best":
            counting, others = _deciding(criterion, good, counting)
            rejected += others
        used, passed_over = _choose(judging, criterion, counting, at)
        return [one.row.statement for one in used], rejected + passed_over

    def _reason(self, row: Evidence, track: int, verdict: int) -> str:
        if verdict == UNKNOWN:
            if row.verb == PRESENTED:
                return "not_reviewed"
            return "no_score" if row.raw is None and row.scaled is None else "unscalable"
        if row.verb == DECLINED:
            return "declined"
        asked: Track = self._compiled.tracks[track]
        if asked.min_score is None:
            return "failed"
        _, profile = self._compiled.source_of(row)
        return "score_below_min" if reaches(row, asked.min_score, profile.scale) is False else "failed"


def _deciding(
    criterion: LeafCriterion, good: Sequence[Judged], counting: list[Judged]
) -> tuple[list[Judged], list[tuple[Evidence, str]]]:
    """Where only the first or the latest score counts, what the others would have said is passed over."""
    judged = [one for one in good if one.verdict in (MET, UNKNOWN, UNMET)]
    latest = criterion.leaf.terms.score == "latest"
    decides = judged[-1:] if latest else judged[:1]
    reason = "superseded" if latest else "not_first"
    return [one for one in counting if one in decides], [(one.row, reason) for one in counting if one not in decides]


def _choose(
    judging: Judging, criterion: LeafCriterion, counting: list[Judged], at: int
) -> tuple[list[Judged], list[tuple[Evidence, str]]]:
    """Of the rows that would do, those that are used: the first, or all that a panel puts together."""
    terms = criterion.leaf.terms
    begun = [one for one in counting if counts_from(judging, one) <= at]
    fresh = [one for one in begun if too_old_at(judging, one, terms) > at]
    stale = [(one.row, "too_old" if one in begun else "not_begun") for one in counting if one not in fresh]
    if terms.by is not None and terms.by.is_panel:
        return fresh, stale
    return fresh[:1], stale


def _told(rejected: list[tuple[Evidence, str]]) -> list[Json]:
    rejected.sort(key=lambda item: (item[0].at, item[0].tie, item[0].statement))
    seen = {(row.statement, reason): None for row, reason in rejected}
    return [{"statement": statement, "reason": reason} for statement, reason in seen]


def counted(judging: Judging, criterion: KpiCriterion | CreditsCriterion, since: int, at: int) -> list[str]:
    """The statements that a measure is made of at an instant."""
    rows = [one.row for one in criterion.counted(criterion.amounts(judging, since), at)]
    return list(dict.fromkeys(row.statement for row in rows))


def sum_of(judging: Judging, criterion: KpiCriterion | CreditsCriterion, since: int, at: int) -> Json:
    """What the measure comes to, as text: decimals are never floats.

    The judging is told when that changes, for what a criterion comes to need not change with it.
    """
    amounts = criterion.amounts(judging, since)
    judging.changes |= edges(amounts, BEGINNING)
    if isinstance(criterion, CreditsCriterion):
        total = criterion.total(amounts, at)
        carried = criterion.carried(judging, total, at)
        return {"total": f"{total + carried:f}", **({"carried": f"{carried:f}"} if carried else {})}
    samples = [one.value for one in criterion.counted(amounts, at)]
    if not samples:
        return {"samples": 0}
    value, times = combined(criterion.leaf.agg, samples)
    return {"samples": len(samples), "value": f"{_rounded(value / times):f}"}


def _rounded(value: Decimal) -> Decimal:
    """At most six digits after the point, for showing."""
    return Decimal(f"{value:.6f}").normalize()
