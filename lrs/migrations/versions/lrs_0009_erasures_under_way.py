"""Erasures that are under way, piece by piece."""

import sqlalchemy as sa
from alembic import op

revision = "lrs_0009"
down_revision = "lrs_0008"
additive = True

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasing",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("began_at", SEQ, nullable=False),
        sa.Column("turned_at", SEQ, nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name=op.f("pk_erasing")),
    )
