"""What a file says of people, put upon what is known of them: what it does not name stays as it is.

A file holds what one system knows.  That it is silent about something is no news of it, and nobody's history ends because
an export tells of today alone.  Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

from lrs.errors import Conflict
from lrs.people.identity import mailbox_of
from lrs.people.merging import position_words
from lrs.people.roster import Named, Person, Position, Roster, collide

_WHAT = ("job", "site", "unit")
"""What nobody has twice on one day (`collide`)."""


def settled(told: Mapping[str, Person], roster: Roster) -> dict[str, Person]:
    """The people of a roster as files say they are from now on; told: what they said until now.

    An identifier that the roster gives to one of its people is no longer another one's of them.  Raises Conflict where
    positions that it tells of in part would contradict.
    """
    given = {identifier: id_ for id_, one in roster.people.items() for identifier in one.identifiers}
    people = {}
    for id_, said in roster.people.items():
        named, known = roster.named.get(id_), told.get(id_)
        people[id_] = normal(said if named is None or known is None else _without(_upon(known, said, named), given))
    return people


def normal(person: Person) -> Person:
    """The same person in the order in which the store gives people back."""
    positions = tuple(replace(one, managers=tuple(dict.fromkeys(one.managers))) for one in person.positions)
    return replace(person, identifiers=tuple(sorted(set(person.identifiers))), positions=positions)


def _upon(known: Person, said: Person, named: Named) -> Person:
    taken: dict[str, Any] = {field: getattr(said, field) for field in named.fields}
    kept = mailbox_of(taken.get("email", known.email)) if "identifiers" in taken else known.identifiers
    taken["identifiers"] = (*kept, *said.identifiers)
    if "positions" not in taken:
        taken["positions"] = tuple(_continued(known.positions, said.positions, named.positions))
        for one, other in combinations(taken["positions"], 2):
            if collide(one, other):
                raise Conflict(
                    f"'{known.id}' would be {position_words(one)} and {position_words(other)}",
                    hint="end the earlier one the day before the other begins, or say what tells them apart: job, site or unit",
                )
    return replace(known, **taken)


def _without(person: Person, given: Mapping[str, str]) -> Person:
    """The same without what is given to somebody else; an address that is goes altogether."""
    lost = {identifier for identifier in person.identifiers if given.get(identifier, person.id) != person.id}
    if not lost:
        return person
    email = None if lost.intersection(mailbox_of(person.email)) else person.email
    return replace(person, email=email, identifiers=tuple(one for one in person.identifiers if one not in lost))


def _continued(
    known: Sequence[Position], said: Sequence[Position], named: Sequence[AbstractSet[str]]
) -> Sequence[Position]:
    """What was before the first day that is told of, and what is told from then on."""
    if not said:
        return known
    first = min(one.start for one in said)
    last = first - timedelta(days=1)
    before = [
        one if one.end is not None and one.end <= last else replace(one, end=last) for one in known if one.start < first
    ]
    told = [_filled(one, fields, known, said) for one, fields in zip(said, named, strict=True)]
    return sorted((*before, *told), key=lambda one: one.start)


def _filled(one: Position, fields: AbstractSet[str], known: Sequence[Position], said: Collection[Position]) -> Position:
    """The same with what is not said of it, where it is one that is known: the one of that first day, or of what is said."""
    there = [other for other in known if other.start == one.start]
    if len(there) > 1 or sum(other.start == one.start for other in said) > 1:
        what = [field for field in _WHAT if field in fields]
        there = [other for other in there if all(getattr(other, field) == getattr(one, field) for field in what)]
    return replace(there[0], **{field: getattr(one, field) for field in fields}) if len(there) == 1 else one
