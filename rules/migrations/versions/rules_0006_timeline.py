"""A mark by which a timeline that did not change is left alone."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0006"
down_revision = "rules_0005"


def upgrade() -> None:
    op.add_column("decision", sa.Column("timeline", sa.LargeBinary(16)))
