"""Which mutants the tests do not notice.

One pytest session collects the tests once and forks for each mutant of a function: the child gives the function its new
code and runs the tests that pass through the changed lines, those first that noticed the mutants before.  What stands
outside of functions is changed before its module is imported, and all the tests are run.
"""

from __future__ import annotations

import gc
import mmap
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import _lru_cache_wrapper
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.make import Mutant

TESTS = Path(__file__).resolve().parents[1] / "rules"
QUIETLY = ("-qq", "--no-header", "--no-summary", "--capture=no", "-p", "no:cacheprovider")
LEFT_OUT = (
    *("bench", "clock", "escalation", "escalation_page", "names", "plan", "profile", "publish_api", "publish_commands"),
    *("publishing_page", "simulate"),
    *("escalation_language", "language", "leaf_mistakes", "roster", "schema"),
    *("properties", "rich_properties"),
)
"""Nine tenths of the time: they run stores for a language that is pure, decide nothing, or draw histories, which notices
what it does by luck and says of no branch what it is for."""
PLAIN = (*(f"--ignore={TESTS / f'test_{name}.py'}" for name in LEFT_OUT), "-m", "not hypothesis")
PYTEST = (*QUIETLY, *PLAIN, str(TESTS))
FIRST = (*QUIETLY, *(str(TESTS / f"test_{name}.py") for name in ("decide", "language_cases", "calendar", "evidence")))
"""They notice most of what is changed outside of functions, and are collected in a fifth of the time."""
MEMORY = 4 << 30


class Judge:
    """A pytest plugin: in place of running the tests once, it runs for each mutant those that could notice it."""

    def __init__(self, mutants: Sequence[Mutant], survived: Callable[[Mutant], None]) -> None:
        self.mutants = mutants
        self.survived = survived
        self.items: Sequence[pytest.Item] = ()
        self.seconds: list[float] = []
        self.running = mmap.mmap(-1, 4)
        """Number of the test that a child runs."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        gc.unfreeze()  # what tests/conftest.py froze is no object to the collector
        objects = gc.get_objects()
        functions = {_place(one.__code__): one for one in objects if isinstance(one, FunctionType)}
        caches = [one for one in objects if isinstance(one, _lru_cache_wrapper) and one.__module__.startswith("rules.")]
        through = self._measure(caches)
        order = sorted(range(len(self.items)), key=self.seconds.__getitem__)
        gc.freeze()
        for mutant in self.mutants:
            passing = {number for line in mutant.lines for number in through[mutant.path].get(line, ())}
            function = functions[str(mutant.path), mutant.function]
            if self._survives(mutant, function, caches, [number for number in order if str(number) in passing]):
                self.survived(mutant)
            else:
                killer = int.from_bytes(self.running[:4], "big")
                order.remove(killer)
                order.insert(0, killer)
        return True

    def _measure(self, caches: Sequence[Any]) -> dict[Path, dict[int, list[str]]]:
        """For each line the numbers of the tests that pass through it; notes how long each test takes.

        Each begins with nothing remembered: else only the first one would pass through what is worked out once.
        """
        paths = {mutant.path for mutant in self.mutants}
        measured = coverage.Coverage(data_file=None, config_file=False, include=[str(path) for path in paths])
        with measured.collect():
            for number, item in enumerate(self.items):
                _forget(caches)
                measured.switch_context(str(number))
                start = time.process_time()
                if not _passes(item):
                    pytest.exit(f"{item.nodeid} fails without any change", 2)
                self.seconds.append(time.process_time() - start)
        return {path: measured.get_data().contexts_by_lineno(str(path)) for path in paths}

    def _survives(self, mutant: Mutant, function: FunctionType, caches: Sequence[Any], tests: Sequence[int]) -> bool:
        code = next(one for one in _codes(mutant.code()) if one.co_qualname == mutant.function)
        assert code.co_freevars == function.__code__.co_freevars

        def passes() -> bool:
            function.__code__ = code
            _forget(caches)
            return all(self._passes(number) for number in tests)

        return _in_child(passes)

    def _passes(self, number: int) -> bool:
        self.running[:4] = number.to_bytes(4, "big")
        _limit(2 + 10 * self.seconds[number])
        return _passes(self.items[number])


class Door(MetaPathFinder, Loader):
    """Imports the mutant of a module."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.origin != str(self.mutant.path):
            return None
        spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self.mutant.code(), module.__dict__)  # noqa: S102


def survives_import(mutant: Mutant) -> bool:
    """Runs every test after importing the mutant of a module that nothing here has imported."""

    def passes() -> bool:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        sys.meta_path.insert(0, Door(mutant))
        _limit(120)
        return all(pytest.main(["-x", *which]) == pytest.ExitCode.OK for which in (FIRST, PYTEST))

    return _in_child(passes)


def _forget(caches: Sequence[Any]) -> None:
    for cache in caches:
        cache.cache_clear()


def _in_child(passes: Callable[[], bool]) -> bool:
    """Whether all is well in a process of its own, which leaves nothing behind."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    status = 1
    try:
        status = int(not passes())
    finally:
        os._exit(status)


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _limit(seconds: float) -> None:
    """What never ends, or eats all memory, is noticed too."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def _place(code: CodeType) -> tuple[str, str]:
    return code.co_filename, code.co_qualname
