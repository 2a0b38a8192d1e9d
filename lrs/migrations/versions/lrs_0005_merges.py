"""Who turned out to be somebody else, and what files say of them."""

import sqlalchemy as sa
from alembic import op

revision = "lrs_0005"
down_revision = "lrs_0004"
additive = True

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "merged",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("known_from", SEQ, nullable=False),
        sa.Column("known_to", SEQ, nullable=True),
        sa.Column("into_id", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "known_from", name=op.f("pk_merged")),
    )
    op.create_table(
        "told",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("known_from", SEQ, nullable=False),
        sa.Column("known_to", SEQ, nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", "known_from", name=op.f("pk_told")),
    )
