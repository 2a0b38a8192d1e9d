"""Who was erased, as digests under a secret of the store's."""

import sqlalchemy as sa
from alembic import op

revision = "lrs_0007"
down_revision = "lrs_0006"
additive = True

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("pseudonym", sa.Text(), nullable=False),
        sa.Column("seq", SEQ, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_seq"), "erasure", ["seq"])
