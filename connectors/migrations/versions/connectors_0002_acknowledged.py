"""When somebody acknowledged that a delivery was given up."""

import sqlalchemy as sa
from alembic import op

revision = "connectors_0002"
down_revision = "connectors_0001"
additive = True


def upgrade() -> None:
    at = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("delivery", sa.Column("acknowledged_at", at, nullable=True))
