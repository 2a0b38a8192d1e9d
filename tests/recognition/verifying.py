"""A verifier of badges that shares nothing with the code that makes them: from the texts of the specifications.

Open Badges 3.0 (JSON Web Token Proof Format, Verification), RFC 7515, RFC 7517, W3C Bitstring Status List 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from jsonschema import Draft202012Validator

Fetch = Callable[[str], bytes]

_TEXT = {"type": "string", "minLength": 1}
_URI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:\S+$"}
_INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def _of_type(name: str, required: str = "", /, **properties: Any) -> dict[str, Any]:
    """An object whose `type` includes a name; nothing that is not named here."""
    type_ = {"type": "array", "items": _TEXT, "contains": {"const": name}}
    return {
        "type": "object",
        "required": ["type", *required.split()],
        "properties": {"type": {"anyOf": [type_, {"const": name}]}, **properties},
        "additionalProperties": False,
    }


def _many(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


IMAGE = _of_type("Image", "id", id=_URI, caption=_TEXT)
PROFILE = _of_type("Profile", "id", id=_URI, name=_TEXT, url=_URI, email=_TEXT, image=IMAGE)
ALIGNMENT = _of_type(
    "Alignment",
    "targetName targetUrl",
    targetName=_TEXT,
    targetUrl=_URI,
    targetFramework=_TEXT,
    targetType={"enum": ["ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion", "CTDL"]},
)
ACHIEVEMENT = _of_type(
    "Achievement",
    "id criteria description name",
    id=_URI,
    achievementType={"type": "string", "pattern": r"^([A-Z][A-Za-z]+|ext:[a-zA-Z0-9._-]+)$"},
    name=_TEXT,
    humanCode=_TEXT,
    version=_TEXT,
    description=_TEXT,
    criteria={"type": "object", "properties": {"id": _URI, "narrative": _TEXT}, "additionalProperties": False},
    image=IMAGE,
    alignment=_many(ALIGNMENT),
    resultDescription=_many(_of_type("ResultDescription", "id name resultType", id=_URI, name=_TEXT, resultType=_TEXT)),
)
IDENTITY = _of_type(
    "IdentityObject",
    "hashed identityHash identityType",
    hashed={"type": "boolean"},
    identityHash=_TEXT,
    identityType={"enum": ["name", "emailAddress"]},
    salt=_TEXT,
)
CREDENTIAL = {
    "type": "object",
    "required": ["@context", "id", "type", "issuer", "validFrom", "credentialSubject"],
    "properties": {
        "@context": {
            "type": "array",
            "prefixItems": [
                {"const": "https://www.w3.org/ns/credentials/v2"},
                {
                    "type": "string",
                    "pattern": r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$",
                },
            ],
            "minItems": 2,
        },
        "id": _URI,
        "type": {
            "type": "array",
            "allOf": [{"contains": {"const": name}} for name in ("VerifiableCredential", "OpenBadgeCredential")],
        },
        "name": _TEXT,
        "issuer": PROFILE,
        "validFrom": _INSTANT,
        "validUntil": _INSTANT,
        "awardedDate": _INSTANT,
        "credentialSubject": _of_type(
            "AchievementSubject",
            "id achievement",
            id=_URI,
            identifier=_many(IDENTITY),
            achievement=ACHIEVEMENT,
            creditsEarned={"type": "number"},
            result=_many(_of_type("Result", "value", resultDescription=_URI, value=_TEXT)),
        ),
        "evidence": _many(_of_type("Evidence", "id", id=_URI, name=_TEXT, genre=_TEXT)),
        "credentialSchema": _many({"type": "object", "required": ["id", "type"]}),
        "credentialStatus": {
            "type": "object",
            "required": ["id", "type", "statusPurpose", "statusListIndex", "statusListCredential"],
            "properties": {
                "type": {"const": "BitstringStatusListEntry"},
                "statusPurpose": {"const": "revocation"},
                "statusListIndex": {"type": "string", "pattern": r"^\d+$"},
                "statusListCredential": _URI,
            },
        },
        "iss": _URI,
        "jti": _URI,
        "sub": _URI,
        "nbf": {"type": "integer"},
        "exp": {"type": "integer"},
    },
    "additionalProperties": False,
}
"""What Open Badges 3.0 lets an AchievementCredential have (its data model and JSON serialization), as far as we say it."""


class Refused(Exception):
    """Why a badge is not accepted."""


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(token: str, fetch: Fetch) -> dict[str, Any]:
    """The payload of a compact JWS whose signature is right by the key that its `kid` leads to."""
    head, body, signature = token.split(".")
    header = json.loads(decoded(head))
    if header.keys() != {"alg", "kid", "typ"} or header["alg"] != "RS256" or header["typ"] != "JWT":
        raise Refused(f"a header that may not be: {header}")
    jwk = json.loads(fetch(header["kid"]))
    if "d" in jwk:
        raise Refused("the private key is public")
    numbers = RSAPublicNumbers(*(int.from_bytes(decoded(jwk[name]), "big") for name in ("e", "n")))
    try:
        numbers.public_key().verify(decoded(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    except Exception as error:
        raise Refused("the signature is wrong") from error
    payload: dict[str, Any] = json.loads(decoded(body))
    return payload


def verified(token: str, fetch: Fetch, now: datetime, email: str | None = None) -> dict[str, Any]:
    """What Open Badges 3.0 asks of a verifier: shape, signature, claims, dates, status, and whose it is.  Raises Refused."""
    said = opened(token, fetch)
    Draft202012Validator(CREDENTIAL).validate(said)
    claims = [
        (said["iss"], said["issuer"]["id"]),
        (said["jti"], said["id"]),
        (said["sub"], said["credentialSubject"]["id"]),
        (said["nbf"], datetime.fromisoformat(said["validFrom"]).timestamp()),
    ]
    if "exp" in said or "validUntil" in said:
        claims.append((said["exp"], datetime.fromisoformat(said["validUntil"]).timestamp()))
    if any(one != other for one, other in claims):
        raise Refused(f"claims that say something else than the credential: {claims}")
    if now.timestamp() < said["nbf"]:
        raise Refused("not valid yet")
    if now.timestamp() >= said.get("exp", now.timestamp() + 1):
        raise Refused("expired")
    if bit_of(said["credentialStatus"], said["issuer"]["id"], fetch):
        raise Refused("revoked")
    if email is not None and not any(is_of(one, email) for one in said["credentialSubject"].get("identifier", ())):
        raise Refused("somebody else's")
    return said


def is_of(identity: dict[str, Any], email: str) -> bool:
    if identity["identityType"] != "emailAddress" or not identity["hashed"]:
        return False
    return bool(identity["identityHash"] == "sha256$" + hashlib.sha256((email + identity["salt"]).encode()).hexdigest())


def bit_of(status: dict[str, Any], issuer: str, fetch: Fetch) -> bool:
    """The Validate Algorithm of Bitstring Status List 1.0."""
    listed = opened(fetch(status["statusListCredential"]).decode(), fetch)
    subject = listed["credentialSubject"]
    if "BitstringStatusListCredential" not in listed["type"] or listed["issuer"]["id"] != issuer:
        raise Refused("no list of this issuer")
    if listed["id"] != status["statusListCredential"] or subject["statusPurpose"] != status["statusPurpose"]:
        raise Refused("another list")
    if subject["type"] != "BitstringStatusList" or not subject["encodedList"].startswith("u"):
        raise Refused("no list")
    bits = zlib.decompress(decoded(subject["encodedList"][1:]), 16 + zlib.MAX_WBITS)
    index = int(status["statusListIndex"])
    if len(bits) * 8 < 131_072 or index >= len(bits) * 8:
        raise Refused("the list is too short")
    return f"{bits[index // 8]:08b}"[index % 8] == "1"
