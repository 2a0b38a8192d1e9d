"""`more` links: stateless, signed, and as good after a restart as before (xAPI-Communication 2.1.3, S-23).

A link carries the tenant, the original query, where the page ended and the newest row that the whole answer may hold, so
that following it neither skips nor repeats anything while others write.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from dataclasses import dataclass

from lrs import base64url
from lrs.db import Database
from lrs.errors import BadRequest
from lrs.ids import Ids
from lrs.store.server_secrets import server_secret

_SIGNATURE = 16


@dataclass(frozen=True, slots=True)
class Continuation:
    """What a `more` link remembers.  ceiling and after are feed numbers."""

    tenant_id: int
    query: str
    ceiling: int
    after: int


class MoreLinks:
    """Writes and reads the tokens of `more` links."""

    def __init__(self, database: Database, ids: Ids) -> None:
        self._database = database
        self._ids = ids
        self._key: bytes | None = None

    def write(self, continuation: Continuation) -> str:
        fields = [continuation.tenant_id, continuation.query, continuation.ceiling, continuation.after]
        packed = zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 9)
        return base64url.encode(self._sign(packed) + packed)

    def read(self, token: str) -> Continuation:
        """Raises BadRequest when this server did not write it."""
        try:
            raw = base64url.decode(token)
        except ValueError:
            raw = b""
        signature, packed = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not packed or not hmac.compare_digest(signature, self._sign(packed)):
            raise BadRequest("this 'more' link was not written by this server", hint="repeat the original query")
        return Continuation(*json.loads(zlib.decompress(packed)))

    def _sign(self, packed: bytes) -> bytes:
        if self._key is None:
            self._key = server_secret(self._database, self._ids, "more")
        return hmac.digest(self._key, packed, hashlib.sha256)[:_SIGNATURE]
