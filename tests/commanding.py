"""Commands as operators type them, run in this process: a new interpreter for each would take most of the time."""

from __future__ import annotations

import traceback
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import structlog
from click.testing import CliRunner

from lrs.cli import build


@dataclass(frozen=True, slots=True)
class Done:
    """What a command said and how it ended; a fault that nobody explained is a traceback, as it would be for users."""

    returncode: int
    stdout: str
    stderr: str


def prowess(*arguments: str, cwd: Path, check: bool = False) -> Done:
    """Run `prowess ARGUMENTS` in a directory."""
    try:
        with chdir(cwd):
            result = CliRunner().invoke(build(), arguments, prog_name="prowess")
    finally:
        structlog.reset_defaults()
    stderr = result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        stderr += "".join(traceback.format_exception(result.exception))
    done = Done(result.exit_code, result.stdout, stderr)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
