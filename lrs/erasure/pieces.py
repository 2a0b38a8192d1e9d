"""An erasure piece by piece: each is a short write of a bounded number of rows, found beside other writers.

First everything that statements say, while the register still knows the person and both their old and their new identifiers
are theirs, so that whatever is decided meanwhile is decided as before; then the turn, in which the person becomes the
pseudonym (`lrs.erasure.turn`); then what is left in other tables.  Whoever stops between two pieces leaves a store in which
another goes on; two who go on at once only look at some rows twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, insert, or_

from lrs.batches import batches
from lrs.erasure import under_way
from lrs.erasure.policies import Key, Policy
from lrs.erasure.statements import move_postings
from lrs.erasure.turn import forget_seal, list_more, policies_of, raise_fences, turn
from lrs.erasure.under_way import UnderWay
from lrs.erasure.whom import widened
from lrs.errors import Unavailable
from lrs.failpoints import reach
from lrs.people.changes import ERASED
from lrs.store import audit, canon, chain
from lrs.store import tables as t
from lrs.turns import Priority
from lrs.xapi.canonical import Key as Subject
from lrs.xapi.postings import posting_key

if TYPE_CHECKING:
    from lrs.prowess import Prowess

T = TypeVar("T")

STATEMENTS: Final = 12
"""Of a statement the bytes, the hash, some ten keys and its evidence are written: 3 to 8 ms each on a small machine."""
ROWS: Final = 100
"""Of other tables."""
_ATTEMPTS: Final = 5
_LONGEST_PAUSE: Final = 0.2


class Step(NamedTuple):
    """What has been done.  table: where.  done, of: how many of the rows that were found there have been looked at."""

    table: str
    done: int
    of: int


class _Over(Exception):
    """Another process has ended this erasure."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The rest of an erasure.  tell: is told of each piece."""

    prowess: Prowess
    tenant_id: int
    name: str
    tell: Callable[[Step], None]

    def run(self) -> UnderWay | None:
        """Do what is left; returns the erasure as it ended, or None where another process ended it."""
        try:
            self._widen()
            while (over := self._all()) is None:
                pass
        except _Over:
            return None
        return over

    def _all(self) -> UnderWay | None:
        if self._now().turned_at is None:
            self._table(*self._policy(t.body))
            self._fold()
            self._piece(lambda conn, now: turn(self.prowess, conn, now), "turn")
        for table, policy in policies_of(self.prowess):
            if table is not t.body:
                self._table(table, policy)
        while self.prowess.attachments.collect():
            pass
        return self._end()

    def _table(self, table: Table, policy: Policy) -> None:
        """Until nothing is found that changes, or what is found was found before."""
        before: list[Key] = []
        while (rows := self._found(table, policy)) is None or rows != before:
            if rows is None:
                self._execute(table, policy, [], 0, 0)
                return
            before = rows
            size, changed, done = STATEMENTS if table is t.body else ROWS, 0, 0
            for some in batches(rows, size):
                done += len(some)
                changed += self._execute(table, policy, some, done, len(rows))
            if not changed or table is t.body:  # no statement comes in any more that names them
                return

    def _found(self, table: Table, policy: Policy) -> list[Key] | None:
        with self.prowess.database.read(snapshot=True) as conn:
            return policy.rows(self._now().who.erasing(self.prowess, conn), table)

    def _execute(self, table: Table, policy: Policy, some: Sequence[Key], done: int, of: int) -> int:
        among = {table.name: rows_of(table, some)} if some else {}
        if some and not self._would_change(table, policy, among):
            return 0  # nobody has to wait for that

        def work(conn: Connection, now: UnderWay) -> UnderWay:
            erasing = now.who.erasing(self.prowess, conn, among)
            if table is t.body:
                raise_fences(self.prowess, conn, upto=max(seq for (seq,) in some))
            before = chain.said(conn, self.tenant_id, [id_ for (id_,) in some]) if table is t.audit else {}
            rows = {table.name: policy.execute(erasing, table)}
            if erasing.statements:
                for other, follows in policies_of(self.prowess):
                    rows[other.name] = rows.get(other.name, 0) + follows.follow(erasing, other)
            if changed := chain.rewritten(conn, self.tenant_id, before):
                told = {chain.REWRITTEN: changed}
                audit.record(conn, chain.ERASES, self.name, told, at=erasing.now, tenant_id=self.tenant_id)
            return now.with_rows(rows, erasing.said)

        before, after = self._piece(work, table.name)
        self.tell(Step(table.name, done, of))
        return after.done.get(table.name, 0) - before.done.get(table.name, 0)

    def _would_change(self, table: Table, policy: Policy, among: Mapping[str, ColumnElement[bool]]) -> bool:
        with self.prowess.database.read(snapshot=True) as conn:
            rehearsed = self._now().who.erasing(self.prowess, conn, among, is_rehearsal=True)
            return policy.execute(rehearsed, table) > 0

    def _fold(self) -> None:
        """Documents of which statements say something else: from all statements, the most of it before others wait."""
        for key in sorted(self._now().said):
            with self.prowess.database.read(snapshot=True) as conn:
                fold = canon.Fold(self.tenant_id, key)
                fold.read(conn)

            def work(conn: Connection, now: UnderWay, fold: canon.Fold = fold, key: Subject = key) -> UnderWay:
                raise_fences(self.prowess, conn)
                fold.read(conn)
                here = (t.canonical.c.tenant_id == self.tenant_id) & (t.canonical.c.key == posting_key(*key))
                gone = conn.execute(delete(t.canonical).where(here)).rowcount
                if gone and (rows := fold.rows()):
                    conn.execute(insert(t.canonical), rows)
                return now.with_rows({t.canonical.name: gone}).without_said(key)

            self._piece(work, t.canonical.name)

    def _widen(self) -> None:
        """Accounts and spellings of theirs that came in before the door was closed and after they were looked for."""
        while self._now().turned_at is None:
            with self.prowess.database.read(snapshot=True) as conn:
                more = widened(self.prowess, conn, self._now().who)
            if more is None:
                return
            self._piece(lambda conn, now, more=more: list_more(self.prowess, conn, now, more), "list")  # type: ignore[misc]

    def _end(self) -> UnderWay | None:
        """None where a key of theirs is left: of bytes that nobody can read, or passed on meanwhile to what refers to them."""
        done: list[UnderWay] = []

        def work(conn: Connection, now: UnderWay) -> UnderWay:
            raise_fences(self.prowess, conn)
            self.prowess.database.dialect.lock(conn)
            erasing = now.who.erasing(self.prowess, conn)
            if move_postings(erasing, ROWS):
                return now
            now = now.with_rows({table.name: one.end(erasing, table) for table, one in policies_of(self.prowess)})
            forget_seal(conn)
            seq = self.prowess.feed.record(conn, self.tenant_id, ERASED, [self.name])
            told = {name: rows for name, rows in now.done.items() if rows}
            audit.record(conn, chain.ERASES, self.name, told, at=seq, tenant_id=self.tenant_id)
            under_way.end(conn, now)
            done.append(now)
            return now

        self._piece(work, "end")
        return done[-1] if done else None

    def _piece(self, work: Callable[[Connection, UnderWay], UnderWay], failpoint: str) -> tuple[UnderWay, UnderWay]:
        """One write, and a pause as long as that, for others to come to their turn."""

        def commit(conn: Connection) -> tuple[UnderWay, UnderWay]:
            self.prowess.database.dialect.write_over(conn)
            before = under_way.find(conn, self.tenant_id, self.name, to_change=True)
            if before is None:
                raise _Over
            after = work(conn, before)
            under_way.keep(conn, before, after)
            return before, after

        began = time.monotonic()
        done = repeated(lambda: self.prowess.database.write(commit, priority=Priority.READ_MODEL))
        reach(f"lrs.erasure.{failpoint}")
        time.sleep(min(time.monotonic() - began, _LONGEST_PAUSE))
        return done

    def _now(self) -> UnderWay:
        with self.prowess.database.read() as conn:
            found = under_way.find(conn, self.tenant_id, self.name)
        if found is None:
            raise _Over
        return found

    def _policy(self, wanted: Table) -> tuple[Table, Policy]:
        return next(one for one in policies_of(self.prowess) if one[0] is wanted)


def repeated(write: Callable[[], T]) -> T:
    """Once more where others hold what this waits for while they wait for what it holds."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return write()
        except Unavailable:
            continue
    return write()


def rows_of(table: Table, some: Iterable[Key]) -> ColumnElement[bool]:
    """The rows of some keys: one by one where a key has several columns: SQLite looks up none of a list of such keys in its index."""
    columns = list(table.primary_key)
    if len(columns) == 1:
        return columns[0].in_([key for (key,) in some])
    return or_(*(and_(*(column == part for column, part in zip(columns, key, strict=True))) for key in some))
