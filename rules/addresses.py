"""The addresses by which programs look for activities: who asks for them, and what was heard under another in their stead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, select

from lrs.store import tables as t
from lrs.xapi.postings import posting_key
from rules.decide import affected
from rules.language import Ruleset
from rules.likeness import Likeness, alike

MOST_HEARD: Final = 100_000
"""An address is looked for among so many, so that a store with an activity for each page somebody wrote is no trouble."""


@dataclass(frozen=True, slots=True)
class Address:
    """An IRI of activities, and the programs whose verdicts may change by what is said of it."""

    iri: str
    activities: tuple[str, ...]
    programs: tuple[str, ...]


@lru_cache(maxsize=64)
def addresses(ruleset: Ruleset) -> Mapping[str, Address]:
    """Every IRI that activities of a ruleset name."""
    readers = affected(ruleset)
    names: dict[str, list[str]] = {}
    for activity in ruleset.activities.values():
        for iri in dict.fromkeys(one.iri for one in activity.iris):
            names.setdefault(iri, []).append(activity.id)
    return {iri: Address(iri, tuple(found), tuple(sorted(readers.get(iri, ())))) for iri, found in names.items()}


def heard_instead(
    conn: Connection, tenant_id: int, named: Collection[str], silent: Collection[str]
) -> dict[str, Likeness]:
    """For silent addresses the nearest of those that statements are about and no program names."""
    if not silent:
        return {}
    c = t.term.c
    heard = conn.scalars(select(c.text).where(c.tenant_id == tenant_id, c.kind == "activity").limit(MOST_HEARD))
    found = alike(silent, (iri for iri in heard if iri not in named))
    nearest = {
        iri: next((one for one in likenesses if _is_object(conn, tenant_id, one.iri)), None)
        for iri, likenesses in found.items()
    }
    return {iri: likeness for iri, likeness in nearest.items() if likeness is not None}


def _is_object(conn: Connection, tenant_id: int, iri: str) -> bool:
    """Whether any statement is about an address, and does not only name it beside what it is about."""
    c = t.posting.c
    here = select(c.seq).where(c.tenant_id == tenant_id, c.key == posting_key("activity", iri), c["class"] == t.DIRECT)
    return conn.execute(here.limit(1)).first() is not None
