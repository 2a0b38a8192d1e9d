"""Records statements that Prowess itself makes of what it is told, by the same writer as everybody else's.

Their ids follow from what they say, so that saying it again adds nothing; unlike the statements of decisions they are
evidence, so they have no origin of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from lrs.batches import batches
from lrs.db import Database
from lrs.errors import Conflict
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.attachments import Incoming
from lrs.store.credentials import Credential
from lrs.store.statements import Intake
from lrs.xapi.attachment import DataReference
from lrs.xapi.edit import json_text
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version

_AT_ONCE = 500

Statement = Mapping[str, Any]
Also = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was new, and what was known already; ids in the order given."""

    ids: tuple[UUID, ...]
    new: int

    @property
    def known(self) -> int:
        return len(self.ids) - self.new


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that stands behind a statement."""

    name: str
    content_type: str
    data: bytes

    def attachment(self, usage: str) -> dict[str, Any]:
        """How a statement names it (xAPI-Data 2.4.11)."""
        return {
            "usageType": usage,
            "display": {"en": self.name},
            "contentType": self.content_type,
            "length": len(self.data),
            "sha2": hashlib.sha256(self.data).hexdigest(),
        }


class TakenBack(Conflict):
    """This was entered before and taken back."""

    def __init__(self, ids: frozenset[UUID]) -> None:
        self.ids = ids
        told = ", ".join(sorted(str(id_) for id_ in ids)[:3])
        super().__init__(f"this was entered before and taken back (statement {told})", hint="enter it anew")


class Recorder:
    """Writes for one tenant; `credential` is the key in whose name."""

    def __init__(self, prowess: Prowess, tenant_id: int, credential: Credential) -> None:
        self._prowess = prowess
        self._tenant_id = tenant_id
        self._credential = credential

    def record(
        self, statements: Sequence[Statement], upload: Upload | None = None, also: Also | None = None
    ) -> Recorded:
        """Store those whose id is not known yet; the others were entered before, in whatever words.

        Raises TakenBack, before anything is recorded, when some of them were voided.  upload: what the one statement names as
        its attachment.  also: what commits together with the one statement, if it is new.
        """
        distinct = {UUID(str(one["id"])): one for one in statements}
        fresh = self._fresh(list(distinct.values()))
        new = sum(self._record(some, upload, also) for some in batches(fresh, _AT_ONCE))
        return Recorded(tuple(distinct), new)

    def _record(self, statements: Sequence[Statement], upload: Upload | None, also: Also | None) -> int:
        """Somebody may enter the same at the same moment, with another time: then it is known, and no conflict."""
        try:
            return self._write(statements, self._keep(statements, upload), also)
        except Conflict:
            left = self._fresh(statements)
            if len(left) == len(statements):
                raise
            return self._record(left, upload, also)

    def _write(
        self,
        statements: Sequence[Statement],
        attachments: Mapping[UUID, Sequence[DataReference]],
        also: Also | None,
    ) -> int:
        if not statements:
            return 0
        credential = self._credential
        body = json_text(statements).encode()
        batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=self._prowess.ids.uuid)
        return self._prowess.statements.record(
            Intake(
                self._tenant_id, credential.id, batch.statements, Version.V1_0_3, attachments=attachments, of_new=also
            )
        )

    def _fresh(self, statements: Sequence[Statement]) -> list[Statement]:
        """Those whose id is not stored yet.  Raises TakenBack."""
        known = stored(self._prowess.database, self._tenant_id, (UUID(str(one["id"])) for one in statements))
        if voided := frozenset(id_ for id_, seq in known.items() if seq is not None):
            raise TakenBack(voided)
        return [one for one in statements if UUID(str(one["id"])) not in known]

    def _keep(self, fresh: Sequence[Statement], upload: Upload | None) -> Mapping[UUID, Sequence[DataReference]]:
        """Make the upload durable before the statement that names it."""
        if upload is None or not fresh:
            return {}
        (statement,) = fresh
        digest = hashlib.sha256(upload.data)
        self._prowess.attachments.keep(
            self._tenant_id, [Incoming(digest.digest(), len(upload.data), BytesIO(upload.data))]
        )
        reference = DataReference(digest.hexdigest(), digest.digest(), upload.content_type)
        return {UUID(str(statement["id"])): [reference]}


def stored(database: Database, tenant_id: int, ids: Iterable[UUID]) -> dict[UUID, int | None]:
    """Those of these ids that statements have, each with the number of the statement that voids it."""
    c, key = t.statement.c, t.statement_key.c
    query = select(key.id, c.voided_seq).join(t.statement, c.seq == key.seq).where(key.tenant_id == tenant_id)
    found: dict[UUID, int | None] = {}
    with database.read() as conn:
        for some in batches((id_.bytes for id_ in ids), _AT_ONCE):
            rows = conn.execute(query.where(key.id.in_(some)))
            found |= {UUID(bytes=row.id): row.voided_seq for row in rows}
    return found
