"""Rulesets, evidence, dirty pairs, decisions, status and what was emitted."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("activity_id", sa.String(length=200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", "activity_id", name=op.f("pk_activity")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("watermark", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("next_change_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "program_id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_next_change_at", "decision", ["next_change_at"], unique=False)
    op.create_table(
        "decision_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("decided_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("watermark", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("engine", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_log")),
    )
    op.create_index(
        "ix_decision_log_tenant_id_person_id_program_id",
        "decision_log",
        ["tenant_id", "person_id", "program_id"],
        unique=False,
    )
    op.create_table(
        "dirty",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("gen", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "program_id", name=op.f("pk_dirty")),
    )
    op.create_index("ix_dirty_not_before", "dirty", ["not_before"], unique=False)
    op.create_table(
        "emission",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("transition", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("recorded", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_emission")),
    )
    op.create_index("ix_emission_recorded", "emission", ["recorded"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.LargeBinary(length=16), nullable=False),
        sa.Column("activity", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation", sa.SmallInteger(), nullable=False),
        sa.Column("statement_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("timestamp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tie", sa.LargeBinary(length=32), nullable=False),
        sa.Column("voided_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("activity_type", sa.Text(), nullable=True),
        sa.Column("object_type", sa.Text(), nullable=True),
        sa.Column("score_raw", sa.Text(), nullable=True),
        sa.Column("score_min", sa.Text(), nullable=True),
        sa.Column("score_max", sa.Text(), nullable=True),
        sa.Column("score_scaled", sa.Text(), nullable=True),
        sa.Column("success", sa.SmallInteger(), nullable=True),
        sa.Column("completion", sa.SmallInteger(), nullable=True),
        sa.Column("credential_id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=True),
        sa.Column("home_page", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "agent", "activity", "seq", "relation", name=op.f("pk_evidence")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_evidence_tenant_id_seq", "evidence", ["tenant_id", "seq"], unique=False)
    op.create_table(
        "program",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("applied_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("current", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "program_id", "version", name=op.f("pk_program")),
    )
    op.create_table(
        "ruleset",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("applied_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("announce_history", sa.SmallInteger(), nullable=False),
        sa.Column("documents", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "applied_seq", name=op.f("pk_ruleset")),
    )
    op.create_table(
        "status",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("from_us", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until_us", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("assignment", sa.String(length=12), nullable=False),
        sa.Column("progress", sa.String(length=12), nullable=False),
        sa.Column("award", sa.String(length=12), nullable=False),
        sa.Column("overdue", sa.SmallInteger(), nullable=False),
        sa.Column("late", sa.SmallInteger(), nullable=False),
        sa.Column("renewable", sa.SmallInteger(), nullable=False),
        sa.Column("in_grace", sa.SmallInteger(), nullable=False),
        sa.Column("pending_evidence", sa.SmallInteger(), nullable=False),
        sa.Column("due_day", sa.Integer(), nullable=True),
        sa.Column("met_day", sa.Integer(), nullable=True),
        sa.Column("valid_from_day", sa.Integer(), nullable=True),
        sa.Column("expires_day", sa.Integer(), nullable=True),
        sa.Column("renewable_day", sa.Integer(), nullable=True),
        sa.Column("grace_day", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "program_id", "from_us", name=op.f("pk_status")),
    )
    op.create_index(
        "ix_status_tenant_id_program_id_until_us", "status", ["tenant_id", "program_id", "until_us"], unique=False
    )
