"""Who answers for evidence, which attempt it is about, and what our own extensions say."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0004"
down_revision = "rules_0003"


def upgrade() -> None:
    op.add_column("evidence", sa.Column("instructor", sa.LargeBinary(16)))
    op.add_column("evidence", sa.Column("attempt", sa.Text()))
    op.add_column("evidence", sa.Column("details", sa.Text()))
    op.create_index("ix_evidence_tenant_id_instructor", "evidence", ["tenant_id", "instructor"])
