"""Who turned out to be somebody else, and what files say of people whom that changes: read and written beside the register."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from lrs.people import tables as p
from lrs.people.merging import Merges, root_of
from lrs.people.roster import Leave, Person, Position


class Merge(NamedTuple):
    """Somebody turned out to be somebody else.  since: the feed number from which that is known."""

    into: str
    since: int


def merges_of(conn: Connection, tenant_id: int) -> dict[str, Merge]:
    """By id, everybody who is somebody else now."""
    c = p.merged.c
    query = select(c.person_id, c.into_id, c.known_from).where(c.tenant_id == tenant_id, c.known_to.is_(None))
    return {row.person_id: Merge(row.into_id, row.known_from) for row in conn.execute(query.order_by(c.person_id))}


def targets(merges: Mapping[str, Merge]) -> Merges:
    """The same without the numbers."""
    return {id_: merge.into for id_, merge in merges.items()}


def known_as(conn: Connection, tenant_id: int, person_id: str) -> str:
    """The id under which somebody is known now: another one after a merge, else the one given."""
    return root_of(targets(merges_of(conn, tenant_id)), person_id)


def told_of(conn: Connection, tenant_id: int) -> dict[str, Person]:
    """What files say of people of whom other tables say something else."""
    c = p.told.c
    query = select(c.document).where(c.tenant_id == tenant_id, c.known_to.is_(None))
    people = map(_person, conn.scalars(query))
    return {person.id: person for person in people}


def document_of(person: Person) -> str:
    """A person as `told` keeps them."""
    return json.dumps(asdict(person), default=str, ensure_ascii=False)


def _person(document: str) -> Person:
    said: dict[str, Any] = json.loads(document)
    return Person(
        **{
            **said,
            "identifiers": tuple(said["identifiers"]),
            "hired_on": _day(said["hired_on"]),
            "left_on": _day(said["left_on"]),
            "leave": tuple(Leave(*map(date.fromisoformat, one.values())) for one in said["leave"]),
            "positions": tuple(
                Position(
                    **{
                        **one,
                        "start": date.fromisoformat(one["start"]),
                        "end": _day(one["end"]),
                        "managers": tuple(one["managers"]),
                    }
                )
                for one in said["positions"]
            ),
        }
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
