"""Walks people through time: by what becomes known, by the instants at which decisions change, and by their ladders."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.decide import EVERYTHING
from rules.decide.calendar import BEGINNING
from rules.facts.files import FileFacts
from rules.language import Ruleset
from rules.simulation.circle import circle, tellable
from rules.simulation.climb import Climb
from rules.simulation.event import Event
from rules.simulation.pair import Pair, Tell
from rules.simulation.times import Outage, arrivals, awake


class Window(NamedTuple):
    """The first instant and the last one about which is told; what became known after a third one stays unknown."""

    opens: int
    closes: int
    known_at: int = EVERYTHING


@dataclass(frozen=True, slots=True)
class Run:
    """What is simulated.  Everything happens from the beginning of time on; `windows` say what of it is told.

    windows: by person and program, those that take part.  tell: which systems would be told; else it is said only what
    any would be.
    """

    ruleset: Ruleset
    files: FileFacts
    windows: Mapping[tuple[str, str], Window]
    outages: Sequence[Outage] = ()
    tell: Tell | None = None


def simulate(run: Run) -> list[Event]:
    """Everything that would happen, in order: by instant, person and program, prerequisites first."""
    rank = {
        program: place for place, program in enumerate(program for level in run.ruleset.strata for program in level)
    }
    people = sorted({person for person, _ in run.windows})
    named = tellable(run.ruleset, run.files.roster)
    found = [event for person in people for event in Walk(run, person, rank, named)]
    told = [event for event in found if _is_told(run.windows[event.person, event.program], event)]
    return sorted(told, key=lambda event: (event.at, event.person, rank[event.program]))


def _is_told(window: Window, event: Event) -> bool:
    return window.opens <= event.at <= window.closes


class Walk:
    """One person, from the beginning until the last window closes."""

    def __init__(self, run: Run, person: str, rank: Mapping[str, int], named: Collection[str] = ()) -> None:
        self._run = run
        facts = run.files.of(person)
        programs = sorted((program for who, program in run.windows if who == person), key=rank.__getitem__)
        roster = circle(run.files.roster, person, named)
        self._pairs = [Pair(run.ruleset, program, facts, Climb(facts.person, roster), run.tell) for program in programs]
        self._windows = [run.windows[person, program] for program in programs]
        self._end = max(window.closes for window in self._windows)
        self._arrivals = arrivals(run.files, person, self._end)
        self._at = BEGINNING

    def __iter__(self) -> Iterator[Event]:
        arrived = 0
        yield from self.wake(BEGINNING)
        while (at := self._next(arrived)) <= self._end:
            self._at = at
            before = arrived
            while arrived < len(self._arrivals) and self._arrivals[arrived] <= at:
                arrived += 1
            yield from self.wake(at, is_dirty=arrived > before)

    def wake(self, at: int, *, is_dirty: bool = False) -> Iterator[Event]:
        """Decide whatever is due at an instant, or everything; doing it again brings nothing new."""
        for pair, window in zip(self._pairs, self._windows, strict=True):
            yield from pair.wake(at, min(at, window.known_at), is_dirty=is_dirty)

    @property
    def at(self) -> int:
        """How far it has come."""
        return self._at

    def _next(self, arrived: int) -> int:
        due = [pair.next_at for pair in self._pairs]
        due += self._arrivals[arrived : arrived + 1]
        return max(awake(self._run.outages, min(due)), self._at)
