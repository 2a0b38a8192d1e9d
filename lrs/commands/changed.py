"""What is known otherwise of somebody, in lines: an import and a merge tell it in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from lrs.people.identity import identity_words
from lrs.people.merging import position_words
from lrs.people.roster import Person


def whom(person: Person) -> str:
    """Somebody by id and name."""
    return f"{person.id} ({person.name})" if person.name else person.id


def changes(was: Person, is_: Person, *, lost: bool = False) -> Iterator[str]:
    """What is known otherwise of somebody: `+` comes, `-` goes; lost: only where something goes."""
    for label, before, after in (
        ("name", [was.name], [is_.name]),
        ("mail address", [was.email], [is_.email]),
        ("time zone", [was.timezone], [is_.timezone]),
        ("hired on", [was.hired_on], [is_.hired_on]),
        ("left on", [was.left_on], [is_.left_on]),
        ("known as", map(identity_words, was.identifiers), map(identity_words, is_.identifiers)),
        ("position", map(position_words, was.positions), map(position_words, is_.positions)),
        (
            "away",
            (f"{one.start} to {one.end}" for one in was.leave),
            (f"{one.start} to {one.end}" for one in is_.leave),
        ),
    ):
        old, new = ([str(one) for one in some if one] for some in (before, after))
        gone = [one for one in old if one not in new]
        if gone or not lost:
            yield from (f"  {label:<14}- {one}" for one in gone)
            yield from (f"  {label:<14}+ {one}" for one in new if one not in old)
