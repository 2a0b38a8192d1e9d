"""Who published an edition, and which earlier one it restores."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0007"
down_revision = "rules_0006"

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("ruleset", sa.Column("applied_by", sa.String(length=200), nullable=True))
    op.add_column("ruleset", sa.Column("restores_seq", SEQ, nullable=True))
