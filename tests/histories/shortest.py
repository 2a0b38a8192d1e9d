"""From a history that fails to the shortest one that still does, and what is told of it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from tests.histories.history import History, drawn_from
from tests.histories.steps import Script, smaller
from tests.histories.stores import POSTGRESQL, PROCESS, SQLITE

Postgres = Callable[[], str]
PLAYS = {SQLITE: 400, POSTGRESQL: 200, PROCESS: 15}
"""How often to play a history that fails, at most."""


@dataclass(frozen=True)
class Failure:
    """A history on which store and model do not agree, why, and how long it was as it was drawn."""

    history: History
    why: str
    length: int

    def __str__(self) -> str:
        seed, script = self.history.seed, self.history.script
        lines = [
            f"history {seed} fails on {self.history.place}: {self.why}",
            f"play it again: make histories PROWESS_HISTORY_SEED={seed}",
            f"the shortest script that fails, {len(script)} of {self.length} steps:",
            *(f"  {step}" for step in script),
        ]
        return "\n".join(lines)


def failure_of(history: History, postgres: Postgres) -> Failure | None:
    """Play a history; when it fails, look for the shortest script that does, first by leaving out half of it."""
    why = played(history, postgres)
    if why is None:
        return None
    search = _Search(Failure(history, why, len(history.script)), postgres)
    size = len(history.script) // 2
    while size:
        search.leave_out(size)
        size //= 2
    search.leave_out(1)
    search.lessen()
    return search.found


def played(history: History, postgres: Postgres) -> str | None:
    """Why it fails; None when it does not."""
    try:
        history.play(postgres)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} in {frame.name}: {error}"
    return None


class _Search:
    """The shortest script found so far, and how much longer to look."""

    def __init__(self, found: Failure, postgres: Postgres) -> None:
        self.found = found
        self._postgres = postgres
        self._plays = PLAYS[found.history.place]

    def leave_out(self, size: int) -> None:
        """Leave out so many steps at a time, wherever they stand, as long as it fails without them."""
        start = 0
        while start < len(self._script):
            if not self._fails([*self._script[:start], *self._script[start + size :]]):
                start += size

    def lessen(self) -> None:
        """Take from each step what it does not need."""
        for place in range(len(self._script)):
            while any(
                self._fails([*self._script[:place], less, *self._script[place + 1 :]])
                for less in smaller(self._script[place])
            ):
                pass

    @property
    def _script(self) -> Script:
        return self.found.history.script

    def _fails(self, script: Script) -> bool:
        if not self._plays:
            return False
        self._plays -= 1
        history = replace(self.found.history, script=script)
        why = played(history, self._postgres)
        if why is not None:
            self.found = replace(self.found, history=history, why=why)
        return why is not None


def told(seeds: Sequence[int], postgres: str) -> list[str]:
    """Play the histories of these seeds; what is to be told of those that fail.  postgres: the URL of a server."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    found = (failure_of(drawn_from(seed), lambda: postgres) for seed in seeds)
    return [str(failure) for failure in found if failure is not None]
