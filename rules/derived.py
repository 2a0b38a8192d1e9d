"""What of the rules follows from the record, and what must hold of the rest (`lrs.verify`).

A ladder's `since` does not: it says since when the ladder holds for a pair, and nothing else remembers that.  So ladders are
looked at anew where they are, and notices and consequences are history.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, delete, select

from lrs.errors import ConfigError
from lrs.feed.feed import rewind
from lrs.feed.items import OURS
from lrs.prowess import Derived
from lrs.store import tables as t
from lrs.verify.finding import RESTORE, Finding, finding
from lrs.xapi.sameness import content_hash
from rules import tables as r
from rules.decide import hash_of
from rules.decisions.emitter import RECORDED
from rules.escalation import tables as e
from rules.facts.projector import CONSUMER
from rules.published.store import list_anew, unlike

if TYPE_CHECKING:
    from lrs.prowess import Prowess

PART: Final = "rules.record"
_UNDECIDED: Final = "mend the cause: who cannot be decided is tried again each minute"
_WHEN: Final = ("as_of", "known_at")


def _said(text: str) -> Mapping[str, Any]:
    """A decision without the instants at which it was made."""
    return {key: value for key, value in json.loads(text).items() if key not in _WHEN}


def _forget(_: Prowess, conn: Connection) -> None:
    for table in (r.evidence, r.decision, r.status, r.dirty):
        conn.execute(delete(table))
    rewind(conn, CONSUMER)


DERIVED: Final = (
    Derived(
        name="rules.programs",
        tables={r.program: {}, r.activity: {}},
        forget=lambda _, conn: list_anew(conn),
    ),
    Derived(
        name=CONSUMER,
        tables={
            r.evidence: {},
            r.decision: {"document": _said, "decided_at": None, "watermark": None, "grounds": None},
            r.status: {},
            e.ladder: {"gen": None},
            r.dirty: {"gen": None, "not_before": None, "attempts": None, "error": None, "since": None},
        },
        lasting=(r.decision_log, r.emission, e.notice, e.consequence),
        forget=_forget,
    ),
)


def check(prowess: Prowess) -> Iterator[Finding]:
    """Editions read as they were published, what was said is what was signed for, and nobody is left undecided."""
    with prowess.database.read(snapshot=True) as conn:
        yield from _editions(conn)
        yield from _log(conn)
        yield from _emissions(conn)
        for row in conn.execute(select(r.dirty).order_by(*r.dirty.primary_key)):
            key = {"person_id": row.person_id, "program_id": row.program_id}
            yield finding(CONSUMER, r.dirty.name, key, "error", row.error, "decided", _UNDECIDED)


def _editions(conn: Connection) -> Iterator[Finding]:
    try:
        for row, found, told in unlike(conn):
            column, right = ("hash", told) if row.hash.hex() != told else ("documents", told)
            stored = row.hash.hex() if column == "hash" else found
            yield _wrong(r.ruleset, {"tenant_id": row.tenant_id, "applied_seq": row.applied_seq}, column, stored, right)
    except ConfigError as why:
        yield _wrong(r.ruleset, {}, "documents", str(why), "programs that can be read")


def _log(conn: Connection) -> Iterator[Finding]:
    log = r.decision_log.c
    for row in conn.execution_options(yield_per=1_000).execute(select(log.id, log.hash, log.document).order_by(log.id)):
        try:
            found = hash_of(json.loads(row.document))
        except ValueError as why:
            found = str(why)
        if found != row.hash.hex():
            yield _wrong(r.decision_log, {"id": row.id}, "document", found, row.hash.hex())


def _emissions(conn: Connection) -> Iterator[Finding]:
    """What was announced stands in the record, as it was announced; and nothing else stands there as ours."""
    em, k, s = r.emission.c, t.statement_key.c, t.statement.c
    query = (
        select(em.tenant_id, em.id, em.body, k.content_hash)
        .outerjoin(t.statement_key, (k.tenant_id == em.tenant_id) & (k.id == em.id))
        .where(em.recorded == RECORDED)
        .order_by(em.tenant_id, em.id)
    )
    for row in conn.execution_options(yield_per=1_000).execute(query):
        key = {"id": str(UUID(bytes=row.id))}
        if row.content_hash is None:
            yield _wrong(t.statement_key, key, None, None, row.id)
        elif content_hash(json.loads(row.body, parse_float=Decimal)) != row.content_hash:
            yield _wrong(r.emission, key, "body", row.body, "the statement that was recorded")
    mine = select(em.id).where(em.tenant_id == s.tenant_id, em.id == s.id).exists()
    for id_ in conn.scalars(select(s.id).where(s.origin == OURS, ~mine).order_by(s.seq)):
        yield _wrong(r.emission, {"id": str(UUID(bytes=id_))}, None, None, id_)


def _wrong(table: Table, key: Mapping[str, Any], column: str | None, stored: object, right: object) -> Finding:
    return finding(PART, table.name, key, column, stored, right, RESTORE)
