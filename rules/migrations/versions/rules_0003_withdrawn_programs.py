"""When a program was withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0003"
down_revision = "rules_0002"


def upgrade() -> None:
    op.add_column("program", sa.Column("withdrawn_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
