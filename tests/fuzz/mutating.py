"""Fuzzing without coverage: seeds changed at random, the same for the same seed.  Where atheris is not, this is all there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from time import monotonic
from typing import Final

from tests.fuzz.cost import check_cost
from tests.fuzz.targets import Target
from tests.fuzz.values import changed, odd_json

_LONG_EVERY: Final = 400
"""Inputs between two long ones: each of these costs as much as hundreds of others."""
_MOST: Final = 20_000


class Broken(Exception):
    """An input that breaks a promise of its target."""

    def __init__(self, data: bytes, why: BaseException) -> None:
        super().__init__(f"{type(why).__name__}: {why}")
        self.data = data


def inputs(target: Target, seed: int, more: Sequence[bytes] = ()) -> Iterator[bytes]:
    """The seeds, then changed ones without end."""
    random, pool = Random(f"{target.name}/{seed}"), [*target.seeds, *more]
    yield from pool
    while True:
        start = random.choice(pool)
        if random.random() < 0.4:
            start = odd_json(random, start.decode("utf-8", "replace")).encode("utf-8", "surrogatepass")
        data = changed(random, start, pool)[:_MOST]
        if random.random() < 0.02:
            pool.append(data)
        yield data


def run(target: Target, seed: int, *, most: int | None = None, seconds: float = 1e9, more: Sequence[bytes] = ()) -> int:
    """Check inputs until there were `most`, or the time is over; how many there were.  Raises Broken."""
    ends, random, number = monotonic() + seconds, Random(seed), 0
    for number, data in zip(count(1), inputs(target, seed, more), strict=False):
        try:
            target.check(data)
            if number % _LONG_EVERY == 0:
                start, end = (random.choice((b"", data[:100], data[-100:])) for _ in range(2))
                check_cost(target, start, random.choice((*target.units, data[:200] or b"x")), end)
        except Exception as why:
            raise Broken(data, why) from why
        if number == most or monotonic() > ends:
            break
    return number
