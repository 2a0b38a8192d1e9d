"""The editions of a store in order: what was published when and by whom, and finding an earlier one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from lrs.clock import to_text
from lrs.errors import BadRequest, NotFound
from lrs.yaml_door import load as load_yaml
from rules import tables as r
from rules.language import Ruleset, load_programs
from rules.published.store import program_hash

_SHORTEST = 4
"""Letters of a hash that are enough to name an edition."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One edition.  `number` counts from 1; `restores` is the number of the earlier one it published again."""

    number: int
    applied_seq: int
    hash: str
    by: str | None
    restores: int | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    ladders: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "applied_at": to_text(self.applied_seq),
            "applied_seq": self.applied_seq,
            "hash": self.hash,
            "by": self.by,
            "restores": self.restores,
            "added": self.added,
            "changed": self.changed,
            "withdrawn": self.withdrawn,
            "ladders": self.ladders,
        }


def history(conn: Connection, tenant_id: int) -> list[Entry]:
    """Every edition, the first one first."""
    c = r.ruleset.c
    rows = conn.execute(select(r.ruleset).where(c.tenant_id == tenant_id).order_by(c.applied_seq)).all()
    numbers = {row.applied_seq: place for place, row in enumerate(rows, start=1)}
    found: list[Entry] = []
    before: Ruleset = load_programs([])
    for row in rows:
        documents = [one for file, text in json.loads(row.documents) for one in load_yaml(text, file)]
        ruleset = load_programs(documents, is_published=True)
        here = (
            numbers[row.applied_seq],
            row.applied_seq,
            row.hash.hex(),
            row.applied_by,
            numbers.get(row.restores_seq),
        )
        found.append(Entry(*here, *_differences(before, ruleset)))
        before = ruleset
    return found


def get(entries: list[Entry], name: str | None) -> Entry:
    """The edition of a number or the beginning of a hash; without a name the one before the newest.

    Of several that were the same, the newest.  Raises NotFound, BadRequest.
    """
    if name is None:
        if len(entries) < 2:
            raise NotFound("nothing was published before what is published now", hint="see: prowess history")
        return entries[-2]
    if name.isdecimal() and 1 <= int(name) <= len(entries):
        return entries[int(name) - 1]
    found = [entry for entry in entries if len(name) >= _SHORTEST and entry.hash.startswith(name.lower())]
    if len({entry.hash for entry in found}) > 1:
        raise BadRequest(f"several editions begin with {name}", hint="write more of the hash, or its number")
    if not found:
        raise NotFound(f"there is no edition {name}", hint="its number or the beginning of its hash: prowess history")
    return found[-1]


def _differences(before: Ruleset, after: Ruleset) -> tuple[tuple[str, ...], ...]:
    old, new = _said(before), _said(after)
    return (
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
        tuple(sorted(old.keys() - new.keys())),
        tuple(sorted(_ladders(before, after))),
    )


def _said(ruleset: Ruleset) -> Mapping[str, list[bytes]]:
    return {name: [program_hash(ruleset, one) for one in versions] for name, versions in ruleset.programs.items()}


def _ladders(before: Ruleset, after: Ruleset) -> set[str]:
    names = before.escalations.keys() | after.escalations.keys()
    return {name for name in names if before.escalations.get(name) != after.escalations.get(name)}
