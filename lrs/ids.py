"""Ids and secrets come in from outside, so that a demo or a test can be repeated byte for byte."""

from __future__ import annotations

import secrets
from random import Random
from typing import Protocol
from uuid import UUID, uuid4

_TOKEN_BITS = 63


class Ids(Protocol):
    """Where new ids and secrets come from."""

    def uuid(self) -> UUID:
        """A fresh random UUID (version 4)."""
        ...

    def secret(self) -> str:
        """256 random bits as URL-safe text."""
        ...

    def token(self) -> int:
        """63 random bits: a number that the database holds and nobody else has drawn."""
        ...


class RandomIds:
    """The operating system's randomness."""

    def uuid(self) -> UUID:
        return uuid4()

    def secret(self) -> str:
        while (found := secrets.token_urlsafe(32)).startswith("-"):
            pass  # a command line would take it for an option
        return found

    def token(self) -> int:
        return secrets.randbits(_TOKEN_BITS)


class SeededIds:
    """Repeatable ids for tests and the demo; never for a store that anybody relies on."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatability is the point here
        self._tokens = Random(seed)  # noqa: S311 - of their own: work in the background shifts no id

    def uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def secret(self) -> str:
        return self._random.randbytes(32).hex()

    def token(self) -> int:
        return self._tokens.getrandbits(_TOKEN_BITS)
