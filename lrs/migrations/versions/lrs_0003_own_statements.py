"""What one credential stored is found without walking through what others did."""

from alembic import op

revision = "lrs_0003"
down_revision = "lrs_0002"
additive = True


def upgrade() -> None:
    op.create_index("ix_statement_credential_id_seq", "statement", ["credential_id", "seq"])
