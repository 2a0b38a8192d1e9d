"""Statements recorded as a sender's are, without the way over HTTP."""

from __future__ import annotations

from lrs.prowess import Prowess
from lrs.store.credentials import Credential
from lrs.store.statements import Intake
from lrs.store.tables import DEFAULT_TENANT
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version


class Writer:
    """Prepares and records what a request's body says, under a key of our own."""

    def __init__(self, prowess: Prowess, key: str) -> None:
        self.prowess = prowess
        self.credential: Credential = prowess.credentials.own(key)

    def write(self, body: bytes) -> int:
        """How many statements of the body are new."""
        batch = prepare(body, version=Version.V1_0_3, authority=self.credential.authority, new_id=self.prowess.ids.uuid)
        return self.prowess.statements.record(
            Intake(DEFAULT_TENANT, self.credential.id, batch.statements, Version.V1_0_3)
        )
