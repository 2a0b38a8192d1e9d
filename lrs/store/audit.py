"""Who administered what, when and from where: one table that is only ever added to, in the transaction of the act itself.

Whoever acts calls `record` inside its write.  Who is asking comes from the surroundings, which say so once: a request
(`lrs.http.requests`), the command line (`lrs.cli`), and else Prowess itself.  Details are public facts: never a secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select

from lrs.clock import to_text
from lrs.db import Database
from lrs.store import tables as t
from lrs.store.chain import chained

ACCOUNT, KEY, COMMAND, PROWESS = "account", "key", "command", "prowess"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who acts.  kind: ACCOUNT, KEY, COMMAND (name: the user of the operating system) or PROWESS.

    address: of the client, or the name of the machine where a command ran.
    """

    kind: str
    name: str
    address: str | None = None


COLUMNS: Final = ("id", "at", "kind", "name", "address", "action", "subject", "details", "hash")
"""Of a line as a row of a file."""
_AT_ONCE: Final = 1_000
_NOBODY: Final = Asker(PROWESS, "prowess")
_asking: ContextVar[Callable[[], Asker] | None] = ContextVar("asking", default=None)


@dataclass(frozen=True, slots=True)
class Line:
    """One act.  at: microseconds.  subject: the name of what was acted on.  hash: None of what an earlier version wrote."""

    id: int
    at: int
    by: Asker
    action: str
    subject: str
    details: Mapping[str, Any]
    hash: bytes | None

    @property
    def brief(self) -> Mapping[str, Any]:
        """The details as people read them: of a mapping only how much is in it."""
        return {name: len(value) if isinstance(value, Mapping) else value for name, value in self.details.items()}

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "id": self.id,
            "at": to_text(self.at),
            "kind": self.by.kind,
            "name": self.by.name,
            "address": self.by.address,
            "action": self.action,
            "subject": self.subject,
            "details": self.details,
            "hash": None if self.hash is None else self.hash.hex(),
        }

    def cells(self) -> list[str | int | None]:
        """As a row of a file, in the order of COLUMNS; details as JSON."""
        found = {**self.facts(), "details": json.dumps(self.details, ensure_ascii=False)}
        return [found[name] for name in COLUMNS]


def asked_by(ask: Callable[[], Asker]) -> Callable[[], None]:
    """Say who asks from here on in this context; returns what takes it back."""
    token = _asking.set(ask)
    return lambda: _asking.reset(token)


def asker() -> Asker:
    """Who asks here and now."""
    ask = _asking.get()
    return _NOBODY if ask is None else ask()


def record(
    conn: Connection,
    action: str,
    subject: str,
    details: Mapping[str, Any] | None = None,
    *,
    at: int,
    tenant_id: int = t.DEFAULT_TENANT,
    by: Asker | None = None,
) -> None:
    """Keep one act, last in the write that does it: others wait with theirs until the commit.

    by: where the write runs in somebody else's context.
    """
    by = by or asker()
    row = {
        "tenant_id": tenant_id,
        "at": at,
        "kind": by.kind,
        "name": by.name[:200],
        "address": by.address and by.address[:255],
        "action": action,
        "subject": subject,
        "details": json.dumps(details or {}, ensure_ascii=False),
    }
    conn.execute(insert(t.audit), chained(conn, row))


def lines(
    database: Database, tenant_id: int, *, limit: int, since: int | None = None, before: int | None = None
) -> list[Line]:
    """The latest acts first.  since: microseconds.  before: the id of a line, for the page behind it."""
    c = t.audit.c
    query = select(t.audit).where(c.tenant_id == tenant_id).order_by(c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(c.at >= since)
    if before is not None:
        query = query.where(c.id < before)
    with database.read() as conn:
        return [_line(row) for row in conn.execute(query)]


def every_line(database: Database, tenant_id: int) -> Iterator[Line]:
    """All acts, the latest first, however many: so many are read at once."""
    before: int | None = None
    while found := lines(database, tenant_id, limit=_AT_ONCE, before=before):
        yield from found
        before = found[-1].id


def _line(row: Row[Any]) -> Line:
    by = Asker(row.kind, row.name, row.address)
    return Line(row.id, row.at, by, row.action, row.subject, json.loads(row.details), row.hash)
