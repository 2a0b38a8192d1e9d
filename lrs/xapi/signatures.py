"""Signed statements: a compact JWS among the attachments, over the statement as it was before (xAPI-Data 2.6).

Nothing here fetches a key.  `jku`, `jwk` and `x5u` say what anybody may write and are not looked at; a certificate that
came along proves that its key signed, not whose it is.  Without one a signature is well-formed and no more than that.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from lrs import base64url
from lrs.errors import BadRequest
from lrs.xapi.json_door import load
from lrs.xapi.lexical import find_uuid
from lrs.xapi.problems import shown
from lrs.xapi.sameness import content_hash, same_timestamp
from lrs.xapi.statement import validate_statement
from lrs.xapi.timestamp import instant
from lrs.xapi.versions import Version
from lrs.xapi.vocabulary import SIGNATURE

ALGORITHMS: Final[Mapping[str, Callable[[], SHA256 | SHA384 | SHA512]]] = {
    "RS256": SHA256,
    "RS384": SHA384,
    "RS512": SHA512,
}
MAX_HEADER: Final = 64 * 1024
MAX_CERTIFICATES: Final = 10
MIN_KEY_BITS: Final = 2048
CONTENT_TYPE: Final = "application/octet-stream"

_COMPACT = re.compile(rb"([A-Za-z0-9_-]++)\.([A-Za-z0-9_-]++)\.([A-Za-z0-9_-]++)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]++={0,2}")


class Verdict(StrEnum):
    """What is known of a signature that was let in."""

    VERIFIED = "verified"
    """The key of the certificate that came with it made it; whose certificate that is, nobody has checked."""
    WELL_FORMED = "well-formed"
    """It has the right form and content; without a certificate nobody can say who made it."""


class SignatureInvalid(BadRequest):
    """A signed statement breaks the rules of xAPI."""

    code = "signature-invalid"


def is_signature(attachment: Mapping[str, Any]) -> bool:
    """Whether a valid attachment object speaks of a signature (XAPI-00115)."""
    return attachment["usageType"] == SIGNATURE  # type: ignore[no-any-return]


def check_signature(jws: bytes, statement: Mapping[str, Any], version: Version) -> Verdict:
    """Hold a signature against the valid statement it came with.

    Raises SignatureInvalid, and MalformedJson or StatementInvalid for what header and payload hold
    (XAPI-00115, XAPI-00116, XAPI-00117, S-33, S-34, S-35, T-15, D-07).
    """
    match = _COMPACT.fullmatch(jws)
    if not match:
        raise _refused("the signature is not a JWS in compact form", "XAPI-00115", "header.payload.signature")
    header, payload, signature = map(_unpacked, match.groups())
    if len(header) > MAX_HEADER:
        raise _refused(f"the header of the JWS is longer than {MAX_HEADER} bytes", "D-07")
    fields = load(header)
    algorithm = _algorithm(fields)
    if 8 * len(signature) < MIN_KEY_BITS:
        raise _refused(f"the signature is of a key with fewer than {MIN_KEY_BITS} bits", "XAPI-00117")
    _hold_against(load(payload), statement, version)
    if "x5c" not in fields:
        return Verdict.WELL_FORMED
    _verify(_certified_key(fields["x5c"]), signature, jws[: match.end(2)], algorithm)
    return Verdict.VERIFIED


def unsigned(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement without its signatures (S-33)."""
    left = [attachment for attachment in statement.get("attachments", ()) if not is_signature(attachment)]
    rest = {key: value for key, value in statement.items() if key != "attachments"}
    return {**rest, "attachments": left} if left else rest


def _algorithm(fields: Any) -> SHA256 | SHA384 | SHA512:
    if not isinstance(fields, dict):
        raise _refused("the header of the JWS is no object", "XAPI-00115")
    if "crit" in fields:
        raise _refused("the header of the JWS demands extensions (crit)", "D-07", "sign without them")
    named = fields.get("alg")
    if not isinstance(named, str) or named not in ALGORITHMS:
        raise _refused(f"the JWS uses {shown(named)}", "XAPI-00117", f"sign with {', '.join(ALGORITHMS)}")
    return ALGORITHMS[named]()


def _hold_against(payload: Any, statement: Mapping[str, Any], version: Version) -> None:
    """The payload is the statement before it was signed (XAPI-00116, S-33; section 2.3.1 says what equal means)."""
    validate_statement(payload, version)
    if version is Version.V1_0_3 and "id" in payload and find_uuid(payload["id"]) != find_uuid(statement["id"]):
        raise _refused("the signed statement has another id", "S-33")
    same = content_hash(unsigned(payload)) == content_hash(unsigned(statement))
    if not same or not same_timestamp(_moment(payload), _moment(statement), version):
        raise _refused("what was signed is another statement", "S-33", "sign the statement that you send")


def _moment(statement: Mapping[str, Any]) -> int | None:
    return instant(statement["timestamp"]) if "timestamp" in statement else None


def _certified_key(chain: Any) -> RSAPublicKey:
    """The key of the first certificate (RFC 7515 4.1.6)."""
    if not isinstance(chain, list) or not 0 < len(chain) <= MAX_CERTIFICATES:
        raise _refused(f"x5c is not a list of 1 to {MAX_CERTIFICATES} certificates", "S-34")
    first = chain[0]
    if not isinstance(first, str) or not _BASE64.fullmatch(first):
        raise _refused("a certificate in x5c is not base64", "S-34", "standard base64 of DER, without line ends")
    try:
        key = x509.load_der_x509_certificate(base64.b64decode(first, validate=True)).public_key()
    except Exception as why:
        raise _refused("the first certificate in x5c cannot be read", "S-34") from why
    if not isinstance(key, RSAPublicKey) or key.key_size < MIN_KEY_BITS:
        raise _refused(f"the certificate's key is not RSA of at least {MIN_KEY_BITS} bits", "S-34")
    return key


def _verify(key: RSAPublicKey, signature: bytes, signed: bytes, algorithm: SHA256 | SHA384 | SHA512) -> None:
    try:
        key.verify(signature, signed, PKCS1v15(), algorithm)
    except (InvalidSignature, ValueError) as why:
        raise _refused("the certificate's key did not make this signature", "S-34") from why


def _unpacked(text: bytes) -> bytes:
    try:
        return base64url.decode(text.decode("ascii"))
    except ValueError as why:
        raise _refused("a part of the JWS is not base64url", "XAPI-00115") from why


def _refused(detail: str, rule: str, hint: str | None = None) -> SignatureInvalid:
    return SignatureInvalid(f"{detail} ({rule})", hint=hint, rule=rule)
