"""The brake on guessing passwords: each failure makes the next try wait longer, for that name from that address.

Whoever guesses at many names is braked by the address they share.  Behind a proxy, or one router, that is everybody's: so
an address is free for far more failures, forgets them one by one, and does not brake those who signed in from it before.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final, TypeVar

from lrs.clock import SECOND, Clock

FREE: Final = 5
"""Failures that cost nothing: people mistype."""
LONGEST: Final = 15 * 60
FORGET: Final = 60 * 60
FREE_OF_ADDRESS: Final = 30
"""Failures of all names from one address that cost nothing."""
DRAIN: Final = 20
"""Seconds after which one of them is forgotten; so no wait for an address grows beyond half a minute."""
_MOST: Final = 10_000

Who = tuple[str, str]
"""A name and an address."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class _Failures:
    count: float
    latest: int

    def wait(self, free: int, now: int) -> int:
        """Seconds, from now on, which double with each failure that was not free."""
        if self.count < free:
            return 0
        delay = min(LONGEST, 2 ** min(int(self.count) - free + 1, 20))
        left: int = self.latest + delay * SECOND - now
        return max(0, -(-left // SECOND))


class Brake:
    """Failed tries in this process, the oldest forgotten first.  One process is enough: the delay doubles each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[Who, _Failures] = OrderedDict()
        self._addresses: OrderedDict[str, _Failures] = OrderedDict()
        self._known: OrderedDict[Who, None] = OrderedDict()
        self._guard = Lock()

    def admit(self, who: Who) -> int:
        """Seconds until `who` may try; 0 when now, and then it counts as a failure until it `succeeded`.

        It counts before anybody looks at the password: else tries that run at once would all be free.
        """
        with self._guard:
            now, is_known = self._clock.now(), who in self._known
            mine = self._failures.get(who, _Failures(0, now))
            everybodys = self._addresses.get(who[1], _Failures(0, now))
            wait = mine.wait(FREE, now) or (0 if is_known else everybodys.wait(FREE_OF_ADDRESS, now))
            if wait:
                return wait
            is_forgotten = now - mine.latest > FORGET * SECOND
            _put(self._failures, who, _Failures(1 if is_forgotten else mine.count + 1, now))
            if not is_known:
                left = max(0.0, everybodys.count - (now - everybodys.latest) / (DRAIN * SECOND))
                _put(self._addresses, who[1], _Failures(left + 1, now))
            return 0

    def succeeded(self, who: Who) -> None:
        """Forget the failures of `who`, those of the address among them."""
        with self._guard:
            mine, everybodys = self._failures.pop(who, None), self._addresses.get(who[1])
            if mine is not None and everybodys is not None and who not in self._known:
                everybodys.count = max(0.0, everybodys.count - mine.count)
            _put(self._known, who, None)


def _put(remembered: OrderedDict[K, V], key: K, value: V) -> None:
    """As the newest; the oldest is forgotten when there are too many."""
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > _MOST:
        remembered.popitem(last=False)
