"""Since when a pair waits to be decided, apart from what tells two markings of it from each other."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0002"
down_revision = "rules_0001"


def upgrade() -> None:
    since = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("dirty", sa.Column("since", since, nullable=False, server_default="0"))
