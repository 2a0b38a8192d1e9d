"""A copy of the tree in which one thing at a time is broken; the tree itself is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.breakages.one import BROKEN_BEFORE
from tests.breakages.table import Breakage
from tests.naming import files_that_may_name

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDERS: Final = ("lrs", "rules", "connectors", "reports", "tests")
_SECONDS: Final = 300


class OutOfDateError(Exception):
    """The tree has changed, and what a breakage would change is not there any more, or more than once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.  code: of `tests.breakages.one`; failed: the name of the test that did, where one did."""

    code: int
    failed: str
    output: str

    @property
    def is_killed(self) -> bool:
        """Whether a test failed, and not merely something on the way to it."""
        return self.code == pytest.ExitCode.TESTS_FAILED

    @property
    def reason(self) -> str:
        """Why a breakage counts as a survivor, for the reader of the report."""
        return {
            0: "every test passed",
            BROKEN_BEFORE: f"the server is so broken that the test did not begin: {self.failed}",
            pytest.ExitCode.NO_TESTS_COLLECTED: "no test names it",
        }.get(self.code, f"the tests could not be run (exit code {self.code})")


class Copy:
    """The packages and their tests in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ignore = shutil.ignore_patterns("__pycache__", "node_modules")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        shutil.copy2(ROOT / "pyproject.toml", folder)

    def run(self, ids: Iterable[str], *, keep_bytecode: bool = False) -> Outcome:
        """Run the tests that name one of the ids.

        keep_bytecode: what an unbroken run compiles is used by later ones; what a broken one compiles must not be.
        """
        wanted = sorted(ids)
        files = sorted({str(path.relative_to(ROOT)) for rule in wanted for path in files_that_may_name(rule)})
        environ = {**os.environ, "PYTHONPATH": str(self._folder)}
        if not keep_bytecode:
            environ["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [sys.executable, "-m", "tests.breakages.one", ",".join(wanted), *files]
        try:
            done = subprocess.run(
                command, cwd=self._folder, env=environ, capture_output=True, text=True, check=False, timeout=_SECONDS
            )
        except subprocess.TimeoutExpired:
            return Outcome(-1, "", f"still running after {_SECONDS} seconds")
        lines = done.stdout.splitlines() or [""]
        return Outcome(done.returncode, lines[-1] if done.returncode else "", done.stdout + done.stderr)

    @contextmanager
    def broken(self, breakage: Breakage) -> Iterator[None]:
        """The copy with one edit, which is undone afterwards.  Raises OutOfDateError."""
        path = self._folder / breakage.path
        path.write_text(edited(breakage), encoding="utf-8")
        try:
            yield
        finally:
            shutil.copy2(ROOT / breakage.path, path)


def edited(breakage: Breakage) -> str:
    """The text of the file with the edit.  Raises OutOfDateError."""
    path = ROOT / breakage.path
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    count = text.count(breakage.old)
    if count != 1:
        raise OutOfDateError(
            f"the breakage of {breakage.id} is out of date: what it changes stands {count} times in {breakage.path}; "
            "mend it in tests/breakages/table.py"
        )
    return text.replace(breakage.old, breakage.new)
