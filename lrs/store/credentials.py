"""API keys: 256 random bits shown once, kept as SHA-256, checked in constant time.

A slow hash would protect nothing here (the secret cannot be guessed) and would cost every request half a second.  A key's
scopes and authority never change: what was sent under it keeps its meaning.  Its secret, its end and its policies may.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypedDict

from sqlalchemy import ColumnElement, Connection, Row, select, update

from lrs.clock import Clock, to_text
from lrs.db import Database
from lrs.errors import BadRequest, Conflict, NotFound, Unauthorized, did_you_mean
from lrs.ids import Ids
from lrs.settings import Secret
from lrs.store import audit
from lrs.store import tables as t
from lrs.store.binding import Binding
from lrs.store.last_used import LastUsed
from lrs.store.scopes import SCOPES, grants

__all__ = ["BAD_STATEMENTS", "MISSING_IDS", "OWN", "SCOPES", "Changes", "Credential", "Credentials", "refuse_own"]

OWN = frozenset({"import", "prowess"})
"""Names of the store's own keys: what was read from files, and what was decided."""

BAD_STATEMENTS: Final = ("refuse", "quarantine")
"""What becomes of a batch with a bad statement: nothing of it is kept, or the bad one is set aside and the rest stored."""
MISSING_IDS: Final = ("random", "content")
"""Where a statement without an id gets one from; `content`: from what it says, so that a resend adds nothing."""

