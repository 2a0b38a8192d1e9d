"""Each line of the audit with the hash of the one before it; those that are there get theirs."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "lrs_0006"
down_revision = "lrs_0005"
additive = True

COVERED = ("tenant_id", "at", "kind", "name", "address", "action", "subject", "details")
LINES = 1_000


def upgrade() -> None:
    op.add_column("audit", sa.Column("previous", sa.LargeBinary(32), nullable=True))
    op.add_column("audit", sa.Column("hash", sa.LargeBinary(32), nullable=True))
    names = ", ".join(COVERED)
    query = sa.text(f"SELECT id, {names} FROM audit WHERE id > :after ORDER BY id LIMIT {LINES}")  # noqa: S608 - ours
    change = sa.text("UPDATE audit SET previous = :previous, hash = :hash WHERE id = :id")
    last: dict[int, bytes] = {}
    after = -(2**63)
    while rows := op.get_bind().execute(query, {"after": after}).all():
        changes = []
        for id_, *said in rows:
            previous = last.get(said[0])
            text = json.dumps([None if previous is None else previous.hex(), *said], separators=(",", ":"))
            last[said[0]] = hashlib.sha256(text.encode()).digest()
            changes.append({"id": id_, "previous": previous, "hash": last[said[0]]})
        op.get_bind().execute(change, changes)
        after = rows[-1][0]
