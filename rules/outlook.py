"""What a change of people comes to, looked at inside the transaction that makes it and may be taken back (`lrs.prowess`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from lrs.people import tables as p
from lrs.people.changes import PERSON_CHANGED
from lrs.prowess import Outlook, Prowess, Standing
from lrs.store.tables import DEFAULT_TENANT
from rules import tables as r
from rules.decide import Facts, decide
from rules.decisions.transitions import evidence_used
from rules.facts.projector import concerned
from rules.facts.reader import FactsReader
from rules.language import Ruleset
from rules.published.composition import published_of

_SAID: Final = ("assignment", "progress", "award", "due_on", "met_on", "expires_on")


def outlook(prowess: Prowess, conn: Connection, changed: Collection[str], people: Sequence[str]) -> Outlook:
    """How these people stand, and everybody who is decided again because of those who changed."""
    ruleset = published_of(prowess).current(DEFAULT_TENANT).ruleset
    facts = FactsReader(prowess.database, prowess.people).read_from(conn, DEFAULT_TENANT, ruleset, people)
    now = prowess.clock.now()
    return Outlook(
        {id_: Standing(_evidence(conn, id_), _programs(ruleset, one, now)) for id_, one in facts.items()},
        concerned(conn, DEFAULT_TENANT, PERSON_CHANGED, changed),
    )


def _programs(ruleset: Ruleset, facts: Facts, now: int) -> Mapping[str, Mapping[str, Any]]:
    """By program, what is asked or held, and how many statements that rests on."""
    found: dict[str, Mapping[str, Any]] = {}
    for program_id in (name for level in ruleset.strata for name in level):
        document = decide(ruleset, program_id, facts, as_of=now).as_json()
        if document["assignment"] != "none" or document["award"] != "none":
            found[program_id] = {**{name: document[name] for name in _SAID}, "used": len(evidence_used(document))}
    return found


def _evidence(conn: Connection, person_id: str) -> int:
    """How many statements of somebody are evidence of anything."""
    e, link = r.evidence.c, p.identity_link.c
    mine = select(link.agent).where(
        link.tenant_id == DEFAULT_TENANT, link.person_id == person_id, link.known_to.is_(None)
    )
    query = select(func.count(e.seq.distinct())).where(
        e.tenant_id == DEFAULT_TENANT, e.agent.in_(mine), e.voided_seq.is_(None)
    )
    return conn.scalar(query) or 0
