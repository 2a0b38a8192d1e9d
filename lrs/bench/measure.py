"""The measurements: CPU of this process for each operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any, Self

SECONDS = 0.4
"""How long one measurement takes, about."""
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: CPU microseconds of an operation, the floor it is compared with, and what the issue asks for."""

    name: str
    us: float
    floor_us: float | None = None
    goal_us: float | None = None
    note: str = ""

    def told(self) -> dict[str, Any]:
        return {
            "what": self.name,
            "cpu_us": round(self.us, 2),
            "floor_us": None if self.floor_us is None else round(self.floor_us, 2),
            "ratio": None if not self.floor_us else round(self.us / self.floor_us, 2),
            "goal_us": self.goal_us,
            "note": self.note,
        }


def cost(operation: Callable[[], object]) -> float:
    """CPU microseconds of one call: the best of several rounds, for others share the machine."""
    operation()
    calls = 1
    while (spent := _spent(operation, calls)) < SECONDS / _ROUNDS:
        calls *= 4
    return min(spent, *(_spent(operation, calls) for _ in range(_ROUNDS))) / calls * 1e6


def _spent(operation: Callable[[], object], calls: int) -> float:
    start = process_time()
    for _ in range(calls):
        operation()
    return process_time() - start


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value within which this share of sorted ones lies; nan of none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("nan")


@dataclass(slots=True)
class Clocked:
    """Wall and CPU seconds of a stretch of work."""

    wall: float = 0.0
    cpu: float = 0.0

    def __enter__(self) -> Self:
        self.wall, self.cpu = perf_counter(), process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = perf_counter() - self.wall, process_time() - self.cpu
