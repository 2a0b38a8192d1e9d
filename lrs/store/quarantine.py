"""Statements that are not valid, from senders who want the rest of their batch stored: kept as they came.

An entry's number follows from its credential and its bytes, so a resend adds nothing.  It waits until somebody stores it
(mended, or as it is once Prowess or its mistake has changed) or discards it; a resend does not wake what is settled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, Select, Update, and_, or_, select, update

from lrs.clock import Clock, to_text
from lrs.db import Database
from lrs.errors import BadRequest, Conflict, Forbidden, NotFound
from lrs.logs import get_logger
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.credentials import Credential, Credentials
from lrs.store.statements import Intake, Statements
from lrs.xapi.intake import SetAside, prepare
from lrs.xapi.pairing import refuse_missing_data
from lrs.xapi.problems import Flaw, StatementInvalid
from lrs.xapi.versions import Version

log = get_logger(__name__)

WAITING: Final = "waiting"
STORED: Final = "stored"
DISCARDED: Final = "discarded"
STATES: Final = (WAITING, STORED, DISCARDED)
ALL: Final = "all"
"""Stands for every state where entries are listed."""

_STAYS: Final = "a settled entry stays as it is"
_NAMESPACE: Final = UUID("3deb1ff7-6313-5b8d-a914-bfe6d51eda55")
"""Of the ids that statements get from what they say."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement set aside.  place: its index in its batch.  flaws: as the sender was told, paths from the batch.

    Instants are in microseconds.  statement_id: the id it was answered with, and has once it is stored.
    """

    id: UUID
    tenant_id: int
    credential_id: int
    source: str
    received_at: int
    version: Version
    place: int
    statement_id: UUID
    body: bytes
    flaws: Sequence[Mapping[str, Any]]
    state: str
    settled_at: int | None

    @property
    def flawed(self) -> frozenset[str]:
        """The JSON paths of its flaws, from the statement itself."""
        return frozenset("$" + flaw["path"].removeprefix("$").removeprefix(f"[{self.place}]") for flaw in self.flaws)

    def facts(self) -> dict[str, Any]:
        """What may be said of it, as JSON; its statement apart."""
        return {
            "id": str(self.id),
            "statement_id": str(self.statement_id),
            "key": self.source,
            "version": self.version.header,
            "received": to_text(self.received_at),
            "place": self.place,
            "flaws": self.flaws,
            "state": self.state,
            "settled": None if self.settled_at is None else to_text(self.settled_at),
        }


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, the latest first.  following: the `before` of the page after it; None when this is the last."""

    entries: Sequence[Entry]
    following: str | None


class Quarantine:
    """What was set aside, and what becomes of it."""

    def __init__(self, database: Database, clock: Clock, statements: Statements, credentials: Credentials) -> None:
        self._database = database
        self._clock = clock
        self._statements = statements
        self._credentials = credentials

    def keeping(
        self, credential: Credential, version: Version, set_aside: Sequence[SetAside]
    ) -> Callable[[Connection], None] | None:
        """What writes these down inside a commit, for `Intake.also`; None when there are none."""
        if not set_aside:
            return None
        now = self._clock.now()
        rows = {entry_id(credential, one.source): one for one in set_aside}
        put = self._database.dialect.insert(t.quarantine).on_conflict_do_nothing()

        def keep(conn: Connection) -> None:
            values = [_values(id_, credential, version, one, now) for id_, one in rows.items()]
            for row in values:
                known = self._statements.erasures.set_aside(credential.tenant_id, row["bytes"], row["flaws"])
                row["bytes"], row["flaws"] = known
            conn.execute(put, values)

        return keep

    def page(self, tenant_id: int, state: str = WAITING, *, before: str | None = None, limit: int = 50) -> Page:
        """Up to `limit` entries in a state, or ALL; from where an earlier page ended.  Raises BadRequest."""
        c = t.quarantine.c
        query = _ENTRIES.where(c.tenant_id == tenant_id).order_by(c.received_at.desc(), c.id.desc()).limit(limit + 1)
        if state != ALL:
            query = query.where(c.state == state)
        if before:
            received_at, id_ = _load_place(before)
            same_instant = and_(c.received_at == received_at, c.id < id_.bytes)
            query = query.where(or_(c.received_at < received_at, same_instant))
        with self._database.read() as conn:
            entries = [_entry(row) for row in conn.execute(query)]
        page = entries[:limit]
        return Page(page, _place_text(page[-1]) if len(entries) > limit else None)

    def get(self, tenant_id: int, id_: UUID) -> Entry:
        """Raises NotFound."""
        query = _ENTRIES.where(t.quarantine.c.tenant_id == tenant_id, t.quarantine.c.id == id_.bytes)
        with self._database.read() as conn:
            row = conn.execute(query).first()
        if row is None:
            raise NotFound(f"nothing in quarantine is {id_}", hint="see: prowess statements quarantine list")
        return _entry(row)

    def replay(self, entry: Entry) -> Entry:
        """Store it as it came, now that it can be.  Raises StatementInvalid with what is wrong now, Conflict."""
        demand_waiting(entry)
        try:
            return self._store(entry, entry.body, "quarantine.replay")
        except StatementInvalid as why:
            found = _settling(entry).values(flaws=_flaws_text(why.flaws))
            self._database.write(lambda conn: conn.execute(found))
            raise

    def fix(self, entry: Entry, body: bytes) -> Entry:
        """Store this instead, under the id that the sender was told.  Raises StatementInvalid, BadRequest, Conflict."""
        demand_waiting(entry)
        return self._store(entry, body, "quarantine.fix")

    def discard(self, entry: Entry) -> Entry:
        """Settle it without storing anything.  Raises Conflict when it is settled."""
        demand_waiting(entry)
        now = self._clock.now()
        change = _settling(entry).values(state=DISCARDED, settled_at=now)
        note = _noting(entry, "quarantine.discard", now)

        def commit(conn: Connection) -> bool:
            if is_mine := conn.execute(change).rowcount == 1:
                note(conn)
            return is_mine

        is_mine = self._database.write(commit)
        settled = self.get(entry.tenant_id, entry.id)
        if not is_mine:
            demand_waiting(settled)
        log.info("quarantine settled", entry=str(entry.id), state=DISCARDED)
        return settled

    def _store(self, entry: Entry, body: bytes, act: str) -> Entry:
        credential = self._credentials.get(entry.credential_id)
        batch = prepare(
            body,
            version=entry.version,
            authority=credential.authority,
            new_id=lambda: entry.statement_id,
            statement_id=entry.statement_id,
            admit=refuse_missing_data,
        )
        if any(one.voids for one in batch) and not credential.may("void"):
            raise Forbidden(f"the key '{credential.name}' may not void", hint="void with a key that has the scope void")
        now = self._clock.now()
        stored = _settling(entry).values(state=STORED, settled_at=now)
        note = _noting(entry, act, now)

        def settle(conn: Connection) -> None:
            if not conn.execute(stored).rowcount:
                raise Conflict("this entry was settled meanwhile", hint=_STAYS)
            note(conn)

        intake = Intake(entry.tenant_id, credential.id, batch.statements, entry.version, also=settle)
        try:
            self._statements.record(intake)
        except Conflict:
            demand_waiting(self.get(entry.tenant_id, entry.id))
            raise
        log.info("quarantine settled", entry=str(entry.id), state=STORED)
        return self.get(entry.tenant_id, entry.id)


