"""Names that nobody can guess and nobody has to keep: made of the line of the log that a badge comes from.

Its number and its instant are sealed with a secret of the store (AES-SIV, RFC 5297: the same line, the same name, and a
forged one is noticed).  With the instant, as numbers are given again once an older backup was restored.  The place in a
status list is a permutation of the number, so that two credentials never share one.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from lrs import base64url

LIST_BITS: Final = 17
LIST_SIZE: Final = 1 << LIST_BITS
"""Places of one status list: the least that W3C Bitstring Status List 1.0 allows (131,072, or 16 KB)."""
_SEALED: Final = struct.Struct(">QQ")
_LOW: Final = LIST_BITS // 2
_ROUNDS: Final = 4


class Place(NamedTuple):
    """Where the status of a credential stands: the number of a list, and the bit of it that tells."""

    list: int
    bit: int


class Line(NamedTuple):
    """A line of the decision log.  at: when it was written, in microseconds."""

    number: int
    at: int


class Tokens:
    """secret: the store's 32 bytes for badges."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._seal = AESSIV(secret)

    def of(self, line: Line) -> str:
        """43 letters for a line of the decision log."""
        return base64url.encode(self._seal.encrypt(_SEALED.pack(*line), None))

    def find(self, token: str) -> Line | None:
        """The line of a name that this store gave; None for any other text."""
        try:
            return Line(*_SEALED.unpack(self._seal.decrypt(base64url.decode(token), None)))
        except (InvalidTag, ValueError, struct.error):
            return None

    def place(self, number: int) -> Place:
        """Nobody can tell from an index which badge came before which (Bitstring Status List 1.0, `statusListIndex`)."""
        list_, left = divmod(number, LIST_SIZE)
        high, low = left >> _LOW, left & ((1 << _LOW) - 1)
        for turn in range(_ROUNDS):
            if turn % 2:
                low ^= self._mixed("place", list_, turn, high) & ((1 << _LOW) - 1)
            else:
                high ^= self._mixed("place", list_, turn, low) & ((1 << (LIST_BITS - _LOW)) - 1)
        return Place(list_, high << _LOW | low)

    def salt(self, number: int) -> str:
        """What keeps a hashed address from being looked up in a table of addresses."""
        return self._digest("salt", number)[:16].hex()

    def subject(self, person_id: str) -> str:
        """The same person's name in all their badges, which tells nobody who they are."""
        return UUID(bytes=self._digest("subject", person_id)[:16], version=5).urn

    def _mixed(self, *said: object) -> int:
        return int.from_bytes(self._digest(*said)[:4])

    def _digest(self, *said: object) -> bytes:
        return hmac.digest(self._secret, "\n".join(map(str, said)).encode(), hashlib.sha256)
