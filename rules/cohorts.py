"""Who learns together: cohorts begin on the days of a program's cadence, and one that is too small joins the next.

Pure.  A cohort decides nothing: due dates count from the assignment, as ever.  Whoever is assigned up to the day on which
one begins is in it; so what happens later never changes a cohort that has begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rules.language.about import Cadence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who were assigned from one day to another, both included, begin together.

    joined: beginnings that were too small and joined this one.
    """

    begins: date
    first: date
    last: date
    members: int
    joined: tuple[date, ...] = ()


def cohorts(cadence: Cadence, assigned: Mapping[date, int], today: date) -> list[Cohort]:
    """All cohorts up to the one that gathers now, from how many people were assigned on each day."""
    if not assigned:
        return []
    found: list[Cohort] = []
    first = day = min(assigned)
    small: tuple[date, ...] = ()
    while True:
        begins = cadence.starts.on_or_after(day)
        members = sum(count for on, count in assigned.items() if first <= on <= begins)
        is_open = begins >= today
        if is_open or members >= cadence.min_size:
            found.append(Cohort(begins, first, begins, members, small if members else ()))
            first, small = begins + _DAY, ()
        else:
            small = (*small, begins) if members else ()
        if is_open:
            return found
        day = begins + _DAY


def next_beginning(cadence: Cadence, today: date) -> date:
    """The day on which whoever is assigned today begins, if enough do."""
    return cadence.starts.on_or_after(today)