_FRESH_FOR = 5_000_000
_NOBODY = bytes(32)
"""The hash of no secret: nothing is known that hashes to zeros."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who is asking: tenant, rights and the authority that their statements get.

    binding: whom and what a launch credential is for; None for a key of its own right.
    """

    id: int
    tenant_id: int
    key: str
    name: str
    scopes: frozenset[str]
    authority: Mapping[str, Any]
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None = None
    former_until: int | None = None
    bad_statements: str = BAD_STATEMENTS[0]
    missing_ids: str = MISSING_IDS[0]
    binding: Binding | None = None

    def may(self, scope: str) -> bool:
        return grants(self.scopes, scope)

    def works_at(self, now: int) -> bool:
        """Whether it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def facts(self) -> dict[str, Any]:
        """What may be said of it, as JSON."""
        return {
            "name": self.name,
            "key": self.key,
            "scopes": sorted(self.scopes),
            "created": to_text(self.created_at),
            "expires": _moment(self.expires_at),
            "revoked": _moment(self.revoked_at),
            "last_used": _moment(self.last_used_at),
            "former_secret_until": _moment(self.former_until),
            "bad_statements": self.bad_statements,
            "missing_ids": self.missing_ids,
        }


class Changes(TypedDict, total=False):
    """What of a key may change after its creation; expires_at in microseconds, None: never."""

    expires_at: int | None
    bad_statements: str
    missing_ids: str


class Credentials:
    """Keys of every tenant, with a small cache of verified ones."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, public_url: str) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._public_url = public_url
        self._verified = _Verified()
        self._last_used = LastUsed(database)

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        *,
        tenant_id: int = t.DEFAULT_TENANT,
        expires_at: int | None = None,
        bad_statements: str = BAD_STATEMENTS[0],
        missing_ids: str = MISSING_IDS[0],
        secret: str | None = None,
    ) -> tuple[Credential, Secret]:
        """A new key and its secret, which cannot be read again.  Raises BadRequest, Conflict."""
        for scope in scopes:
            if scope not in SCOPES:
                raise BadRequest(f"unknown scope '{scope}'", hint=did_you_mean(scope, SCOPES))
        _check_policies(bad_statements, missing_ids)
        key = self._ids.uuid().hex
        secret = secret or self._ids.secret()
        row = {
            "tenant_id": tenant_id,
            "key": key,
            "secret_hash": _digest(secret),
            "name": name,
            "scopes": " ".join(scopes),
            "authority": json.dumps(self._authority(name, key), ensure_ascii=False),
            "created_at": self._clock.now(),
            "expires_at": expires_at,
            "bad_statements": bad_statements,
            "missing_ids": missing_ids,
        }

        def commit(conn: Any) -> Any:
            put = self._database.dialect.insert(t.credential)
            conn.execute(put.on_conflict_do_nothing(index_elements=["tenant_id", "name"]), row)
            made = conn.execute(select(t.credential).where(t.credential.c.key == key)).first()
            if made is None:
                raise Conflict(f"a key named '{name}' exists already", hint="choose another name or revoke the old key")
            if name not in OWN:
                self._note(conn, "key.create", made, {"scopes": list(scopes), **_shown(made)})
            return made

        return _credential(self._database.write(commit)), Secret(secret)

    def verify(self, key: str, secret: str) -> Credential:
        """The credential of a key and secret.  Raises Unauthorized, taking the same time whatever is wrong."""
        digest = _digest(secret)
        now = self._clock.now()
        found = self._verified.find((key, digest), now)
        if found is None:
            found = self._check(key, digest)
            self._verified.keep((key, digest), found, now)
        return self._working(found, now)

    def verified(self, key: str, secret: str) -> Credential | None:
        """As `verify`, without asking the database; None where it would have to be asked."""
        now = self._clock.now()
        found = self._verified.find((key, _digest(secret)), now)
        return None if found is None else self._working(found, now)

    def working(self, id_: int) -> Credential:
        """The key of that number, for those who act in its name.  Raises Unauthorized when it has ended."""
        now = self._clock.now()
        mark = (str(id_), b"")
        found = self._verified.find(mark, now)
        if found is None:
            row = self._row(t.credential.c.id == id_)
            if row is None:
                raise Unauthorized("the key behind this credential is unknown")
            found = (_credential(row), None)
            self._verified.keep(mark, found, now)
        if not found[0].works_at(now):
            raise Unauthorized("the key behind this credential is revoked or has expired")
        self._last_used.note(id_, now)
        return found[0]

    def list(self, tenant_id: int = t.DEFAULT_TENANT) -> list[Credential]:
        query = select(t.credential).where(t.credential.c.tenant_id == tenant_id).order_by(t.credential.c.id)
        with self._database.read() as conn:
            return [_credential(row) for row in conn.execute(query)]

    def find(self, name_or_key: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """One key, whether it works or not.  Raises NotFound."""
        row = self._row(_named(name_or_key, tenant_id))
        if row is None:
            raise _unknown(name_or_key)
        return _credential(row)

    def get(self, id_: int) -> Credential:
        """The key of that number, whether it works or not.  Raises NotFound."""
        row = self._row(t.credential.c.id == id_)
        if row is None:
            raise NotFound("the key is gone")
        return _credential(row)

    def revoke(self, name_or_key: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """Stop a key from working, everywhere within five seconds.  Raises NotFound, BadRequest for the store's own."""
        now = self._clock.now()
        return self._change(name_or_key, tenant_id, "key.revoke", lambda row: {"revoked_at": row.revoked_at or now})

    def change(self, name_or_key: str, changes: Changes, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """Give a key another end or other policies.  Raises NotFound, BadRequest, for the store's own too."""
        _check_policies(changes.get("bad_statements", BAD_STATEMENTS[0]), changes.get("missing_ids", MISSING_IDS[0]))
        return self._change(name_or_key, tenant_id, "key.change", lambda _row: dict(changes))

    def rotate(
        self, name_or_key: str, *, keep_until: int | None = None, tenant_id: int = t.DEFAULT_TENANT
    ) -> tuple[Credential, Secret]:
        """Give a key a new secret; the former one works until `keep_until`, None: it ends now.

        Key, scopes and authority stay.  Raises NotFound, BadRequest for the store's own, Conflict when the key is revoked.
        """
        secret = self._ids.secret()

        def renewed(row: Row[Any]) -> dict[str, Any]:
            if row.revoked_at is not None:
                raise Conflict(f"the key '{row.name}' is revoked", hint="create a new one under another name")
            former = row.secret_hash if keep_until is not None else None
            return {"secret_hash": _digest(secret), "former_hash": former, "former_until": keep_until}

        return self._change(name_or_key, tenant_id, "key.rotate", renewed), Secret(secret)

    def own(self, name: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Credential:
        """A key of the store's own by name, made when first needed; nobody knows its secret and it may do nothing."""
        row = self._row(_named(name, tenant_id))
        if row is not None:
            return _credential(row)
        try:
            return self.create(name, [], tenant_id=tenant_id)[0]
        except Conflict:
            return self.own(name, tenant_id=tenant_id)

    def same_authority(self, credential: Credential) -> tuple[int, ...]:
        """The credentials whose statements count as this one's own (statements/read/mine)."""
        return (credential.id,)

    def close(self) -> None:
        """Write down what is noted."""
        self._last_used.close()

    def _working(self, checked: Checked, now: int) -> Credential:
        credential, until = checked
        if not credential.works_at(now) or (until is not None and until <= now):
            raise Unauthorized("this key is revoked or has expired")
        self._last_used.note(credential.id, now)
        return credential

    def _authority(self, name: str, key: str) -> dict[str, Any]:
        return {
            "objectType": "Agent",
            "name": name,
            "account": {"homePage": self._public_url, "name": f"key:{key}"},
        }

    def _row(self, which: ColumnElement[bool]) -> Row[Any] | None:
        with self._database.read() as conn:
            return conn.execute(select(t.credential).where(which)).first()

    def _check(self, key: str, digest: bytes) -> Checked:
        """Look a key up and compare both secrets it may have, whatever was found."""
        row = self._row(t.credential.c.key == key)
        is_current = hmac.compare_digest(row.secret_hash if row else _NOBODY, digest)
        is_former = hmac.compare_digest((row.former_hash if row else None) or _NOBODY, digest)
        if row is None or not (is_current or is_former):
            raise Unauthorized("unknown key or wrong secret", hint="create a key with: prowess key create --name NAME")
        return _credential(row), None if is_current else row.former_until

    def _note(self, conn: Connection, action: str, row: Row[Any], details: Mapping[str, Any]) -> None:
        told = {"key": row.key, **details}
        audit.record(conn, action, row.name, told, at=self._clock.now(), tenant_id=row.tenant_id)

    def _change(self, name_or_key: str, tenant_id: int, action: str, values: Any) -> Credential:
        here = _named(name_or_key, tenant_id)

        def commit(conn: Any) -> Any:
            row = conn.execute(select(t.credential).where(here).with_for_update()).first()
            if (name := row.name if row else name_or_key) in OWN:
                raise BadRequest(f"'{name}' is one of the store's own keys", hint="it has to go on working as it is")
            if row is None:
                raise _unknown(name_or_key)
            if changed := values(row):
                conn.execute(update(t.credential).where(t.credential.c.id == row.id).values(**changed))
            after = conn.execute(select(t.credential).where(t.credential.c.id == row.id)).one()
            if after != row:
                self._note(conn, action, after, _shown(after))
            return after

        credential = _credential(self._database.write(commit))
        self._verified.clear()
        return credential


Checked = tuple[Credential, int | None]
"""A verified credential, and until when the secret that was shown works where that is not for ever."""


class _Verified:
    """What was verified in the last seconds, by key and digest; small, and emptied when any key changes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, bytes], tuple[int, Checked]] = {}
        self._guard = Lock()

    def find(self, mark: tuple[str, bytes], now: int) -> Checked | None:
        with self._guard:
            kept = self._kept.get(mark)
        return kept[1] if kept and 0 <= now - kept[0] < _FRESH_FOR else None

    def keep(self, mark: tuple[str, bytes], checked: Checked, now: int) -> None:
        with self._guard:
            if len(self._kept) > 1_000:
                self._kept.clear()
            self._kept[mark] = (now, checked)

    def clear(self) -> None:
        with self._guard:
            self._kept.clear()


def _named(name_or_key: str, tenant_id: int) -> ColumnElement[bool]:
    c = t.credential.c
    return (c.tenant_id == tenant_id) & ((c.name == name_or_key) | (c.key == name_or_key))


def _unknown(name_or_key: str) -> NotFound:
    return NotFound(f"no key '{name_or_key}'", hint="see: prowess key list")


def refuse_own(name: str) -> None:
    """Keep the names of the store's own keys from everybody else.  Raises BadRequest."""
    if name in OWN:
        raise BadRequest(f"'{name}' is the name of one of the store's own keys", hint="choose another name")


def _check_policies(bad_statements: str, missing_ids: str) -> None:
    for word, known in ((bad_statements, BAD_STATEMENTS), (missing_ids, MISSING_IDS)):
        if word not in known:
            raise BadRequest(f"unknown policy '{word}'", hint=did_you_mean(word, known))


def _moment(us: int | None) -> str | None:
    return None if us is None else to_text(us)


def _shown(row: Row[Any]) -> dict[str, Any]:
    """How a key stands, for the audit."""
    ends = {"expires": row.expires_at, "former_secret_until": row.former_until}
    told = {name: _moment(at) for name, at in ends.items() if at is not None}
    return {**told, "bad_statements": row.bad_statements, "missing_ids": row.missing_ids}


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


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
        row.last_used_at,
        row.former_until,
        row.bad_statements,
        row.missing_ids,
    )
