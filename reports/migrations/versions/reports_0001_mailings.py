"""Letters on their way, up to when each digest was planned, and who wants no more of them."""

import sqlalchemy as sa
from alembic import op

revision = "reports_0001"
down_revision = None

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("view", sa.String(length=20), nullable=False),
        sa.Column("as_of", SEQ, nullable=False),
        sa.Column("created_at", SEQ, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("not_before", SEQ, nullable=False),
        sa.Column("give_up_at", SEQ, nullable=False),
        sa.Column("lease_until", SEQ, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", SEQ, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_mailing")),
    )
    op.create_index("ix_mailing_state_not_before", "mailing", ["state", "not_before"], unique=False)
    op.create_index(
        "ix_mailing_tenant_id_kind_name_created_at",
        "mailing",
        ["tenant_id", "kind", "name", "created_at"],
        unique=False,
    )
    op.create_table(
        "rota",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("planned_until", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_rota")),
    )
    op.create_table(
        "opt_out",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("since", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", "recipient", name=op.f("pk_opt_out")),
    )
