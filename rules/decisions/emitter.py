"""The job that records what was decided as statements, by the same writer as everybody else's.

An emission row is committed with its decision; recording it is idempotent because its id follows from what happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select, update

from lrs.errors import BadRequest, Conflict
from lrs.feed.items import OURS
from lrs.jobs import MAIN
from lrs.logs import get_logger
from lrs.store.credentials import Credential
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from rules import tables as r
from rules.vocabulary import KEY_NAME

if TYPE_CHECKING:
    from lrs.prowess import Prowess

log = get_logger(__name__)

_BATCH = 200
RECORDED, REFUSED = 1, 2


class EmitJob:
    """Records waiting emissions, oldest first."""

    name = "rules.emit"
    lane = MAIN

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess
        self._credentials: dict[int, Credential] = {}

    def run(self) -> bool:
        e = r.emission.c
        query = select(e.tenant_id, e.id, e.body).where(e.recorded == 0).order_by(e.created_at, e.id).limit(_BATCH)
        with self._prowess.database.read() as conn:
            rows = conn.execute(query).all()
        for tenant_id in sorted({row.tenant_id for row in rows}):
            self._record(tenant_id, [(row.id, row.body) for row in rows if row.tenant_id == tenant_id])
        return bool(rows)

    def next_due(self) -> int | None:
        return None

    def _record(self, tenant_id: int, rows: list[tuple[bytes, bytes]]) -> None:
        """All at once; one by one when somebody took one of our ids, or one is no statement."""
        try:
            self._intake(tenant_id, [body for _, body in rows])
            self._mark(tenant_id, [id_ for id_, _ in rows], RECORDED)
        except (BadRequest, Conflict) as refusal:
            if len(rows) > 1:
                for row in rows:
                    self._record(tenant_id, [row])
                return
            log.warning("an emission is refused", id=str(UUID(bytes=rows[0][0])), error=refusal.message)
            self._mark(tenant_id, [rows[0][0]], REFUSED)

    def _intake(self, tenant_id: int, bodies: list[bytes]) -> None:
        credential = self._credential(tenant_id)
        body = b"[" + b",".join(bodies) + b"]"
        batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=self._prowess.ids.uuid)
        intake = Intake(tenant_id, credential.id, batch.statements, Version.V2_0, origin=OURS)
        self._prowess.statements.record(intake)

    def _mark(self, tenant_id: int, ids: list[bytes], state: int) -> None:
        e = r.emission.c
        self._prowess.database.write(
            lambda conn: conn.execute(
                update(r.emission).where(e.tenant_id == tenant_id, e.id.in_(ids)).values(recorded=state)
            )
        )

    def _credential(self, tenant_id: int) -> Credential:
        """Our own key: it has an authority and no right to ask for anything."""
        if tenant_id not in self._credentials:
            self._credentials[tenant_id] = self._prowess.credentials.own(KEY_NAME, tenant_id=tenant_id)
        return self._credentials[tenant_id]
