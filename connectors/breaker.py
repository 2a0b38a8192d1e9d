"""A circuit breaker for each system: a dead LMS must not eat the lane that serves the living ones.

It lives in memory, so each process finds out for itself and a restart asks again; what waits is in the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrs.clock import SECOND, Clock

OPENS_AFTER = 5
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 600.0
LONGEST_REQUESTED = 3600.0


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    pauses: int = 0
    paused_until: int = 0


class Breaker:
    """Pauses a system after five failures in a row, longer each time, and then tries it with one delivery."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._circuits: dict[str, _Circuit] = {}

    def allowance(self, system: str, most: int) -> int:
        """How many deliveries may be tried now: none while paused, one after a pause, else as many as you like."""
        circuit = self._of(system)
        if self._clock.now() < circuit.paused_until:
            return 0
        return 1 if circuit.failures >= OPENS_AFTER else most

    def paused_until(self, system: str) -> int:
        """The instant before which nothing is tried; in the past when it is not paused."""
        return self._of(system).paused_until

    def answered(self, system: str) -> None:
        """The system is there, whatever it said."""
        self._circuits.pop(system, None)

    def failed(self, system: str, retry_after: float | None) -> None:
        """The system is not to be used now; when it said until when, that is kept to at once."""
        circuit = self._of(system)
        circuit.failures += 1
        pause = min(retry_after or 0.0, LONGEST_REQUESTED)
        if circuit.failures >= OPENS_AFTER:
            pause = max(pause, min(FIRST_PAUSE * 2**circuit.pauses, LONGEST_PAUSE))
            circuit.pauses = min(circuit.pauses + 1, 16)
        if pause:
            circuit.paused_until = self._clock.now() + round(pause * SECOND)

    def _of(self, system: str) -> _Circuit:
        return self._circuits.setdefault(system, _Circuit())
