"""What the store does not derive and must keep as it came: statements, data, documents, people; each held to itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select

from lrs.errors import BadRequest, Unavailable
from lrs.people import tables as p
from lrs.people.changes import PERSON_CHANGED, SITE_CHANGED
from lrs.store import tables as t
from lrs.store.chain import examine_all
from lrs.store.documents import Content, name_key
from lrs.store.statements import SCRUBBED
from lrs.verify.finding import RESTORE, Finding, finding
from lrs.xapi.attachment import HASHES, attachments_of
from lrs.xapi.edit import json_text
from lrs.xapi.intake import ASSIGNED_TIMESTAMP, Prepared, prepare
from lrs.xapi.postings import posting_key
from lrs.xapi.problems import ROOT
from lrs.xapi.sameness import HASH_VERSION
from lrs.xapi.versions import Version

if TYPE_CHECKING:
    from lrs.prowess import Prowess

PART: Final = "lrs.record"
COPY: Final = "it is not the data that was sent: take it from a copy of the place where attachments live"
AUDIT: Final = "prowess audit verify says which lines; what they said is in a backup"
_ROWS: Final = 1_000

Said = tuple[Table, str, object, object]
"""A column, what stands in it, and what should."""


def check_record(prowess: Prowess) -> Iterator[Finding]:
    """Everything that can be told of the record from the record alone."""
    with prowess.database.read(snapshot=True) as conn:
        yield from _statements(conn)
        yield from _leftovers(conn)
        yield from _attachments(conn)
        yield from _documents(conn)
        yield from _people(conn)
        yield from _audit(conn)
    yield from _data(prowess)


def _found(
    table: Table, key: Mapping[str, Any], column: str | None, stored: object, right: object, mend: str = RESTORE
) -> Finding:
    return finding(PART, table.name, key, column, stored, right, mend)


def _statements(conn: Connection) -> Iterator[Finding]:
    """The bytes are taken in once more, as from a sender; id, hash, instant, target and authority follow from them."""
    authorities = {row.id: json.loads(row.authority) for row in conn.execute(select(t.credential))}
    s, k = t.statement.c, t.statement_key.c
    query = (
        select(t.statement, t.body.c.bytes, k.seq.label("key_seq"), k.content_hash, k.hash_version)
        .outerjoin(t.body, t.body.c.seq == s.seq)
        .outerjoin(t.statement_key, and_(k.tenant_id == s.tenant_id, k.id == s.id))
        .order_by(s.seq)
    )
    for row in conn.execution_options(yield_per=_ROWS).execute(query):
        key = {"seq": row.seq, "id": _uuid(row.id)}
        if row.bytes is None or row.key_seq is None:
            yield _found(t.body if row.bytes is None else t.statement_key, key, None, None, row.id)
            continue
        try:
            prepared = _read(row.bytes)
        except (BadRequest, ValueError) as why:
            yield _found(t.body, key, "bytes", f"no statement: {why}", "a statement")
            continue
        if prepared.body != row.bytes:
            yield _found(t.body, key, "bytes", row.bytes, prepared.body)
        for table, column, stored, right in _following(row, prepared, authorities.get(row.credential_id)):
            if stored != right:
                yield _found(table, key, column, stored, right)
        yield from _unnamed_data(conn, row, prepared)


def _read(body: bytes) -> Prepared:
    """What a stored statement is, read on the line on which it comes out as it is, else on the later one.

    Raises BadRequest, ValueError for what is no statement.
    """
    said = json.loads(body)
    if not isinstance(said, dict) or "authority" not in said:
        raise ValueError("nobody vouches for it")
    authority = said["authority"]
    try:
        (earlier,) = prepare(body, version=Version.V1_0_3, authority=authority, new_id=_no_id)
    except BadRequest:
        pass
    else:
        if earlier.body == body:
            return earlier
    (later,) = prepare(body, version=Version.V2_0, authority=authority, new_id=_no_id)
    return later


def _no_id() -> UUID:
    raise ValueError("it has no id")


def _following(row: Row[Any], prepared: Prepared, authority: Any) -> Iterator[Said]:
    """What follows from the bytes; of a statement hashed in an earlier way the hash is not known."""
    yield t.statement, "id", _uuid(row.id), str(prepared.id)
    yield t.statement, "assigned", bool(row.assigned & ASSIGNED_TIMESTAMP), prepared.timestamp is None
    yield t.statement, "timestamp", row.timestamp, row.seq if prepared.timestamp is None else prepared.timestamp
    yield t.statement, "voids", _uuid(row.voids), str(prepared.voids) if prepared.voids else None
    yield t.statement_key, "seq", row.key_seq, row.seq
    if row.hash_version in (HASH_VERSION, SCRUBBED):
        yield t.body, "content", prepared.content_hash, row.content_hash
    yield t.body, "authority", json_text(prepared.statement["authority"]), json_text(authority)


def _unnamed_data(conn: Connection, row: Row[Any], prepared: Prepared) -> Iterator[Finding]:
    """Data that is here by the hash that a statement gives, and that the statement is not said to have come with."""
    said = {one["sha2"].lower() for _, one in attachments_of(prepared.statement, ROOT)}
    named = t.attachment.c
    if said:
        said -= {sha2.lower() for sha2 in conn.scalars(select(named.sha2).where(named.seq == row.seq))}
    for sha2 in sorted(said):
        here = (t.blob.c.tenant_id == row.tenant_id) & (t.blob.c.sha256 == bytes.fromhex(sha2))
        if conn.scalar(select(t.blob.c.size).where(here)) is not None:
            yield _found(t.attachment, {"seq": row.seq, "sha2": sha2}, None, None, sha2)


def _leftovers(conn: Connection) -> Iterator[Finding]:
    """Rows of statements that are not there, and numbers that were given twice."""
    statement = t.statement.c
    for table in (t.body, t.statement_key, t.attachment):
        there = select(statement.seq).where(statement.seq == table.c.seq).exists()
        for seq in conn.scalars(select(table.c.seq).where(~there).order_by(table.c.seq)):
            yield _found(table, {"seq": seq}, None, seq, None)
    twice = select(t.event.c.seq).where(select(statement.seq).where(statement.seq == t.event.c.seq).exists())
    for seq in conn.scalars(twice.order_by(t.event.c.seq)):
        yield _found(t.event, {"seq": seq}, "seq", seq, "a number that no statement has")


def _attachments(conn: Connection) -> Iterator[Finding]:
    """What a statement is said to have come with stands in it, in these words."""
    a = t.attachment.c
    query = (
        select(t.attachment, t.body.c.bytes, t.statement.c.tenant_id.label("owner"))
        .join(t.body, t.body.c.seq == a.seq)
        .join(t.statement, t.statement.c.seq == a.seq)
        .order_by(a.seq, a.place)
    )
    for row in conn.execution_options(yield_per=_ROWS).execute(query):
        key = {"seq": row.seq, "place": row.place}
        try:
            said = [one for _, one in attachments_of(json.loads(row.bytes), ROOT)]
            types = {one["sha2"]: one["contentType"] for one in reversed(said)}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if row.sha2 not in types:
            yield _found(t.attachment, key, "sha2", row.sha2, sorted(types))
        elif row.content_type != types[row.sha2]:
            yield _found(t.attachment, key, "content_type", row.content_type, types[row.sha2])
        if row.tenant_id != row.owner:
            yield _found(t.attachment, key, "tenant_id", row.tenant_id, row.owner)


def _data(prowess: Prowess) -> Iterator[Finding]:
    """The data itself, wherever it lives, by both hashes: ours and its sender's."""
    a, b = t.attachment.c, t.blob.c
    query = (
        select(a.tenant_id, a.sha256, a.sha2, b.size)
        .distinct()
        .outerjoin(t.blob, (b.tenant_id == a.tenant_id) & (b.sha256 == a.sha256))
        .order_by(a.tenant_id, a.sha256, a.sha2)
    )
    with prowess.database.read(snapshot=True) as conn:
        rows = conn.execute(query).all()
    for row in rows:
        key = {"tenant_id": row.tenant_id, "sha256": row.sha256}
        if row.size is None:
            yield _found(t.blob, key, None, None, row.sha256)
            continue
        ours, theirs, size = sha256(), HASHES[len(row.sha2)](), 0
        try:
            for piece in prowess.attachments.pieces(row.tenant_id, row.sha256):
                ours.update(piece)
                theirs.update(piece)
                size += len(piece)
        except Unavailable as why:
            yield _found(t.blob, key, "data", why.message, "there", COPY)
            continue
        for column, stored, right in (
            ("data", ours.digest(), row.sha256),
            ("data", theirs.hexdigest(), row.sha2.lower()),
            ("size", row.size, size),
        ):
            if stored != right:
                yield _found(t.blob, key, column, stored, right, COPY)
                break


