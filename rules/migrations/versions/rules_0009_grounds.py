"""A mark by which a pair that rests on what it rested on before is not decided again."""

import sqlalchemy as sa
from alembic import op

revision = "rules_0009"
down_revision = "rules_0008"
# Not additive: a version that does not know grounds would leave those of another decision beside what it decides.


def upgrade() -> None:
    op.add_column("decision", sa.Column("grounds", sa.LargeBinary(16)))
