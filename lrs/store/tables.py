"""The record store's tables.

`seq` is the statement's `stored` instant in microseconds and its place in the feed (data-model 1).  Ids are 16 bytes,
index keys are 16-byte digests (a 4 kB IRI breaks a b-tree), every key that is not a feed number starts with the tenant.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from lrs.xapi.postings import Posting

NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}

metadata = MetaData(naming_convention=NAMING)

Seq = BigInteger().with_variant(Integer, "sqlite")
"""A feed number; on SQLite plain INTEGER, so that a lone primary key is the rowid."""

DEFAULT_TENANT = 1
DIRECT, RELATED = 0, 1


def class_of(posting: Posting) -> int:
    """Under which class a posting stands in the index."""
    return DIRECT if posting.direct else RELATED


tenant = Table(
    "tenant",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(63), nullable=False, unique=True),
)

sequencer = Table(
    "sequencer",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("floor", Seq, nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("ref", Text, nullable=False),
)

statement_key = Table(
    "statement_key",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("seq", Seq, nullable=False),
    Column("content_hash", LargeBinary(32), nullable=False),
    Column("hash_version", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

statement = Table(
    "statement",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("id", LargeBinary(16), nullable=False),
    Column("credential_id", Integer, nullable=False),
    Column("origin", SmallInteger, nullable=False),
    Column("assigned", SmallInteger, nullable=False),
    Column("timestamp", Seq, nullable=False),
    Column("claimed_stored", Seq),
    Column("voids", LargeBinary(16)),
    Column("voided_seq", Seq),
    Index("ix_statement_tenant_id_seq", "tenant_id", "seq"),
    Index("ix_statement_credential_id_seq", "credential_id", "seq"),
)

body = Table(
    "body",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("codec", SmallInteger, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
)

posting = Table(
    "posting",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("class", SmallInteger, primary_key=True),
    Column("seq", Seq, primary_key=True),
    sqlite_with_rowid=False,
)

term = Table(
    "term",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

ref = Table(
    "ref",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("target_id", LargeBinary(16), primary_key=True),
    Column("src_seq", Seq, primary_key=True),
    Index("ix_ref_src_seq", "src_seq"),
    sqlite_with_rowid=False,
)

inherited = Table(
    "inherited",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("seq", Seq, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("class", SmallInteger, primary_key=True),
    sqlite_with_rowid=False,
)

ref_pending = Table(
    "ref_pending",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("seq", Seq, primary_key=True),
    Column("passed", Seq, nullable=False),
    sqlite_with_rowid=False,
)
"""Targets whose keys the referrers after `passed` lack so far."""

ref_unbounded = Table(
    "ref_unbounded",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("seq", Seq, primary_key=True),
    sqlite_with_rowid=False,
)
"""Targets with more keys than are copied: their referrers are found through them at read time, for good."""

void_wait = Table(
    "void_wait",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("target_id", LargeBinary(16), primary_key=True),
    Column("seq", Seq, primary_key=True),
    sqlite_with_rowid=False,
)

consumer = Table(
    "consumer",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("cursor", Seq, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("lease_until", Seq),
)

parked = Table(
    "parked",
    metadata,
    Column("consumer", String(63), primary_key=True),
    Column("seq", Seq, primary_key=True),
    Column("error", Text, nullable=False),
    Column("parked_at", Seq, nullable=False),
)

credential = Table(
    "credential",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("name", String(200), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("created_at", Seq, nullable=False),
    Column("expires_at", Seq),
    Column("revoked_at", Seq),
    Column("last_used_at", Seq),
    Column("former_hash", LargeBinary(32)),
    Column("former_until", Seq),
    Column("bad_statements", String(12), nullable=False, server_default="refuse"),
    Column("missing_ids", String(12), nullable=False, server_default="random"),
    UniqueConstraint("tenant_id", "name"),
)

server_secret = Table(
    "server_secret",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("username", String(120), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", String(20), nullable=False),
    Column("person_id", Text),
    Column("created_at", Seq, nullable=False),
    Column("disabled_at", Seq),
    UniqueConstraint("tenant_id", "username"),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_id", Integer, nullable=False),
    Column("created_at", Seq, nullable=False),
    Column("expires_at", Seq, nullable=False),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Seq, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("at", Seq, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", String(255)),
    Column("action", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", LargeBinary(32)),
    Column("hash", LargeBinary(32)),
    Index("ix_audit_tenant_id_id", "tenant_id", "id"),
)
"""Acts of administration; rows are added and never changed (`lrs.store.audit`), which `lrs.store.chain` shows.

