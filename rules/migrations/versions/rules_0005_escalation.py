"""Ladders, what people were told, and what followed."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0005"
down_revision = "rules_0004"

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ladder",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("gen", SEQ, nullable=False),
        sa.Column("next_at", SEQ, nullable=True),
        sa.Column("escalation_id", sa.String(length=200), nullable=True),
        sa.Column("since", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "program_id", name=op.f("pk_ladder")),
    )
    op.create_index("ix_ladder_next_at", "ladder", ["next_at"], unique=False)
    op.create_table(
        "notice",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("escalation_id", sa.String(length=200), nullable=False),
        sa.Column("deadline", sa.String(length=10), nullable=False),
        sa.Column("deadline_day", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("recipient_id", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("planned_at", SEQ, nullable=False),
        sa.Column("created_at", SEQ, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("announced", sa.SmallInteger(), nullable=False),
        sa.Column("not_before", SEQ, nullable=False),
        sa.Column("give_up_at", SEQ, nullable=False),
        sa.Column("lease_until", SEQ, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", SEQ, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_state_not_before", "notice", ["state", "not_before"], unique=False)
    op.create_index("ix_notice_announced_not_before", "notice", ["announced", "not_before"], unique=False)
    op.create_index(
        "ix_notice_tenant_id_person_id_program_id", "notice", ["tenant_id", "person_id", "program_id"], unique=False
    )
    op.create_table(
        "consequence",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("program_id", sa.String(length=200), nullable=False),
        sa.Column("escalation_id", sa.String(length=200), nullable=False),
        sa.Column("deadline", sa.String(length=10), nullable=False),
        sa.Column("deadline_day", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("approve", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("raised_at", SEQ, nullable=False),
        sa.Column("decided_at", SEQ, nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("ended_at", SEQ, nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_consequence")),
    )
    op.create_index("ix_consequence_tenant_id_state", "consequence", ["tenant_id", "state"], unique=False)
    op.create_index(
        "ix_consequence_tenant_id_person_id_program_id",
        "consequence",
        ["tenant_id", "person_id", "program_id"],
        unique=False,
    )
