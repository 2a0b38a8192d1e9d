"""The keys that sign badges, among the secrets of the store: one signs, those before it go on verifying.

The private half of a key goes when the next one is made.  A key is named by its thumbprint (RFC 7638), so that no two of
them can be taken for each other.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from lrs import base64url
from lrs.errors import Conflict, NotFound
from lrs.store import audit
from lrs.store.server_secrets import add_secret, replace_secret, secrets_like

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from lrs.prowess import Prowess

_NAME: Final = "badge-key-"
_BITS: Final = 2048
_EXPONENT: Final = 65_537
_PRIVATE: Final = b"-----BEGIN PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Key:
    """One key; number: 1 is the first that there was.  private: None where it verifies only."""

    number: int
    public: RSAPublicKey
    private: RSAPrivateKey | None

    @property
    def id(self) -> str:
        """The JWK's thumbprint."""
        said = json.dumps(_required(self.public), sort_keys=True, separators=(",", ":"))
        return base64url.encode(hashlib.sha256(said.encode()).digest())

    def jwk(self, kid: str) -> dict[str, str]:
        """The public half (RFC 7517)."""
        return {**_required(self.public), "alg": "RS256", "use": "sig", "kid": kid}


class Keys:
    """The keys of one store."""

    def __init__(self, prowess: Prowess) -> None:
        self._prowess = prowess

    def all(self) -> list[Key]:
        """The newest first; none before anything was signed."""
        with self._prowess.database.read() as conn:
            return _keys(conn)

    def signing(self) -> Key:
        """The one that signs now, made when first needed and shared by all processes of this store."""
        for key in self.all():
            if key.private is not None:
                return key
        self._add(rotating=False)
        return self.signing()

    def rotate(self) -> Key:
        """A new key signs from now on, and what the old one signed still verifies.  Raises Conflict."""
        self._add(rotating=True)
        return self.signing()

    def forget(self, id_: str) -> None:
        """Nothing that a key signed verifies any more: for one that fell into wrong hands.  Raises NotFound, Conflict."""

        def commit(conn: Connection) -> None:
            key = next((one for one in _keys(conn) if one.id == id_), None)
            if key is None:
                raise NotFound(f"there is no key '{id_}'", hint="prowess badges key list")
            if key.private is not None:
                raise Conflict("this key signs badges now", hint="make another first: prowess badges key rotate")
            replace_secret(conn, _name(key.number), None)
            audit.record(conn, "badges.key.forget", id_, at=self._prowess.clock.now())

        self._prowess.database.write(commit)

    def _add(self, *, rotating: bool) -> None:
        pem = _new()

        def commit(conn: Connection) -> None:
            known = _keys(conn)
            if known and not rotating:
                return  # another process was first
            number = known[0].number + 1 if known else 1
            if not add_secret(self._prowess.database, conn, _name(number), pem):
                if rotating:
                    raise Conflict("somebody else is making a key at this moment", hint="look: prowess badges key list")
                return
            for key in known:
                if key.private is not None:
                    replace_secret(conn, _name(key.number), _public_pem(key.public))
            if rotating:
                audit.record(conn, "badges.key.rotate", _key(number, pem).id, at=self._prowess.clock.now())

        self._prowess.database.write(commit)


def _keys(conn: Connection) -> list[Key]:
    found = secrets_like(conn, _NAME)
    return [_key(int(name.removeprefix(_NAME)), pem) for name, pem in reversed(found.items())]


@lru_cache(maxsize=64)
def _key(number: int, pem: bytes) -> Key:
    if pem.startswith(_PRIVATE):
        private: Any = load_pem_private_key(pem, None)
        return Key(number, private.public_key(), private)
    public: Any = load_pem_public_key(pem)
    return Key(number, public, None)


def _new() -> bytes:
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: RSAPublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _name(number: int) -> str:
    return f"{_NAME}{number:06}"


def _required(key: RSAPublicKey) -> dict[str, str]:
    """The members of which a thumbprint is made (RFC 7638 3.2)."""
    numbers = key.public_numbers()
    return {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}


def _number(value: int) -> str:
    return base64url.encode(value.to_bytes((value.bit_length() + 7) // 8))
