"""API keys: 256 random bits shown once, kept as SHA-256, checked in constant time.

A slow hash would protect nothing here (the secret cannot be guessed) and would cost every request half a second.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Row, insert, select, update

from lrs.clock import Clock
from lrs.config import Secret
from lrs.db import Database
from lrs.errors import BadRequest, Conflict, NotFound, Unauthorized, did_you_mean
from lrs.ids import Ids
from lrs.store import tables as t

SCOPES = (
    "all",
    "all/read",
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "define",
    "profile",
    "void",
    "reports",
    "admin",
)
"""The scopes of xAPI 1.0.3 (Communication 4.2) and three of ours; only `all` and `void` may void statements."""

_IMPLIED: Mapping[str, frozenset[str]] = {
    "all": frozenset(SCOPES),
    "all/read": frozenset({"statements/read", "statements/read/mine"}),
    "statements/read": frozenset({"statements/read/mine"}),
}
OWN = frozenset({"import", "prowess"})
"""Names of the store's own keys: what was read from files, and what was decided."""

_FRESH_FOR = 5_000_000
_NOBODY = hashlib.sha256(b"nobody").digest()


@dataclass(frozen=True, slots=True)
class Credential:
    """Who is asking: tenant, rights and the authority that their statements get."""

    id: int
    tenant_id: int
    key: str
    name: str
    scopes: frozenset[str]
    authority: Mapping[str, Any]
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or any(scope in _IMPLIED.get(own, ()) for own in self.scopes)


class Credentials:
    """Keys of every tenant, with a small cache of verified ones."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._public_url = public_url
        self._cache: dict[tuple[str, bytes], tuple[int, Credential]] = {}
        self._guard = Lock()

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        tenant_id: int = t.DEFAULT_TENANT,
        expires_at: int | None = None,
        secret: str | None = None,
    ) -> tuple[Credential, Secret]:
        """A new key and its secret, which cannot be read again.  Raises BadRequest, Conflict."""
        for scope in scopes:
            if scope not in SCOPES:
                raise BadRequest(f"unknown scope '{scope}'", hint=did_you_mean(scope, SCOPES))
        key = self._ids.uuid().hex
        secret = secret or self._ids.secret()
        authority = {
            "objectType": "Agent",
            "name": name,
            "account": {"homePage": self._public_url, "name": f"key:{key}"},
        }
        row = {
            "tenant_id": tenant_id,
            "key": key,
            "secret_hash": hashlib.sha256(secret.encode()).digest(),
            "name": name,
            "scopes": " ".join(scopes),
            "authority": json.dumps(authority, ensure_ascii=False),
            "created_at": self._clock.now(),
            "expires_at": expires_at,
        }

        def commit(conn: Any) -> Any:
            taken = select(t.credential.c.id).where(t.credential.c.tenant_id == tenant_id, t.credential.c.name == name)
            if conn.scalar(taken) is not None:
                raise Conflict(f"a key named '{name}' exists already", hint="choose another name or revoke the old key")
            conn.execute(insert(t.credential), row)
            return conn.execute(select(t.credential).where(t.credential.c.key == key)).one()

        return _credential(self._database.write(commit)), Secret(secret)

    def verify(self, key: str, secret: str) -> Credential:
        """The credential of a key and secret.  Raises Unauthorized, taking the same time whatever is wrong."""
        digest = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        now = self._clock.now()
        with self._guard:
            cached = self._cache.get((key, digest))
        if cached and 0 <= now - cached[0] < _FRESH_FOR:
            credential = cached[1]
        else:
            with self._database.read() as conn:
                row = conn.execute(select(t.credential).where(t.credential.c.key == key)).first()
            matches = hmac.compare_digest(row.secret_hash if row else _NOBODY, digest)
            if row is None or not matches:
                raise Unauthorized(
                    "unknown key or wrong secret", hint="create a key with: prowess key create --name NAME"
                )
            credential = _credential(row)
            with self._guard:
                if len(self._cache) > 1_000:
                    self._cache.clear()
                self._cache[key, digest] = (now, credential)
        if credential.revoked_at is not None or (credential.expires_at is not None and credential.expires_at <= now):
            raise Unauthorized("this key is revoked or has expired")
        return credential

    def list(self, tenant_id: int = t.DEFAULT_TENANT) -> list[Credential]:
        query = select(t.credential).where(t.credential.c.tenant_id == tenant_id).order_by(t.credential.c.id)
        with self._database.read() as conn:
            return [_credential(row) for row in conn.execute(query)]

    def revoke(self, name_or_key: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """Stop a key from working, everywhere within five seconds.  Raises NotFound."""
        c = t.credential.c
        here = (c.tenant_id == tenant_id) & ((c.name == name_or_key) | (c.key == name_or_key))

        def commit(conn: Any) -> Any:
            row = conn.execute(select(t.credential).where(here)).first()
            if row is None:
                raise NotFound(f"no key '{name_or_key}'", hint="see: prowess key list")
            conn.execute(update(t.credential).where(here, c.revoked_at.is_(None)).values(revoked_at=self._clock.now()))
            return conn.execute(select(t.credential).where(here)).one()

        credential = _credential(self._database.write(commit))
        with self._guard:
            self._cache.clear()
        return credential

    def own(self, name: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """A key of the store's own by name, made when first needed; nobody knows its secret and it may do nothing."""
        for credential in self.list(tenant_id):
            if credential.name == name:
                return credential
        try:
            return self.create(name, [], tenant_id=tenant_id)[0]
        except Conflict:
            return self.own(name, tenant_id=tenant_id)

    def same_authority(self, credential: Credential) -> tuple[int, ...]:
        """The credentials whose statements count as this one's own (statements/read/mine)."""
        return (credential.id,)


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        row.id,
        row.tenant_id,
        row.key,
        row.name,
        frozenset(row.scopes.split()),
        json.loads(row.authority),
        row.created_at,
        row.expires_at,
        row.revoked_at,
    )