def _documents(conn: Connection) -> Iterator[Finding]:
    d = t.document
    for row in conn.execution_options(yield_per=_ROWS).execute(select(d).order_by(*d.primary_key)):
        key = {column.name: getattr(row, column.name) for column in d.primary_key}
        if row.name_key != name_key(row.name):
            yield _found(d, key, "name_key", row.name_key, name_key(row.name))
        etag = Content(row.content_type, row.bytes).etag
        if row.etag != etag:
            yield _found(d, key, "etag", row.etag, etag)


def _people(conn: Connection) -> Iterator[Finding]:
    """What is known of people is known from a fact of the feed on, and until another one."""
    for table in (p.person, p.position, p.manager, p.leave, p.identity_link, p.merged, p.told, p.site):
        kind, ref = (SITE_CHANGED, table.c.site_id) if table is p.site else (PERSON_CHANGED, table.c.person_id)
        for column in (table.c.known_from, table.c.known_to):
            query = select(table).where(column.is_not(None), ~_is_fact(table, column, kind, ref))
            for row in conn.execute(query.order_by(*table.primary_key)):
                stored = getattr(row, column.name)
                yield _found(table, _key(table, row), column.name, stored, "the number of a fact of the feed")
    links = p.identity_link
    for row in conn.execute(select(links).order_by(*links.primary_key)):
        if row.agent != posting_key("agent", row.ifi):
            yield _found(links, _key(links, row), "agent", row.agent, posting_key("agent", row.ifi))


def _audit(conn: Connection) -> Iterator[Finding]:
    for tenant_id, chain in examine_all(conn):
        for one in chain.breaks:
            key = {"tenant_id": tenant_id, "id": one.line}
            yield _found(t.audit, key, one.column, one.stored, one.right, AUDIT)


def _is_fact(table: Table, seq: ColumnElement[Any], kind: str, ref: ColumnElement[Any]) -> ColumnElement[bool]:
    e = t.event.c
    return select(e.seq).where(e.seq == seq, e.tenant_id == table.c.tenant_id, e.kind == kind, e.ref == ref).exists()


def _key(table: Table, row: Row[Any]) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in table.primary_key}


def _uuid(id_: bytes | None) -> str | None:
    return None if id_ is None else str(UUID(bytes=id_))
