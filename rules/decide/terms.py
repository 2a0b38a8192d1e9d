"""The award over time: the terms for which it was earned, each with the dates stamped when its path was met.

The first term opens when the initial path is first met.  Within its window and grace a term is renewed by the renewal
path; when the grace has passed the award lapses, and only the initial path, with evidence from then on, opens a new
one (program-language 2 and 3.3; docs/decisions/0101).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from rules.decide.calendar import BEGINNING, FOREVER, add, after, before, days_in_month, midnight, next_day
from rules.decide.case import Case
from rules.decide.compiled import Compiled
from rules.decide.judging import Earned, Judging, Path
from rules.decide.logic import Steps, first_met
from rules.decide.paths import Version
from rules.language.model import Renew
from rules.language.period import Period

_YEAR = Period("P1Y", months=12)
_MONTHS_SINCE_A_LEAP_DAY = 84
"""At most: from 2096 to 2103, for 2100 is no leap year."""


@dataclass(frozen=True, slots=True)
class Series:
    """Expiry dates that belong together: the k-th is anchor + k periods, never counted from the one before."""

    anchor: date
    anchor_at: int
    period: Period
    count: int


@dataclass(slots=True)
class Run:
    """A path judged from an instant on: when it is met, each of its tiers, what was unknown, when it was begun."""

    judging: Judging
    steps: Steps
    tiers: Sequence[Steps]
    started: int

    @property
    def unknown(self) -> list[Steps]:
        return self.judging.unknown

    def instants(self) -> set[int]:
        """The instants at which what the path comes to may change."""
        found = {at for steps in (self.steps, *self.tiers, *self.unknown) for at, _ in steps}
        if self.judging.path.may_block:
            found |= self.judging.turns() | self.judging.changes
        return found | {self.started}


def run(judging: Judging) -> Run:
    steps, tiers = judging.whole()
    started = min(judging.started(criterion, judging.since) for criterion in judging.roots())
    return Run(judging, steps, tiers, started)


@dataclass(frozen=True, slots=True)
class Term:
    """One period of an award, stamped when it was opened."""

    version: int
    is_renewal: bool
    since: int
    """From when on its evidence counted."""
    met_at: int
    met_on: date
    zone: ZoneInfo
    run: Run = field(repr=False)
    """The judging of the path that opened it."""
    series: Series | None = None
    expires_on: date | None = None
    expires_at: int = FOREVER
    renewable_on: date | None = None
    renewable_at: int = FOREVER
    grace_until: date | None = None
    lapses_at: int = FOREVER

    def renews_from(self, version: Version) -> int:
        """From when on evidence renews it; what opened it, or came with it, never does."""
        renew = version.program.renew
        early = renew is not None and renew.early == "rebase"
        return self.met_at + 1 if early else max(self.renewable_at, self.met_at + 1)


class Award:
    """Walks a record from its beginning and opens, renews and lapses terms."""

    __slots__ = ("_runs", "case", "compiled", "forces", "terms", "zones")

    def __init__(self, compiled: Compiled, case: Case) -> None:
        self.compiled = compiled
        self.case = case
        self.zones = zones = case.zones
        self.forces = [
            BEGINNING,
            *(
                midnight(zones[index].on(version.program.effective), version.program.effective)
                for index, version in enumerate(compiled.versions)
                if index
            ),
        ]
        self._runs: dict[tuple[int, bool, int], Run] = {}
        self.terms = tuple(self._walk())

    def version_at(self, at: int) -> int:
        """The version in force; the first one also judges what came before it."""
        index = len(self.forces) - 1
        while self.forces[index] > at:
            index -= 1
        return index

    def version_for(self, term: Term, at: int) -> int:
        """The version that holds for a living award at an instant: one with `apply: new` leaves it alone."""
        version = term.version
        for later in range(term.version + 1, self.version_at(at) + 1):
            if self.compiled.versions[later].program.apply.how != "new":
                version = later
        return version

    def initial(self, version: int, since: int) -> Run:
        """A version's initial path judged from an instant on."""
        path = self.compiled.versions[version].initial
        return self._run((version, False, since), path, since, None)

    def renewal(self, version: int, term: Term) -> Run | None:
        """A version's renewal path for a term; None when that version knows no renewal."""
        path = self.compiled.versions[version].renewal
        if path is None:
            return None
        return self._run((version, True, term.met_at), path, self.renews_from(term), term)

    def renews_from(self, term: Term) -> int:
        return term.renews_from(self.compiled.versions[term.version])

    def _run(self, key: tuple[int, bool, int], path: Path, since: int, term: Term | None) -> Run:
        found = self._runs.get(key)
        if found is None:
            before = None if term is None else Earned(term.run.judging, term.met_at, term.renewable_at)
            floor = since if term is None else term.met_at + 1
            found = self._runs[key] = run(Judging(self.case, path, key[0], since, floor, before))
        return found

    def _walk(self) -> Iterator[Term]:
        since = BEGINNING
        while (opened := self._first_initial(since)) is not None:
            term = self._open(*opened, since, None)
            while True:
                yield term
                opened = self._first_renewal(term)
                if opened is None:
                    break
                term = self._open(*opened, self.renews_from(term), term)
            since = term.lapses_at

    def _first_initial(self, since: int) -> tuple[int, int, Run] | None:
        """When the initial path is first met from an instant on, by which version, judged how."""
        for index, start, end in self._windows():
            if end <= since or not self.compiled.versions[index].program.awards:
                continue
            found = self.initial(index, since)
            met = first_met(found.steps, max(since, start), end)
            if met is not None:
                return met, index, found
        return None

    def _first_renewal(self, term: Term) -> tuple[int, int, Run] | None:
        since = self.renews_from(term)
        for _, start, end in self._windows():
            if end <= since or start >= term.lapses_at:
                continue
            index = self.version_for(term, start)
            found = self.renewal(index, term) if self.compiled.versions[index].program.awards else None
            if found is None:
                continue
            met = first_met(found.steps, max(since, start), min(term.lapses_at, end))
            if met is not None:
                return met, index, found
        return None

    def _windows(self) -> Iterator[tuple[int, int, int]]:
        """Each version with the instants between which it is in force."""
        for index, start in enumerate(self.forces):
            yield index, start, self.forces[index + 1] if index + 1 < len(self.forces) else FOREVER

    def _open(self, at: int, version: int, opened_by: Run, since: int, before: Term | None) -> Term:
        """Stamps the term that evidence from `since` on opened, or with a term before it renewed, at an instant."""
        zones = self.zones[version]
        program = self.compiled.versions[version].program
        opened = Term(version, before is not None, since, at, zones.day_at(at), zones.at(at), opened_by)
        if program.valid_for is None:
            return opened
        return _stamp(opened, _series(opened, program.valid_for, program.renew, before), program.renew)