def content_id(credential: Credential, content: bytes, timestamp: int | None) -> UUID:
    """The id of a statement without one from what it says, and when where it says so; each key has its own."""
    moment = "-" if timestamp is None else str(timestamp)
    return uuid5(_NAMESPACE, f"{credential.tenant_id} {credential.id} {content.hex()} {moment}")


def set_aside_id(credential: Credential, source: bytes) -> UUID:
    """The statement id of bytes that have none of their own."""
    return uuid5(_NAMESPACE, f"aside {entry_id(credential, source)}")


def entry_id(credential: Credential, source: bytes) -> UUID:
    """The number of an entry: equal bytes of one credential are one entry."""
    return uuid5(_NAMESPACE, f"entry {credential.tenant_id} {credential.id} {hashlib.sha256(source).hexdigest()}")


def _load_place(text: str) -> tuple[int, UUID]:
    """The place that `_place_text` wrote.  Raises BadRequest."""
    received_at, _, id_ = text.partition("-")
    try:
        if not (received_at.isascii() and received_at.isdigit() and len(received_at) < 18):
            raise ValueError(received_at)
        return int(received_at), UUID(hex=id_)
    except ValueError as error:
        raise BadRequest("'before' is not a place in this list", hint="start again without it") from error


def _place_text(entry: Entry) -> str:
    """Where a page that ends with this entry ends."""
    return f"{entry.received_at}-{entry.id.hex}"


_ENTRIES: Select[Any] = select(t.quarantine, t.credential.c.name.label("source")).join(
    t.credential, t.credential.c.id == t.quarantine.c.credential_id
)


def _values(id_: UUID, credential: Credential, version: Version, one: SetAside, now: int) -> dict[str, Any]:
    return {
        "id": id_.bytes,
        "tenant_id": credential.tenant_id,
        "credential_id": credential.id,
        "received_at": now,
        "version": version.value,
        "place": one.place,
        "statement_id": one.id.bytes,
        "bytes": one.source,
        "flaws": _flaws_text(one.flaws),
        "state": WAITING,
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        UUID(bytes=row.id),
        row.tenant_id,
        row.credential_id,
        row.source,
        row.received_at,
        Version(row.version),
        row.place,
        UUID(bytes=row.statement_id),
        row.bytes,
        json.loads(row.flaws),
        row.state,
        row.settled_at,
    )


def demand_waiting(entry: Entry) -> None:
    if entry.state != WAITING:
        raise Conflict(f"this entry is {entry.state} already", hint=_STAYS)


def _settling(entry: Entry) -> Update:
    """Changes no row when somebody has settled the entry since it was looked at."""
    return update(t.quarantine).where(t.quarantine.c.id == entry.id.bytes, t.quarantine.c.state == WAITING)


def _noting(entry: Entry, act: str, now: int) -> Callable[[Connection], None]:
    """What keeps in the audit what became of an entry, in whoever's thread; who asks is read here and now."""
    told, by = {"key": entry.source, "statement": str(entry.statement_id)}, audit.asker()

    def keep(conn: Connection) -> None:
        audit.record(conn, act, str(entry.id), told, at=now, tenant_id=entry.tenant_id, by=by)

    return keep


def _flaws_text(flaws: Sequence[Flaw]) -> str:
    return json.dumps([asdict(flaw) for flaw in flaws], ensure_ascii=False)
