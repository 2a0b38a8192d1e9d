"""VC-JWT: a credential as a compact JWS signed with RS256, the one algorithm that every verifier has to know.

Open Badges 3.0, JSON Web Token Proof Format: the payload is the credential with the claims `iss`, `jti`, `nbf`, `sub` and
`exp`; the header has `alg`, `kid` and `typ` and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from lrs import base64url
from lrs.errors import BadRequest
from lrs.xapi.timestamp import instant

ALGORITHM: Final = "RS256"
_SECOND: Final = 1_000_000
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Signed:
    """A compact JWS taken apart; nothing is verified yet."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes


def sign(credential: Mapping[str, Any], key: RSAPrivateKey, kid: str) -> str:
    """The same credential and key: the same bytes (RSASSA-PKCS1-v1_5 draws nothing)."""
    header = _part({"alg": ALGORITHM, "kid": kid, "typ": "JWT"})
    signed = f"{header}.{_part({**credential, **_claims(credential)})}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def read(token: str) -> Signed:
    """Raises BadRequest where that is no compact JWS."""
    parts = token.strip().split(".")
    if len(parts) != _PARTS:
        raise BadRequest("this is no signed badge", hint="a VC-JWT is three texts with dots between them")
    try:
        header, payload = (json.loads(base64url.decode(part)) for part in parts[:2])
        signature = base64url.decode(parts[2])
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"this is no signed badge: {error}") from error
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise BadRequest("this is no signed badge: its parts are no JSON objects")
    return Signed(header, payload, ".".join(parts[:2]).encode(), signature)


def is_signed_by(found: Signed, key: RSAPublicKey) -> bool:
    """Whether a key made the signature; an algorithm that is not ours is not tried."""
    if found.header.get("alg") != ALGORITHM:
        return False
    try:
        key.verify(found.signature, found.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _claims(credential: Mapping[str, Any]) -> dict[str, Any]:
    claims = {"iss": credential["issuer"]["id"], "jti": credential["id"], "nbf": _date(credential["validFrom"])}
    claims |= {"sub": credential["credentialSubject"]["id"]}
    return claims | ({"exp": _date(credential["validUntil"])} if "validUntil" in credential else {})


def _date(text: str) -> int:
    """NumericDate (RFC 7519 2): whole seconds."""
    return instant(text) // _SECOND


def _part(said: Mapping[str, Any]) -> str:
    return base64url.encode(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
