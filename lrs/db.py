"""The database of one process: a pool for reading, one place for writing.

`read` is a short read-only transaction.  `write` runs a function in one transaction and commits it; on SQLite one at a
time, in order of priority, so that intake never waits behind a read-model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from lrs.clock import Clock, SystemClock
from lrs.dialects.choice import dialect_of
from lrs.dialects.troubles import is_refusal
from lrs.errors import Unavailable
from lrs.failpoints import AFTER_COMMIT, BEFORE_COMMIT, reach
from lrs.logs import get_logger
from lrs.turns import Priority, Turns

T = TypeVar("T")
K = TypeVar("K")

log = get_logger(__name__)

_IN = 500


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to stay."""


class Database:
    """One process's connections.  Open it after any fork, never before."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.dialect, self.url = dialect_of(url)
        self._clock = clock
        self.reading, self.writing = self.dialect.engines(self.url)
        self._turns: Turns | None = Turns() if self.dialect.serial_writes else None
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
        if self._turns is None:
            return self._transact(work)
        with self._turns.take(priority):
            return self._transact(work)

    def tried(self, work: Callable[[Connection], T]) -> T:
        """What `work` comes to in one transaction that is then taken back; others wait meanwhile.  Raises what `work` raises."""
        found: list[T] = []

        def trial(conn: Connection) -> None:
            found.append(work(conn))
            raise _TakenBack

        with suppress(_TakenBack):
            self.write(trial)
        return found[0]

    @property
    def waiting(self) -> int:
        """How many transactions wait for their turn; 0 where they need none."""
        return self._turns.waiting if self._turns is not None else 0

    def ask(self, granted: Callable[[], object]) -> bool:
        """For an event loop, which cannot wait: have the turn for intake now, or be told when it has come.

        `write_at_once` may be called in it, then `give_back`.  Raises Unavailable once the database is closed.
        """
        assert self._turns is not None
        return self._turns.ask(Priority.INTAKE, granted)

    def give_back(self) -> None:
        """End the turn that `ask` gave."""
        assert self._turns is not None
        self._turns.give_back()

    def write_at_once(self, work: Callable[[Connection], T]) -> T:
        """As `write`, in a turn that `ask` gave.  Raises Unavailable when another process is writing."""
        return self._transact(work, self.dialect.begun_at_once)

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """One transaction that changes tables; it waits for whoever does so already, however long that takes."""
        with _explained(), self.writing.connect() as conn:
            self.dialect.be_patient(conn)
            try:
                with conn.begin():
                    yield conn
            finally:
                conn.invalidate()

    def number(self, conn: Connection, count: int) -> int:
        """Take `count` feed numbers inside a write; returns the first.  Take them last: others wait until the commit."""
        return self.numbered(conn, count)[0]

    def numbered(self, conn: Connection, count: int) -> tuple[int, int]:
        """As `number`, with the fact that somebody was erased last, or 0."""
        self.dialect.lock(conn)
        first, erased = self.dialect.next_seq(conn, self.now)
        self.dialect.advance(conn, first + count - 1)
        return first, erased

    def learn(self, seq: int) -> None:
        """Take in a number that this process has committed: what came before it was visible before it."""
        with self._guard:
            self._watermark = max(self._watermark, seq)

    def promised(self) -> int:
        """A Consistent-Through that is true and may be a little old, without asking the database where one is known."""
        return self._watermark or self.watermark()

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

    def is_alone(self) -> bool:
        """Whether no other process has this database open; connections of this one are let go."""
        self.reading.dispose()
        self.writing.dispose()
        return self.dialect.is_alone(self.writing)

    def close(self) -> None:
        """Finish what was accepted, then let go of every connection."""
        if self._turns is not None:
            self._turns.close()
        self.reading.dispose()
        self.writing.dispose()

    def _transact(
        self,
        work: Callable[[Connection], T],
        begun: Callable[[Engine], AbstractContextManager[Connection]] = Engine.begin,
    ) -> T:
        with _explained(), begun(self.writing) as conn:
            done = work(conn)
            reach(BEFORE_COMMIT)
        reach(AFTER_COMMIT)
        return done


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
    except DBAPIError as error:
        if is_refusal(error):
            hint = "try again, statements under the same ids: none is stored twice"
            raise Unavailable("the database does not answer", why=str(error.orig), hint=hint) from error
        if type(error) is DatabaseError:
            raise Unavailable("the database is damaged", why=str(error.orig)) from error
        raise
    except PoolExhausted as error:
        raise Unavailable("every connection to the database is in use", hint="try again") from error