previous: the hash of the tenant's line before; NULL in the first.  hash: over it and the line; NULL where an earlier version wrote it.
"""

document = Table(
    "document",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("kind", SmallInteger, primary_key=True, autoincrement=False),
    Column("owner", LargeBinary(16), primary_key=True),
    Column("registration", LargeBinary(16), primary_key=True),
    Column("name_key", LargeBinary(16), primary_key=True),
    Column("agent", LargeBinary(16)),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("etag", String(40), nullable=False),
    Column("updated", Seq, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Index("ix_document_tenant_id_agent", "tenant_id", "agent"),
    Index("ix_document_updated", "updated"),
)
"""State, agent profile and activity profile documents.  owner: digest of the activity, the agent, or both.

updated: a number of the feed's sequencer, though documents are not in the feed; the next number is beyond it.
"""

blob = Table(
    "blob",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Seq, nullable=False),
    sqlite_with_rowid=False,
)
"""Attachment data by our own digest, announced before it is written; whole and safe once an attachment names it."""

blob_chunk = Table(
    "blob_chunk",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

attachment = Table(
    "attachment",
    metadata,
    Column("seq", Seq, primary_key=True, autoincrement=False),
    Column("place", SmallInteger, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("sha2", String(128), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("content_type", Text, nullable=False),
    Index("ix_attachment_tenant_id_sha256", "tenant_id", "sha256"),
)
"""Which statement came with which data.  sha2: as its sender wrote it."""

canonical = Table(
    "canonical",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("owner_id", Integer),
    Column("seq", Seq, nullable=False),
)
"""What all statements together say of an activity, a verb or an agent.  owner_id: the credential that defined it."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("credential_id", Integer, nullable=False),
    Column("received_at", Seq, nullable=False),
    Column("version", String(8), nullable=False),
    Column("place", Integer, nullable=False),
    Column("statement_id", LargeBinary(16), nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    Column("flaws", Text, nullable=False),
    Column("state", String(12), nullable=False),
    Column("settled_at", Seq),
    Index("ix_quarantine_tenant_id_state_received_at", "tenant_id", "state", "received_at"),
)
"""Statements that a lenient credential sent and that are not valid: kept as they came until somebody settles them."""

erasure = Table(
    "erasure",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
    Column("person_id", String(200), nullable=False),
    Column("pseudonym", Text, nullable=False),
    Column("seq", Seq, nullable=False),
    Index("ix_erasure_seq", "seq"),
)
"""Who was erased: an HMAC of each identifier and id they had, and what stands for it now (`lrs.erasure.remembered`).

person_id: their pseudonym.  seq: the fact of the feed that says so.
"""

erasing = Table(
    "erasing",
    metadata,
    Column("tenant_id", Integer, primary_key=True),
    Column("person_id", String(200), primary_key=True),
    Column("began_at", Seq, nullable=False),
    Column("turned_at", Seq),
    Column("who", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("done", Text, nullable=False),
)
"""Erasures that are under way (`lrs.erasure.under_way`); the row goes with the last piece.

person_id: their pseudonym.  turned_at: since when that is their id in the register.  who: what is known of them, as JSON,
for whoever goes on.  said: keys of which statements say something else since, and whose documents are to be folded anew.
done: rows so far, by table.
"""
