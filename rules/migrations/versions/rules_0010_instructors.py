"""Evidence in which nobody observed, which is nearly all of it, is no longer in the index of observers."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0010"
down_revision = "rules_0009"
additive = True


def upgrade() -> None:
    some = sa.text("instructor IS NOT NULL")
    columns = ["tenant_id", "instructor"]
    op.create_index("ix_evidence_instructors", "evidence", columns, sqlite_where=some, postgresql_where=some)
    op.drop_index("ix_evidence_tenant_id_instructor", "evidence")
