"""Which manager of a position was written first."""

import sqlalchemy as sa
from alembic import op

revision = "lrs_0008"
down_revision = "lrs_0007"
additive = True


def upgrade() -> None:
    op.add_column("manager", sa.Column("place", sa.Integer(), nullable=True))
