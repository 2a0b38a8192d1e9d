"""Which civil calendar a person lives by: the rule's own zone, the learner's, or that of the site they work at.

Of a site's zone: the position that began last counts, before the first one the first, after the last one the last.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from zoneinfo import ZoneInfo

from rules.decide.calendar import after, deadline, local_date, midnight, zone_named
from rules.decide.facts import Facts
from rules.language.period import Period


class Zones:
    """The zone in force at each instant and on each day; nearly always a single one."""

    __slots__ = ("_days", "_instants", "_zones")

    def __init__(self, timezone: str, facts: Facts) -> None:
        moves = _moves(timezone, facts)
        self._days = [day for day, _ in moves[1:]]
        self._zones = [zone for _, zone in moves]
        self._instants = [midnight(zone, day) for day, zone in moves[1:]]

    def at(self, instant: int) -> ZoneInfo:
        return self._zones[bisect_right(self._instants, instant)]

    def on(self, day: date) -> ZoneInfo:
        return self._zones[bisect_right(self._days, day)]

    def day_at(self, instant: int) -> date:
        """The civil day an instant belongs to; on the day of a move west the day before lasts until the new one begins."""
        day = local_date(self.at(instant), instant)
        while self._days and midnight(self.on(day), day) > instant:
            day = date.fromordinal(day.toordinal() - 1)
        return day

    def after(self, day: date, period: Period) -> tuple[date, int]:
        """The last day of a period that begins with a day, and its deadline where that day is lived."""
        zone = self.on(day)
        last, end = after(zone, day, midnight(zone, day), period)
        return last, end if period.is_exact else deadline(self.on(last), last)


def _moves(timezone: str, facts: Facts) -> list[tuple[date, ZoneInfo]]:
    """Each zone with the day it began; the first one's day does not matter, for it also counts before that."""
    person = facts.person
    if timezone not in ("site", "learner"):
        return [(date.min, zone_named(timezone))]
    if timezone == "learner" and person.timezone:
        return [(date.min, zone_named(person.timezone))]
    moves: list[tuple[date, ZoneInfo]] = []
    for position in sorted(person.positions, key=lambda position: position.start):
        site = facts.sites.get(position.site) if position.site else None
        zone = zone_named(site.timezone) if site else None
        if zone is not None and (not moves or moves[-1][1] is not zone):
            moves.append((position.start, zone))
    return moves or [(date.min, zone_named(person.timezone or "UTC"))]
