"""Which badges were taken back, as a signed list of bits that names nobody (W3C Bitstring Status List 1.0).  Pure."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lrs import base64url
from lrs.errors import BadRequest
from rules.decide.calendar import instant_text
from rules.recognition.achievement import CONTEXT
from rules.recognition.addresses import Addresses
from rules.recognition.credential import PURPOSE
from rules.recognition.tokens import LIST_SIZE

TTL_SECONDS: Final = 300
"""How long a list may be kept by whoever asked, and by this server."""
_DAY: Final = 86_400_000_000
_SECOND: Final = 1_000_000
_MULTIBASE: Final = "u"
"""Multibase's letter for base64url without padding."""


def status_list(
    revoked: Iterable[int], number: int, issuer: Mapping[str, Any], now: int, addresses: Addresses
) -> dict[str, Any]:
    """The list credential; it says of itself that it is good for a day, so that nobody can go on showing an old one."""
    address, begins = addresses.status(number), now - now % _SECOND
    return {
        "@context": [CONTEXT[0]],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": {"id": issuer["id"], "type": issuer["type"], "name": issuer["name"]},
        "validFrom": instant_text(begins),
        "validUntil": instant_text(begins + _DAY),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encoded(revoked),
            "ttl": TTL_SECONDS * 1_000,
        },
    }


def encoded(revoked: Iterable[int]) -> str:
    """Index 0 is the left-most bit (Bitstring Generation Algorithm); the same bits, the same text."""
    bits = bytearray(LIST_SIZE // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    return _MULTIBASE + base64url.encode(gzip.compress(bytes(bits), mtime=0))


def is_set(encoded_list: str, index: int) -> bool:
    """Raises BadRequest where that is no list, or has no such place."""
    try:
        bits = gzip.decompress(base64url.decode(encoded_list.removeprefix(_MULTIBASE)))
        return bool(bits[index // 8] & 0x80 >> index % 8)
    except (ValueError, OSError, EOFError, IndexError) as error:
        raise BadRequest(f"this is no list of badges: {error}") from error
