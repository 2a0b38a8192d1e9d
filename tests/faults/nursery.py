"""Servers by the hundred: processes of their own that run `prowess serve`, forked from one that has read the code already.

Reading it takes far longer than starting; a kill only takes as long as it should when that is done once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from lrs import cli
from tests.journey.house import House, Process, started

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.faults.nursery"])
cli.build()


class Forked:
    """As much of a `Popen` as a Process needs."""

    def __init__(self, process: Any, stdout: Any) -> None:
        self._process = process
        self.stdout = stdout

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def poll(self) -> int | None:
        code: int | None = self._process.exitcode
        return code

    def wait(self, seconds: float) -> int:
        self._process.join(seconds)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("prowess serve", seconds)
        return code

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def serve(house: House, **environment: str) -> Process:
    """What `house.serve` does, in a tenth of the time."""
    log = house.log_of("lrs.cli")
    here, there = _context.Pipe(duplex=False)
    arguments = ["--config", str(house.config), "serve", "--port", "0"]
    process = _context.Process(target=_run, args=(arguments, environment, house.directory, log, there))
    process.start()
    there.close()
    stdout = os.fdopen(os.dup(here.fileno()), encoding="utf-8")
    here.close()
    return house.served(house.keep(started(Forked(process, stdout), stdout, log)))


def _run(arguments: list[str], environment: dict[str, str], directory: Path, log: Path, told: Any) -> None:
    os.dup2(told.fileno(), 1)
    with log.open("w") as errors:
        os.dup2(errors.fileno(), 2)
    os.chdir(directory)
    os.environ.update(environment)
    tempfile.tempdir = None  # TMPDIR may be another one now
    sys.argv = ["prowess", *arguments]
    cli.main()
