"""Who is assigned, since when, and by when: the audience over time, and the due dates that follow from it.

All organisation facts are civil days.  A short absence resumes the same clock, so that a flapping feed from HR moves no
due date (docs/decisions/0101); a longer one starts a new episode.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from operator import itemgetter
from typing import Literal

from lrs.people.depths import Depth
from lrs.people.roster import Leave, Person, Position
from rules.decide.calendar import add, midnight
from rules.decide.facts import Facts
from rules.decide.spans import ENDLESS, Span, contains, difference, intersection, union
from rules.decide.zones import Zones
from rules.language.model import Audience, Due, Match, Program, RoleClock
from rules.language.model import Depth as DepthRule
from rules.language.period import Period

Kind = Literal["none", "suggested", "required", "exempt", "withdrawn"]
Bound = tuple[date, int]
"""The last good day and the deadline."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A stay in an audience, short absences included: where its clock starts, and the days of being in."""

    start: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """One audience of a version that a person is in on some day."""

    audience: Audience
    start: int
    """Day on which the role began."""
    assigned: int
    """Day from which on the program asked for it."""


class Assignments:
    """The assignment of one person to one program on any day.  `programs`: each version of it, oldest first."""

    __slots__ = (
        "_began",
        "_bounds",
        "_dues",
        "_episodes",
        "_facts",
        "_first",
        "_matches",
        "_programs",
        "_tiers",
        "_turns",
        "_windows",
        "_zones",
    )

    def __init__(self, programs: Sequence[Program], facts: Facts, zones: Mapping[int, Zones]) -> None:
        self._programs = programs
        self._facts = facts
        self._zones = zones
        starts = [program.effective.toordinal() for program in programs]
        self._windows = [*zip(starts, [*starts[1:], ENDLESS], strict=True)]
        self._episodes = [
            [episodes_of(audience, program.clock, facts) for audience in program.audiences] for program in programs
        ]
        self._turns = [
            sorted({edge for stays in episodes for stay in stays for span in stay.spans for edge in span})
            for episodes in self._episodes
        ]
        self._tiers: list[dict[str | None, Due | None]] = [
            {tier.id: tier.due for tier in program.tiers if tier.require is not None} for program in programs
        ]
        self._dues: dict[tuple[int, int, int, int], Bound | None] = {}
        self._matches: dict[tuple[int, int], list[Matched]] = {}
        self._bounds: dict[tuple[int, int, str | None], Bound | None] = {}
        self._began = list(self._beginnings())
        self._first = self._began[0][0] if self._began else ENDLESS

    def began_at(self) -> list[int]:
        """The instants at which the program began to ask something of the person, and did so again after an absence."""
        days = [(date.fromordinal(day), version) for day, version in self._began]
        return [midnight(self._zones[version].on(day), day) for day, version in days]

    def lacks_clock(self, version: int, at: int) -> bool:
        """Whether a due date counts from a day that nobody knows: being hired."""
        if self._facts.person.hired_on is not None:
            return False
        return any(
            due is not None and due.after == "hired"
            for matched in _strongest(self.matched(version, self._day(version, at)))
            for due in (matched.audience.due or self._programs[version].due, *self._tiers[version].values())
        )

    def kind_at(self, version: int, at: int) -> Kind:
        """The assignment under the version in force at an instant."""
        day = self._day(version, at)
        if matched := self.matched(version, day):
            required = self._programs[version].awards and any(m.audience.assign == "required" for m in matched)
            return "required" if required else "suggested"
        return "withdrawn" if day > self._first else "none"

    def due_at(self, version: int, at: int, tier: str | None = None) -> Bound | None:
        """By when the version in force asks for its path, or one of its tiers: the earliest of the strongest audiences."""
        day = self._day(version, at)
        matched = self.matched(version, day)
        if not matched:
            return None
        key = (version, bisect_right(self._turns[version], day), tier)
        if key not in self._bounds:
            bounds = [bound for m in _strongest(matched) if (bound := self._bound(version, m, tier)) is not None]
            self._bounds[key] = min(bounds, key=itemgetter(1), default=None)
        return self._bounds[key]

    def matched(self, version: int, day: int) -> list[Matched]:
        """The audiences of a version that a person is in on a day."""
        if day < self._windows[0][0]:
            return []
        key = (version, bisect_right(self._turns[version], day))
        found = self._matches.get(key)
        if found is None:
            audiences = self._programs[version].audiences
            found = self._matches[key] = [
                Matched(audience, episode.start, self._assigned(version, episode.start))
                for audience, episodes in zip(audiences, self._episodes[version], strict=True)
                for episode in episodes
                if contains(episode.spans, day)
            ]
        return found

    def instants(self) -> list[int]:
        """Every instant at which an assignment may begin or end, or a due date passes."""
        found: list[int] = []
        for version, of_tiers in enumerate(self._tiers):
            zones = self._zones[version]
            tiers = of_tiers or (None,)
            for day in self._edges(version):
                civil = date.fromordinal(day)
                found.append(midnight(zones.on(civil), civil))
                for matched in self.matched(version, day):
                    bounds = (self._bound(version, matched, tier) for tier in tiers)
                    found.extend(bound[1] for bound in bounds if bound is not None)
        return found

    def _day(self, version: int, at: int) -> int:
        """The civil day under a version; one that another zone's midnight has replaced does not begin a new day."""
        return min(self._zones[version].day_at(at).toordinal(), self._windows[version][1] - 1)

    def _member_days(self, version: int) -> list[Span]:
        """Days in any audience of a version, while that version is in force."""
        return intersection(
            union(span for episodes in self._episodes[version] for episode in episodes for span in episode.spans),
            [self._windows[version]],
        )

    def _beginnings(self) -> Iterator[tuple[int, int]]:
        """The first day of each assignment, and the version that makes it; a return that resumes the clock is none."""
        stays = sorted((*span, version) for version in range(len(self._windows)) for span in self._member_days(version))
        until = 0
        for start, end, version in stays:
            if start > until and min(one.assigned for one in self.matched(version, start)) >= until:
                yield start, version
            until = end

    def _edges(self, version: int) -> set[int]:
        """The days on which a person enters or leaves one of a version's audiences while it is in force."""
        window = [self._windows[version]]
        return {
            day
            for episodes in self._episodes[version]
            for episode in episodes
            for span in intersection(episode.spans, window)
            for day in span
            if day < ENDLESS
        }

    def _assigned(self, version: int, start: int) -> int:
        """The day the program first asked: later versions go on with what earlier ones began."""
        effective = self._windows[version][0]
        if start >= effective:
            return start
        earlier = self.matched(version - 1, effective - 1)
        return min((matched.assigned for matched in earlier), default=effective)

    def _bound(self, version: int, matched: Matched, tier: str | None) -> Bound | None:
        program = self._programs[version]
        due = self._tiers[version].get(tier) or matched.audience.due or program.due
        if due is None:
            return None
        key = (version, id(due), matched.start, matched.assigned)
        if key not in self._dues:
            self._dues[key] = bound_of(due, program.clock, matched, self._zones[version], self._facts.person)
        return self._dues[key]


