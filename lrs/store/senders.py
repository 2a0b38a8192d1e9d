"""Who may say what an activity, a verb or an agent is: the senders whose keys have the scope `define` (S-65).

A key's scopes and authority are settled when it is made, so what was found once stays true.
"""

from __future__ import annotations

from sqlalchemy import func, select

from lrs.db import Database
from lrs.feed import OURS
from lrs.store import tables as t
from lrs.store.credentials import OWN

_MOST = 10_000


class Senders:
    """Answers for the key of a statement, from memory where it can."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, int | None] = {}

    def find(self, credential_id: int, origin: int = 0) -> int | None:
        """The sender behind a key: the first key with the same authority.  None: its statements define nothing.

        What Prowess itself emits and what an administrator imports counts.
        """
        if credential_id not in self._known:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[credential_id] = self._read(credential_id)
        sender = self._known[credential_id]
        return credential_id if sender is None and origin == OURS else sender

    def _read(self, credential_id: int) -> int | None:
        key, alike = t.credential.c, t.credential.alias("alike").c
        first = (
            select(func.min(alike.id))
            .where(alike.tenant_id == key.tenant_id, alike.authority == key.authority)
            .scalar_subquery()
        )
        with self._database.read() as conn:
            row = conn.execute(
                select(key.scopes, key.name, first.label("sender")).where(key.id == credential_id)
            ).first()
        if row is None or not (row.name in OWN or {"all", "define"} & set(row.scopes.split())):
            return None
        return int(row.sender)
