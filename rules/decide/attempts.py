"""How often somebody has tried, and when the next try counts."""

from __future__ import annotations

from collections.abc import Sequence

from rules.decide.calendar import FOREVER, add, midnight
from rules.decide.evidence import Evidence
from rules.decide.zones import Zones
from rules.language.model import Attempts
from rules.language.period import Period


class AttemptCounter:
    """Walks the tries of one activity in order.

    A try that comes too early or is one too many does not count, and so delays nothing.  Rows of one attempt, or of one
    instant, are one try.  `starts`: instants, rising, from each of which on tries are counted anew.
    """

    __slots__ = ("_limits", "_refused", "_starts", "_zones", "counted")

    def __init__(self, limits: Attempts, zones: Zones, starts: Sequence[int] = ()) -> None:
        self._limits = limits
        self._zones = zones
        self._starts = starts
        self._refused: dict[str | int, str | None] = {}
        self.counted: list[int] = []

    def refusal(self, row: Evidence) -> str | None:
        """Why a row does not count: `cooldown`, `attempts_used_up`, or None."""
        key: str | int = row.attempt or row.at
        if key not in self._refused:
            _, why = self.reopens_after(row.at)
            self._refused[key] = why
            if why is None:
                self.counted.append(row.at)
        return self._refused[key]

    def reopens_after(self, at: int) -> tuple[int, str | None]:
        """From when on a try counts again and why not at an instant; (the instant, None) when it does."""
        counted = [one for one in self.counted if one <= at]
        found: tuple[int, str | None] = (at, None)
        cooldown, most = self._limits.cooldown, self._limits.most
        if counted and cooldown is not None and (end := self._end(counted[-1], cooldown)) > at:
            found = (end, "cooldown")
        if most is not None:
            ends = [self._end(one, self._limits.per) for one in counted]
            held = sorted(end for end in ends if end > at)
            if len(held) >= most and held[-most] > found[0]:
                found = (held[-most], "attempts_used_up")
        return found

    def instants(self) -> set[int]:
        """When it may change whether the next try counts."""
        found = {*self.counted, *self._starts}
        for at in self.counted:
            found |= {self._end(at, period) for period in (self._limits.cooldown, self._limits.per) if period}
        return found

    def _end(self, at: int, period: Period | None) -> int:
        """The first instant that is no longer within a period of another, or from which on tries are counted anew."""
        anew = next((start for start in self._starts if start > at), FOREVER)
        if period is None:
            return anew
        if period.is_exact:
            return min(anew, at + period.us)
        return min(anew, midnight(self._zones.at(at), add(self._zones.day_at(at), period)))