def _strongest(matched: Sequence[Matched]) -> Sequence[Matched]:
    """Where somebody is required to, what is only suggested beside it sets no date."""
    return [one for one in matched if one.audience.assign == "required"] or matched


def bound_of(due: Due, clock: RoleClock, matched: Matched, zones: Zones, person: Person) -> Bound | None:
    """`within` from the start, but never less than `floor` after assignment; leave moves either on if the clock pauses.

    None when it counts from a day that nobody knows.
    """
    assigned = date.fromordinal(matched.assigned)
    base = assigned
    if due.after == "role_start":
        base = date.fromordinal(matched.start)
    elif due.after == "hired":
        if person.hired_on is None:
            return None
        base = person.hired_on
    leave = person.leave if clock.pause_on_leave else ()
    bound = _put_off(zones, base, due.within, leave)
    return bound if due.floor.is_zero else max(bound, _put_off(zones, assigned, due.floor, leave), key=itemgetter(1))


def _put_off(zones: Zones, start: date, period: Period, leave: Sequence[Leave]) -> Bound:
    """The end of a period, moved on by the days of leave in it."""
    bound = zones.after(start, period)
    paused = paused_days(start.toordinal(), bound[0].toordinal(), leave)
    return zones.after(bound[0], Period(f"P{paused}D", days=paused)) if paused else bound


def paused_days(start: int, last: int, leave: Sequence[Leave]) -> int:
    """How many days of leave fall before a due date that each of them puts off."""
    paused = 0
    for absence in sorted(leave, key=lambda absence: absence.start):
        first = max(absence.start.toordinal(), start)
        if first <= last + paused:
            paused += max(0, absence.end.toordinal() - first + 1)
    return paused


def episodes_of(audience: Audience, clock: RoleClock, facts: Facts) -> list[Episode]:
    """The stays in an audience; a return within the clock's limit goes on with the stay before it."""
    episodes: list[Episode] = []
    for span in member_days(audience.match, facts):
        if episodes and _resumes(clock, episodes[-1].spans[-1][1], span[0]):
            episodes[-1] = Episode(episodes[-1].start, (*episodes[-1].spans, span))
        else:
            episodes.append(Episode(span[0], (span,)))
    return episodes


def _resumes(clock: RoleClock, left: int, back: int) -> bool:
    in_time = add(date.fromordinal(left - 1), clock.resume_within).toordinal() >= back
    return clock.resumes if in_time else clock.otherwise_resumes


def member_days(match: Match, facts: Facts) -> list[Span]:
    """The days on which one of a person's positions is what an audience asks for."""
    return union(span for position in facts.person.positions for span in _days(match, position, facts))


def _days(match: Match, position: Position, facts: Facts) -> list[Span]:
    for attribute, patterns in match.patterns.items():
        value = getattr(position, attribute)
        if value is None or not any(_fits(value, pattern) for pattern in patterns):
            return []
    person = facts.person
    start = max(position.start, person.hired_on or position.start).toordinal()
    end = min(position.end or date.max, person.left_on or date.max).toordinal()
    days = [(start, end + 1)]
    if match.depth is not None:
        days = intersection(days, depth_days(match.depth, facts.depths))
    if match.exclude is not None:
        days = difference(days, _days(match.exclude, position, facts))
    return days


@lru_cache(maxsize=16_384)
def _fits(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern)


def depth_days(rule: DepthRule, depths: Sequence[Depth]) -> list[Span]:
    """The days on which as many levels of people report to somebody as a rule asks; no reports are no levels."""
    everything = [(date.min.toordinal(), ENDLESS)]
    known = [
        (depth.start.toordinal(), depth.until.toordinal() if depth.until else ENDLESS, depth.levels) for depth in depths
    ]
    fitting = [(start, end) for start, end, levels in known if _compares(rule, levels)]
    if _compares(rule, 0):
        fitting += difference(everything, [(start, end) for start, end, _ in known])
    return union(fitting)


def _compares(rule: DepthRule, levels: int) -> bool:
    return {
        "<": levels < rule.levels,
        "<=": levels <= rule.levels,
        "==": levels == rule.levels,
        ">=": levels >= rule.levels,
        ">": levels > rule.levels,
    }[rule.comparison]
