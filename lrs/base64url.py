"""base64url without padding, in the one spelling that each value has (RFC 7515 2)."""

from __future__ import annotations

import base64


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The bytes that `encode` wrote so and not otherwise.  Raises ValueError.

    The library's decoder would let the last letter, and letters it does not know, vary.
    """
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("this is not base64url without padding")
    return raw
