"""Who writes when: one transaction at a time where the database can do no more, and many requests in one.

Both run in the threads of those who ask, or in their event loop.  A thread of its own for writing would cost each request
two more changes of threads, which in Python are dearer than the commit.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from itertools import accumulate
from typing import Generic, TypeVar

from lrs.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


def stopping() -> Unavailable:
    """What is said to those who come too late."""
    return Unavailable("the server is stopping", hint="nothing was stored; try again")


class Priority(IntEnum):
    """Who goes first when several want to write."""

    INTAKE = 0
    DECISION = 1
    READ_MODEL = 2


class Turns:
    """A lock that goes to the most urgent of those who wait for it, and among equals to the first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._taken = False
        self._closed = False
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)

    @contextmanager
    def take(self, priority: Priority) -> Iterator[None]:
        """Wait for a turn and have it.  Raises Unavailable once the turns are closed."""
        gate = threading.Lock()
        gate.acquire()
        mine = self._ask(priority, gate.release)
        if mine is not None:
            try:
                gate.acquire()
            except BaseException:
                self._give_up(mine)
                raise
        try:
            yield
        finally:
            self.give_back()

    def ask(self, priority: Priority, granted: Callable[[], object]) -> bool:
        """Have a turn at once, or be told when it has come; `give_back` ends it.  For those who cannot wait.

        granted: called in the thread of whoever had the turn before.  Raises Unavailable once the turns are closed.
        """
        return self._ask(priority, granted) is None

    def give_back(self) -> None:
        """End a turn; it goes to the next one."""
        with self._idle:
            granted = heapq.heappop(self._waiting)[2] if self._waiting else None
            if granted is None:
                self._taken = False
                self._idle.notify_all()
        if granted is not None:
            granted()

    @property
    def waiting(self) -> int:
        """How many wait for a turn."""
        return len(self._waiting)

    def close(self) -> None:
        """Let everybody who came in time have a turn; then there are no more."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: not self._taken)

    def _ask(self, priority: Priority, granted: Callable[[], object]) -> tuple[int, int, Callable[[], object]] | None:
        """Where one waits now; None when the turn is taken."""
        with self._guard:
            if self._closed:
                raise stopping()
            if not self._taken:
                self._taken = True
                return None
            mine = (priority, next(self._order), granted)
            heapq.heappush(self._waiting, mine)
            return mine

    def _give_up(self, mine: tuple[int, int, Callable[[], object]]) -> None:
        """Somebody interrupted whoever waited; the turn may have come in the same moment."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                heapq.heapify(self._waiting)
                return
        self.give_back()


class _Entry(Generic[T, R]):
    """A request that waits for its answer, or to lead the next group."""

    __slots__ = ("error", "gate", "leads", "request", "result")

    def __init__(self, request: T) -> None:
        self.request = request
        self.result: R | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def answer(self, result: R | BaseException) -> None:
        if isinstance(result, BaseException):
            self.error = result
        else:
            self.result = result
        self.gate.release()


class Grouper(Generic[T, R]):
    """Group commit: requests that arrive while one transaction runs share the next one.

    `commit` gets the requests of a group and answers one result or error for each; see `each_of` for when it fails.

    The first request of a group commits it for all of them, then lets the first of those who came meanwhile do the same.
    A group has at most `most` requests, which together weigh at most `heaviest`; a heavier request goes alone.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        most: int = 256,
        weigh: Callable[[T], int] = lambda _: 1,
        heaviest: int = 5_000,
    ) -> None:
        self._commit = commit
        self._most = most
        self._weigh, self._heaviest = weigh, heaviest
        self._waiting: list[_Entry[T, R]] = []
        self._led = False
        self.is_closed = False
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)

    @property
    def waiting(self) -> int:
        """How many wait for the next group."""
        return len(self._waiting)

    def submit(self, request: T) -> R:
        """Wait until the request is committed.  Raises what went wrong with it."""
        mine: _Entry[T, R] = _Entry(request)
        with self._guard:
            if self.is_closed:
                raise stopping()
            self._waiting.append(mine)
            mine.leads = not self._led
            self._led = True
        if not mine.leads:
            mine.gate.acquire()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.result  # type: ignore[return-value] # it is answered, with a result or an error

    def close(self) -> None:
        """Finish what was accepted."""
        with self._idle:
            self.is_closed = True
            self._idle.wait_for(lambda: not self._led)

    def _lead(self) -> None:
        with self._guard:
            size = fitting((self._weigh(entry.request) for entry in self._waiting), self._most, self._heaviest)
            group, self._waiting = self._waiting[:size], self._waiting[size:]
        try:
            self._answer(group)
        finally:
            self._hand_over()

    def _hand_over(self) -> None:
        with self._idle:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].gate.release()
            else:
                self._led = False
                self._idle.notify_all()

    def _answer(self, group: Sequence[_Entry[T, R]]) -> None:
        for entry, result in zip(group, each_of(self._commit, [entry.request for entry in group]), strict=True):
            entry.answer(result)


def fitting(weights: Iterable[int], most: int, heaviest: int) -> int:
    """How many of those that wait go together: the first one always, at most `most`, together at most `heaviest`."""
    size = 0
    for weight in accumulate(weights):
        if size == most or (size and weight > heaviest):
            break
        size += 1
    return size


def each_of(
    commit: Callable[[Sequence[T]], Sequence[R | Exception]], requests: Sequence[T]
) -> Sequence[R | BaseException]:
    """Commit requests together, or one by one when that fails as a whole; what became of each.

    So one poisonous request cannot take its neighbours down; unless the database is away, which every single try would
    find out anew, as slowly as a connection fails.
    """
    try:
        return commit(requests)
    except BaseException as error:  # noqa: BLE001 - handed to whoever asked
        if len(requests) == 1 or isinstance(error, Unavailable):
            return [error] * len(requests)
    return [result for one in requests for result in each_of(commit, [one])]
