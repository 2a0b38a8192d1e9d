"""Which (person, program) pairs must be decided again.

`gen` is a random token, fresh with each marking.  Whoever decided a pair removes exactly the `gen` it saw, so that a pair
dirtied meanwhile stays, were it by the same feed number or at the same instant (data-model 2).  `since` says which pairs
have waited longest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from lrs.db import by_tenant
from lrs.dialects.contract import Dialect
from rules import tables as r
from rules.facts.pairs import KEY, gone, named

EVERY_PROGRAM = "*"
HAS_FAILED: Final = and_(r.dirty.c.not_before > 0, r.dirty.c.attempts > 0)
"""Of pairs whose last try failed.  Only they wait for a time, and by that an index finds them however many others wait."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A person and the programs to decide, each with the generation that was seen."""

    tenant_id: int
    person_id: str
    gens: Mapping[str, int] = field(default_factory=dict)

    @property
    def programs(self) -> Collection[str] | None:
        """None for every program."""
        return None if EVERY_PROGRAM in self.gens else self.gens.keys()


def mark(conn: Connection, dialect: Dialect, tenant_id: int, pairs: Mapping[tuple[str, str], int], gen: int) -> None:
    """Note (person, program) pairs as dirty, each since the feed number or instant given; `gen` is a fresh token.

    One that waits already keeps its place.
    """
    if not pairs:
        return
    fresh = {"tenant_id": tenant_id, "gen": gen, "not_before": 0, "attempts": 0}
    rows = [
        {**fresh, "person_id": person, "program_id": program, "since": since}
        for (person, program), since in sorted(pairs.items())
    ]
    again = {"gen": gen, "not_before": 0, "attempts": 0}
    conn.execute(dialect.insert(r.dirty).on_conflict_do_update(index_elements=KEY, set_=again), rows)


def find(conn: Connection, now: int, limit: int) -> list[Claim]:
    """The next persons to decide, at most `limit` of them, with everything that is dirty about each.

    The longest waiting are chosen, and given in order of their ids: workers that settle them lock rows in one order.
    """
    due = (
        select(r.dirty.c.tenant_id, r.dirty.c.person_id, func.min(r.dirty.c.since).label("oldest"))
        .where(r.dirty.c.not_before <= now)
        .group_by(r.dirty.c.tenant_id, r.dirty.c.person_id)
        .order_by("oldest")
        .limit(limit)
        .subquery()
    )
    rows = conn.execute(
        select(r.dirty.c.tenant_id, r.dirty.c.person_id, r.dirty.c.program_id, r.dirty.c.gen)
        .join(due, (due.c.tenant_id == r.dirty.c.tenant_id) & (due.c.person_id == r.dirty.c.person_id))
        .order_by(r.dirty.c.tenant_id, r.dirty.c.person_id, r.dirty.c.program_id)
    )
    claims: dict[tuple[int, str], dict[str, int]] = {}
    for row in rows:
        claims.setdefault((row.tenant_id, row.person_id), {})[row.program_id] = row.gen
    return [Claim(tenant_id, person_id, gens) for (tenant_id, person_id), gens in claims.items()]


def settle(conn: Connection, claims: Sequence[Claim]) -> list[Claim]:
    """Take decided claims off the list, each wholly or not at all; returns those that are taken.

    The others were dirtied or settled by somebody else meanwhile.
    """
    d, gens = r.dirty.c, dict[tuple[int, str, str], int]()
    for tenant_id, some in by_tenant((claim.tenant_id, claim.person_id) for claim in claims):
        query = select(d.person_id, d.program_id, d.gen).where(d.tenant_id == tenant_id, d.person_id.in_(some))
        for row in conn.execute(query.order_by(d.person_id, d.program_id).with_for_update()):
            gens[tenant_id, row.person_id, row.program_id] = row.gen
    settled = [
        claim
        for claim in claims
        if all(gens.get((claim.tenant_id, claim.person_id, name)) == gen for name, gen in claim.gens.items())
    ]
    if pairs := [named(claim.tenant_id, claim.person_id, name) for claim in settled for name in claim.gens]:
        conn.execute(gone(r.dirty), pairs)
    return settled


def postpone(conn: Connection, claim: Claim, until: int, error: str) -> None:
    """A claim that failed waits; the others go on, and so does what was dirtied meanwhile."""
    for seen in _seen(claim):
        waits = {"not_before": until, "attempts": r.dirty.c.attempts + 1, "error": error[:2000]}
        conn.execute(update(r.dirty).where(seen).values(waits))


def _seen(claim: Claim) -> Iterator[ColumnElement[bool]]:
    """The rows of a claim, as long as they are what it saw."""
    d = r.dirty.c
    for program_id, gen in claim.gens.items():
        yield and_(
            d.tenant_id == claim.tenant_id, d.person_id == claim.person_id, d.program_id == program_id, d.gen == gen
        )


def pending(conn: Connection) -> int:
    """How many pairs wait."""
    return conn.scalar(select(func.count()).select_from(r.dirty)) or 0


def next_due(conn: Connection) -> int | None:
    """When the next waiting pair may be tried."""
    due: int | None = conn.scalar(select(func.min(r.dirty.c.not_before)))
    return due


def waiting(conn: Connection, tenant_id: int) -> int:
    """How many people wait to be decided."""
    people = select(func.count(r.dirty.c.person_id.distinct())).where(r.dirty.c.tenant_id == tenant_id)
    return conn.scalar(people) or 0