def _series(opened: Term, period: Period, renew: Renew | None, before: Term | None) -> Series:
    """From which date a term's expiry is counted (program-language 3.3 and 3.5)."""
    on, at = opened.met_on, opened.met_at
    if renew is not None and renew.basis == "fixed":
        return _fixed(renew, period, on, before)
    if before is None or renew is None or renew.basis == "completion" or at < before.renewable_at:
        return Series(on, at, period, 1)
    return _next_in_series(before, period, on, at)


def _next_in_series(term: Term, period: Period, on: date, at: int) -> Series:
    """The next date of the old series that is still to come; a changed period starts a series at the old expiry."""
    series = term.series
    assert series is not None
    if series.period != period:
        assert term.expires_on is not None
        series = Series(term.expires_on, term.expires_at, period, 0)
    count = series.count + 1
    while (
        (series.anchor_at + count * period.us <= at) if period.is_exact else (add(series.anchor, period, count) <= on)
    ):
        count += 1
    return Series(series.anchor, series.anchor_at, period, count)


def _fixed(renew: Renew, period: Period, on: date, before: Term | None) -> Series:
    """The first anchor date that gives the minimum active period, and lies after the current expiry."""
    least = add(on, renew.min_active)
    expires_on, old = (before.expires_on, before.series) if before is not None else (None, None)
    if old is not None and _is_anchored(old, renew, period):
        anchor, count = old.anchor, old.count
    else:
        wanted = least if expires_on is None else max(least, next_day(expires_on))
        start = wanted if period.months >= 12 else add(wanted, _YEAR, -1)
        anchor, count = _unclamped(_yearly(renew, start), renew, period)
    while (day := add(anchor, period, count)) < least or (expires_on is not None and day <= expires_on):
        if day == date.max:
            break
        count += 1
    return Series(anchor, 0, period, count)


def _is_anchored(series: Series, renew: Renew, period: Period) -> bool:
    """Whether a series is one of these anchor dates, so that it simply goes on."""
    anchor = series.anchor
    return series.period == period and (anchor.month, anchor.day) == _anchor_in(renew, anchor.year)


def _unclamped(anchor: date, renew: Renew, period: Period) -> tuple[date, int]:
    """A series that starts on 28 February for want of a 29th is counted from an earlier date that has it, if one has."""
    if renew.anchor == (2, 29) and anchor.day != 29 and not period.days:
        for count in range(1, _MONTHS_SINCE_A_LEAP_DAY + 1):
            earlier = add(anchor, period, -count)
            if earlier.month == 2 and days_in_month(earlier.year, 2) == 29:
                return earlier.replace(day=29), count
    return anchor, 0


def _anchor_in(renew: Renew, year: int) -> tuple[int, int]:
    assert renew.anchor is not None
    month, day = renew.anchor
    return month, min(day, days_in_month(year, month))


def _yearly(renew: Renew, least: date) -> date:
    """The first date with the anchor's month and day from a date on."""
    for year in (least.year, min(least.year + 1, date.max.year)):
        day = date(year, *_anchor_in(renew, year))
        if day >= least:
            return day
    return date.max


def _stamp(opened: Term, series: Series, renew: Renew | None) -> Term:
    """The dates of a term: expiry, and where it is renewable the window before it and the grace after it."""
    zone = opened.zone
    expires_on, expires_at = after(zone, series.anchor, series.anchor_at, series.period, series.count)
    renewable: tuple[date | None, int] = (None, FOREVER)
    grace_until, lapses_at = None, expires_at
    if renew is not None:
        renewable = before(zone, expires_on, expires_at, renew.window)
        if renewable[1] < opened.met_at:
            renewable = (opened.met_on, opened.met_at)
        if not renew.grace.is_zero:
            grace_until, lapses_at = after(zone, expires_on, expires_at, renew.grace)
    return Term(
        opened.version,
        opened.is_renewal,
        opened.since,
        opened.met_at,
        opened.met_on,
        zone,
        opened.run,
        series,
        expires_on,
        expires_at,
        renewable[0],
        renewable[1],
        grace_until,
        lapses_at,
    )
