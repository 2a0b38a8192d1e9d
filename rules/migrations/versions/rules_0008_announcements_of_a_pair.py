"""What was announced of one person in one program is found without reading what was announced of everybody."""

from alembic import op

revision = "rules_0008"
down_revision = "rules_0007"
additive = True


def upgrade() -> None:
    op.create_index("ix_emission_tenant_id_person_id_program_id", "emission", ["tenant_id", "person_id", "program_id"])
