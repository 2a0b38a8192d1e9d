"""Taking statements in from an event loop: requests in line, many in one commit, and no thread waits.

A group commits in the loop itself where that can be at once.  Its requests could not be answered sooner, and two changes
of threads for each of them cost more than their part of the commit.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeAlias

from lrs.db import Database
from lrs.errors import Unavailable
from lrs.store.statements import Intake, Statements
from lrs.turns import fitting

_MOST: Final = 256
"""Requests of a group, and statements of more than one; the loop does nothing else while it commits them."""
_GATHERED: Final = 0.01
_QUIET: Final = 24
"""A group is gathered for so many seconds at most, and until so many rounds of the loop brought nobody."""
_SOME_TIME: Final = 0.1
"""Who comes so many seconds after the others comes alone."""
_LONG: Final = 0.1
_PAUSE: Final = 1.0
"""After a commit that took so long, in seconds, threads commit for a while: the disk is slow, and others want the loop."""
_MOMENT: Final = 0.002
_MOMENTS: Final = 10
"""So often another process is given so many seconds to end its transaction; then a thread waits for it."""

Waiting: TypeAlias = tuple[Intake, "Future[int]"]


class _Gathering:
    """Whether a commit waits for others who are on their way: the loop prepares them meanwhile, and it costs as much for one.

    Fewer rounds are waited for where the last group was smaller, and none where it was one request, or some time ago.
    """

    def __init__(self) -> None:
        self._patience = 0
        self._seen = 0
        self._quiet = 0
        self._until = 0.0
        self._is_full = False
        self._answered_at = 0.0

    def begin(self, now: float) -> None:
        """Somebody came while nobody was being served."""
        if now - self._answered_at > _SOME_TIME:
            self._patience = 0

    def goes_on(self, waiting: Sequence[Waiting], now: float) -> bool:
        """Asked once in each round of the loop."""
        came = len(waiting) - self._seen
        if not self._seen:
            self._until = now + _GATHERED
            self._is_full = False
        if came:
            self._is_full = sum(len(intake.statements) for intake, _ in waiting) >= _MOST
        self._seen += came
        self._quiet = 0 if came else self._quiet + 1
        return self._quiet < self._patience and not self._is_full and now < self._until

    def end(self, size: int) -> None:
        """So many requests are taken out of the line."""
        self._patience, self._seen, self._quiet = min(_QUIET, size - 1), 0, 0

    def do_not_wait(self) -> None:
        """The next group was gathered before."""
        self._patience = 0

    def answered(self, now: float) -> None:
        """The last group has heard how it went."""
        self._answered_at = now


class Line:
    """The requests of one event loop that want to be recorded.

    pool: who commits where the loop should not: another process writes, the disk is slow, or the database is a server.
    """

    def __init__(self, statements: Statements, database: Database, pool: Executor) -> None:
        self._statements = statements
        self._database = database
        self._pool = pool
        self._waiting: list[Waiting] = []
        self._is_moving = False
        self._not_here_before = 0.0
        self._moments = 0
        self._gathering = _Gathering()
        statements.lines.append(lambda: len(self._waiting))

    async def record(self, intake: Intake) -> int:
        """As `Statements.record`."""
        loop = asyncio.get_running_loop()
        future: Future[int] = loop.create_future()
        self._waiting.append((intake, future))
        if not self._is_moving:
            self._is_moving = True
            self._gathering.begin(loop.time())
            loop.call_soon(self._move, loop)  # whoever is ready in this round of the loop comes along
        return await future

    def _move(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._waiting:
            self._is_moving = False
        elif self._gathering.goes_on(self._waiting, loop.time()):
            loop.call_soon(self._move, loop)
        elif not self._database.dialect.serial_writes or loop.time() < self._not_here_before:
            self._commit_there(loop, self._next())
        else:
            try:
                if self._database.ask(partial(self._granted, loop)):
                    self._commit_here(loop)
            except Unavailable as error:
                group = self._next()
                self._settle(loop, group, [error] * len(group))

    def _granted(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in another thread; where the loop has ended nobody waits any more."""
        try:
            loop.call_soon_threadsafe(self._commit_here, loop)
        except RuntimeError:
            self._database.give_back()

    def _next(self) -> list[Waiting]:
        size = fitting((len(intake.statements) for intake, _ in self._waiting), _MOST, _MOST)
        group, self._waiting = self._waiting[:size], self._waiting[size:]
        self._gathering.end(size)
        return group

    def _commit_here(self, loop: asyncio.AbstractEventLoop) -> None:
        group, began = self._next(), loop.time()
        try:
            results = self._statements.record_at_once([intake for intake, _ in group])
        except Unavailable:
            results = None
            if self._moments < _MOMENTS:
                self._moments += 1
                self._waiting[:0] = group
                self._gathering.do_not_wait()
                loop.call_later(_MOMENT, self._move, loop)
                return
        finally:
            self._database.give_back()
        self._moments = 0
        now = loop.time()
        if now - began > _LONG:
            self._not_here_before = now + _PAUSE
        if results is None:
            self._commit_there(loop, group)
        else:
            self._settle(loop, group, results)

    def _commit_there(self, loop: asyncio.AbstractEventLoop, group: Sequence[Waiting]) -> None:
        committed = loop.run_in_executor(self._pool, self._statements.record_group, [intake for intake, _ in group])
        committed.add_done_callback(lambda done: self._settle(loop, group, done.result()))

    def _settle(
        self, loop: asyncio.AbstractEventLoop, group: Sequence[Waiting], results: Sequence[int | BaseException]
    ) -> None:
        self._gathering.answered(loop.time())
        for (_, future), result in zip(group, results, strict=True):
            if future.done():  # whoever asked has left
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
        loop.call_soon(self._move, loop)
