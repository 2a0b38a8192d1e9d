"""The database of one process: a pool for reading, one place for writing.

`read` is a short read-only transaction.  `write` runs a function in one transaction and commits it; on SQLite that
happens in the writer thread, in order of priority, so that intake never waits behind a read-model.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from lrs.clock import Clock, SystemClock
from lrs.dialects import dialect_of
from lrs.errors import Unavailable
from lrs.logs import get_logger

T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K")

log = get_logger(__name__)

_IN = 500


class Priority(IntEnum):
    """Who goes first when several want to write."""

    INTAKE = 0
    DECISION = 1
    READ_MODEL = 2


class Database:
    """One process's connections.  Open it after any fork, never before."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.dialect, self.url = dialect_of(url)
        self._clock = clock
        self.reading, self.writing = self.dialect.engines(self.url)
        self._turns: Turns | None = Turns(self._transact) if self.dialect.serial_writes else None
        self._watermark = 0
        self._guard = threading.Lock()

    @property
    def now(self) -> int | None:
        """The clock's reading where one was injected; None lets the database use its own."""
        return None if isinstance(self._clock, SystemClock) else self._clock.now()

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Connection]:
        """A read-only connection; with `snapshot` every statement in it sees the same instant."""
        options: dict[str, Any] = {}
        if self.dialect.name == "postgresql":
            options = {"postgresql_readonly": True}
            if snapshot:
                options["isolation_level"] = "REPEATABLE READ"
        with _explained(), self.reading.connect() as conn:
            if options:
                conn = conn.execution_options(**options)  # noqa: PLW2901 - the same connection, told more
            yield conn

    def write(self, work: Callable[[Connection], T], *, priority: Priority = Priority.DECISION) -> T:
        """Run `work` in one transaction and commit.  Raises what `work` raises, with nothing kept."""
        if self._turns is not None:
            return self._turns.take(work, priority)
        return self._transact(work)

    def number(self, conn: Connection, count: int) -> int:
        """Take `count` feed numbers inside a write; returns the first.  Take them last: others wait until the commit."""
        self.dialect.lock(conn)
        first = self.dialect.next_seq(conn, self.now)
        self.dialect.advance(conn, first + count - 1)
        return first

    def watermark(self) -> int:
        """Consistent-Through in microseconds; the last certain one when the database does not answer."""
        try:
            found = self.dialect.watermark(self.writing, self.now)
        except (DBAPIError, PoolExhausted) as error:
            log.warning("watermark unavailable", error=str(getattr(error, "orig", error)))
            found = 0
        with self._guard:  # what one thread answered another must not take back
            self._watermark = max(self._watermark, found)
            return self._watermark

    def close(self) -> None:
        """Finish what was accepted, then let go of every connection."""
        if self._turns is not None:
            self._turns.close()
        self.reading.dispose()
        self.writing.dispose()

    def _transact(self, work: Callable[[Connection], T]) -> T:
        with _explained(), self.writing.begin() as conn:
            return work(conn)


def by_tenant(keys: Iterable[tuple[int, K]]) -> Iterator[tuple[int, list[K]]]:
    """Keys of one tenant at a time, in lists short enough for one IN."""
    grouped: dict[int, list[K]] = {}
    for tenant_id, key in keys:
        grouped.setdefault(tenant_id, []).append(key)
    for tenant_id, mine in grouped.items():
        for start in range(0, len(mine), _IN):
            yield tenant_id, mine[start : start + _IN]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(
            f"the database does not answer: {error.orig}",
            hint="nothing was stored; try again, or check database.url and that its server runs",
        ) from error
    except PoolExhausted as error:
        raise Unavailable("every connection to the database is in use", hint="try again") from error


class Turns:
    """One thread that runs writing functions one after the other, the most urgent first."""

    def __init__(self, transact: Callable[[Callable[[Connection], Any]], Any]) -> None:
        self._transact = transact
        self._heap: list[tuple[int, int, Callable[[Connection], Any], Future[Any]]] = []
        self._order = itertools.count()
        self._ready = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="prowess-writer", daemon=True)
        self._thread.start()

    def take(self, work: Callable[[Connection], T], priority: Priority) -> T:
        future: Future[T] = Future()
        with self._ready:
            if self._closed:
                raise Unavailable("the server is stopping", hint="nothing was stored; try again")
            heapq.heappush(self._heap, (priority, next(self._order), work, future))
            self._ready.notify()
        return future.result()

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._heap and not self._closed:
                    self._ready.wait()
                if not self._heap:
                    return
                _, _, work, future = heapq.heappop(self._heap)
            try:
                future.set_result(self._transact(work))
            except BaseException as error:  # noqa: BLE001 - the caller gets it
                future.set_exception(error)


class Grouper(Generic[T, R]):
    """Group commit: requests that arrive while one transaction runs share the next one.

    `commit` gets the requests of a group and answers one result or error for each.  When it fails as a whole the group
    is tried again request by request, so that one poisonous request cannot take its neighbours down; unless the database
    is away, which every single try would find out anew, as slowly as a connection fails.

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
        self._waiting: list[tuple[T, Future[R]]] = []
        self._ready = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="prowess-intake", daemon=True)
        self._thread.start()

    def submit(self, request: T) -> R:
        """Wait until the request is committed.  Raises what went wrong with it."""
        future: Future[R] = Future()
        with self._ready:
            if self._closed:
                raise Unavailable("the server is stopping", hint="nothing was stored; try again")
            self._waiting.append((request, future))
            self._ready.notify()
        return future.result()

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._ready.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._waiting and not self._closed:
                    self._ready.wait()
                if not self._waiting:
                    return
                size = self._size()
                group, self._waiting = self._waiting[:size], self._waiting[size:]
            self._answer(group)

    def _size(self) -> int:
        """How many of those that wait go together: the first one always."""
        weight = 0
        for size, (request, _) in enumerate(self._waiting[: self._most]):
            weight += self._weigh(request)
            if size and weight > self._heaviest:
                return size
        return min(len(self._waiting), self._most)

    def _answer(self, group: list[tuple[T, Future[R]]]) -> None:
        try:
            results = self._commit([request for request, _ in group])
        except BaseException as error:  # noqa: BLE001 - handed to the one caller, or tried one by one
            if len(group) == 1 or isinstance(error, Unavailable):
                for _, future in group:
                    future.set_exception(error)
                return
            for pair in group:
                self._answer([pair])
            return
        for (_, future), result in zip(group, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
