"""How many levels of people report to somebody, over time: only the days on which that changed are looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from lrs.people.roster import Roster


@dataclass(frozen=True, slots=True)
class Depth:
    """How many levels of people report to somebody on the days from `start` up to but not including `until`."""

    start: date
    until: date | None
    levels: int


class ReportingLine(NamedTuple):
    """Somebody reports to somebody on the days from `start` up to but not including `until`."""

    report: str
    manager: str
    start: date
    until: date | None


def reporting_depths(lines: Iterable[ReportingLine]) -> dict[str, tuple[Depth, ...]]:
    """Levels of reports below each manager over time: 1 with direct reports, 2 as a manager of managers.

    People who manage each other in a circle count as one level, so that every walk ends.  Nobody reports to themselves.
    Days without reports are left out.
    """
    chart = _Chart()
    history: dict[str, list[Depth]] = {}
    changes = sorted(_changes(lines), key=lambda change: change.day)
    for day, today in groupby(changes, key=lambda change: change.day):
        for person, before, levels in chart.change(today):
            depths = history.setdefault(person, [])
            if before:
                depths[-1] = Depth(depths[-1].start, day, before)
            if levels:
                depths.append(Depth(day, None, levels))
    return {person: tuple(depths) for person, depths in history.items() if depths}


def lines_of(roster: Roster) -> Iterator[ReportingLine]:
    """Who reports to whom in an organisation; whoever has left reports to nobody."""
    for person in roster.people.values():
        for position in person.positions:
            for manager in position.managers:
                yield line(person.id, manager, position.start, position.end, person.left_on)


def line(report: str, manager: str, start: date, end: date | None, left: date | None) -> ReportingLine:
    """From the first and last day of a position, and the last day of whoever holds it."""
    last = min((day for day in (end, left) if day is not None), default=date.max)
    return ReportingLine(report, manager, start, None if last == date.max else last + timedelta(days=1))


class _Change(NamedTuple):
    day: date
    manager: str
    report: str
    by: int
    """1 where a line begins, -1 where it ends."""


def _changes(lines: Iterable[ReportingLine]) -> Iterator[_Change]:
    for report, manager, start, until in lines:
        if report != manager and (until is None or start < until):
            yield _Change(start, manager, report, 1)
            if until is not None:
                yield _Change(until, manager, report, -1)


class _Chart:
    """Who reports to whom on one day, and how deep it goes below each manager."""

    def __init__(self) -> None:
        self._reports: dict[str, set[str]] = {}
        self._managers: dict[str, set[str]] = {}
        self._count: Counter[tuple[str, str]] = Counter()
        self._levels: dict[str, int] = {}

    def change(self, changes: Iterable[_Change]) -> list[tuple[str, int, int]]:
        """Goes to the next day; whose depth changed, from and to how many levels."""
        touched: dict[tuple[str, str], int] = {}
        for _, manager, report, by in changes:
            touched.setdefault((manager, report), self._count[manager, report])
            self._count[manager, report] += by
        moved = {pair for pair, before in touched.items() if bool(before) != bool(self._count[pair])}
        for manager, report in moved:
            if self._count[manager, report]:
                self._reports.setdefault(manager, set()).add(report)
                self._managers.setdefault(report, set()).add(manager)
            else:
                self._reports[manager].discard(report)
                self._managers[report].discard(manager)
        above = self._above({manager for manager, _ in moved})
        before = {person: self._levels.pop(person, 0) for person in above}
        self._levels.update(_levels(self._reports, above, self._levels))
        return [(who, old, new) for who, old in before.items() if old != (new := self._levels[who])]

    def _above(self, people: Collection[str]) -> set[str]:
        """These and everybody to whom they report, directly or through others: nobody else's depth can have changed."""
        found = set(people)
        waiting = list(people)
        while waiting:
            new = self._managers.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found


def _levels(
    reports: Mapping[str, Collection[str]], people: Collection[str], known: Mapping[str, int]
) -> dict[str, int]:
    """Depth of each of these, circles folded into one level (Tarjan's components, without recursion).

    people: with anybody, all to whom they report; known: the depths of everybody else, 0 where they are missing.
    """
    levels: dict[str, int] = {}
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_people: list[str] = []
    for root in people:
        walk = [(root, iter(reports.get(root, ())))] if root not in number else []
        while walk:
            person, below = walk[-1]
            if person not in number:
                number[person] = low[person] = len(number)
                open_people.append(person)
            for report in below:
                if report not in people:
                    continue
                if report not in number:
                    walk.append((report, iter(reports.get(report, ()))))
                    break
                if report not in levels:
                    low[person] = min(low[person], number[report])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[person])
                if low[person] == number[person]:
                    circle = _pop_through(open_people, person)
                    outside = [
                        levels[r] if r in levels else known.get(r, 0)
                        for one in circle
                        for r in reports.get(one, ())
                        if r not in circle
                    ]
                    depth = 1 + max(outside, default=0) if len(circle) > 1 or outside else 0
                    levels.update(dict.fromkeys(circle, depth))
    return levels


def _pop_through(stack: list[str], last: str) -> set[str]:
    taken = set()
    while True:
        person = stack.pop()
        taken.add(person)
        if person == last:
            return taken
