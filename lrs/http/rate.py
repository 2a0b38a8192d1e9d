"""How fast one key may ask: a bucket of tokens for each, in this process (S-59).

A bucket holds two seconds' worth, so a sender may burst; what it holds is never taken back by a clock that steps.
"""

from __future__ import annotations

from collections import OrderedDict
from math import ceil
from threading import Lock
from typing import Final

from lrs.clock import SECOND, Clock
from lrs.errors import TooManyRequests

BURST: Final = 2
_MOST: Final = 10_000
"""Keys remembered at once; the one that was silent longest is forgotten, with a full bucket."""


class Rate:
    """The buckets of one process.  requests_per_second: None lets everybody through."""

    def __init__(self, clock: Clock, requests_per_second: float | None) -> None:
        self._clock = clock
        self._rate = requests_per_second
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._guard = Lock()

    def take(self, key: str) -> None:
        """Count one request.  Raises TooManyRequests, which says when to come back."""
        if self._rate is None:
            return
        most, now = max(1.0, BURST * self._rate), self._clock.now()
        with self._guard:
            tokens, before = self._buckets.pop(key, (most, now))
            tokens = min(most, tokens + max(0, now - before) * self._rate / SECOND)
            is_free = tokens >= 1
            self._buckets[key] = (tokens - 1 if is_free else tokens, now)
            if len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        if not is_free:
            raise TooManyRequests(
                f"this key may ask {self._rate:g} times a second",
                retry_after=max(1, ceil((1 - tokens) / self._rate)),
                hint="wait as long as Retry-After says, and send statements in batches",
                rule="S-59",
            )
