"""What a long input costs a reader: time that grows with its length and no faster, and memory in proportion to it."""

from __future__ import annotations

import tracemalloc
from time import thread_time
from typing import Final

from tests.fuzz.targets import Target

SHORT: Final = 10_000
LONG: Final = 100_000
MOST_TIMES: Final = 40
"""How much longer ten times the length may take; quadratic work takes a hundred times as long."""
ENOUGH: Final = 0.5
"""Seconds of work below which nobody asks how they grow."""
_SPARE: Final = 4_000_000
"""Bytes that a reading may take whatever its input."""


def stretched(start: bytes, unit: bytes, end: bytes, size: int) -> bytes:
    """An input of about this size: a beginning, one thing again and again, and an end."""
    return start + unit * max(1, (size - len(start) - len(end)) // len(unit)) + end


def check_cost(target: Target, start: bytes, unit: bytes, end: bytes) -> None:
    """Raises AssertionError when time or memory grow faster than the input."""
    short, long = (stretched(start, unit, end, size) for size in (SHORT, LONG))
    took = _seconds(target, long)
    if took > ENOUGH:
        took = min(took, *(_seconds(target, long) for _ in range(4)))
        least = min(_seconds(target, short) for _ in range(3))
        shown = f"{start[:40]!r} + {unit!r}… + {end[:40]!r}"
        assert took <= ENOUGH or took <= MOST_TIMES * least, (
            f"{target.name}: 100 kB take {took:.2f} s and 10 kB {least:.3f} s: {shown}"
        )
    most = _bytes(target, long)
    assert most <= target.growth * len(long) + _SPARE, (
        f"{target.name}: {len(long):,} bytes take {most:,} bytes of memory: {start[:40]!r} + {unit!r}… + {end[:40]!r}"
    )


def _seconds(target: Target, data: bytes) -> float:
    started = thread_time()
    target.read(data)
    return thread_time() - started


def _bytes(target: Target, data: bytes) -> int:
    tracemalloc.start()
    try:
        target.read(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
