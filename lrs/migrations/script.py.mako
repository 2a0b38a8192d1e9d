"""${message}"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
additive = False  # True where the code before it can run on the tables after it (docs/decisions/0012)


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
