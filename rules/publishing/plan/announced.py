"""What was announced already: a transition that was said is not said again (`rules.decider`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, select

from lrs.db import by_tenant
from rules import tables as r
from rules.decisions.transitions import AGAIN, ASSIGNMENTS, Document, emission_id


@dataclass(slots=True)
class Announced:
    """The ids of what was said about people, and how often a pair began anew."""

    tenant_id: int
    ids: set[UUID] = field(default_factory=set)
    revisions: dict[tuple[str, str, bool], int] = field(default_factory=dict)

    def id_of(self, name: str, document: Document) -> UUID | None:
        """The id under which a transition would be said; None when it was."""
        is_assignment = name in ASSIGNMENTS
        revision = self.revisions.get((document["person"], document["program"], is_assignment), 0)
        id_ = emission_id(self.tenant_id, name, document, revision)
        return None if id_ in self.ids else id_


def read(conn: Connection, tenant_id: int, people: Collection[str]) -> Announced:
    """Everything that was said about these people."""
    found = Announced(tenant_id)
    e = r.emission.c
    for _, some in by_tenant((tenant_id, person) for person in sorted(people)):
        query = select(e.id, e.person_id, e.program_id, e.transition).where(
            e.tenant_id == tenant_id, e.person_id.in_(some)
        )
        for row in conn.execute(query):
            found.ids.add(UUID(bytes=row.id))
            if row.transition in AGAIN:
                key = (row.person_id, row.program_id, AGAIN[row.transition])
                found.revisions[key] = found.revisions.get(key, 0) + 1
    return found
