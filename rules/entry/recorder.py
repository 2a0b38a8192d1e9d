"""Records what people entered.

What comes from our own pages and commands is signed by the store's own key `prowess`; what a program sends is signed by
that program's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from lrs import recorder
from lrs.prowess import Prowess
from lrs.recorder import Recorded, Statement, TakenBack
from lrs.store.credentials import Credential
from rules.entry.sheet import Entered, Flaw, SheetInvalid
from rules.vocabulary import KEY_NAME


class Recorder(recorder.Recorder):
    """Writes for one tenant; `credential` is the key in whose name, by default our own."""

    def __init__(self, prowess: Prowess, tenant_id: int, credential: Credential | None = None) -> None:
        super().__init__(prowess, tenant_id, credential or prowess.credentials.own(KEY_NAME, tenant_id=tenant_id))

    def record_rows(self, rows: Sequence[Entered], statements: Sequence[Statement]) -> Recorded:
        """Record the statements of a sheet.  Raises SheetInvalid, with the lines that were taken back before."""
        try:
            return self.record(statements)
        except TakenBack as error:
            pairs = zip(rows, statements, strict=True)
            lines = [row.line for row, statement in pairs if UUID(str(statement["id"])) in error.ids]
            hint = "if it holds after all, give the row a `ref` of its own"
            detail = "this row was entered before and taken back"
            raise SheetInvalid([Flaw(line, "ref", None, detail, hint) for line in lines], len(rows)) from error
