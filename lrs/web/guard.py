"""Who may have a password looked at, and when: a few at a time in this process, and whoever guesses waits (`lrs.web.brake`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

from lrs.web.accounts import AT_ONCE
from lrs.web.brake import Brake

_IN_HAND: Final = 2 * AT_ONCE
"""Passwords that are looked at, or wait for it in a thread: the more there are, the fewer threads answer anything else."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, which counts as a failure until it `succeed`s.  wait: seconds until it may be made, and why; 0: now."""

    wait: int
    why: str
    succeed: Callable[[], None]


class Guard:
    """One brake and one gate for every page that takes passwords.  threads: of the server; at most half look at passwords."""

    def __init__(self, brake: Brake, threads: int) -> None:
        self._brake = brake
        self._gate = BoundedSemaphore(max(1, min(_IN_HAND, threads // 2)))

    @contextmanager
    def attempt(self, username: str, address: str) -> Iterator[Attempt]:
        """A try at the password of a name, from an address."""
        who = (username.strip().lower()[:120], address)
        if not self._gate.acquire(blocking=False):
            yield Attempt(1, "Many people are signing in at this moment.", _nothing)
            return
        try:
            yield Attempt(self._brake.admit(who), "Too many tries.", lambda: self._brake.succeeded(who))
        finally:
            self._gate.release()


def wait_in_words(seconds: int) -> str:
    """How long somebody has to wait."""
    if seconds < 90:
        return f"{seconds} seconds" if seconds != 1 else "a second"
    return f"{round(seconds / 60)} minutes"


def _nothing() -> None:
    """There was no try."""
