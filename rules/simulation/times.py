"""When something becomes known, and when nobody is there to notice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rules.decide import Facts
from rules.facts.files import FileFacts


class Outage(NamedTuple):
    """The engine is down from one instant until another; statements are stored all the same."""

    start: int
    end: int


def awake(outages: Sequence[Outage], at: int) -> int:
    """The instant itself, or the end of the outages it falls into."""
    for outage in sorted(outages):
        if outage.start <= at < outage.end:
            at = outage.end
    return at


def arrivals(files: FileFacts, person: str, until: int) -> list[int]:
    """The instants at which something becomes known that a person's decisions may depend on, in order."""
    found = {at for facts in _concerned(files, person) for at in _known(facts)}
    return sorted(at for at in found if at <= until)


def _known(facts: Facts) -> Iterator[int]:
    for row in facts.evidence:
        yield row.known
        if row.voided is not None:
            yield row.voided


def _concerned(files: FileFacts, person: str) -> list[Facts]:
    """Theirs, those of whoever answers for their evidence, and so on."""
    found: dict[str, Facts] = {}
    waiting = [person]
    while waiting:
        id_ = waiting.pop()
        if id_ in found:
            continue
        found[id_] = files.of(id_)
        owners = (files.owners.get(row.instructor) for row in found[id_].evidence if row.instructor)
        waiting += [owner for owner in owners if owner is not None]
    return list(found.values())
