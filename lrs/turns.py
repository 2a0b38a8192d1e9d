"""Who writes when: one transaction at a time where the database can do no more, and many requests in one.

Both run in the threads of those who ask.  A thread of its own for writing would cost each request two more changes of
threads, which in Python are dearer than the commit.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Generic, TypeVar

from lrs.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_STOPPING = "the server is stopping"


class Priority(IntEnum):
    """Who goes first when several want to write."""

    INTAKE = 0
    DECISION = 1
    READ_MODEL = 2


class Turns:
    """A lock that goes to the most urgent of those who wait for it, and among equals to the first."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, threading.Lock]] = []
        self._order = itertools.count()
        self._taken = False
        self._closed = False
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)

    @contextmanager
    def take(self, priority: Priority) -> Iterator[None]:
        """Wait for a turn and have it.  Raises Unavailable once the turns are closed."""
        self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    def close(self) -> None:
        """Let everybody who came in time have a turn; then there are no more."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: not self._taken)

    def _enter(self, priority: Priority) -> None:
        with self._guard:
            if self._closed:
                raise Unavailable(_STOPPING, hint="nothing was stored; try again")
            if not self._taken:
                self._taken = True
                return
            mine = (priority, next(self._order), threading.Lock())
            mine[2].acquire()
            heapq.heappush(self._waiting, mine)
        try:
            mine[2].acquire()
        except BaseException:
            self._give_up(mine)
            raise

    def _give_up(self, mine: tuple[int, int, threading.Lock]) -> None:
        """Somebody interrupted whoever waited; the turn may have come in the same moment."""
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                heapq.heapify(self._waiting)
                return
        self._leave()

    def _leave(self) -> None:
        with self._idle:
            if self._waiting:
                heapq.heappop(self._waiting)[2].release()
            else:
                self._taken = False
                self._idle.notify_all()


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

    def answer(self, result: R | Exception) -> None:
        if isinstance(result, Exception):
            self.fail(result)
        else:
            self.result = result
            self.gate.release()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.gate.release()


class Grouper(Generic[T, R]):
    """Group commit: requests that arrive while one transaction runs share the next one.

    `commit` gets the requests of a group and answers one result or error for each.  When it fails as a whole the group
    is tried again request by request, so that one poisonous request cannot take its neighbours down; unless the database
    is away, which every single try would find out anew, as slowly as a connection fails.

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
        self._closed = False
        self._guard = threading.Lock()
        self._idle = threading.Condition(self._guard)

    def submit(self, request: T) -> R:
        """Wait until the request is committed.  Raises what went wrong with it."""
        mine: _Entry[T, R] = _Entry(request)
        with self._guard:
            if self._closed:
                raise Unavailable(_STOPPING, hint="nothing was stored; try again")
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
            self._closed = True
            self._idle.wait_for(lambda: not self._led)

    def _lead(self) -> None:
        with self._guard:
            size = self._size()
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

    def _size(self) -> int:
        """How many of those that wait go together: the first one always."""
        weight = 0
        for size, entry in enumerate(self._waiting[: self._most]):
            weight += self._weigh(entry.request)
            if size and weight > self._heaviest:
                return size
        return min(len(self._waiting), self._most)

    def _answer(self, group: Sequence[_Entry[T, R]]) -> None:
        try:
            results = self._commit([entry.request for entry in group])
        except BaseException as error:  # noqa: BLE001 - handed to the one caller, or tried one by one
            if len(group) == 1 or isinstance(error, Unavailable):
                for entry in group:
                    entry.fail(error)
                return
            for entry in group:
                self._answer([entry])
            return
        for entry, result in zip(group, results, strict=True):
            entry.answer(result)
