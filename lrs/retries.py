"""How long whoever sends something waits before trying again, and when it gives up."""

from __future__ import annotations

from collections.abc import Callable
from random import SystemRandom

FIRST_BACKOFF = 10.0
LONGEST_BACKOFF = 3600.0
GIVE_UP_AFTER = 72 * 3600

Randomness = Callable[[], float]
system_randomness: Randomness = SystemRandom().random


def backoff(attempts: int, randomness: Randomness) -> float:
    """Seconds to wait after so many attempts: exponential with full jitter, so that retries do not march in step."""
    return randomness() * min(LONGEST_BACKOFF, FIRST_BACKOFF * 2.0 ** min(attempts - 1, 30))
