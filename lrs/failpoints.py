"""Places where a test may stop the process dead, to prove that a restart loses and doubles nothing.

`PROWESS_FAILPOINTS=name,name` names the points; without it `reach` does nothing.  A test that plays thousands of crashes in
one process puts itself `in_charge`: it gets each name that is reached, and raises something that nobody catches.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

EXIT_CODE = 86
BEFORE_COMMIT: Final = "lrs.before-commit"
AFTER_COMMIT: Final = "lrs.after-commit"


def reach(name: str) -> None:
    """Stop the process at once, without any clean-up, when the environment names this point."""
    _charge[-1](name)


@contextmanager
def in_charge(decide: Callable[[str], None]) -> Iterator[None]:
    """Ask `decide` at every point instead of the environment; what it raises leaves a transaction rolled back or kept."""
    _charge.append(decide)
    try:
        yield
    finally:
        _charge.remove(decide)


def _exit_when_named(name: str) -> None:
    names = os.environ.get("PROWESS_FAILPOINTS")
    if names and name in names.split(","):
        os._exit(EXIT_CODE)


_charge: list[Callable[[str], None]] = [_exit_when_named]
