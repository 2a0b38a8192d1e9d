"""What is announced of decided pairs, gathered for one commit and written in few statements.

An announcement waits in `emission` until the emitter records it as a statement.  Its id follows from what happened, so that
deciding again announces nothing twice; what comes after a loss is something new (docs/decisions/0007).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select

from lrs.batches import batches
from lrs.clock import to_text
from lrs.db import by_tenant
from lrs.dialects.contract import Dialect
from lrs.people.roster import Person
from rules import tables as r
from rules.decisions.transitions import AGAIN, ASSIGNMENTS, emission_id, statement_of
from rules.decisions.verdicts import Verdict

_CHUNK: Final = 500

Losses = Mapping[tuple[int, str, str, bool], int]
"""How often a pair (tenant, person, program) lost its award (False) or was unassigned (True)."""


class _Told(NamedTuple):
    tenant_id: int
    person: Person
    verdict: Verdict
    transitions: Sequence[str]


@dataclass(slots=True)
class Announcing:
    """The announcements of one commit."""

    now: int
    public_url: str
    _told: list[_Told] = field(default_factory=list)

    def tell(self, tenant_id: int, person: Person, verdict: Verdict, transitions: Sequence[str]) -> None:
        """Announce these transitions of a pair; a pair is told of once in a commit."""
        if transitions:
            self._told.append(_Told(tenant_id, person, verdict, transitions))

    def write(self, conn: Connection, dialect: Dialect) -> None:
        if self._told:
            programs = {told.verdict.program.id for told in self._told}
            losses = _losses(conn, {(told.tenant_id, told.person.id) for told in self._told}, programs)
            rows = [row for told in self._told for row in self._rows(told, losses)]
            conn.execute(dialect.insert(r.emission).on_conflict_do_nothing(), rows)

    def _rows(self, told: _Told, losses: Losses) -> list[dict[str, Any]]:
        tenant_id, verdict, document = told.tenant_id, told.verdict, told.verdict.document
        rows = []
        for place, name in enumerate(told.transitions):
            pair = (tenant_id, told.person.id, verdict.program.id)
            id_ = emission_id(tenant_id, name, document, losses.get((*pair, name in ASSIGNMENTS), 0))
            statement = statement_of(
                name,
                document,
                id_=id_,
                person=told.person,
                program=verdict.program,
                public_url=self.public_url,
                timestamp=to_text(self.now),
                score=verdict.score(),
            )
            rows.append(
                {
                    "tenant_id": tenant_id,
                    "id": id_.bytes,
                    "person_id": told.person.id,
                    "program_id": verdict.program.id,
                    "transition": name,
                    "body": json.dumps(statement, ensure_ascii=False).encode(),
                    "created_at": self.now + place,  # the emitter keeps this order: assigned before awarded
                    "recorded": 0,
                }
            )
        return rows


def _losses(conn: Connection, people: set[tuple[int, str]], programs: set[str]) -> Losses:
    """Of these people in these programs; what was announced of them in others is not read."""
    e = r.emission.c
    found: dict[tuple[int, str, str, bool], int] = {}
    for tenant_id, some in by_tenant(people):
        for mine in batches(sorted(programs), _CHUNK):
            query = (
                select(e.person_id, e.program_id, e.transition, func.count().label("times"))
                .where(e.tenant_id == tenant_id, e.person_id.in_(some), e.program_id.in_(mine))
                .where(e.transition.in_(AGAIN))
                .group_by(e.person_id, e.program_id, e.transition)
            )
            for row in conn.execute(query):
                key = (tenant_id, row.person_id, row.program_id, AGAIN[row.transition])
                found[key] = found.get(key, 0) + row.times
    return found
