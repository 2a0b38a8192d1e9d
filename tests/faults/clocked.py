"""`python -m tests.faults.clocked …`: the command `prowess` under a clock that is so many seconds wrong as a file says."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from time import time_ns

from lrs import cli, cli_context
from lrs.clock import SECOND
from lrs.prowess import Prowess

FILE = "FAULT_CLOCK"
"""The variable that names the file."""


class SteppedClock:
    """The machine's clock and what a file adds to it: whoever turns it turns it for all who share the file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def now(self) -> int:
        return time_ns() // 1000 + int(self.file.read_text()) * SECOND

    def turn(self, seconds: int) -> None:
        """Be wrong by so many seconds from now on."""
        aside = self.file.with_suffix(".new")
        aside.write_text(str(seconds))
        aside.replace(self.file)


if __name__ == "__main__":
    cli_context.Prowess = partial(Prowess, clock=SteppedClock(Path(os.environ[FILE])))  # type: ignore[assignment,misc]
    cli.main()
