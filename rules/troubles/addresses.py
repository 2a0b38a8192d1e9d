"""The addresses by which programs look for activities: who asks for them, and what was heard under another in their stead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from lrs.store import tables as t
from lrs.xapi.postings import posting_key
from rules.decide import affected
from rules.language import Ruleset
from rules.troubles.likeness import HOST, Likeness, alike

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
    conn: Connection,
    tenant_id: int,
    named: Collection[str],
    silent: Collection[str],
    used: Collection[str] = (),
    *,
    since: int = 0,
) -> dict[str, Likeness]:
    """For addresses that are looked for the nearest of those that statements are about and no program names.

    silent: addresses that no statement names.  used: those that some do; beside them only another way to write the same
    counts, and only if a statement about it came since a feed number, for what its sender has mended is nobody's trouble.
    """
    if not silent and not used:
        return {}
    c = t.term.c
    heard = conn.scalars(select(c.text).where(c.tenant_id == tenant_id, c.kind == "activity").limit(MOST_HEARD))
    found = alike([*silent, *used], (iri for iri in heard if iri not in named))
    nearest = {
        iri: next(
            (
                one
                for one in likenesses
                if (iri in silent or one.is_one_address)
                and _is_object(conn, tenant_id, one.iri, 0 if iri in silent else since)
            ),
            None,
        )
        for iri, likenesses in found.items()
    }
    return {iri: likeness for iri, likeness in nearest.items() if likeness is not None}


def meant(conn: Connection, tenant_id: int, asked: Collection[str], heard: Collection[str]) -> dict[str, Likeness]:
    """For addresses that statements are about and no program names the nearest of those that programs ask for.

    The other side of `heard_instead`; another host is left out, for that takes all addresses to judge.
    """
    found: dict[str, Likeness] = {}
    for iri, likenesses in alike(asked, heard).items():
        near = [one for one in likenesses if HOST not in one.slips]
        if not all(one.is_one_address for one in near) and _is_named(conn, tenant_id, iri):
            near = [one for one in near if one.is_one_address]
        for one in near:
            likeness = Likeness(iri, one.slips)
            found[one.iri] = min(found.get(one.iri, likeness), likeness, key=lambda other: (other.weight, other.iri))
    return found


def _is_object(conn: Connection, tenant_id: int, iri: str, since: int) -> bool:
    """Whether any statement is about an address, and does not only name it beside what it is about."""
    c = t.posting.c
    return _is_named(conn, tenant_id, iri, c["class"] == t.DIRECT, c.seq >= since)


def _is_named(conn: Connection, tenant_id: int, iri: str, *how: ColumnElement[bool]) -> bool:
    c = t.posting.c
    here = select(c.seq).where(c.tenant_id == tenant_id, c.key == posting_key("activity", iri), *how)
    return conn.execute(here.limit(1)).first() is not None
