"""Connectors from their first day: deliveries, and who our people are in other systems."""

import sqlalchemy as sa
from alembic import op

revision = "connectors_0001"
down_revision = None

seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("seq", seq, nullable=False),
        sa.Column("statement_id", sa.LargeBinary(16), nullable=False),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("person_id", sa.String(200), nullable=False),
        sa.Column("program_id", sa.String(200), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", seq, nullable=False),
        sa.Column("lease_until", seq, nullable=True),
        sa.Column("created_at", seq, nullable=False),
        sa.Column("first_tried_at", seq, nullable=True),
        sa.Column("sent_at", seq, nullable=True),
        sa.Column("remote_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name="pk_delivery"),
    )
    op.create_index(
        "ix_delivery_state_connector_not_before_seq", "delivery", ["state", "connector", "not_before", "seq"]
    )
    op.create_index(
        "ix_delivery_tenant_id_person_id_program_id_connector_seq",
        "delivery",
        ["tenant_id", "person_id", "program_id", "connector", "seq"],
    )
    op.create_table(
        "remote_person",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("connector", sa.String(63), nullable=False),
        sa.Column("person_id", sa.String(200), nullable=False),
        sa.Column("remote_id", sa.String(200), nullable=False),
        sa.Column("matched_by", sa.Text(), nullable=False),
        sa.Column("matched_at", seq, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "connector", "person_id", name="pk_remote_person"),
    )
