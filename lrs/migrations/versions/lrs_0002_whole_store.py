"""The rest of xAPI: documents, attachments, canonical definitions, quarantine, and what keys remember."""

import sqlalchemy as sa
from alembic import op

revision = "lrs_0002"
down_revision = "lrs_0001"

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.LargeBinary(length=16), nullable=False),
        sa.Column("registration", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("agent", sa.LargeBinary(length=16), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False),
        sa.Column("updated", SEQ, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "owner", "registration", "name_key", name=op.f("pk_document")),
    )
    op.create_index("ix_document_tenant_id_agent", "document", ["tenant_id", "agent"])
    op.create_index("ix_document_updated", "document", ["updated"])
    op.create_table(
        "blob",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sha256", name=op.f("pk_blob")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_chunk",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sha256", "place", name=op.f("pk_blob_chunk")),
    )
    op.create_table(
        "attachment",
        sa.Column("seq", SEQ, autoincrement=False, nullable=False),
        sa.Column("place", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("sha2", sa.String(length=128), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "place", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_tenant_id_sha256", "attachment", ["tenant_id", "sha256"])
    op.create_table(
        "canonical",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("seq", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_canonical")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("received_at", SEQ, nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.Column("flaws", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("settled_at", SEQ, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index("ix_quarantine_tenant_id_state_received_at", "quarantine", ["tenant_id", "state", "received_at"])
    op.add_column("credential", sa.Column("last_used_at", SEQ, nullable=True))
    op.add_column("credential", sa.Column("former_hash", sa.LargeBinary(length=32), nullable=True))
    op.add_column("credential", sa.Column("former_until", SEQ, nullable=True))
    op.add_column(
        "credential",
        sa.Column("bad_statements", sa.String(length=12), server_default="refuse", nullable=False),
    )
    op.add_column(
        "credential",
        sa.Column("missing_ids", sa.String(length=12), server_default="random", nullable=False),
    )
    _pending_by_target()


def _pending_by_target() -> None:
    """The list of referrers that lack keys becomes one of targets that have not passed theirs on."""
    waiting = sa.text(
        "SELECT DISTINCT k.tenant_id, k.seq, 0 AS passed FROM ref_pending p"
        " JOIN ref r ON r.tenant_id = p.tenant_id AND r.src_seq = p.src_seq"
        " JOIN statement_key k ON k.tenant_id = r.tenant_id AND k.id = r.target_id"
    )
    rows = [dict(row) for row in op.get_bind().execute(waiting).mappings()]
    op.drop_table("ref_pending")
    pending = op.create_table(
        "ref_pending",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("seq", SEQ, nullable=False),
        sa.Column("passed", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_ref_pending")),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(pending, rows)
    op.create_table(
        "ref_unbounded",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("seq", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "seq", name=op.f("pk_ref_unbounded")),
        sqlite_with_rowid=False,
    )
