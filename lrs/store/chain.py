"""The chain of the audit: each line has the hash of the one before it, and one over that and itself, so that an edit shows.

One chain for each tenant, in the order of the ids.  Lines without a hash were written by a version that knew of none; the
chain goes past them.  Whoever can write to the database can also make a chain anew from some line on: that shows only
against a hash that was kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from lrs.store import tables as t

REWRITTEN: Final = "rewritten"
"""The detail of a line of ERASES that says of lines before it, by id, the hash over what they say since: their own hash stays,
for the chain, and no longer tells what somebody who was erased is called."""
ERASES: Final = "people.erase"
COVERED: Final = ("tenant_id", "at", "kind", "name", "address", "action", "subject", "details")
"""The columns of a line that its hash is made of, as they stand in the table; where it stands is what `previous` says."""
_AT_ONCE: Final = 1_000


class Fault(StrEnum):
    """What happened to a line, or in front of it."""

    ALTERED = "altered"
    PUT_IN = "put-in"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold.  line: an id; for REMOVED that of the line which names one that is not there.

    column: where it shows; None for a line that should not be.  stored, right: hashes.
    """

    fault: Fault
    line: int
    column: str | None
    stored: bytes | None
    right: bytes | None
    words: str


@dataclass(frozen=True, slots=True)
class Chain:
    """What a tenant's chain is.  lines: those with a hash.  unchained: ids of those without, of earlier versions.

    head: id and hash of the last line.  hashes, breaks: in the order of the lines.  holds_since: whether a hash that was
    asked for is one of the chain's; True where none was.
    """

    lines: int
    unchained: tuple[int, ...]
    head: tuple[int, bytes] | None
    breaks: tuple[Break, ...]
    holds_since: bool

    @property
    def holds(self) -> bool:
        return not self.breaks and self.holds_since


def hash_of(previous: bytes | None, line: Mapping[str, Any]) -> bytes:
    """SHA-256 of a JSON array in ASCII without spaces: `previous` in hexadecimal, or null, and the columns of COVERED."""
    said = [None if previous is None else previous.hex(), *(line[name] for name in COVERED)]
    return sha256(json.dumps(said, separators=(",", ":")).encode()).digest()


def chained(conn: Connection, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line that is about to be added, as the next of its tenant's chain; whoever adds another waits until the commit."""
    conn.execute(select(t.sequencer.c.id).with_for_update())  # one row for all tenants: nobody waits in a circle
    c = t.audit.c
    here = (c.tenant_id == line["tenant_id"]) & c.hash.is_not(None)
    last = select(c.hash).where(here).order_by(c.id.desc()).limit(1)
    previous = conn.scalar(last)
    return {**line, "previous": previous, "hash": hash_of(previous, line)}


def said(conn: Connection, tenant_id: int, ids: Collection[int]) -> dict[int, bytes]:
    """By id of those lines that have a hash, the hash over what each says now."""
    c = t.audit.c
    rows = conn.execute(select(t.audit).where(c.tenant_id == tenant_id, c.id.in_(ids), c.hash.is_not(None)))
    return {row.id: hash_of(row.previous, row._asdict()) for row in rows}


def rewritten(conn: Connection, tenant_id: int, before: Mapping[int, bytes]) -> dict[str, str]:
    """The detail REWRITTEN of lines that say something else than `before` (`said`)."""
    now = said(conn, tenant_id, before.keys()) if before else {}
    return {str(id_): now[id_].hex() for id_ in sorted(now) if now[id_] != before[id_]}


def examine(conn: Connection, tenant_id: int, *, since: bytes | None = None) -> Chain:
    """Look at every line, from the last to the first.  since: a hash that is to be in the chain."""
    lines, unchained, breaks, head, is_found = 0, [], [], None, since is None
    later: Row[Any] | None = None  # in the chain, behind the line that is looked at
    goal: int | None = None  # the line that `later` follows, where others stand between
    is_later_altered = False
    erased: dict[str, str] = {}
    for row in _backwards(conn, tenant_id):
        made = hash_of(row.previous, row._asdict())
        is_followed = later is not None and later.previous is not None and later.previous in {row.hash, made}
        if row.hash is None and not is_followed:
            unchained.append(row.id)
            continue
        lines += 1
        if later is not None and not is_followed and goal is None:
            goal = _line_of(conn, tenant_id, later)
            if goal is None and not is_later_altered:
                breaks.append(_removed(later, row))
        if goal is not None and row.id > goal:
            assert later is not None
            breaks.append(_put_in(row, later, goal))
            continue
        is_later_altered = row.hash != made and erased.get(str(row.id)) != made.hex()
        if is_later_altered:
            words = f"line {row.id} was altered: its hash is not that of what it says"
            breaks.append(Break(Fault.ALTERED, row.id, "hash", row.hash, made, words))
        elif row.action == ERASES:
            erased = {**json.loads(row.details).get(REWRITTEN, {}), **erased}
        head = head or (row.id, row.hash)
        is_found = is_found or row.hash == since
        later, goal = row, None
    if later is not None and later.previous is not None and not is_later_altered:
        breaks.append(_removed(later, None))
    return Chain(lines, tuple(unchained[::-1]), head, tuple(breaks[::-1]), is_found)


def examine_all(conn: Connection) -> Iterator[tuple[int, Chain]]:
    """The chain of each tenant that has one, with the tenant's number."""
    for tenant_id in conn.scalars(select(t.audit.c.tenant_id).distinct().order_by(t.audit.c.tenant_id)).all():
        yield tenant_id, examine(conn, tenant_id)


def _backwards(conn: Connection, tenant_id: int) -> Iterator[Row[Any]]:
    c = t.audit.c
    query = select(t.audit).where(c.tenant_id == tenant_id).order_by(c.id.desc()).limit(_AT_ONCE)
    rows = conn.execute(query).all()
    while rows:
        yield from rows
        rows = conn.execute(query.where(c.id < rows[-1].id)).all()


def _line_of(conn: Connection, tenant_id: int, later: Row[Any]) -> int | None:
    """The line before `later` whose hash it names, where that is not the one in front of it."""
    if later.previous is None:
        return None
    c = t.audit.c
    query = select(func.max(c.id)).where(c.tenant_id == tenant_id, c.hash == later.previous, c.id < later.id)
    found: int | None = conn.scalar(query)
    return found


def _removed(later: Row[Any], row: Row[Any] | None) -> Break:
    if row is None:
        words, right = f"what stood before line {later.id}, the first, was removed", None
    else:
        words = f"between lines {row.id} and {later.id} something was removed, or line {row.id} was written anew with a hash"
        right = row.hash
    return Break(Fault.REMOVED, later.id, "previous", later.previous, right, words)


def _put_in(row: Row[Any], later: Row[Any], goal: int) -> Break:
    return Break(
        Fault.PUT_IN, row.id, None, row.hash, None, f"line {row.id} was put in: line {later.id} follows {goal}"
    )
