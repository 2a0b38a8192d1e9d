"""What becomes of people of whom some turned out to be one: computed from what files say of each, and never by changing that.

So a merge can be taken back at any time, whatever was imported meanwhile, and leaves nothing behind.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from lrs.people.roster import Leave, Person, Position, collide

Merges = Mapping[str, str]
"""Whoever turned out to be somebody, and who that is: perhaps somebody who turned out to be yet another."""


def root_of(merges: Merges, id_: str) -> str:
    """The id under which somebody is known."""
    while id_ in merges:
        id_ = merges[id_]
    return id_


def joined(told: Mapping[str, Person], merges: Merges) -> Mapping[str, Person]:
    """Everybody who is known: each with what is said of all that they turned out to be.

    Whoever reports to somebody who was merged reports to whom that is.  Without merges these are the people given.
    """
    if not merges:
        return told
    parts: dict[str, list[str]] = {}
    for id_, into in sorted(merges.items()):
        parts.setdefault(into, []).append(id_)
    found = {}
    for id_, person in told.items():
        if id_ not in merges:
            everything = [told[part] for part in (id_, *_below(parts, id_)) if part in told]
            found[id_] = _renamed(_one(everything), merges, {id_}) if id_ in parts else _renamed(person, merges)
    return found


def contradictions(one: Person, other: Person) -> Iterator[str]:
    """Why two people cannot be one, in words."""
    for person, boss in ((one, other), (other, one)):
        if any(boss.id in position.managers for position in person.positions):
            yield f"'{person.id}' reports to '{boss.id}', and nobody reports to themselves"
    left_on = _left_on((one, other))
    for mine in _positions(one, left_on):
        for theirs in _positions(other, left_on):
            if collide(mine, theirs) and _unordered(mine) != _unordered(theirs):
                yield f"'{one.id}' is {position_words(mine)}; '{other.id}' is {position_words(theirs)}"


def position_words(one: Position) -> str:
    """A position as messages tell it, with its days and managers."""
    what = ", ".join(text for text in (one.job, one.level, one.unit, one.site, one.employment) if text)
    days = f"from {one.start} to {one.end}" if one.end else f"from {one.start}"
    under = f", reporting to {', '.join(one.managers)}" if one.managers else ""
    return f"{what or 'in a position'} {days}{under}"


def _unordered(one: Position) -> Position:
    """The same, whichever manager was written first."""
    return replace(one, managers=tuple(sorted(one.managers)))


def _below(parts: Mapping[str, Sequence[str]], id_: str) -> Iterator[str]:
    """Everybody who was merged into somebody, and into those."""
    for part in parts.get(id_, ()):
        yield part
        yield from _below(parts, part)


def _one(parts: Sequence[Person]) -> Person:
    """The person that all of these are, the first of whom counts where they differ."""
    first, left_on = parts[0], _left_on(parts)
    positions: list[Position] = []
    for part in parts:
        # Two of one part never collide, so that whatever does is said otherwise, or again, of a later one.
        positions += [one for one in _positions(part, left_on) if not any(collide(one, other) for other in positions)]
    hired = [part.hired_on for part in parts if part.hired_on is not None]
    return replace(
        first,
        name=next((part.name for part in parts if part.name), ""),
        email=next((part.email for part in parts if part.email), None),
        identifiers=tuple(sorted({identifier for part in parts for identifier in part.identifiers})),
        timezone=next((part.timezone for part in parts if part.timezone), None),
        hired_on=min(hired, default=None),
        left_on=left_on,
        leave=tuple(_leave(one for part in parts for one in part.leave)),
        positions=tuple(sorted(positions, key=lambda one: one.start)),
    )


def _left_on(parts: Sequence[Person]) -> date | None:
    """The last day: of those who have or had work here, or else of all, the latest; none while one of them has not left."""
    working = [part for part in parts if part.positions or part.hired_on] or parts
    days = [part.left_on for part in working]
    return None if None in days else max(day for day in days if day is not None)


def _positions(part: Person, left_on: date | None) -> Iterator[Position]:
    """A part's positions; where it has left and the whole has not, up to that day."""
    last = part.left_on
    for one in part.positions:
        if last is None or last == left_on:
            yield one
        elif one.start <= last:
            yield replace(one, end=min(one.end or last, last))


def _leave(given: Iterable[Leave]) -> Iterator[Leave]:
    """The same days, those that overlap as one."""
    current: Leave | None = None
    for one in sorted(given, key=lambda leave: (leave.start, leave.end)):
        if current is not None and one.start <= current.end:
            current = Leave(current.start, max(current.end, one.end))
            continue
        if current is not None:
            yield current
        current = one
    if current is not None:
        yield current


def _renamed(person: Person, merges: Merges, never: AbstractSet[str] = frozenset()) -> Person:
    """The same with managers by the ids under which they are known, without these."""
    if not any(id_ in merges or id_ in never for one in person.positions for id_ in one.managers):
        return person
    return replace(
        person,
        positions=tuple(
            replace(
                one,
                managers=tuple(
                    id_ for id_ in dict.fromkeys(root_of(merges, id_) for id_ in one.managers) if id_ not in never
                ),
            )
            for one in person.positions
        ),
    )
