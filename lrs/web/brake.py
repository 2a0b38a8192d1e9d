"""The brake on guessing passwords: each failure makes the next try wait longer, for that name from that address."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from lrs.clock import SECOND, Clock

FREE: Final = 5
"""Failures that cost nothing: people mistype."""
LONGEST: Final = 15 * 60
FORGET: Final = 60 * 60
_MOST: Final = 10_000

Who = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int
    latest: int


class Brake:
    """Failed tries in this process, the oldest forgotten first.  One process is enough: the delay doubles each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[Who, _Failures] = OrderedDict()
        self._guard = Lock()

    def wait(self, who: Who) -> int:
        """Seconds until `who` may try again, 0 when at once."""
        with self._guard:
            failures = self._failures.get(who)
            if failures is None or failures.count < FREE:
                return 0
            delay = min(LONGEST, 2 ** min(failures.count - FREE + 1, 20))
            left: int = failures.latest + delay * SECOND - self._clock.now()
            return max(0, -(-left // SECOND))

    def failed(self, who: Who) -> None:
        now = self._clock.now()
        with self._guard:
            before = self._failures.pop(who, None)
            count = 1 if before is None or now - before.latest > FORGET * SECOND else before.count + 1
            self._failures[who] = _Failures(count, now)
            while len(self._failures) > _MOST:
                self._failures.popitem(last=False)

    def succeeded(self, who: Who) -> None:
        with self._guard:
            self._failures.pop(who, None)
