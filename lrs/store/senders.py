"""Whose statements may say what an activity, a verb or an agent is: those of keys with the scope `define` (S-65).

A key's scopes are settled when it is made, so what was found once stays true.
"""

from __future__ import annotations

from sqlalchemy import select

from lrs.db import Database
from lrs.feed.items import OURS
from lrs.store import tables as t
from lrs.store.credentials import OWN
from lrs.store.scopes import grants

_MOST = 10_000


class Senders:
    """Answers for the key of a statement, from memory where it can."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, bool] = {}

    def may_define(self, credential_id: int, origin: int) -> bool:
        """Whether a statement of this key counts; what Prowess emits and what an administrator imports always does."""
        known = self._known.get(credential_id)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[credential_id] = self._read(credential_id)
        return known or origin == OURS

    def _read(self, credential_id: int) -> bool:
        key = t.credential.c
        with self._database.read() as conn:
            row = conn.execute(select(key.scopes, key.name).where(key.id == credential_id)).first()
        return row is not None and defines(row.scopes, row.name)


def defines(scopes: str, name: str) -> bool:
    """Whether statements of a key with these scopes and this name count."""
    return name in OWN or grants(scopes.split(), "define")
