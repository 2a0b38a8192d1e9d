"""Ids and secrets come in from outside, so that a demo or a test can be repeated byte for byte."""

from __future__ import annotations

import secrets
from random import Random
from typing import Protocol
from uuid import UUID, uuid4


class Ids(Protocol):
    """Where new ids and secrets come from."""

    def uuid(self) -> UUID:
        """A fresh random UUID (version 4)."""
        ...

    def secret(self) -> str:
        """256 random bits as URL-safe text."""
        ...


class RandomIds:
    """The operating system's randomness."""

    def uuid(self) -> UUID:
        return uuid4()

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


class SeededIds:
    """Repeatable ids for tests and the demo; never for a store that anybody relies on."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatability is the point here

    def uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)

    def secret(self) -> str:
        return self._random.randbytes(32).hex()
