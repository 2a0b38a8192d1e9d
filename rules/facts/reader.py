"""Gathers what is known about people, from the tables, as the pure core wants it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, select

from lrs.batches import batches
from lrs.db import Database
from lrs.people.chain import lines_below
from lrs.people.depths import Depth, reporting_depths
from lrs.people.owners import person_of
from lrs.people.register import Register
from lrs.people.roster import Person
from lrs.store import tables as t
from lrs.xapi.actors import ifi_text
from lrs.xapi.postings import posting_key
from rules import tables as r
from rules.decide import Evidence, Facts, affected, asks_for_depth
from rules.language import Ruleset

_CHUNK = 400
NO_KEY: Final = ("", None)
"""Of a statement whose key is gone: a name that none has, for no name at all would be believed (docs/profile.md)."""


class FactsReader:
    """Reads the facts of many people in few queries."""

    def __init__(self, database: Database, register: Register) -> None:
        self._database = database
        self._register = register

    def read(
        self, tenant_id: int, ruleset: Ruleset, people: Sequence[str] | None = None, *, known_at: int | None = None
    ) -> dict[str, Facts]:
        """Facts by person id, for these people or everybody, all of one instant.

        Unknown ids are left out.  known_at: organisation and identities as known at that feed number; evidence carries
        its own numbers and is bounded by `decide`.
        """
        with self._database.read(snapshot=True) as conn:
            return self.read_from(conn, tenant_id, ruleset, people, known_at=known_at)

    def read_from(
        self,
        conn: Connection,
        tenant_id: int,
        ruleset: Ruleset,
        people: Sequence[str] | None = None,
        *,
        known_at: int | None = None,
    ) -> dict[str, Facts]:
        """The same inside a transaction of the caller's."""
        roster = self._register.roster(tenant_id=tenant_id, known_at=known_at, people=people, conn=conn)
        depths = _depths(conn, tenant_id, ruleset, known_at, roster.people)
        evidence = evidence_about(conn, tenant_id, affected(ruleset), roster.people)
        observers: dict[str, Facts] = {}
        facts = {
            id_: Facts(person, evidence.get(id_, ()), roster.sites, depths.get(id_, ()), observers)
            for id_, person in roster.people.items()
        }
        self._add_observers(conn, tenant_id, ruleset, known_at, facts, observers)
        return facts

    def _add_observers(
        self,
        conn: Connection,
        tenant_id: int,
        ruleset: Ruleset,
        known_at: int | None,
        facts: Mapping[str, Facts],
        observers: dict[str, Facts],
    ) -> None:
        """Whoever answers for evidence that asks who they are, and in turn whoever answers for theirs."""
        known = dict(facts)
        waiting = list(known.values())
        seen: set[str] = set()
        while keys := {key for one in waiting for key in _instructors(one.evidence)} - seen:
            seen |= keys
            owners = person_of(conn, tenant_id, map(bytes.fromhex, sorted(keys)), known_at)
            missing = sorted(set(owners.values()) - known.keys())
            roster = self._register.roster(tenant_id=tenant_id, known_at=known_at, people=missing, conn=conn)
            depths = _depths(conn, tenant_id, ruleset, known_at, missing)
            evidence = evidence_about(conn, tenant_id, affected(ruleset), roster.people)
            waiting = [
                Facts(person, evidence.get(id_, ()), roster.sites, depths.get(id_, ()), observers)
                for id_, person in roster.people.items()
            ]
            known |= {one.person.id: one for one in waiting}
            observers |= {key.hex(): known[person] for key, person in owners.items() if person in known}


def _depths(
    conn: Connection, tenant_id: int, ruleset: Ruleset, known_at: int | None, people: Iterable[str]
) -> dict[str, tuple[Depth, ...]]:
    """How many levels report to these people; everybody below them is looked at, so only where a program asks."""
    if not asks_for_depth(ruleset):
        return {}
    return reporting_depths(lines_below(conn, tenant_id, people, known_at))


def _instructors(evidence: Iterable[Evidence]) -> Iterable[str]:
    """Those whose word a rule may look into."""
    for row in evidence:
        if row.instructor and row.is_vouched:
            yield row.instructor


def evidence_about(
    conn: Connection, tenant_id: int, iris: Iterable[str], people: Mapping[str, Person]
) -> dict[str, list[Evidence]]:
    """By person id, all evidence of these people about activities, that which was voided included."""
    activities = {posting_key("activity", iri): iri for iri in iris}
    owners: dict[bytes, list[str]] = {}
    for id_, person in people.items():
        for identifier in person.identifiers:
            owners.setdefault(posting_key("agent", identifier), []).append(id_)
    if not activities or not owners:
        return {}
    sources = keys_of(conn, tenant_id)
    found: dict[str, list[Evidence]] = {}
    e = r.evidence.c
    for agents in batches(owners, _CHUNK):
        for keys in batches(activities, _CHUNK):
            here = (e.tenant_id == tenant_id, e.agent.in_(agents), e.activity.in_(keys))
            for agent, activity, credential_id, *row in conn.execute(ROWS.where(*here)):
                evidence = to_evidence(activities[activity], sources.get(credential_id, NO_KEY), row)
                for owner in owners[agent]:
                    found.setdefault(owner, []).append(evidence)
    return found


_e = r.evidence.c
ROWS: Final = select(
    _e.agent,
    _e.activity,
    _e.credential_id,
    _e.statement_id,
    _e.verb,
    _e.activity_type,
    _e.relation,
    _e.object_type,
    _e.timestamp,
    _e.seq,
    _e.tie,
    _e.voided_seq,
    _e.score_raw,
    _e.score_min,
    _e.score_max,
    _e.score_scaled,
    _e.success,
    _e.completion,
    _e.platform,
    _e.home_page,
    _e.instructor,
    _e.attempt,
    _e.details,
)


def keys_of(conn: Connection, tenant_id: int) -> dict[int, tuple[str | None, str | None]]:
    """Name and authority of every key: how sources are told apart."""
    c = t.credential.c
    rows = conn.execute(select(c.id, c.name, c.authority).where(c.tenant_id == tenant_id))
    return {row.id: (sys.intern(row.name), _authority(row.authority)) for row in rows}


def _authority(text: str) -> str | None:
    return ifi_text(json.loads(text))


def to_evidence(activity: str, source: tuple[str | None, str | None], row: Sequence[Any]) -> Evidence:
    """A stored row of evidence.  source: name and authority of its key; row: the columns of `ROWS` from the statement on.

    Taken one by one, because a decision reads many.
    """
    (
        statement,
        verb,
        activity_type,
        relation,
        object_type,
        at,
        known,
        tie,
        voided,
        raw,
        least,
        most,
        scaled,
        success,
        completion,
        platform,
        home_page,
        instructor,
        attempt,
        details,
    ) = row
    digits = statement.hex()
    return Evidence(
        f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
        verb,
        activity,
        activity_type,
        r.RELATIONS[relation],
        object_type,
        at,
        known,
        tie,
        voided,
        _number(raw),
        _number(least),
        _number(most),
        _number(scaled),
        None if success is None else bool(success),
        None if completion is None else bool(completion),
        *source,
        platform,
        home_page,
        None if instructor is None else instructor.hex(),
        attempt,
        details,
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
