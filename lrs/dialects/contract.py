"""What a database has to be able to do.

The contract is about the sequencer (data-model 1): the one place where the order of everything is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import URL, Connection, Engine, Table

COMPILED_QUERIES = 100
"""Each kept query takes some 150 KB, and searches come in hundreds of shapes."""


class Among(NamedTuple):
    """A query for rows of a tenant that have one of many keys: `SELECT columns FROM source WHERE tenant = … AND key = … rest`.

    It bypasses SQLAlchemy, which takes longer to put such a query together than the database to answer it.
    rare: most tenants have no row at all; where look-ups go key by key that is asked first.
    """

    columns: str
    source: str
    tenant: str
    key: str
    rest: str = ""
    rare: bool = False


class Dialect(Protocol):
    """One database's way of keeping order."""

    name: str
    serial_writes: bool
    """True where only one transaction can write at a time, in this process, so that writers take turns."""
    can_look_up: bool
    """Whether a query may say that something is to be looked up for each row by itself (SQL's LATERAL)."""

    def engines(self, url: URL) -> tuple[Engine, Engine]:
        """Engines for reading and for writing; the same one where the database does not care."""
        ...

    def begun_at_once(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A writing transaction that begins now or not at all.

        Raises sqlalchemy.exc.OperationalError where writes are serial and another process is writing.
        """
        ...

    def insert(self, table: Table) -> Any:
        """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        ...

    def place_in(self, column: Any, part: bytes) -> Any:
        """Where some bytes stand in those of a column, from 1; 0 where they do not."""
        ...

    def write_over(self, conn: Connection) -> None:
        """From now on what this connection deletes or changes is written over where it stood, if the database can do that."""
        ...

    def clear(self, engine: Engine, *, whole: bool = True) -> str | None:
        """Leave nothing, in files that only the database should read, of what was deleted or written over.

        whole: also of what was so before anybody said `write_over`; other writers wait for as long as a copy of all takes.
        Returns what was in the way, in words, with what to do; None when nothing was.
        """
        ...

    def append(
        self, conn: Connection, appended: Iterable[tuple[Table, Sequence[tuple[Any, ...]]]], *, anew: bool = True
    ) -> None:
        """Insert rows that are given as values of all columns in their order, as fast as the driver can.

        anew: False where some may be there already and stay as they are.  Raises sqlalchemy.exc.DBAPIError.
        """
        ...

    def among(self, conn: Connection, query: Among, tenant_id: int, keys: Collection[bytes]) -> list[tuple[Any, ...]]:
        """The rows of a query for any of many keys.  Raises sqlalchemy.exc.DBAPIError."""
        ...

    def in_order(self, conn: Connection) -> bool:
        """Until the end of the transaction walk along an index rather than sort: a page is asked for, not the whole set.

        Returns whether the planner knows the index, so that it may choose how two keys are brought together.
        """
        ...

    def along_indexes(self, conn: Connection) -> None:
        """Until the end of the transaction never read a whole table: for walks whose length no planner can guess."""
        ...

    def lock(self, conn: Connection) -> None:
        """Take the sequencer: from here to the commit nobody else numbers anything."""
        ...

    def lock_key(self, conn: Connection, key: bytes) -> None:
        """Be the only transaction that has locked this key, 8 bytes or more, until the end; before `lock`, never after."""
        ...

    def next_seq(self, conn: Connection, now: int | None) -> tuple[int, int]:
        """The lowest number that may be given next, and the fact that somebody was erased last, or 0.  Needs the lock.

        `now` overrides the database's clock.  Both in one question: most stores have erased nobody, and none of their
        commits pays for finding that out.
        """
        ...

    def advance(self, conn: Connection, last: int) -> None:
        """Note the last number given.  Needs the lock."""
        ...

    def watermark(self, engine: Engine, now: int | None) -> int:
        """An instant before or at which nothing can appear any more (Consistent-Through).

        Raises sqlalchemy.exc.OperationalError when the database does not answer.
        """
        ...

    def catch_up(self, conn: Connection, tables: Sequence[Table]) -> None:
        """Have everything that counts go on behind the rows that were put into these tables with their numbers."""
        ...

    def analyze(self, conn: Connection, tables: Sequence[Table]) -> None:
        """Let the planner know about many new rows now, where it would otherwise guess for a minute."""
        ...

    def exclude(self, conn: Connection, table: Table) -> None:
        """Until the commit nobody else changes this table: for writes that depend on what they read there."""
        ...

    def be_patient(self, conn: Connection) -> None:
        """Before a transaction: from now on this connection waits for whoever writes as long as that takes."""
        ...

    def require_fit(self, conn: Connection) -> None:
        """Raises ConfigError when a database without our tables cannot hold what they are for."""
        ...

    def is_overheard(self, conn: Connection) -> bool:
        """Whether what is said on this connection goes over a network as it is."""
        ...

    def size(self, conn: Connection) -> int:
        """Bytes that the database takes."""
        ...

    def is_alone(self, engine: Engine) -> bool:
        """Whether nobody else of us has the database open; needs an engine without connections."""
        ...

    def shed(self, conn: Connection) -> None:
        """Let go of the memory in which this connection remembers what it read and wrote: large data is read once."""
        ...

    def claim_suffix(self) -> dict[str, Any]:
        """Arguments of `with_for_update` that let several workers claim different rows."""
        ...
