"""Launch credentials: a learner's content gets a key of its own for some hours, and nothing is stored.

The key says what it is for, the secret is the key's signature; so a key in a log opens nothing.  Whatever ends the key
that launched it ends the launch too.  Its statements have that key's authority, so `statements/read/mine` of that key
finds them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from lrs import base64url
from lrs.clock import Clock
from lrs.db import Database
from lrs.errors import Unauthorized
from lrs.ids import Ids
from lrs.settings import Secret
from lrs.store.binding import Binding
from lrs.store.credentials import BAD_STATEMENTS, Credential, Credentials
from lrs.store.server_secrets import server_secret

MARK: Final = "launch."
LENT: Final = frozenset({"statements/write", "statements/read/mine", "state", "profile", "define"})
"""What every launch may do, within its binding; `define` only when its key may (S-28, C-02), profiles only read (C-04)."""


class Launches:
    """Makes launch credentials and knows them again."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, credentials: Credentials) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._credentials = credentials
        self._signing: bytes | None = None

    def make(self, parent: Credential, binding: Binding, expires_at: int) -> tuple[str, Secret]:
        """A key and its secret; they work until `expires_at` (microseconds) and no longer than the parent."""
        registration = str(binding.registration) if binding.registration else None
        fields = [parent.id, expires_at, binding.agent, binding.activity, registration, self._ids.uuid().hex[:8]]
        packed = zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 9)
        key = MARK + base64url.encode(packed)
        return key, Secret(self._signature(key))

    def verify(self, key: str, secret: str) -> Credential:
        """The credential of a launch: its parent's, with fewer rights and bound.  Raises Unauthorized."""
        shown = secret.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(self._signature(key).encode(), shown):
            raise Unauthorized("unknown key or wrong secret", hint="launch anew: POST /api/v1/launches")
        parent_id, expires_at, agent, activity, registration, _ = _fields(key)
        if expires_at <= self._clock.now():
            raise Unauthorized("this launch has ended", hint="launch anew: POST /api/v1/launches")
        parent = self._credentials.working(parent_id)
        return replace(
            parent,
            key=key,
            scopes=LENT if parent.may("define") else LENT - {"define"},
            expires_at=expires_at,
            bad_statements=BAD_STATEMENTS[0],
            binding=Binding(agent, activity, UUID(registration) if registration else None),
        )

    def _signature(self, key: str) -> str:
        if self._signing is None:
            self._signing = server_secret(self._database, self._ids, "launch")
        return hmac.digest(self._signing, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()


def _fields(key: str) -> list[Any]:
    """What a key says; it was signed, so we wrote it."""
    try:
        fields: list[Any] = json.loads(zlib.decompress(base64url.decode(key.removeprefix(MARK))))
    except (zlib.error, ValueError) as error:
        raise Unauthorized("unknown key or wrong secret") from error
    return fields
