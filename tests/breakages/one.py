"""One run of the tests that name some requirements, in a process of its own: a broken server shares nothing with others.

`python -m tests.breakages.one IDS FILE...`, IDS between commas.  Ends with pytest's exit code, or with `BROKEN_BEFORE`
when it was not a test that failed but what a test needs; the last line it says is the name of what failed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import pytest

import lrs
from tests.naming import in_item

BROKEN_BEFORE: Final = 16
OPTIONS: Final = ("-x", "-q", "-p", "no:cacheprovider", "-k", "not postgresql")


class Naming:
    """A pytest plugin that keeps the tests which name one of the ids, and remembers the first failure."""

    def __init__(self, ids: set[str]) -> None:
        self._ids = ids
        self.failure: pytest.TestReport | None = None

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if not in_item(item.name) & self._ids]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if in_item(item.name) & self._ids]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.failure is None:
            self.failure = report


def main(ids: str, files: Sequence[str]) -> int:
    assert Path(lrs.__file__).is_relative_to(Path.cwd()), "this is not the server in the working directory"
    naming = Naming(set(ids.split(",")))
    code = int(pytest.main([*OPTIONS, *files], plugins=[naming]))
    if naming.failure is None:
        return code
    click.echo(naming.failure.nodeid)
    return code if naming.failure.when == "call" else BROKEN_BEFORE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
