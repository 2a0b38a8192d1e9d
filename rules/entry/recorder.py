"""Records what people entered, by the same writer as everybody else's statements.

What comes from our own pages and commands is signed by the store's own key `prowess`; unlike the statements of decisions
it is evidence, so it has no origin of ours.  What a program sends is signed by that program's key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select

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
from rules.vocabulary import KEY_NAME

_AT_ONCE = 500

Statement = Mapping[str, Any]


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


class Recorder:
    """Writes for one tenant; `credential` is the key in whose name, by default our own."""

    def __init__(self, prowess: Prowess, tenant_id: int, credential: Credential | None = None) -> None:
        self._prowess = prowess
        self._tenant_id = tenant_id
        self._credential = credential or prowess.credentials.own(KEY_NAME, tenant_id=tenant_id)

    def record(self, statements: Sequence[Statement], upload: Upload | None = None) -> Recorded:
        """Store those whose id is not known yet; the others were entered before, in whatever words.

        Raises Conflict when one of them was voided: it cannot come back under its id.  upload: what the one statement
        names as its attachment.
        """
        distinct = {str(one["id"]): one for one in statements}
        known = self._known([UUID(id_) for id_ in distinct])
        fresh = [one for id_, one in distinct.items() if UUID(id_) not in known]
        attachments = self._keep(fresh, upload)
        rows = iter(fresh)
        new = 0
        while some := list(islice(rows, _AT_ONCE)):
            new += self._write(some, attachments)
        return Recorded(tuple(UUID(id_) for id_ in distinct), new)

    def _write(self, statements: Sequence[Statement], attachments: Mapping[UUID, Sequence[DataReference]]) -> int:
        credential = self._credential
        body = json_text(statements).encode()
        batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=self._prowess.ids.uuid)
        return self._prowess.statements.record(
            Intake(self._tenant_id, credential.id, batch.statements, Version.V1_0_3, attachments=attachments)
        )

    def _known(self, ids: Sequence[UUID]) -> set[UUID]:
        c, key, found = t.statement.c, t.statement_key.c, set()
        with self._prowess.database.read() as conn:
            for start in range(0, len(ids), _AT_ONCE):
                some = [id_.bytes for id_ in ids[start : start + _AT_ONCE]]
                query = select(key.id, c.voided_seq).join(t.statement, c.seq == key.seq)
                for row in conn.execute(query.where(key.tenant_id == self._tenant_id, key.id.in_(some))):
                    if row.voided_seq is not None:
                        raise _voided(UUID(bytes=row.id))
                    found.add(UUID(bytes=row.id))
        return found

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


def _voided(id_: UUID) -> Conflict:
    return Conflict(
        f"this was entered before and taken back (statement {id_})",
        hint="if it holds after all, give the row a `ref` of its own",
        statement=str(id_),
    )
